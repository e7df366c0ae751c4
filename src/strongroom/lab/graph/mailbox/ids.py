"""Ids of folders and items as Graph gives them out.

An id is EWS's own with ``-`` for ``/`` and ``_`` for ``+``, so that it can stand in an address.
Items have a second one, which moving within the mailbox does not change::

    0 | 11 | mailbox GUID 16 | number 8 little-endian

Source:
    https://learn.microsoft.com/graph/outlook-immutable-id
"""

from __future__ import annotations

import binascii
import struct
import uuid
from base64 import b64decode, urlsafe_b64decode, urlsafe_b64encode

from strongroom.lab.estate.folder import Folder
from strongroom.lab.estate.item import StoredItem
from strongroom.lab.estate.journal import Removal
from strongroom.lab.estate.mailbox import Mailbox
from strongroom.lab.exchange import ids as ews_ids
from strongroom.lab.exchange.errors import EwsError
from strongroom.lab.exchange.shapes.folders import element_name
from strongroom.lab.exchange.shapes.view import element_of_class
from strongroom.lab.graph.mailbox.errors import malformed_id, no_such_object

_IMMUTABLE = "<BB16sQ"
_IMMUTABLE_KIND = 11


def in_address(ews_id: str) -> str:
    """Give the form of an EWS id that Graph gives out."""
    return ews_id.replace("/", "-").replace("+", "_")


def in_ews(text: str) -> str:
    """Give the form of a Graph id that EWS gives out."""
    return text.replace("-", "/").replace("_", "+")


def folder_id(folder: Folder) -> str:
    """Give the id of a folder."""
    return in_address(ews_ids.folder_id(folder))


def item_id(item: StoredItem, *, is_immutable: bool = False) -> str:
    """Give the id of an item."""
    if is_immutable:
        return _immutable(item.folder.mailbox.guid, item.identity)
    return in_address(ews_ids.item_id(item))


def removed_item_id(folder: Folder, removal: Removal, *, is_immutable: bool) -> str:
    """Give the id of an item that left a folder."""
    guid = folder.mailbox.guid
    if is_immutable:
        return _immutable(guid, removal.identity)
    return in_address(ews_ids.entry_item_id(guid, removal.entry_id, is_public=False))


def removed_folder_id(mailbox: Mailbox, entry_id: bytes) -> str:
    """Give the id that a folder had."""
    return in_address(ews_ids.entry_item_id(mailbox.guid, entry_id, is_public=False))


def item_change_key(item: StoredItem) -> str:
    """Give the change key of an item, as EWS does."""
    return ews_ids.change_key(element_of_class(item.item_class), item.change_key)


def folder_change_key(folder: Folder) -> str:
    """Give the change key of a folder, as EWS does."""
    return ews_ids.change_key(element_name(folder), folder.change_key)


def find_folder(mailbox: Mailbox, text: str) -> Folder:
    """Find a folder by its id.

    Raises:
        GraphError: 400 or 404.
    """
    named = _read(text)
    folder = mailbox.folder_by_counter(named.entry.folder_counter)
    if not named.is_folder or folder is None or named.entry.mailbox_guid != mailbox.guid:
        raise no_such_object()
    return folder


def find_item(mailbox: Mailbox, text: str) -> StoredItem:
    """Find an item by either of its ids.

    Raises:
        GraphError: 400 or 404.
    """
    number = _number_in(mailbox, text)
    if number is not None:
        item = mailbox.item_by_identity(number)
    else:
        entry = _read(text).entry
        item = mailbox.item_by_counter(entry.message_counter or 0)
        if entry.mailbox_guid != mailbox.guid or (
            item is not None and item.folder.counter != entry.folder_counter
        ):
            item = None
    if item is None:
        raise no_such_object()
    return item


def _read(text: str) -> ews_ids.EwsId:
    try:
        named = ews_ids.read_id(in_ews(text))
    except EwsError as error:
        raise malformed_id() from error
    if named.attachments or named.occurrence is not None:
        raise malformed_id()
    return named


def _immutable(guid: uuid.UUID, identity: int) -> str:
    packed = struct.pack(_IMMUTABLE, 0, _IMMUTABLE_KIND, guid.bytes_le, identity)
    return urlsafe_b64encode(packed).decode("ascii")


def _number_in(mailbox: Mailbox, text: str) -> int | None:
    """Give the number of an immutable id; None: it is an id of the other sort."""
    try:
        data = urlsafe_b64decode(text) if "-" in text or "_" in text else b64decode(text)
        head, kind, guid, number = struct.unpack(_IMMUTABLE, data)
    except (binascii.Error, struct.error, ValueError):
        return None
    if (head, kind) != (0, _IMMUTABLE_KIND):
        return None
    return int(number) if uuid.UUID(bytes_le=guid) == mailbox.guid else -1
