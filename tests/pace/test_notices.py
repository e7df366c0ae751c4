"""What a pace passes on to other processes, and what it does with what it hears."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from strongroom.pace.lane import LanePace
from strongroom.pace.notices import WHOLE_SERVER
from strongroom.pace.pace import Pace
from strongroom.pace.patience import Budget, Patience
from strongroom.pace.told import Told
from strongroom.slots.api import Outcome, Scope
from tests.fakes.hand_clock import HandClock
from tests.fakes.patient_clock import PatientClock
from tests.fakes.scripted_slots import ScriptedController, ScriptedSizer
from tests.fakes.shared_notices import SharedNotices
from tests.pace.callers import Callers, StillClock

SERVER = "mail.contoso.example:443"


class Process:
    """A process with a controller that takes whatever comes, unless it heard of an order."""

    def __init__(self, clock: HandClock, notices: SharedNotices) -> None:
        self.controller = ScriptedController(50)
        deciders = self.controller, ScriptedSizer()
        self.pace = Pace(clock, server=SERVER, deciders=lambda: deciders, notices=notices)

    def send(self, lane: str, told: Told | None = None) -> None:
        with LanePace(self.pace, lane).turn(Patience(Budget()), kind="Get") as turn:
            turn.told = told


@pytest.fixture
def clock() -> PatientClock:
    return PatientClock()


@pytest.fixture
def notices(clock: PatientClock) -> SharedNotices:
    return SharedNotices(clock)


@pytest.fixture
def process(clock: PatientClock, notices: SharedNotices) -> Process:
    return Process(clock, notices)


def order(wait_s: float | None, scope: Scope = Scope.SERVER) -> Told:
    return Told(outcome=Outcome.THROTTLED, scope=scope, retry_after_s=wait_s)


@pytest.mark.parametrize(
    ("told", "passed_on"),
    [
        (order(40.0), [(SERVER, WHOLE_SERVER)]),
        (order(40.0, Scope.LANE), [(SERVER, "ann")]),
        (Told(outcome=Outcome.CONNECTION_LIMIT, retry_after_s=9.0), [(SERVER, WHOLE_SERVER)]),
        (order(0.5), []),
        (order(None), []),
        (Told(outcome=Outcome.BROKEN, retry_after_s=40.0), []),
        (None, []),
    ],
)
def test_orders_of_a_second_and_more_are_passed_on_and_nothing_else(
    process: Process,
    notices: SharedNotices,
    told: Told | None,
    passed_on: list[tuple[str, str]],
) -> None:
    process.send("ann", told)
    assert [(server, lane) for server, lane, _ in notices.told] == passed_on
    assert all(seconds >= 9.0 for _, _, seconds in notices.told)


def test_an_order_for_what_belongs_to_no_mailbox_is_nobody_elses(
    process: Process, notices: SharedNotices
) -> None:
    process.send("", order(40.0, Scope.LANE))
    assert notices.told == []


def test_an_order_inside_a_good_answer_is_passed_on_as_well(
    process: Process, notices: SharedNotices
) -> None:
    LanePace(process.pace, "ann").rest(order(40.0))
    assert [lane for _, lane, _ in notices.told] == [WHOLE_SERVER]


def test_what_was_in_flight_when_an_order_came_does_not_repeat_it(
    process: Process, notices: SharedNotices, clock: PatientClock
) -> None:
    for _ in range(5):
        process.send("ann", order(40.0))
        clock.move(milliseconds=100)
    assert len(notices.told) == 1
    process.send("ann", order(60.0))
    clock.move(seconds=70)
    process.send("ann", order(40.0))
    assert len(notices.told) == 3


def test_others_are_looked_up_once_a_second_at_most(
    process: Process, notices: SharedNotices, clock: PatientClock
) -> None:
    for _ in range(40):
        process.send("ann")
        clock.move(milliseconds=250)
    assert notices.looks == 10


def test_what_others_were_told_is_obeyed_and_not_passed_on(
    process: Process, notices: SharedNotices, clock: PatientClock
) -> None:
    Process(clock, notices).send("ann", order(40.0))
    process.send("bob")
    assert clock.monotonic_s() >= 40.0
    assert len(notices.told) == 1


def test_an_order_that_comes_to_another_process_while_we_wait_is_heard_before_we_go(
    clock: PatientClock,
) -> None:
    class Late(SharedNotices):
        """Word of which comes when we have looked once already."""

        def heard(self, server: str) -> Mapping[str, float]:
            if self.looks == 1:
                self.tell(server, WHOLE_SERVER, 40.0)
            return super().heard(server)

    process = Process(clock, Late(clock))
    process.controller.shut_until_s = 10.0
    process.send("bob")
    assert clock.monotonic_s() == 50.0


def test_a_mailbox_that_another_process_was_told_to_leave_alone_holds_up_no_other(
    process: Process, notices: SharedNotices, clock: PatientClock
) -> None:
    Process(clock, notices).send("ann", order(40.0, Scope.LANE))
    process.send("bob")
    assert clock.monotonic_s() == 0.0
    process.send("ann")
    assert clock.monotonic_s() >= 40.0


def test_who_has_not_the_patience_for_what_was_heard_is_told_at_once() -> None:
    clock = StillClock()
    notices = SharedNotices(clock)
    process = Process(clock, notices)
    process.controller.shut_until_s = 10.0
    callers = Callers(process.pace, clock)
    callers.come("ann")
    impatient = callers.come("bob", wait_s=15.0)
    notices.tell(SERVER, WHOLE_SERVER, 40.0)
    clock.move(seconds=1)
    callers.come("carl")
    impatient.is_over()
    assert "left alone for 39 s" in str(impatient.error)
    clock.move(seconds=40)
    callers.look_again()
    for caller in (callers.all[0], callers.all[2]):
        caller.ends()
