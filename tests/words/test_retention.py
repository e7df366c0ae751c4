"""Rules of what stays: what they keep, why, and what holds for all of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from strongroom.errors import OperatorError
from strongroom.words.coverage import Status
from strongroom.words.retention import KEEP_ALL, Decision, Point, Rules, decide, parse_rules

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")

COUNTED = ("last", "hourly", "daily", "weekly", "monthly", "yearly")
RULES = st.builds(
    Rules,
    counts=st.dictionaries(st.sampled_from(COUNTED), st.integers(1, 20), max_size=4).map(
        lambda given: tuple((kind, given[kind]) for kind in COUNTED if kind in given)
    ),
    within=st.none() | st.integers(1, 400 * 24).map(lambda hours: timedelta(hours=hours)),
)
MOMENTS = st.one_of(
    st.integers(0, 3 * 366 * 24 * 60), st.integers(0, 40 * 24).map(lambda hours: hours * 60)
).map(lambda minutes: NOW - timedelta(minutes=minutes))
POINTS = st.lists(
    st.tuples(MOMENTS, st.sampled_from(Status), st.integers(0, 2)), min_size=1, max_size=60
).map(
    lambda rows: [
        Point(id=f"{number:04}", time=time, status=status, items=items)
        for number, (time, status, items) in enumerate(rows)
    ]
)


def kept(points: list[Point], rules: Rules) -> set[str]:
    return {one.point.id for one in decided(points, rules) if not one.goes}


def decided(points: list[Point], rules: Rules, zone: ZoneInfo = BERLIN) -> list[Decision]:
    return decide(points, rules, now=NOW, zone=zone)


def daily(count: int, *, hour: int = 12) -> list[Point]:
    """One complete point a day, the newest first."""
    newest = NOW.replace(hour=hour)
    return [Point(id=f"d{age}", time=newest - timedelta(days=age)) for age in range(count)]


@given(points=POINTS, rules=RULES, more=RULES)
def test_more_rules_and_higher_counts_never_keep_less(
    points: list[Point], rules: Rules, more: Rules
) -> None:
    if rules.keeps_all or more.keeps_all:
        return
    counts = dict(more.counts)
    for kind, count in rules.counts:
        counts[kind] = max(count, counts.get(kind, 0))
    spans = [span for span in (rules.within, more.within) if span is not None]
    union = Rules(counts=tuple(counts.items()), within=max(spans, default=None))
    assert kept(points, rules) | kept(points, more) <= kept(points, union)


@given(points=POINTS, rules=RULES)
def test_something_always_stays_and_the_last_good_one_is_among_it(
    points: list[Point], rules: Rules
) -> None:
    stays = kept(points, rules)
    assert stays
    complete = [one for one in points if one.status is Status.COMPLETE]
    if complete:
        assert max(complete, key=lambda one: (one.time, one.items > 0)).time in {
            one.time for one in complete if one.id in stays
        }
    elif any(one.items for one in points):
        assert any(one.items for one in points if one.id in stays)


@given(points=POINTS, rules=RULES)
def test_what_was_decided_once_is_decided_again_of_what_stayed(
    points: list[Point], rules: Rules
) -> None:
    stays = kept(points, rules)
    assert kept([one for one in points if one.id in stays], rules) == stays


@given(points=POINTS, span=st.integers(1, 400))
def test_all_that_is_younger_than_within_stays(points: list[Point], span: int) -> None:
    since = max(one.time for one in points) - timedelta(days=span)
    young = {one.id for one in points if one.time > since}
    assert young <= kept(points, parse_rules([f"within:{span}d"]))


@given(points=POINTS, rules=RULES)
def test_every_point_gets_one_decision_with_its_reason_newest_first(
    points: list[Point], rules: Rules
) -> None:
    found = decided(points, rules)
    assert sorted(one.point.id for one in found) == sorted(one.id for one in points)
    times = [one.point.time for one in found]
    assert times == sorted(times, reverse=True)


@given(rules=RULES)
def test_rules_are_read_as_they_are_written(rules: Rules) -> None:
    assert parse_rules([str(rules)]) == rules


def test_rules_are_words_with_spaces_commas_or_one_by_one() -> None:
    wanted = Rules(counts=(("last", 30), ("daily", 14)), within=timedelta(days=90))
    assert parse_rules(["daily:14", "last:30", "within:90d"]) == wanted
    assert parse_rules(["last:30 daily:14,within:90d"]) == wanted
    assert str(wanted) == "last:30 daily:14 within:90d"


@pytest.mark.parametrize(
    "word",
    ["daily", "daily:0", "daily:-1", "daily:x", "fortnightly:3", "within:3", "within:0d",
     "last:3d", "last:100001", "daily:\u0661", "keep all"],
)  # fmt: skip
def test_what_is_no_rule_is_refused_with_those_that_there_are(word: str) -> None:
    with pytest.raises(OperatorError) as caught:
        parse_rules([word])
    assert caught.value.hint


def test_a_kind_that_is_given_twice_is_refused() -> None:
    for words in (["daily:3", "daily:4"], ["within:3d", "within:4d"]):
        with pytest.raises(OperatorError):
            parse_rules(words)


def test_a_span_that_reaches_before_all_calendars_keeps_everything() -> None:
    assert kept(daily(50), parse_rules(["within:100000y"])) == {one.id for one in daily(50)}


def test_without_rules_everything_stays() -> None:
    assert kept(daily(500), KEEP_ALL) == {one.id for one in daily(500)}


def test_the_newest_of_each_period_stays_and_the_oldest_while_a_rule_has_room() -> None:
    two_a_day = [
        *daily(10),
        *[Point(id=f"m{a.id}", time=a.time.replace(hour=3)) for a in daily(10)],
    ]
    assert kept(two_a_day, parse_rules(["daily:3"])) == {"d0", "d1", "d2"}
    assert kept(two_a_day, parse_rules(["daily:30"])) == {*(f"d{n}" for n in range(10)), "md9"}


def test_reasons_name_the_rules() -> None:
    found = {one.point.id: one.keeps for one in decided(daily(9), parse_rules(["last:2 weekly:2"]))}
    assert found["d0"] == ("last 2", "weekly 2", "last good")
    assert found["d1"] == ("last 2",)
    assert found["d2"] == ("weekly 2",)  # the Sunday before
    assert found["d3"] == ()


def test_days_are_those_of_the_zone() -> None:
    late = Point(id="late", time=datetime(2026, 1, 10, 22, 30, tzinfo=UTC))
    later = Point(id="later", time=datetime(2026, 1, 10, 23, 30, tzinfo=UTC))
    rules = parse_rules(["daily:9"])
    older = Point(id="older", time=datetime(2026, 1, 1, tzinfo=UTC))
    points = [later, late, older]
    assert {one.point.id: one.goes for one in decided(points, rules, ZoneInfo("UTC"))}["late"]
    assert not {one.point.id: one.goes for one in decided(points, rules, BERLIN)}["late"]


def test_the_last_complete_point_stays_however_many_partial_ones_came_after() -> None:
    partial = [Point(id=f"p{one.id}", time=one.time, status=Status.PARTIAL) for one in daily(20)]
    good = Point(id="good", time=NOW - timedelta(days=300))
    found = {one.point.id: one.keeps for one in decided([*partial, good], parse_rules(["last:3"]))}
    assert found["good"] == ("last good",)
    assert found["pd2"] == ("last 3",)
    assert found["pd3"] == ()


def test_where_none_is_complete_the_newest_that_holds_something_stays() -> None:
    empty = [
        Point(id=f"e{one.id}", time=one.time, status=Status.PARTIAL, items=0) for one in daily(5)
    ]
    full = Point(id="full", time=NOW - timedelta(days=30), status=Status.PARTIAL, items=3)
    assert kept([*empty, full], parse_rules(["last:1"])) == {"ed0", "full"}


def test_a_point_from_the_future_counts_for_no_rule_and_stays() -> None:
    future = Point(id="future", time=NOW + timedelta(days=900), status=Status.PARTIAL)
    assert kept([future, *daily(9)], parse_rules(["last:2"])) == {"future", "d0", "d1"}
    assert len(kept([future, *daily(9)], parse_rules(["within:3d"]))) == 4


@settings(max_examples=30)
@given(years=st.integers(1, 40))
def test_within_does_not_count_from_now(years: int) -> None:
    old = [Point(id=one.id, time=one.time - timedelta(days=366 * years)) for one in daily(9)]
    assert kept(old, parse_rules(["within:4d"])) == {"d0", "d1", "d2", "d3"}
