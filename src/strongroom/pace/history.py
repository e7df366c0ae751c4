"""What became of requests over time, in few enough stretches to show a day or a week."""

from __future__ import annotations

from dataclasses import dataclass, replace

from strongroom.slots.api import Outcome, Sample
from strongroom.words.pace import PacePoint

_STRETCHES_MAX, _FIRST_STRETCH_S = 120, 5.0
"""Ten minutes in steps of five seconds, a day in steps of a quarter of an hour."""


@dataclass(slots=True)
class Tally:
    """Sums over some requests.

    Attributes:
        requests: That ended.
        items, byte_count: Of those that went well.
        throttled, failed: Of the others.
    """

    requests: int = 0
    items: int = 0
    byte_count: int = 0
    throttled: int = 0
    failed: int = 0

    def add(self, sample: Sample) -> None:
        """Count a request."""
        self.requests += 1
        if sample.outcome == Outcome.OK:
            self.items += sample.items
            self.byte_count += sample.size
        elif sample.outcome in (Outcome.THROTTLED, Outcome.CONNECTION_LIMIT):
            self.throttled += 1
        else:
            self.failed += 1


class History:
    """Sums per stretch of time; when there are too many, two become one.

    Args:
        now_s: When it begins.
    """

    def __init__(self, now_s: float) -> None:
        self.total = Tally()
        self._began_s = now_s
        self._stretch_s = _FIRST_STRETCH_S
        self._end_s = _FIRST_STRETCH_S
        self._ended: list[PacePoint] = []
        self._current = Tally()

    def add(self, sample: Sample, slots: int) -> None:
        """Count a request that ended, while so many slots were open."""
        self._turn(sample.finished, slots)
        self.total.add(sample)
        self._current.add(sample)

    def points(self, now_s: float, slots: int) -> tuple[PacePoint, ...]:
        """Give the stretches up to now, oldest first, the one that is under way included."""
        self._turn(now_s, slots)
        return (*self._ended, self._point(now_s - self._began_s, slots))

    def _turn(self, now_s: float, slots: int) -> None:
        """End the stretch if its time is over. Stretches without any request are left out."""
        if now_s - self._began_s < self._end_s:
            return
        if self._current.requests:
            self._ended.append(self._point(self._end_s, slots))
            self._current = Tally()
        if len(self._ended) >= _STRETCHES_MAX:
            self._merge(now_s - self._began_s)
        whole = (now_s - self._began_s) // self._stretch_s
        self._end_s = (whole + 1) * self._stretch_s

    def _merge(self, passed_s: float) -> None:
        """Make stretches twice as long. What is now in one that is under way is counted on."""
        self._stretch_s *= 2
        merged: list[PacePoint] = []
        for point in self._ended:
            later = replace(point, at_s=-(-point.at_s // self._stretch_s) * self._stretch_s)
            if merged and merged[-1].at_s == later.at_s:
                merged[-1] = _together(merged[-1], later)
            else:
                merged.append(later)
        if merged[-1].at_s > passed_s:
            last = merged.pop()
            self._current = Tally(
                last.requests, last.items, last.byte_count, last.throttled, last.failed
            )
        self._ended = merged

    def _point(self, at_s: float, slots: int) -> PacePoint:
        now = self._current
        return PacePoint(
            at_s=at_s,
            slots=slots,
            requests=now.requests,
            items=now.items,
            byte_count=now.byte_count,
            throttled=now.throttled,
            failed=now.failed,
        )


def _together(one: PacePoint, later: PacePoint) -> PacePoint:
    return PacePoint(
        at_s=later.at_s,
        slots=later.slots,
        requests=one.requests + later.requests,
        items=one.items + later.items,
        byte_count=one.byte_count + later.byte_count,
        throttled=one.throttled + later.throttled,
        failed=one.failed + later.failed,
    )
