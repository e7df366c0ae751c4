"""A home whose jobs have schedules, and a worker that does nothing but look after them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from strongroom.control import claims, connections, jobs, runs, storages, turns
from strongroom.control.database import Database
from strongroom.control.records import Connection, Job, NewRun, Run, RunStatus, StorageRecord
from strongroom.control.schema import RUNS
from strongroom.engine.schedule import Schedule
from strongroom.engine.scheduling import Scheduler
from strongroom.errors import StrongroomError
from tests.fakes.hand_clock import HandClock

START = datetime(2026, 7, 6, 12, 0, tzinfo=UTC)
"""A Monday."""


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


class Scheduled:
    """The home; as many workers as a test likes look after it.

    Attributes:
        missed: What was told: the job, the turns, why.
        refusal: Raised instead of asking for a run.
    """

    def __init__(self, database: Database) -> None:
        self.database = database
        self.clock = HandClock(START)
        self.missed: list[tuple[str, list[datetime], str]] = []
        self.refusal: StrongroomError | None = None
        with database.write() as db:
            connections.add(db, Connection(id="c", name="office", kind="k", **_SEALED))
            storages.add(db, StorageRecord(id="s", name="disk", url="memory:", **_SEALED))
        self.scheduler = self.worker()

    def worker(self, clock: HandClock | None = None) -> Scheduler:
        """Give one more worker."""
        return Scheduler(
            self.database, clock or self.clock, make_run=self._make_run, missed=self._take_note
        )

    def add(self, name: str = "nightly", **schedule: Any) -> None:
        """Add a job with a schedule, as the verb does it."""
        kept = Schedule(**schedule)
        job = Job(
            id=name,
            name=name,
            kind="backup",
            connection_id="c",
            storage_id="s",
            connection="office",
            storage="disk",
            selection={},
            created=START,
            schedule=kept.to_json(),
            due=kept.next_due(self.clock.now()),
        )
        with self.database.write() as db:
            jobs.add(db, job)

    def job(self, name: str = "nightly") -> Job:
        with self.database.read() as db:
            job = jobs.by_name(db, name)
        assert job is not None
        return job

    def runs(self, name: str = "nightly") -> list[Run]:
        """List the runs of a job, the oldest first."""
        with self.database.read() as db:
            return [run for run in runs.newest_first(db, at_most=999) if run.job_id == name][::-1]

    def dues(self, name: str = "nightly") -> list[datetime | None]:
        return [run.due for run in self.runs(name)]

    def tick(self, **after: float) -> None:
        """Let some time pass, and the worker look."""
        self.clock.move(**after)
        self.clock.move(seconds=1)
        self.scheduler.tick()

    def tick_at(self, text: str) -> None:
        """Let the worker look at a moment."""
        self.clock.move(seconds=(at(text) - self.clock.now()).total_seconds())
        self.scheduler.tick()

    def live(self, until: datetime, step: timedelta, *, each: RunStatus | None = None) -> None:
        """Let time pass in steps, with a look after each; runs start and end at once that way."""
        while self.clock.now() + step <= until:
            self.tick(seconds=step.total_seconds() - 1)
            if each is not None:
                self.end(status=each)

    def start(self, name: str = "nightly") -> Run:
        """Let the last run of a job run."""
        run = self.runs(name)[-1]
        with self.database.write() as db:
            claims.grant(db, run.id, now=self.clock.now(), left_alone_until=None)
        return self.runs(name)[-1]

    def end(self, name: str = "nightly", *, status: RunStatus = RunStatus.COMPLETE) -> None:
        """Let all runs of a job end."""
        with self.database.write() as db:
            for run in self.runs(name):
                if not run.status.is_final:
                    runs.finish(db, run.id, status, fault=None, now=self.clock.now())

    def ask_by_hand(self, name: str = "nightly") -> None:
        """Let a person ask for a run."""
        new = NewRun(kind="backup", request={}, job_id=name, job=name)
        with self.database.write() as db:
            runs.add(db, new, run_id=f"h{len(self.runs(name))}", now=self.clock.now())

    def pause_run(self, name: str = "nightly") -> None:
        with self.database.write() as db:
            runs.pause(db, self.runs(name)[-1].id, fault=None)

    def asked(self, name: str = "nightly") -> int:
        """Say what the last run of a job was asked to do."""
        with self.database.read() as db:
            (found,) = db.execute(
                sa.select(RUNS.c.stop_asked).where(RUNS.c.id == self.runs(name)[-1].id)
            ).scalars()
        return int(found)

    def _make_run(self, job: Job) -> NewRun:
        with self.database.write():  # as who opens a connection's details for the first time does
            pass
        if self.refusal is not None:
            raise self.refusal
        return NewRun(kind="backup", request={}, job_id=job.id, job=job.name)

    def _take_note(
        self, db: sa.Connection, job: Job, missed: Sequence[datetime], /, *, why: str
    ) -> None:
        assert turns.newest_of_jobs(db) is not None, "the transaction is open"
        self.missed.append((job.name, list(missed), why))


_SEALED: dict[str, Any] = {"sealed": b"", "wrapped_key": b"", "created": START}
