"""A fixed setting: what somebody gets who knows the server and sets slots and batches by hand.

It waits when it is told to, as any decent client does, and learns nothing. Beside it the program's
own pace must hold its own (``sweep.py``). Nothing but the seam is shared with what it judges.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from strongroom.pace.pace import Deciders
from strongroom.slots.api import FOREVER, Outcome, Sample, Scope
from strongroom.slots.batches import Sizer
from strongroom.slots.climb import Climb
from strongroom.slots.controller import Controller
from strongroom.slots.cost import Costs
from strongroom.slots.lanes import Lanes
from strongroom.words.pace import Limit

_UNTOLD_S = 5.0
"""How long it stays away after "too much" without a word of how long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What is set by hand.

    Attributes:
        slots: Requests in flight at a time.
        items: Most items in a request.
        lane: Most requests at a time for one mailbox; 0: as many as there are slots.
    """

    slots: int
    items: int
    lane: int = 0

    def __str__(self) -> str:
        lane = f", {self.lane} each" if self.lane else ""
        return f"{self.slots} x {self.items}{lane}"


class _FixedController(Controller):
    def __init__(self, setting: Setting) -> None:
        costs = Costs()
        super().__init__(costs, Climb(costs), Lanes())
        self._slots = setting.slots
        self._lane_slots = setting.lane or setting.slots
        self._shut_until_s: dict[str | None, float] = {}

    def limit(self, now: float) -> int:
        return 0 if now < self._opens_s(None) else self._slots

    def lane_limit(self, now: float, lane: str) -> int:
        return 0 if now < self._opens_s(lane) else self._lane_slots

    def wake_at(self, now: float) -> float:
        return min((one for one in self._shut_until_s.values() if one > now), default=FOREVER)

    def share(self, lane: str) -> int:
        return self._lane_slots

    def leave(self, lane: str) -> None:
        pass

    @property
    def is_away(self) -> bool:
        return False

    def shut_for_s(self, now: float, lane: str) -> float:
        return max(0.0, self._opens_s(None) - now, self._opens_s(lane) - now)

    def limits(self, now: float) -> tuple[Limit, ...]:
        return ()

    def on_start(self, now: float, lane: str) -> None:
        pass

    def dropped(self, now: float, lane: str) -> None:
        pass

    def told_to_wait(self, now: float, lane: str | None, seconds: float) -> bool:
        self._shut_until_s[lane] = max(self._opens_s(lane), now + seconds)
        return True

    def on_result(self, sample: Sample) -> None:
        wait_s = sample.retry_after
        if wait_s is None and sample.outcome == Outcome.THROTTLED:
            wait_s = _UNTOLD_S
        if wait_s is not None and sample.outcome != Outcome.OK:
            whom = sample.lane if sample.scope == Scope.LANE else None
            self._shut_until_s[whom] = max(self._opens_s(whom), sample.finished + wait_s)

    def _opens_s(self, whom: str | None) -> float:
        return self._shut_until_s.get(whom, 0.0)


class _FixedSizer(Sizer):
    def __init__(self, setting: Setting) -> None:
        costs = Costs()
        super().__init__(costs, Climb(costs), Lanes())
        self._items = setting.items

    def take(
        self, now: float, lane: str, sizes: Sequence[int], kind: str = "", spread_over: int = 1
    ) -> int:
        return min(len(sizes), self._items)

    def on_result(self, sample: Sample) -> None:
        pass


def fixed(setting: Setting) -> Deciders:
    """Make deciders that never change their mind."""
    return lambda: (_FixedController(setting), _FixedSizer(setting))
