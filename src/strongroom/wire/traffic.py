"""What went over the line, counted for the ledger's totals."""

from __future__ import annotations

import threading
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """Totals at a moment.

    Attributes:
        requests: Attempts sent, failed ones included.
        bytes_read: Bytes of answers' bodies.
        bytes_sent: Bytes of requests' bodies.
        throttled: Answers that told us to go slower.
    """

    requests: int = 0
    bytes_read: int = 0
    bytes_sent: int = 0
    throttled: int = 0


class TrafficMeter:
    """Adds up traffic. Safe in many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._now = Traffic()

    def add(
        self, *, requests: int = 0, bytes_read: int = 0, bytes_sent: int = 0, throttled: int = 0
    ) -> None:
        """Add to the totals."""
        with self._lock:
            now = self._now
            self._now = Traffic(
                requests=now.requests + requests,
                bytes_read=now.bytes_read + bytes_read,
                bytes_sent=now.bytes_sent + bytes_sent,
                throttled=now.throttled + throttled,
            )

    def now(self) -> Traffic:
        """Say the totals."""
        with self._lock:
            return self._now
