"""``strongroom connection test``."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from strongroom.cli import output, unlocking
from strongroom.cli.command import command
from strongroom.cli.connection import options
from strongroom.cli.settings import Settings


def register(app: typer.Typer) -> None:
    """Add the command to those of connections."""
    command(app, "test", exits=(2, 4, 5))(try_out)


def try_out(
    settings: Settings,
    name: options.Name,
    mailbox: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS", help="Mailbox to try impersonation and export on; or a site."
        ),
    ] = None,
    outside: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="Mailbox that was not chosen, and must stay shut."),
    ] = None,
    password_file: options.GuardFile = None,
) -> int:
    """Sign in, say what the server is, and whether all that jobs will need is there.

    Ends with exit code 2 if something is missing; with each comes the command that grants it.
    """
    with settings.application() as application:
        found = unlocking.unlocked(
            application,
            name,
            password_file,
            lambda: application.connections.test(name, mailbox=mailbox, outside=outside),
        )
    code = 2 if any(one.outcome == "missing" for one in found.capabilities) else 0
    if settings.is_json:
        output.document(
            {**found.facts, "capabilities": [asdict(one) for one in found.capabilities]}
        )
        return code
    for fact, value in found.facts.items():
        if fact == "warning" and value:
            output.message(f"Warning: {value}")
        elif value is not None and value != "":
            output.text(f"{fact}: {value}")
    for one in found.capabilities:
        output.text(f"{one.outcome}: {one.name}: {one.detail}")
        if one.remedy:
            output.text(f"    to grant it: {one.remedy}")
    return code
