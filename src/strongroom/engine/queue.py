"""Putting runs into the queue: a new one, or the one that does the same already."""

from __future__ import annotations

import secrets

import sqlalchemy as sa

from strongroom.clock import Clock
from strongroom.control import runs
from strongroom.control.database import Database
from strongroom.control.records import NewRun, Run, RunStatus
from strongroom.engine import arbiter
from strongroom.engine.claims import Claims

_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"
_ID_LETTERS = 10


def enqueue_job(database: Database, new: NewRun, *, clock: Clock) -> tuple[Run, bool]:
    """Ask for a run of a job; a run of it that waits or runs is joined, so they do not pile up.

    One that is paused goes on: a second one beside it would read again what it has kept.

    Returns:
        The run, and whether it was there already.
    """
    with database.write() as db:
        known = None if new.job_id is None else runs.unfinished_of_job(db, new.job_id)
        if known is None:
            return put(db, new, clock=clock), False
        if runs.resume(db, known.id):
            known = runs.by_id(db, known.id) or known
        return known, True


def enqueue_or_continue(database: Database, new: NewRun, *, clock: Clock) -> tuple[Run, bool]:
    """Ask for a run; one with the same request that did not come to its end goes on instead.

    So a restore that was killed, that lost its server or that is paused, is resumed by giving the
    same command again, and sends nothing twice. One that ended complete or partial is over: asked
    for again, it is a new restore.

    Returns:
        The run, and whether it was there already.
    """
    with database.write() as db:
        known = runs.latest_like(db, new)
        if known is None or known.status in {RunStatus.COMPLETE, RunStatus.PARTIAL}:
            return put(db, new, clock=clock), False
        if not known.status.is_under_way:
            runs.reopen(db, known.id)
        if new.is_urgent:
            runs.make_urgent(db, known.id)
        return runs.by_id(db, known.id) or known, True


def enqueue_again(database: Database, new: NewRun, *, clock: Clock) -> tuple[Run, bool]:
    """Ask for the rest of a run; one that does exactly that already is joined, or goes on.

    Returns:
        The run, and whether it was there already.
    """
    with database.write() as db:
        known = runs.latest_like(db, new)
        if known is None or known.status.is_final:
            return put(db, new, clock=clock), False
        if runs.resume(db, known.id):
            known = runs.by_id(db, known.id) or known
        return known, True


def put(db: sa.Connection, new: NewRun, *, clock: Clock) -> Run:
    """Put a new run into the queue, inside a transaction of somebody else."""
    run_id = "".join(secrets.choice(_ALPHABET) for _ in range(_ID_LETTERS))
    runs.add(db, new, run_id=run_id, now=clock.now())
    arbiter.submit(db, run_id, Claims.from_json(new.claims))
    added = runs.by_id(db, run_id)
    if added is None:
        raise AssertionError("a row that was just added is there")
    return added
