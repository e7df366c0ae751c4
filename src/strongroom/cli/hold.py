"""``strongroom hold``: what must not be forgotten, whatever rules and people say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from strongroom.cli import output
from strongroom.cli.browse import ResourceName, StorageName
from strongroom.cli.command import command, group
from strongroom.cli.keeping import AtOnceOption
from strongroom.cli.settings import Settings

if TYPE_CHECKING:
    from strongroom.service.holding import HoldView
    from strongroom.words.json import Json

_ID_SHOWN = 12
app = group("What must not be forgotten: a hold beats every rule and every hand.")


@command(app, "add", exits=(2, 4))
def add(
    settings: Settings,
    storage: StorageName,
    resource: ResourceName,
    reason: Annotated[
        str, typer.Option(metavar="TEXT", help="Why: a case, an order. Everybody sees it.")
    ],
    point: Annotated[
        str | None,
        typer.Option(
            metavar="ID", help="Only this restore point; else all, those to come as well."
        ),
    ] = None,
) -> None:
    """Let nothing of a resource be forgotten; every home that has the storage keeps to it."""
    with settings.application() as application:
        held = application.holds.add(storage, resource, reason=reason, point=point)
    _show_one(settings, held, f"Held: {held.resource}, by hold {held.id}.")
    if held.too_late:
        gone = ", ".join(one[:_ID_SHOWN] for one in held.too_late)
        output.message(f"It came too late for restore points that went in this moment: {gone}.")
    if held.is_in_doubt:
        output.message(
            "Somebody has the repository for himself just now, a prune perhaps: one restore point "
            f"may be on its way out already. Once that is done, look at `strongroom points "
            f"{storage}`."
        )


@command(app, "list", exits=(2, 4))
def list_holds(
    settings: Settings,
    storage: Annotated[
        str | None, typer.Option(metavar="S", help="Only those in this storage.")
    ] = None,
    is_whole: Annotated[  # noqa: FBT002 - the parser's calling convention
        bool, typer.Option("--all", help="Those too that keep nothing any more.")
    ] = False,
) -> None:
    """List what is held, those too that other homes have put into the storages."""
    with settings.application() as application:
        found = application.holds.all(storage, is_whole=is_whole)
    if settings.is_json:
        output.document([_document(one) for one in found])
        return
    output.table(
        ("ID", "STORAGE", "RESOURCE", "POINT", "SINCE", "BY", "REASON", "KEEPS UNTIL"),
        [
            (
                one.id,
                one.storage,
                one.resource,
                one.point[:_ID_SHOWN] or "all",
                one.at,
                one.held_by,
                one.reason,
                one.keeps_until,
            )
            for one in found
        ],
    )


@command(app, "remove", exits=(2, 4))
def remove(
    settings: Settings,
    storage: StorageName,
    hold: Annotated[str, typer.Argument(metavar="ID", help="The hold, as `hold list` shows it.")],
    is_at_once: AtOnceOption = False,  # noqa: FBT002 - the parser's calling convention
) -> None:
    """Take a hold off; what it kept waits seven days. Put it there again, and nothing happened."""
    with settings.application() as application:
        released = application.holds.remove(storage, hold, is_at_once=is_at_once)
    until = "" if released.keeps_until is None else output.when(released.keeps_until)
    _show_one(
        settings, released, f"Hold {hold} of {released.resource} is off; it keeps until {until}."
    )


def _show_one(settings: Settings, hold: HoldView, said: str) -> None:
    if settings.is_json:
        output.document(_document(hold))
    else:
        output.text(said)


def _document(hold: HoldView) -> dict[str, Json]:
    return {
        "id": hold.id,
        "storage": hold.storage,
        "resource": hold.resource,
        "kind": hold.kind,
        "resource_id": hold.resource_id,
        "point": hold.point or None,
        "reason": hold.reason,
        "held_by": hold.held_by,
        "at": None if hold.at is None else output.when(hold.at),
        "released": None if hold.released is None else output.when(hold.released),
        "released_by": hold.released_by or None,
        "keeps_until": None if hold.keeps_until is None else output.when(hold.keeps_until),
        "is_recorded_here": hold.is_recorded_here,
        "is_in_storage": hold.is_in_storage,
        "too_late": list(hold.too_late),
        "is_in_doubt": hold.is_in_doubt,
    }
