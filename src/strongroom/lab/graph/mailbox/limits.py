"""How much one application may ask of one mailbox.

==================  =====================  ===============================================
limit               documented             said
==================  =====================  ===============================================
requests at once    4                      ``Application is over its MailboxConcurrency limit.``
requests            10,000 in 10 minutes   the same of ``MailboxRequests`` (not confirmed)
bytes brought       150 MB in 5 minutes    the same of ``IncomingBytes``
==================  =====================  ===============================================

What is brought to an import session counts like all else here; nothing says whether it does.

Source:
    https://learn.microsoft.com/graph/throttling-limits
    https://github.com/alcionai/corso/issues/3695 (the words of the first)
"""

from __future__ import annotations

import math
import threading
from collections import Counter, deque
from dataclasses import dataclass, field

from strongroom.clock import Clock
from strongroom.lab.graph.errors import GraphError

Who = tuple[str, str]
"""An application and the mailbox that it asks about."""

_REQUESTS_S = 600.0
_BYTES_S = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Busy:
    """One refusal.

    Attributes:
        limit: Which limit it speaks of; empty: of none, as the gateway itself does.
        wait_s: What ``Retry-After`` says; None: nothing.
    """

    status: int = 429
    limit: str = "MailboxConcurrency"
    wait_s: int | None = 1


@dataclass(slots=True, kw_only=True)
class Limits:
    """Counts what comes, and refuses. Safe to call from many threads.

    Attributes:
        at_once, requests, upload_bytes: The limits; None: there is none.
        wait_s: For how long too many at once are told to wait.
        planned: Refusals that come next, whoever asks.
        planned_inside: The same for questions within batches: the batch itself is answered.
        refused: How many were refused, by the limit that they met.
        most_at_once: The most that was under way for one application in one mailbox.
    """

    clock: Clock
    at_once: int | None = 4
    requests: int | None = 10_000
    upload_bytes: int | None = 150_000_000
    wait_s: int = 1
    planned: deque[Busy] = field(default_factory=deque)
    planned_inside: deque[Busy] = field(default_factory=deque)
    refused: Counter[str] = field(default_factory=Counter)
    most_at_once: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _under_way: Counter[Who] = field(default_factory=Counter, repr=False)
    _windows: dict[tuple[str, Who], tuple[float, int]] = field(default_factory=dict, repr=False)

    def enter(self, who: Who, upload_bytes: int, *, is_in_batch: bool = False) -> Slot:
        """Let a request in.

        Raises:
            GraphError: 429, or what was planned.
        """
        with self._lock:
            planned = self.planned_inside if is_in_batch else self.planned
            if planned:
                raise self._refuse(planned.popleft())
            if self.at_once is not None and self._under_way[who] >= self.at_once:
                raise self._refuse(Busy(wait_s=self.wait_s))
            told = (
                ("MailboxRequests", 1, self.requests, _REQUESTS_S),
                ("IncomingBytes", upload_bytes, self.upload_bytes, _BYTES_S),
            )
            for name, amount, limit, window_s in told:
                self._check(name, who, limit if amount else None, window_s)
            for name, amount, _, window_s in told:
                self._count(name, who, amount, window_s)
            self._under_way[who] += 1
            self.most_at_once = max(self.most_at_once, self._under_way[who])
            return Slot(self, who)

    def leave(self, who: Who) -> None:
        """Let a request out."""
        with self._lock:
            self._under_way[who] -= 1

    def _check(self, name: str, who: Who, limit: int | None, window_s: float) -> None:
        begin, used = self._window(name, who, window_s)
        # What goes over the limit is let in, and the next is not: else what is larger than the
        # limit would never be.
        if limit is not None and used >= limit:
            wait_s = begin + window_s - self.clock.now().timestamp()
            raise self._refuse(Busy(limit=name, wait_s=max(1, math.ceil(wait_s))))

    def _count(self, name: str, who: Who, amount: int, window_s: float) -> None:
        begin, used = self._window(name, who, window_s)
        self._windows[name, who] = begin, used + amount

    def _window(self, name: str, who: Who, window_s: float) -> tuple[float, int]:
        """Give when the window began and what was used in it."""
        now = self.clock.now().timestamp()
        begin, used = self._windows.get((name, who), (now, 0))
        return (now, 0) if now - begin >= window_s else (begin, used)

    def _refuse(self, busy: Busy) -> GraphError:
        self.refused[busy.limit] += 1
        headers = {} if busy.wait_s is None else {"Retry-After": str(busy.wait_s)}
        if busy.limit:
            message = f"Application is over its {busy.limit} limit."
            return GraphError(busy.status, "ApplicationThrottled", message, headers=headers)
        code = "TooManyRequests" if busy.status == 429 else "serviceNotAvailable"
        return GraphError(busy.status, code, "Too many requests.", headers=headers)


class Slot:
    """A request that is under way; leaving twice is leaving once."""

    def __init__(self, limits: Limits, who: Who) -> None:
        self._limits = limits
        self._who = who
        self._is_in = True

    def leave(self) -> None:
        """Let it out."""
        if self._is_in:
            self._is_in = False
            self._limits.leave(self._who)
