"""Rows of what jobs keep. Every function works inside the caller's transaction."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from strongroom.control import rows
from strongroom.control.records import RunStatus
from strongroom.control.retention_schema import RETENTION
from strongroom.control.schema import JOBS, RUNS

_WITH_JOBS = sa.select(
    RETENTION,
    JOBS.c.name.label("job"),
    JOBS.c.storage_id,
    JOBS.c.schedule,
).join(JOBS, RETENTION.c.job_id == JOBS.c.id)
ALL = _WITH_JOBS.order_by(JOBS.c.name)
OF_JOB = _WITH_JOBS.where(RETENTION.c.job_id == sa.bindparam("wanted"))
OF_STORAGE = ALL.where(JOBS.c.storage_id == sa.bindparam("wanted"))
ADD = sa.insert(RETENTION)
REMOVE = sa.delete(RETENTION).where(RETENTION.c.job_id == sa.bindparam("wanted"))
SAY_PRUNED = (
    sa.update(RETENTION)
    .where(
        RETENTION.c.job_id == sa.bindparam("wanted"),
        RETENTION.c.pruned.is_not_distinct_from(sa.bindparam("before", type_=sa.Text)),
    )
    .values(pruned=sa.bindparam("now"))
)
_ENDED = (str(RunStatus.COMPLETE), str(RunStatus.PARTIAL))
FINISHED_SINCE = sa.select(RUNS.c.id).where(
    RUNS.c.job_id == sa.bindparam("wanted"),
    RUNS.c.kind == "backup",
    RUNS.c.status.in_(_ENDED),
    RUNS.c.finished > sa.bindparam("since", type_=sa.Text),
)
UNDER_WAY = sa.select(RUNS.c.id).where(
    RUNS.c.job_id == sa.bindparam("wanted"),
    RUNS.c.status.in_((str(RunStatus.WAITING), str(RunStatus.RUNNING))),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Former:
    """Rules that are in force no more.

    Attributes:
        keep: The rules; empty: everything was kept.
        until: When others took their place: aware, UTC.
        zone: Whose days they counted.
    """

    keep: str
    until: datetime
    zone: str = "UTC"


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """What a job keeps.

    Attributes:
        job_id: The job's id.
        keep: Its rules as they are typed (see ``words.retention``); empty: everything.
        former: Those before them.
        prune_every_s: How often a prune is asked for by itself; None: never.
        pruned: When that was done last.
        job: The job's name now.
        storage_id: Where it keeps.
        schedule: When it runs, as it is kept with the job: the rules count days as it does.
    """

    job_id: str
    keep: str
    former: tuple[Former, ...] = ()
    prune_every_s: int | None
    pruned: datetime | None = None
    job: str = ""
    storage_id: str = ""
    schedule: str | None = None


def put(db: sa.Connection, retention: Retention) -> None:
    """Keep what a job keeps, in place of what was kept before."""
    db.execute(REMOVE, {"wanted": retention.job_id})
    former = [
        {"keep": one.keep, "until": rows.time_text(one.until), "zone": one.zone}
        for one in retention.former
    ]
    db.execute(
        ADD,
        {
            "job_id": retention.job_id,
            "keep": retention.keep,
            "former": json.dumps(former),
            "prune_every_s": retention.prune_every_s,
            "pruned": rows.time_text_or_none(retention.pruned),
        },
    )


def of_job(db: sa.Connection, job_id: str) -> Retention | None:
    """Find what a job keeps; None: nothing was ever said of it."""
    row = db.execute(OF_JOB, {"wanted": job_id}).mappings().one_or_none()
    return None if row is None else _record(row)


def everything(db: sa.Connection) -> list[Retention]:
    """List what jobs keep, by name."""
    return [_record(row) for row in db.execute(ALL).mappings()]


def of_storage(db: sa.Connection, storage_id: str) -> list[Retention]:
    """List what jobs keep in a storage, by name."""
    return [_record(row) for row in db.execute(OF_STORAGE, {"wanted": storage_id}).mappings()]


def say_pruned(db: sa.Connection, retention: Retention, now: datetime) -> bool:
    """Keep that a prune was asked for; False if somebody else did so meanwhile."""
    values = {
        "wanted": retention.job_id,
        "before": rows.time_text_or_none(retention.pruned),
        "now": rows.time_text(now),
    }
    return db.execute(SAY_PRUNED, values).rowcount == 1


def has_backed_up(db: sa.Connection, job_id: str, since: datetime | None) -> bool:
    """Say whether a backup of the job has ended well since then, and none is under way."""
    since_text = "" if since is None else rows.time_text(since)
    values = {"wanted": job_id, "since": since_text}
    if db.execute(FINISHED_SINCE.limit(1), values).first() is None:
        return False
    return db.execute(UNDER_WAY.limit(1), {"wanted": job_id}).first() is None


def _record(row: sa.RowMapping) -> Retention:
    return Retention(
        job_id=row["job_id"],
        keep=row["keep"],
        former=tuple(
            Former(keep=one["keep"], until=rows.time_of(one["until"]), zone=one["zone"])
            for one in json.loads(row["former"])
        ),
        prune_every_s=row["prune_every_s"],
        pruned=rows.time_or_none(row["pruned"]),
        job=row["job"],
        storage_id=row["storage_id"],
        schedule=row["schedule"],
    )
