"""Changed and deleted occurrences of a recurring series, which no single request can create.

A series is created from its pattern, and with PidLidAppointmentRecur beside it, which says of every
occurrence what became of it. Servers that take that property need nothing more. For the others each
occurrence that is still as the pattern says is looked up by its number in the series, and changed
or deleted like an item of its own, without telling anybody.

Source:
    https://learn.microsoft.com/exchange/client-developer/exchange-web-services/how-to-access-a-recurring-series-by-using-ews-in-exchange
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from strongroom.errors import ItemError
from strongroom.sources.exchange_onprem.document import SavedItem
from strongroom.sources.exchange_onprem.kept_properties import APPOINTMENT_RECURRENCE
from strongroom.sources.exchange_onprem.sending import sent
from strongroom.wire.ews.changes import FieldChange
from strongroom.wire.ews.connection import EwsConnection
from strongroom.wire.ews.delete_item import delete_items
from strongroom.wire.ews.faults import EwsItemError, RequestRefused
from strongroom.wire.ews.get_item import get_items
from strongroom.wire.ews.ids import ItemRef, OccurrenceRef
from strongroom.wire.ews.nodes import Node
from strongroom.wire.ews.properties import read_time
from strongroom.wire.ews.shapes import Shape
from strongroom.wire.ews.things import EwsItem, Field
from strongroom.wire.ews.update_item import ItemUpdate, update_items

_SERIES = Shape(fields=("calendar:ModifiedOccurrences", "calendar:DeletedOccurrences"))
_OCCURRENCE = Shape(fields=("calendar:Start", "calendar:OriginalStart"))
_BATCH = 50
# Ten years of a daily series; who changed an occurrence beyond that is told that it is lost.
_OCCURRENCES_MAX = 3660

# What one occurrence may have of its own, with the path that sets it.
OWN_FIELDS = {
    "Subject": "item:Subject",
    "Body": "item:Body",
    "Sensitivity": "item:Sensitivity",
    "Categories": "item:Categories",
    "ReminderIsSet": "item:ReminderIsSet",
    "ReminderMinutesBeforeStart": "item:ReminderMinutesBeforeStart",
    "Start": "calendar:Start",
    "End": "calendar:End",
    "IsAllDayEvent": "calendar:IsAllDayEvent",
    "LegacyFreeBusyStatus": "calendar:LegacyFreeBusyStatus",
    "Location": "calendar:Location",
}


def write_occurrences(connection: EwsConnection, series: ItemRef, saved: SavedItem) -> None:
    """Change and delete the occurrences that the saved series has otherwise than its pattern.

    Raises:
        ItemError: one of them cannot be brought back.
        OutcomeUnknown: no answer.
    """
    changed, deleted = changed_starts(saved.item), deleted_starts(saved.item)
    if not changed and not deleted:
        return
    now = get_items(connection, [series.id], _SERIES)[0]
    if isinstance(now, EwsItemError):
        raise _failed(now)
    changed -= changed_starts(now)
    deleted -= deleted_starts(now)
    if not changed and not deleted:
        return
    found = _look_up(connection, series, changed | deleted)
    missing = (changed | deleted) - found.keys()
    if missing:
        _write_whole(connection, series, saved, missing)
        return
    _change(connection, saved, {when: found[when] for when in changed})
    _delete(connection, [found[when] for when in sorted(deleted)])


def _write_whole(
    connection: EwsConnection, series: ItemRef, saved: SavedItem, missing: set[datetime]
) -> None:
    """Write the saved recurrence as one value, where single occurrences cannot be named.

    Second best: Exchange itself keeps a changed occurrence's body elsewhere. But servers on which
    occurrences have no numbers take the whole for what it is.

    Raises:
        ItemError: the server does not take it, or the occurrences are as before.
    """
    whole = saved.item.extended.get(APPOINTMENT_RECURRENCE)
    if whole is not None:
        update = ItemUpdate(
            item=ItemRef(series.id),
            changes=(FieldChange(APPOINTMENT_RECURRENCE, whole),),
            element="CalendarItem",
        )
        for _, result in sent([update], lambda some: update_items(connection, some)):
            if isinstance(result, EwsItemError):
                raise _failed(result)
        now = get_items(connection, [series.id], _SERIES)[0]
        if isinstance(now, EwsItem) and missing <= changed_starts(now) | deleted_starts(now):
            return
    raise ItemError(
        "Changed occurrences of the series are not among those that the server makes of it.",
        code="occurrence-not-found",
        is_permanent=True,
        why=", ".join(when.isoformat() for when in sorted(missing)),
    )


def changed_starts(series: EwsItem) -> set[datetime]:
    """Say when the changed occurrences of a series would have begun by its pattern."""
    return set(_times(series.node("ModifiedOccurrences"), "OriginalStart"))


def deleted_starts(series: EwsItem) -> set[datetime]:
    """Say when the deleted occurrences of a series would have begun."""
    return set(_times(series.node("DeletedOccurrences"), "Start"))


def _times(group: Node | None, name: str) -> Iterator[datetime]:
    for each in group.children if group else ():
        try:
            yield read_time(each.text_of(name))
        except ValueError:
            continue


def _look_up(
    connection: EwsConnection, series: ItemRef, wanted: set[datetime]
) -> Mapping[datetime, OccurrenceRef]:
    """Find occurrences by the time at which the pattern has them begin."""
    found: dict[datetime, OccurrenceRef] = {}
    for first in range(1, _OCCURRENCES_MAX, _BATCH):
        refs = [OccurrenceRef(series.id, index) for index in range(first, first + _BATCH)]
        answers = _occurrences(connection, refs)
        for ref, answer in zip(refs, answers, strict=False):
            when = _begins(answer)
            if when in wanted:
                found[when] = ref
        if len(found) == len(wanted) or all(isinstance(a, EwsItemError) for a in answers):
            break
    return found


def _occurrences(
    connection: EwsConnection, refs: Sequence[OccurrenceRef]
) -> Sequence[EwsItem | EwsItemError]:
    """Read occurrences; none where the server does not know them by number at all."""
    try:
        return get_items(connection, refs, _OCCURRENCE)
    except (RequestRefused, ItemError):
        return ()


def _begins(answer: EwsItem | EwsItemError) -> datetime | None:
    if isinstance(answer, EwsItemError):
        return None
    return answer.time("OriginalStart") or answer.time("Start")


def _change(
    connection: EwsConnection, saved: SavedItem, wanted: Mapping[datetime, OccurrenceRef]
) -> None:
    own = {each.time("OriginalStart"): each for each in saved.occurrences}
    updates = [
        ItemUpdate(item=ref, changes=changes, element="CalendarItem")
        for when, ref in wanted.items()
        if when in own and (changes := tuple(_differing(own[when], saved.item)))
    ]
    if not updates:
        return
    for _, result in sent(updates, lambda some: update_items(connection, some)):
        if isinstance(result, EwsItemError):
            raise _failed(result)


def _differing(occurrence: EwsItem, series: EwsItem) -> Iterator[FieldChange]:
    for name, path in OWN_FIELDS.items():
        value = occurrence.fields.get(name)
        if value is not None and value != series.fields.get(name):
            yield FieldChange(path, _node(name, value))


def _delete(connection: EwsConnection, refs: Sequence[OccurrenceRef]) -> None:
    if not refs:
        return
    for _, result in sent(
        refs, lambda some: delete_items(connection, some, delete_type="HardDelete")
    ):
        if isinstance(result, EwsItemError) and not result.is_gone:
            raise _failed(result)


def _node(name: str, value: Field) -> Node:
    return value if isinstance(value, Node) else Node(name, value)


def _failed(error: EwsItemError) -> ItemError:
    return ItemError(
        "An occurrence of the series cannot be brought back.",
        code=error.code,
        is_permanent=error.is_permanent,
        why=error.why,
    )
