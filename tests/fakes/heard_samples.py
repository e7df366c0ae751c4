"""Deciders as ever that write down what they hear."""

from __future__ import annotations

from strongroom.pace.pace import Deciders
from strongroom.slots.api import Sample
from strongroom.slots.batches import Sizer
from strongroom.slots.climb import Climb
from strongroom.slots.controller import Controller
from strongroom.slots.cost import Costs
from strongroom.slots.lanes import Lanes


class _HearingController(Controller):
    heard: list[Sample]

    def on_result(self, sample: Sample) -> None:
        self.heard.append(sample)
        super().on_result(sample)


def hearing(heard: list[Sample]) -> Deciders:
    """Make deciders that add every finished request to a list."""

    def make() -> tuple[Controller, Sizer]:
        costs, lanes = Costs(), Lanes()
        climb = Climb(costs)
        controller = _HearingController(costs, climb, lanes)
        controller.heard = heard
        return controller, Sizer(costs, climb, lanes)

    return make
