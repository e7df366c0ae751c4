"""Permitted hours: a run waits outside them, is asked to stand aside when they end, and goes on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pytest

from strongroom.control import jobs, runs
from strongroom.control import turns as turn_rows
from strongroom.control.database import Database, open_database
from strongroom.control.queued import Asked
from strongroom.control.records import Run, RunStatus
from strongroom.control.sqlite import SqliteFile
from strongroom.engine import arbiter, permitted
from strongroom.engine.schedule import Schedule
from tests.engine.scheduled import Scheduled, at

NIGHT = "mon-fri 20-06"
BERLIN = {"hours": NIGHT, "time_zone": "Europe/Berlin"}
BEGINS = at("2026-07-06T18:00")


@pytest.fixture
def home(sqlite_place: SqliteFile) -> Iterator[Scheduled]:
    opened = open_database(sqlite_place)
    yield Scheduled(opened)
    opened.close()


@pytest.fixture
def home_of_any_kind(control_database: Database) -> Scheduled:
    return Scheduled(control_database)


def granted(home: Scheduled) -> tuple[str, ...]:
    with home.database.write() as db:
        return arbiter.grant(db, home.clock.now())


def told(when: str) -> str:
    return f"permitted hours: they begin {when}"


def held(run: Run) -> tuple[RunStatus, datetime | None, str | None]:
    return run.status, run.not_before, run.waits_for


def test_a_run_asked_for_outside_waits_and_says_until_when(
    home_of_any_kind: Scheduled,
) -> None:
    home = home_of_any_kind
    home.add(cron="30 14 * * *", **BERLIN)
    home.tick(days=1)
    (run,) = home.runs()
    assert held(run) == (
        RunStatus.WAITING,
        at("2026-07-07T18:00"),
        told("Tue 20:00 (Europe/Berlin)"),
    )
    assert granted(home) == ()
    home.tick_at("2026-07-07T17:59")
    assert (granted(home), home.runs()[0].joined) == ((), 1)
    home.tick_at("2026-07-07T18:00")
    assert granted(home) == (run.id,)
    assert home.runs()[0].waits_for is None


def test_a_running_run_is_asked_to_stand_aside_and_goes_on_inside(
    home_of_any_kind: Scheduled,
) -> None:
    home = home_of_any_kind
    home.add(cron="0 21 * * *", **BERLIN)
    home.tick(hours=7)
    (run_id,) = granted(home)
    home.tick_at("2026-07-07T03:59:59")
    assert home.asked() == Asked.NOTHING
    home.tick_at("2026-07-07T04:00")
    assert home.asked() == Asked.YIELD
    begins = at("2026-07-07T18:00")
    with home.database.write() as db:
        arbiter.stand_aside(db, run_id, home.clock.now())
    assert granted(home) == ()
    home.tick()
    assert held(home.runs()[0]) == (RunStatus.WAITING, begins, told("Tue 20:00 (Europe/Berlin)"))
    home.tick_at("2026-07-07T18:00")
    assert granted(home) == (run_id,)
    assert home.asked() == Asked.NOTHING


@pytest.mark.parametrize("how", [Asked.STOP, Asked.PAUSE])
def test_what_a_person_asked_of_a_run_stays(home: Scheduled, how: Asked) -> None:
    home.add(cron="0 21 * * *", **BERLIN)
    home.tick(hours=7)
    (run_id,) = granted(home)
    with home.database.write() as db:
        (runs.ask_stop if how is Asked.STOP else runs.ask_pause)(db, run_id)
        turn_rows.ask_to_leave(db, run_id, until=at("2026-07-07T18:00"))
    home.tick(hours=10)
    assert home.asked() == how


def test_a_run_that_is_given_up_waits_for_no_hours(home_of_any_kind: Scheduled) -> None:
    home = home_of_any_kind
    home.add(cron="0 21 * * *", **BERLIN)
    home.tick(hours=7)
    (run_id,) = granted(home)
    home.tick_at("2026-07-07T04:00")
    with home.database.write() as db:
        arbiter.stand_aside(db, run_id, home.clock.now())
    home.tick()
    assert granted(home) == (), "it is held"
    with home.database.write() as db:
        runs.give_up(db, run_id)
    home.tick()
    assert granted(home) == (run_id,)


def test_a_run_that_was_in_the_queue_is_held_when_hours_end(home: Scheduled) -> None:
    home.add(cron="0 21 * * *", **BERLIN)
    home.tick(hours=7)
    with home.database.write() as db:
        db.exec_driver_sql("UPDATE runs SET blocked_by = 'other', waits_for = 'run other: x'")
    home.tick(hours=10)
    (run,) = home.runs()
    assert held(run) == (
        RunStatus.WAITING,
        at("2026-07-07T18:00"),
        told("Tue 20:00 (Europe/Berlin)"),
    )
    assert run.blocked_by is None
    home.tick(hours=14)
    assert granted(home) == (run.id,)


def test_a_paused_run_is_left_alone(home: Scheduled) -> None:
    home.add(cron="0 21 * * *", **BERLIN)
    home.tick(hours=7)
    home.pause_run()
    home.tick(hours=10)
    assert held(home.runs()[0]) == (RunStatus.PAUSED, None, None)


def test_other_hours_hold_at_once_whoever_waits_and_let_go_whoever_is_held(
    home: Scheduled,
) -> None:
    home.add(cron="30 14 * * *", **BERLIN)
    home.tick(hours=1)
    assert home.runs()[0].not_before == BEGINS

    def change(schedule: Schedule | None) -> Run:
        with home.database.write() as db:
            document = None if schedule is None else schedule.to_json()
            jobs.set_schedule(db, "nightly", document, due=None)
            permitted.confine(db, "nightly", home.clock.now())
        return home.runs()[0]

    assert held(change(None)) == (RunStatus.WAITING, None, None)
    assert held(change(Schedule(hours="tue"))) == (
        RunStatus.WAITING,
        at("2026-07-07T00:00"),
        told("Tue 00:00 (UTC)"),
    )
    assert held(change(Schedule(hours="mon")))[1:] == (None, None)


@pytest.mark.parametrize("schedule", [{}, {"hours": "mon"}])
def test_a_run_that_waits_for_something_else_is_not_touched_inside(
    home: Scheduled, schedule: dict[str, str]
) -> None:
    home.add(cron="30 12 * * *", **schedule)
    home.tick(hours=1)
    later = at("2026-07-06T23:00")
    with home.database.write() as db:
        turn_rows.hold(db, home.runs()[0].id, until=later, reason="something else")
    home.tick()
    assert held(home.runs()[0]) == (RunStatus.WAITING, later, "something else")


def test_a_schedule_that_is_understood_no_more_stops_nobody(home: Scheduled) -> None:
    home.add("broken", cron="30 14 * * *", **BERLIN)
    home.add(cron="30 14 * * *", **BERLIN)
    home.tick(hours=1)
    with home.database.write() as db:
        jobs.set_schedule(db, "broken", {"time_zone": "Atlantis/Town"}, due=None)
    home.tick(hours=6)
    assert set(granted(home)) == {
        run.id for name in ("broken", "nightly") for run in home.runs(name)
    }
    home.tick(hours=10)
    assert (home.asked("broken"), home.asked()) == (Asked.NOTHING, Asked.YIELD)
