"""Mailboxes filled from ZIP archives of real mail: ``.eml`` and Outlook's ``.msg``.

Names in an archive are data: they become names of folders in the estate and never touch a disk.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from strongroom.content import mime, outlook_msg, tags
from strongroom.content.message import FileTime, Message
from strongroom.errors import ItemError
from strongroom.lab.estate.estate import Estate
from strongroom.lab.estate.mailbox import Mailbox
from strongroom.lab.seed.packages import Unread, members
from strongroom.lab.seed.people import DOMAIN
from strongroom.lab.seed.stage import folder_at

FOLDER_DEPTH_MAX = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What came of one archive.

    Attributes:
        mailbox: The mailbox that was filled.
        items: How many items it got.
        unread: What could not be read, by name.
    """

    mailbox: Mailbox
    items: int
    unread: tuple[Unread, ...]


def address_of(archive: Path) -> str:
    """Say which mailbox an archive fills: ``mail-real.zip`` → ``mail-real@lab.example``."""
    return f"{archive.stem}@{DOMAIN}"


def load_archive(
    estate: Estate,
    archive: Path,
    *,
    now: datetime,
    password: Callable[[str], str],
    set_time: Callable[[datetime], None],
) -> Loaded:
    """Open a mailbox named after an archive and put its messages in, folders as in the archive.

    Args:
        estate: Where.
        archive: The ZIP file.
        now: Time of a message that tells none: aware, UTC.
        password: Gives the mailbox's password.
        set_time: Sets the estate's clock; called with each message's own time.

    Raises:
        OperatorError: there is no such file, it is no ZIP archive, or it is too large.
    """
    address = address_of(archive)
    mailbox = estate.add_mailbox(address, archive.stem, password=password(address), archive=False)
    items, unread = 0, []
    for name, read in members(archive, wanted="--mail a ZIP archive of .eml or .msg files"):
        *folders, _ = name.split("/")
        try:
            message, original = _message(name, read())
        except ItemError as error:
            unread.append(Unread(name=name, why=str(error)))
            continue
        moment = _arrival(message, now)
        set_time(moment)
        folder = folder_at(mailbox, tuple(folders[:FOLDER_DEPTH_MAX]) or ("Messages",))
        folder.add_item(message, mime=original)
        items += 1
    return Loaded(mailbox=mailbox, items=items, unread=tuple(unread))


def _message(name: str, data: bytes) -> tuple[Message, bytes | None]:
    """Read a message, and give its MIME if that is what it came as; such mail counts as read.

    Raises:
        ItemError: it is neither .eml nor .msg, or cannot be read.
    """
    if name.casefold().endswith(".eml"):
        message = mime.from_mime(data)
        message.properties[tags.PidTagMessageFlags] = tags.FLAG_READ
        return message, data
    if name.casefold().endswith(".msg"):
        return outlook_msg.read_msg(data), None
    raise ItemError("Neither .eml nor .msg.", code="unknown-suffix", is_permanent=True)


def _arrival(message: Message, now: datetime) -> datetime:
    """Give the message the stamps of one that was received; say when it came."""
    properties = message.properties
    for key in (tags.PidTagMessageDeliveryTime, tags.PidTagClientSubmitTime):
        value = properties.get(key)
        if isinstance(value, FileTime):
            break
    else:
        value = FileTime.from_datetime(now)
    properties.setdefault(tags.PidTagMessageDeliveryTime, value)
    properties.setdefault(tags.PidTagCreationTime, value)
    return value.to_datetime()
