"""When a cron text is due, beside a clock that is read minute by minute."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from strongroom.engine import cron as crons
from strongroom.errors import OperatorError

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = (
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "America/Havana",  # no midnight in spring
    "America/Nuuk",  # the clock goes back over midnight
    "Australia/Lord_Howe",  # by half an hour
    "Asia/Kathmandu",  # never, and 45 minutes beside others
)
MINUTE = timedelta(minutes=1)
BEGIN, END = datetime(2000, 1, 1), datetime(2500, 1, 1)  # noqa: DTZ001 - hypothesis adds the zone


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def turns(cron: str, zone: ZoneInfo, after: datetime, until: datetime) -> Iterator[datetime]:
    """Ask for one turn after the other, as the engine does."""
    turn = crons.next_turn(cron, zone, after)
    while turn is not None and turn <= until:
        yield turn
        turn = crons.next_turn(cron, zone, turn)


def berlin(cron: str, after: str, until: str) -> list[str]:
    found = turns(cron, BERLIN, at(after), at(until))
    return [one.astimezone(BERLIN).strftime("%d %H:%M%z") for one in found]


def test_a_time_that_the_clock_leaves_out_is_due_once_when_it_has_jumped() -> None:
    around = ("2026-03-27T12:00", "2026-03-30T12:00")
    assert berlin("30 2 * * *", *around) == ["28 02:30+0100", "29 03:00+0200", "30 02:30+0200"]
    every_quarter = berlin("*/15 2 * * *", "2026-03-29T00:00", "2026-03-29T12:00")
    assert every_quarter == ["29 03:00+0200"]
    both = berlin("0 2,3 * * *", "2026-03-29T00:00", "2026-03-29T12:00")
    assert both == ["29 03:00+0200"]


def test_a_time_that_the_clock_shows_twice_is_due_the_first_time() -> None:
    around = ("2026-10-24T12:00", "2026-10-26T12:00")
    assert berlin("30 2 * * *", *around) == ["25 02:30+0200", "26 02:30+0100"]
    every_quarter = berlin("*/15 2 * * *", "2026-10-24T12:00", "2026-10-25T12:00")
    assert every_quarter == [f"25 02:{minute:02}+0200" for minute in (0, 15, 30, 45)]
    every_second_hour = berlin("0 */2 * * *", "2026-10-24T22:30", "2026-10-25T04:00")
    assert every_second_hour == ["25 02:00+0200", "25 04:00+0100"]


def test_asked_in_the_middle_of_the_repeated_hour_nothing_comes_a_second_time() -> None:
    for after in ("2026-10-25T00:30", "2026-10-25T00:59", "2026-10-25T01:00", "2026-10-25T01:29"):
        assert berlin("30 2 * * *", after, "2026-10-26T00:00") == []


@pytest.mark.parametrize("cron", ["*/15 * * * *", "*/15 0-23 * * *"])
def test_what_is_due_in_every_hour_keeps_its_pace_through_both_changes(cron: str) -> None:
    for day in ("2026-03-29", "2026-10-25"):
        found = list(turns(cron, BERLIN, at(f"{day}T00:00"), at(f"{day}T06:00")))
        assert {later - earlier for earlier, later in pairwise(found)} == {timedelta(minutes=15)}
        assert len(found) == 24


def test_the_29th_of_february_and_the_last_of_a_month_are_found() -> None:
    utc = ZoneInfo("UTC")
    assert crons.next_turn("0 4 29 2 *", utc, at("2026-01-01T00:00")) == at("2028-02-29T04:00")
    assert crons.next_turn("0 4 29 2 *", utc, at("2096-03-01T00:00")) == at("2104-02-29T04:00")
    assert crons.next_turn("0 4 L * *", utc, at("2026-02-01T00:00")) == at("2026-02-28T04:00")
    assert crons.next_turn("0 4 * * 1#1", utc, at("2026-02-03T00:00")) == at("2026-03-02T04:00")


@pytest.mark.parametrize(
    ("cron", "why"),
    [
        ("", "five fields"),
        ("@daily", "five fields"),
        ("0 0 22 * * *", "five fields"),
        ("60 22 * * *", "Bad minute"),
        ("0 24 * * *", "Bad hour"),
        ("0 0 31 2 *", "Bad day-of-month"),
        ("0 0 31 4,6,9,11 *", "Bad day-of-month"),
        ("0 0 */15 2 SUN#5", "no such day"),
        ("*/0 * * * *", "Bad minute"),
        ("0 0 * * 8", "Bad day-of-week"),
        ("1-0 * * * *", "Bad minute"),
        (f"{'1,' * 200}1 * * * *", "five fields"),
    ],
)
def test_what_is_no_cron_text_or_never_comes_is_refused(cron: str, why: str) -> None:
    with pytest.raises(OperatorError, match="cannot be understood") as refused:
        crons.tidied(cron)
    assert why in refused.value.why
    assert refused.value.hint


@given(st.one_of(st.text("0123456789*,-/# LWMONSUJAB²", max_size=30), st.text(max_size=20)))
def test_any_text_is_taken_or_refused(text: str) -> None:
    for cron in (text, f"0 0 {text} * *", f"0 0 * * {text}", f"{text} * * * *"):
        try:
            tidy = crons.tidied(cron)
        except OperatorError:
            continue
        assert crons.tidied(tidy) == tidy
        assert crons.next_turn(tidy, BERLIN, at("2026-01-01T00:00")) is not None
        assert crons.in_words(tidy)


def test_at_the_end_of_all_years_nothing_is_due() -> None:
    for cron in ("30 22 * * *", "*/15 * * * *", "0 4 29 2 *"):
        last = datetime.max.replace(tzinfo=UTC) - timedelta(days=2)
        assert len(list(turns(cron, BERLIN, last, datetime.max.replace(tzinfo=UTC)))) < 300


def changes(zone: ZoneInfo) -> list[datetime]:
    """Find the hours of 2026 in which a zone's clock is changed."""
    hours = [at("2026-01-01T00:00") + timedelta(hours=n) for n in range(365 * 24)]
    offsets = [hour.astimezone(zone).utcoffset() for hour in hours]
    return [hours[n] for n in range(1, len(hours)) if offsets[n] != offsets[n - 1]]


