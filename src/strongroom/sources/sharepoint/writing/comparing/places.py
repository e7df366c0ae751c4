"""Comparing what was written, place by place: each kind of place in its own way."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from strongroom.sources.sharepoint.writing.comparing.content import Tally
from strongroom.sources.sharepoint.writing.comparing.items import compare_items
from strongroom.sources.sharepoint.writing.comparing.structure import compare_structure
from strongroom.sources.sharepoint.writing.course import Course
from strongroom.sources.sharepoint.writing.places import WEB_FILES, Place
from strongroom.sources.sharepoint.writing.reading_back import ReadingBack
from strongroom.sources.sharepoint.writing.revising import compare_narrowed
from strongroom.sources.sharepoint.writing.web_files import compare_web_files
from strongroom.words.restoring import Compared, Outgoing


def compare_place(
    course: Course,
    back: ReadingBack,
    place: Place,
    pairs: Sequence[tuple[Outgoing, str]],
    told: Callable[[Compared], None],
    tally: Tally,
) -> None:
    """Read back what is in one place, and compare it by what it means.

    Args:
        course: How the restore goes.
        back: Reads it.
        place: Where it is.
        pairs: What was sent, each with its new id.
        told: Hears how each compares.
        tally: Counts what servers change in bytes.
    """
    means, site, narrow = course.means, course.site, course.narrow
    if place.is_structure:
        compare_structure(means, site, back, place, pairs, told)
    elif place.kind == WEB_FILES:
        compare_web_files(means, site, place, pairs, told, tally)
    elif narrow:
        compare_narrowed(means, back, place, pairs, told, narrow, tally)
    else:
        compare_items(means, site, back, place, pairs, told, tally)
