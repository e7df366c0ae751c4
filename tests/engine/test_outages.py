"""The control database goes away in the middle of everything: work waits and goes on."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from strongroom.control import task_queue
from strongroom.control.database import Database
from strongroom.control.outages import DatabaseFull, DatabaseUnreachable
from strongroom.control.records import Run, RunStatus, Task, TaskStatus
from strongroom.engine.patience import PatientBodies
from strongroom.engine.work import Desk, Ending
from strongroom.engine.worker import Worker
from strongroom.errors import StrongroomError
from tests.engine.support import add, look, make_worker
from tests.fakes.hand_clock import HandClock

AWAY = DatabaseUnreachable("The control database does not answer.")
FULL = DatabaseFull("The disk that holds the home is full.")
WAIT_S = 30.0


class Weather:
    """Lets transactions of a database fail, before or after they are kept.

    Attributes:
        failures: What is raised next, and whether the change is kept all the same.
    """

    def __init__(self, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
        self.failures: list[tuple[StrongroomError, bool]] = []
        self.suffered = 0
        self._write, self._read = database.write, database.read
        monkeypatch.setattr(database, "write", self._may_fail(database.write))
        monkeypatch.setattr(database, "read", self._may_fail(database.read))
        self._whose = threading.get_ident()

    def _may_fail(self, real: Callable[[], Any]) -> Callable[[], Any]:
        @contextmanager
        def transaction() -> Iterator[sa.Connection]:
            failure, is_kept = None, False
            # The test's own thread, and the worker's loop in it, are spared.
            if self.failures and threading.get_ident() != self._whose:
                failure, is_kept = self.failures.pop(0)
                self.suffered += 1
            if failure is not None and not is_kept:
                raise failure
            with real() as db:
                yield db
            if failure is not None:
                raise failure

        return transaction


class Pieces:
    """A handler with some tasks; a test says what happens in the middle of one."""

    def __init__(self, database: Database, clock: HandClock, happens: Callable[[], None]) -> None:
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


def until_over(worker: Worker, database: Database, run_id: str) -> Run:
    for _ in range(2000):
        worker.step()
        worker.wait(0.01)
        run = look(database, run_id)
        if not run.status.is_under_way:
            worker.close()
            return run
    raise AssertionError("the run did not come to its end")


@pytest.mark.parametrize("error", [AWAY, FULL])
@pytest.mark.parametrize("is_kept", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("spared", range(14))
def test_a_run_is_complete_whichever_transaction_failed(
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
    error: StrongroomError,
    spared: int,
    *,
    is_kept: bool,
) -> None:
    """Each transaction of a run in turn, twice in a row, with its change lost or kept."""
    if is_kept and error is FULL:
        pytest.skip("a full disk is known to have kept nothing")
    clock = HandClock()
    weather = Weather(database, monkeypatch)
    pieces = Pieces(database, clock, lambda: None)
    worker = make_worker(database, {}, clock)
    worker._driver._handlers = {"test": pieces}
    fine = [(None, False)] * spared
    weather.failures = [*fine, (error, is_kept), (error, is_kept)]  # type: ignore[list-item]
    add(database, "r1", "a", clock)
    run = until_over(worker, database, "r1")
    assert run.status is RunStatus.COMPLETE
    assert run.attempts == 1
    if not is_kept:
        assert sorted(pieces.ends) == ["a", "b", "c"], "each once"
