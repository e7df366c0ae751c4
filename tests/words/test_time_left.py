"""How long it will take still: never negative, null where nobody can know, and without jumps."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from strongroom.words.time_left import (
    TASK_BYTES,
    Amounts,
    InHand,
    Speed,
    Steady,
    UploadLimit,
    is_known,
    left_of_one_s,
    left_s,
    share_done,
    speed_of,
    together_s,
)

COUNTS = st.integers(0, 10**9)
IN_HAND = st.builds(
    InHand, items=COUNTS, items_expected=COUNTS, bytes=COUNTS, bytes_expected=COUNTS
)
AMOUNTS = st.builds(
    Amounts,
    in_hand=st.lists(IN_HAND, max_size=4),
    ended=st.integers(0, 10_000),
    ended_items=COUNTS,
    ended_bytes=COUNTS,
    ended_weight=COUNTS,
    waiting=st.integers(0, 10_000),
    waiting_weight=COUNTS,
    in_hand_weight=COUNTS,
)
RATES: SearchStrategy[float] = st.floats(0, 1e9)
SPEEDS = st.builds(Speed, items_per_s=RATES, bytes_per_s=RATES, tasks_per_s=RATES)


@given(AMOUNTS, SPEEDS, st.floats(0, 1e9))
def test_it_is_a_number_that_is_not_negative_or_nobody_knows(
    amounts: Amounts, speed: Speed, slowest_s: float
) -> None:
    seconds = left_s(amounts, speed, slowest_s)
    assert seconds is None or (seconds >= 0 and math.isfinite(seconds))
    share = share_done(amounts)
    assert share is None or 0 <= share <= 1


@given(AMOUNTS, SPEEDS)
def test_twice_as_fast_takes_half_as_long(amounts: Amounts, speed: Speed) -> None:
    twice = Speed(
        items_per_s=2 * speed.items_per_s,
        bytes_per_s=2 * speed.bytes_per_s,
        tasks_per_s=2 * speed.tasks_per_s,
    )
    once_s, twice_s = left_s(amounts, speed), left_s(amounts, twice)
    if once_s is not None:
        assert twice_s is not None
        assert math.isclose(twice_s, once_s / 2, abs_tol=1e-6)


@given(AMOUNTS, SPEEDS, st.integers(1, 1000))
def test_more_tasks_that_wait_never_take_less_time(
    amounts: Amounts, speed: Speed, more: int
) -> None:
    fields = {name: getattr(amounts, name) for name in Amounts.__dataclass_fields__}
    longer = Amounts(**{**fields, "waiting": amounts.waiting + more})
    now_s, later_s = left_s(amounts, speed), left_s(longer, speed)
    if now_s is not None and later_s is not None and amounts.waiting:
        assert later_s >= now_s


def test_of_a_first_backup_the_size_that_is_known_is_what_there_is_to_do() -> None:
    # A gigabyte in 100 s; nine such mailboxes wait.
    amounts = Amounts(
        ended=1, ended_bytes=10**9, ended_weight=10**9, waiting=9, waiting_weight=9 * 10**9
    )
    assert _near(left_s(amounts, Speed(bytes_per_s=1e7)), 900)


def test_of_a_backup_of_what_changed_it_is_what_such_sizes_needed_up_to_now() -> None:
    # Large ones go first: of 100 GB in ten tasks little was read, 90 small ones wait, 10 GB in all.
    amounts = Amounts(
        ended=10,
        ended_bytes=10**7,
        ended_weight=100 * 10**9,
        waiting=90,
        waiting_weight=10 * 10**9,
    )
    # Ten tasks in 20 s.
    speed = Speed(bytes_per_s=5e5, tasks_per_s=0.5)
    assert _near(left_s(amounts, speed), 91)


def test_where_no_size_is_known_the_tasks_that_wait_are_like_the_others() -> None:
    amounts = Amounts(
        ended=2,
        ended_bytes=2 * 10**8,
        in_hand=[InHand(bytes=5 * 10**7, bytes_expected=10**8)],
        waiting=7,
    )
    speed = Speed(bytes_per_s=1e7)
    work = 5 * 10**7 + TASK_BYTES / 2 + 7 * (10**8 + TASK_BYTES)
    assert _near(left_s(amounts, speed), work / 1e7)


def test_nobody_knows_before_anything_was_done_or_counted() -> None:
    assert left_s(Amounts(waiting=3), Speed(bytes_per_s=5.0)) is None
    counted = Amounts(in_hand=[InHand(items_expected=5)])
    assert left_s(counted, Speed()) is None
    assert left_of_one_s(InHand(items=5), Speed(items_per_s=3.0)) is None
    assert share_done(Amounts()) is None


def test_who_is_faster_now_has_found_its_pace_and_who_is_slower_may_only_wait() -> None:
    lately = Speed(items_per_s=10.0, bytes_per_s=1000.0, tasks_per_s=0.1)
    faster = Speed(items_per_s=30.0, bytes_per_s=3000.0, tasks_per_s=0.3)
    assert speed_of(lately, Speed()) == lately
    assert speed_of(lately, faster).items_per_s == 20.0
    assert lately.work_per_s < speed_of(lately, faster).work_per_s < faster.work_per_s


def test_the_first_seconds_foretell_nothing() -> None:
    amounts = Amounts(in_hand=[InHand(bytes=500, bytes_expected=10_000)])
    little = Amounts(in_hand=[InHand(bytes=5 * 10**6, bytes_expected=10**12)])
    assert not is_known(little, 20.0)
    assert is_known(little, 60.0), "of a very long run even that is something"
    half = Amounts(in_hand=[InHand(bytes=5 * 10**8, bytes_expected=10**9)])
    assert not is_known(half, 4.0)
    assert is_known(half, 6.0)
    assert not is_known(amounts, 6.0)


def test_a_guess_that_was_far_too_high_is_left_soon_where_little_is_left() -> None:
    steady = Steady()
    steady.say(240.0, 0.0)
    for half_second in range(1, 13):
        said_s = steady.say(15.0 - half_second / 2, half_second / 2)
    assert said_s is not None
    assert said_s < 15.0


def test_one_large_mailbox_at_the_end_is_not_divided_among_the_threads_of_all() -> None:
    amounts = Amounts(in_hand=[InHand(bytes_expected=10**9)])
    assert left_s(amounts, Speed(bytes_per_s=1e8), slowest_s=1000.0) == 1000.0


@given(
    st.lists(st.tuples(st.floats(0, 1e6), st.floats(0.01, 60.0)), min_size=1, max_size=50),
)
def test_what_is_said_stays_between_what_was_said_and_what_is_guessed(
    guesses: list[tuple[float, float]],
) -> None:
    steady, at_s, before_s = Steady(), 0.0, None
    for guess_s, passed_s in guesses:
        at_s += passed_s
        said_s = steady.say(guess_s, at_s)
        assert said_s is not None
        assert said_s >= 0.0
        if before_s is not None:
            expected_s = max(0.0, before_s - passed_s)
            low, high = sorted((expected_s, guess_s))
            assert low - 1e-6 <= said_s <= high + 1e-6
        before_s = said_s


def test_a_guess_that_doubles_for_a_moment_is_hardly_seen() -> None:
    steady = Steady()
    steady.say(600.0, 0.0)
    jumped_s = steady.say(1200.0, 0.5)
    assert jumped_s is not None
    assert jumped_s < 640.0
    for half_second in range(2, 200):
        said_s = steady.say(1200.0 - half_second / 2, half_second / 2)
    assert said_s is not None
    assert abs(said_s - 1100.0) < 5.0


def test_what_nobody_knows_any_more_is_not_said() -> None:
    steady = Steady()
    assert steady.say(60.0, 0.0) == 60.0
    assert steady.say(None, 1.0) is None
    assert steady.say(90.0, 2.0) == 90.0


def _near(seconds: float | None, about_s: float) -> bool:
    return seconds is not None and abs(seconds - about_s) <= 0.05 * about_s


def test_what_a_server_takes_in_bounds_what_one_mailbox_needs() -> None:
    limit = UploadLimit(bytes_max=150_000_000, over_s=300.0, encoded=4 / 3)
    assert limit.takes_s(0) == 0.0
    assert limit.takes_s(4_500_000_000) == pytest.approx(12_000.0)


def test_things_side_by_side_take_as_long_as_the_last_of_them() -> None:
    assert together_s([], 4) == 0.0
    assert together_s([("a", 5.0), ("b", 7.0), ("c", 1.0)], 4) == 7.0
    assert together_s([("a", 5.0), ("b", 7.0), ("c", 4.0)], 2) == 9.0
    # What belongs to one is done one after the other, however many could go at a time.
    assert together_s([("a", 5.0), ("b", 1.0), ("a", 5.0), ("b", 1.0)], 4) == 10.0
