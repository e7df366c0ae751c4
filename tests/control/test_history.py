"""History is trimmed by rule, in slices, and never of what a later run needs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from strongroom.control import (
    acknowledged,
    growth,
    history,
    job_history,
    jobs,
    protected,
    runs,
    storages,
    tasks,
)
from strongroom.control.history import HistoryRule
from strongroom.control.records import Job, NewRun, RunStatus, StorageRecord, TaskStatus
from tests.control.standing_tasks import DISK, task

NOW = datetime(2026, 3, 5, 10, 15, tzinfo=UTC)
COMPLETE, FAILED, CANCELLED = RunStatus.COMPLETE, RunStatus.FAILED, RunStatus.CANCELLED


@pytest.fixture
def db(undone: sa.Connection) -> sa.Connection:
    disk = StorageRecord(id="s1", name="disk", url="u", sealed=b"", wrapped_key=b"", created=NOW)
    storages.add(undone, disk)
    for name in ("nightly", "weekly"):
        job = Job(
            id=name, name=name, kind="backup", connection_id=None, storage_id="s1",
            connection=None, storage="disk", selection={}, created=NOW,
        )  # fmt: skip
        jobs.add(undone, job)
    return undone


def ran(
    db: sa.Connection,
    run_id: str,
    status: RunStatus = COMPLETE,
    *,
    days_ago: float = 1,
    job: str | None = "nightly",
    kind: str = "backup",
    request: str = "",
    task_count: int = 1,
) -> str:
    ended = NOW - timedelta(days=days_ago)
    new = NewRun(kind=kind, request={"what": request}, job_id=job, job=job)
    runs.add(db, new, run_id=run_id, now=ended)
    if status.is_final:
        runs.finish(db, run_id, status, fault=None, now=ended)
    for number in range(task_count):
        tasks.keep(db, task(f"{number}@example", TaskStatus.COMPLETE, run_id=run_id))
    return run_id


def trimmed(db: sa.Connection, rows_max: int = 500) -> list[str]:
    gone: list[str] = []
    while (slice_ := history.trim(db, NOW, rows_max=rows_max)).rows:
        gone += slice_.runs
    return gone


def left(db: sa.Connection) -> list[str]:
    return [run.id for run in reversed(runs.newest_first(db, at_most=10_000))]


def test_what_is_older_than_the_rule_goes_with_its_tasks(db: sa.Connection) -> None:
    for number, age in enumerate((900, 500, 401, 399, 2)):
        ran(db, f"r{number}", days_ago=age, task_count=3)
    assert trimmed(db) == ["r0", "r1", "r2"]
    assert left(db) == ["r3", "r4"]
    assert tasks.of_run(db, "r1") == []
    assert len(tasks.of_run(db, "r3")) == 3
    assert trimmed(db) == []


def test_a_rule_that_was_changed_holds(db: sa.Connection) -> None:
    assert history.rule(db) == HistoryRule(keep=timedelta(days=400), keep_runs=None)
    for number in range(6):
        ran(db, f"r{number}", days_ago=10 - number)
    history.change(db, HistoryRule(keep=timedelta(days=8), keep_runs=None))
    assert trimmed(db) == ["r0", "r1"]
    history.change(db, HistoryRule(keep=timedelta(days=400), keep_runs=2))
    assert history.rule(db).keep_runs == 2
    assert history.size(db, NOW).to_remove == 2
    assert trimmed(db) == ["r2", "r3"]
    assert history.size(db, NOW).to_remove == 0
    assert (history.size(db, NOW).runs, history.size(db, NOW).oldest) == (
        2,
        NOW - timedelta(days=6),
    )


def test_runs_are_counted_for_each_job_by_itself(db: sa.Connection) -> None:
    for number in range(4):
        ran(db, f"n{number}", days_ago=9)
        ran(db, f"w{number}", days_ago=9, job="weekly")
        ran(db, f"e{number}", days_ago=9, job=None, kind="export")
    history.change(db, HistoryRule(keep_runs=3))
    assert sorted(trimmed(db)) == ["e0", "n0", "w0"]


@pytest.mark.parametrize("status", [RunStatus.WAITING, RunStatus.RUNNING, RunStatus.PAUSED])
def test_what_has_not_ended_stays(db: sa.Connection, status: RunStatus) -> None:
    run_id = ran(db, "old", RunStatus.WAITING, days_ago=900)
    if status is RunStatus.RUNNING:
        runs.start(db, run_id, now=NOW)
    if status is RunStatus.PAUSED:
        runs.pause(db, run_id, fault=None)
    ran(db, "new")
    assert trimmed(db) == []


def test_the_newest_end_of_each_job_stays_and_its_newest_success(db: sa.Connection) -> None:
    ran(db, "too old", days_ago=950)
    ran(db, "last success", days_ago=900)
    ran(db, "failed before", FAILED, days_ago=850)
    ran(db, "last end", FAILED, days_ago=800, task_count=0)
    ran(db, "weekly's", days_ago=700, job="weekly")
    history.change(db, HistoryRule(keep=timedelta(days=1), keep_runs=1))
    assert trimmed(db) == ["too old"], "the failed one before lists what the job covers"
    last = runs.by_id(db, "last end")
    assert last is not None
    assert [one.run_id for one in job_history.earlier_tasks(db, last)] == ["failed before"]


def test_a_restore_that_may_go_on_stays_until_it_is_given_again(db: sa.Connection) -> None:
    old = {"days_ago": 900, "job": None, "kind": "restore"}
    ran(db, "given again", FAILED, request="a", **old)  # type: ignore[arg-type]
    ran(db, "may go on", CANCELLED, request="b", **old)  # type: ignore[arg-type]
    ran(db, "done", COMPLETE, request="c", **old)  # type: ignore[arg-type]
    ran(db, "again", COMPLETE, request="a", **{**old, "days_ago": 1})  # type: ignore[arg-type]
    assert trimmed(db) == ["given again", "done"]


def test_runs_of_a_job_that_was_removed_go_altogether(db: sa.Connection) -> None:
    ran(db, "old", days_ago=900)
    jobs.remove(db, "nightly")
    assert trimmed(db) == ["old"]


def test_slices_are_small_and_come_to_the_same_end(db: sa.Connection) -> None:
    ran(db, "large", days_ago=900, task_count=25)
    for number in range(9):
        ran(db, f"small{number}", days_ago=800)
    ran(db, "newest")
    seen = []
    while (slice_ := history.trim(db, NOW, rows_max=10)).rows:
        seen.append(slice_)
    assert max(one.rows for one in seen) <= 10
    assert [run for one in seen for run in one.runs] == ["large", *(f"small{n}" for n in range(9))]
    assert left(db) == ["newest"]


def test_what_was_learned_outlives_the_runs(db: sa.Connection) -> None:
    done = task("0@example", TaskStatus.COMPLETE, saved=3)
    protected.end(
        db, DISK, done, standing=protected.Standing.COMPLETE, why="", tried=NOW - timedelta(900)
    )
    key = ("s1", done.resource_kind, done.resource_id)
    for day in ("2024-01-05", "2024-01-06", "2026-03-04"):
        growth.add(db, key, day, {"items": 1, "bytes_read": 2, "bytes_stored": 3})
    acknowledged.add(db, *key[1:], [("item", "code")], run_id="old", now=NOW)
    ran(db, "old", days_ago=900)
    ran(db, "new")
    assert trimmed(db) == ["old"]
    assert [row.resource for row in protected.page(db, None)] == ["0@example"]
    assert [(row.day, row.items) for row in growth.page(db, None)] == [
        ("2024-01", 2),
        ("2026-03-04", 1),
    ]
    assert acknowledged.of_resource(db, *key[1:]) == {("item", "code")}
