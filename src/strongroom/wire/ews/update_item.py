"""UpdateItem: set and clear single properties. Nobody is told of the change.

Source:
    https://learn.microsoft.com/exchange/client-developer/web-service-reference/updateitem-operation
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from strongroom.wire.ews.answers import Answer
from strongroom.wire.ews.changes import FieldChange
from strongroom.wire.ews.connection import EwsConnection
from strongroom.wire.ews.faults import EwsItemError
from strongroom.wire.ews.get_item import first_item
from strongroom.wire.ews.ids import ItemRef, OccurrenceRef, item_ids
from strongroom.wire.ews.operation import Operation
from strongroom.wire.ews.things import EwsItem

_QUIET = ' SuppressReadReceipts="true"'


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemUpdate:
    """Changes to one item.

    Attributes:
        item: Which, with its change key unless the conflict resolution is ``AlwaysOverwrite``.
        changes: At least one.
        element: Its type in EWS (``Message``, ``CalendarItem`` …).
    """

    item: ItemRef | OccurrenceRef
    changes: tuple[FieldChange, ...]
    element: str = "Message"


def update_items(
    connection: EwsConnection,
    updates: Sequence[ItemUpdate],
    *,
    conflict_resolution: str = "AlwaysOverwrite",
) -> list[EwsItem | EwsItemError]:
    """Change items, one result (the new id and change key) each, in order.

    Args:
        connection: The mailbox's.
        updates: What to change.
        conflict_resolution: ``AlwaysOverwrite``, ``AutoResolve`` or ``NeverOverwrite``.

    Raises:
        OutcomeUnknown: no answer. Setting the same values again does no harm.
        StrongroomError: as ``EwsConnection.write``.
    """
    return connection.write(operation(updates, conflict_resolution=conflict_resolution))


def operation(
    updates: Sequence[ItemUpdate], *, conflict_resolution: str
) -> Operation[list[EwsItem | EwsItemError]]:
    """Build the request."""
    inside = "".join(
        f"<t:ItemChange>{item_ids([update.item])}<t:Updates>"
        + "".join(change.to_xml("Item", update.element) for change in update.changes)
        + "</t:Updates></t:ItemChange>"
        for update in updates
    )
    return Operation(
        name="UpdateItem",
        body=(
            f'<m:UpdateItem ConflictResolution="{conflict_resolution}"'
            ' MessageDisposition="SaveOnly"'
            f' SendMeetingInvitationsOrCancellations="SendToNone"{_QUIET}>'
            f"<m:ItemChanges>{inside}</m:ItemChanges></m:UpdateItem>"
        ),
        parse=lambda answer: parse(answer, len(updates)),
        item_count=len(updates),
        since_2013=(_QUIET,),
    )


def parse(answer: Answer, count: int) -> list[EwsItem | EwsItemError]:
    """Read the answer."""
    return answer.results(first_item, count)
