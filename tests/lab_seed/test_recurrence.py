"""Outlook's binary calendar structures, read back by a library that others wrote."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from extract_msg.structures.recurrence_pattern import RecurrencePattern
from extract_msg.structures.time_zone_definition import TimeZoneDefinition
from extract_msg.structures.time_zone_struct import TimeZoneStruct

from strongroom.lab.seed import calendar, recurrence
from strongroom.lab.seed.recurrence import ZONES, Zone

BEGIN = datetime(2026, 3, 4, 9, 30)  # noqa: DTZ001 - a Wednesday, local time
EPOCH = datetime(1601, 1, 1)  # noqa: DTZ001 - patterns count local minutes from here


def minutes(day: datetime) -> int:
    return int((day - EPOCH) / timedelta(minutes=1))


def midnight(week: int) -> int:
    return minutes(datetime(2026, 3, 4) + timedelta(weeks=week))  # noqa: DTZ001 - local


def series() -> recurrence.WeeklySeries:
    return calendar.weekly(
        BEGIN,
        timedelta(minutes=45),
        count=8,
        skipped=(2,),
        moved=4,
        subject="Später",
        location="Café",
    )


def read(blob: bytes) -> Any:
    return RecurrencePattern(blob)


def test_the_pattern_says_every_wednesday_eight_times() -> None:
    pattern = read(series().encode())

    assert pattern.recurFrequency == 0x200B
    assert pattern.patternType == 1
    assert pattern.period == 1
    assert int(pattern.patternTypeSpecific) == 1 << 3  # bits count from Sunday
    assert pattern.endType == 0x2022
    assert pattern.occurrenceCount == 8
    assert pattern.firstDayOfWeek == 1
    assert pattern.startDate == midnight(0)
    assert pattern.endDate == midnight(7)


def test_the_pattern_begins_in_the_week_that_its_period_counts_from() -> None:
    monday = minutes(datetime(2026, 3, 2))  # noqa: DTZ001 - local

    assert read(series().encode()).firstDateTime == monday % (7 * 24 * 60)


def test_the_deleted_and_the_changed_week_are_both_taken_out_and_one_is_put_back() -> None:
    pattern = read(series().encode())

    assert list(pattern.deletedInstanceDates) == [midnight(2), midnight(4)]
    assert list(pattern.modifiedInstanceDates) == [midnight(4)]


def test_the_changed_occurrence_carries_its_times_and_texts() -> None:
    blob = series().encode()
    moved, original = BEGIN + timedelta(weeks=4, hours=2), BEGIN + timedelta(weeks=4)
    times = [moved, moved + timedelta(minutes=45), original]
    packed = b"".join(minutes(when).to_bytes(4, "little") for when in times)

    assert blob.count(packed) == 2  # in the list of exceptions and in its Unicode twin
    assert "Später".encode("cp1252") in blob
    assert "Café".encode("utf-16-le") in blob


def test_a_daily_task_says_so() -> None:
    pattern = read(recurrence.daily_task(date(2026, 3, 4), 12))

    assert pattern.recurFrequency == 0x200A
    assert pattern.period == 24 * 60
    assert pattern.occurrenceCount == 12
    assert pattern.endDate - pattern.startDate == 11 * 24 * 60


@pytest.mark.parametrize("zone", ZONES, ids=lambda zone: zone.iana)
def test_a_zone_reads_back_with_its_name_bias_and_rules(zone: Zone) -> None:
    definition = TimeZoneDefinition(zone.definition())
    (rule,) = definition.rules
    bare = TimeZoneStruct(zone.struct())

    assert definition.keyName == zone.key
    assert rule.bias == bare.bias == zone.bias
    if zone.daylight is None:
        assert rule.daylightBias == 0
    else:
        month, week, hour = zone.daylight
        assert rule.daylightBias == bare.daylightBias == -60
        assert (rule.daylightDate.month, rule.daylightDate.day, rule.daylightDate.hour) == (
            month,
            week,
            hour,
        )


def test_a_meetings_id_differs_from_that_of_its_changed_occurrence_in_the_day_alone() -> None:
    made = datetime(2026, 3, 1, tzinfo=UTC)
    clean = recurrence.global_object_id(bytes(range(16)), made)
    changed = recurrence.global_object_id(bytes(range(16)), made, occurrence=date(2026, 4, 1))

    assert clean[16:20] == bytes(4)
    assert changed[16:20] == bytes([0x07, 0xEA, 4, 1])
    assert clean[:16] + clean[20:] == changed[:16] + changed[20:]
    assert len(clean) == 56
