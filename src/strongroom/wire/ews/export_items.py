"""ExportItems: items as opaque streams of full fidelity.

The hottest path of a backup. Answers up to 8 MiB are cut up in memory, larger ones while they come
in, so that an item of 150 MB is never in memory whole.

Source:
    https://learn.microsoft.com/exchange/client-developer/web-service-reference/exportitems-operation
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from strongroom.wire.ews.connection import EwsConnection
from strongroom.wire.ews.contents import fetch_contents
from strongroom.wire.ews.faults import EwsItemError
from strongroom.wire.ews.fetched import ContentAnswer, Fetched
from strongroom.wire.ews.ids import ItemRef, item_ids
from strongroom.wire.ews.operation import Operation

ANSWER = ContentAnswer(response="ExportItemsResponse", content="Data")


def export_items(
    connection: EwsConnection,
    items: Sequence[ItemRef | str],
    keep: Callable[[Fetched | EwsItemError, str], None],
    size_of: Callable[[str], int] = lambda _: 0,
) -> None:
    """Export items and hand each to ``keep``, once, as the answer comes in.

    Args:
        connection: The mailbox's; all ids must be of this mailbox.
        items: Which; the caller weighs the batch by bytes.
        keep: Gets the item's stream, or its error, and its id as asked for. Called in the caller's
            thread. The content is bytes, or for large items pieces that must be read before it
            returns. Pieces may raise ``TransientError``; ``keep`` lets it through, and is called
            again for that item.
        size_of: Gives an item's size in bytes, by its id, as far as it is known.

    Raises:
        StrongroomError: as ``EwsConnection.read``; items not handed over yet are not.
    """
    fetch_contents(connection, items, operation, ANSWER, keep, size_of)


def operation(items: Sequence[ItemRef | str]) -> Operation[object]:
    """Build the request."""
    return Operation(
        name="ExportItems",
        body=f"<m:ExportItems><m:ItemIds>{item_ids(items)}</m:ItemIds></m:ExportItems>",
        parse=lambda answer: answer,
        item_count=len(items),
    )
