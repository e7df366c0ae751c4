"""Opening and sealing what lets us in where storages lie: the only place where both ends meet."""

from __future__ import annotations

import sqlalchemy as sa

from strongroom.control import storage_access as rows
from strongroom.control.records import StorageRecord
from strongroom.errors import IntegrityError
from strongroom.service.keys import Keys, access_identity
from strongroom.service.storage_access import Access, credentials_of, has_access
from strongroom.vault.sealing import Sealed, seal, unseal


def opened(keys: Keys, record: StorageRecord, row: rows.StorageAccess | None) -> Access | None:
    """Open how a storage is reached; never while the write lock is held.

    Args:
        keys: Of the home.
        record: The storage.
        row: What is kept of its access.

    Raises:
        IntegrityError: it was changed, is for another place, or is missing.
    """
    if not has_access(record.url):
        return None
    if row is None:
        raise IntegrityError(
            f"What the storage '{record.name}' is reached with is missing.",
            why="Its row is not in the control database any more.",
            hint=f"Give it again: `strongroom storage edit {record.name} --credentials-file F`, or "
            "--credentials ambient.",
        )
    boxes = Sealed(record=row.sealed, wrapped_key=row.wrapped_key)
    identity = access_identity(row)
    return Access.from_bytes(keys.opened(lambda key: unseal(boxes, identity, service_key=key)))


def put(keys: Keys, db: sa.Connection, record: StorageRecord, access: Access) -> str:
    """Seal how a storage is reached, in place of what there was; say of which kind it is.

    Args:
        keys: Of the home.
        db: A transaction that holds the write lock, in which the storage's row is there.
        record: The storage.
        access: How it is reached from now on.
    """
    row = rows.StorageAccess(
        storage_id=record.id,
        name=record.name,
        url=record.url,
        kind=credentials_of(record.url, access).kind,
        sealed=b"",
        wrapped_key=b"",
    )
    boxes = seal(access.to_bytes(), access_identity(row), service_key=keys.to_seal())
    rows.put(
        db,
        rows.StorageAccess(
            storage_id=row.storage_id,
            name=row.name,
            url=row.url,
            kind=row.kind,
            sealed=boxes.record,
            wrapped_key=boxes.wrapped_key,
        ),
    )
    return row.kind
