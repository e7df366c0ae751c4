"""What adding a connection of any kind has in common: secrets, the guard, and what is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from strongroom.cli import output, secrets, unlocking
from strongroom.cli.connection.options import (
    APP_PASSWORD_OPTION,
    PASSWORD_OPTION,
    SECRET_OPTION,
)
from strongroom.cli.connection.showing import show_view
from strongroom.cli.settings import Settings
from strongroom.cli.signing_in import show as show_sign_in

if TYPE_CHECKING:
    from strongroom.service.application import Application
    from strongroom.service.details import ConnectionDetails
    from strongroom.vault.secret import Secret


def account_password(file: str | None, user: str | None) -> Secret:
    """Read the password of the account that signs in, or ask for it."""
    return secrets.from_file_or_prompt(
        file, option=PASSWORD_OPTION, prompt=f"Password of {user or 'the account'}"
    )


def app_password(file: str) -> Secret:
    """Read an app password, and warn of it."""
    # Loaded here: see Settings.
    from strongroom.wire.sharepoint.legacy import APP_PASSWORD_WARNING  # noqa: PLC0415

    found = secrets.from_file_or_prompt(file, option=APP_PASSWORD_OPTION, prompt="App password")
    output.message(f"Warning: {APP_PASSWORD_WARNING}")
    return found


def persons_proof(
    auth: str | None,
    user: str | None,
    *,
    app_password_file: str | None,
    password_file: str | None,
) -> dict[str, Secret]:
    """Read what a person proves themselves with; none of it where none is used."""
    proof = {}
    if app_password_file is not None:
        proof["app_password"] = app_password(app_password_file)
    if password_file is not None or (auth is not None and not proof):
        proof["password"] = account_password(password_file, user)
    return proof


def client_secret(file: str) -> Secret:
    """Read an application's secret."""
    return secrets.from_file_or_prompt(file, option=SECRET_OPTION, prompt="Client secret")


def guard(file: str | None) -> Secret | None:
    """Read the password that will guard the connection; None: roles alone do."""
    if file is None:
        return None
    return secrets.from_file_or_prompt(
        file, option=unlocking.OPTION, prompt="Password of the connection"
    )


def keep(
    settings: Settings,
    application: Application,
    name: str,
    details: ConnectionDetails,
    password: Secret | None,
) -> None:
    """Add the connection, a person's sign-in included, and show it."""
    view = application.connections.add(name, details, password=password, prompt=show_sign_in)
    show_view(settings, view)
