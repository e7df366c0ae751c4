"""A server that counts requests in a time: how many it takes is found, and starts are spread."""

from __future__ import annotations

from statistics import fmean

import pytest

from strongroom.slots.api import FOREVER, Outcome, Sample
from strongroom.slots.rate import Rate
from strongroom.words.pace import Limiter
from tests.slots.drive import Drive, drive
from tests.slots.server import Outage, Quota, Server


def refusal(now: float) -> Sample:
    return Sample("ann", now - 0.1, now, Outcome.THROTTLED, 1, 0, 9, retry_after=1.0,
                  is_counted=True)  # fmt: skip


def success(started_s: float) -> Sample:
    return Sample("ann", started_s, started_s + 0.1, Outcome.OK, 1, 0, 1)


def started(rate: Rate, since_s: float, until_s: float, per_second: float) -> None:
    count = round((until_s - since_s) * per_second)
    for number in range(count):
        rate.start(since_s + (until_s - since_s) * number / count)


def taken(rate: Rate, since_s: float, until_s: float, step_s: float = 0.01) -> int:
    """Start whenever it may be."""
    count = 0
    for step in range(round((until_s - since_s) / step_s)):
        now = since_s + step * step_s
        while rate.allows(now):
            rate.start(now)
            count += 1
    return count


def test_before_a_refusal_it_never_says_no() -> None:
    rate = Rate()
    started(rate, 0.0, 5.0, 1000.0)
    assert rate.allows(5.0)
    assert rate.wake_at(5.0) == FOREVER
    assert rate.per_second(5.0) == FOREVER


def test_what_was_started_over_work_and_wait_is_what_is_borne() -> None:
    rate = Rate()
    started(rate, 0.0, 8.0, 50.0)
    rate.refused(refusal(8.0), 10.0)
    assert rate.per_second(10.0) == pytest.approx(40.0, rel=0.05)


def test_what_came_all_at_once_says_little_and_is_found_out_step_by_step() -> None:
    rate = Rate()
    started(rate, 0.0, 1.0, 400.0)
    rate.refused(refusal(1.0), 10.0)
    assert rate.per_second(10.0) == pytest.approx(200.0, rel=0.05)
    counts = windows(rate, range(1, 40))
    assert fmean(counts[15:]) > 380, "of four hundred"


def windows(rate: Rate, numbers: range) -> list[int]:
    """Ask a server that takes 400 in ten seconds whenever it may be; give what it took in each."""
    counts, shut_s = [], 0.0
    for number in numbers:
        count, end_s = 0, 10.0 * number + 10.0
        for step in range(1000):
            now = 10.0 * number + 0.01 * step
            while now >= shut_s and rate.allows(now):
                rate.start(now)
                if count == 400:
                    shut_s = end_s + 0.3
                    rate.refused(refusal(now), shut_s)
                else:
                    count += 1
        counts.append(count)
    return counts


def test_a_rate_that_is_a_little_too_high_is_hardly_lowered() -> None:
    rate = Rate()
    started(rate, 0.0, 60.0, 40.5)
    rate.refused(refusal(60.0), 61.3)
    assert rate.per_second(61.3) == pytest.approx(0.97 * 40.5, rel=0.02)


def test_starts_are_spread_and_a_few_are_made_up_for() -> None:
    rate = Rate()
    started(rate, 0.0, 20.0, 20.0)
    rate.refused(refusal(20.0), 22.0)
    now = rate.per_second(22.0)
    assert taken(rate, 22.0, 22.1) <= 0.1 * now + 2
    # Nothing was wanted for a minute: what may be started at once after it is no minute's worth.
    assert taken(rate, 82.0, 82.01) <= 0.3 * rate.per_second(82.0) + 1


