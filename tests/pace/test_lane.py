"""What whoever talks to one mailbox or site is told of its pace."""

from __future__ import annotations

from strongroom.pace.lane import LanePace
from strongroom.pace.pace import Pace
from strongroom.pace.patience import Budget, Patience
from tests.fakes.scripted_slots import ScriptedController, ScriptedSizer
from tests.pace.callers import Callers


def test_work_is_prepared_a_little_ahead_of_what_the_lane_may_have(
    pace: Pace, controller: ScriptedController
) -> None:
    controller.lane_slots = {"ann": 4}
    lane = LanePace(pace, "ann")
    assert [undone for undone in range(10) if lane.may_begin(undone)] == list(range(6))


def test_batches_are_asked_for_by_the_kind_of_their_requests(
    pace: Pace, sizer: ScriptedSizer
) -> None:
    assert LanePace(pace, "ann", kind="Export").take([1, 2, 3]) == 2
    LanePace(pace, "ann", kind="Get").take([1])
    assert [(name, kind) for name, _, kind in sizer.asked] == [("ann", "Export"), ("ann", "Get")]


def test_a_lane_that_is_left_gives_its_share_to_the_others(
    pace: Pace, controller: ScriptedController
) -> None:
    LanePace(pace, "ann").leave()
    assert controller.left == ["ann"]


def test_a_lane_that_was_entered_keeps_its_share_until_all_have_left(
    pace: Pace, controller: ScriptedController
) -> None:
    lane = LanePace(pace, "ann")
    lane.leave()
    lane.enter()
    lane.enter()
    controller.left.clear()
    with lane.turn(Patience(Budget()), kind="Get"):
        pass
    lane.leave()
    assert controller.left == []
    lane.leave()
    assert controller.left == ["ann"]


def test_a_lane_that_nobody_entered_has_a_share_while_it_asks(
    pace: Pace, controller: ScriptedController, callers: Callers
) -> None:
    running, waiting = callers.come("ann"), callers.come("ann")
    LanePace(pace, "ann").leave()
    running.ends()
    assert controller.left == []
    waiting.ends()
    assert controller.left == ["ann"]
