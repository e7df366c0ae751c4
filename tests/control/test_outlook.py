"""How much runs have to do, and how long they take."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from strongroom.control import connections, jobs, outlook, progress, runs, storages, tasks
from strongroom.control.database import Database
from strongroom.control.outlook import TaskSums
from strongroom.control.records import NewRun, RunStatus, Task, TaskStatus
from tests.control.test_rows import CONNECTION, JOB, STORAGE

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
TOTALS = {
    "on_server": 9, "saved": 5, "unchanged": 1, "skipped": 1, "failed": 2, "bytes_read": 500,
    "bytes_stored": 90,
}  # fmt: skip


@pytest.fixture
def database(control_database: Database) -> Database:
    with control_database.write() as db:
        connections.add(db, CONNECTION)
        storages.add(db, STORAGE)
        jobs.add(db, JOB)
        add(db, "r1")
    return control_database


def add(db: Any, run_id: str) -> None:
    runs.add(db, NewRun(kind="backup", request={}, job_id="j1", job="n"), run_id=run_id, now=NOW)


def keep(db: Any, name: str, status: TaskStatus, weight: int, **more: Any) -> None:
    number = len(tasks.of_run(db, "r1"))
    task = Task(
        run_id="r1", resource_kind="mailbox", resource_id=name, number=number, resource=name,
        status=status, weight=weight, **more,
    )  # fmt: skip
    tasks.keep(db, task)


def test_tasks_are_counted_by_what_became_of_them(database: Database) -> None:
    ledger: Any = {"totals": TOTALS}
    with database.write() as db:
        assert outlook.task_sums(db, "r1", ()) == TaskSums()
        keep(db, "a", TaskStatus.COMPLETE, 1000, coverage=ledger)
        keep(db, "b", TaskStatus.PARTIAL, 100, coverage=ledger)
        keep(db, "c", TaskStatus.FAILED, 10)
        keep(db, "d", TaskStatus.RUNNING, 7)
        keep(db, "e", TaskStatus.WAITING, 5)
        keep(db, "f", TaskStatus.EXCLUDED, 99_999)
        found = outlook.task_sums(db, "r1", ("b", "d", "unknown"))
    assert found == TaskSums(
        ended=3,
        open=2,
        items=16,
        bytes=1000,
        ended_weight=1110,
        open_weight=12,
        in_hand_weight=107,
        told_too_late=frozenset({"b"}),
    )


def test_the_queue_is_seen_with_what_is_in_the_way(database: Database) -> None:
    later = NOW + timedelta(hours=1)
    with database.write() as db:
        runs.start(db, "r1", now=NOW)
        progress.say(db, "r1", "", {"resources": {}, "pace": None, "spans_s": [[0.0, 40.0]]})
        runs.put_back(db, "r1")
        new = NewRun(kind="backup", request={}, not_before=later)
        runs.add(db, new, run_id="r2", now=NOW)
        runs.start(db, "r2", now=NOW)
        add(db, "r3")
        runs.finish(db, "r3", RunStatus.COMPLETE, fault=None, now=NOW)
        first, second = outlook.open_runs(db)
    assert (first.id, first.job_id, first.is_running, first.worked_s) == ("r1", "j1", False, 40.0)
    assert (second.id, second.is_running, second.not_before) == ("r2", True, later)


def test_a_job_takes_as_long_as_it_was_worked_on_the_last_time(database: Database) -> None:
    with database.write() as db:
        assert outlook.last_took_s(db, "j1") is None
        runs.start(db, "r1", now=NOW)
        runs.finish(db, "r1", RunStatus.PARTIAL, fault=None, now=NOW + timedelta(seconds=90))
        assert outlook.last_took_s(db, "j1") == 90.0
        add(db, "r2")
        runs.start(db, "r2", now=NOW)
        spans = [[0.0, 40.0], [100.0, 120.0]]
        progress.say(db, "r2", "", {"resources": {}, "pace": None, "spans_s": spans})
        runs.finish(db, "r2", RunStatus.COMPLETE, fault=None, now=NOW + timedelta(hours=3))
        assert outlook.last_took_s(db, "j1") == 60.0
        add(db, "r3")
        runs.start(db, "r3", now=NOW)
        runs.finish(db, "r3", RunStatus.FAILED, fault=None, now=NOW + timedelta(hours=9))
        assert outlook.last_took_s(db, "j1") == 60.0
