"""How many bytes may be brought to one mailbox: 150 MB in five minutes, as Microsoft documents.

What is documented need not be found out by being refused. Whether what goes to an import session
counts is not documented; it is taken to.

Source:
    https://learn.microsoft.com/graph/throttling-limits (Outlook service limits)
"""

from __future__ import annotations

import threading
from collections import deque

from strongroom.clock import Clock

BYTES_MAX = 150_000_000
WINDOW_S = 300.0


class Incoming:
    """What was brought to one mailbox a short time ago. Safe in many threads.

    Args:
        clock: Time and waiting.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._sent: deque[tuple[float, int]] = deque()
        self._held = 0

    def admit(self, size: int) -> None:
        """Wait until so many bytes more are within the limit, and count them.

        What is larger than the limit itself goes once nothing else was brought for so long.
        """
        while wait_s := self._wait_s(size):
            self._clock.sleep(wait_s)

    def _wait_s(self, size: int) -> float:
        """Count the bytes and give 0, or say how long to wait before asking again."""
        with self._lock:
            now_s = self._clock.monotonic_s()
            while self._sent and self._sent[0][0] + WINDOW_S <= now_s:
                self._held -= self._sent.popleft()[1]
            if not self._sent or self._held + size <= BYTES_MAX:
                self._sent.append((now_s, size))
                self._held += size
                return 0.0
            return self._sent[0][0] + WINDOW_S - now_s
