"""A clock that a test moves by hand."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta


class HandClock:
    """Stands still unless it is moved; every look at it may move it by ``step_s``."""

    def __init__(self, start: datetime | None = None, *, step_s: float = 0.0) -> None:
        self._start = start or datetime(2026, 3, 5, 10, 15, tzinfo=UTC)
        self._passed_s = 0.0
        self.step_s = step_s

    def now(self) -> datetime:
        self._passed_s += self.step_s
        return self._start + timedelta(seconds=self._passed_s)

    def monotonic_s(self) -> float:
        self._passed_s += self.step_s
        return self._passed_s

    def sleep(self, wait_s: float) -> None:
        self._passed_s += wait_s

    def wait(self, change: threading.Condition, wait_s: float) -> None:
        """Let others have a moment; if none of them moves, the time is over."""
        if not change.wait(0.002):
            self.sleep(wait_s)

    def move(self, **duration: float) -> None:
        self._passed_s += timedelta(**duration).total_seconds()
