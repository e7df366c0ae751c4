"""``strongroom run``: what jobs and restores did, and are doing."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from strongroom.cli import output, progress_text, summary, waiting
from strongroom.cli.command import command, group
from strongroom.cli.settings import Settings
from strongroom.cli.watching import RunDisplay
from strongroom.words.durations import duration

if TYPE_CHECKING:
    from strongroom.control.records import Run

app = group("What jobs and restores did, and are doing.")
_SITES = {"site", "drive"}
_LISTED = ("saved", "unchanged", "skipped", "failed")
Id = Annotated[str, typer.Argument(metavar="ID", help="The run's id, or how it begins.")]


@command(app, "list", exits=(2, 4))
def list_runs(settings: Settings) -> None:
    """List the latest runs, newest first."""
    with settings.application() as application:
        reports: list[dict[str, Any]] = application.runs.all()
    if settings.is_json:
        output.document(reports)
        return
    output.table(
        (
            "ID",
            "KIND",
            "STATUS",
            "STARTED",
            "FINISHED",
            *(s.upper() for s in _LISTED),
            "NOW",
            "JOB",
        ),
        [
            (
                report["id"],
                report["kind"],
                report["status"],
                _seconds(report["started"]),
                _seconds(report["finished"]),
                *(f"{report['totals'][one]:,}" for one in _LISTED),
                _now(report),
                report["job"] or ", ".join(task["resource"] for task in report["tasks"]) or None,
            )
            for report in reports
        ],
    )


def _now(report: dict[str, Any]) -> str | None:
    """Say in a few words how far a run is, or how long it waits."""
    if report["progress"] is not None:
        return progress_text.in_short(report["progress"]["run"]) or None
    if report["waits_for_s"]:
        return f"waits about {duration(report['waits_for_s'])}"
    return None


def _seconds(moment: str | None) -> str | None:
    """Leave out the fractions of a second, which the documents have."""
    return None if moment is None else output.when(datetime.fromisoformat(moment))


@command(app, "show", exits=(2, 4))
def show(settings: Settings, run_id: Id) -> None:
    """Show one run with its whole ledger."""
    with settings.application() as application:
        report = application.runs.show(run_id)
    if settings.is_json:
        output.document(report)
    else:
        summary.print_report(report, with_folders=True, with_error=True)


@command(app, "watch", exits=(2, 3, 4, 5))
def watch(settings: Settings, run_id: Id) -> int:
    """Look at a run until it is over or paused; ends with the run's own exit code."""
    with settings.application() as application, RunDisplay() as display:
        seen = LinePrinter() if settings.is_json else display.show
        ended = application.runs.watch(run_id, seen)
        report = application.runs.show(ended.id)
    if settings.is_json:
        output.line_document(report)
    else:
        summary.print_report(report, with_error=True)
    return summary.exit_code(ended)


@command(app, "pause", exits=(2, 4))
def pause(settings: Settings, run_id: Id) -> None:
    """Pause a run at its next safe point; what it has kept stays, and `run resume` goes on."""
    with settings.application() as application:
        run = application.runs.pause(run_id)
        report = application.runs.show(run.id)
    if settings.is_json:
        output.document(report)
    elif run.status.is_under_way:
        output.text(f"Run {run.id} pauses at its next safe point.")
    else:
        output.text(f"Run {run.id} is {run.status}.")


@command(app, "resume", exits=(2, 3, 4, 5))
def resume(settings: Settings, run_id: Id, wait: waiting.WaitOption = False) -> int:  # noqa: FBT002
    """Let a paused run go on, once what paused it is mended: from what it has kept."""
    with settings.application() as application:
        waiting.refuse_without_worker(application, is_waiting=wait)
        resumed = application.runs.resume(run_id)
        return waiting.finish(settings, application, resumed, is_waiting=wait)


@command(app, "retry", exits=(2, 3, 4, 5))
def retry(settings: Settings, run_id: Id, wait: waiting.WaitOption = False) -> int:  # noqa: FBT002
    """Try again what failed of a run, or was never begun; what is done is not done twice."""
    with settings.application() as application:
        waiting.refuse_without_worker(application, is_waiting=wait)
        run, is_joined = application.runs.retry(run_id)
        if is_joined:
            output.message(f"Run {run.id} does that already, or goes on with it.")
        return waiting.finish(settings, application, run, is_waiting=wait)


@command(app, "cancel", exits=(2, 3, 4, 5))
def cancel(settings: Settings, run_id: Id, wait: waiting.WaitOption = False) -> int:  # noqa: FBT002
    """End a run at its next safe point; what it has kept stays.

    A restore into a site puts back first what it relaxed there, also if it was killed before.
    """
    with settings.application() as application:
        run = application.runs.cancel(run_id)
        if wait:
            code = waiting.finish(settings, application, run, is_waiting=True)
            is_cancelled = str(application.runs.find(run.id).status) == "cancelled"
            return 0 if is_cancelled else code  # it is what was asked for
        report = application.runs.show(run.id)
        is_orphan = not (application.is_service or application.has_worker)
    if settings.is_json:
        output.document(report)
    else:
        output.text(cancelled(run, is_orphan=is_orphan))
    return 0


def cancelled(run: Run, *, is_orphan: bool) -> str:
    """Say what becomes of a run that was just cancelled.

    Args:
        run: As it is now.
        is_orphan: Nobody is there who would do anything for it.
    """
    if run.status.is_final:
        return f"Run {run.id} is {run.status}."
    if not run.is_giving_up:
        told = f"Run {run.id} ends at its next safe point"
        is_into_a_site = run.kind == "restore" and run.request.get("kind") in _SITES
        return f"{told}, and puts back what it relaxed." if is_into_a_site else f"{told}."
    told = f"Run {run.id} has relaxed settings in the site; it ends when they are put back."
    if is_orphan:
        return f"{told} Nobody does that now: `strongroom run cancel {run.id} --wait` does it."
    return f"{told} `strongroom run watch {run.id}` shows it."


@command(app, "acknowledge", exits=(2, 4))
def acknowledge(settings: Settings, run_id: Id) -> None:
    """Take note of what a backup run skipped, so that it alone makes no later run partial.

    The skipped items stay listed in every ledger; what failed is tried again and is not covered.
    """
    with settings.application() as application:
        added = application.runs.acknowledge(run_id)
        run = application.runs.find(run_id)
    if settings.is_json:
        output.document({"id": run.id, "acknowledged": added})
    else:
        output.text(f"Acknowledged {added:,} skipped items of run {run.id}.")


class LinePrinter:
    """Prints one JSON line whenever a run stands differently."""

    def __init__(self) -> None:
        self._last: object = None

    def __call__(self, run: Run) -> None:
        """Print the run if it stands differently from the last time."""
        # What only counts seconds is no reason: a line comes when somebody told something.
        told = {name: value for name, value in (run.live or {}).items() if name != "run"}
        wait_min = None if run.waits_for_s is None else run.waits_for_s // 60
        state = (run.status, run.waits_for, wait_min, told)
        if not run.status.is_under_way or state == self._last:
            return
        self._last = state
        output.line_document(
            {
                "id": run.id,
                "status": str(run.status),
                "waits_for": run.waits_for,
                "waits_for_s": run.waits_for_s,
                "progress": run.live,
            }
        )
