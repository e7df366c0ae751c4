"""Threads that each want one request's turn and keep it until the test lets them go."""

from __future__ import annotations

import threading
from collections.abc import Callable

from strongroom.pace.lane import LanePace
from strongroom.pace.pace import Pace
from strongroom.pace.patience import Budget, Patience
from strongroom.pace.told import Told
from tests.fakes.hand_clock import HandClock

_BEARABLE_S = 30.0


class StillClock(HandClock):
    """Moves only when the test moves it: who waits for the time waits to be woken.

    Attributes:
        waits_s: For how long somebody wanted to wait, in order.
    """

    def __init__(self) -> None:
        super().__init__()
        self.waits_s: list[float] = []

    def wait(self, change: threading.Condition, wait_s: float) -> None:
        self.waits_s.append(wait_s)
        change.wait(_BEARABLE_S)


class Caller(threading.Thread):
    """One thread that wants one turn.

    Attributes:
        error: What came out of it.
        patience: What is left.
        admitted_s: When it got its slot.
        has_begun: It runs, or has run.
    """

    def __init__(
        self, pace: Pace, lane: str, size: int, wait_s: float, clock: HandClock, slots: int = 1
    ) -> None:
        super().__init__(daemon=True)
        self._slots = slots
        self.lane, self.size = lane, size
        self.error: BaseException | None = None
        self.admitted_s = -1.0
        self.patience = Patience(Budget(wait_s=wait_s))
        self._pace, self._clock = pace, clock
        self._is_in = threading.Event()
        self._may_end = threading.Event()
        self._told: Told | None = None
        self._head_s: float | None = None
        self.has_begun = False

    def run(self) -> None:
        self.has_begun = True
        try:
            lane = LanePace(self._pace, self.lane)
            with lane.turn(
                self.patience, kind="Get", items=20, size=self.size, slots=self._slots
            ) as turn:
                self.admitted_s = self._clock.monotonic_s()
                self._is_in.set()
                assert self._may_end.wait(_BEARABLE_S)
                turn.told, turn.head_s = self._told, self._head_s
        except BaseException as error:  # noqa: BLE001 - the test looks at it
            self.error = error

    def is_in(self) -> bool:
        """Say, at once, whether it has had its slot."""
        return self._is_in.is_set()

    def gets_in(self) -> None:
        """Wait until it has its slot."""
        assert self._is_in.wait(_BEARABLE_S), "still in line"

    def ends(self, told: Told | None = None, *, head_s: float | None = None) -> None:
        """Let its request end so; what follows from that has happened when this returns."""
        self.gets_in()
        self._told, self._head_s = told, head_s
        self._may_end.set()
        self.is_over()

    def is_over(self) -> None:
        """Wait until it is done."""
        self.join(_BEARABLE_S)
        assert not self.is_alive()


class Callers:
    """Makes callers, and lets all of them go when the block ends."""

    def __init__(self, pace: Pace, clock: HandClock) -> None:
        self.pace, self.clock = pace, clock
        self.all: list[Caller] = []

    def come(self, lane: str, *, size: int = 0, wait_s: float = 900.0, slots: int = 1) -> Caller:
        """Let one more come; it is in line, has its slots or is over when this returns."""
        caller = Caller(self.pace, lane, size, wait_s, self.clock, slots)
        before = self._seen()
        self.all.append(caller)
        caller.start()
        until(lambda: self._seen() > before)
        return caller

    def look_again(self) -> None:
        """Let the pace look whether somebody may go: the time, or a limit, is another."""
        self.pace.leave("nobody")

    def _seen(self) -> int:
        """Count all who have come, those that have gone since included."""
        report = self.pace.report()
        gone = sum(one.has_begun and not one.is_alive() for one in self.all)
        return report.waiting + report.in_flight + gone


def until(is_so: Callable[[], bool]) -> None:
    """Wait for something that another thread is about to do."""
    pause = threading.Event()
    for _ in range(20_000):
        if is_so():
            return
        pause.wait(0.0005)
    raise AssertionError("it did not happen")
