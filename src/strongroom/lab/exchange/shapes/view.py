"""What shapes read from: an item in a folder, or a message inside an attachment of one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from strongroom.content import tags
from strongroom.content.message import (
    Attachment,
    FileTime,
    Message,
    Properties,
    PropertyKey,
    Value,
)
from strongroom.lab.estate.item import StoredItem

_MEETING_MESSAGES = (
    ("IPM.SCHEDULE.MEETING.REQUEST", "MeetingRequest"),
    ("IPM.SCHEDULE.MEETING.RESP", "MeetingResponse"),
    ("IPM.SCHEDULE.MEETING.CANCELED", "MeetingCancellation"),
    ("IPM.SCHEDULE.MEETING", "MeetingMessage"),
)
_ELEMENTS = (
    ("IPM.APPOINTMENT", "CalendarItem"),
    ("IPM.CONTACT", "Contact"),
    ("IPM.DISTLIST", "DistributionList"),
    ("IPM.TASK", "Task"),
    ("IPM.POST", "PostItem"),
    *_MEETING_MESSAGES,
)
_TYPES = {
    "Message": "MessageType",
    "CalendarItem": "CalendarItemType",
    "Contact": "ContactItemType",
    "DistributionList": "DistributionListType",
    "Task": "TaskType",
    "PostItem": "PostItemType",
    "Item": "ItemType",
    "MeetingMessage": "MeetingMessageType",
    "MeetingRequest": "MeetingRequestMessageType",
    "MeetingResponse": "MeetingResponseMessageType",
    "MeetingCancellation": "MeetingCancellationMessageType",
}


@dataclass(frozen=True, slots=True)
class View:
    """One thing to show.

    Attributes:
        get: Gives one property, or None.
        message: Gives the whole message.
        root: The item in the folder.
        numbers: Numbers of the attachments from the item to this message; empty for the item.
        has_attachments: Whether the message has any.
        occurrence: When the occurrence of a series that it shows begins by the pattern, in the
            series' own time; None for everything else.
        is_changed: The occurrence is otherwise than its series.
    """

    get: Callable[[PropertyKey], Value | None]
    message: Callable[[], Message]
    root: StoredItem
    numbers: tuple[int, ...]
    has_attachments: bool
    occurrence: datetime | None = None
    is_changed: bool = False

    @classmethod
    def of_item(cls, item: StoredItem) -> View:
        """Look at an item."""
        return cls(item.get, item.message, item, (), item.source.has_attachments)

    @classmethod
    def of_embedded(cls, root: StoredItem, numbers: tuple[int, ...], message: Message) -> View:
        """Look at a message inside an attachment."""
        return cls(
            message.properties.get, lambda: message, root, numbers, bool(message.attachments)
        )

    @property
    def item_class(self) -> str:
        """Message class."""
        return self.text(tags.PidTagMessageClass) or "IPM.Note"

    @property
    def element(self) -> str:
        """The element that it is shown by (``Message``, ``CalendarItem`` …)."""
        return element_of_class(self.item_class)

    @property
    def flags(self) -> int:
        """PidTagMessageFlags."""
        value = self.get(tags.PidTagMessageFlags)
        return value if isinstance(value, int) else 0

    def text(self, *keys: PropertyKey) -> str:
        """Give the first of these string properties that is there and not empty, or ``""``."""
        for key in keys:
            value = self.get(key)
            if isinstance(value, str) and value:
                return value
        return ""

    def moment(self, *keys: PropertyKey) -> FileTime | None:
        """Give the first of these time properties that is there."""
        for key in keys:
            value = self.get(key)
            if isinstance(value, FileTime):
                return value
        return None

    def recipients(self, kind: int) -> list[Properties]:
        """Give the recipients of one kind (To, Cc, Bcc)."""
        return [
            one
            for one in self.message().recipients
            if isinstance(role := one.get(tags.PidTagRecipientType), int) and role & 0xF == kind
        ]


def element_of_class(item_class: str) -> str:
    """Say by which element an item of a class is shown; what is unknown is a Message."""
    upper = item_class.upper()
    for prefix, name in _ELEMENTS:
        if upper == prefix or upper.startswith(prefix + "."):
            return name
    return "Message"


def type_of_element(element: str) -> str:
    """Say which type of the schema an item's element has."""
    return _TYPES[element]


def attachment_number(attachment: Attachment, index: int) -> int:
    """Say the number by which an attachment is known as long as it lives."""
    number = attachment.properties.get(tags.PidTagAttachNumber)
    return number if isinstance(number, int) else index


def attachment_at(message: Message, number: int) -> Attachment | None:
    """Find an attachment by its number."""
    for index, one in enumerate(message.attachments):
        if attachment_number(one, index) == number:
            return one
    return None
