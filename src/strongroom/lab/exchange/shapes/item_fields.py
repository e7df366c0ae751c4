"""The fields that every kind of item has."""

from __future__ import annotations

from base64 import b64decode, b64encode
from dataclasses import replace
from email.parser import HeaderParser

from strongroom.content import tags
from strongroom.content.message import FileTime
from strongroom.lab.exchange import ids
from strongroom.lab.exchange.shapes import (
    addresses,
    attachments,
    bodies,
    folders,
    mime,
    permissions,
    times,
)
from strongroom.lab.exchange.shapes.field import (
    Draft,
    Field,
    Reading,
    as_boolean,
    as_time,
    boolean,
    boolean_field,
    choice_field,
    computed_field,
    flag_bit_field,
    integer,
    strings_field,
    text_field,
    time_field,
)
from strongroom.lab.exchange.shapes.view import View
from strongroom.lab.exchange.xml import Element, element, find, text_of

_RESEND = 0x80
_PREVIEW_CHARACTERS = 255
_FLAG_STATES = {1: "Complete", 2: "Flagged"}
SENSITIVITY = {0: "Normal", 1: "Personal", 2: "Private", 3: "Confidential"}
IMPORTANCE = {0: "Low", 1: "Normal", 2: "High"}


def item_id_xml(view: View) -> str:
    """Write the id of an item with its change key; a message inside bears its attachment's id."""
    key = ids.change_key(view.element, view.root.change_key)
    if view.numbers:
        where = ids.attachment_id(view.root, view.numbers)
        return f'<t:ItemId Id="{where}" ChangeKey="{key}"/>'
    if view.occurrence is not None:
        where = ids.occurrence_id(view.root, view.occurrence)
        return f'<t:ItemId Id="{where}" ChangeKey="{key}"/>'
    return f'<t:ItemId Id="{ids.item_id(view.root)}" ChangeKey="{key}"/>'


def _item_id(view: View, _reading: Reading) -> str:
    return item_id_xml(view)


def _parent(view: View, _reading: Reading) -> str:
    return "" if view.numbers else folders.id_xml(view.root.folder, "ParentFolderId")


def _received(view: View, reading: Reading) -> str:
    when = view.moment(tags.PidTagMessageDeliveryTime, tags.PidTagCreationTime)
    return "" if when is None else element("DateTimeReceived", times.written(when, reading.digits))


def _write_received(draft: Draft, node: Element | None) -> None:
    draft.properties[tags.PidTagMessageDeliveryTime] = None if node is None else as_time(node)


def _size(view: View, _reading: Reading) -> str:
    return element("Size", str(view.root.size))


def _has_attachments(view: View, _reading: Reading) -> str:
    return boolean("HasAttachments", flag=view.has_attachments)


def _is_associated(view: View, _reading: Reading) -> str:
    return boolean("IsAssociated", flag=view.root.is_associated and not view.numbers)


def _write_associated(draft: Draft, node: Element | None) -> None:
    draft.is_associated = node is not None and as_boolean(node)


def _headers(view: View, _reading: Reading) -> str:
    block = view.text(tags.PidTagTransportMessageHeaders)
    if not block:
        return ""
    pairs = HeaderParser().parsestr(block, headersonly=True).items()
    inner = "".join(
        f"<t:InternetMessageHeader HeaderName={quoted}>{text}</t:InternetMessageHeader>"
        for quoted, text in (_header(name, str(value)) for name, value in pairs)
    )
    return f"<t:InternetMessageHeaders>{inner}</t:InternetMessageHeaders>" if inner else ""


def _header(name: str, value: str) -> tuple[str, str]:
    text = element("x", " ".join(value.split()))
    return f'"{element("x", name)[5:-6]}"', text[5:-6]


def _display_to(view: View, _reading: Reading) -> str:
    names = addresses.display_list(view, tags.PidTagDisplayTo, tags.RECIPIENT_TO)
    return element("DisplayTo", names)


def _display_cc(view: View, _reading: Reading) -> str:
    names = addresses.display_list(view, tags.PidTagDisplayCc, tags.RECIPIENT_CC)
    return element("DisplayCc", names)


def _culture(_view: View, _reading: Reading) -> str:
    return element("Culture", "en-US")


def _rights(view: View, reading: Reading) -> str:
    rights = reading.call.rights(view.root.folder)
    return permissions.effective_rights_xml(rights)


def _reminder_minutes(view: View, _reading: Reading) -> str:
    minutes = integer(view.get(tags.PidLidReminderDelta))
    return "" if minutes is None else element("ReminderMinutesBeforeStart", str(minutes))


def _write_reminder_minutes(draft: Draft, node: Element | None) -> None:
    minutes = None if node is None else int(node.text or "0")
    draft.properties[tags.PidLidReminderDelta] = minutes


def _flag(view: View, reading: Reading) -> str:
    state = integer(view.get(tags.PidTagFlagStatus)) or 0
    inner = element("FlagStatus", _FLAG_STATES.get(state, "NotFlagged"))
    for name, key in (
        ("StartDate", tags.PidLidTaskStartDate),
        ("DueDate", tags.PidLidTaskDueDate),
        ("CompleteDate", tags.PidTagFlagCompleteTime),
    ):
        when = view.moment(key)
        if state and when is not None:
            inner += element(name, times.written(when, reading.digits))
    return f"<t:Flag>{inner}</t:Flag>"


