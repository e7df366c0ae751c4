"""Rows of connections. Every function works inside the caller's transaction."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from strongroom.control import rows
from strongroom.control.records import Connection
from strongroom.control.schema import CONNECTIONS, JOBS

ADD = sa.insert(CONNECTIONS)
ALL_BY_NAME = sa.select(CONNECTIONS).order_by(CONNECTIONS.c.name)
BY_NAME = sa.select(CONNECTIONS).where(CONNECTIONS.c.name == sa.bindparam("wanted"))
BY_ID = sa.select(CONNECTIONS).where(CONNECTIONS.c.id == sa.bindparam("wanted"))
RESEAL = (
    sa.update(CONNECTIONS)
    .where(CONNECTIONS.c.id == sa.bindparam("wanted"))
    .values(sealed=sa.bindparam("box"), wrapped_key=sa.bindparam("key_box"))
)
REMOVE = sa.delete(CONNECTIONS).where(CONNECTIONS.c.id == sa.bindparam("wanted"))
JOBS_THAT_USE = (
    sa.select(JOBS.c.name)
    .where(JOBS.c.connection_id == sa.bindparam("wanted"))
    .order_by(JOBS.c.name)
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


def reseal(db: sa.Connection, connection_id: str, *, sealed: bytes, wrapped_key: bytes) -> None:
    """Put other sealed details in the place of the old ones."""
    db.execute(RESEAL, {"wanted": connection_id, "box": sealed, "key_box": wrapped_key})


def remove(db: sa.Connection, connection_id: str) -> None:
    """Forget a connection; no job may use it any more."""
    db.execute(REMOVE, {"wanted": connection_id})


def jobs_that_use(db: sa.Connection, connection_id: str) -> list[str]:
    """Name the jobs that stand on a connection."""
    return list(db.execute(JOBS_THAT_USE, {"wanted": connection_id}).scalars())


def _record(row: sa.RowMapping) -> Connection:
    fields: dict[str, Any] = dict(row)
    return Connection(**{**fields, "created": rows.time_of(fields["created"])})
