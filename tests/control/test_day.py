"""What the daily digest and messages about runs are made of, read from rows."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from strongroom.control import day, growth, protected, run_end, runs, tasks
from strongroom.control.database import Database
from strongroom.control.protected import Standing
from strongroom.control.records import Fault, NewRun, RunStatus, TaskStatus
from strongroom.service import digest
from tests.control.standing_tasks import DISK, NOW, task

FAULT = Fault(exit_code=2, what="There is no such mailbox.")
DAY = timedelta(days=1)


def add_run(database: Database, run_id: str, status: RunStatus, *, ago: timedelta) -> None:
    new = NewRun(kind="backup", request={}, job=f"job of {run_id}")
    with database.write() as db:
        runs.add(db, new, run_id=run_id, now=NOW - ago)
        if status is RunStatus.PAUSED:
            runs.pause(db, run_id, fault=FAULT)
        elif status is not RunStatus.WAITING:
            runs.finish(db, run_id, status, fault=None, now=NOW - ago)


def stand(database: Database, name: str, standing: Standing, **ago: float) -> None:
    """Let a resource stand so since then."""
    done = {Standing.COMPLETE: TaskStatus.COMPLETE, Standing.PARTIAL: TaskStatus.PARTIAL}
    one = task(name, done.get(standing, TaskStatus.FAILED), error=FAULT, saved=3, byte_count=100)
    with database.write() as db:
        protected.end(db, DISK, one, standing=standing, why="", tried=NOW - timedelta(**ago))
        if standing is Standing.FAILED:
            tasks.keep(db, one)


@pytest.fixture
def database(control_database: Database) -> Database:
    add_run(control_database, "r1", RunStatus.PARTIAL, ago=timedelta(hours=2))
    add_run(control_database, "r2", RunStatus.COMPLETE, ago=timedelta(hours=30))
    add_run(control_database, "r3", RunStatus.PAUSED, ago=timedelta(days=9))
    add_run(control_database, "r4", RunStatus.WAITING, ago=timedelta(0))
    add_run(control_database, "r5", RunStatus.COMPLETE, ago=timedelta(hours=3))
    stand(control_database, "ann", Standing.COMPLETE, hours=2)
    stand(control_database, "bob", Standing.COMPLETE, days=20)
    stand(control_database, "bob", Standing.PARTIAL, hours=2)
    stand(control_database, "carl", Standing.FAILED, hours=2)
    stand(control_database, "dora", Standing.COMPLETE, days=3)
    stand(control_database, "dora", Standing.FAILED, hours=2)
    stand(control_database, "emil", Standing.EXCLUDED, hours=2)
    stand(control_database, "fay", Standing.GONE, hours=2)
    return control_database


def test_runs_are_counted_that_ended_in_the_day(database: Database) -> None:
    with database.read() as db:
        assert day.runs_ended(db, NOW - DAY, NOW) == {RunStatus.PARTIAL: 1, RunStatus.COMPLETE: 1}
        assert day.runs_ended(db, NOW - 2 * DAY, NOW - DAY) == {RunStatus.COMPLETE: 1}
        (paused,) = day.paused(db, at_most=9)
        assert (paused.id, paused.kind, paused.job) == ("r3", "backup", "job of r3")
        assert day.paused(db, at_most=0) == []


def test_resources_are_counted_by_how_they_stand_and_by_their_last_good_point(
    database: Database,
) -> None:
    with database.read() as db:
        assert day.standings(db) == {
            Standing.COMPLETE: 1,
            Standing.PARTIAL: 1,
            Standing.FAILED: 2,
            Standing.EXCLUDED: 1,
            Standing.GONE: 1,
        }
        assert (day.good_since(db, NOW - DAY), day.good_since(db, NOW - 7 * DAY)) == (1, 2)
        assert day.never_good(db) == 1


def test_the_worst_come_first_with_what_is_known_of_why(database: Database) -> None:
    with database.read() as db:
        troubled = day.troubled(db, at_most=9)
        assert [(one.resource, one.status) for one in troubled] == [
            ("carl", Standing.FAILED),
            ("bob", Standing.PARTIAL),
            ("dora", Standing.FAILED),
        ]
        assert [one.error for one in troubled] == [FAULT, None, FAULT]
        assert [one.good for one in troubled] == [None, NOW - 20 * DAY, NOW - 3 * DAY]
        assert day.troubled(db, at_most=1) == troubled[:1]


def test_a_digest_is_gathered_from_all_of_it(database: Database) -> None:
    yesterday = (NOW - DAY).date().isoformat()
    with database.write() as db:
        for moment in (yesterday, NOW.date().isoformat()):
            growth.add(
                db, ("s1", "mailbox", "id of ann"), moment,
                {"items": 7, "bytes_read": 8, "bytes_stored": 9},
            )  # fmt: skip
        figures = digest.gather(db, NOW - DAY, NOW, ["chat"])
    assert (figures.wanted, figures.lacking) == (4, 3)
    assert figures.grown_on == yesterday
    assert figures.grown == {"items": 7, "bytes_read": 8, "bytes_stored": 9}
    told = digest.message(NOW.date(), figures, frozenset()).body
    assert "- carl, storage disk: failed: There is no such mailbox. Last good: never." in told
    assert "- dora, storage disk: failed: There is no such mailbox. Last good: 3 days ago." in told
    assert "- the backup job of r3: strongroom run show r3" in told
    assert "New on 2026-03-04 (UTC): 7 items, 8 bytes read, 9 bytes stored." in told


def test_a_home_with_nothing_in_it_gives_a_digest_too(control_database: Database) -> None:
    with control_database.read() as db:
        figures = digest.gather(db, NOW - DAY, NOW)
    assert (figures.wanted, figures.lacking, figures.never_good) == (0, 0, 0)
    assert figures.grown == {"items": 0, "bytes_read": 0, "bytes_stored": 0}


def test_of_a_run_the_first_troubles_are_read_and_all_are_counted(database: Database) -> None:
    with database.write() as db:
        for number, status in enumerate(
            [TaskStatus.COMPLETE, TaskStatus.PARTIAL, TaskStatus.FAILED, TaskStatus.FAILED]
        ):
            new = task(f"m{number}", status, saved=number, unchanged=1, run_id="r5", number=number)
            error = FAULT if status is TaskStatus.FAILED else None
            tasks.keep(db, replace(new, error=error))
        end = run_end.of_run(db, "r5", at_most=2)
        nothing = run_end.of_run(db, "r2", at_most=2)
    assert end.counts == {TaskStatus.COMPLETE: 1, TaskStatus.PARTIAL: 1, TaskStatus.FAILED: 2}
    assert [(one.resource, one.error) for one in end.troubles] == [("m2", FAULT), ("m3", FAULT)]
    assert end.troubled == 3
    assert end.sums == {"saved": 1, "unchanged": 2, "skipped": 0, "failed": 0}
    assert (nothing.counts, nothing.troubles, nothing.troubled) == ({}, [], 0)
    assert nothing.sums == dict.fromkeys(end.sums, 0)
