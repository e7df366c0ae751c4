"""The worker: what the rule grants runs, side by side; what came of it is kept."""

from __future__ import annotations

import threading

import pytest

from strongroom.control import progress, runs
from strongroom.control.database import Database
from strongroom.control.records import Fault, Run, RunStatus
from strongroom.engine.work import Desk, Ending
from strongroom.engine.worker import Worker
from strongroom.errors import Interrupted, OperatorError, StorageFull
from tests.engine.support import Body, add, look, make_worker
from tests.fakes.hand_clock import HandClock

WAIT_S = 30.0
DONE = Ending(status=RunStatus.COMPLETE)


def work_until_empty(worker: Worker) -> None:
    while worker.step():
        worker.wait(0.02)
    worker.close()


def make(database: Database, body: Body, clock: HandClock | None = None) -> Worker:
    return make_worker(database, {"test": body}, clock or HandClock())


def test_a_run_is_done_and_its_end_is_kept(database: Database) -> None:
    add(database, "r1", "a", HandClock())
    work_until_empty(make(database, lambda _run, _desk: DONE))
    run = look(database, "r1")
    assert run.status is RunStatus.COMPLETE
    assert run.finished is not None
    assert run.attempts == 1


def test_runs_that_share_nothing_are_in_hand_at_the_same_time(database: Database) -> None:
    meeting = threading.Barrier(2, timeout=WAIT_S)

    def meet(_run: Run, _desk: Desk) -> Ending:
        meeting.wait()  # breaks unless the other one is here too
        return DONE

    for run_id, thing in (("r1", "a"), ("r2", "b")):
        add(database, run_id, thing, HandClock())
    work_until_empty(make(database, meet))
    assert {look(database, run_id).status for run_id in ("r1", "r2")} == {RunStatus.COMPLETE}


def test_runs_that_share_something_follow_each_other_in_order(database: Database) -> None:
    seen: list[tuple[str, str]] = []

    def note(run: Run, _desk: Desk) -> Ending:
        seen.append((run.id, "begins"))
        waits = [look(database, other).waits_for for other in ("r1", "r2", "r3") if other > run.id]
        seen.extend((run.id, str(reason)) for reason in waits)
        seen.append((run.id, "ends"))
        return DONE

    for run_id in ("r1", "r2", "r3"):
        add(database, run_id, "same", HandClock())
    work_until_empty(make(database, note))
    order = [run_id for run_id, what in seen if what in {"begins", "ends"}]
    assert order == ["r1", "r1", "r2", "r2", "r3", "r3"]
    assert look(database, "r3").waits_for is None


def test_a_run_that_waits_says_so_in_its_row(database: Database) -> None:
    release = threading.Event()

    def hold(_run: Run, _desk: Desk) -> Ending:
        assert release.wait(WAIT_S)
        return DONE

    for run_id in ("r1", "r2"):
        add(database, run_id, "same", HandClock())
    worker = make(database, hold)
    worker.step()
    worker.step()
    assert look(database, "r2").waits_for == "run r1: same storage"
    release.set()
    work_until_empty(worker)
    assert look(database, "r2").status is RunStatus.COMPLETE


@pytest.mark.parametrize(
    ("error", "code"),
    [(StorageFull("Full.", why="Disk.", hint="Free some."), 2), (RuntimeError("oops"), 1)],
)
def test_an_error_ends_its_run_alone_and_is_kept(
    database: Database, error: Exception, code: int
) -> None:
    def fail_first(run: Run, _desk: Desk) -> Ending:
        if run.id == "r1":
            raise error
        return DONE

    for run_id, thing in (("r1", "a"), ("r2", "b")):
        add(database, run_id, thing, HandClock())
    work_until_empty(make(database, fail_first))
    failed = look(database, "r1")
    assert failed.status is RunStatus.FAILED
    assert failed.error is not None
    assert failed.error.exit_code == code
    if isinstance(error, StorageFull):
        assert failed.error == Fault(exit_code=2, what="Full.", why="Disk.", hint="Free some.")
    else:
        assert "oops" in failed.error.why
        assert "fail_first" in failed.error.why, "the traceback is kept"
    assert look(database, "r2").status is RunStatus.COMPLETE