def _write_flag(draft: Draft, node: Element | None) -> None:
    state = text_of(node, "t:FlagStatus") or "NotFlagged"
    number = {name: number for number, name in _FLAG_STATES.items()}.get(state)
    draft.properties[tags.PidTagFlagStatus] = number
    for name, key in (
        ("StartDate", tags.PidLidTaskStartDate),
        ("DueDate", tags.PidLidTaskDueDate),
        ("CompleteDate", tags.PidTagFlagCompleteTime),
    ):
        date = None if node is None else find(node, f"t:{name}")
        draft.properties[key] = None if date is None else as_time(date)


def _conversation_id(view: View, _reading: Reading) -> str:
    value = view.get(tags.PidTagConversationId)
    if not isinstance(value, bytes):
        return ""
    return f'<t:ConversationId Id="{b64encode(value).decode("ascii")}"/>'


def _store_entry_id(view: View, _reading: Reading) -> str:
    if view.numbers:
        return ""
    return element("StoreEntryId", b64encode(view.root.entry_id).decode("ascii"))


def _body(view: View, reading: Reading) -> str:
    return bodies.body_xml(view, reading)


def _text_body(view: View, reading: Reading) -> str:
    return bodies.body_xml(view, replace(reading, body_type="Text"), "TextBody")


def _preview(view: View, _reading: Reading) -> str:
    return element("Preview", bodies.text_of_body(view)[:_PREVIEW_CHARACTERS])


def _mime(view: View, reading: Reading) -> str:
    if not (reading.insists_on_mime or mime.has_mime(view)):
        return ""
    data = mime.mime_of(view, reading.call.quirks)
    text = b64encode(data).decode("ascii")
    return f'<t:MimeContent CharacterSet="UTF-8">{text}</t:MimeContent>'


def _write_mime(draft: Draft, node: Element | None) -> None:
    draft.mime = None if node is None else b64decode(node.text or "")


def _attachments(view: View, reading: Reading) -> str:
    return attachments.list_xml(view, reading.digits)


def _last_modified(view: View, reading: Reading) -> str:
    when = view.moment(tags.PidTagLastModificationTime, tags.PidTagCreationTime)
    stamp = when if when is not None else FileTime.from_datetime(view.root.received)
    return element("LastModifiedTime", times.written(stamp, reading.digits))


FIELDS: tuple[Field, ...] = (
    computed_field("item:MimeContent", _mime, _write_mime),
    computed_field("item:ItemId", _item_id),
    computed_field("item:ParentFolderId", _parent),
    text_field("item:ItemClass", tags.PidTagMessageClass),
    text_field("item:Subject", tags.PidTagSubject),
    choice_field("item:Sensitivity", tags.PidTagSensitivity, SENSITIVITY, default=0),
    computed_field("item:Body", _body, bodies.write_body),
    computed_field("item:Attachments", _attachments),
    Field(
        uri="item:DateTimeReceived",
        element="DateTimeReceived",
        read=_received,
        write=_write_received,
        key=tags.PidTagMessageDeliveryTime,
    ),
    Field(uri="item:Size", element="Size", read=_size, key=tags.PidTagMessageSize),
    strings_field("item:Categories", tags.PidNameKeywords),
    choice_field("item:Importance", tags.PidTagImportance, IMPORTANCE, default=1),
    text_field("item:InReplyTo", tags.PidTagInReplyToId),
    flag_bit_field("item:IsSubmitted", tags.FLAG_SUBMITTED),
    flag_bit_field("item:IsDraft", tags.FLAG_UNSENT),
    flag_bit_field("item:IsFromMe", tags.FLAG_FROM_ME),
    flag_bit_field("item:IsResend", _RESEND),
    flag_bit_field("item:IsUnmodified", tags.FLAG_UNMODIFIED),
    computed_field("item:InternetMessageHeaders", _headers),
    time_field("item:DateTimeSent", tags.PidTagClientSubmitTime),
    time_field("item:DateTimeCreated", tags.PidTagCreationTime),
    time_field("item:ReminderDueBy", tags.PidLidReminderTime),
    boolean_field("item:ReminderIsSet", tags.PidLidReminderSet, default=False),
    computed_field("item:ReminderMinutesBeforeStart", _reminder_minutes, _write_reminder_minutes),
    Field(uri="item:DisplayCc", element="DisplayCc", read=_display_cc, key=tags.PidTagDisplayCc),
    Field(uri="item:DisplayTo", element="DisplayTo", read=_display_to, key=tags.PidTagDisplayTo),
    Field(
        uri="item:HasAttachments",
        element="HasAttachments",
        read=_has_attachments,
        key=tags.PidTagHasAttachments,
    ),
    computed_field("item:Culture", _culture),
    computed_field("item:EffectiveRights", _rights),
    text_field("item:LastModifiedName", tags.PidTagLastModifierName),
    Field(
        uri="item:LastModifiedTime",
        element="LastModifiedTime",
        read=_last_modified,
        key=tags.PidTagLastModificationTime,
    ),
    computed_field("item:IsAssociated", _is_associated, _write_associated),
    computed_field("item:ConversationId", _conversation_id),
    computed_field("item:Flag", _flag, _write_flag),
    computed_field("item:StoreEntryId", _store_entry_id),
    computed_field("item:TextBody", _text_body),
    computed_field("item:Preview", _preview),
)
