"""Rows of tasks, with their ledgers. Every function works inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields as fields_of
from typing import Any

import sqlalchemy as sa

from strongroom.control import rows
from strongroom.control.records import Task, TaskStatus
from strongroom.control.schema import TASKS

OF_RUN = sa.select(TASKS).where(TASKS.c.run_id == sa.bindparam("run")).order_by(TASKS.c.number)
_LEDGERS = frozenset({"coverage", "place"})
WITHOUT_LEDGERS = (
    sa.select(*(column for column in TASKS.c if column.name not in _LEDGERS))
    .where(TASKS.c.run_id == sa.bindparam("run"))
    .order_by(TASKS.c.number)
)
FIRST_OF_RUNS = (
    sa.select(TASKS)
    .where(
        TASKS.c.run_id.in_(sa.bindparam("runs", expanding=True)),
        TASKS.c.number < sa.bindparam("at_most"),
    )
    .order_by(TASKS.c.run_id, TASKS.c.number)
)
REMOVE = sa.delete(TASKS).where(
    TASKS.c.run_id == sa.bindparam("run"),
    TASKS.c.resource_kind == sa.bindparam("kind"),
    TASKS.c.resource_id == sa.bindparam("resource"),
)
ADD = sa.insert(TASKS)
SUMS = ("on_server", "saved", "unchanged", "skipped", "failed", "bytes_read", "bytes_stored")
_AT_ONCE = 500
"""Rows that are made before they are written: ten thousand of them take ten times what is kept."""

_FIELDS = frozenset(field.name for field in fields_of(Task))


def sums(task: Task) -> dict[str, int]:
    """Give the sums of a task's ledger; zeros while there is none."""
    ledger: Any = task.coverage or {}
    totals = ledger.get("totals") or {}
    return {name: totals.get(name, 0) for name in SUMS}


def of_run(db: sa.Connection, run_id: str) -> list[Task]:
    """List the tasks of a run in their order."""
    return [record(row) for row in db.execute(OF_RUN, {"run": run_id}).mappings()]


def without_ledgers(db: sa.Connection, run_id: str) -> list[Task]:
    """List the tasks of a run in their order, without what takes the most room."""
    return [record(row) for row in db.execute(WITHOUT_LEDGERS, {"run": run_id}).mappings()]


def first_of_runs(
    db: sa.Connection, run_ids: Sequence[str], *, at_most: int
) -> dict[str, list[Task]]:
    """List the first tasks of each of some runs in their order."""
    found: dict[str, list[Task]] = {run_id: [] for run_id in run_ids}
    wanted = {"runs": list(run_ids), "at_most": at_most}
    for row in db.execute(FIRST_OF_RUNS, wanted).mappings():
        found[row["run_id"]].append(record(row))
    return found


def keep(db: sa.Connection, task: Task) -> None:
    """Keep a task as it is now, in the place of what was known of it before."""
    db.execute(
        REMOVE,
        {"run": task.run_id, "kind": task.resource_kind, "resource": task.resource_id},
    )
    add_all(db, [task])


def add_all(db: sa.Connection, new: Sequence[Task]) -> None:
    """Keep tasks of which nothing is known yet."""
    for start in range(0, len(new), _AT_ONCE):
        db.execute(ADD, [_row(task) for task in new[start : start + _AT_ONCE]])


def _row(task: Task) -> dict[str, object]:
    return {
        "run_id": task.run_id,
        "resource_kind": task.resource_kind,
        "resource_id": task.resource_id,
        "number": task.number,
        "place": None if task.place is None else rows.json_text(task.place),
        "worker": task.worker,
        "weight": task.weight,
        "attempts": task.attempts,
        **outcome(task),
    }


def outcome(task: Task) -> dict[str, object]:
    """Give the columns that say what came of a task; the others were there when it was planned."""
    return {
        "resource": task.resource,
        "name": task.name,
        "status": task.status,
        "started": rows.time_text_or_none(task.started),
        "finished": rows.time_text_or_none(task.finished),
        "coverage": None if task.coverage is None else rows.json_text(task.coverage),
        "reason": task.reason,
        "error": rows.fault_text(task.error),
        **sums(task),
    }


def record(row: sa.RowMapping) -> Task:
    """Make a task of a row."""
    fields: dict[str, Any] = {name: value for name, value in row.items() if name in _FIELDS}
    return Task(
        **{
            **fields,
            "status": TaskStatus(fields["status"]),
            "started": rows.time_or_none(fields["started"]),
            "finished": rows.time_or_none(fields["finished"]),
            "coverage": rows.json_or_none(fields.get("coverage")),
            "error": rows.fault_of(fields["error"]),
            "place": rows.json_or_none(fields.get("place")),
        }
    )
