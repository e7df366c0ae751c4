"""The control database, wherever it is kept: opening it, its version, its transactions.

It lies in a file (``sqlite``) or, for several machines, on a server (``postgres``). Both keep the
same promises: who reads sees one state, who writes is alone and done for good when told so.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import sqlalchemy as sa
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import ConnectionPoolEntry

from strongroom.control.outages import DatabaseHeld, DatabaseUnreachable
from strongroom.control.sqlite import SqliteFile
from strongroom.errors import IntegrityError, OperatorError, StrongroomError

HEAD = "0009"
"""The newest migration. Kept here so that an up-to-date database opens without loading Alembic."""

MOVED = "moved"
"""Stands in place of the version where all rows are elsewhere: nobody uses them by mistake."""

_TURN_WAIT_S = 30.0
"""How long a thread waits for others of its process, before it waits for other processes."""

_VERSION_TABLE = "alembic_version"
_VERSION = text(f"SELECT version_num FROM {_VERSION_TABLE}")  # noqa: S608 - a constant


class DatabasePlace(Protocol):
    """Where a control database is kept. Opens connections, and knows what their errors mean.

    Its engines begin a transaction as it is asked for by their execution options:
    ``only_reads``: one state is seen until the end, and nothing can be changed.
    ``takes_write_lock``: nobody else has such a transaction until it ends, and it sees all that
    those before it did.
    """

    @property
    def shown(self) -> str:
        """Name it in messages; holds no secret."""

    @property
    def is_shared(self) -> bool:
        """Several machines may have it open."""

    def create(self) -> None:
        """Make what has to be there before a connection can be opened, if it is missing.

        Raises:
            OperatorError: that is not possible.
        """

    def engine(self, *, for_migrations: bool = False) -> Engine:
        """Make an engine; whoever has it made disposes of it.

        Args:
            for_migrations: Its transactions may make and change tables.
        """

    def size_bytes(self, db: Connection) -> int:
        """Say how large it is."""

    def meaning(self, error: DBAPIError) -> StrongroomError | None:
        """Say what an error of the driver means; None: nothing that we foresaw."""


class Database:
    """The open control database. Safe in many threads; whoever opened it closes it.

    Attributes:
        place: Where it is kept.
    """

    def __init__(self, place: DatabasePlace, engine: Engine) -> None:
        self.place = place
        self._engine = engine
        self._readers = engine.execution_options(only_reads=True)
        self._writers = engine.execution_options(takes_write_lock=True)
        self._turn = threading.Lock()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Look at one consistent state.

        Raises:
            IntegrityError: it is damaged.
            DatabaseUnreachable: its server does not answer now.
        """
        with told(self.place), self._readers.begin() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Change something, all or nothing; others that write wait until it ends.

        Threads of one process wait for each other here, each without a connection: there are fewer
        of these than threads. And of a process that freezes, the server has to find out once that
        it is gone, and not for each connection that waits for its turn.

        Raises:
            DatabaseHeld: others have used it for long; nothing was changed.
            IntegrityError: it is damaged; nothing was changed.
            DatabaseFull: the disk is full; nothing was changed.
            DatabaseUnreachable: its server does not answer now. Nothing was changed, unless the
                error says that nobody knows.
        """
        with (
            self._alone(),
            told(self.place) as stage,
            self._writers.begin() as connection,
        ):
            yield connection
            stage.is_commit = True

    @contextmanager
    def _alone(self) -> Iterator[None]:
        if not self._turn.acquire(timeout=_TURN_WAIT_S):
            raise DatabaseHeld(
                f"The control database {self.place.shown} is in use.",
                why=f"This process itself has waited {_TURN_WAIT_S:.0f} seconds for what it does.",
                hint="Look whether its server answers, and for what holds it; run again.",
            )
        try:
            yield
        finally:
            self._turn.release()

    def close(self) -> None:
        """Close all connections; those that are in use as soon as they are given back."""
        sa.event.listen(self._engine.pool, "checkin", _close)
        self._engine.dispose()


def _close(_: object, entry: ConnectionPoolEntry) -> None:
    entry.invalidate()


def open_database(place: Path | DatabasePlace) -> Database:
    """Open the control database, making it if it is missing and bringing it up to date.

    Args:
        place: Where it is kept; a path is a file of SQLite's.

    Raises:
        IntegrityError: it is damaged, or is something else.
        OperatorError: a newer program made it, or it cannot be read or written.
        StorageFull: the disk is full.
        DatabaseUnreachable: its server does not answer now.
    """
    where = SqliteFile(path=place) if isinstance(place, Path) else place
    where.create()
    database = Database(where, where.engine())
    try:
        with database.read() as db:
            version = version_of(db)
        if version != HEAD:
            _migrate(where)
    except BaseException:
        database.close()
        raise
    return database


def version_of(db: Connection) -> str | None:
    """Say which version of the tables is there, if any is."""
    if not sa.inspect(db).has_table(_VERSION_TABLE):
        return None
    return db.execute(_VERSION).scalar_one_or_none()


def _migrate(place: DatabasePlace) -> None:
    # Alembic takes a third of a second to load: only when there is something to do.
    from strongroom.control.migrations import steps  # noqa: PLC0415

    engine = place.engine(for_migrations=True).execution_options(takes_write_lock=True)
    try:
        with told(place), engine.begin() as db:
            # Looked at again under the write lock: another process may have brought it up to date.
            _refuse_if_not_ours(db, place.shown)
            steps.upgrade(db, HEAD)
    finally:
        engine.dispose()


def _refuse_if_not_ours(db: Connection, shown: str) -> None:
    version = version_of(db)
    if version == MOVED:
        raise OperatorError(
            f"The rows of the control database {shown} were moved to another one.",
            why="The home uses the one that its database.json names.",
            hint="Run the command again; see `strongroom database show`.",
        )
    if version is not None and version > HEAD:
        raise OperatorError(
            f"The control database {shown} was made by a newer Strongroom.",
            why=f"Its version is {version}, this program knows versions up to {HEAD}.",
            hint="Use the newer program; nothing was changed.",
        )
    if version is None and set(sa.inspect(db).get_table_names()) - {_VERSION_TABLE}:
        raise IntegrityError(
            f"The file {shown} is not a control database.",
            why="It is a database of something else.",
            hint="Name another home with --home or STRONGROOM_HOME; nothing was changed.",
        )


@dataclass(slots=True)
class _Stage:
    """How far a transaction is.

    Attributes:
        is_commit: All is done, and now it is to be kept: if that gets no answer, nobody knows.
    """

    is_commit: bool = False


@contextmanager
def told(place: DatabasePlace) -> Iterator[_Stage]:
    """Tell errors of the driver by their meaning; those without one are our bugs."""
    stage = _Stage()
    try:
        yield stage
    except DBAPIError as error:
        meaning = place.meaning(error)
        if meaning is None:
            raise
        if isinstance(meaning, DatabaseUnreachable):
            meaning.may_have_happened = stage.is_commit
        raise meaning from error
    except UnicodeEncodeError as error:
        raise OperatorError(
            "This text is in no database, and cannot be put into one.",
            why="A part of it is half a letter.",
            hint="Type it anew, or look for what is wrong in where it was copied from.",
        ) from error
