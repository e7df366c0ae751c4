"""MoveItem, CopyItem and DeleteItem.

Source:
    https://learn.microsoft.com/exchange/client-developer/web-service-reference/moveitem-operation
    and the pages of the others beside it
"""

from __future__ import annotations

from strongroom.lab.estate.folder import TYPE_SEARCH, Folder
from strongroom.lab.estate.item import StoredItem
from strongroom.lab.exchange import occurrences
from strongroom.lab.exchange.answer import answer, batch
from strongroom.lab.exchange.call import Call
from strongroom.lab.exchange.errors import EwsError
from strongroom.lab.exchange.operations import sending
from strongroom.lab.exchange.operations.folder_writing import dispose
from strongroom.lab.exchange.shapes.items import short_xml
from strongroom.lab.exchange.shapes.view import View
from strongroom.lab.exchange.xml import Element, children, is_true, require, text_of

_NO_ITEMS = "<m:Items/>"


def move_item(call: Call, request: Element) -> str:
    """Answer MoveItem."""
    return _transfer(call, request, "MoveItem", keeps=False)


def copy_item(call: Call, request: Element) -> str:
    """Answer CopyItem."""
    return _transfer(call, request, "CopyItem", keeps=True)


def delete_item(call: Call, request: Element) -> str:
    """Answer DeleteItem."""
    how = str(request.get("DeleteType"))
    cancellations = request.get("SendMeetingCancellations")
    suppresses = is_true(_text(request.get("SuppressReadReceipts")))

    def delete(node: Element) -> str:
        occurrence = occurrences.wanted(call, node)
        item = call.item(node) if occurrence is None else occurrence.series
        call.require_delete(item.folder)
        kind = View.of_item(item).element
        if kind == "CalendarItem" and cancellations is None:
            raise EwsError("ErrorSendMeetingCancellationsRequired")
        if kind == "Task" and request.get("AffectedTaskOccurrences") is None:
            raise EwsError("ErrorAffectedTaskOccurrencesRequired")
        if kind == "CalendarItem":
            sending.note_meeting(call, item, _text(cancellations), "meeting cancellation")
        if not suppresses:
            sending.note_receipt(call, item, was_read=False)
        if occurrence is None:
            dispose(item, how)
        else:
            occurrences.remove(occurrence)
        return ""

    wanted = children(require(request, "m:ItemIds"))
    return answer("DeleteItem", batch("DeleteItem", wanted, delete))


def _transfer(call: Call, request: Element, name: str, *, keeps: bool) -> str:
    tells_ids = text_of(request, "m:ReturnNewItemIds") not in ("false", "0")

    def transfer(node: Element) -> str:
        if occurrences.wanted(call, node) is not None:
            raise EwsError("ErrorCalendarCannotMoveOrCopyOccurrence")
        item = call.item(node)
        folder = call.target_folder(request, "m:ToFolderId")
        _check(call, item, folder, keeps=keeps)
        mailbox = item.folder.mailbox
        new = mailbox.copy_item(item, folder) if keeps else mailbox.move_item(item, folder)
        sending.note_arrival(call.estate, new)
        return f"<m:Items>{short_xml(new)}</m:Items>" if tells_ids else _NO_ITEMS

    wanted = children(require(request, "m:ItemIds"))
    return answer(name, batch(name, wanted, transfer, when_failed=_NO_ITEMS))


def _check(call: Call, item: StoredItem, folder: Folder, *, keeps: bool) -> None:
    call.require_create(folder)
    if not keeps:
        call.require_delete(item.folder)
    if folder.folder_type == TYPE_SEARCH:
        raise EwsError("ErrorMoveCopyFailed")
    here, there = item.folder.mailbox, folder.mailbox
    if here is not there and here.archive is not there and there.archive is not here:
        raise EwsError("ErrorCrossMailboxMoveCopy")


def _text(value: str | bytes | None) -> str | None:
    return value.decode() if isinstance(value, bytes) else value
