"""``strongroom restore``: back into a server."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from strongroom.cli import output, unlocking, waiting
from strongroom.cli.browse import AtOption
from strongroom.cli.command import command
from strongroom.cli.people import PeopleOption, people_of
from strongroom.cli.settings import Settings


class Conflict(StrEnum):
    """What to do with an item that the target already has."""

    COPY = "copy"
    SKIP = "skip"
    REPLACE = "replace"


PathsOption = Annotated[
    list[str] | None,
    typer.Option("--path", metavar="P", help="Folder wanted, with all below; repeatable."),
]

VersionOption = Annotated[
    str,
    typer.Option(
        "--version", metavar="LABEL", help="Of a site: items as they were in this version (2.0)."
    ),
]
FieldsOption = Annotated[
    list[str] | None,
    typer.Option(
        "--field",
        metavar="COLUMN",
        help="Of a site: only this column's values, into the items that are there; repeatable.",
    ),
]


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    command(app, "restore", exits=(2, 3, 4, 5))(restore)


def restore(  # noqa: PLR0913 - one argument per option of the contract
    settings: Settings,
    storage: Annotated[str, typer.Argument(metavar="STORAGE")],
    connection: Annotated[str, typer.Option(metavar="C", help="Connection to restore through.")],
    resource: Annotated[
        list[str] | None, typer.Argument(metavar="[RESOURCE]...", help="Mailboxes, or one site.")
    ] = None,
    *,
    everything: Annotated[
        bool, typer.Option("--all", help="Every mailbox that the storage holds.")
    ] = False,
    newest_first: Annotated[
        int | None,
        typer.Option(
            metavar="DAYS",
            min=0,
            help="Of several mailboxes everyone's last DAYS days come first, then the rest "
            "(default 7; 0: all at once).",
        ),
    ] = None,
    at: AtOption = None,
    path: PathsOption = None,
    item: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="Item wanted; repeatable.")
    ] = None,
    to: Annotated[
        str | None, typer.Option(metavar="RESOURCE", help="Restore into another one.")
    ] = None,
    folder: Annotated[
        str | None,
        typer.Option(
            metavar="FOLDER",
            help="Folder to restore into; / is in place. Else a new one, but for sites.",
        ),
    ] = None,
    conflict: Annotated[
        Conflict, typer.Option(help="What to do with an item that is there already.")
    ] = Conflict.COPY,
    with_settings: Annotated[
        bool | None,
        typer.Option(
            "--settings/--no-settings",
            help="Rules, automatic replies, delegates, categories too (by default only "
            "when a whole mailbox goes back in place).",
        ),
    ] = None,
    people: PeopleOption = None,
    version: VersionOption = "",
    field: FieldsOption = None,
    wait: waiting.WaitOption = False,
    password_file: unlocking.GuardOption = None,
) -> int:
    """Put saved items back into a server; nothing is ever sent to anybody.

    Interrupted, the same command goes on where it stopped and makes no duplicates. After a
    disaster, --all --folder / brings every mailbox back in place, everyone's newest days first.
    """
    names = tuple(resource or ())
    with settings.application() as application:
        waiting.refuse_without_worker(application, is_waiting=wait)
        from strongroom.service.restores import RestoreOrder  # noqa: PLC0415 - see Settings

        order = RestoreOrder(
            storage=storage,
            resource=names[0] if names else "",
            others=names[1:],
            is_all=everything,
            newest_days=newest_first,
            connection=connection,
            at=at,
            paths=tuple(path or ()),
            items=tuple(item or ()),
            to=to,
            folder=folder,
            conflict=conflict,
            settings=with_settings,
            people=people_of(people),
            version=version,
            fields=tuple(field or ()),
        )
        asked, is_continued = unlocking.unlocked(
            application, connection, password_file, lambda: application.restores.ask(order)
        )
        if is_continued:
            output.message(
                f"Continuing restore {asked.id}, which did not come to its end: nothing that is "
                "back already is sent again."
            )
        return waiting.finish(settings, application, asked, is_waiting=wait)
