"""Slots are whole, and right on average."""

from __future__ import annotations

from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strongroom.slots.controller import whole_slots


@given(slots=st.floats(min_value=0.0, max_value=500.0), began_s=st.floats(0.0, 1e6))
def test_the_mean_over_ten_seconds_is_what_was_asked_for(slots: float, began_s: float) -> None:
    open_slots = [whole_slots(began_s + 0.01 * one, slots) for one in range(1000)]
    assert fmean(open_slots) == pytest.approx(slots, abs=0.01)
    assert max(open_slots) - min(open_slots) <= 1


def test_a_whole_number_stays_what_it_is() -> None:
    assert {whole_slots(0.1 * one, 32.0) for one in range(200)} == {32}
    # Nor does a sum that is a hair too small lose a slot.
    assert {whole_slots(0.1 * one, 31.999999999999996) for one in range(200)} == {32}
