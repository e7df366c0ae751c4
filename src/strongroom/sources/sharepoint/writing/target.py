"""A site, for writing. Nothing that it does makes the server send anything to anybody."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace

from strongroom.errors import ItemError
from strongroom.pace.lane import LanePace
from strongroom.sources.sharepoint.reading.places import FILES
from strongroom.sources.sharepoint.writing import saved as kept
from strongroom.sources.sharepoint.writing import settling
from strongroom.sources.sharepoint.writing.addresses import Addresses, host_of
from strongroom.sources.sharepoint.writing.assigning import Assigning
from strongroom.sources.sharepoint.writing.comparing.content import Tally
from strongroom.sources.sharepoint.writing.comparing.items import compare_items
from strongroom.sources.sharepoint.writing.comparing.structure import compare_structure
from strongroom.sources.sharepoint.writing.definition import Site
from strongroom.sources.sharepoint.writing.documents import recycle, write_file, write_folder
from strongroom.sources.sharepoint.writing.foreseeing import Foreseeing, versions_by_path
from strongroom.sources.sharepoint.writing.identities import Identities, Principals
from strongroom.sources.sharepoint.writing.late import Late
from strongroom.sources.sharepoint.writing.making import Making, is_servers_own
from strongroom.sources.sharepoint.writing.means import Means, not_written
from strongroom.sources.sharepoint.writing.narrowing import Narrow, counted
from strongroom.sources.sharepoint.writing.outside import Outside
from strongroom.sources.sharepoint.writing.pages import write_page
from strongroom.sources.sharepoint.writing.places import (
    LIST,
    LIST_STRUCTURE,
    NOWHERE,
    WEB,
    WEB_FILES,
    WEB_STRUCTURE,
    Place,
    joined,
    name_of_copied,
)
from strongroom.sources.sharepoint.writing.planning import phases_of
from strongroom.sources.sharepoint.writing.reading_back import ReadingBack
from strongroom.sources.sharepoint.writing.references import References
from strongroom.sources.sharepoint.writing.relaxing import Relaxing
from strongroom.sources.sharepoint.writing.revising import compare_narrowed, not_there, revise
from strongroom.sources.sharepoint.writing.rows import write_rows
from strongroom.sources.sharepoint.writing.sending import as_item_error
from strongroom.sources.sharepoint.writing.standing import Standing, TargetList
from strongroom.sources.sharepoint.writing.structure import Structures
from strongroom.sources.sharepoint.writing.surroundings import (
    look_around,
    people_warnings,
    warnings_of,
)
from strongroom.sources.sharepoint.writing.web_files import (
    compare_web_files,
    web_files,
    write_web_file,
)
from strongroom.sources.sharepoint.writing.withholding import withheld
from strongroom.wire.sharepoint.rest import RestConnection, site_of
from strongroom.wire.sharepoint.rest_refusals import SiteDenied, SiteRefused
from strongroom.wire.sharepoint.sites import api, site_path
from strongroom.words.item import Folder, Item
from strongroom.words.json import Json
from strongroom.words.resource import Resource
from strongroom.words.restoring import (
    Compared,
    ConflictPolicy,
    Notes,
    Outgoing,
    Plan,
    Replaced,
    Selection,
    Written,
)

BATCH_BYTES_MAX = 16 * 1024 * 1024
WRITES = "write"
_ROOT_NOTE, _SAME_NOTE = "saved-root", "same-place"
_CONFLICT_NOTE, _PEOPLE_NOTE, _HOST_NOTE = "conflict", "people", "into-another-list"
_NARROW_NOTE, _HOST_OF_NOTE = "narrow", "saved-host"


class SiteTarget:
    """A site collection to write into. Safe in many threads.

    Args:
        rest: The connection.
        resource: The collection.
        is_online: It is Microsoft's.
    """

    def __init__(
        self,
        rest: RestConnection,
        resource: Resource,
        *,
        is_online: bool,
    ) -> None:
        root = site_path(resource.address)
        rest = rest.patient(root)
        self._rest = rest
        self._standing = Standing(rest, root, is_online=is_online)
        self._is_online = is_online
        self._principals = Principals(rest, root, {}, is_online=is_online)
        self._back = ReadingBack(rest, self._standing)
        self._tally = Tally()
        self._structure_lock = threading.Lock()
        self._notes: Notes | None = None
        self._means: Means | None = None
        self._site: Site | None = None
        self._around: tuple[Folder, ...] = ()
        self._whole: frozenset[str] = frozenset()
        self._references = References()
        self._narrow = Narrow()
        self._outside = Outside(self._standing)
        self._templates: dict[str, tuple[str, int]] = {}
        self._webs: dict[str, str] = {}

    @property
    def pacing(self) -> LanePace:
        """How fast it is to be written."""
        lane = LanePace(self._rest.lane.pace, site_of(f"{api(self._standing.root)}/web"))
        return lane.batching(WRITES, BATCH_BYTES_MAX)

    def begin(self, notes: Notes) -> None:
        """Hear where to note things. Asks the server nothing."""
        self._notes = notes
        is_same = notes.get(_SAME_NOTE) is True
        people = notes.get(_PEOPLE_NOTE)
        self._principals = Principals(
            self._rest,
            self._standing.root,
            {saved: str(there) for saved, there in people.items()}
            if isinstance(people, Mapping)
            else {},
            is_online=self._is_online,
        )
        self._outside = Outside(
            self._standing,
            self._around,
            is_same_place=is_same,
            knows_by_text_only=notes.get(_HOST_NOTE) is True,
        )
        identities = Identities(
            notes,
            self._principals,
            outside=self._outside,
            whole=self._whole,
            chosen=self._references.chosen,
        )
        self._means = Means(
            standing=self._standing,
            identities=identities,
            relaxing=Relaxing(self._standing, notes),
            assigning=Assigning(self._rest, self._standing.root, self._principals),
            late=Late(notes),
            notes=notes,
        )
        self._narrow = Narrow.from_json(notes.get(_NARROW_NOTE))
        conflict = notes.get(_CONFLICT_NOTE)
        self._site = Site(
            addresses=Addresses(
                saved_root=str(notes.get(_ROOT_NOTE) or ""),
                root=self._standing.root,
                saved_host=str(notes.get(_HOST_OF_NOTE) or ""),
                host=host_of(self._standing.address("/")),
            ),
            is_same_place=is_same,
            conflict=ConflictPolicy(conflict) if isinstance(conflict, str) else ConflictPolicy.COPY,
            notes=notes,
        )

    def plan(self, selection: Selection) -> Plan:
        """Order a selection; with what will not come back, and what a person should know."""
        notes = self._noted()
        self._locate(selection, notes)
        host = self._host(selection)
        notes.put(_HOST_NOTE, host is not None)
        notes.put(_CONFLICT_NOTE, str(selection.conflict))
        notes.put(_PEOPLE_NOTE, dict(selection.people))
        narrow = Narrow(version=selection.version, fields=selection.fields)
        notes.put(_NARROW_NOTE, narrow.to_json() if narrow else None)
        self._around, self._whole = selection.around, selection.whole
        selection = counted(selection)
        self._references = References.of(selection)
        self.begin(notes)
        around = look_around(self._rest, self._standing)
        ahead = Foreseeing(
            means=self._with(),
            site=self._going(),
            selection=selection,
            references=self._references,
            outside=self._outside,
            host=host,
        )
        losses = ahead.losses()
        unknown = ahead.unknown_people(losses)
        versions = versions_by_path(self._standing, selection, losses)
        return Plan(
            phases=phases_of(selection),
            losses=ahead.told(losses, unknown),
            warnings=(
                *warnings_of(around, bytes_wanted=losses.bytes),
                *withheld(self._standing, selection, versions),
                *people_warnings(selection.people, unknown, losses.people),
            ),
            aside={**_aside(selection), **_not_wanted(selection)},
        )

    def _locate(self, selection: Selection, notes: Notes) -> None:
        """Note from where it was saved, by the root web: also if that itself is not restored."""
        if notes.get(_ROOT_NOTE) is not None:
            return
        webs = (one for one in selection.around or selection.folders if one.kind == "web")
        root = next((one for one in webs if not one.path), None)
        if root is not None:
            web = self._standing.web(self._standing.root)
            notes.put(_ROOT_NOTE, str(root.facts.get("url") or ""))
            notes.put(_SAME_NOTE, root.id == web.id)
            notes.put(_HOST_OF_NOTE, host_of(selection.address))

    def _host(self, selection: Selection) -> TargetList | None:
        """Find the list that everything is to go into, if it is to go into one."""
        if not selection.into:
            return None
        return self._standing.find_list(
            self._standing.root, joined(self._standing.root, *selection.into)
        )

    def folder(self, folder: Folder, parent_id: str | None) -> str:
        """Find or make a place by its name below another one; say its id.

        Raises:
            ItemError: the server does not make it.
            OutcomeUnknown: no answer; ask again, it will be found.
        """
        parent = None if parent_id is None else Place.of(parent_id)
        making = Making(
            means=self._with(),
            site=self._going(),
            templates=self._templates,
            may_make=not self._narrow.fields,
        )
        with self._structure_lock:
            place = making.place(folder, parent)
            self._learn(place)
            return place.id

    def _learn(self, place: Place) -> None:
        """Remember which web something is in, by the GUID that ids of items begin with."""
        if place.list_id:
            self._webs[place.list_id] = place.web
        elif place.kind in {WEB, WEB_STRUCTURE, WEB_FILES}:
            self._webs[self._standing.web(place.web).id] = place.web

    def mark(self, folder_id: str) -> str:
        """Give the highest number in a list: whatever comes has a higher one."""
        place = Place.of(folder_id)
        with _about("The list cannot be looked at."):
            return str(self._back.newest(place)) if place.kind == LIST else ""

    def arrivals(self, folder_id: str, cursor: str | None) -> Iterator[Item]:
        """List what came into a place since then, or all that is there."""
        place = Place.of(folder_id)
        if place.kind == LIST:
            number = int(cursor) if cursor and cursor.isdigit() else 0
            for item in self._back.after(place, number):
                # What came since we began under the name of a copy, is one of ours.
                yield _as_it_was_called(item) if cursor else item
        elif place.kind == WEB_FILES and cursor is None:
            for one in web_files(self._with(), place.web):
                yield one.item
        elif place.is_structure and cursor is None:
            # Nothing of it "came" since: it is found or made anew, however often it is written.
            for item in self._back.structure(place).items:
                yield self._known_again(item)

    def write(
        self, folder_id: str, batch: Sequence[Outgoing], told: Callable[[Written], None]
    ) -> None:
        """Write items with all that hangs on them; nothing is repeated whose outcome is unknown.

        Raises:
            OutcomeUnknown: those not told yet may or may not be there.
            TransientError: those not told yet are not there.
        """
        place, means = Place.of(folder_id), self._with()
        if place.is_structure:
            structures = Structures(means, self._going(), self._structure_lock)
            structures.write(place, batch, told)
            return
        if place.kind == WEB_FILES:
            for one in batch:
                told(write_web_file(means, self._going(), place, one))
            return
        if place.kind != LIST:
            for one in batch:
                told(_not_here(one, is_servers_own=place.kind == NOWHERE))
            return
        if self._narrow:
            batch = list(self._narrowed(place, batch, told))
        rows = [one for one in batch if one.item.kind == kept.KIND_ITEM]
        for one in batch:
            if one.item.kind != kept.KIND_ITEM:
                told(self._write_one(means, place, one))
        if rows:
            write_rows(means, place, rows, told)

    def _narrowed(
        self, place: Place, batch: Sequence[Outgoing], told: Callable[[Written], None]
    ) -> Iterator[Outgoing]:
        """Change what is there, and give what is to be made anew."""
        narrow = self._narrow
        for one in batch:
            try:
                outgoing = narrow.of(one)
            except ItemError as error:
                told(not_written(one.item.id, error))
                continue
            is_folder = one.item.kind == kept.KIND_FOLDER
            if one.replaces is not None and (narrow.fields or not is_folder):
                told(revise(self._with(), self._back, place, outgoing, narrow))
            elif narrow.fields:
                told(not_there(one))
            else:
                yield outgoing

    def _write_one(self, means: Means, place: Place, outgoing: Outgoing) -> Written:
        match outgoing.item.kind:
            case kept.KIND_FOLDER:
                return write_folder(means, place, outgoing)
            case kept.KIND_PAGE:
                return write_page(means, self._going(), place, outgoing)
            case _:
                return write_file(means, place, outgoing)

    def remove(self, replaced: Sequence[Replaced]) -> None:
        """Put into the recycle bin what restored items stand beside now.

        Raises:
            ItemError: the server keeps one of them.
        """
        for one in replaced if not self._narrow else ():
            list_id, _, number = one.id.rpartition("/")
            if not number.isdigit():
                continue
            target = self._standing.list_by_id(
                self._webs.get(list_id, self._standing.root), list_id
            )
            recycle(self._with(), target, int(number))

    def compare(
        self, pairs: Sequence[tuple[Outgoing, str]], told: Callable[[Compared], None]
    ) -> None:
        """Read items back by their new ids, and compare them by what they mean."""
        by_place: dict[Place, list[tuple[Outgoing, str]]] = {}
        for pair in pairs:
            by_place.setdefault(self._place_of(pair[1]), []).append(pair)
        for place, some in by_place.items():
            with _about("What was written cannot be read back."):
                if place.is_structure:
                    compare_structure(self._with(), self._going(), self._back, place, some, told)
                elif place.kind == WEB_FILES:
                    compare_web_files(self._with(), self._going(), place, some, told, self._tally)
                elif self._narrow:
                    compare_narrowed(
                        self._with(), self._back, place, some, told, self._narrow, self._tally
                    )
                else:
                    compare_items(
                        self._with(), self._going(), self._back, place, some, told, self._tally
                    )

    def settle(self, settings: Mapping[str, Json]) -> Sequence[str]:  # noqa: ARG002 - has none
        """Write what had to wait, put everything back, and say what a person should know."""
        return [*settling.settle(self._with()), *self._tally.told()]

    def _place_of(self, new_id: str) -> Place:
        """Give the place of an item by its id: of a list, or what describes one, or a web."""
        owner, _, rest = new_id.partition("/")
        web = self._webs.get(owner, self._standing.root)
        is_web = owner == self._standing.web(web).id
        if rest.isdigit():
            return Place(kind=LIST, web=web, list_id=owner)
        if is_web and rest.startswith(f"{FILES}/"):
            return Place(kind=WEB_FILES, web=web)
        if is_web:
            return Place(kind=WEB_STRUCTURE, web=web)
        return Place(kind=LIST_STRUCTURE, web=web, list_id=owner)

    def _known_again(self, item: Item) -> Item:
        """Leave out what in another site is known by a number that means another thing there."""
        if self._going().is_same_place or item.kind not in {"group", "role-definition"}:
            return item
        facts = {name: value for name, value in item.facts.items() if name != "search_key"}
        return replace(item, facts=facts)

    def _noted(self) -> Notes:
        assert self._notes is not None, "begin comes first"
        return self._notes

    def _with(self) -> Means:
        assert self._means is not None, "begin comes first"
        return self._means

    def _going(self) -> Site:
        assert self._site is not None, "begin comes first"
        return self._site


def _aside(selection: Selection) -> Mapping[str, str]:
    """Name the lists that the server fills itself, and what describes them."""
    own = {one.id for one in selection.folders if is_servers_own(one)}
    return {
        one.id: "the server writes this itself"
        for one in selection.folders
        if one.id.partition("/")[0] in own
    }


def _not_wanted(selection: Selection) -> Mapping[str, str]:
    """Name what describes places, where only a version or some values of items are wanted."""
    structures = [one.id for one in selection.folders if one.kind == "structure"]
    return dict.fromkeys(structures if selection.is_narrowed else (), "not asked for")


def _as_it_was_called(item: Item) -> Item:
    if item.kind not in kept.IN_LIBRARY:
        return item
    *folders, name = kept.path_of(item)
    called = name_of_copied(name)
    return replace(item, name=called, state={**item.state, "path": [*folders, called]})


def _not_here(outgoing: Outgoing, *, is_servers_own: bool) -> Written:
    return Written(
        item_id=outgoing.item.id,
        new_id=None,
        code="servers-own" if is_servers_own else "no-list",
        why="The server writes this itself."
        if is_servers_own
        else "Here is no list that it could go into.",
        is_permanent=True,
    )


@contextmanager
def _about(what: str) -> Iterator[None]:
    """Make a server's no to one place the fate of what goes there."""
    try:
        yield
    except (SiteRefused, SiteDenied) as error:
        if error.status == 401:
            raise
        raise as_item_error(error, what) from error
