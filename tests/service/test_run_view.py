"""How runs stand for whoever looks: figures of all workers and tasks, and how long things take."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from strongroom.control import progress, runs, tasks
from strongroom.control.database import Database, open_database
from strongroom.control.records import NewRun, Run, RunStatus, Task, TaskStatus
from strongroom.control.sqlite import SqliteFile
from strongroom.service.run_view import all_as_seen, as_seen, limit_now, limited_mostly
from strongroom.service.run_view import limited_s as limited_s_of
from strongroom.service.run_watching import Watched
from strongroom.words.run_limits import RunLimiter
from tests.fakes.hand_clock import HandClock
from tests.words.documents import pace

NOW = datetime(2026, 3, 5, 10, 15, tzinfo=UTC)
LATER = NOW + timedelta(seconds=100)


@pytest.fixture
def database(sqlite_place: SqliteFile) -> Iterator[Database]:
    opened = open_database(sqlite_place)
    with opened.write() as db:
        add(db, "r1")
        runs.start(db, "r1", now=NOW)
    yield opened
    opened.close()


def add(db: sa.Connection, run_id: str, **more: Any) -> None:
    runs.add(db, NewRun(kind="backup", request={}, **more), run_id=run_id, now=NOW)


def keep(
    db: sa.Connection, name: str, status: TaskStatus, *, run_id: str = "r1", **more: Any
) -> None:
    number = len(tasks.of_run(db, run_id))
    task = Task(
        run_id=run_id, resource_kind="mailbox", resource_id=name, number=number, resource=name,
        status=status, **more,
    )  # fmt: skip
    tasks.keep(db, task)


def ended(saved: int, bytes_read: int) -> Mapping[str, Any]:
    names = ("on_server", "unchanged", "skipped", "failed", "bytes_stored")
    return {"totals": {**dict.fromkeys(names, 0), "saved": saved, "bytes_read": bytes_read}}


def told(**more: Any) -> dict[str, Any]:
    """Give what a worker tells that has nothing in hand."""
    return {
        "resources": {}, "notes": [], "notes_at_s": [], "notes_before": 0, "pace": pace(),
        "worked": {"items": 0, "bytes": 0, "tasks": 0}, "spans_s": [[0.0, 100.0]],
        "now": {"items_per_s": 1.0, "bytes_per_s": 1000.0},
        "lately": {"items_per_s": 1.0, "bytes_per_s": 1000.0, "tasks_per_s": 0.0}, **more,
    }  # fmt: skip


def in_hand(
    items: int, expected: int, *, item_bytes: int = 1000, left_s: float | None = None
) -> dict[str, Any]:
    return {
        "items": items, "items_expected": expected, "bytes": item_bytes * items,
        "bytes_expected": item_bytes * expected, "elapsed_s": 9.0, "items_per_s": 1.0,
        "bytes_per_s": 1000.0, "left_s": left_s,
    }  # fmt: skip


def seen(database: Database, run_id: str = "r1") -> Run:
    with database.read() as db:
        run = runs.by_id(db, run_id)
        assert run is not None
        return as_seen(db, run, LATER)


def figures(database: Database) -> Any:
    live: Any = seen(database).live
    assert json.loads(json.dumps(live, allow_nan=False)) == live
    return live["run"]


def test_figures_are_those_of_all_workers_and_of_the_tasks_that_have_ended(
    database: Database,
) -> None:
    with database.write() as db:
        keep(db, "ann", TaskStatus.COMPLETE, coverage=ended(40, 50_000))
        keep(db, "bob", TaskStatus.RUNNING)
        keep(db, "cid", TaskStatus.RUNNING)
        keep(db, "dan", TaskStatus.WAITING)
        keep(db, "eve", TaskStatus.EXCLUDED)
        one = {"bob": in_hand(10, 30)}
        worked = {"items": 50, "bytes": 60_000, "tasks": 1}
        progress.say(db, "r1", "w1", told(resources=one, worked=worked))
        two = {"cid": in_hand(5, 10)}
        worked = {"items": 5, "bytes": 5_000, "tasks": 0}
        progress.say(db, "r1", "w2", told(resources=two, worked=worked, spans_s=[[50.0, 100.0]]))
    live: Any = seen(database).live
    assert live["resources"].keys() == {"bob", "cid"}
    assert live["workers"] == 2
    run = live["run"]
    assert (run["tasks"], run["tasks_done"], run["tasks_in_hand"]) == (4, 1, 2)
    assert (run["items"], run["items_expected"]) == (40 + 10 + 5, 40 + 30 + 10)
    assert (run["bytes"], run["bytes_expected"]) == (65_000, 90_000)
    assert (run["items_per_s"], run["bytes_per_s"]) == (2.0, 2000.0)
    assert (run["items_per_s_overall"], run["bytes_per_s_overall"]) == (0.6, 650.0)
    assert (run["elapsed_s"], run["worked_s"]) == (100.0, 100.0)
    assert run["left_s"] > 0
    assert 0 < run["share"] < 1


def test_what_has_ended_is_not_counted_twice_though_its_worker_still_tells_of_it(
    database: Database,
) -> None:
    with database.write() as db:
        keep(db, "ann", TaskStatus.COMPLETE, coverage=ended(40, 50_000))
        progress.say(db, "r1", "w1", told(resources={"ann": in_hand(40, 40)}))
    run = figures(database)
    assert (run["items"], run["items_expected"], run["tasks_in_hand"]) == (40, 40, 0)
    assert run["left_s"] == 0.0
    assert run["share"] == 1.0


def test_that_nothing_is_left_needs_no_time_to_be_known(database: Database) -> None:
    with database.write() as db:
        keep(db, "ann", TaskStatus.COMPLETE, coverage=ended(40, 50_000))
        progress.say(db, "r1", "w1", told(spans_s=[[0.0, 1.0]]))
    assert figures(database)["left_s"] == 0.0


def test_time_in_which_it_rested_does_not_slow_it_down(database: Database) -> None:
    with database.write() as db:
        keep(db, "ann", TaskStatus.RUNNING)
        worked = {"items": 500, "bytes": 0, "tasks": 0}
        progress.say(db, "r1", "w1", told(worked=worked, spans_s=[[0.0, 10.0]]))
        runs.put_back(db, "r1")
        runs.start(db, "r1", now=LATER)
        progress.say(db, "r1", "w1", told(worked=worked, spans_s=[[90.0, 100.0]]))
    run = figures(database)
    assert (run["elapsed_s"], run["worked_s"]) == (100.0, 20.0)
    assert run["items_per_s_overall"] == 50.0


def test_pace_and_figures_go_on_from_earlier_attempts(database: Database) -> None:
    with database.write() as db:
        progress.say(db, "r1", "w1", told(pace=pace(requests=5, slots=9)))
        runs.put_back(db, "r1")
        runs.start(db, "r1", now=LATER)
        progress.say(db, "r1", "w1", told(pace=pace(requests=2, slots=4)))
    run = seen(database)
    live: Any = run.live
    assert run.pace == live["pace"]
    assert (live["pace"]["requests"], live["pace"]["slots"]) == (7, 4)


def test_before_anything_is_known_the_time_left_is_null(database: Database) -> None:
    run = figures(database)
    assert (run["left_s"], run["share"], run["tasks"], run["limited_by"]) == (None, None, 0, None)
    with database.write() as db:
        keep(db, "ann", TaskStatus.WAITING)
        progress.say(db, "r1", "w1", told())
    assert figures(database)["left_s"] is None


def test_the_slowest_in_hand_says_how_long_it_takes_at_least(database: Database) -> None:
    with database.write() as db:
        keep(db, "ann", TaskStatus.RUNNING)
        resources = {"ann": in_hand(9, 10, left_s=5000.0)}
        progress.say(db, "r1", "w1", told(resources=resources))
    assert figures(database)["left_s"] == 5000.0


def test_what_limits_is_told_from_what_all_workers_measured(database: Database) -> None:
    spent = {"working_s": 100.0, "waiting_to_seal_s": 60.0, "sealing_s": 30.0}
    with database.write() as db:
        limits = [{"by": "demand", "seconds": None, "slots": None, "count": None}]
        progress.say(db, "r1", "w1", told(spent=spent, pace=pace(limits=limits)))
        progress.say(db, "r1", "w2", told(spent={"working_s": 100.0, "line_s": 50.0}))
    run = seen(database)
    limit = limit_now(run, LATER)
    assert limit is not None
    assert limit.by is RunLimiter.STORAGE
    assert "waits 30% of its time" in limit.told


@pytest.mark.parametrize(
    ("limited_s", "expected"),
    [
        ({"storage": 30.0, "growing": 10.0}, "the storage (75% of the time)"),
        ({"throttling": 30.0, "storage": 10.0}, "pauses that the server asked for (75%)"),
    ],
)
def test_what_limited_most_is_known_when_a_run_has_ended(
    database: Database, limited_s: Mapping[str, float], expected: str
) -> None:
    by_pace = pace(mostly="pauses that the server asked for (75%)")
    with database.write() as db:
        progress.say(db, "r1", "w1", told(limited_s=limited_s, pace=by_pace))
        assert limited_mostly(as_seen(db, look(db), NOW)) == expected
        runs.finish(db, "r1", RunStatus.PARTIAL, fault=None, now=LATER)
        ended = look(db)
    assert limited_s_of(ended) == limited_s
    assert limited_mostly(ended) == expected


def look(db: sa.Connection) -> Run:
    run = runs.by_id(db, "r1")
    assert run is not None
    return run


def test_a_run_that_waits_is_told_how_long(database: Database) -> None:
    with database.write() as db:
        keep(db, "ann", TaskStatus.RUNNING)
        progress.say(db, "r1", "w1", told(resources={"ann": in_hand(5, 10, left_s=300.0)}))
        add(db, "r2")
        block(db, "r2", "r1")
        add(db, "r3")
        block(db, "r3", "r2")
    with database.read() as db:
        first, second, third = all_as_seen(
            db, list(reversed(runs.newest_first(db, at_most=9))), NOW
        )
    assert first.waits_for_s is None
    assert second.waits_for_s == 300.0
    assert third.waits_for_s is None, "how long the second will take nobody knows"
    limit = limit_now(second, NOW)
    assert limit is not None
    assert (limit.by, limit.told) == (RunLimiter.RUN, "It waits for run r1: same storage.")


def test_a_restore_that_a_backup_stands_aside_for_does_not_wait_for_its_end(
    database: Database,
) -> None:
    with database.write() as db:
        keep(db, "ann", TaskStatus.RUNNING)
        progress.say(db, "r1", "w1", told(resources={"ann": in_hand(5, 10, left_s=7200.0)}))
        add(db, "r2", is_urgent=True)
        block(db, "r2", "r1")
    assert seen(database, "r2").waits_for_s == 300.0


def test_one_that_waits_for_its_hours_says_so(database: Database) -> None:
    with database.write() as db:
        add(db, "r2", not_before=LATER + timedelta(hours=2))
        db.execute(sa.text("UPDATE runs SET waits_for = 'permitted hours' WHERE id = 'r2'"))
    run = seen(database, "r2")
    assert run.waits_for_s == 7200.0
    limit = limit_now(run, LATER)
    assert limit is not None
    assert limit.by is RunLimiter.HOURS


def test_one_that_waits_for_nothing_says_nothing(database: Database) -> None:
    with database.write() as db:
        add(db, "r2")
    run = seen(database, "r2")
    assert run.waits_for_s is None
    assert limit_now(run, LATER) is None


def test_who_watches_sees_a_guess_move_and_not_jump(database: Database) -> None:
    clock = HandClock(LATER)
    shown: list[Run] = []
    watched = Watched(database, clock, shown.append)

    def guess(left_s: float) -> float:
        with database.write() as db:
            resources = {"ann": in_hand(5, 10, left_s=left_s)}
            progress.say(db, "r1", "w1", told(resources=resources))
            run = runs.by_id(db, "r1")
        assert run is not None
        watched(run)
        live: Any = shown[-1].live
        said_s: float = live["run"]["left_s"]
        return said_s

    with database.write() as db:
        keep(db, "ann", TaskStatus.RUNNING)
    assert guess(600.0) == 600.0
    clock.sleep(0.5)
    assert 599.5 < guess(1200.0) < 640.0
    for _ in range(200):
        clock.sleep(0.5)
        last_s = guess(1200.0)
    assert last_s == pytest.approx(1200.0, abs=15.0)


def block(db: sa.Connection, run_id: str, other: str) -> None:
    told_of = {"id": run_id, "other": other, "why": f"run {other}: same storage"}
    db.execute(
        sa.text("UPDATE runs SET blocked_by = :other, waits_for = :why WHERE id = :id"), told_of
    )
