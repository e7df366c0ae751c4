"""Runs while workers have them in hand: who drives one, and how it is to end.

Every function works inside the caller's transaction.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from strongroom.control import rows
from strongroom.control.queued import Asked
from strongroom.control.records import Fault, RunStatus
from strongroom.control.schema import RUNS

SETTLE = (
    sa.update(RUNS)
    .where(
        RUNS.c.id == sa.bindparam("wanted"),
        RUNS.c.attempts == sa.bindparam("attempt"),
        RUNS.c.status == RunStatus.RUNNING,
        RUNS.c.ending.is_(None),
    )
    .values(ending=sa.bindparam("final"), error=sa.bindparam("fault"))
)
DRIVE = (
    sa.update(RUNS)
    .where(RUNS.c.id == sa.bindparam("wanted"), RUNS.c.status == RunStatus.RUNNING)
    .values(driver=sa.bindparam("who"))
)

NOTE = (
    sa.update(RUNS)
    .where(
        RUNS.c.id == sa.bindparam("wanted"),
        RUNS.c.attempts == sa.bindparam("attempt"),
        RUNS.c.status == RunStatus.RUNNING,
        RUNS.c.ending.is_(None),
    )
    .values(error=sa.bindparam("fault"))
)
HELD = sa.select(
    RUNS.c.status, RUNS.c.stop_asked, RUNS.c.attempts, RUNS.c.lost, RUNS.c.error
).where(RUNS.c.id == sa.bindparam("wanted"))
SAY_PLANNED = (
    sa.update(RUNS)
    .where(
        RUNS.c.id == sa.bindparam("wanted"),
        RUNS.c.attempts == sa.bindparam("attempt"),
        RUNS.c.status == RunStatus.RUNNING,
    )
    .values(planned=sa.bindparam("now"))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What must be known of a run to pass it on; legible if what it is about is not.

    Attributes:
        asked: What it is to do at its next safe point.
        attempts: Which one it is at.
        lost: So many attempts in a row were over without a word of how the run stands.
        error: Why the last one could not take it in hand, if that is known.
    """

    status: RunStatus
    asked: Asked
    attempts: int
    lost: int
    error: Fault | None


def settle(
    db: sa.Connection, run_id: str, attempt: int, status: RunStatus, *, fault: Fault | None
) -> None:
    """Keep how a running run is to end as soon as all of its workers have stopped.

    Whoever says so first is heard.
    """
    db.execute(
        SETTLE,
        {
            "wanted": run_id,
            "attempt": attempt,
            "final": status,
            "fault": rows.fault_text(fault),
        },
    )


def note(db: sa.Connection, run_id: str, attempt: int, *, fault: Fault) -> None:
    """Keep why an attempt could not be begun, though the run does not end by that."""
    values = {"wanted": run_id, "attempt": attempt, "fault": rows.fault_text(fault)}
    db.execute(NOTE, values)


def held(db: sa.Connection, run_id: str) -> Held | None:
    """Say how a run is held."""
    row = db.execute(HELD, {"wanted": run_id}).one_or_none()
    if row is None:
        return None
    return Held(
        status=RunStatus(row.status),
        asked=Asked(row.stop_asked),
        attempts=row.attempts,
        lost=row.lost,
        error=rows.fault_of(row.error),
    )


def say_planned(db: sa.Connection, run_id: str, attempt: int, *, now: datetime) -> None:
    """Keep when a running run's tasks were planned."""
    db.execute(SAY_PLANNED, {"wanted": run_id, "attempt": attempt, "now": rows.time_text(now)})


def drive(db: sa.Connection, run_id: str, worker: str) -> None:
    """Keep who drives a run."""
    db.execute(DRIVE, {"wanted": run_id, "who": worker})
