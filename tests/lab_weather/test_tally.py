"""What is held against a client, and what is not."""

from __future__ import annotations

import pytest

from strongroom.lab.weather.model import Away, Cap, Outage, Quota, Whose
from strongroom.lab.weather.visit import Reason
from tests.lab_weather.hand import Hand, profile, workers


def _disobedient(hand: Hand) -> dict[Whose, int]:
    return dict(hand.stations.counting.tally().disobedient)


@pytest.mark.parametrize(
    ("whose", "place", "caller", "counts"),
    [
        (Whose.SERVER, "other", "other", True),
        (Whose.CALLER, "other", "keeper", True),
        (Whose.CALLER, "ann", "other", False),
        (Whose.PLACE, "ann", "keeper", True),
        (Whose.PLACE, "other", "keeper", False),
    ],
)
def test_an_order_to_wait_is_for_whom_it_speaks_about(
    whose: Whose, place: str, caller: str, *, counts: bool
) -> None:
    hand = Hand(profile(caps=(Cap(limit=0, whose=whose, hint_s=10.0),)))
    hand.send("ann", caller="keeper")
    hand.until(5)
    hand.send(place, caller=caller)

    assert _disobedient(hand) == ({whose: 1} if counts else {})


def test_who_waits_to_the_end_has_obeyed_and_so_has_who_crossed_the_order() -> None:
    hand = Hand(profile(caps=(Cap(limit=0, whose=Whose.SERVER, hint_s=10.0),)))
    hand.send()
    hand.until(0.1)
    hand.send("crossed it")
    hand.until(10.2)
    hand.send("has waited")

    assert _disobedient(hand) == {}


def test_a_refusal_without_an_order_forbids_nothing() -> None:
    hand = Hand(profile(caps=(Cap(limit=0, whose=Whose.SERVER),)))
    hand.send()
    hand.until(5)
    hand.send()

    assert _disobedient(hand) == {}
    assert hand.stations.counting.tally().refused == {Reason.TOO_MANY: 2}


def test_orders_of_quotas_and_of_a_busy_server_count_too() -> None:
    quota = Hand(profile(quotas=(Quota(limit=1, window_s=60, whose=Whose.CALLER),)))
    away = Outage(start_s=1, end_s=9, away=Away.BUSY, hint_s=20.0)
    outage = Hand(profile(outages=(away,)))
    for hand in (quota, outage):
        for when in (2, 3, 8):
            hand.until(when)
            hand.send()

    assert _disobedient(quota) == {Whose.CALLER: 1}
    assert _disobedient(outage) == {Whose.SERVER: 2}


def test_a_client_may_ask_an_absent_server_until_it_can_know() -> None:
    hand = Hand(profile(outages=(Outage(start_s=10, end_s=100),)))
    for when in (9, 11, 39, 41, 99, 101):
        hand.until(when)
        hand.send()
    hand.until(200)
    tally = hand.stations.counting.tally()

    assert tally.in_outages == 2
    assert tally.broken == 5, "four found it away, and one was inside when it went"
    assert tally.answered == 1


def test_it_knows_the_most_that_were_inside_at_once() -> None:
    hand = Hand(profile(back_ends=workers(9)), items=3, size=50)
    for _ in range(4):
        hand.send()
    hand.until(5)
    hand.send()
    hand.until(9)
    tally = hand.stations.counting.tally()

    assert tally.at_once_max == 4
    assert (tally.requests, tally.answered, tally.items, tally.sent_bytes) == (5, 5, 15, 250)
    assert tally.failed == 0
