"""Slots that stand open and that nobody wants: whoever could use one is told."""

from __future__ import annotations

import math
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

_MEAN_S = 0.3
"""Over so long: whoever has just been answered asks again within this, or not at all."""

_ENOUGH = 0.75
"""So many slots, in the mean: requests come in crowds, and between two of them many are open that
are all taken a moment later; so what counts is no single moment."""

_BEGINS_S, _WANTS = 0.3, 4.0
"""Whoever is told yes needs so long until it wants the first, and in the end may want so many."""


class Spare:
    """Keeps how many slots are spare, and who wants to hear of it.

    Args:
        lock: The pace's; held by whoever calls ``note``, ``take`` and ``heard_by``.
    """

    def __init__(self, lock: threading.Lock) -> None:
        self._lock = lock
        self._free = 0
        self._mean = 0.0
        self._noted_s = 0.0
        self._taken_s: deque[float] = deque()
        self._listeners: list[Callable[[], None]] = []

    def note(self, now: float, free: int) -> None:
        """Hear how many slots nobody wants now."""
        kept = math.exp(-max(0.0, now - self._noted_s) / _MEAN_S)
        self._mean = kept * self._mean + (1.0 - kept) * self._free
        self._noted_s = now
        self._free = max(0, free)

    def take(self, now: float) -> bool:
        """Say whether slots have been spare for a while, and count on them.

        Whoever is told yes begins something that will want some: they count as taken for a while.
        """
        while self._taken_s and now - self._taken_s[0] >= _BEGINS_S:
            self._taken_s.popleft()
        if not self._free or self._mean < _ENOUGH + _WANTS * len(self._taken_s):
            return False
        self._taken_s.append(now)
        return True

    @contextmanager
    def listened(self, heard: Callable[[], None]) -> Iterator[None]:
        """Have a function called whenever slots are spare, as long as the block lasts."""
        with self._lock:
            self._listeners.append(heard)
        try:
            yield
        finally:
            with self._lock:
                self._listeners.remove(heard)

    def heard_by(self) -> Sequence[Callable[[], None]]:
        """Say whom to tell, if slots are spare; without the lock."""
        return tuple(self._listeners) if self._free else ()
