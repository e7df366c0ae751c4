"""Whatever happens, in whatever order: limits stay within bounds, and nothing stands still."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from strongroom.slots import create
from strongroom.slots.api import FOREVER, Outcome, Sample, Scope
from strongroom.slots.climb import FIRST_SLOTS, SLOTS_MAX

LANES = tuple("abcdef")
REMEMBERED_S = 59.0
"""A number of connections that was refused is not tried again for a minute."""


@dataclass(frozen=True)
class Step:
    """Time passes, some requests are started if that is allowed, and one of those under way ends.

    Attributes:
        pause: Seconds.
        starts: How many to try, from which lane on.
        ends: Which one, counted from the oldest; nothing ends if none is under way.
    """

    pause: float
    lane: int
    starts: int
    ends: int
    outcome: Outcome
    items: int
    size: int
    scope: Scope
    retry_after: float | None
    quota_left: float | None
    quota_reset: float | None
    is_counted: bool


outcomes = st.sampled_from([Outcome.OK] * 6 + list(Outcome))
steps = st.builds(
    Step,
    pause=st.floats(0, 2) | st.floats(0, 200),
    lane=st.integers(0, len(LANES) - 1),
    starts=st.integers(0, 12),
    ends=st.integers(0, 20),
    outcome=outcomes,
    items=st.integers(1, 500),
    size=st.integers(0, 50_000_000),
    scope=st.sampled_from(list(Scope)),
    retry_after=st.none() | st.floats(0, 600),
    quota_left=st.none() | st.floats(0, 1),
    quota_reset=st.none() | st.floats(0, 300),
    is_counted=st.booleans(),
)
sequences = st.lists(steps, max_size=60)


class Feeder:
    """Does what the steps say as far as it is allowed to, and looks at every answer."""

    def __init__(self) -> None:
        self.controller, self.sizer = create()
        self.now = 1000.0
        self.under_way: list[Sample] = []
        self.in_lane: Counter[str] = Counter()
        self.ordered: dict[str, float] = {}
        self.refused: list[tuple[float, int]] = []
        self.lane_refused: list[tuple[float, int]] = []
        self.told: list[tuple[float, ...]] = []

    def take(self, step: Step) -> None:
        self.now += step.pause
        for number in range(step.starts):
            self.start(LANES[(step.lane + number) % len(LANES)], step)
        if self.under_way:
            self.end(self.under_way.pop(step.ends % len(self.under_way)), step)
        self.check(LANES[step.lane])

    def start(self, lane: str, step: Step) -> bool:
        limit, lane_limit = self.check(lane)
        if len(self.under_way) >= limit or self.in_lane[lane] >= lane_limit:
            return False
        until = max(self.ordered.get(lane, 0.0), self.ordered.get("", 0.0))
        assert self.now >= until, "sent against an order to stay away"
        assert 1 <= self.sizer.take(self.now, lane, [step.size] * 7) <= 7
        self.controller.on_start(self.now, lane)
        self.in_lane[lane] += 1
        in_flight = len(self.under_way) + 1
        asked = Sample(lane, self.now, self.now, Outcome.OK, step.items, step.size, in_flight)
        self.under_way.append(asked)
        return True

    def end(self, asked: Sample, step: Step) -> None:
        is_refusal = step.outcome in (Outcome.THROTTLED, Outcome.CONNECTION_LIMIT)
        done = asked._replace(
            finished=self.now,
            outcome=step.outcome,
            scope=step.scope if is_refusal else Scope.SERVER,
            retry_after=step.retry_after if is_refusal else None,
            quota_left=step.quota_left,
            quota_reset=step.quota_reset,
            is_counted=step.is_counted,
        )
        if is_refusal and step.retry_after is not None:
            key = asked.lane if step.scope == Scope.LANE else ""
            until = self.now + step.retry_after
            self.ordered[key] = max(self.ordered.get(key, 0.0), until)
        if step.outcome == Outcome.CONNECTION_LIMIT and step.scope == Scope.SERVER:
            self.refused.append((self.now, asked.in_flight))
        if step.outcome == Outcome.CONNECTION_LIMIT and step.scope == Scope.LANE:
            self.lane_refused.append((self.now, self.in_lane[asked.lane]))
        self.in_lane[asked.lane] -= 1
        self.controller.on_result(done)
        self.sizer.on_result(done)

    def check(self, lane: str) -> tuple[int, int]:
        limit = self.controller.limit(self.now)
        lane_limit = self.controller.lane_limit(self.now, lane)
        wake = self.controller.wake_at(self.now)
        assert 0 <= limit <= SLOTS_MAX
        assert 0 <= lane_limit <= SLOTS_MAX
        for told, refused in ((limit, self.refused), (lane_limit, self.lane_refused)):
            for at, in_flight in refused:
                assert told < max(2, in_flight) or self.now > at + REMEMBERED_S
        if limit == 0 or (lane_limit == 0 and not self.under_way):
            assert self.now < wake < FOREVER, "nothing may be sent, and nobody says until when"
        self.told.append((limit, lane_limit, wake))
        return limit, lane_limit


# The examples are always the same ones: a gate is not to be red by chance.
@settings(max_examples=150, deadline=None, derandomize=True)
@given(sequences)
def test_limits_stay_within_bounds_and_orders_are_obeyed(sequence: list[Step]) -> None:
    feeder = Feeder()
    for step in sequence:
        feeder.take(step)


WELL = Step(0.0, 0, 0, 0, Outcome.OK, 50, 500_000, Scope.SERVER, None, None, None, is_counted=False)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(sequences)
def test_whatever_was_before_slots_come_back_when_all_goes_well(sequence: list[Step]) -> None:
    feeder = Feeder()
    for step in sequence:
        feeder.take(step)
    most = 0
    for _ in range(600):
        limit = feeder.controller.limit(feeder.now)
        most = max(most, limit)
        if most > FIRST_SLOTS:
            return
        while any(feeder.start(lane, WELL) for lane in LANES):
            pass
        wake = feeder.controller.wake_at(feeder.now)
        feeder.now = feeder.now + 0.5 if feeder.under_way else max(wake, feeder.now + 0.01)
        while feeder.under_way:
            feeder.end(feeder.under_way.pop(), WELL)
        feeder.now += 39.5
    raise AssertionError(f"never more than {most}")


@settings(max_examples=60, deadline=None, derandomize=True)
@given(sequences)
def test_the_same_results_give_the_same_decisions(sequence: list[Step]) -> None:
    one, other = Feeder(), Feeder()
    for step in sequence:
        one.take(step)
    for step in sequence:
        other.take(step)
    assert one.told == other.told


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.integers(2, 60), st.floats(1, 50))
def test_no_more_is_opened_than_was_refused(in_flight: int, later: float) -> None:
    controller, _ = create()
    controller.limit(0.0)
    controller.on_start(0.0, "a")
    refused = Sample("a", 0.0, 0.1, Outcome.CONNECTION_LIMIT, 1, 1, in_flight)
    controller.on_result(refused)
    assert controller.limit(later) < in_flight
