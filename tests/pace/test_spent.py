"""What threads spend their time on: counted while they still do it."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from strongroom.pace.crew import Crew
from strongroom.pace.pace import Pace
from strongroom.pace.spent import Activity, Spent
from strongroom.pace.told import Told
from strongroom.slots.api import Outcome
from tests.fakes.hand_clock import HandClock
from tests.fakes.scripted_slots import ScriptedController
from tests.pace.callers import Callers, StillClock


def test_a_wait_counts_while_it_lasts_and_once_for_each_thread() -> None:
    clock = HandClock()
    spent = Spent(clock)
    with spent.on(Activity.WORKING):
        clock.sleep(2)
        with spent.on(Activity.WORKING), spent.on(Activity.WAITING_TO_SEAL):
            clock.sleep(3)
            during = spent.totals()
        clock.sleep(1)
    clock.sleep(100)
    assert (during[Activity.WORKING], during[Activity.WAITING_TO_SEAL]) == (2 + 2 * 3, 3)
    after = spent.totals()
    assert (after[Activity.WORKING], after[Activity.WAITING_TO_SEAL]) == (9, 3)


def test_what_ends_in_an_error_has_ended_too() -> None:
    clock = HandClock()
    spent = Spent(clock)

    def fail() -> None:
        with spent.on(Activity.WORKING):
            clock.sleep(4)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    clock.sleep(9)
    assert spent.totals()[Activity.WORKING] == 4


def test_sealing_counts_its_time_and_what_of_it_was_the_processors() -> None:
    clock, cpu_s = HandClock(), iter([10.0, 10.5])
    spent = Spent(clock, thread_cpu_s=lambda: next(cpu_s))
    with spent.sealing():
        clock.sleep(2)
    totals = spent.totals()
    assert (totals[Activity.SEALING], totals[Activity.SEALING_CPU]) == (2, 0.5)


def test_the_hands_of_a_crew_count_while_they_have_a_job_and_not_while_they_wait_for_one() -> None:
    clock = HandClock()
    spent = Spent(clock)
    meeting = threading.Barrier(3, timeout=10)

    def work() -> None:
        meeting.wait()
        meeting.wait()

    def jobs() -> list[Callable[[], None]]:
        return [work, work]

    with Crew(lambda _undone: True, spent=spent) as crew:
        looking = threading.Thread(target=lambda: list(crew.run(jobs())), daemon=True)
        looking.start()
        meeting.wait()
        clock.sleep(5)
        meeting.wait()
        looking.join(10)
        worked_s = spent.totals()[Activity.WORKING]
        clock.sleep(60)
        assert spent.totals()[Activity.WORKING] == worked_s == 10


def test_the_pace_adds_up_the_time_in_line_in_flight_and_until_answers_begin(
    pace: Pace, callers: Callers, clock: StillClock, controller: ScriptedController
) -> None:
    controller.slots = 1
    first, second = callers.come("ann"), callers.come("ann")
    first.gets_in()
    clock.sleep(3)
    during = pace.report()
    assert (during.line_s, during.flight_s, during.answered_s) == (3, 3, 0)
    first.ends(Told(outcome=Outcome.OK), head_s=1.0)
    second.gets_in()
    clock.sleep(2)
    second.ends(Told(outcome=Outcome.OK))
    after = pace.report()
    assert (after.line_s, after.flight_s) == (3, 5)
    assert (after.answered_s, after.head_s) == (5, 1.0 + 2)


def test_who_broke_off_says_nothing_of_how_long_answers_take(
    pace: Pace, callers: Callers, clock: StillClock
) -> None:
    caller = callers.come("ann")
    caller.gets_in()
    clock.sleep(3)
    caller.ends(Told(outcome=Outcome.BROKEN))
    report = pace.report()
    assert (report.flight_s, report.answered_s, report.head_s) == (3, 0, 0)
