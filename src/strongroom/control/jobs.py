"""Rows of jobs. Every function works inside the caller's transaction."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from strongroom.control import rows
from strongroom.control.records import Job
from strongroom.control.schema import CONNECTIONS, JOBS, STORAGES

_WITH_NAMES = (
    sa.select(
        JOBS,
        CONNECTIONS.c.name.label("connection"),
        STORAGES.c.name.label("storage"),
    )
    .outerjoin(CONNECTIONS, JOBS.c.connection_id == CONNECTIONS.c.id)
    .join(STORAGES, JOBS.c.storage_id == STORAGES.c.id)
)
ADD = sa.insert(JOBS)
ALL_BY_NAME = _WITH_NAMES.order_by(JOBS.c.name)
BY_NAME = _WITH_NAMES.where(JOBS.c.name == sa.bindparam("wanted"))
REMOVE = sa.delete(JOBS).where(JOBS.c.id == sa.bindparam("wanted"))


def add(db: sa.Connection, job: Job) -> None:
    """Keep a new job; its name must be free."""
    db.execute(
        ADD,
        {
            "id": job.id,
            "name": job.name,
            "kind": job.kind,
            "connection_id": job.connection_id,
            "storage_id": job.storage_id,
            "selection": rows.json_text(job.selection),
            "created": rows.time_text(job.created),
            "priority": job.priority,
            "is_paused": int(job.is_paused),
            "schedule": None if job.schedule is None else rows.json_text(job.schedule),
            "due": rows.time_text_or_none(job.due),
            "last_due": rows.time_text_or_none(job.last_due),
        },
    )


def everything(db: sa.Connection) -> list[Job]:
    """List all jobs by name."""
    return [_record(row) for row in db.execute(ALL_BY_NAME).mappings()]


def by_name(db: sa.Connection, name: str) -> Job | None:
    """Find a job by its name."""
    row = db.execute(BY_NAME, {"wanted": name}).mappings().one_or_none()
    return None if row is None else _record(row)


def remove(db: sa.Connection, job_id: str) -> None:
    """Forget a job; its runs stay in the history."""
    db.execute(REMOVE, {"wanted": job_id})


def _record(row: sa.RowMapping) -> Job:
    fields: dict[str, Any] = dict(row)
    return Job(
        **{
            **fields,
            "selection": rows.json_of(fields["selection"]),
            "created": rows.time_of(fields["created"]),
            "is_paused": bool(fields["is_paused"]),
            "schedule": rows.json_or_none(fields["schedule"]),
            "due": rows.time_or_none(fields["due"]),
            "last_due": rows.time_or_none(fields["last_due"]),
        }
    )
