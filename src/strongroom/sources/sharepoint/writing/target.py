"""A site, for writing. Nothing that it does makes the server send anything to anybody."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from strongroom.pace.lane import LanePace
from strongroom.sources.sharepoint.writing import saved as kept
from strongroom.sources.sharepoint.writing import settling
from strongroom.sources.sharepoint.writing.batches import Batches
from strongroom.sources.sharepoint.writing.comparing.content import Tally
from strongroom.sources.sharepoint.writing.comparing.places import compare_place
from strongroom.sources.sharepoint.writing.course import Aim, Course, course_of, note_course
from strongroom.sources.sharepoint.writing.documents import recycle
from strongroom.sources.sharepoint.writing.finding import Finding
from strongroom.sources.sharepoint.writing.making import Making
from strongroom.sources.sharepoint.writing.places import LIST, WEB_FILES, Place, name_of_copied
from strongroom.sources.sharepoint.writing.plans import plan_of
from strongroom.sources.sharepoint.writing.reading_back import ReadingBack
from strongroom.sources.sharepoint.writing.sending import about
from strongroom.sources.sharepoint.writing.standing import Standing
from strongroom.sources.sharepoint.writing.structure import Structures
from strongroom.sources.sharepoint.writing.web_files import web_files
from strongroom.wire.sharepoint.rest import RestConnection, site_of
from strongroom.wire.sharepoint.sites import api, site_path
from strongroom.words.item import Folder, Item
from strongroom.words.json import Json
from strongroom.words.resource import Resource
from strongroom.words.restoring import (
    Compared,
    Notes,
    Outgoing,
    Plan,
    Replaced,
    Selection,
    Written,
)

BATCH_BYTES_MAX = 16 * 1024 * 1024
WRITES = "write"


class SiteTarget:
    """A site collection to write into. Safe in many threads.

    Args:
        rest: The connection.
        resource: The collection.
        is_online: It is Microsoft's.
    """

    def __init__(self, rest: RestConnection, resource: Resource, *, is_online: bool) -> None:
        root = site_path(resource.address)
        rest = rest.patient(root)
        self._rest = rest
        self._standing = Standing(rest, root, is_online=is_online)
        self._back = ReadingBack(rest, self._standing)
        self._tally = Tally()
        self._structure_lock = threading.Lock()
        self._notes: Notes | None = None
        self._aim = Aim()
        self._course: Course | None = None
        self._finding = Finding(self._standing)

    @property
    def pacing(self) -> LanePace:
        """How fast it is to be written."""
        lane = LanePace(self._rest.lane.pace, site_of(f"{api(self._standing.root)}/web"))
        return lane.batching(WRITES, BATCH_BYTES_MAX)

    def begin(self, notes: Notes) -> None:
        """Hear where to note things. Asks the server nothing."""
        self._notes = notes
        self._course = course_of(notes, self._standing, self._aim)

    def plan(self, selection: Selection) -> Plan:
        """Order a selection; with what will not come back, and what a person should know."""
        assert self._notes is not None, "begin comes first"
        host = note_course(self._notes, self._standing, selection)
        self._aim = Aim.of(selection)
        self.begin(self._notes)
        return plan_of(self._going(), selection, self._aim.references, host)

    def folder(self, folder: Folder, parent_id: str | None) -> str:
        """Find or make a place by its name below another one; say its id.

        Raises:
            ItemError: the server does not make it.
            OutcomeUnknown: no answer; ask again, it will be found.
        """
        parent = None if parent_id is None else Place.of(parent_id)
        course = self._going()
        making = Making(
            means=course.means,
            site=course.site,
            may_make=not course.narrow.fields,
        )
        with self._structure_lock:
            place = making.place(folder, parent)
            self._finding.learn(place)
            return place.id

    def mark(self, folder_id: str) -> str:
        """Give the highest number in a list: whatever comes has a higher one."""
        place = Place.of(folder_id)
        with about("The list cannot be looked at."):
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
            for one in web_files(self._going().means, place.web):
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
        course = self._going()
        structures = Structures(course.means, course.site, self._structure_lock)
        batches = Batches(course=course, back=self._back, structures=structures)
        batches.write(Place.of(folder_id), batch, told)

    def remove(self, replaced: Sequence[Replaced]) -> None:
        """Put into the recycle bin what restored items stand beside now.

        Raises:
            ItemError: the server keeps one of them.
        """
        course = self._going()
        for one in replaced if not course.narrow else ():
            list_id, _, number = one.id.rpartition("/")
            if number.isdigit():
                target = self._standing.list_by_id(self._finding.web_of(list_id), list_id)
                recycle(course.means, target, int(number))

    def compare(
        self, pairs: Sequence[tuple[Outgoing, str]], told: Callable[[Compared], None]
    ) -> None:
        """Read items back by their new ids, and compare them by what they mean."""
        by_place: dict[Place, list[tuple[Outgoing, str]]] = {}
        for pair in pairs:
            by_place.setdefault(self._finding.place_of(pair[1]), []).append(pair)
        for place, some in by_place.items():
            with about("What was written cannot be read back."):
                compare_place(self._going(), self._back, place, some, told, self._tally)

    def settle(self, settings: Mapping[str, Json]) -> Sequence[str]:  # noqa: ARG002 - has none
        """Write what had to wait, put everything back, and say what a person should know."""
        return [*settling.settle(self._going().means), *self._tally.told()]

    def _known_again(self, item: Item) -> Item:
        """Leave out what in another site is known by a number that means another thing there."""
        if self._going().site.is_same_place or item.kind not in {"group", "role-definition"}:
            return item
        facts = {name: value for name, value in item.facts.items() if name != "search_key"}
        return replace(item, facts=facts)

    def _going(self) -> Course:
        assert self._course is not None, "begin comes first"
        return self._course


def _as_it_was_called(item: Item) -> Item:
    if item.kind not in kept.IN_LIBRARY:
        return item
    *folders, name = kept.path_of(item)
    called = name_of_copied(name)
    return replace(item, name=called, state={**item.state, "path": [*folders, called]})
