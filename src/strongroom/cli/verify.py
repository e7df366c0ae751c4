"""``strongroom verify``: read back what is stored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from strongroom.cli import output
from strongroom.cli.browse import StorageName
from strongroom.cli.command import command
from strongroom.cli.settings import Settings
from strongroom.cli.watching import RunDisplay
from strongroom.words.paths import path_text

if TYPE_CHECKING:
    from strongroom.service.kept import Verified
    from strongroom.words.json import Json

INTEGRITY = 4


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    command(app, "verify", exits=(2, 4))(verify)


def verify(
    settings: Settings,
    storage: StorageName,
    resource: Annotated[
        str | None, typer.Option(metavar="R", help="Only this resource; else all.")
    ] = None,
    sample: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, help="Read N items per restore point instead of all."),
    ] = None,
) -> int:
    """Read stored items back and check that everything fits together."""
    with settings.application() as application, RunDisplay() as display:
        results = list(application.kept.verify(storage, resource, sample=sample, tell=display.tell))
    if settings.is_json:
        output.document([_document(one) for one in results])
    else:
        _print(results)
    return INTEGRITY if any(one.report.problems for one in results) else 0


def _print(results: list[Verified]) -> None:
    output.table(
        ("RESOURCE", "POINTS", "ITEMS READ", "SIZE", "PROBLEMS"),
        [
            (
                one.resource,
                len(one.report.points),
                one.report.items,
                output.size(one.report.bytes),
                len(one.report.problems),
            )
            for one in results
        ],
    )
    output.failures(
        [
            f"{one.resource}: {path_text(problem.path)}: {problem.what} {problem.item_id}".rstrip()
            for one in results
            for problem in one.report.problems
        ]
    )


def _document(one: Verified) -> Json:
    return {
        "resource": one.resource,
        "kind": one.kind,
        "id": one.id,
        "points": list(one.report.points),
        "items": one.report.items,
        "bytes": one.report.bytes,
        "problems": [
            {
                "point": problem.point,
                "path": path_text(problem.path),
                "item": problem.item_id,
                "what": problem.what,
            }
            for problem in one.report.problems
        ],
    }
