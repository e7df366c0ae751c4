"""The running service: does what runs ask for, and answers at the socket of the home."""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from strongroom.control.home import passable
from strongroom.engine.filelock import FileLock
from strongroom.engine.serving import work
from strongroom.engine.worker import Worker
from strongroom.errors import OperatorError, ResourceLocked
from strongroom.service.application import Application
from strongroom.service.callers import home_account, own_account
from strongroom.service.remote import address
from strongroom.service.remote.conversation import House
from strongroom.service.remote.patience import Patience
from strongroom.service.remote.server import Door, Server
from strongroom.service.remote.sessions import SharedSessions


def serve(
    application: Application,
    *,
    is_over: Callable[[], bool],
    ready: Callable[[Path], None],
    tell: Callable[[str], None],
) -> None:
    """Be the service of a home until told to leave; runs that are not done go on another time.

    Args:
        application: The open home.
        is_over: Asked a few times a second.
        ready: Called with the path of the socket once it answers.
        tell: Takes lines for whoever looks after the service.

    Raises:
        OperatorError: the home is another account's, or somebody works in it already.
    """
    home = application.home
    require_own_home(home.path)
    with _the_only_one(home.path, FileLock(home.worker_lock)), passable(home.path):
        house = House(
            verbs=application.for_session,
            sessions=SharedSessions(),
            is_worker=True,
            patience=Patience(application.clock),
            report=lambda error: report_bug(error, tell),
        )
        door = Door(path=home.path / address.NAME, own=home_account(home.path))
        server = Server(house, door, application.clock)
        try:
            ready(door.path)
            work(make_worker=application.make_worker, is_over=is_over)
        finally:
            server.close()


def work_beside_others(
    application: Application, *, is_over: Callable[[], bool], ready: Callable[[], None]
) -> None:
    """Be one more worker of a control database that several machines share, until told to leave.

    Args:
        application: The open home.
        is_over: Asked a few times a second.
        ready: Called once it works.

    Raises:
        OperatorError: the home's database is its own.
        ResourceLocked: somebody works in this home already.
    """
    if not application.has_shared_database:
        raise OperatorError(
            "This home has a database of its own, so there is nobody to work beside.",
            hint="One machine needs `strongroom serve`. For more, move the database to a"
            " PostgreSQL first: `strongroom database move`.",
        )

    def make_worker() -> Worker:
        worker = application.make_worker()
        ready()
        return worker

    with _the_only_one(application.home.path, FileLock(application.home.worker_lock)):
        work(make_worker=make_worker, is_over=is_over)


def require_own_home(home: Path) -> None:
    """Refuse to serve the home of another account: its files would become ours.

    Raises:
        OperatorError: it is another's.
    """
    if home_account(home).isdisjoint(own_account().ids):
        raise OperatorError(
            f"The home {home} belongs to another account.",
            hint="Start `strongroom serve` as that account.",
        )


@contextmanager
def _the_only_one(home: Path, lock: FileLock) -> Iterator[None]:
    """Hold the home's lock.

    Raises:
        ResourceLocked: somebody else does.
    """
    if not lock.try_acquire():
        connection = address.connect(home / address.NAME)
        if connection is not None:
            connection.close()
            raise ResourceLocked(
                f"The service of the home {home} is running already.",
                hint="One is enough: commands find it by themselves.",
            )
        raise ResourceLocked(
            f"A command is doing work in the home {home}.",
            why="One with --wait was given before the service was started.",
            hint="Let it end, or interrupt it: what it does goes on when the service has started.",
        )
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)
        lock.release()


def report_bug(error: BaseException, tell: Callable[[str], None]) -> None:
    """Tell where one of our bugs is. Its text is left out: it may hold anybody's data."""
    tell(f"An error in Strongroom itself: {type(error).__name__}; please report it with this:")
    for frame in traceback.extract_tb(error.__traceback__):
        tell(f"  {Path(frame.filename).name}:{frame.lineno} {frame.name}")
