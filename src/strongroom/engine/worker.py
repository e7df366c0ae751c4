"""The worker: grants what the conflict rule allows, and carries runs through, many side by side.

It looks around twice a second, and at once when a run comes to rest. What is done for a run is in
``driving.py``; that a run outlives its worker is seen to in ``durable.py``. On SQLite whoever holds
the home's lock is the only worker; on PostgreSQL there are as many as there are processes, and each
of them grants, under the lock that lets one write at a time.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import sqlalchemy as sa

from strongroom.clock import Clock
from strongroom.control import driven, progress, runs, task_queue
from strongroom.control.database import Database
from strongroom.control.driven import Held
from strongroom.control.queued import Asked, Queued
from strongroom.control.records import RunStatus
from strongroom.engine import arbiter
from strongroom.engine.driving import Driver
from strongroom.engine.durable import Durable, Standing
from strongroom.engine.ends import Ended
from strongroom.engine.faults import LOST, paused_by_a_person
from strongroom.engine.fellows import Fellowship
from strongroom.engine.giving_up import has_to_give_up, not_given_up
from strongroom.engine.leaving import end_at_once
from strongroom.engine.patience import PatientBodies
from strongroom.engine.work import Handler

_CHECK_EVERY_S = 30.0
"""How often it is checked whether what runs is really in somebody's hands."""

_LOST_MAX = 5
"""So many attempts in a row may be over without a word; what makes them so will not go away."""

_CLOSE_S = 20.0
"""What has not stopped by then is gone on with by whoever comes next, as after a crash."""

_FORGET_EVERY_S = 24 * 3600.0
_REMEMBERED = timedelta(days=7)
"""For so long it is known of attempts that they are over."""

