from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strongroom.content import tags
from strongroom.content.message import (
    FileTime,
    NamedTag,
    Properties,
    PropertyKey,
    get,
    key_order,
    moment,
    text,
)

moments = st.datetimes(datetime(1601, 1, 1), datetime(9999, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis adds the zone


@given(moments)
def test_a_time_goes_into_a_file_time_and_back(when: datetime) -> None:
    assert FileTime.from_datetime(when).to_datetime() == when


@given(st.integers(0, 2**64 - 1))
def test_every_file_time_is_some_time(ticks: int) -> None:
    when = FileTime(ticks).to_datetime()
    assert when.tzinfo is UTC
    if when.year < 9999:
        assert 0 <= ticks - FileTime.from_datetime(when) < 10


def test_known_file_times() -> None:
    assert FileTime.from_datetime(datetime(1970, 1, 1, tzinfo=UTC)) == 116_444_736_000_000_000
    east = timezone(timedelta(hours=2))
    assert FileTime.from_datetime(datetime(1970, 1, 1, 2, tzinfo=east)) == 116_444_736_000_000_000
    assert FileTime.from_datetime(datetime(1066, 10, 14, tzinfo=UTC)) == 0
    assert repr(FileTime(7)) == "FileTime(7)"


def test_a_time_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="without zone"):
        FileTime.from_datetime(datetime(2024, 1, 1))  # noqa: DTZ001 - the point of the test


def test_values_of_the_wrong_type_count_as_missing() -> None:
    bag: Properties = {
        tags.PidTagSubject: b"oops",
        tags.PidTagNormalizedSubject: "yes",
        tags.PidTagClientSubmitTime: 12,
    }
    assert text(bag, tags.PidTagSubject, tags.PidTagNormalizedSubject) == "yes"
    assert moment(bag, tags.PidTagClientSubmitTime) is None
    assert get(bag, tags.PidTagSubject, bytes, b"") == b"oops"
    assert get(bag, tags.PidTagImportance, int, 1) == 1


def test_any_mix_of_keys_can_be_put_in_order() -> None:
    numbered = NamedTag(tags.PSETID_COMMON, 0x8503, tags.BOOLEAN)
    named = NamedTag(tags.PSETID_COMMON, "x", tags.BOOLEAN)
    keys: list[PropertyKey] = [named, numbered, tags.PidTagSubject]
    assert sorted(keys, key=key_order) == [tags.PidTagSubject, numbered, named]


def test_properties_are_named_as_microsoft_names_them() -> None:
    assert tags.property_name(0x0037001F) == "PidTagSubject"
    assert tags.property_name(tags.PidLidReminderSet) == "PidLidReminderSet"
    assert tags.property_name(0x67EE0003) == "0x67EE0003"
    assert tags.property_name(NamedTag(tags.PS_MAPI, 7, 3)).endswith("/0x0007 (type 0x0003)")
    assert tags.property_name(NamedTag(tags.PS_MAPI, "x-y", 3)).endswith("/x-y (type 0x0003)")
