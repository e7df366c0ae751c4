"""Schedules: what is taken, when they are due, and when a job may run."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strongroom.engine.hours import HOURS_OF_WEEK
from strongroom.engine.schedule import IDLE_MAX_S, Schedule
from strongroom.errors import OperatorError

NIGHTS = Schedule(hours="mon-fri 20-06, sat-sun 0-24", time_zone="Europe/Berlin")
BEGIN, END = datetime(2026, 1, 1), datetime(2027, 1, 1)  # noqa: DTZ001 - hypothesis adds the zone
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, "never by itself"),
        ({"cron": "0 22 * * *"}, "at 22:00 every day (UTC)"),
        (
            {"cron": " 30  2 * * mon-fri", "time_zone": "Europe/Berlin"},
            "at 02:30 on Monday through Friday (Europe/Berlin)",
        ),
        ({"idle_s": 900}, "continuously, 15 min after each run"),
        (
            {"idle_s": 60, "hours": "Sat 0-24"},
            "continuously, 60 s after each run; only in these hours: sat 0-24 (UTC)",
        ),
        ({"hours": "20-6"}, "never by itself; only in these hours: 20-6 (UTC)"),
    ],
)
def test_a_schedule_is_told_in_words_and_kept_as_json(given: dict[str, Any], told: str) -> None:
    schedule = Schedule(**given)
    assert schedule.in_words() == told
    assert Schedule.from_json(schedule.to_json()) == schedule


def test_no_schedule_is_the_empty_one() -> None:
    assert Schedule.from_json(None) == Schedule()
    assert Schedule().is_empty
    assert Schedule(hours=" Always ").is_empty
    assert not Schedule(idle_s=60).is_empty
    assert not Schedule(hours="sat").is_empty


@pytest.mark.parametrize(
    ("given", "what"),
    [
        ({"cron": "0 22 * * *", "idle_s": 900}, "either by cron or continuously"),
        ({"cron": "0 22 * *"}, "cron text cannot be understood"),
        ({"idle_s": 59}, "no time for a continuous job to rest"),
        ({"idle_s": IDLE_MAX_S + 1}, "no time for a continuous job to rest"),
        ({"hours": "sometimes"}, "permitted hours cannot be understood"),
        *[
            ({"time_zone": name}, "no such time zone")
            for name in (
                "",
                "Berlin",
                "europe/berlin",
                "Europe",
                "../UTC",
                "/etc/passwd",
                "x" * 999,
            )
        ],
        ({"time_zone": "Europe/Berlin\0"}, "no such time zone"),
    ],
)
def test_what_cannot_be_understood_is_refused_with_a_hint(given: dict[str, Any], what: str) -> None:
    with pytest.raises(OperatorError, match=what) as refused:
        Schedule(**given)
    assert refused.value.hint
    assert len(refused.value.why) < 200


def test_only_a_cron_text_says_by_itself_when_a_job_is_due() -> None:
    berlin = Schedule(cron="30 22 * * *", time_zone="Europe/Berlin")
    assert berlin.next_due(at("2026-07-01T20:29:59")) == at("2026-07-01T20:30")
    assert berlin.next_due(at("2026-07-01T20:30")) == at("2026-07-02T20:30")
    assert Schedule(idle_s=60).next_due(at("2026-07-01T00:00")) is None
    assert Schedule(hours="sat").next_due(at("2026-07-01T00:00")) is None


def test_a_continuous_job_is_due_when_it_has_rested() -> None:
    schedule, now = Schedule(idle_s=900), at("2026-07-01T12:00")
    assert schedule.due_after_run(None, now=now) == now
    assert schedule.due_after_run(at("2026-07-01T11:50"), now=now) == at("2026-07-01T12:05")
    ended_by_a_wrong_clock = at("2036-07-01T00:00")
    assert schedule.due_after_run(ended_by_a_wrong_clock, now=now) == at("2026-07-01T12:15")


@pytest.mark.parametrize(
    ("moment", "begins"),
    [
        ("2026-07-06T17:59:59", "2026-07-06T18:00"),  # Monday evening in Berlin
        ("2026-07-07T04:00", "2026-07-07T18:00"),
        ("2026-07-11T03:00", "2026-07-11T03:00"),
        ("2026-07-05T22:00", "2026-07-06T18:00"),  # Monday at midnight: Sunday's hours are over
        ("2026-07-06T12:34:56", "2026-07-06T18:00"),
    ],
)
def test_permitted_hours_are_those_of_the_zone(moment: str, begins: str) -> None:
    assert NIGHTS.next_permitted(at(moment)) == at(begins)
    assert NIGHTS.is_permitted(at(moment)) == (moment == begins)


def test_when_hours_begin_is_told_on_the_clock_of_the_zone() -> None:
    assert NIGHTS.hours_begin(at("2026-07-06T12:00")) == "Mon 20:00 (Europe/Berlin)"


def test_without_hours_everything_is_permitted() -> None:
    assert Schedule().is_permitted(at("2026-07-06T12:00"))
    assert Schedule().next_permitted(at("2026-07-06T12:00")) == at("2026-07-06T12:00")


def test_an_hour_that_the_clock_leaves_out_comes_a_week_later() -> None:
    only = Schedule(hours="sun 2-3", time_zone="Europe/Berlin")
    assert only.next_permitted(at("2026-03-29T00:30")) == at("2026-04-05T00:00")
    twice = only.next_permitted(at("2026-10-25T00:00"))
    assert [only.is_permitted(twice + timedelta(minutes=n)) for n in (0, 59, 60, 119, 120)] == [
        True, True, True, True, False,
    ]  # fmt: skip


@given(
    hours=st.frozensets(st.integers(0, HOURS_OF_WEEK - 1), min_size=1, max_size=5),
    zone=st.sampled_from(["UTC", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu"]),
    start=st.datetimes(BEGIN, END, timezones=st.just(UTC)),
)
def test_hours_begin_at_the_first_moment_that_is_permitted(
    hours: frozenset[int], zone: str, start: datetime
) -> None:
    text = ", ".join(f"{DAYS[one // 24]} {one % 24}-{one % 24 + 1}" for one in hours)
    schedule = Schedule(hours=text, time_zone=zone)
    begins = schedule.next_permitted(start)
    assert schedule.is_permitted(begins)
    assert begins - start <= timedelta(days=15)
    between = (begins - start) / 50
    if begins != start:
        assert not any(schedule.is_permitted(start + n * between) for n in range(50))
        assert not schedule.is_permitted(begins - timedelta(microseconds=1))
