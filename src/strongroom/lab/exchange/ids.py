"""The ids that EWS gives out: of folders, items, attachments; and change keys.

Little-endian, then base64. Ids are case-sensitive, and an item's holds its folder, so it changes
when the item moves::

    mailbox    0 | 3 | length 2, mailbox GUID as text 36 | 0 | length 2, entry id
    public     0 | 1 | length 2, folder entry id     or   0 | 2 | 0 | length 2, message entry id
    attachment an item's id | count 1 | length 2, number 4
    occurrence an item's id with 1 for the 0 before its entry id | begin by the pattern 8

An occurrence's begin is in minutes since 1601, in its series' own time.

Source:
    [MS-OXWSITEMID] 2.1
"""

from __future__ import annotations

import binascii
import struct
import uuid
from base64 import b64decode, b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from strongroom.lab.estate.entry_ids import MESSAGE_ENTRY_BYTES, EntryId, read_entry_id
from strongroom.lab.estate.folder import Folder
from strongroom.lab.estate.item import StoredItem
from strongroom.lab.exchange.errors import EwsError

_PUBLIC_FOLDER, _PUBLIC_ITEM, _MAILBOX = 1, 2, 3
_CHANGE_KEY_BYTES = 22
_WHOLE, _OCCURRENCE = 0, 1
_EPOCH = datetime(1601, 1, 1)  # noqa: DTZ001 - the series' own time has no zone

# The first byte of a change key says what sort of thing it belongs to.
_KINDS = {
    "Folder": 1,
    "CalendarFolder": 2,
    "ContactsFolder": 3,
    "TasksFolder": 4,
    "SearchFolder": 7,
    "CalendarItem": 15,
    "Contact": 17,
    "Task": 16,
    "DistributionList": 18,
}
_MESSAGE_KIND = 9


@dataclass(frozen=True, slots=True)
class EwsId:
    """What an id says.

    Attributes:
        entry: The entry id inside, taken apart.
        attachments: Numbers of attachments, outermost first; empty for an item or a folder.
        occurrence: When the occurrence that it names begins by its series' pattern, in the series'
            own time; None where no occurrence is named.
    """

    entry: EntryId
    attachments: tuple[int, ...] = ()
    occurrence: datetime | None = None

    @property
    def is_folder(self) -> bool:
        """Whether it names a folder."""
        return self.entry.message_counter is None


def folder_id(folder: Folder) -> str:
    """Give the id of a folder."""
    if folder.mailbox.is_public:
        entry = folder.entry_id
        return _text(struct.pack("<BBH", 0, _PUBLIC_FOLDER, len(entry)) + entry)
    return _text(_in_mailbox(str(folder.mailbox.guid), folder.entry_id))


def item_id(item: StoredItem) -> str:
    """Give the id of an item."""
    return entry_item_id(
        item.folder.mailbox.guid, item.entry_id, is_public=item.folder.mailbox.is_public
    )


def entry_item_id(guid: uuid.UUID, entry: bytes, *, is_public: bool) -> str:
    """Give the id that an item with this entry id has, or had."""
    return _text(_item_bytes(guid, entry, is_public=is_public))


def attachment_id(item: StoredItem, numbers: tuple[int, ...]) -> str:
    """Give the id of an attachment of an item (or of an attachment's attachment)."""
    mailbox = item.folder.mailbox
    data = _item_bytes(mailbox.guid, item.entry_id, is_public=mailbox.is_public)
    data += bytes([len(numbers)])
    return _text(data + b"".join(struct.pack("<HI", 4, number) for number in numbers))


