"""``strongroom export``: saved items as files."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from strongroom.cli import output, summary
from strongroom.cli.browse import AtOption, ResourceName, StorageName
from strongroom.cli.command import command
from strongroom.cli.restore import PathsOption
from strongroom.cli.settings import Settings
from strongroom.cli.watching import RunDisplay
from strongroom.words.paths import path_names


class Format(StrEnum):
    """What the files are."""

    EML = "eml"
    FILES = "files"


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    command(app, "export", exits=(2, 3, 4))(export)


def export(
    settings: Settings,
    storage: StorageName,
    resource: ResourceName,
    format_: Annotated[
        Format,
        typer.Option("--format", help="eml: Internet messages; files: the stored bytes."),
    ],
    output_directory: Annotated[
        Path, typer.Option("--output", metavar="DIR", help="Nothing outside it is written.")
    ],
    at: AtOption = None,
    path: PathsOption = None,
    item: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="Item wanted; repeatable.")
    ] = None,
) -> int:
    """Write saved items as files; nothing is overwritten."""
    with settings.application() as application, RunDisplay() as display:
        from strongroom.operations.export import ExportFormat  # noqa: PLC0415 - see Settings
        from strongroom.service.exporting import (  # noqa: PLC0415 - see Settings
            ExportWish,
            IntoFolder,
        )

        wish = ExportWish(
            format=ExportFormat(format_.value),
            at=at,
            paths=tuple(path_names(one) for one in path or ()),
            items=tuple(item or ()),
        )
        with IntoFolder(output_directory) as write:
            coverage = application.kept.export(
                storage, resource, wish, write=write, tell=display.tell
            )
    if settings.is_json:
        output.document({**coverage.to_json(), "output": str(output_directory)})
    else:
        summary.print_ledger(coverage.to_json())
        output.text(f"Written below {output_directory}.")
    return 0 if coverage.is_complete else summary.PARTIAL
