"""Who gets a slot, when, and in which order; and what is learnt from what became of it."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from strongroom.errors import (
    AccessDenied,
    CursorExpired,
    Interrupted,
    OutcomeUnknown,
    ServerUnreachable,
    TransientError,
)
from strongroom.pace.flight import BYTES_MAX
from strongroom.pace.lane import LanePace
from strongroom.pace.pace import Pace
from strongroom.pace.paces import Paces
from strongroom.pace.patience import Budget, NoAnswerInTime, Patience, TooMuchAtOnce
from strongroom.pace.told import Told
from strongroom.pace.turn import told_by
from strongroom.slots.api import Outcome, Scope
from tests.fakes.patient_clock import PatientClock
from tests.fakes.scripted_slots import ScriptedController, ScriptedSizer
from tests.pace.callers import Callers, StillClock, until

OK = Told(outcome=Outcome.OK)
BROKEN = Told(outcome=Outcome.BROKEN)
THROTTLED = Told(outcome=Outcome.THROTTLED)


def turn_in(
    pace: Pace, lane: str, told: Told | None = OK, *, error: Exception | None = None
) -> None:
    with LanePace(pace, lane).turn(Patience(Budget()), kind="Get") as turn:
        turn.told = told
        if error is not None:
            raise error


# Limits


def test_no_more_are_in_flight_than_the_server_takes(
    callers: Callers, controller: ScriptedController
) -> None:
    controller.slots = 2
    first, second, third = [callers.come("ann") for _ in range(3)]
    second.gets_in()
    assert not third.is_in()
    first.ends()
    third.gets_in()
    second.ends()
    third.ends()
    assert controller.most == 2


def test_no_more_are_in_flight_than_a_lane_takes_and_others_are_not_held_up(
    callers: Callers, controller: ScriptedController
) -> None:
    controller.slots, controller.lane_slots = 4, {"ann": 1}
    ann, held, bob = callers.come("ann"), callers.come("ann"), callers.come("bob")
    bob.gets_in()
    assert not held.is_in()
    ann.ends()
    held.ends()
    bob.ends()


def test_a_limit_that_falls_cuts_nobody_off_and_lets_nobody_in_until_it_is_met(
    callers: Callers, controller: ScriptedController
) -> None:
    controller.slots = 3
    running = [callers.come("ann") for _ in range(3)]
    waiting = callers.come("ann")
    controller.slots = 1
    running[0].ends()
    running[1].ends()
    assert callers.pace.report().in_flight == 1
    assert not waiting.is_in()
    running[2].ends()
    waiting.ends()
    assert [sample.outcome for sample in controller.samples] == [Outcome.OK] * 4


def test_a_limit_that_rises_by_an_answer_lets_in_as_many_as_there_are_slots(
    callers: Callers, controller: ScriptedController
) -> None:
    running = callers.come("ann")
    waiting = [callers.come("ann") for _ in range(3)]
    controller.slots = 3
    running.ends()
    for one in waiting:
        one.gets_in()
    for one in waiting:
        one.ends()


# Order


def test_who_comes_first_goes_first(callers: Callers, controller: ScriptedController) -> None:
    lanes = ["a", "b", "c", "d", "e"]
    for one in [callers.come(lane) for lane in lanes]:
        one.ends()
    assert controller.started == lanes


def test_a_refused_lane_waits_while_others_go_on(
    callers: Callers, controller: ScriptedController, clock: StillClock
) -> None:
    controller.slots = 2
    controller.lane_shut_until_s["ann"] = 40.0
    ann, bob = callers.come("ann"), callers.come("bob")
    bob.ends()
    assert not ann.is_in()
    clock.move(seconds=40)
    callers.look_again()
    ann.ends()
    assert controller.started == ["bob", "ann"]


def test_who_waits_when_an_order_to_wait_arrives_obeys_it(
    callers: Callers, controller: ScriptedController, clock: StillClock
) -> None:
    running, waiting = callers.come("ann"), callers.come("bob")
    controller.shut_until_s = 40.0
    running.ends(THROTTLED)
    clock.move(seconds=39.9)
    callers.look_again()
    assert not waiting.is_in()
    clock.move(seconds=0.1)
    callers.look_again()
    waiting.ends()
    assert waiting.admitted_s == 40.0


def test_whoever_is_first_in_line_looks_after_the_time_for_all() -> None:
    clock, controller = PatientClock(), ScriptedController(2)
    callers = Callers(Pace(clock, deciders=lambda: (controller, ScriptedSizer())), clock)
    controller.lane_shut_until_s.update({"ann": 400.0, "bob": 40.0})
    ann, bob = callers.come("ann"), callers.come("bob")
    bob.gets_in()
    assert 40.0 <= bob.admitted_s <= 400.0
    clock.move(seconds=400)
    bob.ends()
    ann.ends()


def test_when_the_first_in_line_has_gone_the_next_one_looks_after_the_time() -> None:
    clock, controller = PatientClock(), ScriptedController(2)
    callers = Callers(Pace(clock, deciders=lambda: (controller, ScriptedSizer())), clock)
    controller.lane_shut_until_s.update({"ann": 40.0, "bob": 40.005})
    controller.shut_until_s = 40.0
    ann, bob = callers.come("ann"), callers.come("bob")
    ann.gets_in()
    clock.move(seconds=1)
    bob.ends()
    ann.ends()


def test_a_probe_that_may_go_now_but_not_for_those_who_wait_is_not_looked_for_all_the_time() -> (
    None
):
    clock, controller = PatientClock(), ScriptedController()
    controller.wakes_s = 0.0
    controller.lane_shut_until_s["ann"] = 40.0
    turn_in(Pace(clock, deciders=lambda: (controller, ScriptedSizer())), "ann")
    assert clock.slept == [40.0]


def test_leaving_a_lane_lets_others_in_at_once(
    callers: Callers, controller: ScriptedController, pace: Pace
) -> None:
    controller.slots, controller.lane_slots = 2, {"ann": 1}
    running, waiting = callers.come("ann"), callers.come("ann")
    controller.lane_slots = {}
    pace.leave("bob")
    waiting.gets_in()
    assert controller.left == ["bob"]
    running.ends()
    waiting.ends()


# Patience


def test_an_order_that_outlasts_patience_is_told_in_plain_words(
    pace: Pace, controller: ScriptedController
) -> None:
    controller.shut_until_s = 40.0
    with (
        pytest.raises(TransientError, match=r"left alone for 40 s more\. It said so") as caught,
        LanePace(pace, "ann").turn(Patience(Budget(wait_s=39.0)), kind="Get"),
    ):
        pass
    assert (caught.value.retry_after_s, caught.value.is_throttle) == (40.0, True)
    assert controller.started == []
    assert pace.report().waiting == 0


def test_an_order_that_comes_while_somebody_waits_counts_against_their_patience_at_once(
    callers: Callers, controller: ScriptedController
) -> None:
    running = callers.come("ann")
    callers.come("bob")
    impatient = callers.come("carl", wait_s=30.0)
    controller.shut_until_s = 40.0
    running.ends(THROTTLED)
    impatient.is_over()
    assert "left alone for 40 s" in str(impatient.error)


def test_a_server_that_stays_away_is_given_up(controller: ScriptedController) -> None:
    clock = PatientClock()
    pace = Pace(clock, deciders=lambda: (controller, ScriptedSizer()))
    controller.away, controller.slots, controller.wakes_s = True, 0, 10_000.0
    with (
        pytest.raises(TransientError, match=r"out of reach for too long\. Nothing"),
        LanePace(pace, "ann").turn(Patience(Budget(wait_s=90.0)), kind="Get"),
    ):
        pass
    assert sum(clock.slept) == pytest.approx(90.0)


def test_waiting_for_a_slot_that_others_have_takes_no_patience(
    callers: Callers, clock: StillClock
) -> None:
    running, waiting = callers.come("ann"), callers.come("ann", wait_s=5.0)
    clock.move(hours=3)
    callers.look_again()
    running.ends()
    waiting.ends()
    assert (waiting.error, waiting.patience.left_s) == (None, 5.0)


def test_a_pause_takes_no_more_patience_than_it_lasts_wherever_one_stands_in_line(
    callers: Callers, controller: ScriptedController, clock: StillClock
) -> None:
    controller.shut_until_s = 40.0
    first, second, third = [callers.come(lane) for lane in ("ann", "bob", "carl")]
    clock.move(seconds=40)
    callers.look_again()
    first.gets_in()
    clock.move(hours=3)
    for one in (first, second, third):
        one.ends()
    assert (second.error, third.error) == (None, None)
    assert second.patience.left_s == third.patience.left_s == 860.0


def test_when_the_server_is_back_nobodys_patience_runs_any_more(
    callers: Callers, controller: ScriptedController, clock: StillClock
) -> None:
    controller.away = True
    probe, waiting = callers.come("ann"), callers.come("bob")
    between, last = callers.come("carl"), callers.come("dora")
    clock.move(seconds=30)
    probe.ends()
    until(lambda: last.patience.left_s == 870.0)
    clock.move(hours=3)
    for one in (waiting, between, last):
        one.ends()
    assert (last.error, last.patience.left_s) == (None, 870.0)


# Interruption


class Interrupting(PatientClock):
    """Interrupts whoever waits first, as Ctrl-C would; what it does before that, a test says."""

    def __init__(self) -> None:
        super().__init__()
        self.controller: ScriptedController | None = None
        self.pace: Pace | None = None
        self.has_interrupted = False

    def wait(self, change: threading.Condition, wait_s: float) -> None:
        if self.has_interrupted:
            super().wait(change, wait_s)
            return
        self.has_interrupted = True
        if self.controller is not None and self.pace is not None:
            self.controller.shut_until_s = 0.0
            change.release()
            self.pace.leave("nobody")
            change.acquire()
        raise KeyboardInterrupt


def interrupted_turn(pace: Pace) -> None:
    with (
        pytest.raises(KeyboardInterrupt),
        LanePace(pace, "ann").turn(Patience(Budget()), kind="Get"),
    ):
        raise AssertionError("it never had a slot to use")


def test_a_waiter_that_is_interrupted_leaves_the_line_and_wakes_the_next(
    controller: ScriptedController,
) -> None:
    clock = Interrupting()
    pace = Pace(clock, deciders=lambda: (controller, ScriptedSizer()))
    controller.shut_until_s = 40.0
    interrupted_turn(pace)
    assert pace.report().waiting == 0
    turn_in(pace, "bob")
    assert controller.started == ["bob"]


def test_who_is_interrupted_between_being_let_in_and_going_gives_the_slot_back(
    controller: ScriptedController,
) -> None:
    clock = Interrupting()
    pace = Pace(clock, deciders=lambda: (controller, ScriptedSizer()))
    clock.controller, clock.pace = controller, pace
    controller.shut_until_s = 40.0
    interrupted_turn(pace)
    assert (controller.started, controller.dropped_lanes) == (["ann"], ["ann"])
    assert (pace.report().in_flight, pace.report().requests) == (0, 0)
    turn_in(pace, "bob")


def test_when_the_first_in_line_gives_up_the_next_one_looks_after_the_time(
    callers: Callers, controller: ScriptedController, clock: StillClock
) -> None:
    controller.shut_until_s = 40.0
    first, second = callers.come("ann", wait_s=60.0), callers.come("bob")
    until(lambda: clock.waits_s == [40.0])
    controller.shut_until_s = 100.0
    callers.look_again()
    first.is_over()
    assert first.error is not None
    until(lambda: clock.waits_s == [40.0, 100.0])
    clock.move(seconds=100)
    callers.look_again()
    second.ends()


def test_a_turn_that_is_abandoned_gives_its_slot_back_and_tells_nothing(
    pace: Pace, controller: ScriptedController
) -> None:
    def pages() -> Iterator[int]:
        with LanePace(pace, "ann").turn(Patience(Budget()), kind="Get"):
            yield 1

    iteration = pages()
    next(iteration)
    del iteration
    assert (controller.samples, controller.dropped_lanes) == ([], ["ann"])
    assert pace.report().in_flight == 0


# Rests, bytes, spare slots


def test_a_slot_rests_for_a_second_after_a_failure() -> None:
    clock, controller = PatientClock(), ScriptedController()
    pace = Pace(clock, deciders=lambda: (controller, ScriptedSizer()))
    turn_in(pace, "ann", BROKEN)
    assert clock.monotonic_s() == 0.0
    turn_in(pace, "bob")
    assert clock.monotonic_s() == 1.0


def test_the_other_slots_do_not_rest(
    callers: Callers, controller: ScriptedController, clock: StillClock
) -> None:
    controller.slots = 2
    first, _ = callers.come("ann"), callers.come("ann")
    third, fourth = callers.come("ann"), callers.come("ann")
    first.ends(BROKEN)
    callers.all[1].ends()
    third.gets_in()
    assert not fourth.is_in()
    clock.move(seconds=1)
    callers.look_again()
    fourth.ends()
    third.ends()


def test_no_more_bytes_are_asked_for_at_once_than_memory_is_meant_for(
    callers: Callers, controller: ScriptedController
) -> None:
    controller.slots = 10
    half = BYTES_MAX // 2
    running = [callers.come("ann", size=half), callers.come("ann", size=half)]
    waiting = callers.come("ann", size=1)
    running[1].gets_in()
    assert not waiting.is_in()
    running[0].ends()
    waiting.ends()
    running[1].ends()


def test_an_item_above_all_bounds_passes_alone_and_is_not_overtaken_for_ever(
    callers: Callers, controller: ScriptedController
) -> None:
    controller.slots = 10
    running = [callers.come("ann", size=1), callers.come("bob", size=1)]
    huge, small = callers.come("carl", size=BYTES_MAX + 1), callers.come("dora", size=1)
    running[0].ends()
    assert not huge.is_in()
    assert not small.is_in(), "or there would always be one before the large one"
    running[1].ends()
    huge.gets_in()
    assert not small.is_in()
    huge.ends()
    small.ends()


def test_slots_are_spare_when_nobody_has_wanted_them_for_a_second(
    pace: Pace, callers: Callers, controller: ScriptedController, clock: StillClock
) -> None:
    controller.slots = 2
    assert not pace.take_spare()
    running = callers.come("ann")
    clock.move(seconds=1)
    assert pace.take_spare()
    assert not pace.take_spare(), "the one before counts on it"
    clock.move(seconds=1)
    other = callers.come("ann")
    assert not pace.take_spare()
    running.ends()
    other.ends()


def test_many_spare_slots_are_given_to_several_at_once(
    pace: Pace, callers: Callers, controller: ScriptedController, clock: StillClock
) -> None:
    controller.slots = 18
    running = callers.come("ann")
    clock.move(seconds=2)
    # Seventeen are spare. Each that begins may want four, and the last needs one that is left.
    assert [pace.take_spare() for _ in range(6)] == [True] * 5 + [False]
    clock.move(seconds=0.4)
    assert pace.take_spare(), "those before have had the time to ask"
    running.ends()


def test_slots_are_spare_although_crowds_take_all_of_them_now_and_then(
    pace: Pace, callers: Callers, controller: ScriptedController, clock: StillClock
) -> None:
    controller.slots = 4
    taken = 0
    for _ in range(20):
        crowd = callers.come("ann", slots=4)
        clock.move(seconds=0.1)
        crowd.ends()
        clock.move(seconds=0.15)
        taken += pace.take_spare()
    assert taken == 10, "every second time; no moment without a crowd lasts for long"


def test_listeners_hear_of_answers_that_leave_slots_over_and_of_no_others(
    pace: Pace, callers: Callers, controller: ScriptedController
) -> None:
    heard: list[int] = []
    with pace.listened(lambda: heard.append(pace.report().in_flight)):
        running, waiting = callers.come("ann"), callers.come("ann")
        running.ends()
        assert heard == [], "the next one has it already"
        waiting.ends()
        assert heard == [0]
    controller.slots = 2
    turn_in(pace, "ann")
    assert heard == [0]


# What is learnt


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (TooMuchAtOnce("x"), Told(outcome=Outcome.TIMEOUT)),
        (NoAnswerInTime("x"), Told(outcome=Outcome.TIMEOUT)),
        (TransientError("x", is_throttle=True), THROTTLED),
        (
            TransientError("x", retry_after_s=7.0),
            Told(outcome=Outcome.THROTTLED, retry_after_s=7.0),
        ),
        (TransientError("x"), BROKEN),
        (OutcomeUnknown("x"), BROKEN),
        (ServerUnreachable("x"), BROKEN),
        (AccessDenied("x"), OK),
        (CursorExpired("x"), OK),
        (RuntimeError("x"), OK),
        (Interrupted("x"), None),
        (KeyboardInterrupt(), None),
        (SystemExit(), None),
    ],
)
def test_what_an_error_tells(
    pace: Pace, controller: ScriptedController, error: BaseException, told: Told | None
) -> None:
    assert told_by(error) == told
    with (
        pytest.raises(type(error)),
        LanePace(pace, "ann").turn(Patience(Budget()), kind="Get", items=5, size=50),
    ):
        raise error
    if told is None:
        assert (controller.samples, controller.dropped_lanes) == ([], ["ann"])
        return
    (sample,) = controller.samples
    assert (sample.outcome, sample.retry_after) == (told.outcome, told.retry_after_s)
    is_answered = told.outcome == Outcome.OK
    assert (sample.kind, sample.items) == (("refused", 0) if is_answered else ("Get", 5))


def test_what_an_adapter_reads_from_the_answer_counts_whatever_becomes_of_the_block(
    pace: Pace, controller: ScriptedController
) -> None:
    controller.slots = 3
    told = Told(outcome=Outcome.CONNECTION_LIMIT, scope=Scope.LANE, retry_after_s=3.0)
    turn_in(pace, "ann", told)
    with pytest.raises(AccessDenied):
        turn_in(pace, "ann", told, error=AccessDenied("x"))
    assert [(one.outcome, one.scope, one.retry_after) for one in controller.samples] == [
        (Outcome.CONNECTION_LIMIT, Scope.LANE, 3.0)
    ] * 2


def test_kinds_sizes_times_and_quotas_reach_the_deciders(
    pace: Pace, controller: ScriptedController, sizer: ScriptedSizer, clock: StillClock
) -> None:
    lane = LanePace(pace, "ann", kind="Export")
    assert lane.take([10, 20, 30]) == 2
    with lane.turn(Patience(Budget()), kind="Export", items=2, size=30) as turn:
        clock.move(seconds=4)
        turn.size, turn.items = 45, 3
        turn.tell(Told(outcome=Outcome.OK, quota_left=0.5, quota_reset_s=60.0))
    assert sizer.asked == [("ann", (10, 20, 30), "Export")]
    assert sizer.samples == controller.samples
    (sample,) = controller.samples
    assert (sample.lane, sample.kind, sample.items, sample.size) == ("ann", "Export", 3, 45)
    assert (sample.started, sample.latency, sample.in_flight) == (0.0, 4.0, 1)
    assert (sample.quota_left, sample.quota_reset) == (0.5, 60.0)


def test_a_wait_inside_a_good_answer_is_obeyed_and_is_no_request(
    pace: Pace, controller: ScriptedController
) -> None:
    LanePace(pace, "ann").rest(Told(outcome=Outcome.THROTTLED, retry_after_s=5.0))
    assert [(one.outcome, one.latency) for one in controller.samples] == [(Outcome.THROTTLED, 0.0)]
    assert (pace.report().requests, pace.report().in_flight) == (0, 0)


def test_a_report_says_what_was_done_and_what_a_typical_answer_takes(
    pace: Pace, callers: Callers, controller: ScriptedController, clock: StillClock
) -> None:
    controller.slots = 3
    with LanePace(pace, "ann").turn(Patience(Budget()), kind="Get", items=4, size=100):
        clock.move(seconds=2)
    for told in (BROKEN, THROTTLED):
        turn_in(pace, "ann", told)
    with pytest.raises(AccessDenied):
        turn_in(pace, "ann", None, error=AccessDenied("no"))
    running, waiting = callers.come("ann"), callers.come("ann", size=BYTES_MAX + 1)
    report = pace.report()
    assert (report.server, report.slots) == ("mail.contoso.example:443", 3)
    assert (report.in_flight, report.waiting) == (1, 1)
    assert (report.requests, report.items, report.byte_count) == (4, 4, 100)
    assert (report.throttled, report.failed, report.latency_s) == (1, 1, 2.0)
    assert sum(point.requests for point in report.history) == 4
    running.ends()
    waiting.ends()


def test_all_who_talk_to_a_server_share_its_pace() -> None:
    paces = Paces(PatientClock())
    assert paces.of("a.example:443") is paces.of("a.example:443")
    assert paces.of("a.example:443") is not paces.of("b.example:443")
