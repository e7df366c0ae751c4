"""When the server says that somebody asks too much.

Source:
    https://learn.microsoft.com/sharepoint/dev/general-development/how-to-avoid-getting-throttled-or-blocked-in-sharepoint-online
"""

from __future__ import annotations

import math
import threading
from collections import deque
from dataclasses import dataclass, field

from strongroom.clock import Clock
from strongroom.lab.https import Response

_WINDOW_S = 60
_COST = 2
_TOLD_FROM = 0.8
_TEXTS = {
    429: b"429 TOO MANY REQUESTS",
    503: b"The server is busy now. Try again later.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Busy:
    """One refusal.

    Attributes:
        status: 429 or 503.
        wait_s: What ``Retry-After`` says; None: nothing, as farms do.
    """

    status: int = 429
    wait_s: int | None = 10


@dataclass(slots=True, kw_only=True)
class Throttle:
    """Counts resource units, and refuses. Safe to call from many threads.

    Attributes:
        limit: Units a minute for each application or person; None: as many as they like.
        planned: Refusals that come next, whoever asks.
        planned_inside: The same for questions within batches: the batch itself is answered.
    """

    clock: Clock
    limit: int | None = None
    planned: deque[Busy] = field(default_factory=deque)
    planned_inside: deque[Busy] = field(default_factory=deque)
    refused: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _used: dict[str, tuple[int, int]] = field(default_factory=dict, repr=False)

    def enter(self, who: str) -> Response | None:
        """Count a request; give the refusal if it is one too many."""
        with self._lock:
            if self.planned:
                return self._refuse(self.planned.popleft())
            if self.limit is None:
                return None
            minute, used = self._count(who)
            self._used[who] = minute, used + _COST
            if used + _COST <= self.limit:
                return None
            refusal = self._refuse(Busy(status=429, wait_s=self._left_s()))
            refusal.headers += self._told(used + _COST)
            return refusal

    def enter_inside(self) -> Response | None:
        """Give the refusal of a question within a batch, if one was planned."""
        with self._lock:
            return self._refuse(self.planned_inside.popleft()) if self.planned_inside else None

    def headers(self, who: str) -> list[tuple[str, str]]:
        """Give what an answer says of the limit: nothing before most of it is used."""
        with self._lock:
            if self.limit is None:
                return []
            used = self._count(who)[1]
            return self._told(used) if used >= _TOLD_FROM * self.limit else []

    def _count(self, who: str) -> tuple[int, int]:
        minute = int(self.clock.now().timestamp()) // _WINDOW_S
        known, used = self._used.get(who, (minute, 0))
        return minute, used if known == minute else 0

    def _left_s(self) -> int:
        return _WINDOW_S - math.floor(self.clock.now().timestamp()) % _WINDOW_S

    def _told(self, used: int) -> list[tuple[str, str]]:
        assert self.limit is not None
        return [
            ("RateLimit-Limit", str(self.limit)),
            ("RateLimit-Remaining", str(max(0, self.limit - used))),
            ("RateLimit-Reset", str(self._left_s())),
        ]

    def _refuse(self, busy: Busy) -> Response:
        self.refused += 1
        headers = [("Content-Type", "text/plain; charset=utf-8")]
        if busy.wait_s is not None:
            headers.append(("Retry-After", str(busy.wait_s)))
        return Response(status=busy.status, headers=headers, body=_TEXTS.get(busy.status, b""))
