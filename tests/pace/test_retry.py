from __future__ import annotations

import contextlib
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strongroom.errors import AccessDenied, OutcomeUnknown, TransientError
from strongroom.pace.lane import LanePace
from strongroom.pace.pace import Pace
from strongroom.pace.patience import Budget, Patience, TooMuchAtOnce
from strongroom.pace.retry import LONGEST_WAIT_S, next_wait_s, read
from tests.fakes.patient_clock import PatientClock


class Server:
    """Gives or raises one outcome after the other, the last one for ever.

    Attributes:
        sent_s: When requests were sent.
    """

    def __init__(self, clock: PatientClock, *outcomes: object) -> None:
        self.pace = Pace(clock)
        self.sent_s: list[float] = []
        self._clock = clock
        self._outcomes = list(outcomes)

    def ask(self, patience: Patience) -> object:
        with LanePace(self.pace, "a mailbox").turn(patience, kind="Get"):
            self.sent_s.append(self._clock.monotonic_s())
            outcome = self._outcomes.pop(0) if len(self._outcomes) > 1 else self._outcomes[0]
            if isinstance(outcome, Exception):
                raise outcome
            return outcome


def attempt(server: Server, clock: PatientClock, budget: Budget | None = None) -> object:
    return read(server.ask, clock=clock, budget=budget or Budget(), random=Random(1))


def busy(wait_s: float | None = None) -> TransientError:
    return TransientError("busy", retry_after_s=wait_s, is_throttle=True)


def test_what_works_is_not_waited_for() -> None:
    clock = PatientClock()
    assert attempt(Server(clock, "well"), clock) == "well"
    assert clock.slept == []


def test_the_servers_word_is_obeyed() -> None:
    clock = PatientClock()
    server = Server(clock, busy(42.5), "well")
    assert attempt(server, clock) == "well"
    assert 42.5 <= server.sent_s[1] < 46


def test_everybody_obeys_it() -> None:
    clock = PatientClock()
    server = Server(clock, busy(42.5), "well")
    with pytest.raises(TransientError):
        attempt(server, clock, Budget(tries=1))
    assert attempt(server, clock) == "well"
    assert server.sent_s[1] >= 42.5


def test_a_throttle_without_a_number_rests_everybody_for_a_while() -> None:
    clock = PatientClock()
    server = Server(clock, busy(), "well")
    with pytest.raises(TransientError):
        attempt(server, clock, Budget(tries=1))
    attempt(server, clock)
    assert server.sent_s[1] >= 5


def test_a_broken_connection_stops_nobody_else() -> None:
    clock = PatientClock()
    server = Server(clock, TransientError("broken"), "well")
    with pytest.raises(TransientError):
        attempt(server, clock, Budget(tries=1))
    attempt(server, clock)
    assert server.sent_s[1] < 2


@pytest.mark.parametrize("error", [AccessDenied("no"), OutcomeUnknown("?"), TooMuchAtOnce("much")])
def test_what_time_does_not_heal_is_raised_at_once(error: Exception) -> None:
    clock = PatientClock()
    with pytest.raises(type(error)):
        attempt(Server(clock, error, "well"), clock)
    assert clock.slept == []


def test_an_order_beyond_the_budget_is_not_waited_for() -> None:
    clock = PatientClock()
    with pytest.raises(TransientError):
        attempt(Server(clock, busy(901.0)), clock)
    assert clock.slept == []


def test_tries_are_counted() -> None:
    clock = PatientClock()
    server = Server(clock, TransientError("x"))
    with pytest.raises(TransientError):
        attempt(server, clock, Budget(tries=3))
    assert len(server.sent_s) == 3


@given(waits=st.lists(st.none() | st.floats(0, 400), min_size=1, max_size=40))
def test_the_budget_is_never_overdrawn(waits: list[float | None]) -> None:
    clock = PatientClock()
    server = Server(clock, *(TransientError("x", retry_after_s=wait) for wait in waits), "well")
    with contextlib.suppress(TransientError):
        attempt(server, clock)
    # Beside what is waited for: a slot rests for a second after each failure.
    assert clock.monotonic_s() <= 900.001 + len(server.sent_s)


@given(attempt_number=st.integers(1, 10**6), jitter=st.floats(0, 1))
def test_our_own_guess_grows_within_bounds(attempt_number: int, jitter: float) -> None:
    wait_s = next_wait_s(attempt_number, retry_after_s=None, jitter=jitter)
    assert 0.5 <= wait_s <= LONGEST_WAIT_S


def test_an_impossible_budget_is_refused() -> None:
    with pytest.raises(ValueError, match="budget"):
        Budget(tries=0)


def test_an_order_beyond_all_patience_is_neither_waited_for_nor_disobeyed() -> None:
    clock = PatientClock()
    server = Server(clock, busy(86_400), "well")
    with pytest.raises(TransientError):
        attempt(server, clock, Budget(tries=1))
    with pytest.raises(TransientError, match="left alone for"):
        attempt(server, clock)
    assert (len(server.sent_s), clock.slept) == (1, [])


def test_a_server_that_stays_away_is_given_up_and_asked_seldom_until_then() -> None:
    clock = PatientClock()
    server = Server(clock, TransientError("broken"))
    with pytest.raises(TransientError):
        attempt(server, clock, Budget(tries=1000))
    assert 600 <= clock.monotonic_s() <= 960
    late = [at for at in server.sent_s if at > 60]
    assert len(late) <= 6 * 15
