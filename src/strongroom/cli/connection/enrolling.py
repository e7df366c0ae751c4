"""``strongroom connection sign-in | renew-certificate``: a person at a screen, and a new secret."""

from __future__ import annotations

from typing import Annotated

import typer

from strongroom.cli import signing_in, unlocking
from strongroom.cli.command import command
from strongroom.cli.connection import options, reporting
from strongroom.cli.connection.showing import show_view
from strongroom.cli.settings import Settings

AdministratorSignIn = Annotated[
    options.PersonsSignIn,
    typer.Option("--sign-in", help="How an administrator of the tenant signs in, once."),
]


def register(app: typer.Typer) -> None:
    """Add the commands to those of connections."""
    command(app, "sign-in", exits=(2, 4, 5))(sign_in)
    command(app, "renew-certificate", exits=(2, 4, 5))(renew_certificate)


def sign_in(
    settings: Settings, name: options.Name, password_file: options.GuardFile = None
) -> None:
    """Sign the connection's person in again, second factor and all: after it was revoked.

    It has to be the same person; another one is refused.
    """
    with settings.application() as application:
        view = unlocking.unlocked(
            application,
            name,
            password_file,
            lambda: application.connections.sign_in(name, signing_in.show),
        )
    show_view(settings, view)


def renew_certificate(
    settings: Settings,
    name: options.Name,
    sign_in: AdministratorSignIn = options.PersonsSignIn.BROWSER,
    password_file: options.GuardFile = None,
) -> None:
    """Give the connection's applications new certificates; the old ones go once these work.

    An administrator of the tenant signs in, once, and is forgotten.
    """
    with settings.application() as application:
        made = unlocking.unlocked(
            application,
            name,
            password_file,
            lambda: application.connections.renew_certificate(
                name, signing_in.show, sign_in=str(sign_in)
            ),
        )
    reporting.show(settings, made)
