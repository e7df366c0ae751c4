"""What is known of how much runs have to do and how long they take, without reading ledgers.

Every function works inside the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from strongroom.control import rows
from strongroom.control.records import RunStatus, TaskStatus
from strongroom.control.schema import RUNS, TASKS
from strongroom.words.merging import spans_s

_ITS_RUN = TASKS.c.run_id == sa.bindparam("run")
_BEGUN_OR_NOT = (TaskStatus.WAITING, TaskStatus.RUNNING)


def _sum(column: sa.ColumnElement[int]) -> sa.ColumnElement[int]:
    # PostgreSQL makes a sum of large whole numbers one of another type.
    return sa.cast(sa.func.coalesce(sa.func.sum(column), 0), sa.BigInteger)


SUMS = (
    sa.select(
        TASKS.c.status,
        sa.func.count().label("count"),
        _sum(TASKS.c.saved + TASKS.c.skipped + TASKS.c.failed).label("items"),
        _sum(TASKS.c.bytes_read).label("bytes"),
        _sum(TASKS.c.weight).label("weight"),
    )
    .where(_ITS_RUN)
    .group_by(TASKS.c.status)
)
ENDED = sa.select(TASKS.c.resource).where(
    _ITS_RUN,
    TASKS.c.resource.in_(sa.bindparam("references", expanding=True)),
    TASKS.c.status.not_in(_BEGUN_OR_NOT),
)
WEIGHT = sa.select(_sum(TASKS.c.weight)).where(
    _ITS_RUN, TASKS.c.resource.in_(sa.bindparam("references", expanding=True))
)
OPEN = (
    sa.select(
        RUNS.c.id, RUNS.c.job_id, RUNS.c.status, RUNS.c.blocked_by, RUNS.c.not_before, RUNS.c.live
    )
    .where(RUNS.c.status.in_((RunStatus.WAITING, RunStatus.RUNNING)))
    .order_by(RUNS.c.position)
)
LAST_OF_JOB = (
    sa.select(RUNS.c.live, RUNS.c.started, RUNS.c.finished)
    .where(
        RUNS.c.job_id == sa.bindparam("job"),
        RUNS.c.status.in_((RunStatus.COMPLETE, RunStatus.PARTIAL)),
    )
    .order_by(RUNS.c.position.desc())
    .limit(1)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskSums:
    """A run's tasks, counted; those that the job leaves out are not among them.

    Attributes:
        ended, open: How many have ended, and have not.
        items, bytes: What those that ended have done, as their ledgers say.
        ended_weight, open_weight: How large they were the last time, in bytes.
        in_hand_weight: The same of those that are in hand.
        told_too_late: What a worker still tells of although it has ended.
    """

    ended: int = 0
    open: int = 0
    items: int = 0
    bytes: int = 0
    ended_weight: int = 0
    open_weight: int = 0
    in_hand_weight: int = 0
    told_too_late: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenRun:
    """A run that waits or runs.

    Attributes:
        worked_s: How long it has been worked on, in earlier attempts.
    """

    id: str
    job_id: str | None
    is_running: bool
    blocked_by: str | None
    not_before: datetime | None
    worked_s: float


def task_sums(db: sa.Connection, run_id: str, in_hand: Collection[str]) -> TaskSums:
    """Count a run's tasks.

    Args:
        db: The transaction.
        run_id: Whose.
        in_hand: What its workers have in hand, by how people name it.
    """
    by_status = {row["status"]: row for row in db.execute(SUMS, {"run": run_id}).mappings().all()}
    by_status.pop(TaskStatus.EXCLUDED, None)
    begun = [by_status[status] for status in _BEGUN_OR_NOT if status in by_status]
    ended = [row for status, row in by_status.items() if status not in _BEGUN_OR_NOT]
    late: frozenset[str] = frozenset()
    weight = 0
    if in_hand:
        wanted: dict[str, Any] = {"run": run_id, "references": list(in_hand)}
        late = frozenset(db.execute(ENDED, wanted).scalars())
        weight = db.execute(WEIGHT, wanted).scalar_one()
    return TaskSums(
        ended=sum(row["count"] for row in ended),
        open=sum(row["count"] for row in begun),
        items=sum(row["items"] for row in ended),
        bytes=sum(row["bytes"] for row in ended),
        ended_weight=sum(row["weight"] for row in ended),
        open_weight=sum(row["weight"] for row in begun),
        in_hand_weight=weight,
        told_too_late=late,
    )


def open_runs(db: sa.Connection) -> list[OpenRun]:
    """List the runs that wait or run, first come first."""
    return [
        OpenRun(
            id=row["id"],
            job_id=row["job_id"],
            is_running=row["status"] == RunStatus.RUNNING,
            blocked_by=row["blocked_by"],
            not_before=rows.time_or_none(row["not_before"]),
            worked_s=_worked_s(row["live"]) or 0.0,
        )
        for row in db.execute(OPEN).mappings()
    ]


def last_took_s(db: sa.Connection, job_id: str) -> float | None:
    """Say how long the last run of a job was worked on that came to its end; None: there is none.

    Pauses of hours and days are not in it.
    """
    row = db.execute(LAST_OF_JOB, {"job": job_id}).mappings().one_or_none()
    if row is None:
        return None
    worked_s = _worked_s(row["live"])
    if worked_s is not None:
        return worked_s
    began, ended = rows.time_or_none(row["started"]), rows.time_or_none(row["finished"])
    return None if began is None or ended is None else (ended - began).total_seconds()


def _worked_s(live: str | None) -> float | None:
    earlier: Any = rows.json_or_none(live) or {}
    spans = earlier.get("spans_s")
    return None if spans is None else spans_s(spans)
