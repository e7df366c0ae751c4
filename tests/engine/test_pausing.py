"""A run that only a person can help: out of everybody's way, kept, and gone on with when told."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest

from strongroom.control import jobs, runs
from strongroom.control.database import Database
from strongroom.control.records import Fault, NewRun, Run, RunStatus
from strongroom.engine.filelock import FileLock
from strongroom.engine.queue import enqueue_job, enqueue_or_continue
from strongroom.engine.waiting import wait_for
from strongroom.engine.work import Desk, Ending
from strongroom.errors import Interrupted, SignInEnded
from tests.engine.support import Body, add, look, make_worker, new_run
from tests.fakes.hand_clock import HandClock

CLOCK = HandClock()
DONE = Ending(status=RunStatus.COMPLETE)
ENDED = SignInEnded("Refused.", why="The secret has expired.", hint="Make a new one.")
WAIT_S = 30.0


def refused(_run: Run, _desk: Desk) -> Ending:
    raise ENDED


def done(_run: Run, _desk: Desk) -> Ending:
    return DONE


def work(database: Database, **bodies: Body) -> None:
    worker = make_worker(database, {"test": refused, **bodies}, CLOCK)
    while worker.step():
        worker.wait(0.02)
    worker.close()


def test_a_run_whose_sign_in_ended_is_paused_and_says_why(database: Database) -> None:
    add(database, "r1", "a", CLOCK)
    work(database)
    run = look(database, "r1")
    assert (run.status, run.finished, run.live) == (RunStatus.PAUSED, None, None)
    assert run.error == Fault(
        exit_code=2, what="Refused.", why="The secret has expired.", hint="Make a new one."
    )
    assert not run.status.is_final
    assert not run.status.is_under_way


def test_a_paused_run_is_tried_again_by_nobody(database: Database) -> None:
    add(database, "r1", "a", CLOCK)
    work(database)
    work(database)
    assert look(database, "r1").attempts == 1


def test_a_paused_run_holds_nothing_that_others_want(database: Database) -> None:
    def refuse_the_first(run: Run, _desk: Desk) -> Ending:
        if run.id == "r1":
            raise ENDED
        return DONE

    for run_id in ("r1", "r2"):
        add(database, run_id, "same", CLOCK)
    work(database, test=refuse_the_first)
    assert look(database, "r1").status is RunStatus.PAUSED
    assert look(database, "r2").status is RunStatus.COMPLETE


def test_resumed_it_waits_on_its_old_place_and_goes_on(database: Database) -> None:
    order: list[str] = []

    def note(run: Run, _desk: Desk) -> Ending:
        order.append(run.id)
        return DONE

    add(database, "r1", "same", CLOCK)
    work(database)
    add(database, "r2", "same", CLOCK)
    with database.write() as db:
        assert runs.resume(db, "r1")
        assert not runs.resume(db, "r1"), "it is not paused any more"
        assert not runs.resume(db, "r2")
    assert look(database, "r1").error is None
    work(database, test=note)
    assert order == ["r1", "r2"]
    assert look(database, "r1").attempts == 2


def test_the_death_of_a_worker_changes_nothing_about_a_paused_run(database: Database) -> None:
    add(database, "r1", "a", CLOCK)
    work(database)
    with database.write() as db:
        runs.put_back_all(db)
    assert look(database, "r1").status is RunStatus.PAUSED


def test_cancelled_while_it_comes_to_a_pause_it_is_over(database: Database) -> None:
    def cancelled_meanwhile(run: Run, _desk: Desk) -> Ending:
        with database.write() as db:
            runs.ask_stop(db, run.id)
        raise ENDED

    add(database, "r1", "a", CLOCK)
    work(database, test=cancelled_meanwhile)
    assert look(database, "r1").status is RunStatus.CANCELLED


def test_whoever_waits_for_a_run_that_pauses_waits_no_longer(
    database: Database, tmp_path: Path
) -> None:
    add(database, "r1", "a", CLOCK)
    ended = wait_for(
        "r1",
        database=database,
        lock=FileLock(tmp_path / "lock"),
        make_worker=lambda: make_worker(database, {"test": refused}, CLOCK),
        clock=CLOCK,
        seen=lambda _run: None,
    )
    assert ended.status is RunStatus.PAUSED


def test_other_runs_go_on_while_one_is_paused(database: Database) -> None:
    paused = threading.Event()

    def other(run: Run, _desk: Desk) -> Ending:
        if run.id == "r1":
            paused.set()
            raise ENDED
        assert paused.wait(WAIT_S)
        return DONE

    for run_id, thing in (("r1", "a"), ("r2", "b")):
        add(database, run_id, thing, CLOCK)
    work(database, test=other)
    assert look(database, "r1").status is RunStatus.PAUSED
    assert look(database, "r2").status is RunStatus.COMPLETE


def test_a_job_asked_to_run_again_goes_on_with_its_paused_run(
    database: Database, job: NewRun
) -> None:
    first, _ = enqueue_job(database, job, clock=CLOCK)
    work(database)
    again, was_there = enqueue_job(database, job, clock=CLOCK)
    assert was_there
    assert (again.id, again.status, again.error) == (first.id, RunStatus.WAITING, None)
    work(database, test=done)
    third, was_there = enqueue_job(database, job, clock=CLOCK)
    assert not was_there
    assert third.id != first.id


def test_a_restore_asked_for_again_goes_on_with_the_paused_one(database: Database) -> None:
    restore = replace(new_run("a"), kind="test")
    first, _ = enqueue_or_continue(database, restore, clock=CLOCK)
    work(database)
    again, was_there = enqueue_or_continue(database, restore, clock=CLOCK)
    assert was_there
    assert (again.id, again.status, again.error) == (first.id, RunStatus.WAITING, None)


def test_a_run_that_a_person_pauses_stops_at_its_next_safe_point(database: Database) -> None:
    def paused_while_running(run: Run, desk: Desk) -> Ending:
        with database.write() as db:
            assert runs.ask_pause(db, run.id)
        while not desk.stop():
            threading.Event().wait(0.001)
        raise Interrupted("Asked to stop.")

    add(database, "r1", "a", CLOCK)
    worker = make_worker(database, {"test": paused_while_running}, CLOCK)
    while worker.step():
        worker.wait(0.01)
    worker.close()  # else it may be the one that goes on, and nobody works in it
    run = look(database, "r1")
    assert run.status is RunStatus.PAUSED
    assert run.error is not None
    assert "paused by a person" in run.error.what
    assert "run resume r1" in run.error.hint
    with database.write() as db:
        runs.resume(db, "r1")
    work(database, test=done)
    assert look(database, "r1").status is RunStatus.COMPLETE


def test_a_waiting_run_that_a_person_pauses_never_starts(database: Database) -> None:
    add(database, "r1", "a", CLOCK)
    with database.write() as db:
        assert runs.ask_pause(db, "r1")
    work(database, test=done)
    assert (look(database, "r1").status, look(database, "r1").attempts) == (RunStatus.PAUSED, 0)


def test_a_worker_that_leaves_lets_the_next_one_pause_what_was_to_pause(
    database: Database,
) -> None:
    asked = threading.Event()

    def leave(run: Run, desk: Desk) -> Ending:
        with database.write() as db:
            runs.ask_pause(db, run.id)
        asked.set()
        while not desk.stop():
            threading.Event().wait(0.001)
        raise Interrupted("Asked to stop.")

    add(database, "r1", "a", CLOCK)
    worker = make_worker(database, {"test": leave}, CLOCK)
    worker.step()
    assert asked.wait(WAIT_S)
    worker.close()
    assert look(database, "r1").status is RunStatus.RUNNING, "it keeps what it claims"
    work(database, test=done)
    assert look(database, "r1").status is RunStatus.PAUSED


def test_a_run_that_is_to_end_is_not_paused_and_one_that_is_to_pause_may_be_ended(
    database: Database,
) -> None:
    for run_id in ("r1", "r2"):
        add(database, run_id, run_id, CLOCK)
    with database.write() as db:
        assert runs.ask_stop(db, "r1")
        assert not runs.ask_pause(db, "r1")
        assert runs.ask_pause(db, "r2")
        assert runs.ask_stop(db, "r2")
    work(database, test=done)
    assert {look(database, one).status for one in ("r1", "r2")} == {RunStatus.CANCELLED}


@pytest.fixture
def job(database: Database) -> NewRun:
    """Give a run of a job that is there: whatever it stands on does not matter here."""
    with database.write() as db:
        for statement in (
            (
                "INSERT INTO connections (id, name, kind, sealed, wrapped_key, created)"
                " VALUES ('c', 'c', 'k', x'', x'', '')"
            ),
            (
                "INSERT INTO storages (id, name, url, sealed, wrapped_key, created)"
                " VALUES ('s', 's', 'u', x'', x'', '')"
            ),
            (
                "INSERT INTO jobs (id, name, kind, connection_id, storage_id, selection, created)"
                " VALUES ('j', 'nightly', 'backup', 'c', 's', '{}', '2026-01-02T03:04:05.000000Z')"
            ),
        ):
            db.exec_driver_sql(statement)
        (kept,) = jobs.everything(db)
    return replace(new_run("a"), job_id=kept.id, job=kept.name)
