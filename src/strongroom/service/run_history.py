"""What became of a run's requests over time, in few enough stretches for a line on a terminal."""

from __future__ import annotations

from dataclasses import replace

from strongroom.words.merging_pace import STRETCHES_MAX
from strongroom.words.pace import PacePoint

_FIRST_STRETCH_S = 1


class RunHistory:
    """Sums per stretch of time; when there are too many, two become one.

    Unlike that of a server's pace (``pace.history``) it begins with the run, however long the
    process has spoken with the server already, and goes on when the run does.

    Attributes:
        stretch_s: How long a stretch is, in seconds.

    Args:
        at_s: When it begins.
    """

    def __init__(self, at_s: float) -> None:
        self.total = PacePoint(at_s=at_s, slots=0)
        self.points: list[PacePoint] = []
        self.slots_most = 0
        self.slots_least: int | None = None
        self.stretch_s = _FIRST_STRETCH_S

    def add(self, point: PacePoint) -> None:
        """Add what happened since the last time."""
        self.total = _sum(self.total, point)
        self.saw(point.slots)
        self._append(point)
        while len(self.points) > STRETCHES_MAX:
            self.stretch_s *= 2
            points, self.points = self.points, []
            for one in points:
                self._append(one)

    def saw(self, slots: int) -> None:
        """Know that so many slots were open once."""
        self.slots_most = max(self.slots_most, slots)
        self.slots_least = slots if self.slots_least is None else min(self.slots_least, slots)

    def _append(self, point: PacePoint) -> None:
        last = self.points[-1] if self.points else None
        if last is not None and self._stretch(last) == self._stretch(point):
            self.points[-1] = _sum(last, point)
        else:
            self.points.append(point)

    def _stretch(self, point: PacePoint) -> int:
        return int(point.at_s // self.stretch_s)


def _sum(before: PacePoint, point: PacePoint) -> PacePoint:
    return replace(
        point,
        requests=before.requests + point.requests,
        items=before.items + point.items,
        byte_count=before.byte_count + point.byte_count,
        throttled=before.throttled + point.throttled,
        failed=before.failed + point.failed,
    )
