"""A run's report and its ledgers, as text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from strongroom.cli import output, pace_text, progress_text
from strongroom.words.job_kind import JobKind

if TYPE_CHECKING:
    from strongroom.control.records import Run

PARTIAL = 3
POINTS_FORGOTTEN = "points_forgotten"
_SHORTFALLS_SHOWN = 20


def exit_code(run: Run) -> int:
    """Say with which code a command ends that waited for this run."""
    from strongroom.service.outcomes import exit_code_of  # noqa: PLC0415 - see Settings

    return exit_code_of(run.status, run.error)


def print_report(
    report: Mapping[str, Any], *, with_folders: bool = False, with_error: bool = False
) -> None:
    """Print a run's report.

    Args:
        report: See ``service.runs.report``.
        with_folders: Each folder's line too.
        with_error: Why it failed or is paused; who waited for the run is told that as a failure.
    """
    job = "" if report["job"] is None else f" of job {report['job']}"
    output.text(f"{report['kind'].capitalize()} run {report['id']}{job}: {report['status']}")
    if report["waits_for"]:
        output.text(progress_text.waits(report["waits_for"], report["waits_for_s"]))
    if report["progress"] is not None:
        _print_progress(report["progress"])
    if report.get("forecast") is not None:
        _print_forecast(report["forecast"])
    if report["joined"]:
        turns = "turn" if report["joined"] == 1 else "turns"
        output.text(f"took over {report['joined']:,} later {turns} of its job's schedule")
    if with_error:
        _print_error(report["error"])
    for task in report["tasks"]:
        _print_task(task, with_folders=with_folders)
    totals = report["totals"]
    if report["kind"] == JobKind.PRUNE:
        output.text(f"Together: {_freed(report['tasks'])}")
        return
    output.text(
        f"Together: {_sums(totals)}; {output.size(totals['bytes_read'])} read, "
        f"{output.size(totals['bytes_stored'])} stored, {totals['requests']:,} requests"
    )
    if report["pace"] is not None:
        for line in pace_text.summary(report["pace"], report["limited_mostly"]):
            output.text(line)


def _print_progress(progress: Mapping[str, Any]) -> None:
    """Print how far a running run is, and what limits it."""
    resources = progress["resources"]
    for reference, counts in progress_text.shown_first(resources):
        name = progress_text.name(reference)
        output.text(f"  now: {name}: {progress_text.of_resource(counts)}")
    if others := progress_text.others(resources):
        output.text(f"  {others}")
    output.text(f"Up to now: {progress_text.of_run(progress['run'])}")
    if limited := progress_text.limited(progress["run"], progress["pace"]):
        output.text(limited)


def _print_forecast(forecast: Mapping[str, Any]) -> None:
    """Print what a restore of many has still to bring back, and how long that takes at least."""
    first = ""
    if forecast["days"] is not None:
        first = f"{output.size(forecast['newest_bytes'])} of everyone's last "
        first += f"{forecast['days']} days, "
    output.text(f"Still to come: {first}{output.size(forecast['bytes'])} in all.")
    if forecast["told"]:
        output.text(forecast["told"])


def print_ledger(ledger: Mapping[str, Any], *, with_folders: bool = False) -> None:
    """Print the ledger of one resource, every shortfall by name (the first ones, if many)."""
    sums = "" if POINTS_FORGOTTEN in ledger["ways"] else f": {_sums(ledger['totals'])}"
    output.text(f"{ledger['resource']}: {ledger['status']}{sums}")
    for note in ledger["notes"]:
        output.text(f"  note: {note}")
    if with_folders and ledger["folders"]:
        _print_folders(ledger)
    _print_shortfalls(ledger)


def _freed(tasks: Sequence[Mapping[str, Any]]) -> str:
    """Add up what a prune did: it has no items to count."""
    ways = [task["ways"] for task in tasks]
    forgotten, waiting, freed = (
        sum(one.get(word, 0) for one in ways)
        for word in (POINTS_FORGOTTEN, "points_waiting", "bytes_freed")
    )
    waits = f", {waiting:,} wait" if waiting else ""
    return f"{forgotten:,} restore points forgotten{waits}, {output.size(freed)} freed"


def _print_task(task: Mapping[str, Any], *, with_folders: bool) -> None:
    if task["totals"] is not None:
        print_ledger(task, with_folders=with_folders)
    else:
        output.text(f"{task['resource']}: {task['status']}")
    if task["reason"]:
        output.text(f"  reason: {task['reason']}")
    _print_error(task["error"])


def _print_error(error: Mapping[str, Any] | None) -> None:
    if error is None:
        return
    for line in (error["what"], *error["why"].splitlines(), error["hint"]):
        if line:
            output.text(f"  {line}")


def _print_folders(ledger: Mapping[str, Any]) -> None:
    output.table(
        # The names come last: one that is very long pushes no figure out of sight.
        ("  ON SERVER", "SAVED", "UNCHANGED", "SKIPPED", "FAILED", "FOLDER"),
        [
            (
                f"  {folder['on_server']:,}",
                f"{folder['saved']:,}",
                f"{folder['unchanged']:,}",
                f"{len(folder['skipped']):,}",
                f"{len(folder['failed']):,}",
                folder["path"] or "/",
            )
            for folder in ledger["folders"]
        ],
    )


def _print_shortfalls(ledger: Mapping[str, Any]) -> None:
    lines = []
    for folder in ledger.get("folders", []):
        where = folder["path"] or "/"
        for fate in ("failed", "skipped"):
            lines += [
                f"{fate}{_mark(one)}: {where}: {one['name']}: {one['why']} ({one['code']})"
                for one in folder[fate]
            ]
        if folder["problem"]:
            lines.append(f"failed: {where}: {folder['problem']}")
        elif folder["missing"]:
            lines.append(f"failed: {where}: the sums do not meet by {folder['missing']}")
    for line in lines[:_SHORTFALLS_SHOWN]:
        output.text(f"  {line}")
    if len(lines) > _SHORTFALLS_SHOWN:
        output.text(f"  and {len(lines) - _SHORTFALLS_SHOWN} more; `--json` names them all")


def _mark(shortfall: Mapping[str, Any]) -> str:
    return " (acknowledged)" if shortfall.get("acknowledged") else ""


def _sums(totals: Mapping[str, Any]) -> str:
    return (
        f"{totals['on_server']:,} items, {totals['saved']:,} saved, "
        f"{totals['unchanged']:,} unchanged, {totals['skipped']:,} skipped, "
        f"{totals['failed']:,} failed"
    )
