"""``strongroom run history``: how long the history of runs is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from strongroom.cli import output
from strongroom.cli.command import command
from strongroom.cli.settings import Settings

if TYPE_CHECKING:
    from strongroom.service.history import HistoryView
    from strongroom.words.json import Json

_DAY_S = 24 * 3600


def register(app: typer.Typer) -> None:
    """Add the command to its group."""
    command(app, "history", exits=(2, 4))(history)


def history(
    settings: Settings,
    keep: Annotated[
        str | None,
        typer.Option(metavar="DURATION", help="Keep runs so long after their end: 400d."),
    ] = None,
    keep_runs: Annotated[
        int | None,
        typer.Option(metavar="N", min=0, help="And at most N runs of each job; 0: all there are."),
    ] = None,
) -> None:
    """Show how long the history of runs is kept, or change it.

    Of each job its newest end and its newest complete run always stay. What is protected, and how
    storages grew, is kept apart and stays.
    """
    with settings.application() as application:
        if keep is None and keep_runs is None:
            view = application.history.show()
        else:
            view = application.history.change(keep=keep, keep_runs=keep_runs)
    if settings.is_json:
        output.document(_document(view))
        return
    limit = "" if view.keep_runs is None else f", and at most {view.keep_runs:,} of each job"
    output.text(f"Runs are kept for {_days(view.keep_s)} after their end{limit}.")
    since = "" if view.oldest is None else f", the oldest from {output.when(view.oldest)}"
    output.text(f"There are {view.runs:,}{since}.")
    if view.to_remove:
        output.text(f"The running service removes {view.to_remove:,} of them within a day.")


def _days(seconds: int) -> str:
    return f"{seconds / _DAY_S:g} days"


def _document(view: HistoryView) -> dict[str, Json]:
    return {
        "keep_s": view.keep_s,
        "keep_runs": view.keep_runs,
        "runs": view.runs,
        "oldest": None if view.oldest is None else output.when(view.oldest),
        "to_remove": view.to_remove,
    }
