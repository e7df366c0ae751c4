"""The controller on a server of a few threads: it finds how many, and keeps off when it must."""

from __future__ import annotations

from statistics import fmean

import pytest

from strongroom.slots.api import Outcome
from strongroom.slots.epochs import Epoch, Level
from strongroom.slots.queue import Queue
from tests.slots.drive import drive
from tests.slots.server import Server


@pytest.mark.parametrize(("threads", "seconds"), [(2, 2400), (8, 1600), (40, 600)])
def test_the_slots_settle_near_the_threads_of_the_server(threads: int, seconds: int) -> None:
    # A small server takes its time: an epoch there is a minute or more.
    seen = drive(Server(threads=threads), seconds)
    late = [slots for at, slots in zip(seen.started, seen.slots, strict=True) if at > seconds / 2]
    assert threads <= fmean(late) <= 2.2 * threads + 2


def test_most_of_what_the_server_can_do_is_done() -> None:
    seen = drive(Server(threads=8), 600)
    # A thread that always has a batch of a few hundred items does 1 / 0.032 of them in a second.
    assert seen.items > 0.8 * 8 * 600 / 0.033


def test_a_limit_of_connections_is_found_and_hardly_touched_again() -> None:
    seen = drive(Server(threads=100, connections=20), 500)
    requests = len(seen.started)
    assert seen.ended[Outcome.CONNECTION_LIMIT] < 0.02 * requests
    late = [slots for at, slots in zip(seen.started, seen.slots, strict=True) if at > 300]
    assert fmean(late) > 15


def test_a_server_that_is_slower_for_good_is_used_as_fully_as_before() -> None:
    # Each request takes four times as long from now on, however few there are: nothing queues.
    seen = drive(Server(threads=100, steps=((0.0, 100, 0.2), (250.0, 100, 0.8))), 550)
    times = list(zip(seen.started, seen.slots, strict=True))
    before = fmean(slots for at, slots in times if 150 < at < 250)
    after = fmean(slots for at, slots in times if 450 < at < 550)
    assert after > 0.5 * before


def test_whoever_gives_way_to_others_and_gains_by_it_goes_on_giving_way() -> None:
    queue = Queue()
    levels = {"": Level(0.0, 40)}
    epoch = Epoch(0.0, 0.0, 30)
    queue.follow(epoch, levels, 0.1, is_growing=True)
    crowded = {"": Level(1.4, 40)}
    for _ in range(20):
        queue.follow(epoch, crowded, 0.1, is_growing=False)
    queue.give_way(30.0, crowded)
    alone = queue.length(crowded)
    queue.give_way(15.0, crowded)
    assert queue.length(crowded) == alone, "half of the slots says little"
    quicker = {"": Level(0.9, 40)}
    for _ in range(20):
        queue.follow(epoch, quicker, 0.1, is_growing=False)
    helped = queue.length(quicker)
    queue.give_way(9.0, quicker)
    assert queue.length(quicker) == helped
    queue.give_way(2.5, quicker)
    assert queue.length(quicker) == pytest.approx(helped / 2)
