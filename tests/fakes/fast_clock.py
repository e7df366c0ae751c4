"""A clock that runs fast: real waits of real threads, that are over soon."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

from strongroom.clock import SystemClock


class FastClock(SystemClock):
    """Time passes so many times as fast. Given to both sides, they agree how late it is.

    For real loops over real sockets, where a clock that stands still would show nothing. No test
    may rest on how far it gets while the machine does something else.
    """

    def __init__(self, factor: float) -> None:
        self._factor = factor
        self._began = datetime.now(UTC)  # noqa: TID251 - the door itself, on other hinges
        self._began_s = super().monotonic_s()

    def now(self) -> datetime:
        """Say the wall-clock time: aware, UTC."""
        return self._began + timedelta(seconds=self.monotonic_s() - self._began_s)

    def monotonic_s(self) -> float:
        """Say a time that never goes back, in seconds."""
        return self._began_s + self._factor * (super().monotonic_s() - self._began_s)

    def sleep(self, wait_s: float) -> None:
        """Wait that many of its seconds."""
        super().sleep(wait_s / self._factor)

    def wait(self, change: threading.Condition, wait_s: float) -> None:
        """Wait that many of its seconds, or until somebody notifies the condition."""
        super().wait(change, wait_s / self._factor)
