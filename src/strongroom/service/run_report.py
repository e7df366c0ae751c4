"""The report of a run, as ``run show --json`` prints it (design §6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from strongroom.control.records import Fault, Run, Task
from strongroom.control.rows import time_text
from strongroom.control.run_sums import TaskSums
from strongroom.control.tasks import SUMS
from strongroom.service.many_restores import forecast
from strongroom.service.run_view import limit_now, limited_mostly, limited_s
from strongroom.words.json import Json

LISTED_MAX = 50
"""So many of its tasks a run has in lists: two hundred runs of ten thousand mailboxes are more
than anybody can read, or send."""


def report(run: Run, tasks: Sequence[Task], *, now: datetime) -> dict[str, Json]:
    """Write a run as the command line contract has it (design §6, ``run show --json``).

    Args:
        run: As it is to be seen (see ``run_view``).
        tasks: Its tasks.
        now: Aware, UTC.
    """
    sums = {name: sum(_figure(task, name) for task in tasks) for name in SUMS}
    document = _report(run, now, sums, len(tasks))
    document["tasks"] = [_task_report(task, with_folders=True) for task in tasks]
    document["forecast"] = forecast(tasks)
    return document


def listed(run: Run, tasks: Sequence[Task], counted: TaskSums, *, now: datetime) -> dict[str, Json]:
    """Write a run as lists have it: without folders and history, and with its first tasks alone.

    Args:
        run: As it is to be seen (see ``run_view``).
        tasks: The first of its tasks.
        counted: All of them.
        now: Aware, UTC.
    """
    document = _report(run, now, counted.sums, sum(counted.tasks.values()))
    document["tasks"] = [_task_report(task, with_folders=False) for task in tasks]
    document["pace"] = _without_history(run.pace)
    return document


def _report(run: Run, now: datetime, sums: Mapping[str, int], count: int) -> dict[str, Json]:
    limit = limit_now(run, now)
    return {
        "id": run.id,
        "job": run.job,
        "kind": run.kind,
        "status": str(run.status),
        "waits_for": run.waits_for,
        "waits_for_s": None if run.waits_for_s is None else round(run.waits_for_s, 1),
        "not_before": None if run.not_before is None else time_text(run.not_before),
        "due": None if run.due is None else time_text(run.due),
        "joined": run.joined,
        "created": time_text(run.created),
        "started": None if run.started is None else time_text(run.started),
        "finished": None if run.finished is None else time_text(run.finished),
        "attempts": run.attempts,
        "yields": run.yields,
        "tasks": [],
        "tasks_total": count,
        "totals": {**sums, "requests": run.requests, "throttled": run.throttled},
        "error": _fault_report(run.error),
        "pace": run.pace,
        "progress": run.live,
        "limited_by": None if limit is None else str(limit.by),
        "limited_told": "" if limit is None else limit.told,
        "limited_s": dict(limited_s(run)),
        "limited_mostly": limited_mostly(run),
    }


def _without_history(pace: Mapping[str, Json] | None) -> Mapping[str, Json] | None:
    if pace is None:
        return None
    return {name: value for name, value in pace.items() if name != "history"}


def without_names(report: dict[str, Json]) -> dict[str, Json]:
    """Leave out what may repeat the names of folders and items: notes, reasons, progress."""
    tasks: Any = report["tasks"]
    return {
        **report,
        "tasks": [{**task, "notes": [], "reason": None, "error": None} for task in tasks],
        "error": None,
        "progress": None,
    }


def _task_report(task: Task, *, with_folders: bool) -> dict[str, Json]:
    ledger: Mapping[str, Any] = task.coverage or {}
    document: dict[str, Json] = {
        "resource": task.resource,
        "kind": task.resource_kind,
        "id": task.own_id,
        "name": task.name,
        "status": str(task.status),
        "reason": task.reason,
        "started": None if task.started is None else time_text(task.started),
        "finished": None if task.finished is None else time_text(task.finished),
        "point": ledger.get("point"),
        "ways": ledger.get("ways", {}),
        "notes": ledger.get("notes", []),
        "totals": ledger.get("totals"),
        "error": _fault_report(task.error),
    }
    if with_folders:
        document["folders"] = ledger.get("folders", [])
    return document


def _figure(task: Task, name: str) -> int:
    ledger: Mapping[str, Any] = task.coverage or {}
    figure: int = ledger.get("totals", {}).get(name, 0)
    return figure


def _fault_report(fault: Fault | None) -> dict[str, Json] | None:
    if fault is None:
        return None
    return {
        "exit_code": fault.exit_code,
        "what": fault.what,
        "why": fault.why,
        "hint": fault.hint,
    }
