"""Whatever happens, in whatever order: limits stay within bounds, and nothing stands still."""

from __future__ import annotations

import math
from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from strongroom.slots import create
from strongroom.slots.api import FOREVER, Outcome, Sample, Scope
from strongroom.slots.climb import SLOTS_MAX

LANES = ("a", "b", "c")


@dataclass(frozen=True)
class Step:
    lane: str
    latency: float
    outcome: Outcome
    items: int
    size: int
    scope: Scope
    retry_after: float | None
    quota_left: float | None
    pause: float


steps = st.builds(
    Step,
    lane=st.sampled_from(LANES),
    latency=st.floats(0.001, 200),
    outcome=st.sampled_from(list(Outcome)),
    items=st.integers(1, 500),
    size=st.integers(0, 50_000_000),
    scope=st.sampled_from(list(Scope)),
    retry_after=st.none() | st.floats(0, 600),
    quota_left=st.none() | st.floats(0, 1),
    pause=st.floats(0, 30),
)


class Feeder:
    """Starts what may be started, one at a time, and ends it as the step says."""

    def __init__(self) -> None:
        self.controller, self.sizer = create()
        self.now = 0.0
        self.ordered_until = 0.0
        self.connections = math.inf
        self.told: list[tuple[int, int, float]] = []

    def take(self, step: Step) -> None:
        self.now += step.pause
        limit = self.check(step.lane)
        if limit == 0 or self.controller.lane_limit(self.now, step.lane) == 0:
            return
        assert self.now >= self.ordered_until, "sent against an order to stay away"
        assert 1 <= self.sizer.take(self.now, step.lane, [step.size] * 20) <= 20
        self.controller.on_start(self.now, step.lane)
        began, self.now = self.now, self.now + step.latency
        sample = Sample(
            lane=step.lane,
            started=began,
            finished=self.now,
            outcome=step.outcome,
            items=step.items,
            size=step.size,
            in_flight=1,
            scope=step.scope,
            retry_after=step.retry_after if step.outcome != Outcome.OK else None,
            quota_left=step.quota_left,
            quota_reset=None if step.quota_left is None else 30.0,
        )
        is_order = step.outcome in (Outcome.THROTTLED, Outcome.CONNECTION_LIMIT)
        if is_order and step.scope == Scope.SERVER and step.retry_after is not None:
            self.ordered_until = max(self.ordered_until, self.now + step.retry_after)
        self.controller.on_result(sample)
        self.sizer.on_result(sample)

    def check(self, lane: str) -> int:
        limit = self.controller.limit(self.now)
        lane_limit = self.controller.lane_limit(self.now, lane)
        wake = self.controller.wake_at(self.now)
        assert 0 <= limit <= SLOTS_MAX
        assert 0 <= lane_limit <= SLOTS_MAX
        if limit == 0 or lane_limit == 0:
            assert self.now < wake < FOREVER, "nothing may be sent, and nobody says until when"
        self.told.append((limit, lane_limit, wake))
        return limit


@settings(max_examples=150, deadline=None)
@given(st.lists(steps, max_size=60))
def test_limits_stay_within_bounds_and_orders_are_obeyed(sequence: list[Step]) -> None:
    feeder = Feeder()
    for step in sequence:
        feeder.take(step)
    feeder.check("a")


@settings(max_examples=100, deadline=None)
@given(st.lists(steps, max_size=60))
def test_whoever_waits_until_told_may_send_again(sequence: list[Step]) -> None:
    feeder = Feeder()
    for step in sequence:
        feeder.take(step)
    for _ in range(50):
        if feeder.controller.limit(feeder.now) and feeder.controller.lane_limit(feeder.now, "a"):
            return
        feeder.now = max(feeder.controller.wake_at(feeder.now), feeder.now + 0.01)
    raise AssertionError("stuck at zero")


@settings(max_examples=60, deadline=None)
@given(st.lists(steps, max_size=40))
def test_the_same_results_give_the_same_decisions(sequence: list[Step]) -> None:
    one, other = Feeder(), Feeder()
    for step in sequence:
        one.take(step)
        other.take(step)
    assert one.told == other.told


@settings(max_examples=60, deadline=None)
@given(st.integers(2, 60), st.floats(1, 50))
def test_no_more_is_opened_than_was_refused(in_flight: int, later: float) -> None:
    controller, _ = create()
    controller.limit(0.0)
    controller.on_start(0.0, "a")
    refused = Sample("a", 0.0, 0.1, Outcome.CONNECTION_LIMIT, 1, 1, in_flight)
    controller.on_result(refused)
    assert controller.limit(later) < in_flight
