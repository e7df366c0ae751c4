"""Where a command goes: to the running service of a home, or into the home itself.

A service that answers gets every command, its own account's too, since one process at a time works
in a home. Without one, the account that the home belongs to works in it by itself; nobody else can.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, cast

from strongroom.cli import output
from strongroom.clock import SystemClock
from strongroom.control.home import SESSIONS
from strongroom.errors import OperatorError
from strongroom.service.remote import address
from strongroom.vault import core_dumps

if TYPE_CHECKING:  # loaded only by commands that do something: `--help` stays quick
    from strongroom.service.application import Application
    from strongroom.service.remote.proxy import RemoteApplication

SESSION_VARIABLE = "STRONGROOM_SESSION"
"""Holds the token of the session that the shell of ``connection unlock`` belongs to."""


def open_verbs(home: Path, *, why: str) -> Application:
    """Give the verbs of a home, wherever they are. Use it as a context manager.

    Args:
        home: The home directory.
        why: Why the command is given, for the audit log.

    Raises:
        OperatorError: the home is another account's, and no service answers in it.
    """
    service = running_service(home, why=why)
    return _own(home, why) if service is None else cast("Application", service)


def running_service(home: Path, *, why: str) -> RemoteApplication | None:
    """Connect to the service of a home, and join the session of our shell; None: there is none.

    Raises:
        OperatorError: it refuses us, or is not the home's own.
    """
    token = os.environ.get(SESSION_VARIABLE)
    found = None if token is None else _shell(home, token, why)
    if found is None:
        found = _connected(home, home / address.NAME, why, token)
    if token is not None and (found is None or not found.client.is_joined):
        output.message(
            "The session of this shell has ended: locked connections ask for their password again."
        )
    return found


@contextmanager
def joinable_session(home: Path, *, why: str) -> Iterator[tuple[Application, str]]:
    """Give the verbs of a home, in a session that the commands of a shell may join by a token.

    Inside such a shell it is the session of that shell.

    Raises:
        OperatorError: the home is another account's, and no service answers in it.
    """
    core_dumps.leave_none()  # passwords are typed here, whoever takes them
    service = running_service(home, why=why)
    if service is not None:
        with service:
            token = os.environ[SESSION_VARIABLE] if service.client.is_joined else None
            yield cast("Application", service), token or service.client.share()
        return
    from strongroom.service import serving  # noqa: PLC0415 - see above
    from strongroom.service.remote import private  # noqa: PLC0415 - see above

    with (
        _own(home, why) as application,
        private.joinable(
            application, lambda error: serving.report_bug(error, output.message)
        ) as token,
    ):
        yield application, token


def is_in_session() -> bool:
    """Say whether this command was given in a shell of ``connection unlock``."""
    return SESSION_VARIABLE in os.environ


def _shell(home: Path, token: str, why: str) -> RemoteApplication | None:
    """Connect to the process that began our shell's session, if it answers itself."""
    if not (home / SESSIONS).is_dir():
        return None
    from strongroom.service.remote import private  # noqa: PLC0415 - see above

    return _connected(home, private.socket_of(home / SESSIONS, token), why, token)


def _connected(home: Path, path: Path, why: str, token: str | None) -> RemoteApplication | None:
    if not address.is_there(path):
        return None
    from strongroom.service.remote import client, proxy  # noqa: PLC0415 - see above

    connection = client.connect(path, home)
    if connection is None:
        return None
    return proxy.RemoteApplication(client.Client(connection, SystemClock(), why=why, token=token))


def _own(home: Path, why: str) -> Application:
    require_own(home)
    from strongroom import compose  # noqa: PLC0415 - see above

    return compose.open_application(home, why=why)


def require_own(home: Path) -> None:
    """Refuse to work in a home that belongs to somebody else.

    Raises:
        OperatorError: it does.
    """
    if os.name != "posix":
        return
    try:
        owner = home.stat().st_uid
    except OSError:  # there is none yet, or whoever opens it says why it cannot be used
        return
    if owner == os.getuid():
        return
    from strongroom.service.callers import unix_account  # noqa: PLC0415 - see above

    raise OperatorError(
        f"The home {home} belongs to {unix_account(owner).name}, and no service answers in it.",
        why="Others reach it through the running service alone, which looks at who they are.",
        hint=f"Start `strongroom serve` as {unix_account(owner).name}, or name a home of your own "
        "with --home.",
    )
