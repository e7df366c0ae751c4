"""A site for reading: one collection with all its webs, through ``_api`` and its log of changes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from strongroom.errors import CursorExpired, ItemError
from strongroom.sources.sharepoint.reading.contents import WAY
from strongroom.sources.sharepoint.reading.cursors import WHOLE, list_cursor
from strongroom.sources.sharepoint.reading.fetching import Fetching
from strongroom.sources.sharepoint.reading.fields import Fields, likely_next
from strongroom.sources.sharepoint.reading.following import Following
from strongroom.sources.sharepoint.reading.kept import KeptDocuments
from strongroom.sources.sharepoint.reading.list_changes import listed, logged
from strongroom.sources.sharepoint.reading.list_items import PAGE_ITEMS, ListItems
from strongroom.sources.sharepoint.reading.log import SiteLog
from strongroom.sources.sharepoint.reading.pacing import SitePacing
from strongroom.sources.sharepoint.reading.places import STRUCTURE, WEB, ListPlace, WebPlace
from strongroom.sources.sharepoint.reading.site_wide import SiteWide
from strongroom.sources.sharepoint.reading.standings import read_standings
from strongroom.sources.sharepoint.reading.structure import (
    LISTS_AT_ONCE,
    KeptStructures,
    Structure,
    is_structure,
    read_lists,
    read_web,
    with_more,
)
from strongroom.sources.sharepoint.reading.tree import SiteTree
from strongroom.sources.sharepoint.reading.web_files import (
    WebFile,
    files_apart,
    is_files,
    read_web_files,
)
from strongroom.sources.sharepoint.reading.whereabouts import Known
from strongroom.sources.sharepoint.shut import Told
from strongroom.wire.sharepoint.rest import RestConnection
from strongroom.wire.sharepoint.rest_refusals import SiteRefused
from strongroom.wire.sharepoint.sites import site_path
from strongroom.words.item import (
    Changed,
    ChangePage,
    Content,
    Folder,
    Hierarchy,
    Item,
    Missed,
    Standing,
)
from strongroom.words.json import Json
from strongroom.words.resource import Resource


class SiteSource:
    """A site collection, or a web of one with all below it. Safe in many threads.

    Args:
        rest: To its server, as who backs up.
        resource: Which site.
        known: Lists all sites; asked only if the site is not where it was.
        page_items: How many items one question asks for.
        told: Says more of it where the site does not open.
    """

    def __init__(
        self,
        rest: RestConnection,
        resource: Resource,
        known: Known,
        *,
        page_items: int = PAGE_ITEMS,
        told: Told | None = None,
    ) -> None:
        self._rest = rest.patient(site_path(resource.address))
        self._page_items = page_items
        self._lock = threading.RLock()
        self._following = Following(self._rest, resource, known, told=told)
        self._wide = SiteWide(self._rest, self._following)
        self._fields = Fields(self._rest, self._likely_next)
        self._structures = KeptStructures()
        self._ahead: dict[str, Structure] = {}
        self._documents = KeptDocuments()

    @property
    def pacing(self) -> SitePacing:
        """How fast it is to be read."""
        return SitePacing(self._rest.lane)

    @property
    def way(self) -> str:
        """There is one alone."""
        return WAY

    def keep_recycle_bin(self) -> None:
        """Keep the list of what lies in the recycle bin, too. Said before anything is read."""
        self._wide.keeps_bin = True

    def hierarchy(self, known: Hierarchy | None) -> Hierarchy:
        """List all webs and lists, asking only for what happened to them where they are known.

        Raises:
            SiteDenied: the site is not opened to us.
            OperatorError: it is nowhere.
        """
        return self._following.hierarchy(known)

    def standings(self, folders: Sequence[Folder]) -> Mapping[str, Standing]:
        """Read how the folders stand: the log once, and a request for each web."""
        with self._lock:
            log, tree = self._following.followed()
            # What was read ahead may be older than how things stand now.
            self._ahead.clear()
        found = dict(read_standings(self._rest, tree, log, folders))
        place = f"{tree.top.id}/{STRUCTURE}"
        if self._wide.keeps_bin and place in found:
            # What is deleted in a list changes nothing of the web, but for what lies in the bin.
            looked = self._wide.bin().look()
            found[place] = replace(found[place], mark=f"{found[place].mark},{looked}")
        return found

    def changes(self, folder: Folder, cursor: str | None) -> Iterator[ChangePage]:
        """Tell page by page what happened in a folder.

        What describes a web or a list is always told whole, so a cursor of it is never good.

        Raises:
            CursorExpired: ask again without a cursor.
            ItemError: the folder is not there any more.
        """
        if folder.kind == WEB:
            yield ChangePage(changes=(), cursor=WHOLE, is_last=True)
            return
        try:
            if is_files(folder.id):
                yield self._files_told(folder, cursor)
            elif is_structure(folder.id):
                yield self._structure_told(folder, cursor)
            else:
                yield from self._list_told(folder.id, cursor)
        except SiteRefused as error:
            # About this folder alone; the others are asked all the same.
            raise ItemError(error.what, code=f"http-{error.status}", why=error.why) from error

    def fetch(self, items: Sequence[Item], keep: Callable[[Content | Missed], None]) -> None:
        """Read the content of some items; most of them have none beside what was told."""
        fetching = Fetching(
            self._rest,
            lists=self._following.now()[1].lists,
            documents=self._documents,
            structures=self._structures,
            items_of=self._items_of,
            read_structure=self._read_structure,
            webs=self._following.now()[1].webs,
            read_files=self._read_files,
        )
        try:
            fetching.fetch(items, keep)
        except SiteRefused as error:
            raise ItemError(error.what, code=f"http-{error.status}", why=error.why) from error

    def settings(self) -> Mapping[str, Json]:
        """Read what belongs to the whole site: where it is, and whom it knows."""
        return self._wide.settings()

    def _structure_told(self, folder: Folder, cursor: str | None) -> ChangePage:
        if cursor is not None:
            raise CursorExpired("What describes a web or a list is told whole.")
        found = self._read_structure(folder.id.partition("/")[0])
        changes = tuple(Changed(item=item) for item in found.items)
        return ChangePage(changes=changes, cursor=WHOLE, is_last=True)

    def _files_told(self, folder: Folder, cursor: str | None) -> ChangePage:
        if cursor is not None:
            raise CursorExpired("The files of a web's own folder are told whole.")
        web = self._following.now()[1].webs.get(folder.id.partition("/")[0])
        if web is None:
            raise ItemError("The web is gone.", code="gone")
        found = self._read_files(web)
        for one in found:
            self._documents.put(one.item.id, one.item.change_key, one.documents)
        changes = tuple(Changed(item=one.item) for one in found)
        return ChangePage(changes=changes, cursor=WHOLE, is_last=True)

    def _read_files(self, web: WebPlace) -> list[WebFile]:
        _, tree = self._following.now()
        apart = files_apart(
            (one for one in tree.webs.values() if one.id != web.id), tree.lists.values()
        )
        return read_web_files(self._rest, web, apart)

    def _read_structure(self, owner_id: str) -> Structure:
        log, tree = self._following.now()
        with self._lock:
            found = self._ahead.pop(owner_id, None)
        if found is None and (web := tree.webs.get(owner_id)) is not None:
            found = read_web(self._rest, web, self._wide.people().rights(), self._wide.term_sets())
            if self._wide.keeps_bin and owner_id == tree.top.id:
                found = with_more(found, self._wide.bin().told(), web.id, web.created)
        elif found is None and (place := tree.lists.get(owner_id)) is not None:
            found = self._read_lists(place, log, tree)
        if found is None:
            raise ItemError("The web or list is gone.", code="gone")
        self._structures.put(owner_id, found.contents)
        return found

    def _read_lists(self, place: ListPlace, log: SiteLog, tree: SiteTree) -> Structure | None:
        """Read what describes a list, and of those that will be asked for next as well."""
        moved = likely_next(
            place,
            list(tree.lists.values()),
            lambda one: log.is_moved(f"{one}/{STRUCTURE}", place.web.id),
        )
        found = read_lists(
            self._rest,
            [place, *moved[: LISTS_AT_ONCE - 1]],
            self._wide.people().rights(),
            self._wide.term_sets(),
        )
        for list_id, one in found.items():
            self._fields.learn(list_id, one.fields)
        with self._lock:
            self._ahead.update(found)
            return self._ahead.pop(place.id, None)

    def _list_told(self, list_id: str, cursor: str | None) -> Iterator[ChangePage]:
        log, tree = self._following.now()
        place = tree.lists.get(list_id)
        if place is None:
            raise ItemError("The list is gone.", code="gone")
        items = self._items_of(place)
        if cursor is None:
            pages = listed(items, log.head, after=0)
        else:
            at = list_cursor(cursor)
            pages = (
                logged(items, place, log, at.token)
                if at.after is None
                else listed(items, at.token, after=at.after)
            )
        for page, read in pages:
            for one in read:
                self._documents.put(one.item.id, one.item.change_key, one.documents)
            yield page

    def _items_of(self, place: ListPlace) -> ListItems:
        return ListItems(
            self._rest,
            place,
            self._fields.of(place),
            self._wide.people(),
            self._wide.terms(),
            self._wide.people().rights(),
            page_items=self._page_items,
        )

    def _likely_next(self, place: ListPlace) -> Sequence[ListPlace]:
        log, tree = self._following.now()
        return likely_next(place, list(tree.lists.values()), log.is_touched)
