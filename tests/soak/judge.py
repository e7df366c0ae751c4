"""The program's own deciders, and beside them a judge who writes down what was done against orders.

It hears what the adapters made of the server's answers and sees when requests go, in the pace's own
order and under its lock, so that no request can cross an order on its way.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from strongroom.pace.pace import Deciders
from strongroom.slots.api import Outcome, Sample, Scope
from strongroom.slots.batches import Sizer
from strongroom.slots.climb import Climb
from strongroom.slots.controller import Controller
from strongroom.slots.cost import Costs
from strongroom.slots.lanes import Lanes


@dataclass(slots=True)
class Judge:
    """What it saw.

    Attributes:
        orders: Refusals with a wait.
        against: Requests that went although the server, or their mailbox, was to be left alone.
        starts_s: When each request went.
        samples: What became of them.
        on_sample: Called with each, under the pace's lock.
    """

    orders: int = 0
    against: list[str] = field(default_factory=list)
    starts_s: list[float] = field(default_factory=list)
    samples: list[Sample] = field(default_factory=list)
    on_sample: Callable[[Sample], None] = lambda _: None
    _until_s: dict[str | None, float] = field(default_factory=dict)

    def sent(self, now: float, lane: str) -> None:
        """See that a request goes."""
        self.starts_s.append(now)
        for whom in (None, lane):
            if now < self._until_s.get(whom, now):
                self.against.append(f"{lane} at {now:.2f}, shut until {self._until_s[whom]:.2f}")

    def ended(self, sample: Sample) -> None:
        """Hear what became of one."""
        self.samples.append(sample)
        if sample.retry_after and sample.outcome != Outcome.OK:
            self.orders += 1
            whom = sample.lane if sample.scope == Scope.LANE else None
            until_s = sample.finished + sample.retry_after
            self._until_s[whom] = max(until_s, self._until_s.get(whom, until_s))
        self.on_sample(sample)


class _Judged(Controller):
    judge: Judge

    def on_start(self, now: float, lane: str) -> None:
        self.judge.sent(now, lane)
        super().on_start(now, lane)

    def on_result(self, sample: Sample) -> None:
        super().on_result(sample)
        self.judge.ended(sample)


def judged_by(judge: Judge) -> Deciders:
    """Make the program's own deciders, under a judge's eyes."""

    def make() -> tuple[Controller, Sizer]:
        costs, lanes = Costs(), Lanes()
        climb = Climb(costs)
        controller = _Judged(costs, climb, lanes)
        controller.judge = judge
        return controller, Sizer(costs, climb, lanes)

    return make
