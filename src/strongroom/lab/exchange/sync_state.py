"""Sync states: what a client knows, in a text that the server need not remember.

A state is bound to its mailbox, folder and operation and carries a checksum, so that any other
text is refused. It holds positions in the estate's change numbers, not lists of items, and so
stays small however large the folder is.
"""

from __future__ import annotations

import binascii
import gzip
import struct
import uuid
import zlib
from base64 import b64decode, b64encode
from dataclasses import dataclass

from strongroom.lab.estate.folder import Folder
from strongroom.lab.exchange.errors import EwsError

_HIERARCHY = b"H1"
_ITEMS = b"I1"
_HEAD = "<2s16sQ"


@dataclass(frozen=True, slots=True)
class HierarchyState:
    """Everything up to ``position`` is known below the folder ``root``."""

    guid: uuid.UUID
    root: int
    position: int

    def text(self) -> str:
        """Write it for the client."""
        head = struct.pack(_HEAD, _HIERARCHY, self.guid.bytes_le, self.root)
        return _sealed(head + struct.pack("<Q", self.position))

    @classmethod
    def read(cls, text: str, root: Folder) -> HierarchyState:
        """Read it back.

        Raises:
            EwsError: ErrorInvalidSyncStateData, also if it belongs to something else.
        """
        data = _opened(text, _HIERARCHY, root, struct.calcsize("<Q"), _HIERARCHY_TEXT)
        return cls(root.mailbox.guid, root.counter, struct.unpack("<Q", data)[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemsState:
    """A round through the changes of one folder, and how far it has come.

    A round tells what happened after ``low`` up to ``high``: first the removals, newest first, then
    the items in the order of their arrival, newest first. That order does not shift when an item
    changes while the client is paging, so a page needs to remember only where it ended.

    Attributes:
        low: Everything up to here is known to the client.
        high: Where the round ends.
        removals_below: Removals from this change number up are told; 0: all are.
        items_below: Items that arrived at this change number or later are told.
        with_associated: The client wants hidden items too.
    """

    low: int
    high: int
    removals_below: int
    items_below: int
    with_associated: bool

    def text(self, folder: Folder) -> str:
        """Write it for the client."""
        head = struct.pack(_HEAD, _ITEMS, folder.mailbox.guid.bytes_le, folder.counter)
        body = struct.pack(
            _ITEMS_BODY,
            self.low,
            self.high,
            self.removals_below,
            self.items_below,
            self.with_associated,
        )
        return _sealed(head + body)

    @classmethod
    def read(cls, text: str, folder: Folder) -> ItemsState:
        """Read it back.

        Raises:
            EwsError: ErrorInvalidSyncStateData, also if it belongs to something else.
        """
        data = _opened(text, _ITEMS, folder, struct.calcsize(_ITEMS_BODY), _ITEMS_TEXT)
        low, high, removals, items, associated = struct.unpack(_ITEMS_BODY, data)
        return cls(
            low=low,
            high=high,
            removals_below=removals,
            items_below=items,
            with_associated=associated,
        )

    @classmethod
    def round(cls, low: int, high: int, *, with_associated: bool) -> ItemsState:
        """Begin a round."""
        return cls(
            low=low,
            high=high,
            removals_below=high + 1,
            items_below=high + 1,
            with_associated=with_associated,
        )


_ITEMS_BODY = "<QQQQ?"
_HIERARCHY_TEXT = "Synchronization state data is corrupted or otherwise invalid."
_ITEMS_TEXT = "Synchronization state data is corrupt or otherwise invalid."


def _sealed(data: bytes) -> str:
    checked = data + struct.pack("<I", zlib.crc32(data))
    return b64encode(gzip.compress(checked, 9, mtime=0)).decode("ascii")


def _opened(text: str, kind: bytes, folder: Folder, length: int, why: str) -> bytes:
    head = struct.pack(_HEAD, kind, folder.mailbox.guid.bytes_le, folder.counter)
    try:
        checked = zlib.decompressobj(31).decompress(b64decode(text, validate=True), 1024)
    except (binascii.Error, zlib.error, ValueError) as error:
        raise EwsError("ErrorInvalidSyncStateData", why) from error
    data, check = checked[:-4], checked[-4:]
    is_whole = len(data) == len(head) + length and check == struct.pack("<I", zlib.crc32(data))
    if not is_whole or not data.startswith(head):
        raise EwsError("ErrorInvalidSyncStateData", why)
    return data[len(head) :]
