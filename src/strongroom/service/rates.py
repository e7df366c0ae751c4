"""How fast sums grew lately."""

from __future__ import annotations

from collections import deque

_LOOKS = 60
"""So many looks are kept: a rate is that of the whole time to a sixtieth of it."""


class Rates:
    """How fast several sums grew, over at most some seconds up to now. For one thread at a time.

    Args:
        over_s: At most so many.
        at_s: When it begins, with sums of nothing.
        count: How many sums.
    """

    def __init__(self, over_s: float, at_s: float, count: int) -> None:
        self._over_s = over_s
        self._seen: deque[tuple[float, tuple[float, ...]]] = deque([(at_s, (0,) * count)])

    def look(self, at_s: float, *sums: float) -> tuple[float, ...]:
        """Hear how large the sums are now; give how fast they grow, per second."""
        first_s, first = self._from(at_s)
        passed_s = at_s - first_s
        if at_s - self._seen[-1][0] >= self._over_s / _LOOKS:
            self._seen.append((at_s, sums))
        if passed_s <= 0.0:
            return (0.0,) * len(sums)
        return tuple((now - before) / passed_s for now, before in zip(sums, first, strict=True))

    def _from(self, at_s: float) -> tuple[float, tuple[float, ...]]:
        """Give the look from which on it counts: the latest that is old enough, or the first."""
        while len(self._seen) > 1 and self._seen[1][0] <= at_s - self._over_s:
            self._seen.popleft()
        return self._seen[0]
