"""UpdateItem.

Source:
    https://learn.microsoft.com/exchange/client-developer/web-service-reference/updateitem-operation
"""

from __future__ import annotations

from strongroom.content import tags
from strongroom.content.message import Message, Properties
from strongroom.lab.estate.item import COMPUTED_FLAGS, StoredItem
from strongroom.lab.estate.source import WholeMessage, overlaid
from strongroom.lab.exchange import ids, occurrences
from strongroom.lab.exchange.answer import answer, batch
from strongroom.lab.exchange.call import Call
from strongroom.lab.exchange.errors import EwsError
from strongroom.lab.exchange.operations import sending
from strongroom.lab.exchange.shapes import bodies, drafting, extended
from strongroom.lab.exchange.shapes.catalogue import BY_URI, fields_of
from strongroom.lab.exchange.shapes.field import Draft
from strongroom.lab.exchange.shapes.items import short_xml
from strongroom.lab.exchange.shapes.view import View
from strongroom.lab.exchange.xml import Element, children, is_true, name_of, require

_NAME = "UpdateItem"
_NO_ITEMS = "<m:Items/>"
_CONFLICTS = "<m:ConflictResults><t:Count>0</t:Count></m:ConflictResults>"


def update_item(call: Call, request: Element) -> str:
    """Answer UpdateItem."""

    def update(node: Element) -> str:
        occurrence = occurrences.wanted(call, next(children(node)))
        item = _wanted(call, request, node) if occurrence is None else occurrence.series
        call.require_edit(item.folder)
        updates = list(children(require(node, "t:Updates")))
        draft = _draft(item, updates)
        is_meeting = View.of_item(item).element == "CalendarItem"
        how = request.get("SendMeetingInvitationsOrCancellations")
        if is_meeting and how is None:
            raise EwsError("ErrorSendMeetingInvitationsOrCancellationsRequired")
        if draft.is_read and not is_true(_text(request.get("SuppressReadReceipts"))):
            sending.note_receipt(call, item, was_read=True)
        if occurrence is None:
            _apply(item, draft)
        else:
            occurrence = occurrences.change(occurrence, draft)
        if is_meeting:
            sending.note_meeting(call, item, _text(how), "meeting update")
        if request.get("MessageDisposition") in {"SendOnly", "SendAndSaveCopy"}:
            sending.note_message(call, item.message(), "UpdateItem that sends")
        shown = item if occurrence is None else occurrences.view(occurrence)
        return f"<m:Items>{short_xml(shown)}</m:Items>{_CONFLICTS}"

    wanted = children(require(request, "m:ItemChanges"))
    return answer(_NAME, batch(_NAME, wanted, update, when_failed=_NO_ITEMS))


def _wanted(call: Call, request: Element, node: Element) -> StoredItem:
    reference = next(children(node))
    item = call.item(reference)
    key = reference.get("ChangeKey")
    resolution = request.get("ConflictResolution")
    if resolution == "AlwaysOverwrite":
        return item
    if not key:
        raise EwsError("ErrorChangeKeyRequiredForWriteOperations")
    if resolution == "NeverOverwrite" and ids.version_of(str(key)) != item.version:
        raise EwsError("ErrorIrresolvableConflict")
    return item


def _draft(item: StoredItem, updates: list[Element]) -> Draft:
    draft = Draft()
    kind = View.of_item(item).element
    for update in updates:
        path, *rest = children(update)
        action = name_of(update)
        if action == "DeleteItemField":
            _delete(draft, path, kind)
            continue
        for child in children(rest[0]):
            if action == "AppendToItemField":
                _append(draft, item, child, kind)
            else:
                drafting.take(draft, child, kind)
    return draft


def _delete(draft: Draft, path: Element, kind: str) -> None:
    if name_of(path) == "ExtendedFieldURI":
        draft.properties[extended.key_of(path)] = None
        return
    uri = str(path.get("FieldURI"))
    known = fields_of(kind).get(uri.rpartition(":")[2]) or BY_URI.get(uri)
    if name_of(path) != "FieldURI" or known is None or known.write is None:
        raise EwsError("ErrorInvalidPropertyDelete")
    known.write(draft, None)


def _append(draft: Draft, item: StoredItem, child: Element, kind: str) -> None:
    known = fields_of(kind).get(name_of(child))
    if name_of(child) == "Body":
        _append_body(draft, item, child)
        return
    if known is None or known.write is None or not known.element.endswith(("ients", "endees")):
        raise EwsError("ErrorInvalidPropertyAppend")
    known.write(draft, child)
    for role, added in draft.recipients.items():
        before = [one for one in View.of_item(item).recipients(role) if one not in added]
        draft.recipients[role] = before + added


def _append_body(draft: Draft, item: StoredItem, child: Element) -> None:
    view = View.of_item(item)
    html = bodies.html_of(view)
    before = html if html is not None else bodies.text_of_body(view)
    child.text = before + (child.text or "")
    child.set("BodyType", "HTML" if html is not None else "Text")
    bodies.write_body(draft, child)


def _apply(item: StoredItem, draft: Draft) -> None:
    folder = item.folder
    flags = draft.properties.pop(tags.PidTagMessageFlags, None)
    is_read = draft.is_read
    if is_read is None and isinstance(flags, int):
        # Of the flags only this one can still be set once an item is saved.
        is_read = bool(flags & tags.FLAG_READ)
    if draft.mime is not None or draft.recipients or draft.attachments:
        folder.change_item(item, source=WholeMessage(_changed(item, draft)))
    elif draft.properties:
        folder.change_item(item, changes=draft.properties)
    if is_read is not None:
        folder.mark_read(item, is_read=is_read)


def _changed(item: StoredItem, draft: Draft) -> Message:
    kind = View.of_item(item).element
    if draft.mime is None:
        return drafting.with_parts(overlaid(item.message(), draft.properties), draft)
    kept: Properties = {
        tags.PidTagMessageFlags: item.flags & ~COMPUTED_FLAGS,
        tags.PidTagMessageClass: item.item_class,
    }
    message = drafting.message_of(draft, kind, None)
    message.properties.update(kept)
    return message


def _text(value: str | bytes | None) -> str | None:
    return value.decode() if isinstance(value, bytes) else value
