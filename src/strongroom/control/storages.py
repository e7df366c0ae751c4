"""Rows of storages. Every function works inside the caller's transaction."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import sqlalchemy as sa

from strongroom.control import rows, storage_access
from strongroom.control.records import StorageRecord
from strongroom.control.schema import JOBS, STORAGES
from strongroom.words.job_kind import JobKind

ADD = sa.insert(STORAGES)
ALL_BY_NAME = sa.select(STORAGES).order_by(STORAGES.c.name)
BY_NAME = sa.select(STORAGES).where(STORAGES.c.name == sa.bindparam("wanted"))
BY_ID = sa.select(STORAGES).where(STORAGES.c.id == sa.bindparam("wanted"))
REMOVE = sa.delete(STORAGES).where(STORAGES.c.id == sa.bindparam("wanted"))
MOVE = (
    sa.update(STORAGES)
    .where(STORAGES.c.id == sa.bindparam("wanted"))
    .values(url=sa.bindparam("new_url"))
)
REWRAP = (
    sa.update(STORAGES)
    .where(STORAGES.c.id == sa.bindparam("wanted"))
    .values(wrapped_key=sa.bindparam("key_box"))
)
JOBS_THAT_USE = (
    sa.select(JOBS.c.name).where(JOBS.c.storage_id == sa.bindparam("wanted")).order_by(JOBS.c.name)
)

COPYING_JOBS = sa.select(JOBS.c.name, JOBS.c.selection).where(
    JOBS.c.kind == sa.bindparam("of_kind")
)


def add(db: sa.Connection, storage: StorageRecord) -> None:
    """Keep a new storage; its name and id must be free."""
    db.execute(
        ADD,
        {
            "id": storage.id,
            "name": storage.name,
            "url": storage.url,
            "sealed": storage.sealed,
            "wrapped_key": storage.wrapped_key,
            "created": rows.time_text(storage.created),
        },
    )


def everything(db: sa.Connection) -> list[StorageRecord]:
    """List all storages by name."""
    return [_record(row) for row in db.execute(ALL_BY_NAME).mappings()]


def by_name(db: sa.Connection, name: str) -> StorageRecord | None:
    """Find a storage by its name."""
    row = db.execute(BY_NAME, {"wanted": name}).mappings().one_or_none()
    return None if row is None else _record(row)


def by_id(db: sa.Connection, storage_id: str) -> StorageRecord | None:
    """Find a storage by its id."""
    row = db.execute(BY_ID, {"wanted": storage_id}).mappings().one_or_none()
    return None if row is None else _record(row)


def places_of(db: sa.Connection, storage_id: str) -> list[StorageRecord]:
    """List the rows of one storage: of itself and of its copies, which are the same storage.

    Args:
        db: The transaction.
        storage_id: As its record says, or of any of these rows.
    """
    own = own_id(storage_id)
    return [record for record in everything(db) if own_id(record.id) == own]


def own_id(row_id: str) -> str:
    """Give a storage's own id: a row of a further place of it has that with an ending."""
    return row_id.partition("-")[0]


def free_id(db: sa.Connection, storage_id: str, url: str) -> str:
    """Choose the id of the row of a place: the storage's own, if no other place has it."""
    if by_id(db, storage_id) is None:
        return storage_id
    return f"{storage_id}-{hashlib.sha256(url.encode()).hexdigest()[:8]}"


def move(db: sa.Connection, storage_id: str, url: str) -> None:
    """Say that a storage lies elsewhere now."""
    db.execute(MOVE, {"wanted": storage_id, "new_url": url})


def rewrap(db: sa.Connection, storage_id: str, wrapped_key: bytes) -> None:
    """Put the key of a sealed storage key under another service key."""
    db.execute(REWRAP, {"wanted": storage_id, "key_box": wrapped_key})


def remove(db: sa.Connection, storage_id: str) -> None:
    """Forget a storage; what lies in it is not touched, and no job may use it any more."""
    storage_access.remove(db, storage_id)
    db.execute(REMOVE, {"wanted": storage_id})


def jobs_that_use(db: sa.Connection, storage_id: str) -> list[str]:
    """Name the jobs that stand on a storage, or that copy into it."""
    record = by_id(db, storage_id)
    copying = {
        row.name
        for row in db.execute(COPYING_JOBS, {"of_kind": JobKind.REPLICATE})
        if record is not None and json.loads(row.selection).get("to") == record.name
    }
    return sorted({*db.execute(JOBS_THAT_USE, {"wanted": storage_id}).scalars(), *copying})


def _record(row: sa.RowMapping) -> StorageRecord:
    fields: dict[str, Any] = dict(row)
    return StorageRecord(**{**fields, "created": rows.time_of(fields["created"])})
