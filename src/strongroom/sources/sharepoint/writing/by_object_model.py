"""What REST cannot write of webs, lists and groups, by the client object model.

Each of these sets values that were saved, and nothing where they are so already.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from strongroom.sources.sharepoint.writing.bags import Bag, own_properties
from strongroom.sources.sharepoint.writing.definition import mapping_of, number_of
from strongroom.sources.sharepoint.writing.means import Means
from strongroom.wire.sharepoint.csom import carry_out
from strongroom.wire.sharepoint.csom_query import Int32, Query, Thing, Value
from strongroom.wire.sharepoint.rest import RestConnection
from strongroom.wire.sharepoint.sites import api
from strongroom.words.json import Json

REGIONAL = (
    *("AdjustHijriDays", "AlternateCalendarType", "CalendarType", "Collation", "FirstDayOfWeek"),
    *("FirstWeekOfYear", "LocaleId", "ShowWeeks", "Time24"),
    *("WorkDayEndHour", "WorkDays", "WorkDayStartHour"),
)
"""What can be set of the regional settings; the rest follows from the language."""

Document = Mapping[str, Json]
_CUSTOMIZE_PAGES = 1 << 18
"""``AddAndCustomizePages``."""


@dataclass(frozen=True, slots=True)
class Group:
    """A group of the collection, by its number there."""

    number: int


def allows_scripts(rest: RestConnection, web: str) -> bool:
    """Say whether a site lets us change property bags: the right to customise pages goes with it.

    A site that allows no custom scripts takes that right from everybody, administrators included.
    """
    told = rest.get(f"{api(web)}/web?$select=EffectiveBasePermissions", dict[str, Any])
    low = number_of(mapping_of(told, "EffectiveBasePermissions"), "Low")
    return bool(low & _CUSTOMIZE_PAGES)


def write_regional(means: Means, web: str, saved: Document, now: Document) -> None:
    """Have a web write dates and numbers as it did.

    Args:
        means: What to work with.
        web: Path of the web.
        saved: ``RegionalSettings`` as saved, with ``TimeZone``.
        now: As they are there.
    """
    query = Query()
    regional = query.property(query.web, "RegionalSettings")
    changed = [(name, mine) for name, mine, theirs in regional_pairs(saved, now) if mine != theirs]
    for name, value in changed:
        if name == "TimeZone":
            zones = query.property(regional, "TimeZones")
            query.set(regional, name, query.found(zones, "GetById", value))
        else:
            query.set(regional, name, value)
    if changed:
        query.call(regional, "Update")
        carry_out(means.rest, web, query)
        means.standing.forget_web(web)


def regional_pairs(saved: Document, there: Document) -> Iterator[tuple[str, int | bool, Json]]:
    """Give the name of each setting that can be set, as it was saved, and as it is there."""
    for name in REGIONAL:
        value = saved.get(name)
        if isinstance(value, int) and name in there:
            yield name, value, there.get(name)
    zone = number_of(mapping_of(saved, "TimeZone"), "Id")
    if zone:
        yield "TimeZone", zone, number_of(mapping_of(there, "TimeZone"), "Id")


def write_web_bag(means: Means, web: str, saved: Document, now: Document) -> None:
    """Give a web's property bag what somebody had put into it."""
    query = Query()
    changes = bag_changes(saved, now)
    _fill(query, query.property(query.web, "AllProperties"), changes)
    query.call(query.web, "Update")
    if changes:
        carry_out(means.rest, web, query)


def write_list_bag(means: Means, web: str, list_id: str, saved: Document, now: Document) -> None:
    """Give the property bag of a list's root folder likewise."""
    query = Query()
    changes = bag_changes(saved, now)
    one = query.found(query.property(query.web, "Lists"), "GetById", list_id)
    folder = query.property(one, "RootFolder")
    _fill(query, query.property(folder, "Properties"), changes)
    query.call(folder, "Update")
    if changes:
        carry_out(means.rest, web, query)


def bag_changes(saved: Document, there: Document) -> Bag:
    """Give what is missing in a bag or is another there."""
    mine, theirs = own_properties(saved), own_properties(there)
    return {name: value for name, value in mine.items() if theirs.get(name) != value}


def write_owner(means: Means, web: str, group_id: int, owner: Group | str) -> None:
    """Have a group owned by another one, or by somebody.

    Args:
        means: What to work with.
        web: Path of the collection's root web.
        group_id: Number of the group.
        owner: A group, or somebody's claims name.
    """
    query = Query()
    groups = query.property(query.web, "SiteGroups")
    group = query.found(groups, "GetById", group_id)
    if isinstance(owner, Group):
        found = query.found(groups, "GetById", owner.number)
    else:
        found = query.found(query.property(query.web, "SiteUsers"), "GetByLoginName", owner)
    query.set(group, "Owner", found)
    query.call(group, "Update")
    carry_out(means.rest, web, query)


def write_associated(means: Means, web: str, groups: Mapping[str, Group]) -> None:
    """Say which groups are a web's owners, members and visitors.

    Args:
        means: What to work with.
        web: Path of the web.
        groups: By the name of the property.
    """
    query = Query()
    of_site = query.property(query.web, "SiteGroups")
    for name, group in groups.items():
        query.set(query.web, name, query.found(of_site, "GetById", group.number))
    query.call(query.web, "Update")
    carry_out(means.rest, web, query)


def _fill(query: Query, bag: Thing, changes: Bag) -> None:
    for name, value in changes.items():
        query.call(bag, "SetFieldValue", name, _exact(value))


def _exact(value: str | int | bool) -> Value:  # noqa: FBT001 - a value as it was saved
    """Keep a whole number one: others would become ones with a point."""
    return Int32(value) if isinstance(value, int) and not isinstance(value, bool) else value