def test_the_time_is_named_at_which_the_next_one_may_go() -> None:
    rate = Rate()
    started(rate, 0.0, 10.0, 2.0)
    rate.refused(refusal(10.0), 11.0)
    while rate.allows(11.0):
        rate.start(11.0)
    wake_s = rate.wake_at(11.0)
    assert 11.0 < wake_s < 12.0
    assert not rate.allows(wake_s - 0.01)
    assert rate.allows(wake_s + 1e-6)
    assert rate.holds(wake_s)
    assert not rate.holds(wake_s + 5.0)


def test_one_refusal_right_after_the_wait_does_not_take_all() -> None:
    rate = Rate()
    started(rate, 0.0, 30.0, 40.0)
    rate.refused(refusal(30.0), 31.0)
    before = rate.per_second(31.0)
    rate.start(31.0)
    rate.refused(refusal(31.1), 32.0)
    assert rate.per_second(32.0) == pytest.approx(before, rel=0.1)


def test_an_hour_of_rest_says_nothing_of_the_server() -> None:
    rate = Rate()
    started(rate, 0.0, 30.0, 40.0)
    started(rate, 3630.0, 3660.0, 40.0)
    rate.refused(refusal(3660.0), 3661.0)
    assert rate.per_second(3661.0) == pytest.approx(40.0, rel=0.1)


def test_refusals_of_everything_say_nothing_of_how_many_are_right() -> None:
    # Others use all of it up for a while; afterwards as much is allowed as before.
    quota = Quota(limit=100, window_s=10.0, is_told=False)
    outage = Outage(start_s=200, end_s=400, how="busy", hint_s=1.0, is_counted=True)
    seen = drive(Server(threads=200, seconds=0.3, quota=quota, outages=(outage,)), 700)
    after = sum(430 < at < 700 for at in seen.started)
    assert after > 0.85 * 100 * 270 / 10.0


def test_a_rate_that_became_smaller_and_larger_again_is_found_in_minutes() -> None:
    rate = Rate()
    started(rate, 0.0, 10.0, 40.0)
    rate.refused(refusal(10.0), 10.5)
    for window in range(2, 12):
        rate.start(10.0 * window)
        rate.succeeded(success(10.0 * window))
        rate.refused(refusal(10.0 * window + 0.2), 10.0 * window + 10.0)
    assert rate.per_second(120.0) < 10.0
    assert rate.per_second(120.0 + 600.0) > 20.0


@pytest.mark.parametrize("seconds", [0.1, 0.3, 1.0])
def test_most_of_what_is_allowed_is_used_however_long_a_request_takes(seconds: float) -> None:
    # The same number is allowed, whether the server is quick or slow, and it changes its mind.
    steps = ((0.0, 200, seconds), (400.0, 200, 2.0 * seconds), (800.0, 200, seconds))
    quota = Quota(limit=100, window_s=10.0, is_told=False)
    seen = drive(Server(threads=200, steps=steps, quota=quota), 1200)
    assert seen.ended[Outcome.OK] > 0.85 * 100 * 1200 / 10.0
    assert seen.ended[Outcome.THROTTLED] < 0.01 * len(seen.started)
    assert seen.disobeyed == seen.stuck == seen.given_up == 0


def test_the_slots_are_not_what_is_lowered() -> None:
    quota = Quota(limit=100, window_s=10.0, is_told=False)
    steps = ((0.0, 200, 0.1), (300.0, 200, 0.4))
    seen = drive(Server(threads=200, steps=steps, quota=quota), 700)
    times = list(zip(seen.started, seen.slots, strict=True))
    quick = fmean(slots for at, slots in times if 200 < at < 300)
    slow = fmean(slots for at, slots in times if 600 < at < 700)
    assert slow > 2.5 * quick


def test_it_is_told_as_what_it_is() -> None:
    driven = Drive(Server(threads=200, quota=Quota(limit=100, window_s=10.0, is_told=False)))
    driven.run(300)
    by_name = {one.by: one for one in driven.controller.limits(driven.now)}
    assert by_name[Limiter.RATE].count == pytest.approx(600, rel=0.1)
    assert Limiter.REFUSALS not in by_name
