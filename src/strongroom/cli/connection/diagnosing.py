"""``strongroom connection diagnose``, and ``strongroom diagnose`` for short."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from strongroom.cli import output, unlocking
from strongroom.cli.command import command
from strongroom.cli.connection import options, speed
from strongroom.cli.settings import Settings


def register(app: typer.Typer) -> None:
    """Add the command to those of connections."""
    command(app, "diagnose", exits=(2, 4, 5))(diagnose)


def diagnose(
    settings: Settings,
    name: options.Name,
    mailbox: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS", help="Mailbox to try rights on, and to measure; or a site."
        ),
    ] = None,
    has_addresses: Annotated[  # noqa: FBT002 - the parser's calling convention
        bool,
        typer.Option(
            "--with-addresses",
            help="Put addresses, names of servers and whole error messages in; for your own eyes.",
        ),
    ] = False,
    password_file: options.GuardFile = None,
) -> int:
    """Try a connection step by step, measure how fast it is, and print a report of it all.

    The report is made to be sent to whoever helps you. Some existing items are read for it and
    thrown away, those of the account's own mailbox or of --mailbox; nothing is changed.
    It holds no secret, and without --with-addresses nothing that says whose or where it is. Ends
    with the exit code of the first step that failed.
    """
    with settings.application() as application:
        found = unlocking.unlocked(
            application,
            name,
            password_file,
            lambda: application.connections.diagnose(name, mailbox, has_addresses=has_addresses),
        )
    code = next((one.exit_code for one in found.steps if not one.is_well), 0)
    if settings.is_json:
        output.document({**asdict(found), "made": output.when(found.made)})
        return code
    output.text(f"made: {output.when(found.made)}")
    for part in (found.program, found.connection, found.facts):
        for key, value in part.items():
            shown = ", ".join(str(one) for one in value) if isinstance(value, list) else value
            output.text(f"{key}: {shown}")
    for step in found.steps:
        outcome = "well" if step.is_well else "FAILED"
        told = " ".join(one for one in (step.detail, step.private) if one)
        output.text(f"{outcome}: {step.at}: {step.name}: {step.took_ms} ms. {told}".rstrip())
    for one in found.capabilities:
        output.text(f"{one.outcome}: {one.name} {one.detail}".rstrip())
    for line in speed.told(found.speed):
        output.text(line)
    if not found.has_addresses:
        output.message("No address is in it. --with-addresses shows the whole messages.")
    return code
