"""The few slots that slow lanes share: they would in time hold every slot, each stays so long."""

from __future__ import annotations

from strongroom.slots.api import Sample

_FIRST, PER_LANE = 2.0, 2
"""Slots at first, and of one lane at most: a database that is full gives no more for more."""

_STEADY, _WORSE = 0.3, 0.6
"""``ln`` of latency above what is usual among them: below the first their slots grow, above the
second they shrink."""

_GROWS, _WORSE_KEPT, _LATE_KEPT = 0.1, 0.8, 0.6
"""Ten good answers of each slot make one slot more."""

_LEVEL_FOLLOWS = 0.05
"""Of each answer, in what is usual."""


class SlowGroup:
    """How many requests all slow lanes together may have in flight.

    Attributes:
        slots: So many.
        in_flight: Those that are.
    """

    def __init__(self) -> None:
        self.slots = _FIRST
        self.in_flight = 0
        self._level: float | None = None
        self._cut_s = -1.0

    def count(self, change: int) -> None:
        """Count requests that began or ended, or whose lane became slow or is not any more."""
        self.in_flight = max(0, self.in_flight + change)

    def answered(self, sample: Sample, residual: float, most: float) -> None:
        """Learn from a success: like all lanes' slots, but slowly and by itself.

        Args:
            sample: It.
            residual: ``ln`` of its latency over its cost.
            most: As many slots as normal lanes have.
        """
        if self._level is None:
            self._level = residual
        worse = residual - self._level
        self._level += _LEVEL_FOLLOWS * worse
        if worse < _STEADY:
            self.slots = min(self.slots + _GROWS / self.slots, max(_FIRST, most))
        elif worse > _WORSE:
            self._cut(sample, _WORSE_KEPT)

    def timed_out(self, sample: Sample) -> None:
        """Learn from a request that was not answered in time."""
        self._cut(sample, _LATE_KEPT)

    def _cut(self, sample: Sample, kept: float) -> None:
        # Once for all that were on their way together.
        if sample.started > self._cut_s:
            self._cut_s = sample.finished
            self.slots = max(1.0, kept * self.slots)
