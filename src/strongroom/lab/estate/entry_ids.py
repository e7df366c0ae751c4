"""Entry ids and the other binary names that a store gives to its folders and items.

Folder entry id, 46 bytes, and message entry id, 70 bytes, little-endian::

    flags 4 | provider UID 16 | type 2 | database GUID 16 | counter 6 | pad 2
                                       | folder part as above 24 | the same for the message 24

Source:
    [MS-OXCDATA] 2.2.4.1 and 2.2.4.2; the provider UID is the mailbox GUID.
"""

from __future__ import annotations

import struct
import uuid
from dataclasses import dataclass

FOLDER_ENTRY_BYTES = 46
MESSAGE_ENTRY_BYTES = 70

_FOLDER_TYPE = {False: 0x0001, True: 0x0003}
_MESSAGE_TYPE = {False: 0x0007, True: 0x0009}


@dataclass(frozen=True, slots=True)
class EntryId:
    """What an entry id says: whose mailbox, which folder, and which message if it is one."""

    mailbox_guid: uuid.UUID
    folder_counter: int
    message_counter: int | None = None


def folder_entry_id(
    mailbox_guid: uuid.UUID, database_guid: uuid.UUID, counter: int, *, is_public: bool = False
) -> bytes:
    """Build the entry id of a folder."""
    return (
        b"\0\0\0\0"
        + mailbox_guid.bytes_le
        + struct.pack("<H", _FOLDER_TYPE[is_public])
        + _place(database_guid, counter)
    )


def message_entry_id(
    mailbox_guid: uuid.UUID,
    database_guid: uuid.UUID,
    folder_counter: int,
    message_counter: int,
    *,
    is_public: bool = False,
) -> bytes:
    """Build the entry id of a message; it names the folder, so it changes when the item moves."""
    return (
        b"\0\0\0\0"
        + mailbox_guid.bytes_le
        + struct.pack("<H", _MESSAGE_TYPE[is_public])
        + _place(database_guid, folder_counter)
        + _place(database_guid, message_counter)
    )


def read_entry_id(data: bytes) -> EntryId:
    """Take an entry id apart.

    Raises:
        ValueError: it is neither a folder's nor a message's.
    """
    if len(data) not in (FOLDER_ENTRY_BYTES, MESSAGE_ENTRY_BYTES) or data[:4] != b"\0\0\0\0":
        raise ValueError("not an entry id")
    (kind,) = struct.unpack_from("<H", data, 20)
    is_message = len(data) == MESSAGE_ENTRY_BYTES
    if kind not in (_MESSAGE_TYPE if is_message else _FOLDER_TYPE).values():
        raise ValueError("not an entry id")
    return EntryId(
        mailbox_guid=uuid.UUID(bytes_le=data[4:20]),
        folder_counter=int.from_bytes(data[38:44], "big"),
        message_counter=int.from_bytes(data[62:68], "big") if is_message else None,
    )


def source_key(database_guid: uuid.UUID, counter: int) -> bytes:
    """Build PidTagSourceKey or PidTagChangeKey: a GID of 22 bytes."""
    return database_guid.bytes_le + counter.to_bytes(6, "big")


def _place(database_guid: uuid.UUID, counter: int) -> bytes:
    return database_guid.bytes_le + counter.to_bytes(6, "big") + b"\0\0"
