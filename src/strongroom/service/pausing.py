"""Runs whose sign-in ends in the middle: how all of a run stops, and what a person must do.

A sign-in that has ended is no fault of one mailbox: every request would be refused from then on,
and asking again and again locks accounts. So the tasks stop at their next safe point, each keeps
what it has, and the run pauses until somebody has done what its ``error`` says.
"""

from __future__ import annotations

import shlex
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from strongroom.control.records import Connection, Run
from strongroom.errors import Interrupted, OperatorError, SignInEnded
from strongroom.operations.interfaces import Stop
from strongroom.service.details import ConnectionDetails
from strongroom.service.kinds import BY_PERSON
from strongroom.service.ports import Purpose


class SignInWatch:
    """Lets all tasks of a run know that the sign-in has ended for one of them. Safe in threads.

    Args:
        stop: Whether the run is to stop for another reason.
    """

    def __init__(self, stop: Stop) -> None:
        self._stop = stop
        self._lock = threading.Lock()
        self._ended: SignInEnded | None = None

    def stop(self) -> bool:
        """Say whether a task is to end at its next safe point."""
        return self._ended is not None or self._stop()

    @contextmanager
    def task(self) -> Iterator[None]:
        """Stop the other tasks if the sign-in ends in this block."""
        try:
            yield
        except SignInEnded as error:
            with self._lock:
                self._ended = self._ended or error
            raise

    @contextmanager
    def whole(self) -> Iterator[None]:
        """Let the end of the sign-in out of the block, whichever task noticed what.

        Raises:
            SignInEnded: it ended, and tasks were stopped because of that.
            Interrupted: they were stopped for another reason.
        """
        try:
            yield
        except Interrupted:
            if self._ended is None:
                raise
            raise self._ended from None


def require_same_server(run: Run, connection: Connection, server: str) -> None:
    """Refuse a connection that leads elsewhere than when the run was asked for.

    What the run covers was found on that server, and what it keeps others from is there as well.

    Args:
        run: The run.
        connection: The connection, as it is now.
        server: What tells its server from others, now (see ``engine.claims``).

    Raises:
        OperatorError: it is another server.
    """
    if run.claims.get("server") != server:
        raise OperatorError(
            f"The connection '{connection.name}' leads to another server than when this run was "
            "asked for.",
            why="It was edited since then.",
            hint="Ask for a new run, which uses it as it is now.",
        )


@contextmanager
def told_how_to_go_on(
    run_id: str,
    name: str,
    details: ConnectionDetails,
    purpose: Purpose,
    *,
    is_given_up: bool = False,
) -> Iterator[None]:
    """Put the exact commands for this run and this connection into what the server said.

    Args:
        run_id: The run that pauses.
        name: The connection's name.
        details: What it signed in with.
        purpose: As whom: a restore may do so as another application.
        is_given_up: It only puts back what it relaxed, and does not go on.

    Raises:
        SignInEnded: out of the block, with those commands in the hint.
    """
    try:
        yield
    except SignInEnded as error:
        steps = [error.hint] if error.hint else []
        if error.is_proof_refused and not details.uses_tickets:
            steps.append(f"Then: {_renewal(name, details, purpose)}.")
        if not is_given_up:  # the engine says what to do then
            resume = f"strongroom run resume {run_id} --wait"
            steps.append(f"What the run has kept stays; it goes on with: {resume}")
        raise SignInEnded(
            error.what,
            is_proof_refused=error.is_proof_refused,
            why=error.why,
            hint=" ".join(steps),
        ) from error


def _renewal(name: str, details: ConnectionDetails, purpose: Purpose) -> str:
    """Write the command that gives a connection another proof of who it is."""
    quoted = shlex.quote(name)
    if details.auth in BY_PERSON:
        return f"strongroom connection sign-in {quoted}"
    return f"strongroom connection edit {quoted} {_option(details, purpose)}"


def _option(details: ConnectionDetails, purpose: Purpose) -> str:
    if purpose is Purpose.RESTORE and details.restore_client_id:
        return "--restore-certificate PEM"
    if details.auth == "certificate":
        return "--certificate PEM"
    if details.auth == "client-secret":
        return "--client-secret-file FILE"
    if details.keytab is not None:
        return "--keytab FILE"
    if details.app_password is not None:
        return "--app-password-file FILE"
    return "--account-password-file FILE"
