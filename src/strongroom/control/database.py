"""Opening the control database: version, transactions, and what its errors mean.

SQLite in WAL mode: one process writes at a time, everybody may read meanwhile, and a transaction
that was told as done survives a crash of the program. Writers take the write lock when they begin
(``BEGIN IMMEDIATE``), because a reader that turns writer in the middle can fail half-way.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import QueuePool

from strongroom.errors import (
    IntegrityError,
    OperatorError,
    ResourceLocked,
    StorageFull,
    StrongroomError,
)

HEAD = "0007"
"""The newest migration. Kept here so that an up-to-date database opens without loading Alembic."""

_BUSY_WAIT_S = 30
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_NO_TEXT = "Could not decode to UTF-8"
_FULL = {sqlite3.SQLITE_FULL}
_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_REFUSED = {
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_AUTH,
}
_VERSION = text("SELECT version_num FROM alembic_version")
_IS_VERSIONED = text("SELECT count(*) FROM sqlite_master WHERE name = 'alembic_version'")
_HAS_TABLES = text("SELECT count(*) FROM sqlite_master")


class Database:
    """The open control database. Safe in many threads; whoever opened it closes it."""

    def __init__(self, path: Path, engine: Engine) -> None:
        self._path = path
        self._readers = engine
        self._writers = engine.execution_options(takes_write_lock=True)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Look at one consistent state.

        Raises:
            IntegrityError: the file is damaged.
        """
        with self._told(), self._readers.begin() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Change something, all or nothing; others that write wait until it ends.

        Raises:
            IntegrityError: the file is damaged; nothing was changed.
            StorageFull: the disk is full; nothing was changed.
        """
        with self._told(), self._writers.begin() as connection:
            yield connection

    def close(self) -> None:
        """Close all connections."""
        self._readers.dispose()

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            meaning = _meaning(self._path, error)
            if meaning is None:
                raise
            raise meaning from error
        except UnicodeEncodeError as error:
            raise OperatorError(
                "This text is in no database, and cannot be put into one.",
                why="A part of it is half a letter.",
                hint="Type it anew, or look for what is wrong in where it was copied from.",
            ) from error


def open_database(path: Path) -> Database:
    """Open the control database, making it if it is missing and bringing it up to date.

    Raises:
        IntegrityError: the file is damaged, or is something else.
        OperatorError: a newer program made it, or the file cannot be read or written.
        StorageFull: the disk is full.
    """
    if not _is_there(path):
        _create_for_us_alone(path)
    database = Database(path, _engine(path))
    try:
        if _version(database) != HEAD:
            _migrate(database, path)
    except BaseException:
        database.close()
        raise
    return database


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


def _engine(path: Path) -> Engine:
    engine = create_engine(
        f"sqlite:///{path}", poolclass=QueuePool, connect_args={"timeout": _BUSY_WAIT_S}
    )

    @event.listens_for(engine, "connect")
    def _configure(connection: sqlite3.Connection, _: object) -> None:
        # The driver's own idea of when a transaction begins is older than BEGIN IMMEDIATE.
        connection.isolation_level = None
        connection.execute("PRAGMA journal_mode = WAL")
        # NORMAL would let a power cut take back what was committed: a restore that had ended would
        # begin anew, without the journal that it deleted in the belief that it was over.
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        options: Any = connection.get_execution_options()
        is_writer = bool(options.get("takes_write_lock"))
        connection.exec_driver_sql("BEGIN IMMEDIATE" if is_writer else "BEGIN")

    return engine


def _version(database: Database) -> str | None:
    with database.read() as connection:
        if not connection.execute(_IS_VERSIONED).scalar_one():
            return None
        return connection.execute(_VERSION).scalar_one_or_none()


def _migrate(database: Database, path: Path) -> None:
    # Alembic takes a third of a second to load: only when there is something to do.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", "strongroom.control:migrations")
    config.set_main_option("path_separator", "os")
    with database.write() as connection:
        # Looked at again under the write lock: another process may have brought it up to date.
        _refuse_if_not_ours(connection, path)
        config.attributes["connection"] = connection
        command.upgrade(config, HEAD)


def _refuse_if_not_ours(connection: Connection, path: Path) -> None:
    if connection.execute(_IS_VERSIONED).scalar_one():
        version = connection.execute(_VERSION).scalar_one_or_none()
        if version is None or version <= HEAD:
            return
        raise OperatorError(
            f"The control database {path} was made by a newer Strongroom.",
            why=f"Its version is {version}, this program knows versions up to {HEAD}.",
            hint="Use the newer program; nothing was changed.",
        )
    if connection.execute(_HAS_TABLES).scalar_one():
        raise IntegrityError(
            f"The file {path} is not a control database.",
            why="It is a database of something else.",
            hint="Name another home with --home or STRONGROOM_HOME; nothing was changed.",
        )


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
        return StorageFull(
            "The disk that holds the home is full.",
            why=f"{path} cannot grow.",
            hint="Free some space there and run the command again; nothing was lost.",
        )
    if primary in _BUSY:
        return ResourceLocked(
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
