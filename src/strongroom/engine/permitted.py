"""Permitted hours of jobs: their runs wait outside them, and go on inside.

A run that waits is held until the hours begin, and says so; one that runs is asked to stand aside
at its next safe point, as if for an urgent one, and is held from there on.
"""

from __future__ import annotations

import functools
import json
from datetime import datetime

import sqlalchemy as sa

from strongroom.control import turns
from strongroom.control.database import Database
from strongroom.control.turns import UnderWay
from strongroom.engine.schedule import Schedule
from strongroom.errors import OperatorError

_TOLD = "permitted hours:"
"""How a run says that this is what it waits for: whoever else lets it wait says something else."""


@functools.lru_cache(maxsize=1024)
def schedule_of(text: str | None) -> Schedule:
    """Read a schedule as it is kept with a job.

    Raises:
        OperatorError: it cannot be understood (any more).
    """
    return Schedule.from_json(None if text is None else json.loads(text))


def keep(database: Database, now: datetime) -> None:
    """Hold all runs that are outside their jobs' hours, and let those go that are inside.

    Raises:
        StrongroomError: the control database failed.
    """
    with database.read() as db:
        to_change = [run for run in turns.under_way(db) if _is_surely_to_change(run, now)]
    if to_change:
        with database.write() as db:
            for run in to_change:
                change(db, run, now)


def confine(db: sa.Connection, job_id: str, now: datetime) -> None:
    """See that no run of a job is at work outside its hours, and none held inside them.

    For whoever has just put a run of it into the queue, or changed its schedule.

    Args:
        db: The transaction.
        job_id: Whose runs.
        now: Aware, UTC.

    Raises:
        OperatorError: its schedule cannot be understood (any more).
    """
    for run in turns.under_way(db, job_id=job_id):
        if is_to_change(run, now):
            change(db, run, now)


def is_to_change(run: UnderWay, now: datetime) -> bool:
    """Say whether ``change`` would do anything.

    Raises:
        OperatorError: its job's schedule cannot be understood (any more).
    """
    schedule = schedule_of(run.schedule)
    is_permitted = schedule.is_permitted(now)
    if run.is_running:
        return not is_permitted and not run.is_asked
    if run.is_asked:
        return False  # it is about to leave; what it puts back before that waits for no hours
    if is_permitted:
        is_ours = run.waits_for is None or run.waits_for.startswith(_TOLD)
        return is_ours and run.not_before is not None and run.not_before > now
    return (run.not_before, run.waits_for) != (schedule.next_permitted(now), _told(schedule, now))


def change(db: sa.Connection, run: UnderWay, now: datetime) -> None:
    """Hold a run until its hours begin, or let it go, or ask it to stand aside."""
    schedule = schedule_of(run.schedule)
    begins = schedule.next_permitted(now)
    if run.is_running:
        turns.ask_to_leave(db, run.run_id, until=begins)
    elif schedule.is_permitted(now):
        turns.hold(db, run.run_id, until=None, reason=None)
    else:
        turns.hold(db, run.run_id, until=begins, reason=_told(schedule, now))


def _is_surely_to_change(run: UnderWay, now: datetime) -> bool:
    try:
        return is_to_change(run, now)
    except OperatorError:
        return False  # whoever shows the job says so


def _told(schedule: Schedule, now: datetime) -> str:
    return f"{_TOLD} they begin {schedule.hours_begin(now)}"
