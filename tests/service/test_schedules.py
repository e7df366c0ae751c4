"""Schedules through the verbs: what is kept, when it is due, and what it does to runs."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from strongroom.control import channels, jobs, runs
from strongroom.control.channels import Channel
from strongroom.control.records import Run, RunStatus
from strongroom.control.schema import OUTBOX
from strongroom.engine.schedule import Schedule
from strongroom.engine.scheduling import Scheduler
from strongroom.errors import OperatorError
from strongroom.service.application import Application
from strongroom.service.schedules import Standing
from strongroom.service.selections import BackupSelection
from strongroom.words.priority import Priority
from tests.fakes.hand_clock import HandClock
from tests.fakes.mail_server import STORAGE_URL, World, details, storage_password
from tests.service.support import add_job

NOW = datetime(2026, 7, 6, 12, 0, tzinfo=UTC)
AT_22 = Schedule(cron="0 22 * * *", time_zone="Europe/Berlin")
DUE = datetime(2026, 7, 6, 20, 0, tzinfo=UTC)


@pytest.fixture
def clock() -> HandClock:
    return HandClock(NOW)


@pytest.fixture
def home(new_home: Path, world: World, clock: HandClock) -> Iterator[Application]:
    """Give a home with a job, and a clock that a test moves."""
    world.clock = clock
    world.make_storage()
    with Application(new_home, world.ports()) as opened:
        opened.connections.add("office", details())
        opened.storages.add("disk", STORAGE_URL, storage_password())
        add_job(opened, "ann@example")
        yield opened


def standing(home: Application) -> Standing:
    (one,) = home.schedules.all()
    return one


def tick(home: Application, clock: HandClock, **after: float) -> None:
    clock.move(**after)
    Scheduler(home._database, clock, make_run=home.jobs.run_by_schedule, missed=_nothing).tick()


def _nothing(*_: object, **__: object) -> None: ...


def run_of(home: Application) -> Run:
    with home._database.read() as db:
        (run,) = runs.newest_first(db, at_most=9)
    return run


def test_a_job_is_due_by_its_schedule_and_says_so(home: Application) -> None:
    job = home.schedules.set("nightly", AT_22)
    assert (job.due, job.schedule) == (DUE, AT_22.to_json())
    shown = standing(home)
    assert shown.told == "at 22:00 every day (Europe/Berlin)"
    assert (shown.name, shown.due, shown.is_paused) == ("nightly", DUE, False)
    assert (shown.priority, shown.last_run) == (Priority.NORMAL, None)


def test_a_job_can_be_added_with_a_schedule(home: Application) -> None:
    selection = BackupSelection(is_all=True)
    job = home.jobs.add_backup(
        "all",
        connection="office",
        storage="disk",
        selection=selection,
        schedule=AT_22,
        priority=Priority.HIGH,
    )
    assert (job.due, job.priority) == (DUE, 1)
    assert home.jobs.show("all") == job
    assert home.jobs.show("nightly").schedule is None


def test_an_empty_schedule_takes_the_one_away(home: Application, clock: HandClock) -> None:
    home.schedules.set("nightly", AT_22)
    home.schedules.set("nightly", Schedule())
    assert home.jobs.show("nightly").schedule is None
    assert standing(home).told == "never by itself"
    tick(home, clock, days=3)
    assert home.runs.all() == []


def test_a_due_job_asks_for_the_run_that_a_person_would_ask_for(
    home: Application, clock: HandClock
) -> None:
    home.schedules.set_priority("nightly", Priority.HIGH)
    home.schedules.set("nightly", AT_22)
    tick(home, clock, hours=9)
    by_itself = run_of(home)
    assert (by_itself.due, by_itself.priority, by_itself.is_urgent) == (DUE, 1, False)
    home.runs.cancel(by_itself.id)
    asked, was_there = home.jobs.ask_run("nightly")
    assert not was_there
    assert (asked.request, asked.claims) == (by_itself.request, by_itself.claims)
    assert (asked.due, asked.priority) == (None, 1)
    last = standing(home).last_run
    assert last is not None
    assert (last.id, last.status) == (asked.id, asked.status)


def test_a_paused_job_is_not_due_until_it_is_resumed_and_makes_nothing_up(
    home: Application, clock: HandClock
) -> None:
    home.schedules.set("nightly", AT_22)
    assert home.schedules.pause("nightly").due is None
    assert standing(home).is_paused
    tick(home, clock, days=3)
    home.schedules.set("nightly", AT_22)
    assert home.jobs.show("nightly").due is None, "it is still paused"
    job = home.schedules.resume("nightly")
    assert job.due == datetime(2026, 7, 9, 20, 0, tzinfo=UTC)
    tick(home, clock)
    assert home.runs.all() == []
    assert home.jobs.ask_run("nightly")[1] is False


def test_resuming_a_job_that_is_not_paused_moves_nothing(
    home: Application, clock: HandClock
) -> None:
    home.schedules.set("nightly", AT_22)
    clock.move(days=2)
    assert home.schedules.resume("nightly").due == DUE


def test_a_continuous_job_begins_at_once(home: Application, clock: HandClock) -> None:
    home.schedules.set("nightly", Schedule(idle_s=900))
    for _ in range(2):
        tick(home, clock)
    assert run_of(home).job == "nightly"


def test_a_run_asked_for_outside_the_hours_waits_for_them(home: Application) -> None:
    home.schedules.set("nightly", Schedule(hours="mon-fri 20-06"))
    run, _ = home.jobs.ask_run("nightly")
    assert run.waits_for == "permitted hours: they begin Mon 20:00 (UTC)"
    assert run.not_before == datetime(2026, 7, 6, 20, 0, tzinfo=UTC)
    home.schedules.set("nightly", Schedule())
    assert (run_of(home).waits_for, run_of(home).not_before) == (None, None)


def test_another_priority_moves_what_waits_by_a_bounded_time(home: Application) -> None:
    run, _ = home.jobs.ask_run("nightly")
    home.schedules.set_priority("nightly", Priority.HIGH)
    assert (run_of(home).priority, run_of(home).sort_ms) == (1, run.sort_ms - 15 * 60_000)
    home.schedules.set_priority("nightly", Priority.LOW)
    assert (run_of(home).priority, run_of(home).sort_ms) == (-1, run.sort_ms + 15 * 60_000)
    assert standing(home).priority is Priority.LOW


def test_a_run_says_which_turns_it_takes(home: Application, clock: HandClock) -> None:
    home.schedules.set("nightly", Schedule(cron="0 * * * *", hours="20-6"))
    tick(home, clock, hours=1)
    tick(home, clock, hours=1)
    (report,) = home.runs.all()
    assert (report["due"], report["joined"]) == ("2026-07-06T13:00:00.000000Z", 1)
    assert report["not_before"] == "2026-07-06T20:00:00.000000Z"
    asked = home.jobs.ask_run("nightly")[0]
    assert home.runs.show(asked.id)["joined"] == 1


def serve(home: Application, clock: HandClock, **after: float) -> None:
    """Let some time pass without a service, and one work until nothing is to do."""
    clock.move(**after)
    worker = home.make_worker()
    try:
        while worker.step():
            worker.wait(0.1)
    finally:
        worker.close()


def test_the_service_does_what_is_due_and_tells_what_was_missed(
    home: Application, clock: HandClock, world: World
) -> None:
    world.estate.add("ann@example")
    home.schedules.set("nightly", AT_22)
    channel = Channel(
        id="c", name="me", sealed=b"", wrapped_key=b"", shown={}, events=("missed",), created=NOW
    )
    with home._database.write() as db:
        channels.add(db, channel)
    serve(home, clock, days=3)
    last = standing(home).last_run
    assert last is not None
    assert last.status is RunStatus.COMPLETE
    with home._database.read() as db:
        (title,) = db.execute(sa.select(OUTBOX.c.title)).scalars()
    assert "nightly missed 2 turns" in title
    shown = standing(home)
    assert shown.missed == datetime(2026, 7, 8, 20, 0, tzinfo=UTC)
    assert "Nobody worked" in shown.missed_why


def test_a_backup_stands_aside_when_its_hours_end_and_goes_on_when_they_begin(
    home: Application, clock: HandClock, world: World
) -> None:
    is_asked = threading.Event()

    def hours_end(_call: str) -> None:
        mailbox.on_call = lambda _call: None
        clock.move(minutes=3)
        assert is_asked.wait(30)

    def work() -> None:
        is_heard = False
        while worker.step():
            if is_heard:
                is_asked.set()
            is_heard = run_of(home).is_yield_asked  # and told to the run at the next look
            worker.wait(0.02)

    mailbox = world.estate.add("ann@example", items=4)
    mailbox.on_call = hours_end
    home.schedules.set("nightly", Schedule(hours="mon 8-20"))
    clock.move(hours=7, minutes=58)
    run, _ = home.jobs.ask_run("nightly")
    worker = home.make_worker()
    try:
        work()
        clock.move(seconds=2)
        assert not worker.step()
        held = run_of(home)
        assert (held.status, held.yields) == (RunStatus.WAITING, 1)
        assert held.waits_for == "permitted hours: they begin Mon 08:00 (UTC)"
        clock.move(days=6, hours=12)
        work()
    finally:
        worker.close()
    ended = run_of(home)
    assert (ended.id, ended.status, ended.attempts) == (run.id, RunStatus.COMPLETE, 2)
    report: Any = home.runs.show(run.id)
    assert (report["attempts"], report["yields"], report["totals"]["saved"]) == (2, 1, 4)


def test_who_waits_for_one_run_lets_schedules_be_but_keeps_hours(
    home: Application, clock: HandClock, world: World
) -> None:
    world.estate.add("ann@example")
    add_job(home, "ann@example", name="other")
    home.schedules.set("other", AT_22)
    clock.move(days=3)
    run, _ = home.jobs.ask_run("nightly")
    assert home.runs.wait(run.id, lambda _run: None).status is RunStatus.COMPLETE
    assert len(home.runs.all()) == 1


def test_what_is_set_stands_in_the_audit_log(home: Application) -> None:
    home.schedules.set("nightly", AT_22)
    home.schedules.set_priority("nightly", Priority.HIGH)
    told = {one.verb: one.about for one in home.audit.records()}
    assert told["schedules.set"] == {
        "name": "nightly",
        "schedule": "at 22:00 every day (Europe/Berlin)",
    }
    assert told["schedules.set_priority"] == {"name": "nightly", "priority": "high"}


def test_a_schedule_that_is_understood_no_more_is_shown_as_such(home: Application) -> None:
    job = home.jobs.show("nightly")
    kept = {**AT_22.to_json(), "time_zone": "Atlantis/Town"}
    with home._database.write() as db:
        jobs.set_schedule(db, job.id, kept, due=None)
    assert "cannot be understood any more: There is no such time zone" in standing(home).told
    home.schedules.set("nightly", AT_22)
    assert standing(home).due == DUE


def test_an_unknown_job_is_said_to_be(home: Application) -> None:
    with pytest.raises(OperatorError, match="no job named 'x'"):
        home.schedules.set("x", AT_22)
    with pytest.raises(OperatorError, match="no job named 'x'"):
        home.schedules.set_priority("x", Priority.LOW)
    for act in (home.schedules.pause, home.schedules.resume):
        with pytest.raises(OperatorError, match="no job named 'x'"):
            act("x")
