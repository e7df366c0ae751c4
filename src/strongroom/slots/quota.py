"""Quotas that the server announces: what is left is spread over the time until it is refilled."""

from __future__ import annotations

from strongroom.slots.api import FOREVER, Sample

_RESERVE = 0.9
"""Part of what is left that is planned for: others may use the same quota."""

_SLOWEST = 0.02
"""Requests per second at the least: one a minute learns that the quota was refilled."""

_AT_ONCE = 1.5
"""Requests that may be saved up while nothing was started."""

_EXTRA_S = 0.2


class Quota:
    """Paces starts while a quota runs low. Without announcements it never says no."""

    def __init__(self) -> None:
        self._pace: float | None = None
        self._until_s = 0.0
        self._saved = 1.0
        self._saved_s = 0.0
        self._left: float | None = None
        self._unit = 0.0
        self._starts = 0

    def allows(self, now: float) -> bool:
        """Say whether one more may be started."""
        if self._pace is None:
            return True
        if now >= self._until_s:
            self._pace = None
            return True
        self._saved = min(_AT_ONCE, self._saved + max(0.0, now - self._saved_s) * self._pace)
        self._saved_s = now
        return self._saved >= 1.0

    def spread_over_s(self, now: float) -> float:
        """Say for how many seconds starts are still paced; 0 while they are not."""
        return 0.0 if self._pace is None else max(0.0, self._until_s - now)

    def wake_at(self, now: float) -> float:
        """Say when the next one may be started."""
        if self._pace is None or self._saved >= 1.0:
            return FOREVER
        return min(self._until_s, now + (1.0 - self._saved) / self._pace)

    def start(self) -> None:
        """Count a request."""
        self._starts += 1
        if self._pace is not None:
            self._saved -= 1.0

    def announced(self, sample: Sample, in_flight: int) -> None:
        """Learn from what an answer says of the quota."""
        left, reset = sample.quota_left, sample.quota_reset
        if left is None:
            return
        if self._left is not None and self._left > left and self._starts:
            unit = (self._left - left) / self._starts
            self._unit = self._unit + 0.3 * (unit - self._unit) if self._unit else unit
        self._left, self._starts = left, 0
        if not reset or reset <= 0.0 or self._unit <= 0.0:
            return
        if self._pace is None:
            self._saved_s = sample.finished
        more = max(0.0, _RESERVE * left / self._unit - in_flight)
        self._pace = max(_SLOWEST, more / max(0.5, reset))
        self._until_s = sample.finished + reset + _EXTRA_S
