"""The database of a home: looked at, moved to a PostgreSQL, joined from another machine.

These are no verbs: verbs stand on an open database, in the service's process or another. They are
for whoever may read and write the home's files anyway, and work in this process.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from strongroom.clock import Clock
from strongroom.control import connections, moving, storages
from strongroom.control.chosen_database import choose_database, chosen_database
from strongroom.control.database import (
    HEAD,
    Database,
    DatabasePlace,
    open_database,
    told,
    version_of,
)
from strongroom.control.home import Home
from strongroom.control.postgres import PostgresPlace
from strongroom.control.sqlite import SqliteFile
from strongroom.disk import flush_folder
from strongroom.engine.filelock import FileLock
from strongroom.errors import OperatorError, ResourceLocked, StrongroomError
from strongroom.service.auditing import AuditLog
from strongroom.service.callers import home_account, own_account
from strongroom.service.keys import Keys
from strongroom.service.session import Session
from strongroom.vault.key_holder import KeyHolder


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseView:
    """Which database a home uses, and how it is.

    Attributes:
        kind: ``sqlite`` or ``postgresql``.
        where: A path, or an address without a password.
        password_file: Where its password is, if it has one.
        newest: The version that this program brings it to when it opens it.
        version: The version that it has; None: there is none yet, or nobody knows.
        size_bytes: How large it is, or None.
        trouble: Why it cannot be used, if it cannot.
    """

    kind: str
    where: str
    password_file: Path | None
    newest: str = HEAD
    version: str | None = None
    size_bytes: int | None = None
    trouble: StrongroomError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """What was moved.

    Attributes:
        to: The database that is used now.
        rows: How many rows of each table.
        journals: How many journals of restores that are not over.
        kept: The file that was used before.
    """

    to: str
    rows: Mapping[str, int]
    journals: int
    kept: Path


class HomeDatabase:
    """The database of one home.

    Args:
        home: The home.
        holder: Where its service key is kept.
        clock: Time.
        session: Who looks after it, for the audit log.
    """

    def __init__(self, home: Home, *, holder: KeyHolder, clock: Clock, session: Session) -> None:
        self._home = home
        self._holder = holder
        self._clock = clock
        self._session = session

    def show(self) -> DatabaseView:
        """Say which database the home uses, and whether it can be used; changes nothing."""
        place = chosen_database(self._home)
        is_file = isinstance(place, SqliteFile)
        view = DatabaseView(
            kind="sqlite" if is_file else "postgresql",
            where=place.shown,
            password_file=place.password_file if isinstance(place, PostgresPlace) else None,
        )
        if is_file and not self._home.database.exists():
            return view
        try:
            version, size_bytes = _look(place)
        except StrongroomError as error:
            return replace(view, trouble=error)
        return replace(view, version=version, size_bytes=size_bytes)

    def move(self, to: PostgresPlace) -> Moved:
        """Copy the home's database to a PostgreSQL and use that from now on.

        All or nothing. The file stays beside it, marked so that nobody uses it by mistake.

        Raises:
            OperatorError: the home has moved already, or there is something at the new place.
            ResourceLocked: somebody works in the home.
            DatabaseUnreachable: the new place does not answer; the home uses what it used.
        """
        home = self._home
        old = _file_of(home)
        kept = home.database.with_name(f"{home.database.name}.moved")
        if kept.exists():
            raise OperatorError(
                f"The file {kept} is in the way.",
                why="An earlier move left it there.",
                hint="Put it somewhere else, and run this again; nothing was changed.",
            )
        with nobody_works(home):
            open_database(old).close()  # makes it, and brings it up to date
            with closing(open_database(to)) as new, told(old), moving.held(old.path) as source:
                with new.write() as db:
                    rows = moving.copy_rows(source, db, old)
                    journals = sum(moving.copy_journal(one, db) for one in _journals(home))
                self._note(new, "database.move", to)
                choose_database(home, to)
            old.path.rename(kept)
            flush_folder(home.path)
        return Moved(to=to.shown, rows=rows, journals=journals, kept=kept)

    def join(self, place: PostgresPlace) -> None:
        """Use the database that other machines use, or another address of the one in use.

        Raises:
            OperatorError: the home has something of its own; there is no control database, or it
                is of another version; there is no service key, or it is another one.
            ResourceLocked: somebody works in the home.
            DatabaseUnreachable: the database does not answer.
        """
        with nobody_works(self._home):
            _refuse_if_in_use(self._home)
            found, _ = _look(place)
            if found != HEAD:
                raise _other_version(place, found)
            with closing(open_database(place)) as opened:
                Keys(opened, self._holder).prove()
                self._note(opened, "database.join", place)
            choose_database(self._home, place)

    def _note(self, database: Database, verb: str, place: PostgresPlace) -> None:
        log = AuditLog(database, Keys(database, self._holder), self._clock)
        log.write(self._session, verb, {"to": place.shown})


def require_own(home: Path) -> None:
    """Refuse to look after the database of another account's home.

    Raises:
        OperatorError: it is another's.
    """
    if home_account(home).isdisjoint(own_account().ids):
        raise OperatorError(
            f"The home {home} belongs to another account.",
            why="Its database is looked after by that account alone.",
            hint="Run the command as that account.",
        )


def _file_of(home: Home) -> SqliteFile:
    place = chosen_database(home)
    if isinstance(place, SqliteFile):
        return place
    raise OperatorError(
        "The database of this home is on a PostgreSQL already.",
        why=f"It is {place.shown}.",
        hint="PostgreSQL's own programs move it from one server to another (pg_dump); then "
        "`strongroom database join URL`.",
    )


def _look(place: DatabasePlace) -> tuple[str | None, int]:
    """Say which version there is and how large it is, making and changing nothing."""
    with closing(Database(place, place.engine())) as opened, opened.read() as db:
        return version_of(db), place.size_bytes(db)


@contextmanager
def nobody_works(home: Home) -> Iterator[None]:
    """See to it that nobody works in a home while the block lasts.

    Raises:
        ResourceLocked: somebody does.
    """
    lock = FileLock(home.worker_lock)
    if not lock.try_acquire():
        raise ResourceLocked(
            f"Somebody works in the home {home.path}.",
            why="Its service runs, or a command that waits for its run.",
            hint="End it (what it does goes on later), and run this again; nothing was changed.",
        )
    try:
        yield
    finally:
        lock.release()


def _journals(home: Home) -> list[Path]:
    return sorted(home.path.glob("journals/*.jsonl"))


def _refuse_if_in_use(home: Home) -> None:
    """Refuse a home whose own database holds what an operator has made."""
    if home.chosen_database.exists() or not home.database.exists():
        return
    with closing(open_database(home.database)) as opened, opened.read() as db:
        is_in_use = connections.everything(db) or storages.everything(db)
    if is_in_use:
        raise OperatorError(
            f"The home {home.path} has connections or storages of its own.",
            why="They would not be seen any more.",
            hint="Join from a new home (--home), or, if the database is empty, bring them along "
            "with `strongroom database move URL`.",
        )


def _other_version(place: PostgresPlace, found: str | None) -> OperatorError:
    if found is None:
        return OperatorError(
            f"There is no control database in {place.shown} yet.",
            hint="Bring that of a home there: `strongroom database move URL`, on its machine.",
        )
    return OperatorError(
        f"The control database {place.shown} is of another version of Strongroom.",
        why=f"Its version is {found}, that of this program is {HEAD}.",
        hint="Use the same program on all machines. To bring all to a newer one, end Strongroom on "
        "all of them, install it everywhere, and start one first.",
    )
