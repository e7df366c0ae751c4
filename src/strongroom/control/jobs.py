"""Rows of jobs. Every function works inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from strongroom.control import rows
from strongroom.control.records import Job
from strongroom.control.schema import CONNECTIONS, JOBS, STORAGES
from strongroom.words.json import Json

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
SCHEDULED = _WITH_NAMES.where(JOBS.c.schedule.is_not(None), JOBS.c.is_paused == 0).order_by(
    JOBS.c.due, JOBS.c.name
)
AT_LEAST_DUE = SCHEDULED.where(
    sa.or_(JOBS.c.due.is_(None), JOBS.c.due <= sa.bindparam("now", type_=sa.Text))
)
_THE_JOB = JOBS.c.id == sa.bindparam("wanted")
_STILL_DUE = JOBS.c.due.is_not_distinct_from(sa.bindparam("turn", type_=sa.Text))
_NEXT = sa.bindparam("next_turn", type_=sa.Text)
TAKE = (
    sa.update(JOBS)
    .where(_THE_JOB, _STILL_DUE, JOBS.c.is_paused == 0)
    .values(due=_NEXT, last_due=sa.bindparam("turn", type_=sa.Text))
)
MOVE = sa.update(JOBS).where(_THE_JOB, _STILL_DUE, JOBS.c.is_paused == 0).values(due=_NEXT)
SET_SCHEDULE = (
    sa.update(JOBS)
    .where(_THE_JOB)
    .values(schedule=sa.bindparam("document", type_=sa.Text), due=_NEXT, last_due=None)
)
SET_PAUSED = sa.update(JOBS).where(_THE_JOB).values(is_paused=sa.bindparam("is_resting"), due=_NEXT)
SET_PRIORITY = sa.update(JOBS).where(_THE_JOB).values(priority=sa.bindparam("step"))
SAY_MISSED = (
    sa.update(JOBS)
    .where(_THE_JOB)
    .values(missed=sa.bindparam("turn", type_=sa.Text), missed_why=sa.bindparam("reason"))
)
SET_SELECTION = sa.update(JOBS).where(_THE_JOB).values(selection=sa.bindparam("document"))
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


def scheduled(db: sa.Connection) -> list[Job]:
    """List the jobs that have a schedule and are not paused, the first due first."""
    return [_record(row) for row in db.execute(SCHEDULED).mappings()]


def at_least_due(db: sa.Connection, now: datetime) -> list[Job]:
    """List those of them that are due, and those of which nobody has said yet when they are."""
    found = db.execute(AT_LEAST_DUE, {"now": rows.time_text(now)})
    return [_record(row) for row in found.mappings()]


def take(db: sa.Connection, job: Job, *, next_due: datetime | None) -> bool:
    """Take the turn that a job is due for; False if somebody else did, or it rests by now."""
    return db.execute(TAKE, _moved(job, next_due)).rowcount == 1


def move(db: sa.Connection, job: Job, *, due: datetime | None) -> bool:
    """Say anew when a job is due; False if somebody else did, or it rests by now."""
    return db.execute(MOVE, _moved(job, due)).rowcount == 1


def _moved(job: Job, due: datetime | None) -> dict[str, str | None]:
    return {
        "wanted": job.id,
        "turn": rows.time_text_or_none(job.due),
        "next_turn": rows.time_text_or_none(due),
    }


def say_missed(db: sa.Connection, job_id: str, turn: datetime, why: str) -> None:
    """Keep which turn of a job was missed last, and why."""
    db.execute(SAY_MISSED, {"wanted": job_id, "turn": rows.time_text(turn), "reason": why})


def set_schedule(
    db: sa.Connection, job_id: str, schedule: Mapping[str, Json] | None, *, due: datetime | None
) -> None:
    """Keep when a job runs, instead of what was kept; no turn of the new schedule is taken yet."""
    document = None if schedule is None else rows.json_text(schedule)
    due_text = rows.time_text_or_none(due)
    db.execute(SET_SCHEDULE, {"wanted": job_id, "document": document, "next_turn": due_text})


def set_paused(db: sa.Connection, job_id: str, *, is_paused: bool, due: datetime | None) -> None:
    """Let a job's schedule rest or go on."""
    due_text = rows.time_text_or_none(due)
    db.execute(SET_PAUSED, {"wanted": job_id, "is_resting": int(is_paused), "next_turn": due_text})


def set_priority(db: sa.Connection, job_id: str, priority: int) -> None:
    """Keep what a job is worth."""
    db.execute(SET_PRIORITY, {"wanted": job_id, "step": priority})


def set_selection(db: sa.Connection, job_id: str, selection: Mapping[str, Json]) -> None:
    """Keep what a job covers, instead of what it did."""
    db.execute(SET_SELECTION, {"wanted": job_id, "document": rows.json_text(selection)})


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
            "missed": rows.time_or_none(fields["missed"]),
        }
    )
