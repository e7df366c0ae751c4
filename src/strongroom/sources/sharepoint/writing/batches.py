"""Writing a batch of items, each kind in its own way."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from strongroom.errors import ItemError
from strongroom.sources.sharepoint.writing import saved as kept
from strongroom.sources.sharepoint.writing.course import Course
from strongroom.sources.sharepoint.writing.documents import write_file, write_folder
from strongroom.sources.sharepoint.writing.means import not_written
from strongroom.sources.sharepoint.writing.pages import write_page
from strongroom.sources.sharepoint.writing.places import LIST, NOWHERE, WEB_FILES, Place
from strongroom.sources.sharepoint.writing.reading_back import ReadingBack
from strongroom.sources.sharepoint.writing.revising import not_there, revise
from strongroom.sources.sharepoint.writing.rows import write_rows
from strongroom.sources.sharepoint.writing.structure import Structures
from strongroom.sources.sharepoint.writing.web_files import write_web_file
from strongroom.words.restoring import Outgoing, Written

Told = Callable[[Written], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Batches:
    """Writes what goes into one place. Safe in many threads.

    Attributes:
        course: How the restore goes.
        back: Reads what is there already.
        structures: Writes what describes webs and lists.
    """

    course: Course
    back: ReadingBack
    structures: Structures

    def write(self, place: Place, batch: Sequence[Outgoing], told: Told) -> None:
        """Write it, and tell what came of each.

        Raises:
            OutcomeUnknown: those not told yet may or may not be there.
            TransientError: those not told yet are not there.
        """
        if place.is_structure:
            self.structures.write(place, batch, told)
            return
        for one in batch if place.kind == WEB_FILES else ():
            told(write_web_file(self.course.means, self.course.site, place, one))
        for one in batch if place.kind not in {WEB_FILES, LIST} else ():
            told(_not_here(one, is_servers_own=place.kind == NOWHERE))
        if place.kind == LIST:
            self._write_items(place, batch, told)

    def _write_items(self, place: Place, batch: Sequence[Outgoing], told: Told) -> None:
        if self.course.narrow:
            batch = list(self._narrowed(place, batch, told))
        rows = [one for one in batch if one.item.kind == kept.KIND_ITEM]
        for one in batch:
            if one.item.kind != kept.KIND_ITEM:
                told(self._write_one(place, one))
        if rows:
            write_rows(self.course.means, place, rows, told)

    def _narrowed(self, place: Place, batch: Sequence[Outgoing], told: Told) -> Iterator[Outgoing]:
        """Change what is there, and give what is to be made anew."""
        narrow = self.course.narrow
        for one in batch:
            try:
                outgoing = narrow.of(one)
            except ItemError as error:
                told(not_written(one.item.id, error))
                continue
            is_folder = one.item.kind == kept.KIND_FOLDER
            if one.replaces is not None and (narrow.fields or not is_folder):
                revised = revise(self.course.means, self.back, place, outgoing, narrow)
                if revised is None:
                    yield outgoing
                else:
                    told(revised)
            elif narrow.fields:
                told(not_there(one))
            else:
                yield outgoing

    def _write_one(self, place: Place, outgoing: Outgoing) -> Written:
        means = self.course.means
        match outgoing.item.kind:
            case kept.KIND_FOLDER:
                return write_folder(means, place, outgoing)
            case kept.KIND_PAGE:
                return write_page(means, self.course.site, place, outgoing)
            case _:
                return write_file(means, place, outgoing)


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
