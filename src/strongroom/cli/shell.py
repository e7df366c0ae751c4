"""``strongroom connection unlock | lock``: a shell in which a guarded connection is open."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from strongroom.cli import output, routing, secrets, unlocking
from strongroom.cli.command import command
from strongroom.cli.connection.options import Name
from strongroom.cli.settings import HOME_VARIABLE, Settings
from strongroom.errors import OperatorError

_SIGNALLED = 128
"""Shells give this and the signal's number for what a signal ended."""


def register(app: typer.Typer) -> None:
    """Add the commands to those of connections."""
    command(app, "unlock", exits=(2, 4))(unlock)
    command(app, "lock", exits=(2, 4))(lock)


def unlock(
    settings: Settings,
    name: Name,
    password_file: unlocking.GuardOption = None,
    words: Annotated[
        str | None,
        typer.Option("--command", metavar="TEXT", help="Give the shell this, and end with it."),
    ] = None,
) -> int:
    """Open a shell in which a guarded connection stays unlocked until the shell ends.

    Ends with the exit code of the shell.
    """
    home = settings.chosen_home().absolute()
    with routing.joinable_session(home, why=settings.reason()) as (application, token):
        password = secrets.from_file_or_prompt(
            password_file,
            option=unlocking.OPTION,
            prompt=f"Password that guards the connection {name}",
        )
        application.connections.unlock(name, password)
        if words is None:
            output.message(f"The connection {name} is unlocked until this shell ends (`exit`).")
        try:
            code = _shell(words, home, token)
        finally:
            if routing.is_in_session():  # whose shell goes on
                application.connections.lock(name)
    return code


def lock(settings: Settings, name: Name) -> None:
    """Lock a connection again, in the shell that `connection unlock` opened."""
    if not routing.is_in_session():
        raise OperatorError(
            "Nothing is unlocked here.",
            why="A connection is unlocked for one command, or in the shell of `strongroom "
            "connection unlock`.",
        )
    with settings.application() as application:
        application.connections.lock(name)
    if settings.is_json:
        output.document({"locked": name})
    else:
        output.text(f"The connection {name} is locked in this shell.")


def _shell(words: str | None, home: Path, token: str) -> int:
    """Run the person's shell, whose commands join the session; give its exit code."""
    program = os.environ.get("SHELL") or "/bin/sh"
    environment = {**os.environ, routing.SESSION_VARIABLE: token, HOME_VARIABLE: str(home)}
    try:
        with _interrupts_left_to_the_shell():
            ended = subprocess.run(  # noqa: S603 - the caller's own shell, as the caller
                [program] if words is None else [program, "-c", words],
                env=environment,
                check=False,
            )
    except OSError as error:
        raise OperatorError(
            f"The shell {program} cannot be started.",
            why=f"{error.strerror}.",
            hint="It is what SHELL names.",
        ) from error
    return ended.returncode if ended.returncode >= 0 else _SIGNALLED - ended.returncode


@contextmanager
def _interrupts_left_to_the_shell() -> Iterator[None]:
    """Let Ctrl-C be the shell's: the terminal sends it to both of us."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may listen
        return
    # A function, since a signal that is ignored would be ignored by the shell too.
    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
