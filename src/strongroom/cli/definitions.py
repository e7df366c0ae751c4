"""``strongroom connection export | import``: definitions without secrets, for version control."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from strongroom.cli import output, unlocking
from strongroom.cli.command import command
from strongroom.cli.settings import Settings
from strongroom.errors import OperatorError

if TYPE_CHECKING:
    from strongroom.words.json import Json

_BYTES_MAX = 16 * 1024 * 1024


def register(app: typer.Typer) -> None:
    """Add the commands to those of connections."""
    command(app, "export", exits=(2, 4))(export)
    command(app, "import", exits=(2, 4))(take_in)


def export(
    settings: Settings,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="File to write; one that is there is replaced.")
    ],
    unlock: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=F",
            help="File with the password that guards a connection; repeatable.",
        ),
    ] = None,
) -> None:
    """Write all connections and jobs into a file, without any secret."""
    with settings.application() as application:
        for name, password_file in _passwords(unlock):
            # Nothing is done but that the connection is open from here on.
            unlocking.unlocked(application, name, password_file, lambda: None)
        document = dict(application.definitions.give_out())
    _replace(file, json.dumps(document, indent=2, ensure_ascii=False) + "\n")
    written: dict[str, Json] = {
        "file": str(file),
        **{noun: _count(document, noun) for noun in _NOUNS},
    }
    if settings.is_json:
        output.document(written)
    else:
        output.text(
            f"Wrote {written['connections']} connections and {written['jobs']} jobs to {file}. "
            "No secret is in it."
        )


def take_in(
    settings: Settings,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="File that was exported.")],
) -> None:
    """Add the connections and jobs of a file, all or nothing; those that are here stay as they are.

    Connections come without secrets: give them with `connection edit`.
    """
    document = _read(file)
    with settings.application() as application:
        taken = application.definitions.take_in(document)
    if settings.is_json:
        output.document({key: list(names) for key, names in asdict(taken).items()})
        return
    for noun, names in (("connection", taken.connections), ("job", taken.jobs)):
        for name in names:
            output.text(f"Added the {noun} {name}.")
    if not taken.connections and not taken.jobs:
        output.text("All of it is here already; nothing was changed.")
    for name in taken.connections:
        output.message(f"{name} cannot sign in yet: see `strongroom connection edit {name}`.")


_NOUNS = ("connections", "jobs")


def _count(document: dict[str, Json], noun: str) -> int:
    listed = document[noun]
    return len(listed) if isinstance(listed, list) else 0


def _passwords(given: Sequence[str] | None) -> list[tuple[str, str]]:
    pairs = [one.partition("=") for one in given or ()]
    if any(not name or not file for name, _, file in pairs):
        raise OperatorError(
            "This does not say which connection's password is in which file.",
            hint="Write --unlock NAME=FILE.",
        )
    return [(name, file) for name, _, file in pairs]


def _replace(file: Path, text: str) -> None:
    """Put a file in the place of an older one, whole or not at all."""
    try:
        handle, written = tempfile.mkstemp(prefix=".strongroom-", dir=file.parent)
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as opened:
                opened.write(text)
            Path(written).replace(file)
        except BaseException:
            Path(written).unlink(missing_ok=True)
            raise
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "This is no name of a file."
        raise OperatorError(f"The file {file} cannot be written.", why=why or "") from error


def _read(file: Path) -> dict[str, Any]:
    try:
        with file.open("rb") as opened:
            content = opened.read(_BYTES_MAX + 1)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "This is no name of a file."
        raise OperatorError(f"The file {file} cannot be read.", why=why or "") from error
    document: object = None
    if len(content) <= _BYTES_MAX:
        try:
            document = json.loads(content)
        except (ValueError, RecursionError):
            document = None  # its text is not repeated: it may hold what it should not
    if not isinstance(document, dict):
        raise OperatorError(
            f"The file {file} holds no definitions.",
            hint="Make one with `strongroom connection export`.",
        )
    return document
