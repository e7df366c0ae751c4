"""The runs in hand: whoever waits for one to leave misses none, and is told of each once."""

from __future__ import annotations

from typing import Any

from strongroom.clock import SystemClock
from strongroom.engine.hands import Hand, Hands

LONG_S, LITTLE_S = 5.0, 0.05


def waited_s(hands: Hands, timeout_s: float) -> float:
    clock = SystemClock()
    began_s = clock.monotonic_s()
    hands.wait(timeout_s)
    return clock.monotonic_s() - began_s


def test_a_run_that_left_before_anybody_waited_is_not_slept_over() -> None:
    nobody: Any = None
    hands, hand = Hands(), Hand(run=nobody, desk=nobody, handler=nobody)
    assert hands.all() == []
    with hands.holding(hand):
        pass
    assert waited_s(hands, LONG_S) < LONG_S
    assert waited_s(hands, LITTLE_S) >= LITTLE_S, "told once, whether it was looked at or not"
    with hands.holding(hand):
        pass
    assert hands.all() == []
    assert waited_s(hands, LITTLE_S) >= LITTLE_S, "it was gone when we looked"
