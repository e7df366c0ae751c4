"""Looking after schedules: asks for the runs of jobs that are due, and keeps permitted hours.

Every worker looks, and each turn is taken once: whoever takes it says in the same transaction when
the job is due next, if it is still due as it was. Times are kept, not counted, so a process that
was away for a week finds what was due meanwhile. It asks for one run then, not for seven.

===========================  ====================================================================
the last run of the job      what a turn does
===========================  ====================================================================
has ended                    a new run takes it
waits, or runs               that run takes it as well; if it waits since the turn before this one,
                             that one was **missed**
is paused                    the same, and this one was **missed**: nobody works on it
===========================  ====================================================================

Missed are also turns that came while nobody looked, all but the one that is caught up, and turns
for which no run could be asked. A continuous job has no turns to miss: it is due some time after
its last run has ended.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Protocol

import sqlalchemy as sa

from strongroom.clock import Clock
from strongroom.control import jobs, rows, runs, turns
from strongroom.control.database import Database
from strongroom.control.records import Job, RunStatus
from strongroom.engine import permitted
from strongroom.engine.permitted import schedule_of
from strongroom.engine.schedule import Schedule
from strongroom.errors import OperatorError, StrongroomError

TICK_S = 1.0
ALIGN_S = 60.0
"""How often it is looked whether kept times are those that the schedules give: a clock that was
wrong for a moment may have moved them to another year, and rules of time zones change."""

MISSED_MAX = 100
"""How many missed turns of a job are told at once: a year has half a million minutes."""

_NOBODY = "Nobody worked for this home when they were due."

Ask = Callable[[sa.Connection, Job, datetime], object]
"""Puts a run of a job into the queue, for the turn given, inside the transaction given.

