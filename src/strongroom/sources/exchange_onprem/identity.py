"""Who a mailbox is, whatever its address says today.

An address may be given to somebody else; the mailbox GUID may not. Exchange tells it in the entry
id of any folder of the mailbox:

======  ======  ======================================================
offset  length  meaning
======  ======  ======================================================
0       4       flags, zero for a lasting id
4       16      provider UID = the mailbox GUID, little-endian
20      2       folder type
22      16      database GUID of the folder's global counter
38      6       global counter
44      2       padding, zero
======  ======  ======================================================

Source:
    [MS-OXCDATA] 2.2.4.1 Folder EntryID Structure
"""

from __future__ import annotations

import hashlib
import uuid

FOLDER_ENTRY_ID_LENGTH = 46
_PROVIDER = slice(4, 20)
_NOBODY = uuid.UUID(int=0)


def mailbox_guid(entry_id: bytes) -> uuid.UUID | None:
    """Read the mailbox GUID out of the entry id of one of its folders.

    Args:
        entry_id: PidTagEntryId (0x0FFF) of a folder.

    Returns:
        None if this is not a folder entry id: some compatible servers give a shape of their own.
    """
    if len(entry_id) != FOLDER_ENTRY_ID_LENGTH:
        return None
    guid = uuid.UUID(bytes_le=entry_id[_PROVIDER])
    return None if guid == _NOBODY else guid


def resource_id(entry_id: bytes | None, root_folder_id: str) -> str:
    """Name a mailbox for as long as it lives: its GUID, else a name made of its root folder's id.

    The EWS id of the root folder is just as lasting inside one mailbox and never reused for
    another, but it changes when the mailbox moves to another organisation; therefore the GUID comes
    first.

    Args:
        entry_id: The root folder's entry id, if the server gave one.
        root_folder_id: The root folder's EWS id.
    """
    guid = mailbox_guid(entry_id) if entry_id else None
    if guid is not None:
        return str(guid)
    return "root-" + hashlib.sha256(root_folder_id.encode()).hexdigest()[:32]