def occurrence_id(series: StoredItem, begins: datetime) -> str:
    """Give the id of one occurrence, by when the pattern has it begin (local time, naive)."""
    mailbox = series.folder.mailbox
    data = _item_bytes(
        mailbox.guid, series.entry_id, is_public=mailbox.is_public, instruction=_OCCURRENCE
    )
    return _text(data + struct.pack("<Q", (begins - _EPOCH) // timedelta(minutes=1)))


def read_id(text: str) -> EwsId:
    """Take an id apart.

    Raises:
        EwsError: ErrorInvalidIdEmpty or ErrorInvalidIdMalformed.
    """
    if not text:
        raise EwsError("ErrorInvalidIdEmpty")
    try:
        data = b64decode(text, validate=True)
        return _read(data)
    except (binascii.Error, struct.error, ValueError, IndexError, OverflowError) as error:
        raise EwsError("ErrorInvalidIdMalformed") from error


def entry_id_in(text: str) -> bytes:
    """Give the entry id inside an id of a folder or an item.

    Raises:
        EwsError: ErrorInvalidIdEmpty or ErrorInvalidIdMalformed.
    """
    read_id(text)
    data = b64decode(text)
    at = 2 if data[1] == _PUBLIC_FOLDER else 3
    if data[1] == _MAILBOX:
        at = 4 + int.from_bytes(data[2:4], "little") + 1
    length = int.from_bytes(data[at : at + 2], "little")
    return data[at + 2 : at + 2 + length]


def change_key(kind: str, key: bytes) -> str:
    """Write a change key of a thing whose element is called ``kind``."""
    return _text(struct.pack("<II", _KINDS.get(kind, _MESSAGE_KIND), len(key)) + key)


def version_of(text: str) -> int:
    """Say which change number a change key stands for.

    Raises:
        EwsError: ErrorInvalidChangeKey.
    """
    try:
        data = b64decode(text, validate=True)
        _, length = struct.unpack_from("<II", data)
    except (binascii.Error, struct.error, ValueError) as error:
        raise EwsError("ErrorInvalidChangeKey") from error
    if length != _CHANGE_KEY_BYTES or len(data) != 8 + length:
        raise EwsError("ErrorInvalidChangeKey")
    return int.from_bytes(data[-6:], "big")


def _item_bytes(
    guid: uuid.UUID, entry: bytes, *, is_public: bool, instruction: int = _WHOLE
) -> bytes:
    if is_public:
        return struct.pack("<BBBH", 0, _PUBLIC_ITEM, instruction, len(entry)) + entry
    return _in_mailbox(str(guid), entry, instruction)


def _in_mailbox(guid: str, entry: bytes, instruction: int = _WHOLE) -> bytes:
    return _mailbox_prefix(guid) + struct.pack("<BH", instruction, len(entry)) + entry


@lru_cache(maxsize=1024)
def _mailbox_prefix(guid: str) -> bytes:
    return struct.pack("<BBH", 0, _MAILBOX, len(guid)) + guid.encode("ascii")


def _read(data: bytes) -> EwsId:
    kind = data[1]
    if data[0] != 0:
        raise ValueError("compressed")
    if kind == _MAILBOX:
        (length,) = struct.unpack_from("<H", data, 2)
        guid = uuid.UUID(data[4 : 4 + length].decode("ascii"))
        at = 4 + length + 1
    elif kind in (_PUBLIC_FOLDER, _PUBLIC_ITEM):
        guid = None
        at = 2 if kind == _PUBLIC_FOLDER else 3
    else:
        raise ValueError("unknown kind")
    (length,) = struct.unpack_from("<H", data, at)
    at += 2
    entry = read_entry_id(data[at : at + length])
    if guid is not None and entry.mailbox_guid != guid:
        raise ValueError("two mailboxes")
    rest = data[at + length :]
    if kind != _PUBLIC_FOLDER and data[at - 3] == _OCCURRENCE:
        (minutes,) = struct.unpack("<Q", rest)
        return EwsId(entry, occurrence=_EPOCH + timedelta(minutes=minutes))
    return EwsId(entry, _attachments(rest, length))


def _attachments(data: bytes, entry_length: int) -> tuple[int, ...]:
    if not data:
        return ()
    if entry_length != MESSAGE_ENTRY_BYTES or len(data) != 1 + 6 * data[0]:
        raise ValueError("attachments cut short")
    return tuple(struct.unpack_from("<HI", data, 1 + 6 * index)[1] for index in range(data[0]))


def _text(data: bytes) -> str:
    return b64encode(data).decode("ascii")
