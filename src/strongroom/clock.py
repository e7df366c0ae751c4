"""The one door through which the program reads time and waits."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Time as the caller is allowed to see it. Every method is safe to call from many threads."""

    def now(self) -> datetime:
        """Say the wall-clock time: aware, UTC."""

    def monotonic_s(self) -> float:
        """Say a time that never goes back, in seconds from some moment."""

    def sleep(self, wait_s: float) -> None:
        """Wait that many seconds."""

    def wait(self, change: threading.Condition, wait_s: float) -> None:
        """Wait that many seconds, or until somebody notifies the condition, which we hold."""


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """Say the wall-clock time: aware, UTC."""
        return datetime.now(UTC)  # noqa: TID251 - this is the door

    def monotonic_s(self) -> float:
        """Say a time that never goes back, in seconds from some moment."""
        return time.monotonic()

    def sleep(self, wait_s: float) -> None:
        """Wait that many seconds."""
        time.sleep(wait_s)  # noqa: TID251 - this is the door

    def wait(self, change: threading.Condition, wait_s: float) -> None:
        """Wait that many seconds, or until somebody notifies the condition, which we hold."""
        change.wait(min(wait_s, threading.TIMEOUT_MAX))
