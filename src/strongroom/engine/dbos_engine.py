"""DBOS's own way into the control database, and the lock under which it makes its tables.

On SQLite apart from ``control.sqlite``: these connections need not survive a power cut with the
last commit, because our rows are the truth and an attempt that is told twice does nothing twice.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool

from strongroom.clock import Clock
from strongroom.control.database import DatabasePlace
from strongroom.control.sqlite import SqliteFile

_BUSY_WAIT_S = 30

_TRY = sa.text("SELECT pg_try_advisory_lock(:key)")
_TRY_AGAIN_S = 0.2

_MIGRATION_LOCK = 0x5354_524F_4E47_0001
"""A number of our own. DBOS has a lock as well, but goes on without it after half a minute."""


class CloseableEngine:
    """An engine that connects nowhere once it is closed, whoever still holds it.

    Args:
        place: Where the control database is.
    """

    def __init__(self, place: DatabasePlace) -> None:
        self._is_closed = threading.Event()
        self.engine = _sqlite(place.path) if isinstance(place, SqliteFile) else place.engine()
        event.listen(self.engine, "do_connect", self._refuse_if_closed, insert=True)
        event.listen(self.engine, "checkin", self._close_if_closed)

    def close(self) -> None:
        """Close what is idle; what is in use closes when it is given back."""
        self._is_closed.set()
        self.engine.dispose()

    def _refuse_if_closed(self, *_: Any) -> None:  # noqa: ANN401 - as SQLAlchemy tells it
        if self._is_closed.is_set():
            raise RuntimeError("This worker has let go of the database.")

    def _close_if_closed(self, _: object, record: ConnectionPoolEntry) -> None:
        # Given back to a pool that nobody looks after any more, it would stay open.
        if self._is_closed.is_set():
            record.invalidate()


def _sqlite(path: Path) -> sa.Engine:
    engine = sa.create_engine(
        sa.URL.create("sqlite", database=str(path)),
        poolclass=QueuePool,
        # As DBOS sets it on engines of its own: it counts on reads taking no lock.
        connect_args={"timeout": _BUSY_WAIT_S, "isolation_level": "IMMEDIATE"},
    )

    @event.listens_for(engine, "connect")
    def _configure(connection: sqlite3.Connection, _: object) -> None:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA foreign_keys = ON")

    return engine


@contextmanager
def migration_lock(engine: sa.Engine, clock: Clock) -> Iterator[None]:
    """Let one process at a time make or change tables; SQLite has a lock for that already."""
    if engine.dialect.name == "sqlite":
        yield
        return
    lock = {"key": _MIGRATION_LOCK}
    # Outside of transactions, and asked for again and again: an open transaction, and a statement
    # that waits, would stop whoever has the lock from making indexes concurrently, for ever.
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        while not connection.execute(_TRY, lock).scalar_one():
            clock.sleep(_TRY_AGAIN_S)
        try:
            yield
        finally:
            connection.execute(sa.text("SELECT pg_advisory_unlock(:key)"), lock)
