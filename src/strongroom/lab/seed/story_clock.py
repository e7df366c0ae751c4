"""The lab's clock: it tells the story's time while the estate is filled, then runs on by itself."""

from __future__ import annotations

import threading
from datetime import datetime

from strongroom.clock import Clock, SystemClock


class StoryClock:
    """Says the moment that the storyteller set, until ``run_on``; from then on the system's time.

    An estate stamps what comes in with its clock. Filled under this one, every item of the same
    seed has the same stamps, and each as old as the item itself.
    """

    def __init__(self, begin: datetime, *, after: Clock | None = None) -> None:
        self._moment: datetime | None = begin
        self._after = after or SystemClock()

    def set(self, moment: datetime) -> None:
        """Let it be that moment (aware, UTC) until the next call.

        Raises:
            RuntimeError: the story is over.
        """
        if self._moment is None:
            raise RuntimeError("the clock runs by itself now")
        self._moment = moment

    def run_on(self) -> None:
        """End the story: from now on this is the system's clock."""
        self._moment = None

    def now(self) -> datetime:
        """Say the time: aware, UTC."""
        return self._moment or self._after.now()

    def monotonic_s(self) -> float:
        """Say a time that never goes back, in seconds from some moment."""
        return self._after.monotonic_s()

    def sleep(self, wait_s: float) -> None:
        """Wait that many seconds."""
        self._after.sleep(wait_s)

    def wait(self, change: threading.Condition, wait_s: float) -> None:
        """Wait that many seconds, or until somebody notifies the condition, which we hold."""
        self._after.wait(change, wait_s)
