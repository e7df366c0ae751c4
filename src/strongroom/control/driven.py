"""Runs while workers have them in hand: who drives one, and how it is to end.

Every function works inside the caller's transaction.
"""

from __future__ import annotations

import sqlalchemy as sa

from strongroom.control import rows
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


def drive(db: sa.Connection, run_id: str, worker: str) -> None:
    """Keep who drives a run."""
    db.execute(DRIVE, {"wanted": run_id, "who": worker})
