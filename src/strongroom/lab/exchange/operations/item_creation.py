"""CreateItem and SendItem.

Source:
    https://learn.microsoft.com/exchange/client-developer/web-service-reference/createitem-operation
    https://learn.microsoft.com/exchange/client-developer/web-service-reference/senditem-operation
"""

from __future__ import annotations

from strongroom.content import tags
from strongroom.content.message import FileTime, Message
from strongroom.lab.estate.folder import Folder
from strongroom.lab.estate.item import StoredItem
from strongroom.lab.exchange import ids
from strongroom.lab.exchange.answer import answer, batch
from strongroom.lab.exchange.call import Call
from strongroom.lab.exchange.errors import EwsError
from strongroom.lab.exchange.operations import sending
from strongroom.lab.exchange.shapes import drafting
from strongroom.lab.exchange.shapes.items import short_xml
from strongroom.lab.exchange.xml import Element, children, find, is_true, name_of, require

_CREATE = "CreateItem"
_SEND = "SendItem"
_NO_ITEMS = "<m:Items/>"
_DEFAULT_FOLDERS = {"CalendarItem": "calendar", "Contact": "contacts", "Task": "tasks"}
_LISTS_LIKE_CONTACTS = {"DistributionList": "contacts", "PostItem": "inbox"}
_MAIL = frozenset(
    {"Message", "MeetingMessage", "MeetingRequest", "MeetingResponse", "MeetingCancellation"}
)


def create_item(call: Call, request: Element) -> str:
    """Answer CreateItem."""
    disposition = request.get("MessageDisposition")
    invitations = request.get("SendMeetingInvitations")

    def create(node: Element) -> str:
        kind = name_of(node)
        if kind in _MAIL and disposition is None:
            raise EwsError("ErrorMessageDispositionRequired")
        if kind == "CalendarItem" and invitations is None:
            raise EwsError("ErrorSendMeetingInvitationsRequired")
        draft = drafting.read(node, kind)
        message = drafting.message_of(draft, kind, call.estate.clock.now())
        sends = kind in _MAIL and disposition in {"SendOnly", "SendAndSaveCopy"}
        if sends:
            sending.note_message(call, message, f"CreateItem {disposition}")
            _mark_sent(call, message)
            if disposition == "SendOnly":
                return _NO_ITEMS
        folder = _target(call, request, kind, sends=sends)
        if draft.is_associated and kind != "Message":
            raise EwsError("ErrorInvalidPropertySet", "Only a message can be made hidden.")
        item = put(call, folder, message, mime=draft.mime, is_associated=draft.is_associated)
        if kind == "CalendarItem":
            sending.note_meeting(call, item, _text(invitations), "meeting invitation")
        return f"<m:Items>{short_xml(item)}</m:Items>"

    wanted = children(require(request, "m:Items"))
    return answer(_CREATE, batch(_CREATE, wanted, create, when_failed=_NO_ITEMS))


def send_item(call: Call, request: Element) -> str:
    """Answer SendItem."""
    saves = is_true(_text(request.get("SaveItemToFolder")))
    has_folder = find(request, "m:SavedItemFolderId") is not None
    if has_folder and not saves:
        raise EwsError("ErrorInvalidSendItemSaveSettings")

    def send(node: Element) -> str:
        item = call.item(node)
        key = node.get("ChangeKey")
        if not key:
            raise EwsError("ErrorChangeKeyRequired")
        if ids.version_of(str(key)) != item.version:
            raise EwsError("ErrorStaleObject")
        message = item.message()
        if not message.recipients:
            raise EwsError("ErrorInvalidRecipients")
        sending.note_message(call, message, _SEND)
        _mark_sent(call, message)
        mailbox = item.folder.mailbox
        if saves:
            folder = (
                call.target_folder(request, "m:SavedItemFolderId")
                if has_folder
                else mailbox.folder_by_role("sentitems")
            )
            put(call, folder, message, mime=item.mime)
        item.folder.remove_item(item)
        return ""

    wanted = children(require(request, "m:ItemIds"))
    return answer(_SEND, batch(_SEND, wanted, send))


def put(
    call: Call,
    folder: Folder,
    message: Message,
    *,
    mime: bytes | None = None,
    is_associated: bool = False,
) -> StoredItem:
    """Put a new item into a folder for a client.

    Raises:
        EwsError: it may not be there.
        QuotaExceeded, ItemTooLarge: it does not fit.
    """
    call.require_create(folder)
    item = folder.add_item(message, mime=mime, is_associated=is_associated)
    sending.note_arrival(call.estate, item)
    return item


def _target(call: Call, request: Element, kind: str, *, sends: bool) -> Folder:
    if find(request, "m:SavedItemFolderId") is not None:
        return call.target_folder(request, "m:SavedItemFolderId")
    if call.mailbox is None:
        raise EwsError("ErrorMissingEmailAddress")
    role = _DEFAULT_FOLDERS.get(kind) or _LISTS_LIKE_CONTACTS.get(kind)
    return call.mailbox.folder_by_role(role or ("sentitems" if sends else "drafts"))


def _mark_sent(call: Call, message: Message) -> None:
    now = FileTime.from_datetime(call.estate.clock.now())
    message.properties[tags.PidTagMessageFlags] = tags.FLAG_READ | tags.FLAG_FROM_ME
    message.properties.setdefault(tags.PidTagClientSubmitTime, now)
    message.properties.setdefault(tags.PidTagMessageDeliveryTime, now)


def _text(value: str | bytes | None) -> str | None:
    return value.decode() if isinstance(value, bytes) else value
