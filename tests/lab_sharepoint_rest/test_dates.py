"""Times as the people of a site write them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from strongroom.lab.sharepoint.rest.dates import (
    LOCALES,
    ZONES,
    NoDate,
    read_local,
    write_local,
    zone_of,
)

_WHEN = datetime(2026, 11, 22, 9, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("locale_id", "zone_id", "text"),
    [
        (1033, 13, "11/22/2026 1:05 AM"),
        (1043, 4, "22-11-2026 10:05"),
        (1031, 4, "22.11.2026 10:05"),
        (1053, 4, "2026-11-22 10:05"),
        (2057, 2, "22/11/2026 09:05"),
        (1041, 20, "2026/11/22 18:05"),
    ],
)
def test_a_time_is_read_by_locale_and_zone(locale_id: int, zone_id: int, text: str) -> None:
    assert read_local(text, locale_id=locale_id, zone_id=zone_id) == _WHEN
    assert write_local(_WHEN, locale_id=locale_id, zone_id=zone_id, time24=False) == text


def test_what_is_said_to_be_utc_is() -> None:
    read = read_local("11/22/2026 9:05 AM", locale_id=1033, zone_id=13, is_utc=True)
    assert read == _WHEN


@pytest.mark.parametrize(
    "text",
    ["2026-11-22T09:05:00Z", "22-11-2026 9:05", "13/13/2026", "11/22/26", "1/1/1899", "", "x",
     "11/22/2026 13:05 PM", "11/22/2026 25:05"],
)  # fmt: skip
def test_other_people_s_times_are_refused(text: str) -> None:
    with pytest.raises(NoDate):
        read_local(text, locale_id=1033, zone_id=13)


def test_every_locale_reads_what_it_writes_and_every_zone_is_one() -> None:
    for locale_id in LOCALES:
        for zone_id in ZONES:
            text = write_local(_WHEN, locale_id=locale_id, zone_id=zone_id, time24=False)
            assert read_local(text, locale_id=locale_id, zone_id=zone_id) == _WHEN
            assert zone_of(zone_id).key == ZONES[zone_id]
