"""Looking at the health of a home: as a verb of whoever has it open, or from outside.

From outside nothing is changed and nothing is made: a database of an older version is not brought
up to date by somebody who only wants to know how it is.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from strongroom.clock import Clock
from strongroom.control.database import HEAD, Database, DatabasePlace, version_of
from strongroom.control.home import Home
from strongroom.control.sqlite import SqliteFile
from strongroom.engine.filelock import FileLock
from strongroom.errors import StrongroomError
from strongroom.service.health import Check, HealthReport, Level, report_of
from strongroom.service.health_checks import View, all_checks
from strongroom.service.rights import Right
from strongroom.service.verbs import Verbs, verb


class Health(Verbs):
    """The verbs. Safe in many threads."""

    noun = "health"

    @verb(Right.LIST)
    def now(self) -> HealthReport:
        """Say how the home is."""
        shared = self._shared
        now = shared.ports.clock.now()
        with viewed(shared.database, shared.home, now) as view:
            return report_of(all_checks(view), now)


def look_from_outside(home: Path, place: DatabasePlace, clock: Clock) -> HealthReport:
    """Say how a home is that no service has open.

    Args:
        home: The home directory; it must be our own.
        place: Where its control database is.
        clock: Time.
    """
    now = clock.now()
    if not home.is_dir():
        return report_of([failing("home", f"There is no home at {home}.")], now)
    if isinstance(place, SqliteFile) and not place.path.exists():
        return report_of([failing("database", "The home has no control database yet.")], now)
    database = Database(place, place.engine())
    try:
        with database.read() as db:
            version = version_of(db)
        if version != HEAD:
            return report_of([_other(version)], now)
        with viewed(database, Home(path=home), now) as view:
            return report_of(all_checks(view), now)
    except StrongroomError as error:
        return report_of([failing("database", str(error), error.hint)], now)
    finally:
        database.close()


def failing(name: str, what: str, hint: str = "") -> Check:
    """Make a check that fails."""
    return Check(name=name, level=Level.FAILING, what=what, hint=hint)


def _other(version: str | None) -> Check:
    """Tell of a database that is not of our version."""
    figures = {"version": version}
    if version is not None and version > HEAD:
        what = f"A newer Strongroom made the control database: {version}, this one knows {HEAD}."
        return Check(name="database", level=Level.FAILING, what=what, figures=figures)
    return Check(
        name="database",
        level=Level.WARNING,
        what=f"The control database is of version {version}, and not yet {HEAD}.",
        hint="Whatever uses it next brings it up to date: start `strongroom serve`.",
        figures=figures,
    )


@contextmanager
def viewed(database: Database, home: Home, now: datetime) -> Iterator[View]:
    """Give a view of a home, all of it at one moment.

    Args:
        database: Its open control database.
        home: Where things lie in it.
        now: The time.
    """
    free_bytes = shutil.disk_usage(home.path).free
    has_worker = _is_held(home.worker_lock)
    with database.read() as db:
        yield View(
            db=db,
            now=now,
            has_worker=has_worker,
            is_shared=database.place.is_shared,
            size_bytes=database.place.size_bytes(db),
            free_bytes=free_bytes,
        )


def _is_held(path: Path) -> bool:
    """Say whether somebody holds a lock; looking makes no file."""
    if not os.path.lexists(path):
        return False
    lock = FileLock(path)
    is_free = lock.try_acquire()
    lock.release()
    return not is_free
