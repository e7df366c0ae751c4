"""Sums over stretches of time, however long it takes."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from strongroom.pace.history import History
from strongroom.slots.api import Outcome, Sample
from strongroom.words.pace import PacePoint


def sample(at_s: float, outcome: Outcome = Outcome.OK) -> Sample:
    return Sample("ann", at_s, at_s, outcome, 3, 50, 1)


def sums(points: tuple[PacePoint, ...]) -> tuple[int, ...]:
    return (
        sum(one.requests for one in points),
        sum(one.items for one in points),
        sum(one.byte_count for one in points),
        sum(one.throttled for one in points),
        sum(one.failed for one in points),
    )


def test_each_outcome_is_counted_where_it_belongs() -> None:
    history = History(0.0)
    for outcome in Outcome:
        history.add(sample(1.0, outcome), 4)
    (point,) = history.points(2.0, 7)
    assert point == PacePoint(
        at_s=2.0, slots=7, requests=5, items=3, byte_count=50, throttled=2, failed=2
    )


def test_stretches_end_and_those_without_a_request_are_left_out() -> None:
    history = History(100.0)
    history.add(sample(101.0), 4)
    history.add(sample(106.0), 5)
    history.add(sample(171.0), 6)
    points = history.points(172.0, 8)
    assert [(one.at_s, one.requests) for one in points] == [(5.0, 1), (10.0, 1), (72.0, 1)]


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from([0.5, 5.0, 60.0, 90_000.0]), st.sampled_from(list(Outcome))),
        min_size=100,
        max_size=300,
    )
)
def test_merging_keeps_every_sum_and_the_order_of_time(
    steps: list[tuple[float, Outcome]],
) -> None:
    history, now = History(0.0), 0.0
    for pause_s, outcome in steps:
        now += pause_s
        history.add(sample(now, outcome), 4)
    points = history.points(now, 4)
    total = history.total
    assert sums(points) == (
        total.requests,
        total.items,
        total.byte_count,
        total.throttled,
        total.failed,
    )
    assert total.requests == len(steps)
    ends = [one.at_s for one in points]
    assert all(earlier < later for earlier, later in pairwise(ends[:-1]))
    assert ends[-1] == now
    assert max(ends) <= now
    assert len(points) <= 140
