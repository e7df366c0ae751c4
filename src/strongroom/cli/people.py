"""A file that says who people are elsewhere: one line for each, ``SAVED,THERE``."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from strongroom.errors import OperatorError

BYTES_MAX = 4 << 20
_COLUMNS = 2

PeopleOption = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Who people of a site are in the target: lines of SAVED,THERE (logins or addresses).",
    ),
]


def people_of(file: Path | None) -> Mapping[str, str]:
    """Read such a file; without one, everybody is who they were.

    Raises:
        OperatorError: it cannot be read, or a line of it cannot be understood.
    """
    if file is None:
        return {}
    try:
        with file.open("rb") as opened:
            content = opened.read(BYTES_MAX + 1)
        text = content.removeprefix(codecs.BOM_UTF8).decode()
    except (OSError, UnicodeDecodeError) as error:
        raise OperatorError(
            f"The file of people {file} cannot be read.",
            why=str(error),
            hint="It is text in UTF-8, a line for each person: SAVED,THERE",
        ) from error
    if len(content) > BYTES_MAX:
        raise OperatorError(
            f"The file of people {file} is too large.",
            why=f"It has more than {BYTES_MAX >> 20} MB.",
            hint="Leave out whoever is called the same in both.",
        )
    people: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        cells = [cell.strip() for cell in _cells(line)]
        if not any(cells) or cells[0].startswith("#"):
            continue
        if len(cells) != _COLUMNS or not all(cells):
            raise OperatorError(
                f"Line {number} of {file} cannot be understood.",
                why="A line names one person twice: as saved, and as they are called there.",
                hint="For example: goro@old.example,hana@new.example",
            )
        people[cells[0]] = cells[1]
    return people


def _cells(line: str) -> list[str]:
    """Read one line; names may stand in quotes. What is no line of a table is one cell."""
    try:
        return next(csv.reader([line]), [""])
    except csv.Error:
        return [line]
