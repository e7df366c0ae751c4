"""The control database goes away in the middle of everything: work waits and goes on."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from strongroom.control import task_queue
from strongroom.control.database import Database
from strongroom.control.outages import DatabaseFull, DatabaseUnreachable
from strongroom.control.records import Run, RunStatus, Task, TaskStatus
from strongroom.engine import waiting
from strongroom.engine.filelock import FileLock
from strongroom.engine.patience import Patience
from strongroom.engine.serving import work
from strongroom.engine.waiting import wait_for
from strongroom.engine.work import Desk, Ending
from strongroom.engine.worker import Worker
from strongroom.errors import StrongroomError
from tests.engine.support import add, look, make_worker
from tests.fakes.hand_clock import HandClock

AWAY = DatabaseUnreachable("The control database does not answer.")
FULL = DatabaseFull("The disk that holds the home is full.")
DONE = Ending(status=RunStatus.COMPLETE)
WAIT_S = 30.0


class Weather:
    """Lets transactions of runs fail, before or after they are kept; not those of the test.

    Attributes:
        failures: What is raised next, and whether the change is kept all the same; None: nothing.
    """

    def __init__(self, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
        self.failures: list[tuple[StrongroomError, bool] | None] = []
        self._spared = threading.get_ident()
        monkeypatch.setattr(database, "write", self._may_fail(database.write))
        monkeypatch.setattr(database, "read", self._may_fail(database.read))

    def _may_fail(self, real: Callable[[], Any]) -> Callable[[], Any]:
        @contextmanager
        def transaction() -> Iterator[sa.Connection]:
            is_theirs = threading.get_ident() != self._spared
            failure = self.failures.pop(0) if self.failures and is_theirs else None
            if failure is not None and not failure[1]:
                raise failure[0]
            with real() as db:
                yield db
            if failure is not None:
                raise failure[0]

        return transaction


class Pieces:
    """A handler with some tasks; a test says what happens in the middle of one."""

    def __init__(
        self, database: Database, clock: HandClock, happens: Callable[[], None] = lambda: None
    ) -> None:
        self.ends: list[str] = []
        self._database, self._clock, self._happens = database, clock, happens

    def plan(self, run: Run, desk: Desk) -> None:
        desk.tasks.plan(
            [
                Task(run_id=run.id, resource_kind="m", resource_id=name, number=0, resource=name)
                for name in ("a", "b", "c")
            ]
        )

    def work(self, run: Run, desk: Desk) -> None:
        with desk.tasks.taken() as todo:
            for task in todo:
                self._happens()
                ended = replace(task, status=TaskStatus.COMPLETE, finished=self._clock.now())
                desk.tasks.end(ended, lambda _db, tasks: self.ends.append(tasks[0].resource_id))

    def conclude(self, run: Run) -> Ending:
        with self._database.read() as db:
            left = task_queue.left(db, run.id, "")
        return Ending(status=RunStatus.FAILED if left.total else RunStatus.COMPLETE)


def until_rest(worker: Worker, database: Database, run_id: str) -> Run:
    for _ in range(2000):
        worker.step()
        worker.wait(0.01)
        run = look(database, run_id)
        if not run.status.is_under_way:
            return run
    raise AssertionError("the run did not come to its end")


@pytest.mark.parametrize(("error", "is_kept"), [(AWAY, False), (AWAY, True), (FULL, False)])
def test_a_run_is_complete_whichever_of_its_transactions_fails(
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
    error: StrongroomError,
    *,
    is_kept: bool,
) -> None:
    clock = HandClock()
    pieces = Pieces(database, clock)
    worker = make_worker(database, {}, clock)  # what carries runs is not what is tried here
    worker._driver._handlers = {"test": pieces}
    weather = Weather(database, monkeypatch)
    spared = 0
    while not weather.failures:
        # Each transaction of a run in turn, twice in a row.
        weather.failures = [*[None] * spared, (error, is_kept), (error, is_kept)]
        run_id = f"r{spared}"
        pieces.ends.clear()
        add(database, run_id, "a", clock)
        run = until_rest(worker, database, run_id)
        assert (run.status, run.attempts) == (RunStatus.COMPLETE, 1), spared
        assert set(pieces.ends) == {"a", "b", "c"}
        if not is_kept:
            assert len(pieces.ends) == 3, "each was kept once"
        spared += 1
    assert spared > 12
    worker.close()


def test_a_worker_that_leaves_while_the_database_is_away_leaves_its_runs_to_others(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, begun = HandClock(), threading.Event()
    pieces = Pieces(database, clock, begun.set)
    worker = make_worker(database, {}, clock)
    worker._driver._handlers = {"test": pieces}
    weather = Weather(database, monkeypatch)
    add(database, "r1", "a", clock)
    worker.step()
    assert begun.wait(WAIT_S)
    weather.failures = [(AWAY, False)] * 10**6
    worker.close()
    assert look(database, "r1").status is RunStatus.RUNNING
    weather.failures.clear()
    other = make_worker(database, {}, clock)
    other._driver._handlers = {"test": Pieces(database, clock)}
    assert until_rest(other, database, "r1").status is RunStatus.COMPLETE
    other.close()


def test_what_cannot_be_told_of_progress_stops_nobody(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def tell(_run: Run, desk: Desk) -> Ending:
        weather.failures = [(FULL, False)]
        desk.say_live({"n": 1}, is_urgent=True)
        assert not weather.failures
        return Ending(status=RunStatus.COMPLETE)

    clock = HandClock()
    worker = make_worker(database, {"test": tell}, clock)
    weather = Weather(database, monkeypatch)
    add(database, "r1", "a", clock)
    assert until_rest(worker, database, "r1").status is RunStatus.COMPLETE
    worker.close()


def test_the_service_outlasts_an_outage_and_says_so_once(
    database: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    clock, looks = HandClock(), iter(range(10**6))
    add(database, "r1", "a", clock)
    worker = make_worker(database, {"test": lambda _run, _desk: DONE}, clock)
    real, failing = worker.step, iter([AWAY, FULL, AWAY])

    def step() -> bool:
        for error in failing:
            raise error
        return real()

    monkeypatch.setattr(worker, "step", step)
    monkeypatch.setattr(worker, "wait", lambda _: threading.Event().wait(0.002))
    work(
        make_worker=lambda: worker,
        is_over=lambda: look(database, "r1").finished is not None or next(looks) > 2000,
    )
    assert look(database, "r1").status is RunStatus.COMPLETE
    told = [one.getMessage() for one in caplog.records if one.name == "strongroom.engine"]
    assert [line.partition(":")[0] for line in told] == [
        "work waits for the control database",
        "work goes on",
    ]


def test_outages_that_follow_each_other_closely_are_told_as_one(
    caplog: pytest.LogCaptureFixture,
) -> None:
    clock = HandClock()
    patience = Patience(clock)
    for _ in range(5):
        patience.away(FULL)
        patience.back()
        clock.move(seconds=10)
    assert len(caplog.records) == 2
    clock.move(seconds=60)
    patience.away(FULL)
    assert len(caplog.records) == 3


def test_a_command_that_waits_outlasts_a_restart_and_no_more(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, failing = HandClock(), [AWAY] * 3
    add(database, "r1", "a", clock)

    class Flaky(Worker):
        def step(self) -> bool:
            clock.sleep(0.5)
            if failing:
                raise failing.pop()
            return super().step()

    def wait() -> Run:
        return wait_for(
            "r1",
            database=database,
            lock=FileLock(tmp_path / "lock"),
            make_worker=lambda: make_worker(
                database, {"test": lambda _run, _desk: DONE}, clock, of=Flaky
            ),
            clock=clock,
            seen=lambda _: None,
        )

    failing.extend([AWAY] * 1000)
    monkeypatch.setattr(waiting, "POLL_S", 0.001)
    with pytest.raises(DatabaseUnreachable):
        wait()
    assert 118 <= 1003 - len(failing) <= 122, "a minute"
    del failing[10:]
    assert wait().status is RunStatus.COMPLETE


def test_a_command_that_waits_is_told_of_a_full_disk_at_once(
    database: Database, tmp_path: Path
) -> None:
    class Full(Worker):
        def step(self) -> bool:
            raise FULL

    clock = HandClock()
    add(database, "r1", "a", clock)
    with pytest.raises(DatabaseFull, match="full"):
        wait_for(
            "r1",
            database=database,
            lock=FileLock(tmp_path / "lock"),
            make_worker=lambda: make_worker(database, {}, clock, of=Full),
            clock=clock,
            seen=lambda _: None,
        )
