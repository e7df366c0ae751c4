"""What one setting of the slots was worth, and how much the last few per cent of them cost.

*Elasticity* is the slope of ``ln latency`` over ``ln slots``. 0: more slots cost nothing, the
server works on them side by side. 1: they only wait, and nothing more is done. It is read from the
first differences of neighbouring epochs, so that a server that slows down by itself does not
count, and it needs no latency without load, which nobody ever sees again once a job runs.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from strongroom.slots.api import Sample
from strongroom.slots.cost import MEGABYTE, Costs, Totals, kind_of

_GUESS = 0.5
"""The elasticity of a server that has shown nothing: neither free nor full."""

_GUESS_INFORMATION = 4.0
"""What that guess weighs: it is good to half a unit."""

_ENOUGH = 60.0
"""Information (one over variance) at which older epochs are not looked at: 0.13 is good enough."""

_LOOK_BACK = 16
"""Epochs that are looked at, at most."""

_TAKEN = 0.75
"""Of its slots. An epoch in which fewer were ever taken tells of those that were."""

_DRIFT = 0.002
"""Variance of an epoch's level that no number of requests takes away."""


class Level(NamedTuple):
    """``ln`` of latency over cost, and of how many requests it is the mean."""

    value: float
    requests: float


Levels = Mapping[str, Level]
"""By kind of request. Only levels of one kind can be compared: each has a scale of its own."""


def rise(before: Levels, after: Levels) -> Level:
    """Say how much higher levels are than before, over the kinds that both have.

    Returns:
        The mean rise; ``requests``: what it is worth, 0 if there is no such kind.
    """
    weighted = weight = 0.0
    for kind, level in after.items():
        if (was := before.get(kind)) is not None:
            worth = 1.0 / (1.0 / was.requests + 1.0 / level.requests)
            weighted += worth * (level.value - was.value)
            weight += worth
    return Level(weighted / weight, weight) if weight else Level(0.0, 0.0)


@dataclass(slots=True)
class Epoch:
    """A time during which the slots did not change.

    Attributes:
        began_s: When it began.
        settled_s: From when on its requests count: those that end earlier began under another
            setting. Counting by when requests *began* would leave out the slow ones.
        slots: How many were open.
        requests: Those that count.
        totals, latency_s: Requests, items and megabytes, and seconds, by kind.
        most: In flight at once.
    """

    began_s: float
    settled_s: float
    slots: int
    requests: int = 0
    most: int = 0
    totals: dict[str, Totals] = field(default_factory=dict)
    latency_s: dict[str, float] = field(default_factory=dict)

    @property
    def is_taken(self) -> bool:
        """Whether so many were in flight that it tells of its slots."""
        return self.most >= _TAKEN * self.slots

    @property
    def taken(self) -> int:
        """How many slots it tells of."""
        return self.slots if self.is_taken else max(1, self.most)

    def add(self, sample: Sample, *, counts: bool) -> None:
        """Add a request that succeeded.

        Args:
            sample: It.
            counts: It is of a kind whose cost is known.
        """
        self.requests += counts
        kind = kind_of(sample)
        self.latency_s[kind] = self.latency_s.get(kind, 0.0) + max(1e-3, sample.latency)
        requests, items, megabytes = self.totals.get(kind, (0.0, 0.0, 0.0))
        self.totals[kind] = (
            requests + 1.0,
            items + sample.items,
            megabytes + sample.size / MEGABYTE,
        )

    def levels(self, costs: Costs) -> Levels:
        """Give ``ln`` of latency over cost, by kind.

        From sums, so that the newest costs serve for all epochs. Kinds that are not known yet count
        only where none is.
        """
        found = {}
        for kind, totals in costs.known(self.totals).items():
            spent = max(1e-6, self.latency_s[kind])
            found[kind] = Level(math.log(spent / costs.of_all({kind: totals})), totals[0])
        return found


class Slope(NamedTuple):
    """An elasticity, and how far off it may well be."""

    value: float
    error: float


def elasticity(epochs: Sequence[Epoch], costs: Costs, variance: float) -> Slope:
    """Read the elasticity from the newest epochs, as many as it takes.

    Args:
        epochs: Oldest first.
        costs: The newest.
        variance: Of one request's ``ln`` of latency over cost.
    """
    newest = list(epochs)[-_LOOK_BACK:]
    levels = [one.levels(costs) for one in newest]
    weighted, information = _GUESS * _GUESS_INFORMATION, _GUESS_INFORMATION
    # Epochs that agree worse than chance would have it tell less: others use the server too.
    misfit, seen = 3.0, 3
    for index in range(len(newest) - 1, 0, -1):
        before, after = newest[index - 1], newest[index]
        run = math.log(after.slots / before.slots)
        risen = rise(levels[index - 1], levels[index])
        if not risen.requests:
            continue
        noise = variance / risen.requests + _DRIFT
        misfit += min(9.0, (risen.value - weighted / information * run) ** 2 / noise)
        seen += 1
        noise *= max(1.0, misfit / seen)
        weighted += run * risen.value / noise
        information += run * run / noise
        if information > _ENOUGH:
            break
    return Slope(weighted / information, 1.0 / math.sqrt(information))
