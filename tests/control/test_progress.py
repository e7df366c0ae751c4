"""What workers tell of runs, and what stays of it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa

from strongroom.control import progress, runs
from strongroom.control.database import Database
from strongroom.control.records import NewRun, Run, RunStatus

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
PACE = {
    "slots": 3, "in_flight": 1, "waiting": 0, "items_per_s": 1.0, "bytes_per_s": 9.0,
    "latency_ms": 20, "limits": [], "told": "", "requests": 5, "items": 7, "bytes": 70,
    "throttled": 0, "failed": 0, "slots_most": 3, "slots_least": 3, "limited_s": {}, "mostly": "",
    "history": [],
}  # fmt: skip


def told(items: int = 0, *, resource: str = "ann@x") -> dict[str, Any]:
    return {
        "resources": {resource: {"items": items}},
        "notes": [f"{resource}: Inbox"],
        "notes_at_s": [1.0],
        "notes_before": 0,
        "pace": PACE,
        "worked": {"items": items, "bytes": 0, "tasks": 0},
        "spans_s": [[0.0, 8.0]],
    }


@pytest.fixture
def database(control_database: Database) -> Database:
    with control_database.write() as db:
        for run_id in ("r1", "r2"):
            runs.add(db, NewRun(kind="backup", request={}), run_id=run_id, now=NOW)
            runs.start(db, run_id, now=NOW)
    return control_database


def look(db: sa.Connection, run_id: str = "r1") -> Run:
    run = runs.by_id(db, run_id)
    assert run is not None
    return run


def test_each_worker_tells_for_itself_and_the_latest_counts(database: Database) -> None:
    with database.write() as db:
        progress.say(db, "r1", "w1", told(1))
        progress.say(db, "r1", "w2", told(2))
        progress.say(db, "r1", "w1", told(3))
        progress.say(db, "r2", "w1", told(4))
        assert progress.of_run(db, "r1") == {"w1": told(3), "w2": told(2)}
        assert progress.of_run(db, "r2") == {"w1": told(4)}


def test_of_a_run_that_does_not_run_nothing_is_told(database: Database) -> None:
    with database.write() as db:
        progress.say(db, "r1", "w1", told(1))
        runs.put_back(db, "r1")
        progress.say(db, "r1", "w1", told(2))
        progress.say(db, "gone", "w1", told(2))
        assert progress.of_run(db, "r1") == progress.of_run(db, "gone") == {}
        progress.say(db, "r2", "w1", told(1))
        db.execute(sa.text("UPDATE runs SET status = 'waiting' WHERE id = 'r2'"))
        progress.say(db, "r2", "w1", told(2))
        assert progress.of_run(db, "r2") == {"w1": told(1)}


@pytest.mark.parametrize("way", ["put back", "all put back", "paused", "finished"])
def test_of_what_was_told_of_a_run_its_figures_alone_stay(database: Database, way: str) -> None:
    with database.write() as db:
        progress.say(db, "r1", "w1", told(10))
        progress.say(db, "r1", "w2", told(5, resource="bob@x"))
        if way == "put back":
            runs.put_back(db, "r1")
        elif way == "all put back":
            runs.put_back_all(db)
        elif way == "paused":
            runs.pause(db, "r1", fault=None)
        else:
            runs.finish(db, "r1", RunStatus.FAILED, fault=None, now=NOW)
        rests = look(db)
        kept = db.scalar(sa.text("SELECT live FROM runs WHERE id = 'r1'"))
        runs.reopen(db, "r1")
        runs.start(db, "r1", now=NOW)
        assert progress.of_run(db, "r1") == {}
    assert rests.pace is not None
    assert rests.earlier is not None
    assert (rests.pace["slots"], rests.pace["requests"]) == (6, 10)
    assert rests.earlier["worked"] == {"items": 15, "bytes": 0, "tasks": 0}
    assert "Inbox" not in kept
    assert "@x" not in kept


def test_each_attempt_adds_to_what_was_before(database: Database) -> None:
    with database.write() as db:
        for attempt in range(3):
            progress.say(db, "r1", "w1", told(10))
            runs.put_back(db, "r1")
            runs.start(db, "r1", now=NOW)
            run = look(db)
            assert run.earlier is not None
            assert run.earlier["worked"] == {"items": 10 * (attempt + 1), "bytes": 0, "tasks": 0}
    assert run.pace is not None
    assert (run.pace["slots"], run.pace["requests"]) == (3, 15)


def test_of_a_worker_that_died_what_it_did_counts_and_what_it_had_in_hand_is_gone(
    database: Database,
) -> None:
    with database.write() as db:
        progress.say(db, "r1", "w1", told(10))
        progress.say(db, "r1", "w2", told(1, resource="bob@x"))
        progress.say(db, "r2", "w1", told(3))
        progress.forget_worker(db, "w1")
        assert progress.of_run(db, "r1").keys() == {"w2"}
        assert progress.of_run(db, "r2") == {}
        first, second = look(db, "r1"), look(db, "r2")
    assert first.earlier is not None
    assert second.earlier is not None
    assert first.earlier["worked"] == {"items": 10, "bytes": 0, "tasks": 0}
    assert second.earlier["worked"] == {"items": 3, "bytes": 0, "tasks": 0}
    assert first.status is RunStatus.RUNNING


def test_what_the_dead_told_of_one_run_is_given_up(database: Database) -> None:
    with database.write() as db:
        for worker in ("w1", "w2", "w3"):
            progress.say(db, "r1", worker, told(10))
            progress.say(db, "r2", worker, told(1))
        progress.leave_of_the_dead(db, "r1", ["w2", "w9"])
        assert progress.of_run(db, "r1").keys() == {"w2"}
        assert progress.of_run(db, "r2").keys() == {"w1", "w2", "w3"}
        run = look(db)
    assert run.earlier is not None
    assert run.earlier["worked"] == {"items": 20, "bytes": 0, "tasks": 0}


def test_who_told_nothing_leaves_nothing(database: Database) -> None:
    with database.write() as db:
        progress.leave(db, "r1")
        progress.forget_worker(db, "w1")
        assert look(db).earlier is None


def test_what_an_earlier_version_kept_of_a_run_that_ran_is_its_pace(database: Database) -> None:
    with database.write() as db:
        old = json.dumps({"pace": PACE, "notes": ["Inbox"], "resources": {"ann@x": {}}})
        db.execute(sa.text("UPDATE runs SET live = :old WHERE id = 'r1'"), {"old": old})
        assert look(db).pace == PACE
        progress.say(db, "r1", "", told(1))
        runs.put_back(db, "r1")
        run = look(db)
    assert run.pace is not None
    assert run.pace["requests"] == 10
    assert run.earlier is not None
    assert run.earlier.keys() == {"pace", "worked", "limited_s", "spans_s"}
