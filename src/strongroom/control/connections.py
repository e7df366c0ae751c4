"""Rows of connections. Every function works inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from strongroom.control import rows
from strongroom.control.records import Connection
from strongroom.control.schema import CONNECTION_READERS, CONNECTIONS, JOBS, RUNS
from strongroom.control.upserts import insert
from strongroom.words.json import Json

ADD = sa.insert(CONNECTIONS)
ALL_BY_NAME = sa.select(CONNECTIONS).order_by(CONNECTIONS.c.name)
BY_NAME = sa.select(CONNECTIONS).where(CONNECTIONS.c.name == sa.bindparam("wanted"))
BY_ID = sa.select(CONNECTIONS).where(CONNECTIONS.c.id == sa.bindparam("wanted"))
RESEAL = (
    sa.update(CONNECTIONS)
    .where(CONNECTIONS.c.id == sa.bindparam("wanted"))
    .values(
        sealed=sa.bindparam("box"),
        wrapped_key=sa.bindparam("key_box"),
        shown=sa.bindparam("copies"),
    )
)
REWRAP = (
    sa.update(CONNECTIONS)
    .where(CONNECTIONS.c.id == sa.bindparam("wanted"))
    .values(wrapped_key=sa.bindparam("key_box"))
)
REMOVE = sa.delete(CONNECTIONS).where(CONNECTIONS.c.id == sa.bindparam("wanted"))
JOBS_THAT_USE = (
    sa.select(JOBS.c.name)
    .where(JOBS.c.connection_id == sa.bindparam("wanted"))
    .order_by(JOBS.c.name)
)


READERS = sa.select(CONNECTION_READERS.c.reader, CONNECTION_READERS.c.wrapped_key).where(
    CONNECTION_READERS.c.connection_id == sa.bindparam("wanted")
)
_ADD_READER = insert(CONNECTION_READERS)
SET_READER = _ADD_READER.on_conflict_do_update(
    index_elements=["connection_id", "reader"],
    set_={"wrapped_key": _ADD_READER.excluded.wrapped_key},
)
REMOVE_READER = sa.delete(CONNECTION_READERS).where(
    CONNECTION_READERS.c.connection_id == sa.bindparam("wanted"),
    CONNECTION_READERS.c.reader == sa.bindparam("which"),
)
OPEN_RUNS = (
    sa.select(RUNS.c.id, RUNS.c.request)
    .where(RUNS.c.status.in_(("waiting", "running", "paused")))
    .order_by(RUNS.c.position)
)


def add(db: sa.Connection, connection: Connection) -> None:
    """Keep a new connection; its name must be free."""
    db.execute(
        ADD,
        {
            "id": connection.id,
            "name": connection.name,
            "kind": connection.kind,
            "sealed": connection.sealed,
            "wrapped_key": connection.wrapped_key,
            "created": rows.time_text(connection.created),
            "shown": None if connection.shown is None else rows.json_text(connection.shown),
        },
    )


def everything(db: sa.Connection) -> list[Connection]:
    """List all connections by name."""
    return [_record(row) for row in db.execute(ALL_BY_NAME).mappings()]


def by_name(db: sa.Connection, name: str) -> Connection | None:
    """Find a connection by its name."""
    row = db.execute(BY_NAME, {"wanted": name}).mappings().one_or_none()
    return None if row is None else _record(row)


def by_id(db: sa.Connection, connection_id: str) -> Connection | None:
    """Find a connection by its id."""
    row = db.execute(BY_ID, {"wanted": connection_id}).mappings().one_or_none()
    return None if row is None else _record(row)


def reseal(
    db: sa.Connection,
    connection_id: str,
    *,
    sealed: bytes,
    wrapped_key: bytes,
    shown: Mapping[str, Json],
) -> None:
    """Put other sealed details in the place of the old ones."""
    db.execute(
        RESEAL,
        {
            "wanted": connection_id,
            "box": sealed,
            "key_box": wrapped_key,
            "copies": rows.json_text(shown),
        },
    )


def rewrap(db: sa.Connection, connection_id: str, wrapped_key: bytes) -> None:
    """Put the key of sealed details under another service key."""
    db.execute(REWRAP, {"wanted": connection_id, "key_box": wrapped_key})


def readers(db: sa.Connection, connection_id: str) -> dict[str, bytes]:
    """Give the wrapped keys of readers beside the service, by reader."""
    found = db.execute(READERS, {"wanted": connection_id})
    return {row.reader: row.wrapped_key for row in found}


def set_reader(db: sa.Connection, connection_id: str, reader: str, wrapped_key: bytes) -> None:
    """Let a reader in, or put another wrapping in the place of theirs."""
    db.execute(
        SET_READER,
        {"connection_id": connection_id, "reader": reader, "wrapped_key": wrapped_key},
    )


def remove_reader(db: sa.Connection, connection_id: str, reader: str) -> None:
    """Shut a reader out."""
    db.execute(REMOVE_READER, {"wanted": connection_id, "which": reader})


def remove(db: sa.Connection, connection_id: str) -> None:
    """Forget a connection; no job may use it any more."""
    db.execute(REMOVE, {"wanted": connection_id})


def jobs_that_use(db: sa.Connection, connection_id: str) -> list[str]:
    """Name the jobs that stand on a connection."""
    return list(db.execute(JOBS_THAT_USE, {"wanted": connection_id}).scalars())


def open_runs_that_use(db: sa.Connection, connection_id: str) -> list[str]:
    """Name the runs that wait, run or are paused on a connection."""
    return [
        run_id
        for run_id, request in db.execute(OPEN_RUNS)
        if rows.json_of(request).get("connection") == connection_id
    ]


def _record(row: sa.RowMapping) -> Connection:
    fields: dict[str, Any] = dict(row)
    return Connection(
        **{
            **fields,
            "created": rows.time_of(fields["created"]),
            "shown": rows.json_or_none(fields["shown"]),
        }
    )
