"""Staying until a run is over: for ``job run`` and ``restore``."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from strongroom.cli import output, summary
from strongroom.cli.settings import Settings
from strongroom.cli.watching import RunDisplay
from strongroom.errors import OperatorError

if TYPE_CHECKING:
    from strongroom.control.records import Run
    from strongroom.service.application import Application

WaitOption = Annotated[
    bool, typer.Option("--wait", help="Stay until it is done; do the work if nobody else does.")
]


def refuse_without_worker(application: Application, *, is_waiting: bool) -> None:
    """Refuse to queue work that nobody would do.

    Raises:
        OperatorError: ``--wait`` was not given, and there is no worker anywhere.
    """
    if not (is_waiting or application.is_service or application.has_worker):
        raise OperatorError(
            "Nothing was started: there is no service that would do it in the background.",
            hint="Start `strongroom serve`, or add --wait, and this command does the work itself.",
        )


def finish(settings: Settings, application: Application, run: Run, *, is_waiting: bool) -> int:
    """End a command that asked for a run: at once, or when the run is over; say the exit code."""
    if is_waiting:
        return _until_done(settings, application, run)
    if settings.is_json:
        output.document(application.runs.show(run.id))
    else:
        output.text(f"Started run {run.id}: `strongroom run watch {run.id}` shows how far it is.")
    return 0


@contextmanager
def termination_as_interrupt() -> Iterator[None]:
    """Treat SIGTERM, by which service managers end us, as Ctrl-C: stop at a safe point."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may set handlers
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _until_done(settings: Settings, application: Application, run: Run) -> int:
    """Wait for a run, showing how far it is, then report it; say the exit code."""
    output.message(f"Run {run.id}: `strongroom run watch {run.id}` shows it from elsewhere.")
    try:
        with termination_as_interrupt(), RunDisplay() as display:
            ended = application.runs.wait(run.id, display.show)
    except KeyboardInterrupt:
        output.message(_interrupted(application, run))
        raise
    report: Mapping[str, Any] = application.runs.show(ended.id)
    if settings.is_json:
        # As text, the report below says them all.
        display.tell_rest(note for task in report["tasks"] for note in task["notes"])
        output.document(report)
    else:
        summary.print_report(report)
    if ended.error is not None:
        output.failure(ended.error.what, ended.error.why, ended.error.hint)
    return summary.exit_code(ended)


def _interrupted(application: Application, run: Run) -> str:
    if application.is_service:
        return f"Run {run.id} goes on in the service; `strongroom run cancel {run.id}` ends it."
    return f"Stopped. Run {run.id} goes on when the command is given again, from what it has kept."
