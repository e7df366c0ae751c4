"""``strongroom points``: the restore points of a storage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from strongroom.cli import output
from strongroom.cli.browse import StorageName
from strongroom.cli.command import command
from strongroom.cli.settings import Settings

if TYPE_CHECKING:
    from strongroom.operations.points import RestorePoint
    from strongroom.words.json import Json

_ID_SHOWN = 12


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    command(app, "points", exits=(2, 4))(points)


def points(
    settings: Settings,
    storage: StorageName,
    resource: Annotated[
        str | None, typer.Option(metavar="R", help="Only those of this resource.")
    ] = None,
) -> None:
    """List restore points, newest first."""
    with settings.application() as application:
        found = application.kept.points(storage, resource)
    if settings.is_json:
        output.document([document(point) for point in found])
    else:
        output.table(
            ("ID", "RESOURCE", "TIME", "STATUS", "ITEMS", "SIZE"),
            [
                (
                    point.id[:_ID_SHOWN],
                    point.resource,
                    point.time,
                    point.status,
                    point.items,
                    output.size(point.bytes),
                )
                for point in found
            ],
        )


def document(point: RestorePoint) -> dict[str, Json]:
    """Write a restore point as JSON."""
    return {
        "id": point.id,
        "resource": point.resource,
        "time": output.when(point.time),
        "status": str(point.status),
        "items": point.items,
        "bytes": point.bytes,
        "kind": point.kind,
        "resource_id": point.resource_id,
        "connection": point.host,
    }
