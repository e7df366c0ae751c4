"""Quotas that the server announces: what is left is spread over the time until it is refilled.

A service may count by application, and then every answer speaks of the same quota; or by mailbox or
site, and then answers for different lanes contradict each other. It says only how much is left, so
which it is must be seen from that.
"""

from __future__ import annotations

from strongroom.slots.api import FOREVER, Sample

_RESERVE = 0.9
"""Part of what is left that is planned for: others may use the same quota."""

_SLOWEST = 0.02
"""Requests per second at the least: one a minute learns that the quota was refilled."""

_AT_ONCE = 1.5
"""Requests that may be saved up while nothing was started."""

_WHOLE = 1.0 - 1e-6
"""One request that was saved up: what sums of fractions come to."""

_EXTRA_S = 0.2
"""After the announced time: clocks differ."""


_CONTRADICTIONS = 3
"""So often another lane must have more left than the last one had: once may be two answers that
overtook each other."""


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
        return self._saved >= _WHOLE

    def spread_over_s(self, now: float) -> float:
        """Say for how many seconds starts are still paced; 0 while they are not."""
        return 0.0 if self._pace is None else max(0.0, self._until_s - now)

    def wake_at(self, now: float) -> float:
        """Say when the next one may be started."""
        if self._pace is None or self._saved >= _WHOLE:
            return FOREVER
        return min(self._until_s, now + (1.0 - self._saved) / self._pace)

    def start(self) -> None:
        """Count a request."""
        self._starts += 1
        if self._pace is not None:
            self._saved -= 1.0

    def announced(self, sample: Sample, in_flight: int) -> None:
        """Learn from what an answer says of the quota.

        Args:
            sample: The answer.
            in_flight: Requests that will still be counted against what is left.
        """
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


class Quotas:
    """One quota for the server; or one for each lane, as soon as that is what they announce."""

    def __init__(self) -> None:
        self._of_all = Quota()
        self._of_lanes: dict[str, Quota] = {}
        self._is_by_lane = False
        self._contradictions = 0
        self._last: Sample | None = None

    def allows(self, now: float) -> bool:
        """Say whether one more may be started, whatever the lane."""
        return self._is_by_lane or self._of_all.allows(now)

    def allows_lane(self, now: float, lane: str) -> bool:
        """Say whether one more may be started in a lane."""
        return not self._is_by_lane or self._of(lane).allows(now)

    def spread_over_s(self, now: float) -> float:
        """Say for how many seconds starts are still paced; 0 while they are not."""
        if not self._is_by_lane:
            return self._of_all.spread_over_s(now)
        return max((one.spread_over_s(now) for one in self._of_lanes.values()), default=0.0)

    def wake_at(self, now: float) -> float:
        """Say when the next one may be started."""
        if not self._is_by_lane:
            return self._of_all.wake_at(now)
        return min((one.wake_at(now) for one in self._of_lanes.values()), default=FOREVER)

    def start(self, lane: str) -> None:
        """Count a request."""
        self._of_all.start()
        self._of(lane).start()

    def forget(self, lane: str) -> None:
        """Let a lane go that nobody works in any more."""
        self._of_lanes.pop(lane, None)

    def announced(self, sample: Sample, in_flight: int, in_lane: int) -> None:
        """Learn from what an answer says.

        Args:
            sample: The answer.
            in_flight: Requests still on their way, to any lane.
            in_lane: And to this one.
        """
        if sample.quota_left is None:
            return
        self._look_whose_it_is(sample, sample.quota_left)
        self._of_all.announced(sample, in_flight)
        self._of(sample.lane).announced(sample, in_lane)

    def _look_whose_it_is(self, sample: Sample, left: float) -> None:
        last, self._last = self._last, sample
        if last is None or last.quota_left is None or last.lane == sample.lane:
            return
        is_refilled = sample.finished >= last.finished + (last.quota_reset or 0.0)
        if left > last.quota_left + 1e-9 and not is_refilled:
            self._contradictions += 1
            self._is_by_lane = self._contradictions >= _CONTRADICTIONS

    def _of(self, lane: str) -> Quota:
        found = self._of_lanes.get(lane)
        if found is None:
            found = self._of_lanes[lane] = Quota()
        return found
