"""No more than 150 MB are brought to a mailbox in five minutes, found out without being refused."""

from __future__ import annotations

from strongroom.wire.graph.mailbox.incoming import BYTES_MAX, WINDOW_S, Incoming
from tests.fakes.patient_clock import PatientClock

THIRD = BYTES_MAX // 3


def test_what_is_within_the_limit_goes_at_once_and_the_rest_as_the_window_moves_on() -> None:
    clock = PatientClock()
    incoming = Incoming(clock)
    for _ in range(3):
        incoming.admit(THIRD)
        clock.move(seconds=10)
    assert clock.slept == []
    incoming.admit(THIRD)
    assert clock.slept == [WINDOW_S - 30]
    incoming.admit(THIRD)
    assert clock.slept[1:] == [10]


def test_what_is_larger_than_the_limit_goes_once_nothing_else_did() -> None:
    clock = PatientClock()
    incoming = Incoming(clock)
    incoming.admit(2 * BYTES_MAX)
    assert clock.slept == []
    incoming.admit(1)
    assert clock.slept == [WINDOW_S]
    incoming.admit(2 * BYTES_MAX)
    assert clock.slept == [WINDOW_S, WINDOW_S]
