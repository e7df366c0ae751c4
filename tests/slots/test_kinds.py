"""Kinds of requests are compared each with itself, and slots that nobody takes do not grow."""

from __future__ import annotations

from strongroom.slots import create
from strongroom.slots.api import Outcome, Sample
from strongroom.slots.climb import Climb
from strongroom.slots.cost import Costs
from strongroom.slots.epochs import Epoch, rise
from strongroom.slots.queue import Queue

FETCH, LIST = "ExportItems", "GetFolder"


def sample(kind: str, latency: float, *, at: float = 0.0, in_flight: int = 1) -> Sample:
    return Sample("ann", at, at + latency, Outcome.OK, 10, 100_000, in_flight, kind=kind)


def epoch(kind: str, latency: float) -> Epoch:
    made = Epoch(0.0, 0.0, 8)
    for _ in range(20):
        made.add(sample(kind, latency), counts=True)
    return made


def known_costs() -> Costs:
    """Both kinds are known; the scale of the one was found quiet, that of the other crowded."""
    costs = Costs()
    for _ in range(60):
        costs.note(sample(LIST, 0.1))
        costs.note(sample(FETCH, 3.0))
    return costs


def test_a_time_of_fetches_is_no_queue_beside_a_time_of_listings() -> None:
    costs, queue = known_costs(), Queue()
    lists, fetches = epoch(LIST, 0.02).levels(costs), epoch(FETCH, 3.0).levels(costs)
    assert rise(lists, fetches).requests == 0
    queue.follow(epoch(LIST, 0.02), lists, 0.3, is_growing=False)
    queue.follow(epoch(FETCH, 3.0), fetches, 0.3, is_growing=False)
    assert queue.length(fetches) == 0


def test_fetches_that_take_longer_than_fetches_did_are_one() -> None:
    costs, queue = known_costs(), Queue()
    quick, late = epoch(FETCH, 3.0).levels(costs), epoch(FETCH, 9.0).levels(costs)
    assert rise(quick, late).value > 1
    queue.follow(epoch(FETCH, 3.0), quick, 0.3, is_growing=False)
    queue.follow(epoch(FETCH, 9.0), late, 0.3, is_growing=False)
    assert queue.length(late) > 0.2


def test_slots_that_nobody_takes_do_not_grow() -> None:
    controller, _ = create()
    for second in range(600):
        controller.limit(float(second))
        controller.on_start(float(second), "ann")
        controller.on_result(sample(FETCH, 0.5, at=float(second)))
    assert 1 <= controller.limit(600.0) <= 5


def test_what_is_first_seen_in_a_crowd_has_waited_like_the_others() -> None:
    costs, queue = known_costs(), Queue()
    quiet = epoch(LIST, 0.1)
    queue.follow(quiet, quiet.levels(costs), 0.3, is_growing=False)
    crowded = epoch(LIST, 0.4)
    both = {**crowded.levels(costs), **epoch(FETCH, 12.0).levels(costs)}
    queue.follow(crowded, both, 0.3, is_growing=False)
    fetches = epoch(FETCH, 12.0).levels(costs)
    assert queue.length(fetches) > 0.3


def test_slots_that_make_it_suddenly_slow_while_growing_close_again() -> None:
    costs = known_costs()
    climb = Climb(costs)
    climb.begin(0.0)
    feed(climb, until_slots=20, latency=0.1)
    before = climb.slots / 2.5
    climb.cut(1000.0)
    assert climb.slots <= before
    assert not climb.is_growing


def feed(climb: Climb, *, until_slots: int, latency: float) -> None:
    """Let requests end that cost what they always did, all slots taken, until so many are open."""
    now = 0.0
    while climb.slots < until_slots:
        now += latency
        if climb.note(sample(LIST, latency, at=now - latency, in_flight=climb.slots), 0):
            climb.turn(now, float("inf"))