def test_closing_stops_runs_at_a_safe_point_and_they_go_on_with_the_next_worker(
    database: Database,
) -> None:
    started = threading.Event()

    def until_stopped(_run: Run, desk: Desk) -> Ending:
        started.set()
        while not desk.stop():
            threading.Event().wait(0.001)
        raise Interrupted("Asked to stop.")

    add(database, "r1", "a", HandClock())
    worker = make(database, until_stopped)
    worker.step()
    assert started.wait(WAIT_S)
    worker.close()
    assert look(database, "r1").status is RunStatus.RUNNING, "it keeps what it claims"
    work_until_empty(make(database, lambda _run, _desk: DONE))
    assert look(database, "r1").status is RunStatus.COMPLETE
    assert look(database, "r1").attempts == 1


def test_a_cancelled_run_ends_at_its_next_safe_point(database: Database) -> None:
    def cancelled_while_running(run: Run, desk: Desk) -> Ending:
        with database.write() as db:
            assert runs.ask_stop(db, run.id)
        while not desk.stop():
            threading.Event().wait(0.001)
        raise Interrupted("Asked to stop.")

    add(database, "r1", "a", HandClock())
    worker = make(database, cancelled_while_running)
    while worker.step():
        worker.wait(0.01)
    assert look(database, "r1").status is RunStatus.CANCELLED


def test_a_cancelled_run_that_waits_never_starts(database: Database) -> None:
    started: list[str] = []

    def note(run: Run, _desk: Desk) -> Ending:
        started.append(run.id)
        return DONE

    for run_id in ("r1", "r2"):
        add(database, run_id, "same", HandClock())
    with database.write() as db:
        runs.ask_stop(db, "r1")
    work_until_empty(make(database, note))
    assert started == ["r2"]
    assert look(database, "r1").status is RunStatus.CANCELLED


def test_a_new_worker_takes_up_what_a_dead_one_left_running(database: Database) -> None:
    add(database, "r1", "a", HandClock())
    with database.write() as db:
        runs.start(db, "r1", now=HandClock().now())
    work_until_empty(make(database, lambda _run, _desk: DONE))
    run = look(database, "r1")
    assert (run.status, run.attempts) == (RunStatus.COMPLETE, 2)


def test_progress_is_kept_at_most_twice_a_second_unless_it_is_urgent(database: Database) -> None:
    clock = HandClock()
    add(database, "r1", "a", clock)
    kept: list[object] = []

    def tell(run: Run, desk: Desk) -> Ending:
        for number in range(4):
            desk.say_live({"n": number})
            kept.append(told_of(database, run.id))
            clock.sleep(0.2)
        desk.say_live({"n": "urgent"}, is_urgent=True)
        kept.append(told_of(database, run.id))
        return DONE

    work_until_empty(make(database, tell, clock))
    assert kept == [{"n": 0}, {"n": 0}, {"n": 0}, {"n": 3}, {"n": "urgent"}]


def told_of(database: Database, run_id: str) -> object:
    with database.read() as db:
        (told,) = progress.of_run(db, run_id).values()
    return told


def test_a_run_that_tells_nothing_is_asked_every_few_seconds_how_far_it_is(
    database: Database,
) -> None:
    clock = HandClock()
    add(database, "r1", "a", clock)
    asked: list[float] = []
    begun, release = threading.Event(), threading.Event()

    def wait(_run: Run, desk: Desk) -> Ending:
        def tell() -> None:
            asked.append(clock.monotonic_s())
            desk.say_live({"n": len(asked)})

        desk.say_live({"n": 0})
        with desk.told_anew(tell):
            begun.set()
            assert release.wait(WAIT_S)
        return DONE

    worker = make(database, wait, clock)
    worker.step()
    assert begun.wait(WAIT_S)
    for _ in range(12):
        clock.sleep(0.5)
        worker.step()
    release.set()
    work_until_empty(worker)
    assert asked == [2.0, 4.0, 6.0]


def test_a_control_database_that_fails_is_told_where_the_worker_is(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_arguments: object, **_options: object) -> None:
        raise StorageFull("The disk that holds the home is full.")

    add(database, "r1", "a", HandClock())
    monkeypatch.setattr(runs, "finish", full)
    with pytest.raises(OperatorError, match="full"):
        work_until_empty(make(database, lambda _run, _desk: DONE))
    assert look(database, "r1").status is RunStatus.RUNNING, "to be taken up by the next worker"
