"""Whatever the weather at the server: what the slots promise holds, in virtual time."""

from __future__ import annotations

import pytest

from strongroom.slots.api import Outcome
from strongroom.slots.climb import SLOTS_MAX
from tests.slots.drive import asked_again, drive
from tests.slots.server import Budget, Outage, Quota, Server

WEATHERS = {
    "calm": (Server(), 400),
    "connections": (Server(threads=100, connections=20), 400),
    "connections with a wait": (Server(threads=100, connections=12, hint_s=5.0), 400),
    "connections of a mailbox": (Server(threads=40, lane_connections=2, hint_s=3.0), 100),
    "budget": (Server(threads=60, budget=Budget(burst=60, cutoff=60, recharge=3.0)), 900),
    "budget of a mailbox": (
        Server(threads=60, budget=Budget(burst=30, cutoff=30, recharge=0.5, per_lane=True)),
        300,
    ),
    "quota": (Server(threads=40, quota=Quota(limit=300)), 300),
    "requests in a time": (
        Server(threads=60, quota=Quota(limit=100, window_s=20.0, is_told=False)),
        600,
    ),
    "slow database": (Server(threads=10, slow_threads=2), 500),
    "breaking line": (Server(breaks=0.02), 400),
    "short deadline": (Server(threads=4, seconds=6.0, deadline_s=40.0), 900),
    "neighbours": (Server(threads=20, steps=((150, 4, 1.5), (350, 20, 1.0))), 500),
}
OUTAGES = {
    "refuses": Outage(start_s=200, end_s=500),
    "hangs": Outage(start_s=200, end_s=500, how="hangs"),
    "busy with a wait": Outage(start_s=200, end_s=500, how="busy", hint_s=12.0),
    "too many requests": Outage(start_s=200, end_s=500, how="busy", hint_s=1.0, is_counted=True),
    "busy": Outage(start_s=200, end_s=500, how="busy"),
}


@pytest.mark.parametrize("weather", WEATHERS)
def test_orders_are_obeyed_and_nothing_stands_still_or_is_given_up(weather: str) -> None:
    server, seconds = WEATHERS[weather]
    seen = drive(server, seconds)
    assert seen.disobeyed == 0
    assert seen.stuck == 0
    assert seen.given_up == 0
    assert 1 <= seen.limits <= SLOTS_MAX
    assert seen.ended[Outcome.OK] > 50


@pytest.mark.parametrize("how", OUTAGES)
def test_into_an_outage_go_at_most_six_requests_a_minute(how: str) -> None:
    outage = OUTAGES[how]
    seen = drive(Server(outages=(outage,), deadline_s=60.0), 800)
    assert 1 <= seen.most_in_a_minute(outage.start_s + 30, outage.end_s) <= 6
    assert seen.disobeyed == seen.stuck == seen.given_up == 0
    late = [at for at in seen.started if at > outage.end_s + 130]
    assert len(late) > 50, "it goes on afterwards"


@pytest.mark.parametrize(
    "weather", ["calm", "budget", "quota", "requests in a time", "slow database", "short deadline"]
)
def test_the_same_answers_lead_to_the_same_decisions(weather: str) -> None:
    server, seconds = WEATHERS[weather]
    seen = drive(server, seconds / 2)
    assert len(seen.told) > 500
    assert asked_again(seen) == [answer for _, _, answer in seen.told]


@pytest.mark.parametrize(
    "server",
    [
        Server(breaks=0.03, outages=(Outage(start_s=20, end_s=70),)),
        Server(threads=60, budget=Budget(burst=20, cutoff=20, recharge=4.0)),
        Server(slow_threads=2, lane_connections=2, hint_s=2.0),
    ],
    ids=["breaks and an outage", "budget", "slow database"],
)
def test_all_that_waits_is_done_in_the_end(server: Server) -> None:
    seen = drive(server, 3000, items=700)
    assert seen.left == 0
    assert seen.given_up == 0


def test_an_announced_quota_is_not_overdrawn_once_it_is_known() -> None:
    seen = drive(Server(threads=40, quota=Quota(limit=300)), 600)
    assert seen.ended[Outcome.THROTTLED] < 0.01 * len(seen.started)
    assert len(seen.started) > 0.75 * 300 * 600 / 60, "and most of it is used"


def test_a_limit_that_a_mailbox_has_is_learnt_once_for_all() -> None:
    seen = drive(Server(threads=40, lane_connections=2), 55)
    assert 1 <= seen.ended[Outcome.CONNECTION_LIMIT] <= 12


def test_slots_come_back_after_an_outage() -> None:
    seen = drive(Server(outages=(Outage(start_s=200, end_s=320),)), 700)
    times = list(zip(seen.started, seen.slots, strict=True))
    before = max(slots for at, slots in times if 100 < at < 200)
    assert max(slots for at, slots in times if at > 450) >= 0.5 * before


def test_however_free_the_slots_seem_there_are_never_more_than_a_machine_has_threads() -> None:
    seen = drive(Server(threads=600, steps=((32, 600, 0.4),)), 40)
    assert seen.limits > 100
    assert seen.limits <= SLOTS_MAX
