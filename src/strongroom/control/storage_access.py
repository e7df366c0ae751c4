"""Rows of what lets us in where storages lie. Every function works inside the caller's transaction.

A storage in a directory has none.
"""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from strongroom.control.schema import STORAGE_ACCESS, STORAGES

ADD = sa.insert(STORAGE_ACCESS)
ALL = (
    sa.select(STORAGE_ACCESS, STORAGES.c.name, STORAGES.c.url)
    .join(STORAGES, STORAGE_ACCESS.c.storage_id == STORAGES.c.id)
    .order_by(STORAGES.c.name)
)
BY_ID = ALL.where(STORAGE_ACCESS.c.storage_id == sa.bindparam("wanted"))
REMOVE = sa.delete(STORAGE_ACCESS).where(STORAGE_ACCESS.c.storage_id == sa.bindparam("wanted"))
REWRAP = (
    sa.update(STORAGE_ACCESS)
    .where(STORAGE_ACCESS.c.storage_id == sa.bindparam("wanted"))
    .values(wrapped_key=sa.bindparam("key_box"))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageAccess:
    """What lets us in where a storage lies, in boxes (see ``vault.sealing``).

    Attributes:
        storage_id: The storage's.
        name: Its name now.
        url: Where it lies.
        kind: A clear copy of which kind it is, for lists; never believed.
    """

    storage_id: str
    name: str
    url: str
    kind: str
    sealed: bytes
    wrapped_key: bytes


def put(db: sa.Connection, access: StorageAccess) -> None:
    """Keep it in place of what there was; the storage's row must be there."""
    remove(db, access.storage_id)
    boxes = {"sealed": access.sealed, "wrapped_key": access.wrapped_key}
    db.execute(ADD, {"storage_id": access.storage_id, "kind": access.kind, **boxes})


def everything(db: sa.Connection) -> list[StorageAccess]:
    """List all by their storages' names."""
    return [StorageAccess(**row) for row in db.execute(ALL).mappings()]


def by_id(db: sa.Connection, storage_id: str) -> StorageAccess | None:
    """Find a storage's, if it has one."""
    row = db.execute(BY_ID, {"wanted": storage_id}).mappings().one_or_none()
    return None if row is None else StorageAccess(**row)


def rewrap(db: sa.Connection, storage_id: str, wrapped_key: bytes) -> None:
    """Put it under another service key."""
    db.execute(REWRAP, {"wanted": storage_id, "key_box": wrapped_key})


def remove(db: sa.Connection, storage_id: str) -> None:
    """Forget a storage's; nothing there is fine."""
    db.execute(REMOVE, {"wanted": storage_id})
