"""Taking note of how resources stand, as a backup run plans and ends its tasks.

What is noted goes into the transaction in which the task itself is kept, so that no report says
more or less than the runs do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from strongroom.clock import Clock
from strongroom.control import growth, protected, storages
from strongroom.control.database import Database
from strongroom.control.protected import Origin, Standing
from strongroom.control.records import Fault, Run, Task, TaskStatus
from strongroom.control.tasks import sums
from strongroom.errors import OperatorError
from strongroom.service.no_longer_listed import is_gone

_WHY_MAX = 500
_OUR_BUG = 1


def standings_of(run: Run, *, connection: str, database: Database, clock: Clock) -> Standings:
    """Take note for a backup run.

    Args:
        run: The run.
        connection: Name of its connection.
        database: The control database.
        clock: Time.
    """
    request: Mapping[str, Any] = run.request
    with database.read() as db:
        storage = storages.by_id(db, request["storage"])
    if storage is None:
        raise OperatorError(f"The storage that the run {run.id} goes to is not here any more.")
    origin = Origin(
        storage_id=storage.id,
        storage=storage.name,
        connection=connection,
        job=run.job,
        run_id=run.id,
    )
    return Standings(origin=origin, clock=clock)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standings:
    """Takes note for one backup run."""

    origin: Origin
    clock: Clock

    def keep(self, db: sa.Connection, tasks: Sequence[Task]) -> None:
        """Take note of tasks as they are planned, and of each again as it ends."""
        protected.plan(db, self.origin, [one for one in tasks if one.status is TaskStatus.WAITING])
        for task in tasks:
            if task.status.is_final:
                self._end(db, task)

    def keep_all(self, db: sa.Connection, tasks: Sequence[Task]) -> None:
        """Take note of a whole plan: the job covers nothing else any more."""
        self.keep(db, tasks)
        self.settle(db)

    def settle(self, db: sa.Connection) -> None:
        """Take note that a run's plan is whole: the job covers nothing else any more.

        Not for a run that is limited to a part of what its job covers.
        """
        why = f"The job '{self.origin.job}' does not cover it any more."
        protected.settle(db, self.origin, why=why)

    def _end(self, db: sa.Connection, task: Task) -> None:
        standing = Standing.GONE if is_gone(task) else Standing(task.status)
        is_tried = standing not in protected.LEFT_OUT
        protected.end(
            db,
            self.origin,
            task,
            standing=standing,
            why=_why(task),
            tried=(task.started or self.clock.now()) if is_tried else None,
        )
        counted = sums(task)
        growth.add(
            db,
            (self.origin.storage_id, task.resource_kind, task.resource_id),
            _day(task.finished or self.clock.now()),
            {"items": counted["saved"], **counted},
        )


def _day(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d")


def _why(task: Task) -> str:
    """Say in words why a task ended as it did; nothing if there is nothing to say."""
    if task.error is not None:
        told = _told(task.error)
    elif task.status is TaskStatus.PARTIAL:
        told = _lacking(task.coverage or {})
    else:
        told = task.reason or ""
    return told[:_WHY_MAX]


def _told(fault: Fault) -> str:
    # The rest of an error of ours is its trace, which the run's own report has.
    return fault.what if fault.exit_code == _OUR_BUG else f"{fault.what} {fault.why}".strip()


def _lacking(ledger: Mapping[str, Any]) -> str:
    """Count what a restore point lacks."""
    folders = ledger.get("folders", [])
    skipped = sum(
        not one.get("acknowledged", False) for folder in folders for one in folder["skipped"]
    )
    failed = sum(len(folder["failed"]) for folder in folders)
    missing = sum(abs(folder["missing"]) for folder in folders)
    unread = sum(bool(folder["problem"]) for folder in folders)
    counted = (
        (failed, "failed"),
        (skipped, "skipped"),
        (missing, "unaccounted for"),
        (unread, "folders unread"),
    )
    return "It lacks items: " + ", ".join(f"{n:,} {what}" for n, what in counted if n) + "."
