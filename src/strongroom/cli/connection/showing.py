"""``strongroom connection list | show | remove``."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import typer

from strongroom.cli import output, unlocking
from strongroom.cli.command import command
from strongroom.cli.connection import options
from strongroom.cli.settings import Settings

if TYPE_CHECKING:
    from strongroom.service.connections import ConnectionView
    from strongroom.words.json import Json

_OF_SOME = {"access", "cloud"}
"""Fields that every connection has a value of, and only some kinds a use for."""

_COLUMNS = ("NAME", "KIND", "WHERE", "AS", "SIGN-IN", "SECRETS", "GUARD")


def register(app: typer.Typer) -> None:
    """Add the commands to those of connections."""
    command(app, "list", exits=(2, 4))(list_connections)
    command(app, "show", exits=(2, 4))(show)
    command(app, "remove", exits=(2, 4))(remove)


def list_connections(settings: Settings) -> None:
    """List all connections."""
    with settings.application() as application:
        views = application.connections.all()
    if settings.is_json:
        output.document([document_of(view) for view in views])
    else:
        output.table(_COLUMNS, [_row(view) for view in views])


def show(settings: Settings, name: options.Name, password_file: options.GuardFile = None) -> None:
    """Show a connection, without its secrets."""
    with settings.application() as application:
        view = unlocking.unlocked(
            application, name, password_file, lambda: application.connections.show(name)
        )
    show_view(settings, view)


def remove(settings: Settings, name: options.Name) -> None:
    """Forget a connection that no job stands on."""
    with settings.application() as application:
        application.connections.remove(name)
    if settings.is_json:
        output.document({"removed": name})
    else:
        output.text(f"Removed the connection {name}.")


def show_view(settings: Settings, view: ConnectionView) -> None:
    """Print one connection: as text, what is not set or means nothing to its kind is left out."""
    if settings.is_json:
        output.document(document_of(view))
        return
    # Loaded here: see Settings.
    from strongroom.service.kinds import KINDS  # noqa: PLC0415

    known = KINDS.get(view.kind)
    for field, value in document_of(view).items():
        means_nothing = field in _OF_SOME and (known is None or field not in known.may)
        if means_nothing or value in (None, "", [], False):
            continue
        shown = ", ".join(str(one) for one in value) if isinstance(value, list) else value
        if isinstance(value, dict):
            shown = ", ".join(f"{key} {where}" for key, where in value.items())
        output.text(f"{field}: {shown}")


def _row(view: ConnectionView) -> tuple[str, ...]:
    if view.is_locked:
        return (view.name, view.kind, "-", "-", view.auth, "-", "locked")
    # Loaded here: see Settings.
    from strongroom.service.kinds import BY_APPLICATION  # noqa: PLC0415

    is_application = view.auth in BY_APPLICATION
    tickets = ("tickets of this machine",) if view.uses_tickets else ()
    return (
        view.name,
        view.kind,
        view.url or view.server or view.tenant or "-",
        (view.client_id if is_application else view.user or view.client_id) or "-",
        view.auth,
        ", ".join([*view.secrets, *tickets]) or "missing",
        "password" if view.is_guarded else "roles",
    )


def document_of(view: ConnectionView) -> dict[str, Json]:
    """Give a connection as JSON shows it."""
    written = asdict(view)
    lists = {key: list(one) for key, one in written.items() if isinstance(one, tuple)}
    return {**written, **lists, "created": output.when(view.created)}
