"""A site for reading: one collection with all its webs, through ``_api`` and its log of changes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from strongroom.errors import CursorExpired, ItemError
from strongroom.sources.sharepoint.reading.contents import WAY
from strongroom.sources.sharepoint.reading.cursors import (
    WHOLE,
    TreeCursor,
    list_cursor,
    tree_cursor,
)
from strongroom.sources.sharepoint.reading.fetching import Fetching
from strongroom.sources.sharepoint.reading.fields import Fields, likely_next
from strongroom.sources.sharepoint.reading.kept import KeptDocuments
from strongroom.sources.sharepoint.reading.list_changes import listed, logged
from strongroom.sources.sharepoint.reading.list_items import PAGE_ITEMS, ListItems
from strongroom.sources.sharepoint.reading.log import SiteLog
from strongroom.sources.sharepoint.reading.pacing import SitePacing
from strongroom.sources.sharepoint.reading.people import People
from strongroom.sources.sharepoint.reading.places import STRUCTURE, WEB, ListPlace, WebPlace
from strongroom.sources.sharepoint.reading.recycle_bin import RecycleBin
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
from strongroom.sources.sharepoint.reading.terms import LIST_URL, Terms
from strongroom.sources.sharepoint.reading.tree import (
    SiteTree,
    read_lists_anew,
    read_tree,
    tree_of,
)
from strongroom.sources.sharepoint.reading.web_files import (
    WebFile,
    files_apart,
    is_files,
    read_web_files,
)
from strongroom.sources.sharepoint.reading.whereabouts import Here, Known, find_site
from strongroom.sources.sharepoint.shut import Told
from strongroom.wire.sharepoint.rest import RestConnection
from strongroom.wire.sharepoint.rest_refusals import SiteDenied, SiteRefused
from strongroom.wire.sharepoint.sites import api, site_path
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
        self._told = told
        self._rest = rest.patient(site_path(resource.address))
        self._resource = resource
        self._known = known
        self._page_items = page_items
        self._lock = threading.RLock()
        self._found: Here | None = None
        self._tree: SiteTree | None = None
        self._log: SiteLog | None = None
        self._people: People | None = None
        self._terms: Terms | None = None
        self._is_log_fresh = False
        self._fields = Fields(self._rest, self._likely_next)
        self._structures = KeptStructures()
        self._ahead: dict[str, Structure] = {}
        self._documents = KeptDocuments()
        self._keeps_bin = False
        self._bin: RecycleBin | None = None

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
        self._keeps_bin = True

    def hierarchy(self, known: Hierarchy | None) -> Hierarchy:
        """List all webs and lists, asking only for what happened to them where they are known.

        Raises:
            SiteDenied: the site is not opened to us.
            OperatorError: it is nowhere.
        """
        with self._lock:
            if self._log is None and not self._go_on(known):
                self._begin(tree_of(known.folders) if known else None)
            elif not self._is_log_fresh:
                self._caught_up()
            log, tree = self._now()
            self._is_log_fresh = True
            here = tree.webs.keys() | tree.lists.keys()
            marks = {key: at for key, at in log.marks.items() if key.partition("/")[0] in here}
            cursor = TreeCursor(
                token=log.head, base=log.base, marks=marks, has_shut=bool(tree.shut)
            )
            return Hierarchy(folders=tree.folders(), cursor=str(cursor))

    def standings(self, folders: Sequence[Folder]) -> Mapping[str, Standing]:
        """Read how the folders stand: the log once, and a request for each web."""
        with self._lock:
            if not self._is_log_fresh:
                self._caught_up()
            self._is_log_fresh = False
            # What was read ahead may be older than how things stand now.
            self._ahead.clear()
            log, tree = self._now()
        found = dict(read_standings(self._rest, tree, log, folders))
        place = f"{tree.top.id}/{STRUCTURE}"
        if self._keeps_bin and place in found:
            # What is deleted in a list changes nothing of the web, but for what lies in the bin.
            looked = self._bin_now().look()
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
            lists=self._now()[1].lists,
            documents=self._documents,
            structures=self._structures,
            items_of=self._items_of,
            read_structure=self._read_structure,
            webs=self._now()[1].webs,
            read_files=self._read_files,
        )
        try:
            fetching.fetch(items, keep)
        except SiteRefused as error:
            raise ItemError(error.what, code=f"http-{error.status}", why=error.why) from error

    def settings(self) -> Mapping[str, Json]:
        """Read what belongs to the whole site: where it is, and whom it knows."""
        with self._lock:
            people = self._people_now().of(())
            here = self._here()
        told: list[Json] = [{"id": id_, **one.to_json()} for id_, one in sorted(people.items())]
        found: dict[str, Json] = {"site": here.to_json(), "people": told}
        if why := self._people_now().rights().why_not:
            found["permissions"] = {"unavailable": why}
        if self._keeps_bin and (why := self._bin_now().trouble()):
            found["recycle bin"] = {"unavailable": why}
        return found

    def _go_on(self, known: Hierarchy | None) -> bool:
        """Go on from what is known; False if that cannot be: list everything anew."""
        here = self._here()
        before = tree_cursor(known.cursor) if known else None
        tree = tree_of(known.folders) if known else None
        if before is None or tree is None or tree.top.url.casefold() != _path(here).casefold():
            return False
        log = SiteLog(
            self._rest,
            f"{api(here.path)}/site",
            top=tree.top.id,
            since=before.token,
            base=before.base,
            marks=before.marks,
        )
        try:
            log.catch_up()
        except CursorExpired:
            return False
        self._log, self._tree = log, tree
        self._follow_tree(is_whole=before.has_shut)
        return True

    def _begin(self, known: SiteTree | None) -> None:
        """List everything, from the place in the log that was told before the listing began."""
        here = self._here()
        self._tree = read_tree(self._rest, here.path, known)
        self._log = SiteLog(
            self._rest,
            f"{api(here.path)}/site",
            top=self._tree.top.id,
            since=here.token,
            base=here.token.number,
            marks={},
        )

    def _caught_up(self) -> None:
        log, tree = self._now()
        try:
            log.catch_up()
        except CursorExpired:
            # All marks are new ones then: whoever compares them asks every folder again.
            self._found = None
            self._begin(tree)
        else:
            self._follow_tree()

    def _follow_tree(self, *, is_whole: bool = False) -> None:
        """List webs and lists again where the log says that something happened to them."""
        log, tree = self._now()
        happened = log.tree()
        if happened.webs_moved or is_whole:
            self._tree = read_tree(self._rest, self._here().path, tree)
        elif happened.lists_of:
            read_lists_anew(self._rest, tree, sorted(happened.lists_of))

    def _now(self) -> tuple[SiteLog, SiteTree]:
        """Give what is known of the site; asked before anything else, the hierarchy is read."""
        with self._lock:
            if self._log is None or self._tree is None:
                self._begin(None)
            assert self._log is not None
            assert self._tree is not None
            return self._log, self._tree

    def _here(self) -> Here:
        if self._found is None:
            try:
                self._found = find_site(self._rest, self._resource, self._known)
            except SiteDenied as error:
                if self._told is None:
                    raise
                raise self._told(error, self._resource.address) from error
        return self._found

    def _bin_now(self) -> RecycleBin:
        with self._lock:
            if self._bin is None:
                self._bin = RecycleBin(self._rest, self._now()[1].top.url)
            return self._bin

    def _people_now(self) -> People:
        with self._lock:
            if self._people is None:
                self._people = People(self._rest, self._here().path)
            return self._people

    def _terms_now(self) -> Terms:
        with self._lock:
            if self._terms is None:
                lists = self._now()[1].lists.values()
                found = (one for one in lists if one.url.endswith(LIST_URL))
                hidden = next(found, None)
                list_id = hidden.id if hidden else ""
                self._terms = Terms(self._rest, self._here().path, list_id)
            return self._terms

    def _structure_told(self, folder: Folder, cursor: str | None) -> ChangePage:
        if cursor is not None:
            raise CursorExpired("What describes a web or a list is told whole.")
        found = self._read_structure(folder.id.partition("/")[0])
        changes = tuple(Changed(item=item) for item in found.items)
        return ChangePage(changes=changes, cursor=WHOLE, is_last=True)

    def _files_told(self, folder: Folder, cursor: str | None) -> ChangePage:
        if cursor is not None:
            raise CursorExpired("The files of a web's own folder are told whole.")
        web = self._now()[1].webs.get(folder.id.partition("/")[0])
        if web is None:
            raise ItemError("The web is gone.", code="gone")
        found = self._read_files(web)
        for one in found:
            self._documents.put(one.item.id, one.item.change_key, one.documents)
        changes = tuple(Changed(item=one.item) for one in found)
        return ChangePage(changes=changes, cursor=WHOLE, is_last=True)

    def _read_files(self, web: WebPlace) -> list[WebFile]:
        _, tree = self._now()
        apart = files_apart(
            (one for one in tree.webs.values() if one.id != web.id), tree.lists.values()
        )
        return read_web_files(self._rest, web, apart)

    def _read_structure(self, owner_id: str) -> Structure:
        log, tree = self._now()
        with self._lock:
            found = self._ahead.pop(owner_id, None)
        if found is None and (web := tree.webs.get(owner_id)) is not None:
            found = read_web(self._rest, web, self._people_now().rights())
            if self._keeps_bin and owner_id == tree.top.id:
                found = with_more(found, self._bin_now().told(), web.id, web.created)
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
            self._rest, [place, *moved[: LISTS_AT_ONCE - 1]], self._people_now().rights()
        )
        for list_id, one in found.items():
            self._fields.learn(list_id, one.fields)
        with self._lock:
            self._ahead.update(found)
            return self._ahead.pop(place.id, None)

    def _list_told(self, list_id: str, cursor: str | None) -> Iterator[ChangePage]:
        log, tree = self._now()
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
            self._people_now(),
            self._terms_now(),
            self._people_now().rights(),
            page_items=self._page_items,
        )

    def _likely_next(self, place: ListPlace) -> Sequence[ListPlace]:
        log, tree = self._now()
        return likely_next(place, list(tree.lists.values()), log.is_touched)


def _path(here: Here) -> str:
    return here.path if here.path == "/" else here.path.rstrip("/")
