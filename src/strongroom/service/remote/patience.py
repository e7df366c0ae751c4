"""Slows down accounts that are refused again and again.

Each refusal leaves a record in the audit log, so whoever asked without end for what is not theirs
would fill the disk.
"""

from __future__ import annotations

import threading

from strongroom.clock import Clock

FREE = 200
PER_S = 5.0
_LONGEST_WAIT_S = 5.0


class Patience:
    """Counts refusals of accounts. Safe in many threads.

    Args:
        clock: Time.
        free: Refusals that nobody waits for.
        per_s: How many more there may be in a second, in the long run.
    """

    def __init__(self, clock: Clock, *, free: float = FREE, per_s: float = PER_S) -> None:
        self._clock = clock
        self._free = free
        self._per_s = per_s
        self._lock = threading.Lock()
        self._levels: dict[str, float] = {}
        self._counted_s = clock.monotonic_s()

    def refused(self, account: str) -> None:
        """Take note of a refusal, and wait where there were too many."""
        wait_s = self._count(account)
        if wait_s > 0:
            self._clock.sleep(min(wait_s, _LONGEST_WAIT_S))

    def _count(self, account: str) -> float:
        with self._lock:
            now_s = self._clock.monotonic_s()
            drained = (now_s - self._counted_s) * self._per_s
            self._counted_s = now_s
            self._levels = {
                one: level - drained for one, level in self._levels.items() if level > drained
            }
            level = self._levels[account] = self._levels.get(account, 0.0) + 1
            return (level - self._free) / self._per_s
