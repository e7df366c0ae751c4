"""Any steady rhythm of checks reads every pack in the end."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

import pytest

from strongroom.errors import OperatorError
from strongroom.store.sampling import Sample, part_of_day, sample_of

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize("parts", [1, 2, 3, 7, 10, 14, 20, 28, 30, 33, 50, 100])
@pytest.mark.parametrize(("step", "times"), [(1, 3), (7, 3), (14, 8), (28, 12), (30, 12), (5, 20)])
def test_a_steady_rhythm_meets_every_part(parts: int, step: int, times: int) -> None:
    start = NOW.toordinal()
    for first in range(start, start + 40, 9):
        days = (first + check * step for check in range(parts * times))
        assert {part_of_day(day, parts) for day in days} == set(range(parts))


def test_a_daily_check_of_a_twentieth_has_read_all_in_three_weeks() -> None:
    start = NOW.toordinal() // 7 * 7
    assert {part_of_day(start + day, 20) for day in range(21)} == set(range(20))


def test_every_pack_belongs_to_exactly_one_part_and_the_parts_are_alike() -> None:
    packs = [hashlib.sha256(b"%d" % number).digest() for number in range(4_000)]
    sizes = [sum(Sample(part, 20).takes(pack) for pack in packs) for part in range(1, 21)]
    assert sum(sizes) == len(packs)
    assert 150 < min(sizes) <= max(sizes) < 250


@pytest.mark.parametrize(
    ("text", "parts"), [("5%", 20), ("100%", 1), ("30%", 3), ("0.5%", 200), ("7%", 14)]
)
def test_never_less_is_read_than_was_asked_for(text: str, parts: int) -> None:
    sample = sample_of(text, NOW)
    assert sample.parts == parts
    assert sample == sample_of(text, NOW + timedelta(hours=2)), "the same day, the same part"
    assert parts == 1 or sample != sample_of(text, NOW + timedelta(days=1))


def test_a_part_can_be_named() -> None:
    assert sample_of("3/20", NOW) == Sample(3, 20)


@pytest.mark.parametrize("text", ["", "5", "0%", "101%", "x%", "0/20", "21/20", "3/", "nan%"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(OperatorError, match="Not a part"):
        sample_of(text, NOW)
