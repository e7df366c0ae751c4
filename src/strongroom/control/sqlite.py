"""The control database as a file of SQLite's: transactions, and what its errors mean.

WAL mode: one process writes at a time, everybody may read meanwhile, and a transaction that was
told as done survives a crash of the program. Writers take the write lock when they begin
(``BEGIN IMMEDIATE``), because a reader that turns writer in the middle can fail half-way.
"""

from __future__ import annotations

import os
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool, QueuePool

from strongroom.clock import SystemClock
from strongroom.control.outages import DatabaseBusy, DatabaseFull, DatabaseHeld
from strongroom.errors import IntegrityError, OperatorError, StrongroomError

_BUSY_WAIT_S = 30
_AGAIN_S = 0.02
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_NO_TEXT = "Could not decode to UTF-8"
_FULL = {sqlite3.SQLITE_FULL}
_DISK = {sqlite3.SQLITE_IOERR}
_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_REFUSED = {
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_AUTH,
}
_SIZE = text("SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()")
_LOOSE_ENDS = text('SELECT DISTINCT "table" FROM pragma_foreign_key_check')


@dataclass(frozen=True, slots=True, kw_only=True)
class SqliteFile:
    """A file that holds the control database; see ``database.DatabasePlace``."""

    path: Path

    is_shared = False

    @property
    def shown(self) -> str:
        """Name it in messages."""
        return str(self.path)

    def create(self) -> None:
        """Make an empty file if there is none.

        Raises:
            OperatorError: it cannot be made, or not even looked for.
        """
        if not _is_there(self.path):
            _create_for_us_alone(self.path)

    def engine(self, *, for_migrations: bool = False) -> Engine:
        """Make what opens connections.

        SQLite changes a table by making another one and dropping the first, and what is dropped
        takes all with it that refers to it. So migrations do not look at references until the end.
        """
        if not for_migrations:
            return _engine(self.path, QueuePool, has_foreign_keys=True)
        engine = _engine(self.path, NullPool, has_foreign_keys=False)
        event.listen(engine, "commit", self._refuse_loose_ends)
        return engine

    def size_bytes(self, db: Connection) -> int:
        """Say how large it is."""
        return int(db.execute(_SIZE).scalar_one())

    def meaning(self, error: DBAPIError) -> StrongroomError | None:
        """Say what an error of the driver means; None: nothing that we foresaw."""
        return _meaning(self.path, error)

    def _refuse_loose_ends(self, db: Connection) -> None:
        loose = db.execute(_LOOSE_ENDS).scalars().all()
        if loose:
            raise IntegrityError(
                f"The control database {self.path} does not fit together, so it was not changed.",
                why=f"Rows of {', '.join(loose)} refer to what is not there.",
                hint="Put the file back from its backup.",
            )


def _is_there(path: Path) -> bool:
    try:
        path.stat()
    except FileNotFoundError:
        return False
    except OSError as error:  # a home of another account does not even say so
        raise OperatorError(
            f"The control database {path} cannot be opened.",
            why=f"{error.strerror}.",
            hint="Run the command as the account that the home belongs to.",
        ) from error
    return True


def _create_for_us_alone(path: Path) -> None:
    """Make the empty file, so that SQLite keeps its rights for the write-ahead log as well."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise OperatorError(
            f"The control database {path} cannot be made.",
            why=f"{error.strerror}.",
            hint="Run the command as the account that the home belongs to.",
        ) from error


def _engine(path: Path, pool: type[QueuePool | NullPool], *, has_foreign_keys: bool) -> Engine:
    engine = create_engine(
        f"sqlite:///{path}", poolclass=pool, connect_args={"timeout": _BUSY_WAIT_S}
    )

    @event.listens_for(engine, "connect")
    def _configure(connection: sqlite3.Connection, _: object) -> None:
        # The driver's own idea of when a transaction begins is older than BEGIN IMMEDIATE.
        connection.isolation_level = None
        _write_ahead(connection)
        # NORMAL would let a power cut take back what was committed: a restore that had ended would
        # begin anew, without the journal that it deleted in the belief that it was over.
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(f"PRAGMA foreign_keys = {'ON' if has_foreign_keys else 'OFF'}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        options: Any = connection.get_execution_options()
        is_writer = bool(options.get("takes_write_lock"))
        connection.exec_driver_sql("BEGIN IMMEDIATE" if is_writer else "BEGIN")

    return engine


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Have changes written to a log first; the file remembers that.

    While another connection of a new file does the same, SQLite answers at once that it is busy,
    however long it may wait: both would wait for each other.
    """
    clock = SystemClock()
    until_s = clock.monotonic_s() + _BUSY_WAIT_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            is_busy = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
            if not is_busy or clock.monotonic_s() >= until_s:
                raise
            clock.sleep(_AGAIN_S)
        else:
            return


def _meaning(path: Path, error: DBAPIError) -> StrongroomError | None:
    code = getattr(error.orig, "sqlite_errorcode", None)
    primary = None if code is None else code & 0xFF
    # The driver has no number for text that is none; only a hand that is not ours writes such.
    if primary in _DAMAGED or _NO_TEXT in str(error.orig):
        return IntegrityError(
            f"The control database {path} is damaged.",
            why=f"{error.orig}.",
            hint="Move it away (do not delete it) and add connections, storages and jobs again: "
            "a storage is adopted with its password or recovery key, and no backup is lost.",
        )
    if primary in _FULL:
        return DatabaseFull(
            "The disk that holds the home is full.",
            why=f"{path} cannot grow.",
            hint="Free some space there and run the command again; nothing was lost.",
        )
    if primary in _DISK:
        return DatabaseBusy(
            f"The control database {path} could not be read or written now.",
            why=f"Its disk did not do what it was told: {error.orig}.",
            hint="Look whether the disk is full, over its quota, or ill; run the command again.",
        )
    if primary in _BUSY:
        return DatabaseHeld(
            f"The control database {path} is in use.",
            why=f"Another program has held it for more than {_BUSY_WAIT_S} seconds.",
            hint="Look for what holds it (a backup of the home, a stopped process); run again.",
        )
    if primary in _REFUSED:
        return OperatorError(
            f"The control database {path} cannot be opened.",
            why=f"{error.orig}.",
            hint="Run the command as the account that the home belongs to.",
        )
    return None
