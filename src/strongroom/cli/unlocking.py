"""Getting past the password that guards a connection's details: from a file, or asked for."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from strongroom.cli import secrets

if TYPE_CHECKING:
    from strongroom.service.application import Application
    from strongroom.vault.secret import Secret

T = TypeVar("T")

OPTION = "--password-file"
GuardOption = Annotated[
    str | None,
    typer.Option(
        OPTION,
        metavar="F",
        help="File with the password that guards the connection's details; - reads stdin.",
    ),
]


def unlocked(
    application: Application, connection: str, password_file: str | None, act: Callable[[], T]
) -> T:
    """Do something that a guarded connection may need its password for.

    Args:
        application: Whose session is unlocked, for as long as the command lasts.
        connection: The connection's name.
        password_file: As given with the option; None: a person is asked, if there is one.
        act: What to do.

    Raises:
        Locked: a password is needed, none was given, and there is no terminal to ask at.
        OperatorError: it is another one; or whatever ``act`` raises.
    """
    from strongroom.service.locks import Locked  # noqa: PLC0415 - see Settings

    if password_file is not None:
        application.connections.unlock(connection, _password(connection, password_file))
    try:
        return act()
    except Locked:
        if password_file is not None or not sys.stdin.isatty():
            raise
    application.connections.unlock(connection, _password(connection, None))
    return act()


def _password(connection: str, file: str | None) -> Secret:
    return secrets.from_file_or_prompt(
        file, option=OPTION, prompt=f"Password that guards the connection {connection}"
    )
