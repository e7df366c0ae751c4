"""A clock on which waiting takes no time and is remembered."""

from __future__ import annotations

from tests.fakes.hand_clock import HandClock


class PatientClock(HandClock):
    """Like ``HandClock``; tells how long each wait was.

    Attributes:
        slept: The waits, in seconds, in order.
    """

    def __init__(self) -> None:
        super().__init__()
        self.slept: list[float] = []

    def sleep(self, wait_s: float) -> None:
        self.slept.append(wait_s)
        super().sleep(wait_s)
