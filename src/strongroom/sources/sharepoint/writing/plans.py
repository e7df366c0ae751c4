"""The plan of a restore: in which order, with what losses, and what a person should know before."""

from __future__ import annotations

from collections.abc import Mapping

from strongroom.sources.sharepoint.writing.course import Course
from strongroom.sources.sharepoint.writing.foreseeing import Foreseeing, versions_by_path
from strongroom.sources.sharepoint.writing.making import is_servers_own
from strongroom.sources.sharepoint.writing.narrowing import counted
from strongroom.sources.sharepoint.writing.planning import phases_of
from strongroom.sources.sharepoint.writing.references import References
from strongroom.sources.sharepoint.writing.standing import TargetList
from strongroom.sources.sharepoint.writing.surroundings import (
    look_around,
    people_warnings,
    warnings_of,
)
from strongroom.sources.sharepoint.writing.withholding import withheld
from strongroom.words.restoring import Plan, Selection


def plan_of(
    course: Course, selection: Selection, references: References, host: TargetList | None
) -> Plan:
    """Order a selection, and look at the target for what will not come back.

    Args:
        course: How it goes.
        selection: What is wanted.
        references: What that looks up outside of itself.
        host: The list that everything goes into; None: each goes into its own.
    """
    selection = counted(selection)
    standing = course.means.standing
    around = look_around(standing.rest, standing)
    ahead = Foreseeing(
        means=course.means,
        site=course.site,
        selection=selection,
        references=references,
        outside=course.outside,
        host=host,
    )
    losses = ahead.losses()
    unknown = ahead.unknown_people(losses)
    versions = versions_by_path(standing, selection, losses)
    return Plan(
        phases=phases_of(selection),
        losses=ahead.told(losses, unknown),
        warnings=(
            *warnings_of(around, bytes_wanted=losses.bytes),
            *withheld(standing, selection, versions),
            *people_warnings(selection.people, unknown, losses.people),
        ),
        aside={**_aside(selection), **_not_wanted(selection)},
    )


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
