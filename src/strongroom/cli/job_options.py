"""Options that say what a job covers, for `job add` and `job edit`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from strongroom.cli.name_files import names_in

_RESOURCE_HELP = (
    "ADDRESS, archive:ADDRESS, recoverable:ADDRESS, public-folders or an id; repeatable."
)
ResourceOption = Annotated[
    list[str] | None, typer.Option("--resource", metavar="R", help=_RESOURCE_HELP)
]
ResourceFileOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--resource-file",
        metavar="F",
        help="Names, one a line; read now, and not again when the job runs. Repeatable.",
    ),
]
MatchOption = Annotated[
    list[str] | None,
    typer.Option(
        "--match",
        metavar="PATTERN",
        help="All that the server lists whose address matches (* and ?); repeatable.",
    ),
]
GroupOption = Annotated[
    list[str] | None,
    typer.Option(
        "--group",
        metavar="ADDRESS",
        help="The members of this group, looked up in every run; repeatable.",
    ),
]
RecycleBinOption = Annotated[
    bool | None,
    typer.Option(
        "--recycle-bin/--no-recycle-bin",
        help="Of sites: keep the list of what lies in the recycle bin as well.",
    ),
]
ExcludeOption = Annotated[
    list[str] | None,
    typer.Option("--exclude", metavar="PATTERN", help="Addresses to leave out; repeatable."),
]
StoredResourcesOption = Annotated[
    list[str] | None,
    typer.Option("--resource", metavar="R", help="Only this resource; repeatable. Else all."),
]


def named(resource: list[str] | None, files: list[Path] | None) -> tuple[str, ...]:
    """Put together what was named one by one and in files.

    Raises:
        OperatorError: a file cannot be read, or names nobody.
    """
    from_files = [name for file in files or () for name in names_in(file)]
    return tuple(dict.fromkeys([*(resource or ()), *from_files]))
