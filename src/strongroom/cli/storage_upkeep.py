"""``strongroom storage check``, ``repair``, ``salvage``: looking after what is stored."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from strongroom.cli import output, storage_shown
from strongroom.cli.command import command
from strongroom.cli.settings import Settings
from strongroom.cli.watching import RunDisplay
from strongroom.words.paths import path_text

if TYPE_CHECKING:
    from strongroom.operations.damage import Damage
    from strongroom.operations.salvage import Salvaged
    from strongroom.service.upkeep import Checked, RepairedRepository, SalvagedResource
    from strongroom.words.json import Json

INTEGRITY = 4

Name = Annotated[str, typer.Argument(metavar="NAME", help="The storage's name.")]
ResourceOption = Annotated[
    str | None,
    typer.Option("--resource", metavar="R", help="Only this: ADDRESS, or KIND:ID. Else all."),
]


def register(app: typer.Typer) -> None:
    """Add the commands to the group."""
    command(app, "check", exits=(2, 4, 5))(check)
    command(app, "repair", exits=(2, 4, 5))(repair)
    command(app, "salvage", exits=(2, 4, 5))(salvage)


def check(
    settings: Settings,
    name: Name,
    read_data: Annotated[  # noqa: FBT002 - the parser's calling convention
        bool, typer.Option("--read-data", help="Read and verify every stored byte.")
    ] = False,
    sample: Annotated[
        str | None,
        typer.Option(
            "--sample",
            metavar="5%|3/20",
            help="Read a part of it: each day another twentieth, or the third of twenty parts.",
        ),
    ] = None,
    resource: ResourceOption = None,
) -> int:
    """Look for damage in all repositories of a storage, and whether its place can be trusted."""
    with settings.application() as application, RunDisplay() as display:
        tried = application.storages.prove(name)
        found = application.upkeep.check(
            name, resource=resource, read_data=read_data, sample=sample, tell=display.tell
        )
    if settings.is_json:
        document = asdict(found)
        document["problems"] = list(document["problems"])
        output.document({"storage": name, **storage_shown.tried_document(tried), **document})
    storage_shown.tell_tried(name, tried)
    output.failures([f"{one.repository or name}: {one.what}" for one in found.problems])
    if not settings.is_json and found.part:
        output.text(_read(found))
    if found.problems:
        output.message(
            "What is damaged is named above. Put damaged files back from a copy of the storage if "
            f"there is one. Else `strongroom storage repair {name}` makes it work again"
            f"{'' if found.part else ' (--read-data finds what only reading shows)'}; "
            f"`strongroom storage salvage {name}` names what is lost."
        )
        return INTEGRITY
    if tried.broken:
        return INTEGRITY
    if not settings.is_json:
        output.text(f"No problems were found in {name}.")
    return 0


def repair(
    settings: Settings,
    name: Name,
    resource: ResourceOption = None,
    read_data: Annotated[  # noqa: FBT002 - the parser's calling convention
        bool, typer.Option("--read-data", help="Read every stored byte to find what is damaged.")
    ] = False,
) -> int:
    """Make a damaged storage work again: keep what is sound, set aside what is not.

    Nothing is destroyed: damaged files lie in the folder strongroom/set-aside of their repository.
    The next backup asks the server again for what was lost of the newest restore point.
    """
    with settings.application() as application, RunDisplay() as display:
        repaired = application.upkeep.repair(
            name, resource=resource, read_data=read_data, tell=display.tell
        )
    if settings.is_json:
        output.document([_repaired_document(one) for one in repaired])
    else:
        _print_repaired(name, repaired)
    failed = [one for one in repaired if one.problem]
    output.failures([f"{one.repository or name}: {one.problem}" for one in failed])
    return INTEGRITY if failed or any(one.lost for one in repaired) else 0


def salvage(
    settings: Settings,
    name: Name,
    resource: ResourceOption = None,
    read_data: Annotated[  # noqa: FBT002 - the parser's calling convention
        bool, typer.Option("--read-data", help="Read the content of every item.")
    ] = False,
) -> int:
    """Say of every restore point what can still be restored, and name what cannot.

    Changes nothing. A restore or export of a damaged point brings all else back, and names the same
    in its ledger.
    """
    with settings.application() as application, RunDisplay() as display:
        found = list(
            application.upkeep.salvage(
                name, resource=resource, read_data=read_data, tell=display.tell
            )
        )
    if settings.is_json:
        output.document([_salvaged_document(one) for one in found])
    else:
        _print_salvaged(found)
    is_whole = all(point.is_whole for one in found for point in one.points)
    return 0 if is_whole and not any(one.problem for one in found) else INTEGRITY


def _read(found: Checked) -> str:
    share = 100 * found.bytes_read / found.bytes if found.bytes else 100
    part = f", part {found.part} of {found.parts}" if found.parts > 1 else ""
    return (
        f"Read {found.packs_read:,} of {found.packs:,} packs ({output.size(found.bytes_read)} of "
        f"{output.size(found.bytes)}, {share:.1f} %{part})."
    )


def _print_repaired(name: str, repaired: list[RepairedRepository]) -> None:
    for one in repaired:
        where = one.repository or name
        for text in one.done:
            output.text(f"{where}: {text}")
        for text in one.lost:
            output.text(f"{where}: LOST: {text}")
        if one.asked_again:
            output.text(f"{where}: the next backup asks for {one.asked_again:,} items again.")
    if not any(one.done or one.lost or one.problem for one in repaired):
        output.text(f"Nothing had to be repaired in {name}.")


def _print_salvaged(found: list[SalvagedResource]) -> None:
    output.table(
        ("RESOURCE", "POINT", "TIME", "RESTORABLE", "LOST"),
        [
            (
                point.resource or f"{one.kind}:{one.id}",
                point.point[:12],
                "-" if point.time is None else output.when(point.time),
                f"{point.items:,}",
                f"{point.lost:,}",
            )
            for one in found
            for point in one.points
        ],
    )
    output.failures(
        [
            *(f"{one.kind}:{one.id}: {one.problem}" for one in found if one.problem),
            *(
                f"point:{point.point[:12]}: {_about(damage)}"
                for one in found
                for point in one.points
                for damage in point.damage
            ),
        ]
    )


def _about(damage: Damage) -> str:
    where = [path_text(damage.path)] if damage.path else []
    if damage.is_item:
        where.append(damage.name or damage.item_id)
    return ": ".join([*where, damage.what])


def _repaired_document(one: RepairedRepository) -> Json:
    return {**asdict(one), "done": list(one.done), "lost": list(one.lost)}


def _salvaged_document(one: SalvagedResource) -> Json:
    return {
        "kind": one.kind,
        "id": one.id,
        "problem": one.problem,
        "points": [_point_document(point) for point in one.points],
    }


def _point_document(point: Salvaged) -> Json:
    return {
        "point": point.point,
        "time": None if point.time is None else output.when(point.time),
        "resource": point.resource,
        "restorable": point.items,
        "lost": point.lost,
        "damage": [
            {
                "path": path_text(one.path),
                "shard": "/".join(one.shard),
                "item": one.item_id,
                "name": one.name,
                "what": one.what,
            }
            for one in point.damage
        ],
    }
