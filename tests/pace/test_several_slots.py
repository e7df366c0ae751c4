"""A request that the server takes apart into several takes as many slots."""

from __future__ import annotations

from strongroom.pace.lane import LanePace
from strongroom.pace.patience import Budget, Patience
from strongroom.pace.told import Told
from strongroom.slots.api import Outcome
from tests.fakes.scripted_slots import ScriptedController, ScriptedSizer
from tests.pace.callers import Callers


def test_it_waits_until_all_of_its_slots_are_free(
    callers: Callers, controller: ScriptedController
) -> None:
    controller.slots = 5
    single, other = callers.come("ann"), callers.come("ben")
    batch = callers.come("cleo", slots=4)
    assert not batch.is_in()
    single.ends()
    batch.gets_in()
    assert controller.in_flight == 5
    batch.ends()
    other.ends()
    assert controller.in_flight == 0


def test_whoever_comes_later_does_not_go_past_it_for_ever(
    callers: Callers, controller: ScriptedController
) -> None:
    controller.slots = 4
    first, batch, later = callers.come("ann"), callers.come("ben", slots=4), callers.come("cleo")
    assert not later.is_in()
    first.ends()
    batch.gets_in()
    assert not later.is_in()
    batch.ends()
    later.ends()


def test_where_fewer_are_open_it_takes_those(
    callers: Callers, controller: ScriptedController
) -> None:
    controller.slots = 3
    controller.lane_slots["ann"] = 2
    batch = callers.come("ann", slots=4)
    batch.gets_in()
    assert controller.in_flight == 2
    batch.ends()
    assert controller.in_flight == 0


def test_each_slot_has_done_its_part_and_the_batches_hear_of_the_whole(
    callers: Callers, controller: ScriptedController, sizer: ScriptedSizer
) -> None:
    controller.slots = 4
    callers.come("ann", slots=4).ends()
    assert [one.items for one in controller.samples] == [5, 5, 5, 5]
    assert [one.items for one in sizer.samples] == [20]
    assert callers.pace.report().requests == 1


def test_one_refusal_is_told_once(callers: Callers, controller: ScriptedController) -> None:
    controller.slots = 4
    callers.come("ann", slots=4).ends(Told(outcome=Outcome.THROTTLED))
    assert [one.outcome for one in controller.samples] == [Outcome.THROTTLED]
    assert controller.dropped_lanes == ["ann"] * 3
    assert controller.in_flight == 0


def test_an_order_inside_an_answer_is_told_with_what_is_under_way(
    callers: Callers, controller: ScriptedController
) -> None:
    controller.slots = 5
    batch = callers.come("ann", slots=4)
    batch.gets_in()
    callers.pace.rest("ann", Told(outcome=Outcome.THROTTLED, retry_after_s=0.0))
    assert controller.samples[-1].in_flight == 4
    batch.ends()


def test_each_of_its_questions_is_counted(callers: Callers, controller: ScriptedController) -> None:
    controller.slots = 5
    lane = LanePace(callers.pace, "ann")
    with lane.turn(Patience(Budget()), kind="POST $batch", slots=4, requests=14):
        assert (controller.in_flight, controller.more) == (4, 10)
    with lane.turn(Patience(Budget()), kind="Get"):
        assert (controller.in_flight, controller.more) == (1, 10)
