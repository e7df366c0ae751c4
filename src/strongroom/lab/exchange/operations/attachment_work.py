"""GetAttachment, CreateAttachment and DeleteAttachment.

Source:
    https://learn.microsoft.com/exchange/client-developer/web-service-reference/getattachment-operation
    and the pages of the others beside it
"""

from __future__ import annotations

from strongroom.content.message import Attachment, Message
from strongroom.lab.estate.item import StoredItem
from strongroom.lab.estate.source import WholeMessage
from strongroom.lab.exchange import ids
from strongroom.lab.exchange.answer import answer, batch
from strongroom.lab.exchange.call import Call
from strongroom.lab.exchange.errors import EwsError
from strongroom.lab.exchange.shapes import attachments, drafting
from strongroom.lab.exchange.shapes.items import ItemShape
from strongroom.lab.exchange.shapes.view import View, attachment_at, attachment_number
from strongroom.lab.exchange.xml import TYPES, Element, children, find, parse, require

_GET = "GetAttachment"
_CREATE = "CreateAttachment"
_DELETE = "DeleteAttachment"
_NO_ATTACHMENTS = "<m:Attachments/>"


def get_attachment(call: Call, request: Element) -> str:
    """Answer GetAttachment."""
    shape = ItemShape(_shape_node(request), call)
    digits = call.quirks.fraction_digits

    def show(node: Element) -> str:
        root, numbers = _wanted(call, node)
        outer, attachment = walk(root, numbers)
        view = _view(root, numbers[:-1], outer)
        if attachment.embedded is None:
            content = attachments.content_xml(attachment)
        else:
            content = shape.xml(View.of_embedded(root, numbers, attachment.embedded))
        inner = attachments.attachment_xml(
            view, numbers[-1], attachment, digits=digits, content=content
        )
        return f"<m:Attachments>{inner}</m:Attachments>"

    wanted = children(require(request, "m:AttachmentIds"))
    return answer(_GET, batch(_GET, wanted, show, when_failed=_NO_ATTACHMENTS))


def create_attachment(call: Call, request: Element) -> str:
    """Answer CreateAttachment."""
    digits = call.quirks.fraction_digits

    def create(node: Element) -> str:
        parent = require(request, "m:ParentItemId")
        item = call.item_by_id(str(parent.get("Id")))
        call.require_edit(item.folder)
        message = item.message()
        new = drafting.numbered(drafting.attachment_of(node), message.attachments)
        changed = Message(message.properties, message.recipients, [*message.attachments, new])
        item.folder.change_item(item, source=WholeMessage(changed))
        number = attachment_number(new, 0)
        inner = attachments.attachment_xml(
            View.of_item(item), number, new, digits=digits, with_root=True
        )
        return f"<m:Attachments>{inner}</m:Attachments>"

    wanted = children(require(request, "m:Attachments"))
    return answer(_CREATE, batch(_CREATE, wanted, create, when_failed=_NO_ATTACHMENTS))


def delete_attachment(call: Call, request: Element) -> str:
    """Answer DeleteAttachment."""

    def delete(node: Element) -> str:
        root, numbers = _wanted(call, node)
        call.require_edit(root.folder)
        if len(numbers) != 1:
            raise EwsError("ErrorInvalidOperation", "Only an item's own attachments go.")
        message = root.message()
        kept = [
            one
            for index, one in enumerate(message.attachments)
            if attachment_number(one, index) != numbers[0]
        ]
        changed = Message(message.properties, message.recipients, kept)
        root.folder.change_item(root, source=WholeMessage(changed))
        key = ids.change_key(View.of_item(root).element, root.change_key)
        return f'<m:RootItemId RootItemId="{ids.item_id(root)}" RootItemChangeKey="{key}"/>'

    wanted = children(require(request, "m:AttachmentIds"))
    return answer(_DELETE, batch(_DELETE, wanted, delete))


def _shape_node(request: Element) -> Element:
    """Make an item shape of an attachment shape: the item inside is shown with all it has."""
    given = find(request, "m:AttachmentShape")
    shape = parse(f'<t:ItemShape xmlns:t="{TYPES}"/>'.encode())
    base = parse(f'<t:BaseShape xmlns:t="{TYPES}">AllProperties</t:BaseShape>'.encode())
    shape.append(base)
    for child in children(given) if given is not None else ():
        shape.append(child)
    return shape


def _wanted(call: Call, node: Element) -> tuple[StoredItem, tuple[int, ...]]:
    text = str(node.get("Id"))
    numbers = ids.read_id(text).attachments
    if not numbers:
        raise EwsError("ErrorInvalidAttachmentId")
    root = call.item_by_id(text)
    walk(root, numbers)
    return root, numbers


def walk(root: StoredItem, numbers: tuple[int, ...]) -> tuple[Message, Attachment]:
    """Go down to an attachment; give it and the message that it hangs on."""
    message = root.message()
    *above, last = numbers
    for number in above:
        outer = attachment_at(message, number)
        if outer is None or outer.embedded is None:
            raise EwsError("ErrorItemNotFound")
        message = outer.embedded
    found = attachment_at(message, last)
    if found is None:
        raise EwsError("ErrorItemNotFound")
    return message, found


def _view(root: StoredItem, numbers: tuple[int, ...], message: Message) -> View:
    return View.of_embedded(root, numbers, message) if numbers else View.of_item(root)
