"""What the daily digest is made of, in sums and first rows. Inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from strongroom.control import rows
from strongroom.control.protected import LEFT_OUT, Standing
from strongroom.control.records import Fault, RunStatus
from strongroom.control.schema import PROTECTED, RUNS, TASKS

_IS_WANTED = PROTECTED.c.status.not_in(LEFT_OUT)
_IS_TROUBLED = sa.and_(_IS_WANTED, PROTECTED.c.status != Standing.COMPLETE)
RUNS_ENDED = (
    sa.select(RUNS.c.status, sa.func.count().label("how_many"))
    .where(RUNS.c.finished >= sa.bindparam("since"), RUNS.c.finished < sa.bindparam("until"))
    .group_by(RUNS.c.status)
)
STANDINGS = sa.select(PROTECTED.c.status, sa.func.count().label("how_many")).group_by(
    PROTECTED.c.status
)
GOOD_SINCE = sa.select(sa.func.count()).where(_IS_WANTED, PROTECTED.c.good >= sa.bindparam("since"))
NEVER_GOOD = sa.select(sa.func.count()).where(_IS_WANTED, PROTECTED.c.good.is_(None))
TROUBLED = (
    sa.select(
        PROTECTED.c.resource,
        PROTECTED.c.storage,
        PROTECTED.c.status,
        PROTECTED.c.good,
        TASKS.c.error,
        TASKS.c.skipped,
        TASKS.c.failed,
    )
    .select_from(
        PROTECTED.outerjoin(
            TASKS,
            sa.and_(
                TASKS.c.run_id == PROTECTED.c.run_id,
                TASKS.c.resource_kind == PROTECTED.c.resource_kind,
                TASKS.c.resource_id == PROTECTED.c.resource_id,
            ),
        )
    )
    .where(_IS_TROUBLED)
    # Those that were never saved first, then whose last good restore point is the oldest.
    .order_by(sa.func.coalesce(PROTECTED.c.good, ""), PROTECTED.c.storage, PROTECTED.c.resource)
    .limit(sa.bindparam("at_most"))
)
PAUSED = (
    sa.select(RUNS.c.id, RUNS.c.kind, RUNS.c.job)
    .where(RUNS.c.status == RunStatus.PAUSED)
    .order_by(RUNS.c.position)
    .limit(sa.bindparam("at_most"))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Troubled:
    """A resource that is not protected as it should be.

    Attributes:
        resource: How people name it. Untrusted text.
        good: When the last restore point was begun that lacks nothing; None: never.
        error: Why the last try failed, if that is still known.
        skipped: Items that it left out for good.
        failed: Items that it could not save.
    """

    resource: str
    storage: str
    status: Standing
    good: datetime | None
    error: Fault | None
    skipped: int
    failed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PausedRun:
    """A run that waits for a person."""

    id: str
    kind: str
    job: str | None


def runs_ended(db: sa.Connection, since: datetime, until: datetime) -> Mapping[RunStatus, int]:
    """Count the runs that ended in a time, by how."""
    told = {"since": rows.time_text(since), "until": rows.time_text(until)}
    found = db.execute(RUNS_ENDED, told).mappings()
    return {RunStatus(row["status"]): int(row["how_many"]) for row in found}


def standings(db: sa.Connection) -> Mapping[Standing, int]:
    """Count resources by how they stand."""
    found = db.execute(STANDINGS).mappings()
    return {Standing(row["status"]): int(row["how_many"]) for row in found}


def good_since(db: sa.Connection, since: datetime) -> int:
    """Count the resources with a restore point since then that lacks nothing."""
    return int(db.execute(GOOD_SINCE, {"since": rows.time_text(since)}).scalar_one())


def never_good(db: sa.Connection) -> int:
    """Count the resources that never had a restore point that lacks nothing."""
    return int(db.execute(NEVER_GOOD).scalar_one())


def troubled(db: sa.Connection, *, at_most: int) -> Sequence[Troubled]:
    """List resources that are not protected as they should be, the worst first."""
    return [
        Troubled(
            resource=row["resource"],
            storage=row["storage"],
            status=Standing(row["status"]),
            good=rows.time_or_none(row["good"]),
            error=rows.fault_of(row["error"]),
            skipped=int(row["skipped"] or 0),
            failed=int(row["failed"] or 0),
        )
        for row in db.execute(TROUBLED, {"at_most": at_most}).mappings()
    ]


def paused(db: sa.Connection, *, at_most: int) -> Sequence[PausedRun]:
    """List the runs that wait for a person, first come first."""
    return [PausedRun(**row) for row in db.execute(PAUSED, {"at_most": at_most}).mappings()]
