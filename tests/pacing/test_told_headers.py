"""The headers that all servers share, and the statuses: read right, and never believed too far."""

from __future__ import annotations

import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from strongroom.pace.http_status import told_by_status
from strongroom.pace.rate_limit import with_quota
from strongroom.pace.retry_after import WAIT_MAX_S, retry_after_s, seconds_in
from strongroom.pace.told import WELL
from strongroom.slots.api import Outcome
from tests.pacing.literal import NOW, headers


@pytest.mark.parametrize(
    ("said", "wait_s"),
    [
        ("17", 17.0),
        (" 17 ", 17.0),
        ("1.5", 1.5),
        ("Thu, 05 Mar 2026 10:15:30 GMT", 30.0),
        ("Thu, 05 Mar 2026 12:15:30 +0200", 30.0),
        ("99999999999", WAIT_MAX_S),
        ("9" * 400, WAIT_MAX_S),
        ("Sun, 05 Mar 2226 10:15:30 GMT", WAIT_MAX_S),
    ],
)
def test_a_wait_is_read_to_the_second_and_is_a_day_at_most(said: str, wait_s: float) -> None:
    assert retry_after_s(headers(Retry_After=said), NOW) == wait_s


@pytest.mark.parametrize(
    "said",
    [
        "",
        "0",
        "0.0",
        "-5",
        "nan",
        "inf",
        "1e308",
        "٣",
        "soon",
        "Thu, 05 Mar 2026 10:14:30 GMT",
        "Thu, 99 Mar 2026 10:14:30 GMT",
        "Fri, 31 Dec 9999 23:59:59 -2359",
        "Thu, 05 Mar 99999999999999999999 10:14:30 GMT",
        "9" * 5000,
        "x" * 100_000,
    ],
    ids=lambda said: said[:20],
)
def test_what_is_no_wait_leaves_it_to_our_own_back_off(said: str) -> None:
    assert retry_after_s(headers(Retry_After=said), NOW) is None


def test_a_date_is_measured_by_the_clock_of_whoever_wrote_it() -> None:
    fast = headers(
        Retry_After="Thu, 05 Mar 2026 10:10:30 GMT", Date="Thu, 05 Mar 2026 10:10:00 GMT"
    )
    assert retry_after_s(fast, NOW) == 30.0


@given(st.text(max_size=80) | st.from_regex(r"\A-?[0-9]{1,400}(\.[0-9]+)?(e[0-9]+)?\Z"), st.text())
@example("Fri, 31 Dec 9999 23:59:59 GMT", "Mon, 01 Jan 0001 00:00:00 +2359")
def test_whatever_is_said_the_wait_is_sane(said: str, date: str) -> None:
    for wait_s in (
        retry_after_s(headers(Retry_After=said, Date=date), NOW),
        seconds_in(said, per_second=1000),
    ):
        assert wait_s is None or 0.0 < wait_s <= WAIT_MAX_S


@pytest.mark.parametrize(
    ("limit", "remaining", "reset", "left", "reset_s"),
    [
        ("1250", "250", "30", 0.2, 30.0),
        ("1250", "0", "7", 0.0, 7.0),
        ("100, 100;w=60", "50", "60", 0.5, 60.0),
        ("100", "150", "1", 1.0, 1.0),
        ("1250", "125", "", 0.1, None),
        ("1250", "125", "1772705700", 0.1, None),
    ],
)
def test_a_quota_is_the_share_that_is_left_and_when_it_is_refilled(
    limit: str, remaining: str, reset: str, left: float, reset_s: float | None
) -> None:
    said = headers(RateLimit_Limit=limit, RateLimit_Remaining=remaining, RateLimit_Reset=reset)
    told = with_quota(WELL, said)
    assert told.quota_left == pytest.approx(left)
    assert told.quota_reset_s == reset_s
    assert told.outcome == Outcome.OK


@pytest.mark.parametrize(
    ("limit", "remaining"), [("", ""), ("1250", ""), ("", "5"), ("0", "0"), ("x", "1"), ("9", "-1")]
)
def test_half_an_announcement_is_none(limit: str, remaining: str) -> None:
    said = headers(RateLimit_Limit=limit, RateLimit_Remaining=remaining, RateLimit_Reset="5")
    assert with_quota(WELL, said) is WELL


@given(st.text(max_size=30), st.text(max_size=30), st.text(max_size=30))
@example("1" * 15, "9" * 15, "1e308")
def test_whatever_is_announced_the_quota_is_sane(limit: str, remaining: str, reset: str) -> None:
    told = with_quota(
        WELL, headers(RateLimit_Limit=limit, RateLimit_Remaining=remaining, RateLimit_Reset=reset)
    )
    assert told.quota_left is None or 0.0 <= told.quota_left <= 1.0
    assert told.quota_reset_s is None or 0.0 < told.quota_reset_s < math.inf


@pytest.mark.parametrize(
    ("status", "wait_s", "outcome"),
    [
        (200, None, Outcome.OK),
        (200, 5.0, Outcome.OK),
        (202, 5.0, Outcome.OK),
        (301, 5.0, Outcome.OK),
        (404, None, Outcome.OK),
        (408, None, Outcome.TIMEOUT),
        (408, 5.0, Outcome.THROTTLED),
        (429, None, Outcome.THROTTLED),
        (429, 5.0, Outcome.THROTTLED),
        (500, None, Outcome.BROKEN),
        (502, None, Outcome.BROKEN),
        (502, 5.0, Outcome.THROTTLED),
        (503, None, Outcome.THROTTLED),
        (503, 5.0, Outcome.THROTTLED),
        (504, None, Outcome.TIMEOUT),
        (509, None, Outcome.THROTTLED),
    ],
)
def test_a_status_tells_how_a_request_ended(
    status: int, wait_s: float | None, outcome: Outcome
) -> None:
    told = told_by_status(status, wait_s)
    assert told.outcome == outcome
    assert told.retry_after_s == (wait_s if outcome == Outcome.THROTTLED else None)
    assert told.is_counted == (status == 429)
