"""What schedules need of runs: which turns were taken, and when runs may be at work.

Every function works inside the caller's transaction.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from strongroom.control import rows
from strongroom.control.queued import Asked
from strongroom.control.records import RunStatus
from strongroom.control.runs import PRIORITY_MS
from strongroom.control.schema import JOBS, RUNS

_OPEN = (RunStatus.WAITING, RunStatus.RUNNING)
_UNFINISHED = (*_OPEN, RunStatus.PAUSED)
_THE_RUN = RUNS.c.id == sa.bindparam("wanted")
_THE_JOBS_RUN = RUNS.c.job_id == sa.bindparam("of_job")
_UNTIL = sa.bindparam("until", type_=sa.Text)

HAS_TAKEN = sa.select(
    sa.exists().where(_THE_JOBS_RUN, RUNS.c.due == sa.bindparam("turn", type_=sa.Text))
)
LAST_END = sa.select(sa.func.max(RUNS.c.finished)).where(_THE_JOBS_RUN)
JOIN = sa.update(RUNS).where(_THE_RUN).values(joined=RUNS.c.joined + 1)
UNDER_WAY = (
    sa.select(
        RUNS.c.id,
        RUNS.c.status,
        RUNS.c.stop_asked,
        RUNS.c.not_before,
        RUNS.c.waits_for,
        JOBS.c.schedule,
    )
    .join(JOBS, RUNS.c.job_id == JOBS.c.id)
    .where(RUNS.c.status.in_(_OPEN))
)
UNDER_WAY_OF_SCHEDULED = UNDER_WAY.where(JOBS.c.schedule.is_not(None))
UNDER_WAY_OF_JOB = UNDER_WAY.where(_THE_JOBS_RUN)
# Decided anew when it is in the queue again, so it is told no more that another run is in its way.
HOLD = (
    sa.update(RUNS)
    .where(_THE_RUN, RUNS.c.status == RunStatus.WAITING)
    .values(not_before=_UNTIL, waits_for=sa.bindparam("reason", type_=sa.Text), blocked_by=None)
)
ASK_TO_LEAVE = (
    sa.update(RUNS)
    .where(_THE_RUN, RUNS.c.status == RunStatus.RUNNING, RUNS.c.stop_asked == Asked.NOTHING)
    .values(stop_asked=Asked.YIELD, not_before=_UNTIL)
)
SET_PRIORITY = (
    sa.update(RUNS)
    .where(_THE_JOBS_RUN, RUNS.c.status.in_(_UNFINISHED))
    .values(
        priority=sa.bindparam("step", type_=sa.Integer),
        sort_ms=RUNS.c.sort_ms
        + (RUNS.c.priority - sa.bindparam("step", type_=sa.Integer)) * PRIORITY_MS,
    )
)
_NEWEST = sa.select(sa.func.max(RUNS.c.position)).where(RUNS.c.job_id.is_not(None))
NEWEST_OF_JOBS = sa.select(
    RUNS.c.job_id, RUNS.c.id, RUNS.c.status, RUNS.c.created, RUNS.c.finished
).where(RUNS.c.position.in_(_NEWEST.group_by(RUNS.c.job_id)))


@dataclass(frozen=True, slots=True, kw_only=True)
class UnderWay:
    """A run of a job that waits or runs, and what its job's schedule says.

    Attributes:
        is_running: It runs; else it waits.
        is_asked: It was asked to end, to pause or to stand aside.
        schedule: As JSON text, or None.
    """

    run_id: str
    is_running: bool
    is_asked: bool
    not_before: datetime | None
    waits_for: str | None
    schedule: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LastRun:
    """The newest run of a job, in short."""

    id: str
    status: RunStatus
    created: datetime
    finished: datetime | None


def has_taken(db: sa.Connection, job_id: str, turn: datetime) -> bool:
    """Say whether there is a run for this very turn."""
    values = {"of_job": job_id, "turn": rows.time_text(turn)}
    return bool(db.execute(HAS_TAKEN, values).scalar_one())


def last_end(db: sa.Connection, job_id: str) -> datetime | None:
    """Say when a run of a job ended last."""
    return rows.time_or_none(db.execute(LAST_END, {"of_job": job_id}).scalar_one_or_none())


def join(db: sa.Connection, run_id: str) -> None:
    """Count a turn for a run that was there already."""
    db.execute(JOIN, {"wanted": run_id})


def under_way(db: sa.Connection, *, job_id: str | None = None) -> list[UnderWay]:
    """List the runs that wait or run: of a job, or of all jobs with a schedule."""
    statement = UNDER_WAY_OF_SCHEDULED if job_id is None else UNDER_WAY_OF_JOB
    return [
        UnderWay(
            run_id=row["id"],
            is_running=row["status"] == RunStatus.RUNNING,
            is_asked=row["stop_asked"] != Asked.NOTHING,
            not_before=rows.time_or_none(row["not_before"]),
            waits_for=row["waits_for"],
            schedule=row["schedule"],
        )
        for row in db.execute(statement, {} if job_id is None else {"of_job": job_id}).mappings()
    ]


def hold(db: sa.Connection, run_id: str, *, until: datetime | None, reason: str | None) -> None:
    """Let a waiting run wait for a time, and say so; None: it waits for no time any more."""
    text = rows.time_text_or_none(until)
    db.execute(HOLD, {"wanted": run_id, "until": text, "reason": reason})


def ask_to_leave(db: sa.Connection, run_id: str, *, until: datetime) -> None:
    """Ask a running run to stand aside at its next safe point, until then, if nothing was asked."""
    db.execute(ASK_TO_LEAVE, {"wanted": run_id, "until": rows.time_text(until)})


def set_priority(db: sa.Connection, job_id: str, priority: int) -> None:
    """Let the unfinished runs of a job be worth what the job is from now on."""
    db.execute(SET_PRIORITY, {"of_job": job_id, "step": priority})


def newest_of_jobs(db: sa.Connection) -> dict[str, LastRun]:
    """Give the newest run of each job that has any, by the job's id."""
    return {
        row["job_id"]: LastRun(
            id=row["id"],
            status=RunStatus(row["status"]),
            created=rows.time_of(row["created"]),
            finished=rows.time_or_none(row["finished"]),
        )
        for row in db.execute(NEWEST_OF_JOBS).mappings()
    }
