"""Verbs of schedules: when jobs run by themselves, when they may run, and which goes first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from strongroom.control import jobs as rows
from strongroom.control import retention, turns
from strongroom.control.records import Job
from strongroom.control.turns import LastRun
from strongroom.engine import permitted
from strongroom.engine.schedule import Schedule
from strongroom.errors import OperatorError
from strongroom.service.keeping import follow_zone
from strongroom.service.rights import Right
from strongroom.service.verbs import Verbs, verb
from strongroom.words.json import Json
from strongroom.words.priority import Priority


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a job stands.

    Attributes:
        name: The job's.
        schedule: As it is kept, or None.
        told: The schedule in one line.
        due: When its next run is due; None: it is paused, never due by itself, or at work and due
            some time after that.
        last_run: The newest of its runs, whoever asked for it.
        missed: The turn that was missed last; None: none ever was.
        missed_why: Why it was.
    """

    name: str
    schedule: Mapping[str, Json] | None
    told: str
    due: datetime | None
    is_paused: bool
    priority: Priority
    last_run: LastRun | None
    missed: datetime | None
    missed_why: str


class Schedules(Verbs):
    """The verbs. Safe in many threads."""

    noun = "schedules"

    @verb(Right.LIST)
    def all(self) -> list[Standing]:
        """Say how all jobs stand, by their names."""
        with self._shared.database.read() as db:
            newest = turns.newest_of_jobs(db)
            return [_standing(job, newest.get(job.id)) for job in rows.everything(db)]

    @verb(Right.MANAGE, is_audited=True)
    def set(self, name: str, schedule: Schedule) -> Job:
        """Let a job run by a schedule, instead of the one that it had; an empty one: never.

        What is under way goes on; if the new permitted hours forbid it, at the next safe point no
        longer, until they begin.

        Raises:
            OperatorError: there is no such job.
        """
        now = self._shared.ports.clock.now()
        with self._shared.database.write() as db:
            job = _job(db, name)
            document = None if schedule.is_empty else schedule.to_json()
            due = None if job.is_paused else schedule.next_due(now)
            kept = retention.of_job(db, job.id)
            rows.set_schedule(db, job.id, document, due=due)
            if kept is not None:
                follow_zone(db, kept, now)
            permitted.confine(db, job.id, now)
            return _job(db, name)

    @verb(Right.RUN, is_audited=True)
    def pause(self, name: str) -> Job:
        """Let a job's schedule rest: nothing is due until it is resumed; a run goes on.

        Raises:
            OperatorError: there is no such job.
        """
        with self._shared.database.write() as db:
            rows.set_paused(db, _job(db, name).id, is_paused=True, due=None)
            return _job(db, name)

    @verb(Right.RUN, is_audited=True)
    def resume(self, name: str) -> Job:
        """Let a job's schedule go on, with the next turn; those that passed are not made up for.

        Raises:
            OperatorError: there is no such job, or its schedule cannot be understood any more.
        """
        now = self._shared.ports.clock.now()
        with self._shared.database.write() as db:
            job = _job(db, name)
            if job.is_paused:
                due = Schedule.from_json(job.schedule).next_due(now)
                rows.set_paused(db, job.id, is_paused=False, due=due)
            return _job(db, name)

    @verb(Right.MANAGE, is_audited=True)
    def set_priority(self, name: str, priority: Priority) -> Job:
        """Let a job's runs stand earlier or later in the queue, those that wait included.

        Raises:
            OperatorError: there is no such job.
        """
        with self._shared.database.write() as db:
            job = _job(db, name)
            rows.set_priority(db, job.id, priority.step)
            turns.set_priority(db, job.id, priority.step)
            return _job(db, name)


def _job(db: sa.Connection, name: str) -> Job:
    job = rows.by_name(db, name)
    if job is None:
        raise OperatorError(f"There is no job named '{name}'.", hint="See `strongroom job list`.")
    return job


def _standing(job: Job, last_run: LastRun | None) -> Standing:
    try:
        told = Schedule.from_json(job.schedule).in_words()
    except OperatorError as error:
        told = f"cannot be understood any more: {error}"
    return Standing(
        name=job.name,
        schedule=job.schedule,
        told=told,
        due=job.due,
        is_paused=job.is_paused,
        priority=Priority.of_step(job.priority),
        last_run=last_run,
        missed=job.missed,
        missed_why=job.missed_why,
    )
