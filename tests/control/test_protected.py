"""How each resource stands in each storage: learned from tasks, and kept when runs are gone."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from strongroom.control import jobs, protected, storages
from strongroom.control.protected import Origin, Protected, Standing
from strongroom.control.records import Job, StorageRecord, Task, TaskStatus
from tests.control.standing_tasks import DISK, NOW, task

COMPLETE, PARTIAL, FAILED = TaskStatus.COMPLETE, TaskStatus.PARTIAL, TaskStatus.FAILED
EARLIER = NOW - timedelta(days=30)


@pytest.fixture
def db(undone: sa.Connection) -> sa.Connection:
    return undone


def end(
    db: sa.Connection,
    ended: Task,
    standing: Standing | None = None,
    *,
    origin: Origin = DISK,
    why: str = "",
) -> None:
    now = standing or Standing(ended.status)
    tried = None if now in protected.LEFT_OUT else ended.started or NOW
    protected.end(db, origin, ended, standing=now, why=why, tried=tried)


def rows(db: sa.Connection) -> list[Protected]:
    return list(protected.page(db, None))


def row(db: sa.Connection) -> Protected:
    (only,) = rows(db)
    return only


def test_what_was_only_listed_has_never_been_tried(db: sa.Connection) -> None:
    protected.plan(db, DISK, [task(), task("bob@example")])
    assert [(r.resource, r.status, r.tried, r.good) for r in rows(db)] == [
        ("ann@example", Standing.WAITING, None, None),
        ("bob@example", Standing.WAITING, None, None),
    ]


def test_a_complete_task_is_a_good_restore_point(db: sa.Connection) -> None:
    end(db, task(status=COMPLETE, saved=3, unchanged=4, byte_count=100))
    now = row(db)
    assert (now.status, now.good, now.point) == (
        Standing.COMPLETE,
        NOW - timedelta(hours=1),
        "point of ann@example",
    )
    assert (now.newest, now.newest_point) == (now.good, now.point)
    assert (now.items, now.saved, now.bytes_read, now.bytes_stored) == (7, 3, 100, 50)
    assert (now.storage, now.connection, now.job, now.run_id) == ("disk", "office", "nightly", "r1")


def test_what_came_later_and_lacks_something_does_not_hide_the_good_one(db: sa.Connection) -> None:
    end(db, task(status=COMPLETE, started=EARLIER, saved=3, byte_count=10))
    end(db, task(status=PARTIAL, saved=2, unchanged=3, byte_count=6), why="1 failed")
    now = row(db)
    assert (now.status, now.why, now.good) == (Standing.PARTIAL, "1 failed", EARLIER)
    assert (now.newest, now.items) == (NOW - timedelta(hours=1), 5)
    assert (now.saved, now.bytes_read) == (5, 16), "all runs together"


def test_a_failed_try_is_told_and_takes_no_point_away(db: sa.Connection) -> None:
    end(db, task(status=COMPLETE, started=EARLIER, saved=3))
    end(db, task(status=FAILED), why="It does not answer.")
    now = row(db)
    assert (now.status, now.why, now.tried) == (Standing.FAILED, "It does not answer.", NOW)
    assert (now.good, now.newest, now.items) == (EARLIER, EARLIER, 3)


def test_planning_it_again_leaves_it_as_it_stood(db: sa.Connection) -> None:
    end(db, task(status=FAILED), why="It does not answer.")
    protected.plan(db, replace(DISK, run_id="r2"), [task()])
    assert (row(db).status, row(db).why, row(db).run_id) == (
        Standing.FAILED,
        "It does not answer.",
        "r2",
    )


def test_what_was_left_out_and_is_planned_again_waits(db: sa.Connection) -> None:
    end(db, task(status=TaskStatus.EXCLUDED), Standing.GONE, why="Not listed.")
    protected.plan(db, DISK, [task()])
    assert (row(db).status, row(db).why) == (Standing.WAITING, "")


def test_a_resource_that_disappeared_stays_with_what_was_saved_of_it(db: sa.Connection) -> None:
    end(db, task(status=COMPLETE, saved=3))
    end(db, task(status=TaskStatus.EXCLUDED), Standing.GONE, why="The server does not list it.")
    now = row(db)
    assert (now.status, now.why) == (Standing.GONE, "The server does not list it.")
    assert (now.point, now.items, now.tried) == (
        "point of ann@example",
        3,
        NOW - timedelta(hours=1),
    )


def test_a_job_that_leaves_it_out_says_nothing_of_what_another_job_saves(
    db: sa.Connection,
) -> None:
    other = replace(DISK, job="weekly", run_id="r2")
    end(db, task(status=COMPLETE))
    end(db, task(status=TaskStatus.EXCLUDED), origin=other, why="excluded")
    assert (row(db).status, row(db).job, row(db).run_id) == (Standing.COMPLETE, "nightly", "r1")
    end(db, task(status=TaskStatus.EXCLUDED), why="excluded")
    assert row(db).status is Standing.EXCLUDED


def test_a_run_without_a_job_counts_like_any_other(db: sa.Connection) -> None:
    loose = replace(DISK, job=None)
    end(db, task(status=COMPLETE), origin=loose)
    end(db, task(status=TaskStatus.EXCLUDED), origin=loose)
    assert (row(db).status, row(db).job) == (Standing.EXCLUDED, None)


def test_a_name_that_is_not_told_again_is_not_forgotten(db: sa.Connection) -> None:
    end(db, replace(task(status=COMPLETE), name="Ann"))
    end(db, task(status=TaskStatus.EXCLUDED), Standing.GONE)
    assert row(db).name == "Ann"


def test_what_a_whole_plan_does_not_have_any_more_is_told_where_something_was_saved(
    db: sa.Connection,
) -> None:
    end(db, task(status=COMPLETE))
    end(db, task("misspelt@example", FAILED, resource_kind="unresolved"))
    end(db, task("bob@example", COMPLETE), origin=replace(DISK, job="weekly"))
    end(db, task("cid@example", COMPLETE), origin=replace(DISK, storage_id="s2"))
    again = replace(DISK, run_id="r2")
    protected.plan(db, again, [task("dee@example")])
    protected.settle(db, again, why="not covered")
    assert [(r.resource, r.status, r.why) for r in rows(db)] == [
        ("ann@example", Standing.EXCLUDED, "not covered"),
        ("bob@example", Standing.COMPLETE, ""),
        ("cid@example", Standing.COMPLETE, ""),
        ("dee@example", Standing.WAITING, ""),
    ]


def test_rows_come_page_by_page_by_storage_and_name(db: sa.Connection) -> None:
    names = [f"{letter}@example" for letter in "cabed"]
    for storage_id, storage in (("s9", "attic"), ("s1", "disk")):
        origin = replace(DISK, storage_id=storage_id, storage=storage)
        protected.plan(db, origin, [task(name) for name in names])
    seen: list[Protected] = []
    while page := protected.page(db, seen[-1] if seen else None, rows_max=2):
        assert len(page) <= 2
        seen += page
    assert [(r.storage, r.resource) for r in seen] == [
        (storage, name) for storage in ("attic", "disk") for name in sorted(names)
    ]
    assert [r.storage for r in protected.page(db, None, storage_id="s9")] == ["attic"] * 5
    assert protected.page(db, None, job="weekly") == []


def test_what_says_nothing_any_more_is_forgotten(db: sa.Connection) -> None:
    storages.add(
        db,
        StorageRecord(id="s1", name="disk", url="u", sealed=b"", wrapped_key=b"", created=EARLIER),
    )
    jobs.add(
        db,
        Job(
            id="j1", name="nightly", kind="backup", connection_id=None, storage_id="s1",
            connection=None, storage="disk", selection={}, created=EARLIER,
        ),
    )  # fmt: skip
    end(db, task("wanted@example", FAILED))
    end(db, task("saved@example", COMPLETE), origin=replace(DISK, job="removed"))
    end(db, task("nothing@example", FAILED), origin=replace(DISK, job="removed"))
    elsewhere = replace(DISK, storage_id="s2", storage="lost")
    end(db, task("old@example", COMPLETE, started=EARLIER), origin=elsewhere)
    end(db, task("new@example", COMPLETE), origin=elsewhere)
    assert protected.forget(db, before=NOW - timedelta(days=7)) == 2
    assert [r.resource for r in rows(db)] == ["saved@example", "wanted@example", "new@example"]


def test_the_jobs_that_have_planned_are_known(db: sa.Connection) -> None:
    protected.plan(db, DISK, [task()])
    end(db, task("bob@example", COMPLETE), origin=replace(DISK, job=None))
    assert protected.jobs_with_rows(db) == {"nightly"}
