"""What another process was told holds for us, and a request that we gave up tells nothing."""

from __future__ import annotations

import pytest

from strongroom.slots import create
from strongroom.slots.api import FOREVER, Outcome, Sample
from strongroom.slots.controller import Controller
from strongroom.words.pace import Limiter


@pytest.fixture
def controller() -> Controller:
    """Give one that has been used for a while and has more than a slot or two."""
    controller, _ = create()
    for second in range(60):
        send(controller, float(second))
    assert controller.limit(60.0) > 2
    return controller


def send(controller: Controller, now: float, outcome: Outcome = Outcome.OK) -> None:
    controller.limit(now)
    controller.on_start(now, "ann")
    controller.on_result(Sample("ann", now, now + 0.5, outcome, 5, 50_000, 1))


def test_nothing_is_sent_until_it_is_over_and_then_slots_open_a_few_at_a_time(
    controller: Controller,
) -> None:
    before = controller.limit(60.0)
    assert controller.told_to_wait(60.0, None, 40.0)
    assert (controller.limit(99.9), controller.wake_at(60.0)) == (0, 100.0)
    assert controller.shut_for_s(60.0, "ann") == 40.0
    assert controller.limits(60.0)[0].by is Limiter.PAUSE
    assert controller.limit(100.0) == 1
    send(controller, 100.0)
    send(controller, 101.0)
    assert controller.limit(102.0) >= before - 1


def test_the_same_order_heard_again_is_no_news(controller: Controller) -> None:
    assert controller.told_to_wait(60.0, None, 40.0)
    assert not controller.told_to_wait(70.0, None, 30.1)
    assert not controller.told_to_wait(70.0, None, 5.0)
    assert controller.shut_for_s(70.0, "ann") == pytest.approx(30.1)
    assert controller.told_to_wait(70.0, None, 35.0)


def test_a_mailbox_is_left_alone_and_others_are_not(controller: Controller) -> None:
    assert controller.told_to_wait(60.0, "ann", 40.0)
    assert not controller.told_to_wait(61.0, "ann", 39.0)
    assert (controller.lane_limit(60.0, "ann"), controller.lane_limit(60.0, "bob")) == (0, 1)
    assert controller.limit(60.0) > 0
    assert controller.wake_at(60.0) == 100.0
    assert controller.lane_limit(100.0, "ann") > 0


def test_nothing_is_learnt_of_what_the_server_bears(controller: Controller) -> None:
    controller.told_to_wait(60.0, None, 40.0)
    assert not {one.by for one in controller.limits(101.0)} & {Limiter.REFUSALS, Limiter.PAUSE}


def test_a_probe_that_is_given_up_does_not_bring_the_server_back(controller: Controller) -> None:
    now = 60.0
    while not controller.is_away:
        send(controller, now, Outcome.BROKEN)
        now += 1.0
    now = controller.wake_at(now)
    controller.on_start(now, "ann")
    assert controller.wake_at(now) == FOREVER
    controller.dropped(now + 1.0, "ann")
    assert controller.is_away
    assert controller.limit(now + 1.0) == 1, "another may look for it"
