"""GetItem: read items by id, with any properties, MIME content included.

Source:
    https://learn.microsoft.com/exchange/client-developer/web-service-reference/getitem-operation
"""

from __future__ import annotations

from collections.abc import Sequence

from lxml import etree

from strongroom.errors import TransientError
from strongroom.wire.ews.answers import Answer
from strongroom.wire.ews.connection import EwsConnection
from strongroom.wire.ews.faults import EwsItemError
from strongroom.wire.ews.ids import AnyItem, item_ids
from strongroom.wire.ews.operation import Operation
from strongroom.wire.ews.shapes import Shape, item_shape
from strongroom.wire.ews.things import EwsItem, read_item
from strongroom.wire.ews.xml import M


def get_items(
    connection: EwsConnection, items: Sequence[AnyItem], shape: Shape
) -> list[EwsItem | EwsItemError]:
    """Read items, one result each, in order.

    MIME content comes as the node ``MimeContent`` in the fields, base64 still, whole in memory;
    ``get_mime.get_mime`` gives large ones in pieces.

    Raises:
        StrongroomError: as ``EwsConnection.read``.
    """
    return connection.read_each(items, lambda some: operation(some, shape))


def operation(items: Sequence[AnyItem], shape: Shape) -> Operation[list[EwsItem | EwsItemError]]:
    """Build the request."""
    return Operation(
        name="GetItem",
        body=(
            f"<m:GetItem>{item_shape(shape)}<m:ItemIds>{item_ids(items)}</m:ItemIds></m:GetItem>"
        ),
        parse=lambda answer: parse(answer, len(items)),
        item_count=len(items),
    )


def parse(answer: Answer, count: int) -> list[EwsItem | EwsItemError]:
    """Read the answer."""
    return answer.results(first_item, count)


def first_item(message: etree._Element) -> EwsItem:
    """Read the item in a response message.

    Raises:
        TransientError: a success without one, which is half an answer.
    """
    group = message.find(f"{M}Items")
    if group is None or len(group) == 0:
        raise TransientError("The server told a success and no item.")
    return read_item(group[0])
