"""Durations for people."""

from __future__ import annotations

from datetime import timedelta

import pytest

from strongroom.errors import OperatorError
from strongroom.words.durations import duration, read_duration


@pytest.mark.parametrize(("seconds", "text"), [(4.2, "4 s"), (600, "10 min"), (9000, "2.5 h")])
def test_durations_are_written_for_people(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("90s", timedelta(seconds=90)),
        ("15m", timedelta(minutes=15)),
        ("15 min", timedelta(minutes=15)),
        ("36h", timedelta(hours=36)),
        ("400d", timedelta(days=400)),
        ("6W", timedelta(weeks=6)),
        (" 1d 12h ", timedelta(hours=36)),
    ],
)
def test_durations_are_read_as_people_type_them(text: str, meant: timedelta) -> None:
    assert read_duration(text) == meant


@pytest.mark.parametrize(
    "text", ["", " ", "0d", "12", "d", "-2d", "1.5h", "2 days", "1h!", "999999w", "٣d", "1h\x00"]
)
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(OperatorError, match="Not a duration"):
        read_duration(text)