_log = logging.getLogger("strongroom.engine")

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
        lost: Called, with why, when others must not begin before this process has ended; ends it at
            once.
    """

    durable: Durable
    fellowship: Fellowship
    chores: Sequence[Chore] = field(default_factory=tuple)
    ended: Ended | None = None
    lost: Callable[[str], None] = end_at_once


class Worker:
    """Does what runs ask for in this process, from birth to ``close``.

    Attributes:
        patience: Told by whoever calls ``step`` when the control database is away.

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
        self._handlers = handlers
        self._clock = clock
        self._durable = equipment.durable
        self._fellowship = equipment.fellowship
        self._chores = equipment.chores
        self._ended = equipment.ended
        self._lost = equipment.lost
        self._check_s = self._forget_s = clock.monotonic_s()
        self._driver = Driver(
            self._fellowship.id,
            database,
            handlers,
            clock,
            fellows=self._fellowship,
            invite=self._durable.invite,
            ended=equipment.ended,
        )
        self.patience = self._driver.patience
        self._fellowship.join()
        try:
            bodies = PatientBodies(self._driver, self.patience)
            self._durable.launch(self._fellowship.id, bodies)
        except BaseException:
            self._fellowship.leave()
            raise

    def step(self) -> bool:
        """Look around once; False once no run is left that could be done now.

        Raises:
            StrongroomError: the control database failed.
        """
        self._fellowship.look(self._durable)
        self._driver.look_after()
        for chore in self._chores:
            chore()
        queue = self._queue()
        for entry in queue:
            if not entry.is_running and entry.is_leaving:
                self._let_leave(entry.id)
        self._check(queue)
        if self._grant(queue):
            self._durable.wake()
        self._forget()
        return self._driver.is_busy or self._has_work(queue)

    def wait(self, timeout_s: float) -> None:
        """Wait until a run comes to rest, but not longer than that."""
        self._driver.wait(timeout_s)

    def close(self) -> None:
        """Let every run stop at its next safe point; they go on elsewhere, or another time."""
        self._driver.close()
        if self._durable.close(_CLOSE_S):
            self._fellowship.leave()
        else:
            # Whoever took over now would do what is still being done here.
            self._lost(f"what it was at did not stop within {_CLOSE_S:.0f} s")

    def _queue(self) -> list[Queued]:
        # Without what the runs are about, which for a hundred thousand mailboxes is megabytes.
        with self._database.read() as db:
            return arbiter.queue(db)

    def _grant(self, queue: Sequence[Queued]) -> bool:
        now = self._clock.now()
        if not arbiter.has_to_decide(queue, now):
            return False
        with self._database.write() as db:
            granted = arbiter.grant(db, now=now)
            for run_id in granted:
                held = driven.held(db, run_id)
                assert held is not None
                self._durable.begin(db, run_id, held.attempts)
        return bool(granted)

    def _has_work(self, queue: Sequence[Queued]) -> bool:
        now = self._clock.now()
        return any(
            # One that is to stand aside for some time still runs.
            entry.is_running or entry.not_before is None or entry.not_before <= now
            for entry in queue
        )

    def _let_leave(self, run_id: str) -> None:
        """End or pause a run that waits, as somebody asked; or let it be granted to give up."""
        is_to_give_up = self._has_to_give_up(run_id)
        with self._database.write() as db:
            held = driven.held(db, run_id)
            if held is None or held.status is not RunStatus.WAITING:
                return
            if held.asked is Asked.STOP and is_to_give_up:
                runs.give_up(db, run_id)
                return
            if held.asked is Asked.STOP:
                runs.finish(db, run_id, RunStatus.CANCELLED, fault=None, now=self._clock.now())
            else:
                runs.pause(db, run_id, fault=paused_by_a_person(run_id))
            self._tell(db, run_id)

    def _has_to_give_up(self, run_id: str) -> bool:
        """Say whether a run that nobody works on left something that must be put back."""
        try:
            with self._database.read() as db:
                run = runs.by_id(db, run_id)
        except ValueError:  # its row is damaged, and it must be possible to end it all the same
            return False
        if run is None:
            return False
        return has_to_give_up(self._handlers.get(run.kind), run)

    def _forget(self) -> None:
        """Once a day let go of what is long over."""
        if self._clock.monotonic_s() >= self._forget_s:
            self._durable.forget(self._clock.now() - _REMEMBERED)
            self._forget_s = self._clock.monotonic_s() + _FORGET_EVERY_S

    def _check(self, queue: Sequence[Queued]) -> None:
        """Let a run go on that stands as running and is in nobody's hands."""
        if self._clock.monotonic_s() < self._check_s:
            return
        self._check_s = self._clock.monotonic_s() + _CHECK_EVERY_S
        if self._durable.retake():
            self._durable.wake()
        self._forget_what_the_dead_told()
        for entry in queue:
            if entry.is_running:
                self._check_one(entry.id)

    def _forget_what_the_dead_told(self) -> None:
        """Let nobody be shown at work who is not: its figures stay, its speed does not."""
        with self._database.read() as db:
            if progress.tellers(db) <= set(self._fellowship.living(db)):
                return
        with self._database.write() as db:
            for worker in progress.tellers(db) - set(self._fellowship.living(db)):
                progress.forget_worker(db, worker)

    def _check_one(self, run_id: str) -> None:
        with self._database.read() as db:
            held = driven.held(db, run_id)
        if held is None or held.status is not RunStatus.RUNNING:
            return
        if self._durable.standing(run_id, held.attempts) is Standing.GOING:
            return
        # Asked beforehand: what a run left may lie in the same database.
        has_left = not _may_be_begun_again(held) and self._has_to_give_up(run_id)
        with self._database.write() as db:
            again = driven.held(db, run_id)
            if again is None or (again.status, again.attempts) != (held.status, held.attempts):
                return
            living = list(self._fellowship.living(db))
            task_queue.give_back_of_the_dead(db, run_id, living)
            # Who shares it does not know, and ends what they have in hand: it waits for them.
            if not task_queue.left(db, run_id, self._fellowship.id).in_hand:
                self._put_back(db, run_id, again, has_left=has_left)

    def _put_back(self, db: sa.Connection, run_id: str, held: Held, *, has_left: bool) -> None:
        """Let a run be begun again that was lost, or end it where that helps no more."""
        if _may_be_begun_again(held):
            runs.put_back(db, run_id)
            return
        fault = held.error or LOST
        if has_left:
            fault = not_given_up(run_id, fault)
        runs.finish(db, run_id, RunStatus.FAILED, fault=fault, now=self._clock.now())
        self._tell(db, run_id)

    def _tell(self, db: sa.Connection, run_id: str) -> None:
        """Tell of a run that has come to rest."""
        if self._ended is None:
            return
        try:
            rests = runs.by_id(db, run_id)
        except ValueError:
            # It ended for that very reason, and must not keep all others from being worked on.
            _log.exception("the row of run %s is damaged, so nobody is told of its end", run_id)
            return
        if rests is not None:
            self._ended(db, rests)


def _may_be_begun_again(held: Held) -> bool:
    return held.lost + 1 < _LOST_MAX
