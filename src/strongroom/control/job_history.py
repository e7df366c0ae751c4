"""What earlier runs of a job covered. Every function works inside the caller's transaction."""

from __future__ import annotations

import sqlalchemy as sa

from strongroom.control.records import Run, Task, TaskStatus
from strongroom.control.schema import JOBS, RUNS, TASKS

LAST_WITH_TASKS = (
    sa.select(RUNS.c.id)
    .where(
        RUNS.c.job_id == sa.bindparam("job"),
        RUNS.c.position < sa.bindparam("before"),
        sa.exists().where(TASKS.c.run_id == RUNS.c.id),
    )
    .order_by(RUNS.c.position.desc())
    .limit(1)
)
OF_RUN = (
    sa.select(
        TASKS.c.run_id,
        TASKS.c.resource_kind,
        TASKS.c.resource_id,
        TASKS.c.number,
        TASKS.c.resource,
        TASKS.c.status,
    )
    .where(TASKS.c.run_id == sa.bindparam("run"))
    .order_by(TASKS.c.number)
)

JOBS_WITH_TASKS = sa.select(JOBS.c.name).where(
    sa.exists().where(RUNS.c.job_id == JOBS.c.id, sa.exists().where(TASKS.c.run_id == RUNS.c.id))
)


def jobs_with_tasks(db: sa.Connection) -> frozenset[str]:
    """Name the jobs with a run that came so far as to have tasks."""
    return frozenset(db.execute(JOBS_WITH_TASKS).scalars())


def earlier_tasks(db: sa.Connection, run: Run) -> list[Task]:
    """List the tasks of the job's last run before this one that came so far as to have some.

    Without their ledgers, which take a thousand times as much room.
    """
    if run.job_id is None:
        return []
    found = db.execute(LAST_WITH_TASKS, {"job": run.job_id, "before": run.position})
    last = found.scalar_one_or_none()
    if last is None:
        return []
    rows = db.execute(OF_RUN, {"run": last}).mappings()
    return [Task(**{**row, "status": TaskStatus(row["status"])}) for row in rows]