MOMENTS = {
    name: changes(ZoneInfo(name)) or [at("2026-02-28T12:00"), at("2026-12-31T12:00")]
    for name in ZONES
}
MINUTES = st.sampled_from(["*", "*/15", "0", "30", "59", "5,35", "10-12"])
HOURS = st.sampled_from(["*", "0-23", "*/2", "0", "1", "2", "1-3", "23", "0,12"])
DAYS = st.sampled_from(["*", "1", "*/2", "25-31", "8,29"])
MONTHS = st.sampled_from(["*", "3,10", "4-11"])
WEEKDAYS = st.sampled_from(["*", "0", "mon-fri", "6,7"])
CRONS = st.tuples(MINUTES, HOURS, DAYS, MONTHS, WEEKDAYS)
_NAMES = {"mon-fri": "1-5"}


def values(field: str, lowest: int, highest: int) -> set[int]:
    """Read a field of ours, which are simpler than what there is."""
    found: set[int] = set()
    for term in _NAMES.get(field, field).split(","):
        span, _, step = term.partition("/")
        first, _, last = (f"{lowest}-{highest}" if span == "*" else span).partition("-")
        found |= set(range(int(first), int(last or first) + 1, int(step or 1)))
    return found


class Model:
    """Says whether a wall clock shows a time that a cron text means."""

    def __init__(self, fields: tuple[str, ...]) -> None:
        minute, hour, day, month, weekday = fields
        self.minutes, self.hours = values(minute, 0, 59), values(hour, 0, 23)
        self.days, self.months = values(day, 1, 31), values(month, 1, 12)
        self.weekdays = {one % 7 for one in values(weekday, 0, 6)}
        self.needs_both = day.startswith("*") or weekday.startswith("*")

    def means(self, wall: datetime) -> bool:
        is_day, is_weekday = wall.day in self.days, wall.isoweekday() % 7 in self.weekdays
        return (
            wall.minute in self.minutes
            and wall.hour in self.hours
            and wall.month in self.months
            and (is_day and is_weekday if self.needs_both else is_day or is_weekday)
        )

    def turns(self, zone: ZoneInfo, after: datetime, until: datetime) -> list[datetime]:
        """Read the clock each minute: due is what it comes to, or jumps over, for the first time.

        What is due in every hour is due whenever the clock shows it.
        """
        seen = (after - timedelta(days=1)).astimezone(zone).replace(tzinfo=None, second=0)
        moment, found = after - timedelta(days=1) + MINUTE, []
        while moment <= until:
            wall = moment.astimezone(zone).replace(tzinfo=None)
            new = [wall] if len(self.hours) == 24 else list(_minutes(seen, wall))
            if any(self.means(one) for one in new) and moment > after:
                found.append(moment)
            seen = max(seen, wall)
            moment += MINUTE
        return found


def _minutes(seen: datetime, wall: datetime) -> Iterator[datetime]:
    while seen < wall:
        seen += MINUTE
        yield seen


@given(fields=CRONS, name=st.sampled_from(ZONES), data=st.data())
def test_turns_are_those_of_a_clock_that_is_read_minute_by_minute(
    fields: tuple[str, ...], name: str, data: st.DataObject
) -> None:
    # Where the clock goes back by half an hour, an hourly turn may come an hour and a half later.
    assume(name != "Australia/Lord_Howe" or fields[1] not in {"*", "0-23"})
    zone = ZoneInfo(name)
    change = data.draw(st.sampled_from(MOMENTS[name]))
    after = change - timedelta(minutes=data.draw(st.integers(-90, 12 * 60)))
    until = after + timedelta(hours=20)
    cron = crons.tidied(" ".join(fields))
    assert list(turns(cron, zone, after, until)) == Model(fields).turns(zone, after, until)


@given(
    fields=CRONS,
    name=st.sampled_from(ZONES),
    after=st.datetimes(BEGIN, END, timezones=st.just(UTC)),
)
def test_turns_only_ever_go_on_and_are_whole_minutes(
    fields: tuple[str, ...], name: str, after: datetime
) -> None:
    cron = crons.tidied(" ".join(fields))
    last = after
    for _ in range(20):
        turn = crons.next_turn(cron, ZoneInfo(name), last)
        assert turn is not None
        assert turn > last
        assert (turn.second, turn.microsecond) == (0, 0)
        last = turn
