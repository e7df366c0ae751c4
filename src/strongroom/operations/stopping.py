"""Whether an operation is to stop, and since when."""

from __future__ import annotations

from strongroom.clock import Clock
from strongroom.operations.interfaces import Stop

STOP_S = 60.0
"""So long a page that is being read when the run is to stop is read on, since then its cursor is
kept. One that takes longer (large items, a slow line) is broken off between two requests."""


class Stopping:
    """Remembers when ``stop`` said so first. For the operation's own thread.

    Args:
        stop: Asked whenever we are.
        clock: Time.
    """

    def __init__(self, stop: Stop, clock: Clock) -> None:
        self._stop = stop
        self._clock = clock
        self._since_s: float | None = None

    def is_asked(self) -> bool:
        """Say whether to stop at the next safe point."""
        if self._since_s is None and self._stop():
            self._since_s = self._clock.monotonic_s()
        return self._since_s is not None

    def is_late(self) -> bool:
        """Say whether the next safe point is too far away: one is to be made."""
        if not self.is_asked() or self._since_s is None:
            return False
        return self._clock.monotonic_s() - self._since_s >= STOP_S
