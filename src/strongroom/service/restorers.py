"""Who restores: the application that backs up, or one of its own that may write."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from strongroom.errors import AccessDenied, SignInEnded
from strongroom.service.details import ConnectionDetails
from strongroom.service.kinds import BY_APPLICATION


@contextmanager
def told_who_restores(connection: str, details: ConnectionDetails) -> Iterator[None]:
    """Say in a refusal that the application which backs up restores, and how to name another.

    One that can only export is what a careful administrator set up; then the server's bare "access
    denied" would send them looking in the wrong place.

    Args:
        connection: Name of the connection.
        details: Its details.
    """
    try:
        yield
    except SignInEnded:
        raise  # nobody is let in at all, whatever they may do
    except AccessDenied as error:
        if details.auth in BY_APPLICATION and not details.restore_client_id:
            error.hint = (
                f"{error.hint} This connection restores as the application that backs up, which may"
                " be allowed to read only. Name one that may write: strongroom connection edit"
                f" '{connection}' --restore-client-id ID --restore-certificate PEM"
            ).strip()
        raise
