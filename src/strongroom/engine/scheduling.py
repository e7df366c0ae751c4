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
from dataclasses import replace
from datetime import datetime
from typing import Protocol

import sqlalchemy as sa

from strongroom.clock import Clock
from strongroom.control import jobs, rows, runs, turns
from strongroom.control.database import Database
from strongroom.control.records import Job, NewRun, Run, RunStatus
from strongroom.engine import permitted
from strongroom.engine.permitted import schedule_of
from strongroom.engine.queue import put
from strongroom.engine.schedule import Schedule
from strongroom.errors import OperatorError, StrongroomError

TICK_S = 1.0
ALIGN_S = 60.0
"""How often it is looked whether kept times are those that the schedules give: a clock that was
wrong for a moment may have moved them to another year, and rules of time zones change."""

MISSED_MAX = 100
"""How many missed turns of a job are told at once: a year has half a million minutes."""

_NOT_UNDERSTOOD = "Its schedule cannot be understood any more."
_NOBODY = "Nobody worked for this home when they were due."

MakeRun = Callable[[Job], NewRun]
"""Makes the run that a job's schedule asks for. Called outside any transaction, and soon done.

Raises a ``StrongroomError`` if there can be none: the turn is missed, others go on."""


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
        make_run: Makes runs.
        missed: Takes note of missed turns.
    """

    def __init__(
        self, database: Database, clock: Clock, *, make_run: MakeRun, missed: Missed
    ) -> None:
        self._database = database
        self._clock = clock
        self._make_run = make_run
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
            if schedule is None and job.due is not None:
                self._give_up(job, None, [job.due], why=_NOT_UNDERSTOOD)
            elif schedule is None:
                continue
            elif schedule.is_continuous:
                self._continue(job, schedule, now)
            elif job.due is not None:
                self._take_turn(job, job.due, schedule, now)

    def _take_turn(self, job: Job, turn: datetime, schedule: Schedule, now: datetime) -> None:
        passed = list(itertools.islice(_turns(schedule, turn, now), MISSED_MAX))
        try:
            new = self._new_run(job, turn)
        except StrongroomError as error:
            self._give_up(job, schedule.next_due(now), [turn, *passed], why=str(error))
            return
        with self._database.write() as db:
            # As when the clock was set back.
            is_taken = turn == job.last_due or turns.has_taken(db, job.id, turn)
            after = schedule.next_due(turn if is_taken else now)
            if not jobs.take(db, job, next_due=after) or is_taken:
                return
            run = runs.unfinished_of_job(db, job.id)
            late, why = (None, "") if run is None else _join(db, job, run, turn)
            if run is None:
                self._put(db, new, now)
            lost = [*([] if late is None else [late]), *passed]
            self._tell(db, job, lost, why or _NOBODY)

    def _continue(self, job: Job, schedule: Schedule, now: datetime) -> None:
        """Ask for the next run of a continuous job once it has rested, else say when that is."""
        if job.due is None:
            with self._database.read() as db:
                is_busy, ended = _state(db, job)
            self._move(job, None if is_busy else schedule.due_after_run(ended, now=now))
            return
        try:
            new = self._new_run(job, job.due)
        except StrongroomError as error:
            rested = schedule.due_after_run(now, now=now)
            self._give_up(job, rested, [job.due], why=str(error))
            return
        with self._database.write() as db:
            is_busy, ended = _state(db, job)
            is_tired = ended is not None and ended <= now < schedule.due_after_run(ended, now=now)
            if is_busy or is_tired:  # a person asked for a run meanwhile
                jobs.move(db, job, due=None)
            elif jobs.take(db, job, next_due=None):
                self._put(db, new, now)

    def _new_run(self, job: Job, turn: datetime) -> NewRun:
        return replace(self._make_run(job), job_id=job.id, job=job.name, due=turn)

    def _put(self, db: sa.Connection, new: NewRun, now: datetime) -> None:
        put(db, new, clock=self._clock)
        if new.job_id is not None:
            permitted.confine(db, new.job_id, now)

    def _give_up(
        self, job: Job, next_due: datetime | None, lost: Sequence[datetime], *, why: str
    ) -> None:
        """Let turns go for which there can be no run, so that it is not tried each second."""
        with self._database.write() as db:
            if jobs.take(db, job, next_due=next_due):
                self._tell(db, job, lost, why)

    def _tell(self, db: sa.Connection, job: Job, lost: Sequence[datetime], why: str) -> None:
        if lost:
            jobs.say_missed(db, job.id, lost[-1], why)
            self._missed(db, job, lost[:MISSED_MAX], why=why)

    def _move(self, job: Job, due: datetime | None) -> None:
        if due != job.due:
            with self._database.write() as db:
                jobs.move(db, job, due=due)


def _join(db: sa.Connection, job: Job, run: Run, turn: datetime) -> tuple[datetime | None, str]:
    """Let a run take a turn that is there already; say which turn is missed by that, and why."""
    turns.join(db, run.id)
    if run.status is RunStatus.PAUSED:
        return turn, f"Its run {run.id} is paused."
    if run.started is None:
        return job.last_due if run.joined else run.due, f"Its run {run.id} still waits to begin."
    return None, ""


def _state(db: sa.Connection, job: Job) -> tuple[bool, datetime | None]:
    """Say whether a job has a run that is not over, and when one of them ended last."""
    is_busy = runs.unfinished_of_job(db, job.id) is not None
    return is_busy, turns.last_end(db, job.id)


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
