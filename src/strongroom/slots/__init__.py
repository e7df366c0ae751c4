"""How many connections and how large a batch: pure decisions, no threads, no clock, no settings.

``create()`` gives the pair that steers everything which this process sends to one server.
"""

from __future__ import annotations

from strongroom.slots.batches import Sizer
from strongroom.slots.climb import Climb
from strongroom.slots.controller import Controller
from strongroom.slots.cost import Costs
from strongroom.slots.lanes import Lanes

__all__ = ["create"]


def create() -> tuple[Controller, Sizer]:
    """Give a controller and a sizer for one server (see ``api``); they learn together."""
    costs, lanes = Costs(), Lanes()
    climb = Climb(costs)
    return Controller(costs, climb, lanes), Sizer(costs, climb, lanes)
