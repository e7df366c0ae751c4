"""Deciders that open so many slots from the beginning, and obey orders to wait as ever."""

from __future__ import annotations

from strongroom.pace.pace import Deciders
from strongroom.slots.batches import Sizer
from strongroom.slots.climb import Climb
from strongroom.slots.controller import Controller
from strongroom.slots.cost import Costs
from strongroom.slots.lanes import Lanes


class _OpenController(Controller):
    count = 1

    def limit(self, now: float) -> int:
        return min(super().limit(now), 1) * self.count

    def lane_limit(self, now: float, lane: str) -> int:
        return min(super().lane_limit(now, lane), 1) * self.count


def open_slots(count: int) -> Deciders:
    """Make deciders with so many slots, for one lane as for all."""

    def make() -> tuple[Controller, Sizer]:
        costs, lanes = Costs(), Lanes()
        climb = Climb(costs)
        controller = _OpenController(costs, climb, lanes)
        controller.count = count
        return controller, Sizer(costs, climb, lanes)

    return make
