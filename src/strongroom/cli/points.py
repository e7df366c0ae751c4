"""``strongroom points``: the restore points of a storage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from strongroom.cli import output
from strongroom.cli.browse import StorageName
from strongroom.cli.command import command
from strongroom.cli.settings import Settings

if TYPE_CHECKING:
    from datetime import datetime

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
        locked = application.immutability.until(storage)
    ends = {point.id: locked.get(f"{point.kind}/{point.resource_id}") for point in found}
    if settings.is_json:
        output.document([document(point, ends[point.id]) for point in found])
        return
    more = ("LOCKED UNTIL",) if locked else ()
    output.table(
        ("ID", "RESOURCE", "TIME", "STATUS", "ITEMS", "SIZE", *more),
        [
            (
                point.id[:_ID_SHOWN],
                point.resource,
                point.time,
                point.status,
                point.items,
                output.size(point.bytes),
                *([ends[point.id] or "-"] if locked else []),
            )
            for point in found
        ],
    )


def document(point: RestorePoint, locked_until: datetime | None = None) -> dict[str, Json]:
    """Write a restore point as JSON.

    Args:
        point: The restore point.
        locked_until: Until when nobody can delete what it needs, at least.
    """
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
        "locked_until": None if locked_until is None else output.when(locked_until),
    }
