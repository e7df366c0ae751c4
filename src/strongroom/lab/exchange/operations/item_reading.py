"""GetItem.

Source:
    https://learn.microsoft.com/exchange/client-developer/web-service-reference/getitem-operation
"""

from __future__ import annotations

from strongroom.lab.exchange.answer import answer, batch
from strongroom.lab.exchange.call import Call
from strongroom.lab.exchange.shapes.items import ItemShape
from strongroom.lab.exchange.xml import Element, children, require

_NAME = "GetItem"


def get_item(call: Call, request: Element) -> str:
    """Answer GetItem."""
    shape = ItemShape(require(request, "m:ItemShape"), call)

    def show(node: Element) -> str:
        return f"<m:Items>{shape.xml(call.item(node))}</m:Items>"

    wanted = children(require(request, "m:ItemIds"))
    return answer(_NAME, batch(_NAME, wanted, show, when_failed="<m:Items/>"))
