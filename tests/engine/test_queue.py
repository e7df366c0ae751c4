"""Runs do not pile up, and what was cut short goes on instead of starting anew."""

from __future__ import annotations

from dataclasses import replace

import pytest

from strongroom.control import runs
from strongroom.control.database import Database
from strongroom.control.records import Fault, RunStatus
from strongroom.engine.queue import enqueue_job, enqueue_or_continue
from tests.engine.support import new_run
from tests.fakes.hand_clock import HandClock

CLOCK = HandClock()
RESTORE = new_run("a", kind="restore", path="Inbox")


def end(database: Database, run_id: str, status: RunStatus) -> None:
    fault = Fault(exit_code=5, what="w") if status is RunStatus.FAILED else None
    with database.write() as db:
        runs.finish(db, run_id, status, fault=fault, now=CLOCK.now())


def test_a_restore_asked_for_again_while_it_is_open_is_the_same_one(database: Database) -> None:
    first, was_there = enqueue_or_continue(database, RESTORE, clock=CLOCK)
    assert not was_there
    again, was_there = enqueue_or_continue(database, RESTORE, clock=CLOCK)
    assert was_there
    assert again.id == first.id


@pytest.mark.parametrize("status", [RunStatus.FAILED, RunStatus.CANCELLED])
def test_a_restore_that_did_not_come_to_its_end_goes_on(
    database: Database, status: RunStatus
) -> None:
    first, _ = enqueue_or_continue(database, RESTORE, clock=CLOCK)
    end(database, first.id, status)
    again, was_there = enqueue_or_continue(database, RESTORE, clock=CLOCK)
    assert was_there
    assert (again.id, again.status) == (first.id, RunStatus.WAITING)
    assert (again.error, again.finished, again.is_stop_asked) == (None, None, False)


@pytest.mark.parametrize("status", [RunStatus.COMPLETE, RunStatus.PARTIAL])
def test_a_restore_that_came_to_its_end_is_a_new_one(database: Database, status: RunStatus) -> None:
    first, _ = enqueue_or_continue(database, RESTORE, clock=CLOCK)
    end(database, first.id, status)
    again, was_there = enqueue_or_continue(database, RESTORE, clock=CLOCK)
    assert not was_there
    assert again.id != first.id


def test_another_request_is_another_restore(database: Database) -> None:
    first, _ = enqueue_or_continue(database, RESTORE, clock=CLOCK)
    other, was_there = enqueue_or_continue(
        database, new_run("a", kind="restore", path="Sent"), clock=CLOCK
    )
    assert not was_there
    assert other.id != first.id


def test_a_run_without_a_job_joins_nothing(database: Database) -> None:
    new = replace(new_run("a"), job=None, job_id=None)
    first, _ = enqueue_job(database, new, clock=CLOCK)
    second, was_there = enqueue_job(database, new, clock=CLOCK)
    assert not was_there
    assert first.id != second.id
    assert first.position < second.position
