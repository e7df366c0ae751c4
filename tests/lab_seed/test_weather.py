"""Weather has names, and what is planned for a seed is planned the same way again."""

from __future__ import annotations

import pytest

from strongroom.errors import OperatorError
from strongroom.lab.lab import Wishes
from strongroom.lab.weather import WEATHER


def planned(name: str, seed: int) -> list[str]:
    return [repr(fault) for fault in WEATHER[name].faults(seed).unfired]


@pytest.mark.parametrize("name", ["calm", "breezy", "distant"])
def test_steady_weather_brings_no_faults(name: str) -> None:
    assert planned(name, 1) == []


def test_gusts_come_at_the_same_requests_for_the_same_seed() -> None:
    assert planned("gusty", 1) == planned("gusty", 1)
    assert planned("gusty", 1) != planned("gusty", 2)


def test_gusty_weather_makes_some_requests_fail_and_lets_the_first_ones_through() -> None:
    plan = WEATHER["gusty"].faults(1)
    hit = [plan.next_for("GetItem", "a@lab.example") is not None for _ in range(3000)]

    assert sum(hit) == 60
    assert not any(hit[:4])
    assert plan.unfired == []


def test_only_known_weather_can_be_wished_for() -> None:
    with pytest.raises(OperatorError) as refused:
        Wishes(weather="hail")
    assert "gusty" in refused.value.hint
