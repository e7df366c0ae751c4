"""Turns of schedules: each is taken once, none piles up, and none is lost without a word."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from datetime import timedelta

import pytest

from strongroom.control import jobs
from strongroom.control.database import Database, open_database
from strongroom.control.records import RunStatus
from strongroom.control.sqlite import SqliteFile
from strongroom.engine.schedule import Schedule
from strongroom.engine.scheduling import MISSED_MAX, Scheduler
from strongroom.errors import IntegrityError, OperatorError
from tests.engine.scheduled import START, Scheduled, at
from tests.fakes.hand_clock import HandClock

AT_22 = "0 22 * * *"
HOUR = timedelta(hours=1)


@pytest.fixture
def home(sqlite_place: SqliteFile) -> Iterator[Scheduled]:
    opened = open_database(sqlite_place)
    yield Scheduled(opened)
    opened.close()


@pytest.fixture
def home_of_any_kind(control_database: Database) -> Scheduled:
    return Scheduled(control_database)


def test_a_job_runs_when_it_is_due_and_not_before(home: Scheduled) -> None:
    home.add(cron=AT_22)
    home.live(at("2026-07-06T22:00"), timedelta(minutes=59))
    assert home.runs() == []
    home.live(at("2026-07-09T12:00"), HOUR, each=RunStatus.COMPLETE)
    assert home.dues() == [at(f"2026-07-0{day}T22:00") for day in (6, 7, 8)]
    assert home.missed == []
    job = home.job()
    assert (job.last_due, job.due) == (at("2026-07-08T22:00"), at("2026-07-09T22:00"))


def test_it_is_looked_once_a_second_at_the_most(home: Scheduled) -> None:
    home.add(cron=AT_22)
    home.tick()
    home.clock.move(hours=10)
    home.scheduler._next_tick_s = home.clock.monotonic_s() + 0.5
    home.scheduler.tick()
    assert home.runs() == []
    home.clock.move(seconds=0.5)
    home.scheduler.tick()
    assert len(home.runs()) == 1


def test_after_downtime_there_is_one_run_and_the_missed_turns_are_told(
    home_of_any_kind: Scheduled,
) -> None:
    home = home_of_any_kind
    home.add(cron=AT_22)
    home.tick(days=3)
    assert home.dues() == [at("2026-07-06T22:00")]
    missed = [at("2026-07-07T22:00"), at("2026-07-08T22:00")]
    assert [(job, turns) for job, turns, _ in home.missed] == [("nightly", missed)]
    assert "Nobody worked" in home.missed[0][2]
    assert home.job().due == at("2026-07-09T22:00")
    home.tick()
    assert len(home.runs()) == 1


def test_a_turn_that_is_only_late_is_not_missed(home: Scheduled) -> None:
    home.add(cron=AT_22)
    home.tick(hours=30)
    assert home.dues() == [at("2026-07-06T22:00")]
    assert home.missed == []


def test_a_year_of_downtime_is_told_in_short(home: Scheduled) -> None:
    home.add(cron="* * * * *")
    home.tick(days=365)
    assert len(home.runs()) == 1
    ((_, turns, _),) = home.missed
    assert len(turns) == MISSED_MAX


@pytest.mark.parametrize("state", [RunStatus.RUNNING, RunStatus.WAITING])
def test_a_turn_that_comes_while_the_last_run_is_under_way_joins_it(
    home: Scheduled, state: RunStatus
) -> None:
    home.add(cron="0 * * * *")
    home.tick(hours=1)
    if state is RunStatus.RUNNING:
        home.start()
    for _ in range(3):
        home.tick(hours=1)
    (run,) = home.runs()
    assert (run.due, run.joined) == (at("2026-07-06T13:00"), 3)
    assert home.job().last_due == at("2026-07-06T16:00")
    # Who waits has not begun when the next turn comes: each turn before that was missed.
    is_late = state is RunStatus.WAITING
    lost = [at(f"2026-07-06T{hour}:00") for hour in (13, 14, 15)] if is_late else []
    assert [turn for _, turns, _ in home.missed for turn in turns] == lost
    home.end()
    home.tick(hours=1)
    assert home.dues() == [at("2026-07-06T13:00"), at("2026-07-06T17:00")]


def test_a_run_that_stood_aside_has_begun_and_misses_nothing(home: Scheduled) -> None:
    home.add(cron="0 * * * *", hours="13-14")
    home.tick(hours=1)
    home.start()
    home.tick(hours=1)
    assert home.runs()[0].started is not None
    assert home.missed == []


def test_turns_that_join_a_paused_run_are_missed_and_it_stays_paused(home: Scheduled) -> None:
    home.add(cron=AT_22)
    home.tick(hours=11)
    home.pause_run()
    home.tick(days=1)
    (run,) = home.runs()
    assert (run.status, run.joined) == (RunStatus.PAUSED, 1)
    ((_, turns, why),) = home.missed
    assert turns == [at("2026-07-07T22:00")]
    assert run.id in why


def test_a_run_that_a_person_asked_for_is_joined_as_well(home: Scheduled) -> None:
    home.add(cron=AT_22)
    home.ask_by_hand()
    home.tick(hours=11)
    assert [(run.due, run.joined) for run in home.runs()] == [(None, 1)]
    assert home.missed == []


def test_a_paused_job_does_not_fire(home: Scheduled) -> None:
    home.add(cron=AT_22)
    home.add("other", cron=AT_22)
    with home.database.write() as db:
        jobs.set_paused(db, "nightly", is_paused=True, due=None)
    home.tick(days=2)
    assert (home.runs(), len(home.runs("other"))) == ([], 1)


def test_a_continuous_job_runs_again_when_it_has_rested(
    home_of_any_kind: Scheduled,
) -> None:
    home = home_of_any_kind
    home.add(idle_s=900)
    home.tick()
    home.tick()
    (first,) = home.runs()
    home.start()
    home.tick(hours=5)
    home.tick()
    assert len(home.runs()) == 1
    assert first.joined == home.runs()[0].joined == 0
    home.end()
    home.tick()
    assert home.job().due == home.clock.now() - timedelta(seconds=1) + timedelta(minutes=15)
    home.tick(minutes=14)
    assert len(home.runs()) == 1
    home.tick(minutes=1)
    assert len(home.runs()) == 2
    assert home.missed == []


def test_a_continuous_job_rests_after_a_run_that_a_person_asked_for_too(home: Scheduled) -> None:
    home.add(idle_s=900)
    home.tick()
    home.tick()
    home.end()
    home.tick()
    home.ask_by_hand()
    home.tick(minutes=16)
    assert len(home.runs()) == 2
    home.end()
    home.tick(minutes=10)
    home.ask_by_hand()
    home.end()
    home.tick(minutes=10)
    home.tick()
    assert len(home.runs()) == 3
    home.tick(minutes=6)
    assert len(home.runs()) == 4


def test_a_job_that_is_due_by_nothing_is_left_alone(home: Scheduled) -> None:
    home.add(hours="20-6")
    home.tick(days=2)
    assert (home.runs(), home.job().due) == ([], None)


def test_what_cannot_be_asked_for_is_missed_and_others_go_on(home: Scheduled) -> None:
    home.add("broken", cron="0 21 * * *")
    home.add(cron=AT_22)
    home.refusal = IntegrityError("The details are damaged.", why="Their seal is broken.")
    home.tick(hours=9)
    assert home.runs("broken") == []
    assert home.missed == [
        ("broken", [at("2026-07-06T21:00")], "The details are damaged. Their seal is broken.")
    ]
    job = home.job("broken")
    assert job.due == at("2026-07-07T21:00")
    assert (job.missed, job.missed_why) == (
        at("2026-07-06T21:00"),
        "The details are damaged. Their seal is broken.",
    )
    assert home.job().missed is None
    home.refusal = None
    home.tick(hours=1)
    assert len(home.runs()) == 1


def test_a_continuous_job_that_cannot_be_asked_for_is_tried_after_its_rest(
    home: Scheduled,
) -> None:
    home.add(idle_s=900)
    home.refusal = OperatorError("Gone.")
    home.tick()
    home.tick()
    assert [why for _, _, why in home.missed] == ["Gone."]
    home.refusal = None
    home.tick(minutes=14)
    assert home.runs() == []
    home.tick(minutes=1)
    assert len(home.runs()) == 1


def test_a_schedule_that_is_understood_no_more_is_told_once_and_stops_nobody(
    home: Scheduled,
) -> None:
    home.add("broken", cron=AT_22)
    home.add(cron=AT_22)
    with home.database.write() as db:
        due = home.job("broken").due
        kept = {**Schedule(cron=AT_22).to_json(), "time_zone": "Atlantis/Town"}
        jobs.set_schedule(db, "broken", kept, due=due)
    home.tick(days=1)
    home.tick(days=1)
    assert [(name, len(turns)) for name, turns, why in home.missed if name == "broken"] == [
        ("broken", 1)
    ]
    assert len(home.runs()) == 1
    with home.database.write() as db:
        jobs.set_schedule(db, "broken", Schedule(cron=AT_22).to_json(), due=None)
    home.tick(minutes=1)
    assert home.job("broken").due == at("2026-07-08T22:00")


def test_a_clock_that_was_wrong_holds_nothing_up_for_years(home: Scheduled) -> None:
    home.add(cron=AT_22)
    home.add("steady", idle_s=900)
    home.tick()
    home.clock.move(days=3650)
    home.live(home.clock.now() + HOUR, timedelta(minutes=1))
    for name in ("nightly", "steady"):
        home.end(name)
    home.tick()
    home.clock._start -= timedelta(days=3650)
    assert home.job().due is not None
    assert home.job().due > at("2036-01-01T00:00")  # type: ignore[operator]
    home.tick(minutes=1)
    assert home.job().due == at("2026-07-06T22:00")
    home.tick(minutes=16)
    assert len(home.runs("steady")) == 2
    home.end("steady")
    home.tick(minutes=16)
    home.tick(minutes=16)
    assert len(home.runs("steady")) == 3


def test_a_clock_that_is_set_back_lets_no_turn_be_taken_twice(home: Scheduled) -> None:
    home.add(cron=AT_22)
    home.tick(hours=10)
    assert len(home.runs()) == 1
    home.clock._start -= timedelta(minutes=30)
    home.tick(minutes=2)
    assert home.job().due == at("2026-07-06T22:00")
    home.tick(minutes=40)
    assert [(run.due, run.joined) for run in home.runs()] == [(at("2026-07-06T22:00"), 0)]
    assert (home.missed, home.job().due) == ([], at("2026-07-07T22:00"))
    home.end()
    with home.database.write() as db:
        jobs.set_schedule(db, "nightly", home.job().schedule, due=at("2026-07-06T22:00"))
    home.tick()
    assert len(home.runs()) == 1, "the history knows it as well"


def test_after_a_clock_was_set_back_downtime_is_caught_up_too(home: Scheduled) -> None:
    home.add(cron=AT_22)
    home.tick(hours=10)
    home.end()
    home.clock._start -= timedelta(minutes=30)
    home.tick(minutes=2)
    home.tick(days=3)
    home.tick()
    assert home.dues() == [at("2026-07-06T22:00"), at("2026-07-07T22:00")]
    assert [turns for _, turns, _ in home.missed] == [[at("2026-07-08T22:00")]]


def test_a_turn_that_was_joined_is_not_joined_again_when_the_clock_is_set_back(
    home: Scheduled,
) -> None:
    home.add(cron=AT_22)
    home.tick_at("2026-07-06T22:00")
    home.start()
    home.tick_at("2026-07-07T22:00")
    home.clock._start -= timedelta(minutes=30)
    home.tick(minutes=2)
    assert home.job().due == at("2026-07-07T22:00")
    home.tick(hours=1)
    assert [run.joined for run in home.runs()] == [1]


def all_at_once(workers: Sequence[Scheduler]) -> None:
    """Let workers look at the same time."""
    begin = threading.Barrier(len(workers))
    failed: list[BaseException] = []

    def look(worker: Scheduler) -> None:
        try:
            begin.wait(30)
            worker.tick()
        except BaseException as error:  # noqa: BLE001 - shown below
            failed.append(error)

    threads = [threading.Thread(target=look, args=(worker,)) for worker in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failed == []


def test_many_workers_take_each_turn_once(home_of_any_kind: Scheduled) -> None:
    home = home_of_any_kind
    for number in range(3):
        home.add(f"job{number}", cron="0 * * * *")
    home.add("steady", idle_s=900)
    home.add("long", cron="0 * * * *")
    for hour in range(1, 4):
        clock = HandClock(START + hour * timedelta(hours=1, seconds=1))
        workers = [home.worker(clock) for _ in range(4)]
        all_at_once(workers)
        for number in range(3):
            assert len(home.runs(f"job{number}")) == hour
            home.end(f"job{number}")
        assert [run.joined for run in home.runs("long")] == [hour - 1]
        home.start("long")
    assert len(home.runs("steady")) == 1
    assert home.missed == []
