"""A session that other processes of the same account may join where no service is running.

The process that began it answers them itself, at a socket in the home whose name follows from the
session's token. It does no runs; a command that waits for one becomes the worker there as ever.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from strongroom.service.application import Application
from strongroom.service.callers import home_account
from strongroom.service.remote import address
from strongroom.service.remote.conversation import House
from strongroom.service.remote.patience import Patience
from strongroom.service.remote.server import Door, Server
from strongroom.service.remote.sessions import SharedSessions


def socket_of(folder: Path, token: str) -> Path:
    """Say where the session that a token names would be answered. Nobody learns the token by it."""
    mark = hashlib.sha256(b"socket of " + token.encode("utf-8", "surrogatepass")).hexdigest()
    return folder / f"{mark[:16]}.sock"


@contextmanager
def joinable(application: Application, report: Callable[[BaseException], None]) -> Iterator[str]:
    """Let the session of an open home be joined, for as long as the block lasts; give its token.

    Args:
        application: The open home.
        report: Takes our bugs.
    """
    folder = application.home.sessions()
    _remove_stale(folder)
    sessions = SharedSessions()
    token = sessions.share(application.session)
    house = House(
        verbs=application.for_session,
        sessions=sessions,
        is_worker=False,
        patience=Patience(application.clock),
        report=report,
    )
    door = Door(
        path=socket_of(folder, token),
        mode=address.FOR_US_ALONE,
        only=home_account(application.home.path),
    )
    server = Server(house, door, application.clock)
    try:
        yield token
    finally:
        sessions.end(application.session)
        server.close()


def _remove_stale(folder: Path) -> None:
    """Remove what processes left that were killed."""
    for path in folder.glob("*.sock"):
        connection = address.connect(path)
        if connection is None:
            path.unlink(missing_ok=True)
        else:
            connection.close()
