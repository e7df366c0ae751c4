from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strongroom.errors import AccessDenied, OutcomeUnknown, TransientError
from strongroom.pace.retry import (
    LONGEST_WAIT_S,
    THROTTLE_WAIT_S,
    Budget,
    Gate,
    Gates,
    TooMuchAtOnce,
    next_wait_s,
    read,
)
from strongroom.slots.fixed import SLOTS_PER_SERVER
from tests.fakes.patient_clock import PatientClock


def scripted(*outcomes: object) -> Callable[[], object]:
    """Give or raise one after the other; the last one for ever."""
    left = list(outcomes)

    def call() -> object:
        outcome = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    return call


def attempt(
    call: Callable[[], object], clock: PatientClock, gate: Gate, budget: Budget | None = None
) -> object:
    return read(call, clock=clock, gate=gate, budget=budget or Budget(), random=Random(1))


def test_what_works_is_not_waited_for() -> None:
    clock = PatientClock()
    assert attempt(scripted("well"), clock, Gate(clock)) == "well"
    assert clock.slept == []


def test_the_servers_word_is_obeyed_to_the_second() -> None:
    clock = PatientClock()
    busy = TransientError("busy", retry_after_s=42.5, is_throttle=True)
    assert attempt(scripted(busy, "well"), clock, Gate(clock)) == "well"
    assert clock.monotonic_s() == 42.5


def test_the_gate_keeps_everybody_out_meanwhile() -> None:
    clock = PatientClock()
    gate = Gate(clock)
    busy = TransientError("busy", retry_after_s=42.5)
    with pytest.raises(TransientError):
        attempt(scripted(busy), clock, gate, Budget(tries=1))
    assert gate.wait_s() == 42.5
    assert attempt(scripted("well"), clock, gate) == "well"
    assert clock.slept == [42.5]


def test_a_throttle_without_a_number_rests_all_lanes_for_a_while() -> None:
    clock = PatientClock()
    gate = Gate(clock)
    with pytest.raises(TransientError):
        attempt(scripted(TransientError("x", is_throttle=True)), clock, gate, Budget(tries=1))
    assert gate.wait_s() == THROTTLE_WAIT_S


def test_a_broken_connection_of_one_lane_stops_nobody_else() -> None:
    clock = PatientClock()
    gate = Gate(clock)
    with pytest.raises(TransientError):
        attempt(scripted(TransientError("broken")), clock, gate, Budget(tries=1))
    assert gate.wait_s() == 0


def test_a_later_shorter_order_does_not_open_the_gate_early() -> None:
    clock = PatientClock()
    gate = Gate(clock)
    gate.close_for(60)
    gate.close_for(5)
    assert gate.wait_s() == 60


def test_a_gate_closed_again_while_waiting_is_waited_for_again() -> None:
    clock = PatientClock()
    gate = Gate(clock)
    gate.close_for(10)
    original = clock.sleep

    def sleep(wait_s: float) -> None:
        if not clock.slept:
            gate.close_for(30)
        original(wait_s)

    clock.sleep = sleep  # type: ignore[method-assign]
    assert gate.pass_through(wait_max_s=60) == 30
    assert clock.monotonic_s() == 30


@pytest.mark.parametrize("error", [AccessDenied("no"), OutcomeUnknown("?"), TooMuchAtOnce("much")])
def test_what_time_does_not_heal_is_raised_at_once(error: Exception) -> None:
    clock = PatientClock()
    with pytest.raises(type(error)):
        attempt(scripted(error, "well"), clock, Gate(clock))
    assert clock.slept == []


def test_an_order_beyond_the_budget_is_not_waited_for() -> None:
    clock = PatientClock()
    with pytest.raises(TransientError):
        attempt(scripted(TransientError("busy", retry_after_s=901.0)), clock, Gate(clock))
    assert clock.slept == []


def test_tries_are_counted() -> None:
    clock = PatientClock()
    with pytest.raises(TransientError):
        attempt(scripted(TransientError("x")), clock, Gate(clock), Budget(tries=5))
    assert len(clock.slept) == 4


@given(waits=st.lists(st.one_of(st.none(), st.floats(0, 400)), min_size=1, max_size=40))
def test_the_budget_is_never_overdrawn(waits: list[float | None]) -> None:
    clock = PatientClock()
    errors = [TransientError("x", retry_after_s=wait) for wait in waits]
    with contextlib.suppress(TransientError):
        attempt(scripted(*errors, "well"), clock, Gate(clock))
    assert clock.monotonic_s() <= 900.001


@given(attempt_number=st.integers(1, 10**6), jitter=st.floats(0, 1))
def test_our_own_guess_grows_within_bounds(attempt_number: int, jitter: float) -> None:
    wait_s = next_wait_s(attempt_number, retry_after_s=None, jitter=jitter)
    assert 0.5 <= wait_s <= LONGEST_WAIT_S


def test_an_impossible_budget_is_refused() -> None:
    with pytest.raises(ValueError, match="budget"):
        Budget(tries=0)


def test_a_gate_closed_beyond_all_patience_is_neither_waited_for_nor_passed() -> None:
    clock = PatientClock()
    gate = Gate(clock)
    gate.close_for(86_400)
    sent: list[str] = []
    with pytest.raises(TransientError, match="left alone for 86400 s"):
        attempt(lambda: sent.append("request"), clock, gate)
    assert (sent, clock.slept) == ([], [])


def test_no_more_requests_are_under_way_than_the_server_has_slots() -> None:
    clock = PatientClock()
    gates = Gates(clock)
    under_way, most, begun = 0, 0, threading.Barrier(12)
    counting = threading.Lock()

    def ask() -> None:
        nonlocal under_way, most
        begun.wait()
        for _ in range(50):
            with gates.of("mail.example:443").slot(wait_max_s=1):
                with counting:
                    under_way += 1
                    most = max(most, under_way)
                with counting:
                    under_way -= 1

    with ThreadPoolExecutor(12) as threads:
        for done in [threads.submit(ask) for _ in range(12)]:
            done.result()
    assert 1 <= most <= SLOTS_PER_SERVER


def test_two_servers_do_not_wait_for_each_other() -> None:
    gates = Gates(PatientClock())
    gates.of("one.example:443").close_for(500)
    assert gates.of("one.example:443").wait_s() == 500
    with gates.of("two.example:443").slot(wait_max_s=0):
        pass


def test_who_waited_for_a_slot_obeys_an_order_that_came_meanwhile() -> None:
    clock = PatientClock()
    gate = Gate(clock, slots=1)
    entered_at_s: list[float] = []

    def ask() -> None:
        with gate.slot(wait_max_s=900):
            entered_at_s.append(clock.monotonic_s())

    with ThreadPoolExecutor(3) as threads:
        with gate.slot(wait_max_s=900):
            waiting = [threads.submit(ask) for _ in range(3)]
            gate.heed(TransientError("busy", retry_after_s=297.749))
        for done in waiting:
            done.result()
    assert len(entered_at_s) == 3
    assert min(entered_at_s) >= 297.749


def test_a_slot_is_given_back_whatever_happens_inside() -> None:
    gate = Gate(PatientClock(), slots=1)
    for _ in range(3):
        with contextlib.suppress(OutcomeUnknown), gate.slot(wait_max_s=0):
            raise OutcomeUnknown("no answer")
    gate.close_for(10)
    with pytest.raises(TransientError), gate.slot(wait_max_s=5):
        pytest.fail("nobody passes")
    with gate.slot(wait_max_s=20):
        pass
