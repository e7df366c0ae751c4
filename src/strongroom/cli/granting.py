"""``strongroom connection grant``: let somebody put jobs on a connection without its password."""

from __future__ import annotations

from typing import Annotated

import typer

from strongroom.cli import output, things
from strongroom.cli.command import command
from strongroom.cli.connection import Name
from strongroom.cli.role import grant_document
from strongroom.cli.settings import Settings
from strongroom.service.rights import Right


def register(app: typer.Typer) -> None:
    """Add the command to those of connections."""
    command(app, "grant", exits=(2, 4))(grant)


def grant(
    settings: Settings,
    name: Name,
    to: Annotated[
        str,
        typer.Option(
            metavar="ACCOUNT",
            help="Stable id: uid:NUMBER, sid:S-1-5-… or entra:TENANT:OBJECT-ID.",
        ),
    ],
) -> None:
    """Let an account use a guarded connection in jobs and restores without its password.

    It shows nobody the details, and brings no role: what they may do at all, their roles say.
    """
    with settings.application() as application:
        given = application.delegation.grant(to, Right.USE_CONNECTION, targets=[(name, things.ALL)])
    if settings.is_json:
        output.document(grant_document(given))
    else:
        output.text(
            f"{to} may use the connection {name}. `strongroom role revoke {given.id}` takes that "
            "away."
        )
