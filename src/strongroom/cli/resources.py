"""``strongroom resources``: what a connection can reach."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from strongroom.cli import output, unlocking
from strongroom.cli.command import command
from strongroom.cli.settings import Settings

if TYPE_CHECKING:
    from strongroom.words.json import Json
    from strongroom.words.resource import Resource


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    command(app, "resources", exits=(2, 4, 5))(resources)


def resources(
    settings: Settings,
    connection: Annotated[str, typer.Argument(metavar="CONNECTION")],
    password_file: unlocking.GuardOption = None,
) -> None:
    """List mailboxes that a connection can reach, and those it cannot with the reason."""
    with settings.application() as application:
        found = unlocking.unlocked(
            application,
            connection,
            password_file,
            lambda: application.connections.resources(connection),
        )
    if settings.is_json:
        output.document([_document(resource) for resource in found])
    else:
        output.table(
            ("RESOURCE", "NAME", "ROLE", "ID", "EXCLUDED"),
            [(one.reference, one.name, one.role, one.id, one.excluded) for one in found],
        )


def _document(resource: Resource) -> Json:
    return {
        "resource": resource.reference,
        "kind": str(resource.kind),
        "id": resource.id,
        "address": resource.address,
        "name": resource.name,
        "role": resource.role,
        "excluded": resource.excluded,
    }
