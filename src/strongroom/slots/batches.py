"""How many items go into the next request.

The fixed cost of a request should be a twentieth of it: larger batches would win nothing any more.
But no answer should take many seconds, or a failure costs too much and slots move too slowly; and
while the slots are still growing, small batches tell sooner what they are worth. Trouble makes
batches smaller at once and larger again only slowly.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate

from strongroom.slots.api import Outcome, Sample
from strongroom.slots.climb import Climb
from strongroom.slots.cost import MEGABYTE, Cost, Costs, kind_of
from strongroom.slots.lanes import Lanes

_FIXED_COSTS = 20.0
"""A request costs so many times what it costs before its first item: that is 5 %."""

_FIXED_COSTS_GROWING = 4.0
"""While slots grow: a quarter for the base buys four times as many answers to judge by."""

_SECONDS, _SECONDS_PER_SLOT, _SECONDS_MAX = 2.0, 1.5, 12.0
"""No answer takes longer. With few slots less: a score of answers must come before the slots are
looked at again, and that should not take minutes."""

_BYTES_MAX = 12_000_000
"""An answer is held in memory, and what breaks is fetched once more."""

_FIRST_REACH, _REACH_GROWS = 0.2, 1.03
"""Batches grow by little at a time: of requests that are all alike nobody can tell what they cost
before their first item, and a jump might be far too large."""

_LARGER, _FIRST_ITEMS = 1.3, 40.0
"""A batch has at most so many times the items that one was answered with, and 40 at first. As long
as all are alike their items may seem to cost nothing, and only a larger one tells."""

_CAUTION_FADES = 1.004
"""After trouble they become larger again only slowly: it would come back."""

_TIMEOUT, _BREAK = 0.7, 0.85
"""What is left of the batch's size after each; two timeouts halve it."""

_CAUTION_MIN, _CAUTION_MIN_BREAKING = 0.05, 0.2
"""A line that breaks says less of the size than an answer that is late."""


class Sizer:
    """Sizes batches for one server.

    Args:
        costs: What requests cost.
        climb: Whether the slots still grow.
        lanes: Which lanes are slow.
    """

    def __init__(self, costs: Costs, climb: Climb, lanes: Lanes) -> None:
        self._costs = costs
        self._climb = climb
        self._lanes = lanes
        self._reach = _FIRST_REACH
        self._caution = 1.0
        self._broke_s = -1.0
        self._items_max: dict[str, float] = {}

    def take(  # noqa: D417 - the others as the interface says
        self,
        now: float,  # noqa: ARG002
        lane: str,
        sizes: Sequence[int],
        kind: str = "",
        spread_over: int = 1,
    ) -> int:
        """As the interface says.

        Args:
            kind: What sort of request it is to be.
            spread_over: Nothing else waits, and so many requests could be in flight: better small
                ones side by side than a large one alone. Not smaller than while slots grow.
        """
        cost = self._costs.of_kind(kind)
        wish_s, bytes_max = self._wish(cost, lane)
        most = sizes[: int(self._items_max.setdefault(kind, _FIRST_ITEMS))]
        count = _fitting(cost, most, wish_s, bytes_max)
        if spread_over > 1:
            least = _fitting(cost, most, _FIXED_COSTS_GROWING * cost.base_s, bytes_max)
            count = min(count, max(least, math.ceil(len(sizes) / spread_over)))
        return count

    def on_result(self, sample: Sample) -> None:
        """As the interface says."""
        items_max = self._items_max.get(kind_of(sample))
        if items_max is None:
            return
        if sample.outcome == Outcome.OK:
            self._items_max[kind_of(sample)] = max(items_max, _LARGER * sample.items)
            if not self._is_probing:
                self._reach = min(1.0, _REACH_GROWS * self._reach)
                self._caution = min(1.0, _CAUTION_FADES * self._caution)
        elif sample.outcome == Outcome.TIMEOUT:
            self._beware(_TIMEOUT, _CAUTION_MIN)
        elif sample.outcome == Outcome.BROKEN and sample.started > self._broke_s:
            # What breaks at once, broke for one reason.
            self._broke_s = sample.finished
            self._beware(_BREAK, _CAUTION_MIN_BREAKING)

    @property
    def _is_probing(self) -> bool:
        """Whether slots are still tried out: not if nobody takes those that are open."""
        return self._climb.is_growing and self._climb.is_wanted

    def _beware(self, factor: float, least: float) -> None:
        self._caution = min(self._caution, max(least, factor * self._caution))

    def _wish(self, cost: Cost, lane: str) -> tuple[float, float]:
        """Say how many seconds and bytes a request should have."""
        known = self._lanes.of(lane)
        slowness = math.exp(max(0.0, known.residual)) if known.is_slow else 1.0
        wish_s = _FIXED_COSTS * cost.base_s * self._reach * self._caution
        if self._is_probing:
            wish_s = min(wish_s, _FIXED_COSTS_GROWING * cost.base_s)
        longest_s = min(_SECONDS_MAX, _SECONDS + _SECONDS_PER_SLOT * self._climb.slots)
        return min(longest_s * self._caution / slowness, wish_s), _BYTES_MAX * self._caution


def _fitting(cost: Cost, sizes: Sequence[int], wish_s: float, bytes_max: float) -> int:
    """Say how many of the items one request of so many seconds and bytes holds, at least one."""
    item_s, byte_s, left_s = cost.item_s, cost.megabyte_s / MEGABYTE, wish_s - cost.base_s
    # However small they are, no more fit in than this.
    most = max(1, min(len(sizes), int(left_s / item_s) + 1))
    totals = list(accumulate(sizes[:most]))
    in_bytes = bisect_right(totals, bytes_max)
    in_time = bisect_right(range(most), left_s, key=lambda i: item_s * (i + 1) + byte_s * totals[i])
    return max(1, min(in_bytes, in_time))
