"""Runs with the sums over their tasks, without anybody's ledger. Inside the caller's transaction.

A run of ten thousand mailboxes has hundreds of megabytes of ledgers; whoever wants to know how many
items it saved needs none of them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from strongroom.control import rows
from strongroom.control.records import Fault, RunStatus
from strongroom.control.schema import RUNS, TASKS
from strongroom.control.tasks import SUMS

PAGE = 100
_SHOWN = ("position", "id", "job_id", "job", "kind", "status", "request", "attempts", "requests",
          "throttled", "created", "started", "finished", "error")  # fmt: skip
LINES = (
    sa.select(*(RUNS.c[name] for name in _SHOWN))
    .order_by(RUNS.c.position.desc())
    .limit(sa.bindparam("rows_max"))
)
OF_RUNS = (
    sa.select(
        TASKS.c.run_id,
        TASKS.c.status,
        sa.func.count().label("count"),
        *(sa.func.sum(TASKS.c[name]).label(name) for name in SUMS),
    )
    .where(TASKS.c.run_id.in_(sa.bindparam("wanted", expanding=True)))
    .group_by(TASKS.c.run_id, TASKS.c.status)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunLine:
    """One run, in one line.

    Attributes:
        storage_id: Of the storage that it writes to or reads from; empty if it has none.
        tasks: How many of its tasks stand how.
        sums: Over all its tasks: ``on_server``, ``saved`` and so on.
    """

    position: int
    id: str
    job_id: str | None
    job: str | None
    kind: str
    status: RunStatus
    storage_id: str
    attempts: int
    requests: int
    throttled: int
    created: datetime
    started: datetime | None
    finished: datetime | None
    error: Fault | None
    tasks: Mapping[str, int] = field(default_factory=dict)
    sums: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskSums:
    """The tasks of a run: how many stand how, and ``on_server``, ``saved`` … over all of them."""

    tasks: Mapping[str, int]
    sums: Mapping[str, int]


class _Request(msgspec.Struct):
    """The part of a request that says where the run goes; the rest is not even made."""

    storage: str = ""


def page(
    db: sa.Connection,
    before: int | None,
    *,
    since: datetime | None = None,
    job: str | None = None,
    rows_max: int = PAGE,
) -> list[RunLine]:
    """List a page of runs, newest first; empty at the end.

    Args:
        db: The transaction.
        before: Position of the last one of the page before; None: from the newest on.
        since: Only those asked for at that time or later.
        job: Only those of the job of this name.
        rows_max: How long the page is.
    """
    statement = LINES
    if before is not None:
        statement = statement.where(RUNS.c.position < before)
    if since is not None:
        statement = statement.where(RUNS.c.created >= rows.time_text(since))
    if job is not None:
        statement = statement.where(RUNS.c.job == job)
    return with_sums(db, db.execute(statement, {"rows_max": rows_max}).mappings().all())


def with_sums(db: sa.Connection, runs: Sequence[sa.RowMapping]) -> list[RunLine]:
    """Make lines of rows of runs."""
    found = counted(db, [run["id"] for run in runs])
    return [_line(run, found[run["id"]]) for run in runs]


def counted(db: sa.Connection, run_ids: Sequence[str]) -> Mapping[str, TaskSums]:
    """Count and add up the tasks of runs."""
    tasks: dict[str, dict[str, int]] = defaultdict(dict)
    sums: dict[str, dict[str, int]] = defaultdict(lambda: dict.fromkeys(SUMS, 0))
    for row in db.execute(OF_RUNS, {"wanted": list(run_ids)}).mappings():
        tasks[row["run_id"]][row["status"]] = row["count"]
        for name in SUMS:
            sums[row["run_id"]][name] += int(row[name])
    return {run_id: TaskSums(tasks=tasks[run_id], sums=sums[run_id]) for run_id in run_ids}


def _line(row: sa.RowMapping, found: TaskSums) -> RunLine:
    fields: dict[str, Any] = {name: row[name] for name in _SHOWN if name != "request"}
    return RunLine(
        **{
            **fields,
            "status": RunStatus(fields["status"]),
            "storage_id": msgspec.json.decode(row["request"], type=_Request).storage,
            "created": rows.time_of(fields["created"]),
            "started": rows.time_or_none(fields["started"]),
            "finished": rows.time_or_none(fields["finished"]),
            "error": rows.fault_of(fields["error"]),
            "tasks": found.tasks,
            "sums": found.sums,
        }
    )
