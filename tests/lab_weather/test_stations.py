"""The way of a request, against cases that can be worked out by hand."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strongroom.lab.weather.model import (
    FOREVER,
    Away,
    BackEnd,
    Cap,
    Cost,
    Link,
    Outage,
    Profile,
    Quota,
    TimeBudget,
    Whose,
)
from strongroom.lab.weather.visit import Asked, Reason, Stage
from tests.lab_weather.hand import Hand, profile, workers

SENT, LOST, REFUSED = Stage.SENT, Stage.LOST, Stage.REFUSED


def test_a_request_pays_for_the_way_the_work_and_the_line() -> None:
    server = Profile(
        back_ends=workers(1),
        cost=Cost(base_s=0.5, item_s=0.1, rate=10_000, jitter=0.0),
        link=Link(rtt_s=0.25, handshake_s=2.0, bandwidth=1000, per_connection=500),
    )
    hand = Hand(server, items=3, size=1000)
    first = hand.send(new=True)
    hand.until(20)
    second = hand.send()
    hand.until(40)

    # 2 + 0.25, then 0.5 + 3 * 0.1 + 1000 / 10,000 on a worker, then 1000 bytes at 500 a second.
    assert hand.end_of(first) == (2.25 + 0.9 + 2.0, SENT)
    assert hand.end_of(second) == (20 + 0.25 + 0.9 + 2.0, SENT)


def test_requests_wait_for_a_worker_in_the_order_they_came() -> None:
    hand = Hand(profile(back_ends=workers(2)))
    visits = [hand.send() for _ in range(5)]
    hand.until(10)

    assert [hand.end_of(one)[0] for one in visits] == [1, 1, 2, 2, 3]
    assert hand.most_at_work == 2


def test_the_time_it_took_to_carry_a_request_out_is_part_of_the_service_time() -> None:
    hand = Hand(profile(back_ends=workers(1)))
    visit = hand.send()
    hand.until(1.4)
    late = Hand(profile(back_ends=workers(1)))
    stations = late.stations
    slow = stations.enter(0.0, visit.asked)
    stations.advance(0.4)
    stations.work(0.4, slow, items=1, size=0)
    late.until(3)

    assert hand.end_of(visit) == (1, SENT)
    assert late.end_of(slow) == (1, SENT)


def test_a_crowd_before_the_workers_makes_them_slower() -> None:
    hand = Hand(profile(back_ends=workers(1, thrash=0.5)))
    visits = [hand.send() for _ in range(3)]
    hand.until(10)

    # The first finds no queue; the second leaves one behind it, the third none.
    assert [hand.end_of(one)[0] for one in visits] == [1, 2.5, 3.5]


def test_a_mailbox_keeps_its_back_end_and_a_fifth_of_them_live_on_the_slow_one() -> None:
    slow = BackEnd(workers=99, share=0.2, slowness=4)
    hand = Hand(profile(back_ends=(BackEnd(workers=99, share=0.8), slow)))
    boxes = [f"box {n}" for n in range(20)]
    visits = [hand.send(box) for box in boxes + boxes]
    hand.until(10)
    took = [hand.end_of(one)[0] for one in visits]

    assert took[:20] == took[20:]
    assert sorted(took[:20]) == [1.0] * 16 + [4.0] * 4


@pytest.mark.parametrize(("carried", "ends"), [(400, 2.0), (800, 2.0), (200, 4.0)])
def test_answers_share_the_line_and_one_connection_carries_only_so_much(
    carried: int, ends: float
) -> None:
    """Two answers of 400 bytes; one connection carries 200 a second."""
    link = Link(rtt_s=0, handshake_s=0, bandwidth=carried, per_connection=200)
    hand = Hand(profile(back_ends=workers(2), link=link, cost=_free()), size=400)
    visits = [hand.send(), hand.send()]
    hand.until(10)

    assert [hand.end_of(one) for one in visits] == [(ends, SENT)] * 2


def test_an_answer_that_joins_slows_the_other_and_one_that_ends_speeds_it_up() -> None:
    link = Link(rtt_s=0, handshake_s=0, bandwidth=100, per_connection=100)
    hand = Hand(profile(back_ends=workers(2), link=link, cost=_free()), size=300)
    first = hand.send()
    hand.until(1)
    hand.wire = 100
    second = hand.send()
    halfway = hand.stations.sent_bytes(1.0, first)
    hand.until(10)

    # 100 bytes alone; 100 each at half speed until 3 s; the last 100 alone again.
    assert halfway == 100
    assert hand.end_of(second) == (3, SENT)
    assert hand.end_of(first) == (4, SENT)


def test_schedules_change_the_line_and_the_workers() -> None:
    link = Link(rtt_s=0, bandwidth=100, per_connection=1e9, schedule=((2.0, 50),))
    line = Hand(profile(link=link, cost=_free()), size=300)
    sent = line.send()
    line.until(20)
    back_ends = workers(2, schedule=((0.5, 1, 2.0), (4.0, 3, 1.0)))
    crew = Hand(profile(back_ends=back_ends))
    visits = [crew.send() for _ in range(6)]
    crew.until(20)

    assert line.end_of(sent) == (2 + 100 / 50, SENT)
    # Two at once; from 1 s one at a time, twice as slow; from 4 s three at once.
    assert [crew.end_of(one)[0] for one in visits] == [1, 1, 3, 5, 5, 5]


@pytest.mark.parametrize(
    ("whose", "places", "callers", "refused"),
    [
        (Whose.SERVER, ["a", "b", "c"], ["x", "y", "z"], 1),
        (Whose.CALLER, ["a", "b", "c"], ["x", "x", "x"], 1),
        (Whose.CALLER, ["a", "b", "c"], ["x", "x", "z"], 0),
        (Whose.PLACE, ["a", "a", "a"], ["x", "x", "x"], 1),
        (Whose.PLACE, ["a", "a", "a"], ["x", "x", "its owner"], 0),
    ],
)
def test_a_cap_counts_whom_it_speaks_about(
    whose: Whose, places: list[str], callers: list[str], refused: int
) -> None:
    hand = Hand(profile(caps=(Cap(limit=2, whose=whose),)))
    for place, caller in zip(places, callers, strict=True):
        hand.send(place, caller=caller)
    tally = hand.stations.counting.tally()

    assert tally.refused.get(Reason.TOO_MANY, 0) == refused


def test_a_cap_on_one_kind_of_request_leaves_the_others_alone() -> None:
    hand = Hand(profile(caps=(Cap(limit=1, whose=Whose.PLACE, kind="sync", hint_s=5.0),)))
    visits = [hand.send(kind=kind) for kind in ("sync", "get", "sync")]
    hand.until(1)

    assert [one.stage for one in visits] == [SENT, SENT, REFUSED]
    assert visits[2].refusal is not None
    assert visits[2].refusal.wait_s == 5.0


def test_a_request_counts_until_its_answer_is_sent() -> None:
    link = Link(rtt_s=0, bandwidth=100, per_connection=100)
    hand = Hand(
        profile(cost=_free(), link=link, caps=(Cap(limit=1, whose=Whose.SERVER),)), size=200
    )
    hand.send()
    hand.until(1.9)
    early = hand.send()
    hand.until(2.0)
    later = hand.send()
    hand.until(9)

    assert early.stage is REFUSED
    assert later.stage is SENT


def test_a_full_queue_turns_newcomers_away() -> None:
    hand = Hand(profile(back_ends=workers(1, queue_max=2, busy_hint_s=7.0)))
    visits = [hand.send() for _ in range(4)]
    hand.until(9)

    assert [one.stage for one in visits] == [SENT, SENT, SENT, REFUSED]
    assert visits[3].refusal is not None
    assert visits[3].refusal.wait_s == 7.0


def test_a_quota_is_told_before_it_is_used_up_and_refusals_count() -> None:
    quota = Quota(limit=4, window_s=60, whose=Whose.CALLER, announced_from=0.5, extra_s=5)
    hand = Hand(profile(quotas=(quota,)))
    told = []
    for _ in range(5):
        visit = hand.send()
        told.append(hand.stations.announced(hand.now, visit))
    hand.until(61)
    after = hand.send()
    hand.until(70)

    assert told[0] is None
    assert [one and (one.limit, one.left, one.reset_s) for one in told[1:4]] == [
        (4, 2, 60), (4, 1, 60), (4, 0, 60),
    ]  # fmt: skip
    assert visit.refusal is not None
    assert (visit.refusal.reason, visit.refusal.wait_s) == (Reason.OVER_QUOTA, 65)
    assert after.stage is SENT


def test_a_budget_delays_then_locks_and_recharges() -> None:
    budget = TimeBudget(
        burst_s=1.0, recharge=0.5, cutoff_s=2.0, whose=Whose.PLACE, delay=0.1, delay_max_s=9.0
    )
    hand = Hand(profile(back_ends=workers(9), budgets=(budget,)))
    for _ in range(3):
        hand.send()
    hand.until(1.0)  # 1 of burst less 3 of work: 2 in debt
    delayed = hand.send()
    other = hand.send("another mailbox")
    hand.until(2.2)  # 0.6 recharged, 1 more spent: 2.4 in debt
    locked = hand.send()
    hand.until(2.2 + 2.7)
    still = hand.send()
    hand.until(2.2 + 2.8)
    opened = hand.send()
    hand.until(20)

    assert hand.end_of(delayed) == (1 + 0.2 + 1, SENT)
    assert hand.end_of(other) == (2, SENT)
    assert locked.refusal is not None
    assert locked.refusal.reason is Reason.OVER_BUDGET
    # Closed until the debt is down to half of the cut-off: 1.4 at 0.5 a second.
    assert locked.refusal.wait_s == pytest.approx(2.8)
    assert still.stage is REFUSED
    assert opened.stage is SENT


def test_a_batch_that_takes_too_long_is_given_up_and_its_worker_is_free() -> None:
    cost = Cost(base_s=0.0, item_s=1.0, rate=FOREVER, jitter=0.0)
    hand = Hand(profile(back_ends=workers(1), cost=cost, work_max_s=5.0), items=6)
    slow = hand.send()
    hand.items = 5
    quick = hand.send()
    hand.until(5.0)
    hand.until(20)

    assert hand.end_of(slow) == (5, Stage.TIMED_OUT)
    assert hand.end_of(quick) == (10, SENT)


@pytest.mark.parametrize(
    ("away", "at_start", "meanwhile"),
    [
        (Away.REFUSES, (2.0, LOST), (3.0, LOST)),
        (Away.HANGS, (8.0, LOST), (8.0, LOST)),
        (Away.BUSY, (2.0, LOST), (3.0, REFUSED)),
    ],
)
def test_after_an_outage_everything_the_server_had_is_gone(
    away: Away, at_start: tuple[float, Stage], meanwhile: tuple[float, Stage]
) -> None:
    outage = Outage(start_s=2, end_s=8, away=away)
    server = profile(
        back_ends=workers(1),
        cost=Cost(base_s=1.5, item_s=0, rate=FOREVER, jitter=0.0),
        link=Link(rtt_s=0, bandwidth=100, per_connection=100),
        caps=(Cap(limit=3, whose=Whose.SERVER),),
        outages=(outage,),
    )
    hand = Hand(server, size=100)
    sending, working, queued = (hand.send() for _ in range(3))
    hand.until(3)
    hunting = hand.send()
    hand.until(9)
    after = [hand.send() for _ in range(3)]
    hand.until(30)

    assert [hand.end_of(one) for one in (sending, working, queued)] == [at_start] * 3
    assert hand.end_of(hunting) == meanwhile
    assert [hand.end_of(one) for one in after] == [(11.5, SENT), (13, SENT), (14.5, SENT)]


@pytest.mark.parametrize("work_max_s", [0.5, None])
def test_what_has_ended_counts_no_more_although_its_thread_has_not_left(
    work_max_s: float | None,
) -> None:
    server = profile(caps=(Cap(limit=1, whose=Whose.SERVER),), work_max_s=work_max_s)
    stations = Hand(server).stations
    keeper = Asked(caller="keeper", place="ann")
    ended = stations.enter(0.0, keeper)
    stations.advance(0.0)
    stations.work(0.0, ended, items=1, size=0)
    stations.advance(1.0)
    stations.send(1.0, ended, 0)
    stations.advance(1.0)
    after = stations.enter(1.0, keeper)
    stations.advance(1.0)

    assert ended.stage is (SENT if work_max_s is None else Stage.TIMED_OUT)
    assert after.stage is Stage.AT_WORK


@pytest.mark.parametrize("away", [Away.REFUSES, Away.HANGS])
def test_what_was_over_before_an_outage_stays_as_it_was_and_all_is_counted_once(away: Away) -> None:
    hand = Hand(profile(back_ends=workers(2), outages=(Outage(start_s=1.5, end_s=9, away=away),)))
    stations = hand.stations
    over = stations.enter(0.0, Asked(caller="keeper", place="ann"))
    stations.advance(0.0)
    stations.work(0.0, over, items=1, size=0)
    stations.advance(1.0)
    stations.send(1.0, over, 0)
    stations.advance(1.2)
    # Nobody has looked at it yet, as its own thread may not have either.
    hand.now = 1.2
    lost = hand.send()
    hand.until(3)
    meanwhile = hand.send()
    hand.until(20)
    stations.end(20)
    tally = stations.counting.tally()

    assert (over.stage, lost.stage, meanwhile.stage) == (SENT, LOST, LOST)
    assert (tally.answered, tally.broken) == (1, 2)


def test_an_answer_breaks_after_a_part_of_it() -> None:
    link = Link(rtt_s=0, bandwidth=100, per_connection=100, break_chance=1.0)
    hand = Hand(profile(link=link, cost=_free()), size=1000)
    visit = hand.send()
    hand.until(20)
    ended, stage = hand.end_of(visit)

    assert stage is Stage.BROKEN
    assert 0 < hand.stations.sent_bytes(20, visit) < 1000
    assert ended == pytest.approx(visit.amount / 100, abs=1e-5)


def test_what_a_client_gives_up_is_worked_off_all_the_same() -> None:
    hand = Hand(profile(back_ends=workers(1), caps=(Cap(limit=2, whose=Whose.SERVER),)))
    given_up, waits = hand.send(), hand.send()
    hand.until(0.5)
    hand.stations.leave(0.5, given_up)
    refused = hand.send()
    hand.until(3)

    assert refused.stage is REFUSED, "it still counts"
    assert hand.end_of(waits) == (2, SENT)
    assert hand.stations.counting.tally().abandoned == 1


def test_a_worker_goes_to_nobody_who_has_left_or_was_lost() -> None:
    server = profile(back_ends=workers(1), outages=(Outage(start_s=5, end_s=6),))
    stations = Hand(server).stations
    keeper = Asked(caller="keeper", place="ann")
    first, left, waits, lost, late = (stations.enter(0.0, keeper) for _ in range(5))
    stations.advance(0.0)
    stations.work(0.0, first, items=1, size=0)
    stations.leave(0.5, left)
    stations.advance(1.0)
    assert waits.stage is Stage.AT_WORK
    stations.advance(6.0)
    after = stations.enter(7.0, keeper)
    stations.advance(7.0)

    assert after.stage is Stage.AT_WORK
    assert (lost.stage, late.stage) == (LOST, LOST)
    assert left.stage is Stage.QUEUED


def test_given_up_work_does_not_outlive_an_outage() -> None:
    hand = Hand(profile(back_ends=workers(1), outages=(Outage(start_s=0.7, end_s=0.8),)))
    given_up = hand.send()
    hand.until(0.5)
    hand.stations.leave(0.5, given_up)
    hand.until(0.9)
    visits = [hand.send(), hand.send()]
    hand.until(5)

    assert [hand.end_of(one)[0] for one in visits] == [1.9, 2.9]
    assert hand.most_at_work == 1


def test_the_same_seed_and_arrivals_come_to_the_same_end() -> None:
    def ends(seed: int) -> list[tuple[float, Stage]]:
        cost = Cost(jitter=0.9, stall_chance=0.2, stall_s=3)
        link = Link(break_chance=0.1, bytes_per_break=1e6)
        hand = Hand(Profile(back_ends=workers(3), cost=cost, link=link), size=9000, seed=seed)
        visits = [hand.send() for _ in range(30)]
        hand.until(200)
        return [hand.end_of(one) for one in visits]

    assert ends(1) == ends(1)
    assert ends(1) != ends(2)


@given(
    seed=st.integers(0, 9999),
    crew=st.integers(1, 4),
    outage=st.booleans(),
    breaks=st.sampled_from([0.0, 0.3]),
)
def test_nothing_is_ever_lost_or_served_twice(
    seed: int, crew: int, *, outage: bool, breaks: float
) -> None:
    """Random arrivals: never more at work than workers, and everybody comes to one end."""
    chance = Random(seed)
    server = Profile(
        back_ends=workers(crew, thrash=0.2),
        cost=Cost(base_s=0.3, item_s=0.1, jitter=0.5, stall_chance=0.1, stall_s=1.0),
        link=Link(bandwidth=5000, per_connection=2000, break_chance=breaks),
        caps=(Cap(limit=8, whose=Whose.SERVER),),
        outages=(Outage(start_s=3, end_s=5),) if outage else (),
    )
    hand = Hand(server, size=700, seed=seed)
    visits = []
    for _ in range(25):
        hand.until(hand.now + chance.expovariate(4.0))
        line = hand.stations.line
        assert line.rate * line.transfers <= 5000 + 1e-9
        visits.append(hand.send(chance.choice("abc")))
        if chance.random() < 0.1:
            hand.stations.leave(hand.now, visits.pop())
    hand.until(500)
    tally = hand.stations.counting.tally()

    assert set(hand.ends) >= set(visits)
    assert hand.most_at_work <= crew
    assert all(pool.busy == pool.queued == 0 for pool in hand.stations.pools)
    assert tally.requests == 25
    assert tally.answered + tally.failed + tally.abandoned == 25


def _free() -> Cost:
    return Cost(base_s=0.0, item_s=0.0, rate=FOREVER, jitter=0.0)
