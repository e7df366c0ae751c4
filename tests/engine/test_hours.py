"""Permitted hours: what people type, and which hours of the week it means."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strongroom.engine.hours import HOURS_OF_WEEK, hours_of, tidied
from strongroom.errors import OperatorError

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def named(text: str) -> dict[str, list[int]]:
    """Give the hours of each day that has any."""
    found: dict[str, list[int]] = {}
    for hour in sorted(hours_of(text)):
        found.setdefault(DAYS[hour // 24], []).append(hour % 24)
    return found


NIGHT = [*range(6), *range(20, 24)]


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("mon 8-10", {"mon": [8, 9]}),
        ("mon wed 8-9 20-21", {"mon": [8, 20], "wed": [8, 20]}),
        ("fri-mon 0-1", {"mon": [0], "fri": [0], "sat": [0], "sun": [0]}),
        ("sun 23-1", {"mon": [0], "sun": [23]}),
        ("sat", {"sat": list(range(24))}),
        ("tue 22-0", {"tue": [22, 23]}),
        ("7-8", {day: [7] for day in DAYS}),
        (
            "mon-fri 20-06, sat-sun 0-24",
            {
                "mon": list(range(20, 24)),
                **dict.fromkeys(("tue", "wed", "thu", "fri"), NIGHT),
                "sat": list(range(24)),
                "sun": list(range(24)),
            },
        ),
        ("Monday - Wednesday 20:00 \u2013 06:00", named("mon-wed 20-6")),
    ],
)
def test_hours_are_read_as_people_type_them(text: str, meant: dict[str, list[int]]) -> None:
    assert named(text) == meant


@pytest.mark.parametrize(
    "text",
    [
        "",
        ",",
        "mon,",
        "mo 8-10",
        "day 8-10",
        "mon 8",
        "mon 8:30-10",
        "mon 8-8",
        "mon 0-25",
        "mon 24-3",
        "8-10 mon",
        "mon-",
        "-mon",
        "mon 8-10-12",
        "mon ٣-٤",
        "always",
        "mon " * 300,
    ],
)
def test_what_is_no_grid_is_refused(text: str) -> None:
    with pytest.raises(OperatorError, match="cannot be understood") as refused:
        hours_of(text)
    assert refused.value.why
    assert "mon-fri 20-06" in refused.value.hint


def test_a_text_is_tidied() -> None:
    assert tidied("  MON \u2013 Fri   20:00-06 ,sat ") == "mon-fri 20:00-06, sat"


@given(st.frozensets(st.integers(0, HOURS_OF_WEEK - 1), min_size=1, max_size=24))
def test_any_grid_can_be_written(grid: frozenset[int]) -> None:
    text = ", ".join(f"{DAYS[one // 24]} {one % 24}-{one % 24 + 1}" for one in grid)
    assert hours_of(text) == grid
    assert hours_of(tidied(text)) == grid


@given(st.one_of(st.text("monfrisatu0123456789-\u2013,: ", max_size=40), st.text(max_size=20)))
def test_any_text_is_taken_or_refused(text: str) -> None:
    try:
        tidy = tidied(text)
    except OperatorError:
        return
    assert tidied(tidy) == tidy
    assert hours_of(tidy) == hours_of(text)
    assert hours_of(text)
    assert hours_of(text) <= set(range(HOURS_OF_WEEK))
