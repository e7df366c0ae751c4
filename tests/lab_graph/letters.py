"""Items to put into folders."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from strongroom.content import tags
from strongroom.content.message import FileTime, Message, PropertyKey, Value
from strongroom.lab.estate.folder import Folder
from strongroom.lab.estate.item import StoredItem

BEGIN = datetime(2026, 1, 5, 8, tzinfo=UTC)


def letter(subject: str = "Hello", *, hours: int = 0, **more: Value) -> Message:
    """Make a message that was received some hours after ``BEGIN``."""
    when = FileTime.from_datetime(BEGIN + timedelta(hours=hours))
    properties: dict[PropertyKey, Value] = {
        tags.PidTagMessageClass: "IPM.Note",
        tags.PidTagSubject: subject,
        tags.PidTagBody: f"{subject}, she said.",
        tags.PidTagMessageDeliveryTime: when,
        tags.PidTagCreationTime: when,
        tags.PidTagMessageFlags: tags.FLAG_READ,
        tags.PidTagInternetMessageId: f"<{subject}-{hours}@lab.example>",
    }
    return Message(properties=properties | {getattr(tags, name): it for name, it in more.items()})


def fill(folder: Folder, count: int, *, about: str = "Letter") -> list[StoredItem]:
    """Put so many messages into a folder, an hour apart."""
    return [folder.add_item(letter(f"{about} {n}", hours=n)) for n in range(count)]
