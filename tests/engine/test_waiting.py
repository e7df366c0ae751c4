"""Whoever waits becomes the worker if there is none, else watches, and takes over if it dies."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from strongroom.control import runs
from strongroom.control.database import Database
from strongroom.control.records import Run, RunStatus
from strongroom.engine.filelock import FileLock
from strongroom.engine.waiting import wait_for
from strongroom.engine.work import Desk, Ending
from strongroom.errors import Interrupted, OperatorError
from tests.engine.support import Body, WatchedClock, add, look, make_worker
from tests.fakes.hand_clock import HandClock

DONE = Ending(status=RunStatus.COMPLETE)

DYING_WORKER = """
import pathlib, sys
from strongroom.clock import SystemClock
from strongroom.control.database import open_database
from strongroom.engine.filelock import FileLock
from tests.engine.support import make_worker

def never_ends(run, desk):
    print("working on", run.id, flush=True)
    sys.stdin.readline()

home = pathlib.Path(sys.argv[1])
lock = FileLock(home / "lock")
assert lock.try_acquire()
worker = make_worker(open_database(home / "control.db"), {"test": never_ends}, SystemClock())
while worker.step():
    worker.wait(60)
"""


def wait(
    run_id: str,
    database: Database,
    lock: Path,
    *,
    clock: HandClock | None = None,
    handler: Body | None = None,
    seen: list[Run] | None = None,
) -> Run:
    chosen = clock or HandClock()

    def complete(_run: Run, _desk: Desk) -> Ending:
        return DONE

    return wait_for(
        run_id,
        database=database,
        lock=FileLock(lock),
        make_worker=lambda: make_worker(database, {"test": handler or complete}, chosen),
        clock=chosen,
        seen=(seen if seen is not None else []).append,
    )


def test_without_a_worker_the_one_who_waits_becomes_it_until_no_run_is_left(
    database: Database, tmp_path: Path
) -> None:
    for run_id in ("r1", "r2", "r3"):
        add(database, run_id, "same", HandClock())
    ended = wait("r1", database, tmp_path / "lock")
    assert ended.status is RunStatus.COMPLETE
    assert look(database, "r3").status is RunStatus.COMPLETE
    free = FileLock(tmp_path / "lock")
    assert free.try_acquire(), "the lock was given back"
    free.release()


def test_with_another_worker_it_only_watches(database: Database, tmp_path: Path) -> None:
    other = FileLock(tmp_path / "lock")
    assert other.try_acquire()
    add(database, "r1", "a", HandClock())
    looks = 0

    def other_worker_goes_on() -> None:
        nonlocal looks
        looks += 1
        with database.write() as db:
            if looks == 2:
                runs.start(db, "r1", now=HandClock().now())
            if looks == 4:
                runs.finish(db, "r1", RunStatus.PARTIAL, fault=None, now=HandClock().now())

    def must_not_work(_run: Run, _desk: Desk) -> Ending:
        raise AssertionError("somebody else is the worker")

    seen: list[Run] = []
    clock = WatchedClock(other_worker_goes_on)
    ended = wait("r1", database, tmp_path / "lock", clock=clock, handler=must_not_work, seen=seen)
    assert ended.status is RunStatus.PARTIAL
    assert [run.status for run in seen] == [
        RunStatus.WAITING,
        RunStatus.WAITING,
        RunStatus.RUNNING,
        RunStatus.RUNNING,
        RunStatus.PARTIAL,
    ]
    other.release()


def test_when_the_worker_is_killed_the_one_who_waits_takes_over(
    database: Database, tmp_path: Path
) -> None:
    add(database, "r1", "a", HandClock())
    with subprocess.Popen(
        [sys.executable, "-c", DYING_WORKER, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as worker:
        assert worker.stdout is not None
        assert worker.stdout.readline().strip() == "working on r1"
        looks = 0

        def kill_it_at_the_third_look() -> None:
            nonlocal looks
            looks += 1
            if looks == 3:
                worker.kill()
                worker.wait(30)

        ended = wait(
            "r1", database, tmp_path / "lock", clock=WatchedClock(kill_it_at_the_third_look)
        )
    assert looks == 3
    assert ended.status is RunStatus.COMPLETE
    assert ended.attempts == 1, "the same attempt, taken over"


def test_ctrl_c_ends_what_runs_at_a_safe_point_and_leaves_it_to_be_taken_up(
    database: Database, tmp_path: Path
) -> None:
    add(database, "r1", "a", HandClock())
    safe: list[str] = []
    begun = threading.Event()

    def until_stopped(_run: Run, desk: Desk) -> Ending:
        begun.set()
        while not desk.stop():
            HandClock().sleep(0)
        safe.append("checkpoint")
        raise Interrupted("Asked to stop.")

    class CtrlC(list[Run]):
        def append(self, run: Run) -> None:
            if run.status is RunStatus.RUNNING and begun.is_set():
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        wait("r1", database, tmp_path / "lock", handler=until_stopped, seen=CtrlC())
    assert safe == ["checkpoint"]
    assert look(database, "r1").status is RunStatus.RUNNING, "it keeps what it claims"
    assert wait("r1", database, tmp_path / "lock").status is RunStatus.COMPLETE


def test_a_run_that_is_gone_is_said_to_be(database: Database, tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match="gone"):
        wait("nobody", database, tmp_path / "lock")
