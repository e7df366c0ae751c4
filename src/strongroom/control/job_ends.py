"""How jobs ended last, and what is overdue. Inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from strongroom.control import rows, run_sums
from strongroom.control.records import RunStatus
from strongroom.control.run_sums import RunLine
from strongroom.control.schema import JOBS, RUNS

_FINAL = tuple(one for one in RunStatus if one.is_final)
_UNFINISHED = tuple(one for one in RunStatus if not one.is_final)
_OF_A_JOB = RUNS.c.job_id.is_not(None)
LAST_ENDS = (
    sa.select(RUNS)
    .where(
        RUNS.c.position.in_(
            sa.select(sa.func.max(RUNS.c.position))
            .where(_OF_A_JOB, RUNS.c.status.in_(_FINAL))
            .group_by(RUNS.c.job_id)
        )
    )
    .order_by(RUNS.c.job)
)
LAST_SUCCESSES = (
    sa.select(RUNS.c.job_id, sa.func.max(RUNS.c.finished).label("finished"))
    .where(_OF_A_JOB, RUNS.c.status == RunStatus.COMPLETE)
    .group_by(RUNS.c.job_id)
)
OVERDUE = (
    sa.select(JOBS.c.name)
    .where(
        JOBS.c.due < sa.bindparam("late"),
        JOBS.c.is_paused == 0,
        ~sa.exists().where(RUNS.c.job_id == JOBS.c.id, RUNS.c.status.in_(_UNFINISHED)),
    )
    .order_by(JOBS.c.name)
)
QUEUE = (
    sa.select(
        RUNS.c.status,
        sa.func.count().label("count"),
        sa.func.min(
            sa.case(
                (
                    sa.or_(RUNS.c.not_before.is_(None), RUNS.c.not_before <= sa.bindparam("now")),
                    RUNS.c.created,
                )
            )
        ).label("oldest"),
    )
    .where(RUNS.c.status.in_(_UNFINISHED))
    .group_by(RUNS.c.status)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unfinished:
    """The runs of one status that have not ended.

    Attributes:
        oldest: When the oldest was asked for of those that may be at work now.
    """

    count: int = 0
    oldest: datetime | None = None


def last_ends(db: sa.Connection) -> Sequence[RunLine]:
    """Give the run of each job that ended last, by the jobs' names."""
    return run_sums.with_sums(db, db.execute(LAST_ENDS).mappings().all())


def last_successes(db: sa.Connection) -> Mapping[str, datetime]:
    """Say when a run of each job last ended complete, by the job's id."""
    return {row.job_id: rows.time_of(row.finished) for row in db.execute(LAST_SUCCESSES)}


def overdue(db: sa.Connection, *, since: datetime) -> Sequence[str]:
    """Name the jobs that were due before that time, and of which no run waits, runs or rests."""
    return db.execute(OVERDUE, {"late": rows.time_text(since)}).scalars().all()


def unfinished(db: sa.Connection, now: datetime) -> Mapping[str, Unfinished]:
    """Count the runs that have not ended, by their status."""
    return {
        row["status"]: Unfinished(count=row["count"], oldest=rows.time_or_none(row["oldest"]))
        for row in db.execute(QUEUE, {"now": rows.time_text(now)}).mappings()
    }
