"""The likely speed, on literal numbers."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strongroom.sources.speed.likely import bandwidth_bytes_s, likely_rates
from strongroom.words.speed import Download, LimitedBy, Rate, Spread

FAR = Spread(median_ms=140, lowest_ms=138, highest_ms=145, count=5)
NEAR = Spread(median_ms=10, lowest_ms=9, highest_ms=12, count=5)
SOME = Download(
    items=20, byte_count=1_000_000, requests=1, line_bytes=1_350_000, first_byte_s=0.15, body_s=0.03
)


def rates(answers: Spread, download: Download, slots: int = 27) -> tuple[Rate, Rate]:
    one, many = likely_rates(answers, download, slots, "So many are known.")
    return one, many


def test_over_a_long_way_waiting_limits_one_slot_and_larger_batches_make_up_for_it() -> None:
    one, many = rates(FAR, SOME)
    assert one.limited_by is LimitedBy.LATENCY
    assert (one.slots, one.items_s_low, one.items_s_high) == (1, 108.1, 475.0)
    assert (one.bytes_h_low, one.bytes_h_high) == (19_459_459_459, 85_500_000_000)
    assert "20 items of 50,000 bytes each on average" in one.why
    assert (many.slots, many.items_s_high) == (27, 2456.1), "what a worker process seals"
    assert many.items_s_low == pytest.approx(20 / 0.03, abs=0.1), "the line as it was seen"


def test_a_narrow_line_limits_one_slot_and_many() -> None:
    one, many = rates(NEAR, replace(SOME, first_byte_s=0.05, body_s=2.0))
    assert (one.limited_by, many.limited_by) == (LimitedBy.BANDWIDTH, LimitedBy.BANDWIDTH)
    assert many.items_s_low == pytest.approx(10, abs=0.1)


def test_a_server_that_works_long_is_told_as_the_limit() -> None:
    one, many = rates(NEAR, replace(SOME, first_byte_s=3.0, body_s=0.1))
    assert (one.limited_by, many.limited_by) == (LimitedBy.SERVER, LimitedBy.SERVER)


def test_where_nothing_is_used_up_the_allowed_number_is_the_limit() -> None:
    quick = replace(SOME, first_byte_s=0.141, body_s=0.001)
    assert rates(FAR, quick, slots=4)[1].limited_by is LimitedBy.POLICY


def test_no_rate_is_higher_than_what_a_worker_process_takes_in() -> None:
    for one in rates(NEAR, replace(SOME, first_byte_s=0.003, body_s=0.001)):
        assert one.items_s_low == one.items_s_high == 2456.1
        assert one.limited_by is LimitedBy.WORKER
    small = replace(SOME, byte_count=20 * 9254)
    assert rates(FAR, small)[1].items_s_high == 8613.3


def test_late_answers_lower_the_lower_end_alone() -> None:
    late = replace(FAR, highest_ms=900)
    assert rates(late, SOME)[0].items_s_low < rates(FAR, SOME)[0].items_s_low
    assert rates(late, SOME)[0].items_s_high == rates(FAR, SOME)[0].items_s_high


def test_a_server_that_allows_one_request_has_one_rate() -> None:
    assert [one.slots for one in likely_rates(FAR, SOME, 1, "One.")] == [1]


def test_bandwidth_is_what_came_in_the_time_that_it_took_to_come() -> None:
    assert bandwidth_bytes_s(SOME) == 45_000_000
    assert bandwidth_bytes_s(replace(SOME, body_s=0.001)) is None, "too quick to be timed"


@given(
    first_s=st.floats(0, 60),
    body_s=st.floats(0, 60),
    items=st.integers(1, 100),
    median_ms=st.floats(0, 5000),
    late_ms=st.floats(0, 5000),
    slots=st.integers(1, 100),
)
def test_every_range_has_its_ends_in_order(
    *, first_s: float, body_s: float, items: int, median_ms: float, late_ms: float, slots: int
) -> None:
    answers = Spread(
        median_ms=median_ms, lowest_ms=median_ms, highest_ms=median_ms + late_ms, count=5
    )
    download = replace(SOME, items=items, first_byte_s=first_s, body_s=body_s)
    found = likely_rates(answers, download, slots, "Known.")
    assert all(0 <= one.items_s_low <= one.items_s_high for one in found)
    assert all(one.items_s_low >= found[0].items_s_low for one in found)
