"""Batches grow by what was answered, not by what a fit promises."""

from __future__ import annotations

from strongroom.slots import create
from strongroom.slots.api import Outcome, Sample

ITEMS = [6_000] * 5_000


def rounds_of_batches(item_s: float) -> list[list[int]]:
    """Fill twenty slots if so many are open, let all be answered, and so on."""
    controller, sizer = create()
    now, rounds = 0.0, []
    for _ in range(120):
        begun: list[Sample] = []
        while len(begun) < min(20, controller.limit(now)):
            lane = f"lane {len(begun)}"
            count = sizer.take(now, lane, ITEMS)
            controller.on_start(now, lane)
            ended, in_flight = now + 0.5 + item_s * count, len(begun) + 1
            begun.append(Sample(lane, now, ended, Outcome.OK, count, 6_000 * count, in_flight))
        for sample in begun:
            controller.on_result(sample)
            sizer.on_result(sample)
        now = max(sample.finished for sample in begun) + 0.01
        rounds.append([sample.items for sample in begun])
    return rounds


def test_no_batch_is_much_larger_than_the_largest_that_was_answered() -> None:
    largest = 0
    for taken in rounds_of_batches(item_s=0.0001):
        assert max(taken) <= max(40, 1.3 * largest)
        largest = max(largest, *taken)


def test_items_that_cost_nothing_make_large_batches_in_the_end() -> None:
    assert max(rounds_of_batches(item_s=0.0001)[-1]) > 500


def test_items_that_cost_much_are_found_out_before_batches_are_too_long() -> None:
    assert max(map(max, rounds_of_batches(item_s=0.3))) * 0.3 < 15
