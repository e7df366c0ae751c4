"""GetItem for MIME content alone, in pieces where it is large.

Source:
    https://learn.microsoft.com/exchange/client-developer/web-service-reference/getitem-operation
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from strongroom.wire.ews.connection import EwsConnection
from strongroom.wire.ews.contents import fetch_contents
from strongroom.wire.ews.faults import EwsItemError
from strongroom.wire.ews.fetched import ContentAnswer, Fetched
from strongroom.wire.ews.ids import ItemRef, item_ids
from strongroom.wire.ews.operation import Operation
from strongroom.wire.ews.shapes import Shape, item_shape

ANSWER = ContentAnswer(response="GetItemResponse", content="MimeContent")


def get_mime(
    connection: EwsConnection,
    items: Sequence[ItemRef | str],
    keep: Callable[[Fetched | EwsItemError, str], None],
) -> None:
    """Read items' MIME content and hand each to ``keep``, as ``export_items`` does."""
    fetch_contents(connection, items, operation, ANSWER, keep)


def operation(items: Sequence[ItemRef | str]) -> Operation[object]:
    """Build the request."""
    shape = item_shape(Shape(has_mime=True))
    return Operation(
        name="GetItem",
        body=f"<m:GetItem>{shape}<m:ItemIds>{item_ids(items)}</m:ItemIds></m:GetItem>",
        parse=lambda answer: answer,
        item_count=len(items),
    )
