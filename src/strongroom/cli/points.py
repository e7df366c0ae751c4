"""``strongroom points``: the restore points of a storage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from strongroom.cli import output
from strongroom.cli.browse import StorageName
from strongroom.cli.command import command
from strongroom.cli.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from strongroom.operations.points import RestorePoint
    from strongroom.words.json import Json

INTEGRITY = 4
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
) -> int:
    """List restore points, newest first.

    Repositories that cannot be read are named, and hide no other.
    """
    with settings.application() as application:
        found = application.kept.points(storage, resource)
        locked = application.immutability.until(storage)
    if settings.is_json:
        output.document([document(point, _end(point, locked)) for point in found.points])
    else:
        _print(found.points, locked)
    # All of them, also beside JSON, which has no place for them.
    for one in found.unreadable:
        output.failure(f"{one.kind}:{one.id}: {one.what}", hint=one.hint)
    return INTEGRITY if found.unreadable else 0


def _print(points: Sequence[RestorePoint], locked: Mapping[str, datetime]) -> None:
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
                *([_end(point, locked) or "-"] if locked else []),
            )
            for point in points
        ],
    )


def _end(point: RestorePoint, locked: Mapping[str, datetime]) -> datetime | None:
    return locked.get(f"{point.kind}/{point.resource_id}")


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
