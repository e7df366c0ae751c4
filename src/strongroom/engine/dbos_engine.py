"""DBOS's own way into the control database, and the lock under which it makes its tables.

Apart from ``control.database``: these connections need not survive a power cut with the last
commit, because our rows are the truth and an attempt that is told twice does nothing twice.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.pool import QueuePool

_BUSY_WAIT_S = 30
_CONNECT_S = 10
_KEPT, _MORE = 5, 15

_MIGRATION_LOCK = 0x5354_524F_4E47_0001
"""A number of our own. DBOS has a lock as well, but goes on without it after half a minute."""

_IDLE_MS = 60_000
"""A worker that stands still in a transaction loses it, so that the others need not wait for it."""


class CloseableEngine:
    """An engine that connects nowhere once it is closed, whoever still holds it.

    Args:
        url: SQLite or PostgreSQL.
    """

    def __init__(self, url: sa.URL) -> None:
        self._is_closed = threading.Event()
        self.engine = _sqlite(url) if url.get_backend_name() == "sqlite" else _postgres(url)

        @event.listens_for(self.engine, "do_connect")
        def _refuse_if_closed(*_: Any) -> None:  # noqa: ANN401 - SQLAlchemy's
            if self._is_closed.is_set():
                raise RuntimeError("This worker has let go of the database.")

    def close(self) -> None:
        """Close what is idle; what is in use closes when it is given back."""
        self._is_closed.set()
        self.engine.dispose()


def _sqlite(url: sa.URL) -> sa.Engine:
    engine = sa.create_engine(
        url,
        poolclass=QueuePool,
        pool_size=_KEPT,
        max_overflow=_MORE,
        # As DBOS sets it on engines of its own: it counts on reads taking no lock.
        connect_args={"timeout": _BUSY_WAIT_S, "isolation_level": "IMMEDIATE"},
    )

    @event.listens_for(engine, "connect")
    def _configure(connection: sqlite3.Connection, _: object) -> None:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA foreign_keys = ON")

    return engine


def _postgres(url: sa.URL) -> sa.Engine:
    engine = sa.create_engine(
        url.set(drivername="postgresql+psycopg"),
        pool_size=_KEPT,
        max_overflow=_MORE,
        pool_pre_ping=True,
        connect_args={"connect_timeout": _CONNECT_S, "application_name": "strongroom-runs"},
    )

    @event.listens_for(engine, "connect")
    def _configure(connection: Any, _: object) -> None:  # noqa: ANN401 - the driver's
        connection.execute(f"SET idle_in_transaction_session_timeout = {_IDLE_MS}")
        connection.commit()  # the pool rolls back what is given back

    return engine


@contextmanager
def migration_lock(engine: sa.Engine) -> Iterator[None]:
    """Let one process at a time make or change tables; SQLite has a lock for that already."""
    if engine.dialect.name == "sqlite":
        yield
        return
    lock = {"key": _MIGRATION_LOCK}
    # Outside of transactions: an open one would stop indexes from being made concurrently.
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.text("SELECT pg_advisory_lock(:key)"), lock)
        try:
            yield
        finally:
            connection.execute(sa.text("SELECT pg_advisory_unlock(:key)"), lock)
