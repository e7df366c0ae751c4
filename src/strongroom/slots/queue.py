"""How much waits at the server already: how far levels lie above the lowest that they were.

By kind of request, since each has a scale of its own: a time with many listings must not look empty
beside one with many fetches.
"""

from __future__ import annotations

import math

from strongroom.slots.cost import Costs
from strongroom.slots.epochs import Epoch, Levels

_SMOOTH = 0.4
"""Of a new epoch's level, in the smoothed one."""

_FLOOR_LOWER, _FLOOR_NOISE = 0.5, 0.7
"""The floor goes half the way down to what lies below it by more than chance."""

_FLOOR_CREEP = 0.002
"""The floor follows upwards by so much an epoch, so that no lucky epoch holds for ever. Never
faster: whoever holds a small part of a full server sees a slope that looks free, and would forgive
the crowd's queue and join it."""

_GAVE_WAY, _HELPED, _FORGIVEN = 3.0, 0.2, 0.5
"""A third of the slots is left and answers are hardly quicker: what takes long is no queue that
giving way shortens, so half of it is taken for what the server takes now. In a crowd that gives way
together answers get quicker."""


class Queue:
    """Smoothed levels and their floors, by kind."""

    def __init__(self) -> None:
        self._levels: dict[str, float] = {}
        self._floors: dict[str, float] = {}
        self._waited = 0.0
        self._rated: tuple[Epoch, Levels] | None = None
        self._gave_way_from: tuple[float, float] | None = None

    def rate_anew(self, costs: Costs) -> None:
        """Move what is remembered along with the costs that it was divided by.

        Else what changes in the costs, when batches grow, would look like a queue.
        """
        if self._rated is None:
            return
        epoch, before = self._rated
        for kind, level in epoch.levels(costs).items():
            if kind in before and kind in self._floors:
                shift = level.value - before[kind].value
                self._floors[kind] += shift
                self._levels[kind] += shift

    def follow(self, epoch: Epoch, levels: Levels, variance: float, *, is_growing: bool) -> None:
        """Learn from an epoch.

        Args:
            epoch: It.
            levels: Its, by the newest costs.
            variance: Of one request's ``ln`` of latency over cost.
            is_growing: The slots grow; then the floor is not raised, and nothing smoothed.
        """
        known = {kind: level for kind, level in levels.items() if kind in self._floors}
        for kind, (level, requests) in known.items():
            if is_growing:
                self._levels[kind] = level
            else:
                self._levels[kind] += _SMOOTH * (level - self._levels[kind])
            floor = self._floors[kind]
            if level < floor:
                chance = _FLOOR_NOISE * math.sqrt(variance / requests)
                self._floors[kind] = floor + _FLOOR_LOWER * min(0.0, level + chance - floor)
            elif not is_growing:
                self._floors[kind] = floor + _FLOOR_CREEP * (level - floor)
        # What is seen for the first time has waited as long as what is known. In a crowd it would
        # else take the crowd for the empty server.
        waited = self.length(known) if known else self._waited
        for kind in levels.keys() - known.keys():
            self._levels[kind] = levels[kind].value
            self._floors[kind] = levels[kind].value - waited
        self._waited = waited
        self._rated = (epoch, levels)

    def begin_anew(self, levels: Levels) -> None:
        """Take levels as they are: what was before says nothing any more."""
        self._levels.update({kind: level.value for kind, level in levels.items()})

    def give_way(self, slots: float, levels: Levels) -> None:
        """Hear how many slots are left, and see whether having fewer has helped.

        Args:
            slots: The middle of those that are open.
            levels: Of the newest epoch.
        """
        length = self.length(levels)
        if self._gave_way_from is None or slots > self._gave_way_from[0]:
            self._gave_way_from = (slots, length)
            return
        before_slots, before = self._gave_way_from
        if slots > before_slots / _GAVE_WAY:
            return
        if before - length < _HELPED:
            for kind in levels:
                waits = max(0.0, self._levels[kind] - self._floors[kind])
                self._floors[kind] += _FORGIVEN * waits
        self._gave_way_from = (slots, self.length(levels))

    def length(self, levels: Levels) -> float:
        """Say how much waits, in units of ``ln`` latency over cost, in the mean of an epoch."""
        weighted = weight = 0.0
        for kind, level in levels.items():
            weighted += level.requests * (self._levels[kind] - self._floors[kind])
            weight += level.requests
        return max(0.0, weighted / weight) if weight else 0.0
