"""Messages to fill mailboxes with."""

from __future__ import annotations

from strongroom.content import tags
from strongroom.content.message import Message
from strongroom.lab.estate.folder import Folder


def letter(subject: str, body: str = "A letter.", *, flags: int = 0) -> Message:
    return Message(
        {
            tags.PidTagMessageClass: "IPM.Note",
            tags.PidTagSubject: subject,
            tags.PidTagBody: body,
            tags.PidTagMessageFlags: flags,
            tags.PidTagInternetMessageId: f"<{subject.replace(' ', '.')}@lab.example>",
        }
    )


def subjects(folder: Folder) -> list[str]:
    return sorted(item.subject for item in folder.items)