Raises a ``StrongroomError`` if no run can be asked for: the turn is missed, others go on."""


class Missed(Protocol):
    """Takes note of turns that were missed."""

    def __call__(
        self, db: sa.Connection, job: Job, missed: Sequence[datetime], /, *, why: str
    ) -> None:
        """Take note, inside the transaction in which it was noticed.

        Args:
            db: The transaction. It may be done again if it fails, so nothing else is to be done.
            job: Whose turns.
            missed: Aware, UTC; the first ones, at most ``MISSED_MAX``.
            why: One sentence.
        """


class Scheduler:
    """Looks after the schedules of all jobs of a home. Of one thread.

    Args:
        database: The control database.
        clock: Time.
        ask: Puts runs into the queue.
        missed: Takes note of missed turns.
    """

    def __init__(self, database: Database, clock: Clock, *, ask: Ask, missed: Missed) -> None:
        self._database = database
        self._clock = clock
        self._ask = ask
        self._missed = missed
        self._next_tick_s = self._next_align_s = clock.monotonic_s()

    def tick(self) -> None:
        """Do what is due. Call it as often as you like: it looks once a second.

        Raises:
            StrongroomError: the control database failed.
        """
        now_s, now = self._clock.monotonic_s(), self._clock.now()
        if now_s < self._next_tick_s:
            return
        self._next_tick_s = now_s + TICK_S
        if now_s >= self._next_align_s:
            self._next_align_s = now_s + ALIGN_S
            self._align(now)
        self._take_turns(now)
        permitted.keep(self._database, now)

    def _align(self, now: datetime) -> None:
        with self._database.read() as db:
            scheduled = jobs.scheduled(db)
        for job in scheduled:
            schedule = _schedule(job)
            # What is due already is not moved but taken.
            if schedule is None or (job.due is not None and job.due <= now):
                continue
            self._move(job, _expected(job, schedule, now))

    def _take_turns(self, now: datetime) -> None:
        with self._database.read() as db:
            due = jobs.at_least_due(db, now)
        for job in due:
            schedule = _schedule(job)
            if schedule is None:
                self._give_up(job, None, now, why="Its schedule cannot be understood any more.")
            elif schedule.is_continuous:
                self._continue(job, schedule, now)
            elif job.due is not None:
                self._take_turn(job, job.due, schedule, now)

    def _take_turn(self, job: Job, turn: datetime, schedule: Schedule, now: datetime) -> None:
        passed = list(itertools.islice(_turns(schedule, turn, now), MISSED_MAX))
        try:
            with self._database.write() as db:
                if not jobs.take(db, job, next_due=schedule.next_due(now)):
                    return
                late, why = self._submit(db, job, turn, now)
                if late or passed:
                    self._missed(db, job, [*late, *passed][:MISSED_MAX], why=why or _NOBODY)
        except _NoRun as error:
            self._give_up(job, schedule, now, why=str(error.why))

    def _submit(
        self, db: sa.Connection, job: Job, turn: datetime, now: datetime
    ) -> tuple[list[datetime], str]:
        """Let a run take a turn; say which turns are missed by that, and why."""
        if turn == job.last_due or turns.has_taken(db, job.id, turn):
            return [], ""  # the clock was set back
        run = runs.unfinished_of_job(db, job.id)
        if run is None:
            self._ask_run(db, job, turn, now)
            return [], ""
        turns.join(db, run.id)
        if run.status is RunStatus.PAUSED:
            return [turn], f"Its run {run.id} is paused."
        previous = job.last_due if run.joined else run.due
        if run.started is None and previous is not None:
            return [previous], f"Its run {run.id} still waits to begin."
        return [], ""

    def _continue(self, job: Job, schedule: Schedule, now: datetime) -> None:
        """Ask for the next run of a continuous job once it has rested, else say when that is."""
        if job.due is None:
            with self._database.read() as db:
                is_busy, ended = _state(db, job)
            self._move(job, None if is_busy else schedule.due_after_run(ended, now=now))
            return
        try:
            with self._database.write() as db:
                is_busy, ended = _state(db, job)
                is_tired = ended is not None and ended <= now < schedule.due_after_run(
                    ended, now=now
                )
                if is_busy or is_tired:  # a person asked for a run meanwhile
                    jobs.move(db, job, due=None)
                elif jobs.take(db, job, next_due=None):
                    self._ask_run(db, job, job.due, now)
        except _NoRun as error:
            self._give_up(job, schedule, now, why=str(error.why))

    def _ask_run(self, db: sa.Connection, job: Job, turn: datetime, now: datetime) -> None:
        try:
            self._ask(db, job, turn)
        except StrongroomError as error:
            raise _NoRun(error) from error
        permitted.confine(db, job.id, now)

    def _give_up(self, job: Job, schedule: Schedule | None, now: datetime, *, why: str) -> None:
        """Let a turn go for which there can be no run, so that it is not tried each second."""
        if job.due is None:
            return
        due = None if schedule is None else _after(schedule, now)
        with self._database.write() as db:
            if jobs.take(db, job, next_due=due):
                self._missed(db, job, [job.due], why=why)

    def _move(self, job: Job, due: datetime | None) -> None:
        if due != job.due:
            with self._database.write() as db:
                jobs.move(db, job, due=due)


class _NoRun(Exception):
    """No run can be asked for; what that was about is told, and the transaction taken back."""

    def __init__(self, why: StrongroomError) -> None:
        super().__init__(str(why))
        self.why = why


def _state(db: sa.Connection, job: Job) -> tuple[bool, datetime | None]:
    """Say whether a job has a run that is not over, and when one of them ended last."""
    is_busy = runs.unfinished_of_job(db, job.id) is not None
    return is_busy, turns.last_end(db, job.id)


def _after(schedule: Schedule, now: datetime) -> datetime | None:
    return (
        schedule.due_after_run(now, now=now) if schedule.is_continuous else schedule.next_due(now)
    )


def _expected(job: Job, schedule: Schedule, now: datetime) -> datetime | None:
    """Say when a job is due that is not due yet."""
    if not schedule.is_continuous or job.due is None:
        return schedule.next_due(now)
    return min(job.due, schedule.due_after_run(now, now=now))


def _turns(schedule: Schedule, after: datetime, until: datetime) -> Iterator[datetime]:
    """Go through the turns later than ``after``, up to ``until``."""
    turn = schedule.next_due(after)
    while turn is not None and turn <= until:
        yield turn
        turn = schedule.next_due(turn)


def _schedule(job: Job) -> Schedule | None:
    """Read a job's schedule; None: it cannot be understood any more."""
    text = None if job.schedule is None else rows.json_text(job.schedule)
    try:
        return schedule_of(text)
    except OperatorError:
        return None
