"""GetItem.

Source:
    https://learn.microsoft.com/exchange/client-developer/web-service-reference/getitem-operation
"""

from __future__ import annotations

from strongroom.lab.exchange import ids, occurrences
from strongroom.lab.exchange.answer import answer, batch
from strongroom.lab.exchange.call import Call
from strongroom.lab.exchange.errors import EwsError
from strongroom.lab.exchange.operations.attachment_work import walk
from strongroom.lab.exchange.shapes.items import ItemShape
from strongroom.lab.exchange.shapes.view import View
from strongroom.lab.exchange.xml import Element, children, name_of, require

_NAME = "GetItem"


def get_item(call: Call, request: Element) -> str:
    """Answer GetItem."""
    shape = ItemShape(require(request, "m:ItemShape"), call)

    def show(node: Element) -> str:
        return f"<m:Items>{shape.xml(_view(call, node))}</m:Items>"

    wanted = children(require(request, "m:ItemIds"))
    return answer(_NAME, batch(_NAME, wanted, show, when_failed="<m:Items/>"))


def _view(call: Call, node: Element) -> View:
    """Find an item, an occurrence of a series, or the message inside an attachment."""
    occurrence = occurrences.wanted(call, node)
    if occurrence is not None:
        return occurrences.view(occurrence)
    text = str(node.get("Id") or "")
    numbers = ids.read_id(text).attachments if name_of(node) == "ItemId" else ()
    if not numbers:
        return View.of_item(call.item(node))
    root = call.item_by_id(text)
    _, attachment = walk(root, numbers)
    if attachment.embedded is None:
        raise EwsError("ErrorItemNotFound")
    return View.of_embedded(root, numbers, attachment.embedded)
