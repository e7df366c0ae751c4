"""How the tasks of a run ended, without their ledgers. Inside the caller's transaction.

A ledger can be megabytes, and a run can have ten thousand: whoever only wants to say how it went
reads the sums beside them, and the first few tasks that did not go well.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from strongroom.control import rows
from strongroom.control.records import Fault, TaskStatus
from strongroom.control.schema import TASKS

_BAD = (TaskStatus.FAILED, TaskStatus.PARTIAL)
_SUMMED = ("saved", "unchanged", "skipped", "failed")
COUNTED = (
    sa.select(TASKS.c.status, sa.func.count().label("how_many"))
    .where(TASKS.c.run_id == sa.bindparam("run"))
    .group_by(TASKS.c.status)
)
SUMS = sa.select(
    *(sa.func.coalesce(sa.func.sum(TASKS.c[name]), 0).label(name) for name in _SUMMED)
).where(TASKS.c.run_id == sa.bindparam("run"))
TROUBLES = (
    sa.select(TASKS.c.resource, TASKS.c.status, TASKS.c.error, TASKS.c.skipped, TASKS.c.failed)
    .where(TASKS.c.run_id == sa.bindparam("run"), TASKS.c.status.in_(_BAD))
    # ``failed`` comes before ``partial`` in the alphabet as well.
    .order_by(TASKS.c.status, TASKS.c.number)
    .limit(sa.bindparam("at_most"))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """A task that failed, or left something out.

    Attributes:
        resource: How people name what it covers. Untrusted text.
        error: Why it failed, if it did.
        skipped: Items that no server lets anybody save.
        failed: Items that could not be saved this time.
    """

    resource: str
    status: TaskStatus
    error: Fault | None
    skipped: int
    failed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEnd:
    """How the tasks of a run ended.

    Attributes:
        counts: How many stand how.
        sums: Items: saved, unchanged, skipped, failed.
        troubles: The first ones that did not go well, failed ones first.
    """

    counts: Mapping[TaskStatus, int]
    sums: Mapping[str, int]
    troubles: Sequence[Trouble]

    @property
    def troubled(self) -> int:
        """How many did not go well, those that are not listed included."""
        return sum(self.counts.get(status, 0) for status in _BAD)


def of_run(db: sa.Connection, run_id: str, *, at_most: int) -> RunEnd:
    """Look at the tasks of a run.

    Args:
        db: The transaction.
        run_id: The run.
        at_most: How many of those that did not go well to list.
    """
    counted = db.execute(COUNTED, {"run": run_id}).mappings()
    sums = db.execute(SUMS, {"run": run_id}).mappings().one()
    troubles = db.execute(TROUBLES, {"run": run_id, "at_most": at_most}).mappings()
    return RunEnd(
        counts={TaskStatus(row["status"]): int(row["how_many"]) for row in counted},
        sums={name: int(sums[name]) for name in _SUMMED},
        troubles=[
            Trouble(
                resource=row["resource"],
                status=TaskStatus(row["status"]),
                error=rows.fault_of(row["error"]),
                skipped=int(row["skipped"]),
                failed=int(row["failed"]),
            )
            for row in troubles
        ],
    )
