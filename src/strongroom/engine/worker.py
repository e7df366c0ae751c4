"""The worker: grants what the conflict rule allows, and carries runs through, many side by side.

It looks around twice a second, and at once when a run comes to rest. What is done for a run is in
``driving.py``; that a run outlives its worker is seen to in ``durable.py``. On SQLite whoever holds
the home's lock is the only worker; on PostgreSQL there are as many as there are processes, and each
of them grants, under the lock that lets one write at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa

from strongroom.clock import Clock
from strongroom.control import runs, task_queue
from strongroom.control.database import Database
from strongroom.control.records import Run, RunStatus
from strongroom.engine import arbiter
from strongroom.engine.driving import Driver, Ended
from strongroom.engine.durable import Durable, Standing
from strongroom.engine.faults import paused_by_a_person
from strongroom.engine.fellows import Fellowship
from strongroom.engine.work import Handler

_CHECK_EVERY_S = 30.0
"""How often it is checked whether what runs is really in somebody's hands."""

_CLOSE_S = 20.0
"""What has not stopped by then is gone on with by whoever comes next, as after a crash."""

Chore = Callable[[], None]
"""Something that the worker's loop sees to now and then: schedules, history. It is quick, and says
itself when it is due."""


@dataclass(frozen=True, kw_only=True)
class Equipment:
    """What a worker works with, apart from the database and the handlers.

    Attributes:
        durable: Carries runs through the deaths of workers; for this worker alone.
        fellowship: The other workers.
        chores: Called each time the worker looks around.
        ended: Told of runs that have come to rest, in the transaction that says so.
    """

    durable: Durable
    fellowship: Fellowship
    chores: Sequence[Chore] = field(default_factory=tuple)
    ended: Ended | None = None


class Worker:
    """Does what runs ask for in this process, from birth to ``close``.

    Args:
        database: The control database.
        handlers: Who does the work, per kind of run.
        clock: Time.
        equipment: See there.
    """

    def __init__(
        self,
        database: Database,
        handlers: Mapping[str, Handler],
        clock: Clock,
        equipment: Equipment,
    ) -> None:
        self._database = database
        self._clock = clock
        self._durable = equipment.durable
        self._fellowship = equipment.fellowship
        self._chores = equipment.chores
        self._ended = equipment.ended
        self._check_s = clock.monotonic_s()
        self._driver = Driver(
            self._fellowship.id,
            database,
            handlers,
            clock,
            fellows=self._fellowship,
            invite=self._durable.invite,
            ended=equipment.ended,
        )
        self._fellowship.join()
        self._durable.launch(self._fellowship.id, self._driver)

    def step(self) -> bool:
        """Look around once; False once no run is left that could be done now.

        Raises:
            StrongroomError: the control database failed.
        """
        self._fellowship.look(self._durable)
        self._driver.look_after()
        for chore in self._chores:
            chore()
        self._stop_what_waits()
        self._check()
        if self._grant():
            self._durable.wake()
        return self._driver.is_busy or self._has_work()

    def wait(self, timeout_s: float) -> None:
        """Wait until a run comes to rest, but not longer than that."""
        self._driver.wait(timeout_s)

    def close(self) -> None:
        """Let every run stop at its next safe point; they go on elsewhere, or another time."""
        self._driver.close()
        self._durable.close(_CLOSE_S)
        self._fellowship.leave()

    def _grant(self) -> bool:
        now = self._clock.now()
        with self._database.read() as db:
            if not arbiter.has_to_decide(arbiter.queue(db), now):
                return False
        with self._database.write() as db:
            granted = arbiter.grant(db, now=now)
            for run_id in granted:
                run = runs.by_id(db, run_id)
                assert run is not None
                self._durable.begin(db, run.id, run.attempts)
        return bool(granted)

    def _has_work(self) -> bool:
        now = self._clock.now()
        with self._database.read() as db:
            return any(
                # One that is to stand aside for some time still runs.
                run.status is RunStatus.RUNNING or run.not_before is None or run.not_before <= now
                for run in runs.queue(db)
            )

    def _stop_what_waits(self) -> None:
        """End or pause what is to end or pause and does not run."""
        with self._database.read() as db:
            asked = [
                run
                for run in runs.queue(db)
                if run.status is RunStatus.WAITING and (run.is_stop_asked or run.is_pause_asked)
            ]
        for run in asked:
            with self._database.write() as db:
                self._stop(db, run)

    def _stop(self, db: sa.Connection, asked: Run) -> None:
        run = runs.by_id(db, asked.id)
        if run is None or run.status is not RunStatus.WAITING:
            return
        if run.is_stop_asked:
            runs.finish(db, run.id, RunStatus.CANCELLED, fault=None, now=self._clock.now())
        else:
            runs.pause(db, run.id, fault=paused_by_a_person(run.id))
        rests = runs.by_id(db, run.id)
        if self._ended is not None and rests is not None:
            self._ended(db, rests)

    def _check(self) -> None:
        """Let a run wait again that stands as running and is in nobody's hands."""
        if self._clock.monotonic_s() < self._check_s:
            return
        self._check_s = self._clock.monotonic_s() + _CHECK_EVERY_S
        with self._database.read() as db:
            running = [run for run in runs.queue(db) if run.status is RunStatus.RUNNING]
        for run in running:
            if self._durable.standing(run.id, run.attempts) is Standing.GOING:
                continue
            with self._database.write() as db:
                again = runs.by_id(db, run.id)
                if again is not None and again.attempts == run.attempts:
                    task_queue.give_back_of_the_dead(db, run.id, ())
                    runs.put_back(db, run.id)
