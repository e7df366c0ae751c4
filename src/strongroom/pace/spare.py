"""Slots that stand open and that nobody wants: whoever could use one is told."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

_SPARE_S = 0.3
"""For so long: whoever has just been answered asks again within this, or not at all."""


class Spare:
    """Keeps since when slots are spare, and who wants to hear of it.

    Args:
        lock: The pace's; held by whoever calls ``note``, ``take`` and ``heard_by``.
    """

    def __init__(self, lock: threading.Lock) -> None:
        self._lock = lock
        self._since_s: float | None = None
        self._listeners: list[Callable[[], None]] = []

    def note(self, now: float, *, is_spare: bool) -> None:
        """Hear whether slots are spare now."""
        if not is_spare:
            self._since_s = None
        elif self._since_s is None:
            self._since_s = now

    def take(self, now: float) -> bool:
        """Say whether slots have been spare for a while, and count on them.

        Whoever is told yes begins something that will want one, so the next is told no for a while.
        """
        if self._since_s is None or now - self._since_s < _SPARE_S:
            return False
        self._since_s = now
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
        return tuple(self._listeners) if self._since_s is not None else ()
