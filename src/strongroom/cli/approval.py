"""``strongroom approval``: what needs a second person, and being that person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from strongroom.cli import output, things
from strongroom.cli.command import command, group
from strongroom.cli.settings import Settings
from strongroom.errors import OperatorError

if TYPE_CHECKING:
    from strongroom.control.second_person import Mark, Request
    from strongroom.words.json import Json

app = group("What nobody may do alone; being the second person for somebody else's request.")


@command(app, "list", exits=(2, 4))
def list_requests(settings: Settings) -> None:
    """List what was asked for, newest first."""
    with settings.application() as application:
        requests = application.approvals.requests()
    if settings.is_json:
        output.document([_request(one) for one in requests])
    else:
        output.table(
            ("ID", "ASKED", "ACCOUNT", "NAME", "WHAT", "EXACTLY", "APPROVED BY", "USED"),
            [
                (
                    one.id,
                    one.asked,
                    one.account,
                    one.asked_as,
                    one.verb,
                    one.what,
                    one.approved_by,
                    one.used,
                )
                for one in requests
            ],
        )


@command(app, "give", exits=(2, 4))
def give(
    settings: Settings,
    request_id: Annotated[
        str, typer.Argument(metavar="ID", help="The request, as `approval list` shows it.")
    ],
) -> None:
    """Approve exactly what somebody else asked for; they have to do it again themselves."""
    with settings.application() as application:
        approved = application.approvals.approve(request_id)
    if settings.is_json:
        output.document(_request(approved))
    else:
        output.text(
            f"Approved: {approved.asked_as} ({approved.account}) may do {approved.verb} with "
            f"{approved.what}."
        )


@command(app, "marks", exits=(2, 4))
def list_marks(settings: Settings) -> None:
    """List what needs a second person."""
    with settings.application() as application:
        marks = application.approvals.marks()
        names = things.names_of_places(application)
    if settings.is_json:
        output.document([_mark(one) for one in marks])
        return
    output.table(
        ("THING", "OF", "MARKED BY", "SINCE"),
        [(one.thing, things.place_of(one.thing, names), one.marked_by, one.at) for one in marks],
    )


@command(app, "mark", exits=(2, 4))
def mark(
    settings: Settings,
    storage: Annotated[
        str | None, typer.Option(metavar="S", help="What is stored there, all or one resource.")
    ] = None,
    resource: Annotated[
        str | None, typer.Option(metavar="R", help="Only this resource of the storage.")
    ] = None,
    connection: Annotated[
        str | None, typer.Option(metavar="C", help="Changing it, or restoring through it.")
    ] = None,
) -> None:
    """Let nobody alone read, take out or restore what is stored, or change a connection."""
    if (storage is None) == (connection is None) or (resource is not None and storage is None):
        raise OperatorError(
            "This does not say what is to be marked.",
            hint="Give --storage S, perhaps with --resource R; or --connection C.",
        )
    with settings.application() as application:
        if storage is not None:
            marked = application.approvals.mark_stored(storage, resource or things.ALL)
        else:
            marked = application.approvals.mark_connection(connection or "")
    if settings.is_json:
        output.document(_mark(marked))
    else:
        output.text(f"{marked.thing} needs a second person now; so does taking the mark off.")


@command(app, "unmark", exits=(2, 4))
def unmark(
    settings: Settings,
    thing: Annotated[
        str, typer.Argument(metavar="THING", help="What is marked, as `approval marks` shows it.")
    ],
) -> None:
    """Take a mark off; that needs a second person too."""
    with settings.application() as application:
        application.approvals.unmark(thing)
    if settings.is_json:
        output.document({"unmarked": thing})
    else:
        output.text(f"{thing} needs no second person any more.")


def _request(request: Request) -> dict[str, Json]:
    return {
        "id": request.id,
        "account": request.account,
        "asked_as": request.asked_as,
        "verb": request.verb,
        "what": request.what,
        "asked": output.when(request.asked),
        "approved_by": request.approved_by,
        "approved": None if request.approved is None else output.when(request.approved),
        "used": None if request.used is None else output.when(request.used),
    }


def _mark(mark: Mark) -> dict[str, Json]:
    return {"thing": mark.thing, "marked_by": mark.marked_by, "at": output.when(mark.at)}
