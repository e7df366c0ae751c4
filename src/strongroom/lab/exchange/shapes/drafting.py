"""From the elements that a client writes to a message."""

from __future__ import annotations

import re
from datetime import datetime

from strongroom.content import mime, tags
from strongroom.content.message import Attachment, FileTime, Message, Properties, get, text
from strongroom.content.summaries import field_lines
from strongroom.lab.estate.item import COMPUTED_FLAGS, STORE_OWNED
from strongroom.lab.estate.source import overlaid
from strongroom.lab.exchange.errors import EwsError
from strongroom.lab.exchange.shapes import extended
from strongroom.lab.exchange.shapes import mime as shown_mime
from strongroom.lab.exchange.shapes.attachments import read_attachment
from strongroom.lab.exchange.shapes.catalogue import fields_of
from strongroom.lab.exchange.shapes.field import Draft
from strongroom.lab.exchange.shapes.view import attachment_number
from strongroom.lab.exchange.xml import Element, children, name_of

_CLASSES = {
    "CalendarItem": "IPM.Appointment",
    "Contact": "IPM.Contact",
    "DistributionList": "IPM.DistList",
    "Task": "IPM.Task",
    "PostItem": "IPM.Post",
    "MeetingMessage": "IPM.Schedule.Meeting",
    "MeetingRequest": "IPM.Schedule.Meeting.Request",
    "MeetingResponse": "IPM.Schedule.Meeting.Resp",
    "MeetingCancellation": "IPM.Schedule.Meeting.Canceled",
}
_ITEMS = frozenset({"Message", "Item", *_CLASSES})
_WITHOUT_DRAFTS = frozenset({"CalendarItem", "Contact", "DistributionList", "Task", "PostItem"})

# ATTENDEE;CN="Meeting room";ROLE=NON-PARTICIPANT;…:mailto:room@lab.example, once unfolded.
_ROOM = re.compile(
    r'^ATTENDEE;CN="?(?P<name>[^";:\r\n]*)"?;ROLE=NON-PARTICIPANT[^:\r\n]*:mailto:(?P<address>\S+)',
    re.MULTILINE | re.IGNORECASE,
)


def read(node: Element, kind: str) -> Draft:
    """Read an item's element as a client writes it to create one.

    Raises:
        EwsError: ErrorInvalidPropertySet, ErrorInvalidExtendedProperty …
    """
    if kind not in _ITEMS:
        raise EwsError("ErrorInvalidOperation", f"The lab makes no {kind}.")
    draft = Draft()
    for child in children(node):
        take(draft, child, kind)
    return draft


def take(draft: Draft, child: Element, kind: str) -> None:
    """Take one child element of an item into a draft."""
    name = name_of(child)
    if name == "ExtendedProperty":
        key, value = extended.read_property(child)
        if key not in STORE_OWNED:
            draft.properties[key] = value
        return
    if name == "Attachments":
        draft.attachments += [attachment_of(one) for one in children(child)]
        return
    known = fields_of(kind).get(name)
    if known is None or known.write is None:
        raise EwsError("ErrorInvalidPropertySet", f"{name} cannot be set.")
    known.write(draft, child)


def message_of(draft: Draft, kind: str, now: datetime | None) -> Message:
    """Make the message that a draft describes.

    Without 0x0E07 a message is an unsent draft, as on a real server; 0x0E07 is taken at this moment
    only and never again. ``now`` becomes the time of delivery where none is given; None leaves it
    out.
    """
    message = Message()
    if draft.mime is not None:
        message = mime.from_mime(shown_mime.wrapped(kind, draft.mime))
    if kind in _CLASSES or tags.PidTagMessageClass not in message.properties:
        message.properties[tags.PidTagMessageClass] = _CLASSES.get(kind, "IPM.Note")
    message = overlaid(message, draft.properties)
    if draft.mime is not None:
        _take_in_rendering(message)
    message.properties[tags.PidTagMessageFlags] = _flags(draft, kind)
    is_unsent = _flags(draft, kind) & tags.FLAG_UNSENT
    if now is not None and not is_unsent:
        delivered = FileTime.from_datetime(now)
        message.properties.setdefault(tags.PidTagMessageDeliveryTime, delivered)
    return with_parts(message, draft)


