"""A repository that is locked for a moment is waited for, and not for ever."""

from __future__ import annotations

import pytest

from strongroom.errors import ResourceLocked
from strongroom.operations.interfaces import never
from strongroom.service.lock_patience import when_free
from tests.fakes.hand_clock import HandClock


class Locked:
    """Fails as long as a lock is there."""

    def __init__(self, clock: HandClock, until_s: float) -> None:
        self.clock, self.until_s, self.tries = clock, until_s, 0

    def __call__(self) -> str:
        self.tries += 1
        if self.clock.monotonic_s() < self.until_s:
            raise ResourceLocked("It is locked.")
        return "done"


def test_it_is_tried_until_the_lock_is_gone() -> None:
    clock = HandClock()
    work = Locked(clock, 42)
    assert when_free(work, clock=clock, stop=never, patience_s=120) == "done"
    assert work.tries == 10


def test_it_is_given_up_when_patience_ends_or_the_run_is_to_stop() -> None:
    clock = HandClock()
    with pytest.raises(ResourceLocked):
        when_free(Locked(clock, 1e9), clock=clock, stop=never, patience_s=120)
    assert 120 <= clock.monotonic_s() < 130
    work = Locked(clock, 1e9)
    with pytest.raises(ResourceLocked):
        when_free(work, clock=clock, stop=lambda: True, patience_s=120)
    assert work.tries == 1


def test_a_lock_that_is_lost_after_hours_is_not_tried_again() -> None:
    clock = HandClock()
    tries = []

    def work() -> None:
        tries.append(1)
        clock.move(hours=3)
        raise ResourceLocked("Our lock was not renewed.")

    with pytest.raises(ResourceLocked):
        when_free(work, clock=clock, stop=never, patience_s=600)
    assert len(tries) == 1
