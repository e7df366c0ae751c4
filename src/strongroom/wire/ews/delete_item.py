"""DeleteItem.

Source:
    https://learn.microsoft.com/exchange/client-developer/web-service-reference/deleteitem-operation
"""

from __future__ import annotations

from collections.abc import Sequence

from strongroom.wire.ews.answers import Answer
from strongroom.wire.ews.connection import EwsConnection
from strongroom.wire.ews.faults import EwsItemError
from strongroom.wire.ews.ids import AnyItem, item_ids
from strongroom.wire.ews.operation import Operation

_QUIET = ' SuppressReadReceipts="true"'


def delete_items(
    connection: EwsConnection,
    items: Sequence[AnyItem],
    *,
    delete_type: str = "SoftDelete",
) -> list[EwsItemError | None]:
    """Delete items; None for each that is deleted. Nobody is told: no cancellation, no receipt.

    Args:
        connection: The mailbox's.
        items: Which.
        delete_type: ``SoftDelete``, ``HardDelete`` (the only one for hidden items) or
            ``MoveToDeletedItems``.

    Raises:
        OutcomeUnknown: no answer.
        StrongroomError: as ``EwsConnection.write``.
    """
    return connection.write(operation(items, delete_type=delete_type))


def operation(
    items: Sequence[AnyItem], *, delete_type: str
) -> Operation[list[EwsItemError | None]]:
    """Build the request."""
    return Operation(
        name="DeleteItem",
        body=(
            f'<m:DeleteItem DeleteType="{delete_type}" SendMeetingCancellations="SendToNone"'
            f' AffectedTaskOccurrences="AllOccurrences"{_QUIET}><m:ItemIds>{item_ids(items)}'
            "</m:ItemIds></m:DeleteItem>"
        ),
        parse=lambda answer: parse(answer, len(items)),
        item_count=len(items),
        since_2013=(_QUIET,),
    )


def parse(answer: Answer, count: int) -> list[EwsItemError | None]:
    """Read the answer."""
    return answer.results(lambda _: None, count)