def _take_in_rendering(message: Message) -> None:
    """Drop from what came as MIME that which only shows properties: it is shown anew each time.

    A meeting's iCalendar is its properties, not an attachment; a journal entry's fields stand
    above its text.
    """
    item_class = text(message.properties, tags.PidTagMessageClass).lower()
    if item_class.startswith("ipm.schedule."):
        calendars = [one for one in message.attachments if _is_calendar(one)]
        message.attachments = [one for one in message.attachments if not _is_calendar(one)]
        for one in calendars:
            message.recipients += _rooms(
                get(one.properties, tags.PidTagAttachDataBinary, bytes, b"")
            )
    fields = "\r\n".join([*field_lines(message), "", ""])
    body = text(message.properties, tags.PidTagBody)
    if body.startswith(fields):
        message.properties[tags.PidTagBody] = body.removeprefix(fields)


def _is_calendar(attachment: Attachment) -> bool:
    kind = text(attachment.properties, tags.PidTagAttachMimeTag).lower()
    return kind == "text/calendar" and not text(
        attachment.properties, tags.PidTagAttachLongFilename
    )


def _rooms(calendar: bytes) -> list[Properties]:
    """Read the rooms that are asked: mail headers have no place for them."""
    lines = re.sub(r"\r?\n[ \t]", "", calendar.decode("utf-8", "replace"))
    return [
        {
            tags.PidTagRecipientType: tags.RECIPIENT_BCC,
            tags.PidTagDisplayName: found["name"],
            tags.PidTagAddressType: "SMTP",
            tags.PidTagEmailAddress: found["address"],
            tags.PidTagSmtpAddress: found["address"],
        }
        for found in _ROOM.finditer(lines)
    ]


def with_parts(message: Message, draft: Draft) -> Message:
    """Give the message with the draft's recipients and attachments in it."""
    recipients = [
        one
        for one in message.recipients
        if _kind_of(one.get(tags.PidTagRecipientType)) not in draft.recipients
    ]
    for _, wanted in sorted(draft.recipients.items()):
        recipients += wanted
    attachments = list(message.attachments)
    for one in draft.attachments:
        attachments.append(numbered(one, attachments))
    return Message(message.properties, recipients, attachments)


def numbered(attachment: Attachment, others: list[Attachment]) -> Attachment:
    """Give a new attachment a number that no other of the message has."""
    used = [attachment_number(one, index) for index, one in enumerate(others)]
    attachment.properties[tags.PidTagAttachNumber] = max(used, default=-1) + 1
    return attachment


def attachment_of(node: Element) -> Attachment:
    """Read a FileAttachment or an ItemAttachment with the item inside it."""
    attachment = read_attachment(node)
    if name_of(node) != "ItemAttachment":
        return attachment
    inner = next((one for one in children(node) if name_of(one) in _ITEMS), None)
    if inner is None:
        raise EwsError("ErrorInvalidItemForOperationCreateItemAttachment")
    kind = name_of(inner)
    attachment.embedded = message_of(read(inner, kind), kind, None)
    return attachment


def _flags(draft: Draft, kind: str) -> int:
    wanted = draft.properties.get(tags.PidTagMessageFlags)
    if isinstance(wanted, int):
        flags = wanted & ~COMPUTED_FLAGS
    else:
        flags = tags.FLAG_READ | (0 if kind in _WITHOUT_DRAFTS else tags.FLAG_UNSENT)
    if draft.is_read is not None:
        flags = flags & ~tags.FLAG_READ | (tags.FLAG_READ if draft.is_read else 0)
    return flags


def _kind_of(value: object) -> int:
    return value & 0xF if isinstance(value, int) else 0
