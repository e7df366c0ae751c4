"""``strongroom database``: where the home keeps its connections, storages, jobs and runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from strongroom.cli import output
from strongroom.cli.command import command, group
from strongroom.cli.settings import Settings
from strongroom.errors import OperatorError

if TYPE_CHECKING:
    from strongroom.control.postgres import PostgresPlace
    from strongroom.service.databases import DatabaseView, HomeDatabase
    from strongroom.words.json import Json

app = group("Where the home keeps its connections, storages, jobs and runs.")
Url = Annotated[
    str,
    typer.Argument(metavar="URL", help="postgresql://USER@HOST:5432/DATABASE, without a password."),
]
PasswordFile = Annotated[
    str | None,
    typer.Option(
        metavar="F", help="File with the password, read whenever the database is connected to."
    ),
]


@command(app, "show", exits=(2, 4, 5))
def show(settings: Settings) -> int:
    """Say which database the home uses, and how it is."""
    view = _home_database(settings).show()
    if settings.is_json:
        output.document(_document(view))
    else:
        _tell(view)
    if view.trouble is None:
        return 0
    output.failure(view.trouble.what, view.trouble.why, view.trouble.hint)
    return view.trouble.exit_code


@command(app, "move", exits=(2, 4, 5))
def move(settings: Settings, url: Url, password_file: PasswordFile = None) -> None:
    """Move the home's database to a PostgreSQL, so that several machines can share it.

    All is copied or nothing; the file that was used stays beside it. Nobody may work in the home
    meanwhile: end its service first.
    """
    moved = _home_database(settings).move(_place(url, password_file))
    rows = sum(moved.rows.values())
    if settings.is_json:
        output.document(
            {
                "moved_to": moved.to,
                "rows": rows,
                "journals": moved.journals,
                "kept": str(moved.kept),
            }
        )
        return
    output.text(f"Moved {rows:,} rows to {moved.to}; the home uses it now.")
    output.text(f"What was used before is kept as {moved.kept}.")
    output.text("A further machine gets a copy of this home's service.key in a home of its own,")
    output.text("and then `strongroom database join`.")


@command(app, "join", exits=(2, 4, 5))
def join(settings: Settings, url: Url, password_file: PasswordFile = None) -> None:
    """Have this machine's home use the database that other machines use.

    It needs their service key: copy service.key from one of their homes into this one, for its
    owner alone to read, or give this machine the same credential.
    """
    place = _place(url, password_file)
    _home_database(settings).join(place)
    if settings.is_json:
        output.document({"joined": place.shown})
    else:
        output.text(f"This home uses {place.shown} now, as the other machines do.")


def _home_database(settings: Settings) -> HomeDatabase:
    from strongroom.compose.databases import home_database  # noqa: PLC0415 - see Settings

    return home_database(settings.chosen_home(), why=settings.reason())


def _place(url: str, password_file: str | None) -> PostgresPlace:
    from strongroom.control.postgres import PostgresPlace  # noqa: PLC0415 - see Settings

    if password_file == "-":  # noqa: S105 - it names no password
        raise OperatorError(
            "The password of the database is not read from standard input.",
            why="It is needed again whenever the database is connected to.",
            hint="Name a file that only the home's account may read.",
        )
    file = None if password_file is None else Path(password_file).absolute()
    return PostgresPlace(url=url, password_file=file)


def _document(view: DatabaseView) -> dict[str, Json]:
    return {
        "kind": view.kind,
        "where": view.where,
        "password_file": None if view.password_file is None else str(view.password_file),
        "version": view.version,
        "newest": view.newest,
        "size_bytes": view.size_bytes,
        "is_usable": view.trouble is None,
        "why": None if view.trouble is None else str(view.trouble),
    }


def _tell(view: DatabaseView) -> None:
    output.text(f"Database:  {output.printable(view.where)}")
    if view.password_file is not None:
        output.text(f"Password:  in {output.printable(str(view.password_file))}")
    if view.trouble is not None:
        return
    if view.version is None:
        output.text("Version:   there is nothing in it yet")
        return
    newest = "" if view.version == view.newest else f"; this program makes it {view.newest}"
    output.text(f"Version:   {view.version}{newest}")
    output.text(f"Size:      {output.size(view.size_bytes or 0)}")
