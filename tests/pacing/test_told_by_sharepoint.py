"""What SharePoint's answers tell, and what calls cost."""

from __future__ import annotations

import pytest

from strongroom.pace.retry_after import Header
from strongroom.pace.told import WELL, Told
from strongroom.slots.api import Outcome
from strongroom.wire.sharepoint.pacing import Call, resource_units, told_by_answer
from tests.pacing.literal import NOW, headers

NONE = headers()
ILL = headers(X_SharePointHealthScore="10")
RESET = headers(
    Retry_After="7", RateLimit_Limit="1250", RateLimit_Remaining="0", RateLimit_Reset="31"
)


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("header", "wait_s"),
    [
        (headers(Retry_After="7"), 7.0),
        (headers(Retry_After="Thu, 05 Mar 2026 10:15:07 GMT"), 7.0),
        (headers(Retry_After="7", RateLimit_Reset="31"), 31.0),
        (headers(Retry_After="70", RateLimit_Reset="31"), 70.0),
        (headers(RateLimit_Reset="31"), 31.0),
        (headers(Retry_After="7", RateLimit_Reset="1772705700"), 7.0),
        (NONE, None),
    ],
)
def test_the_longer_of_two_orders_counts(status: int, header: Header, wait_s: float | None) -> None:
    # "Too many requests" speaks of their number; "not available" may have any reason.
    assert told_by_answer(status, header, NOW) == Told(
        outcome=Outcome.THROTTLED, retry_after_s=wait_s, is_counted=status == 429
    )


def test_a_refusal_tells_of_the_quota_as_well() -> None:
    told = told_by_answer(429, RESET, NOW)
    assert (told.quota_left, told.quota_reset_s, told.retry_after_s) == (0.0, 31.0, 31.0)


def test_a_success_announces_what_is_left_of_the_budget() -> None:
    said = headers(RateLimit_Limit="1250", RateLimit_Remaining="250", RateLimit_Reset="12")
    assert told_by_answer(200, said, NOW) == Told(
        outcome=Outcome.OK, quota_left=0.2, quota_reset_s=12.0
    )


@pytest.mark.parametrize(
    ("status", "header", "body"),
    [
        (302, headers(Location="https://lab.example/_layouts/15/Throttle.htm"), b""),
        (503, NONE, b"<html>HTTP 503. The service is unavailable."),
        (500, NONE, b"<html><title>Server Too Busy</title>"),
        (500, NONE, b"The server is busy now. Try again later."),
    ],
)
def test_being_busy_is_said_in_several_ways(status: int, header: Header, body: bytes) -> None:
    assert told_by_answer(status, header, NOW, body=body) == Told(outcome=Outcome.THROTTLED)


@pytest.mark.parametrize(
    ("status", "code", "told"),
    [
        (500, "-2147024860, Microsoft.SharePoint.SPQueryThrottledException", WELL),
        (500, "-2130575342, Microsoft.SharePoint.SPException", WELL),
        (423, "-2147018894, Microsoft.SharePoint.SPFileLockException", WELL),
        (404, "-2130575338, Microsoft.SharePoint.SPException", WELL),
        (403, "-2147024891, System.UnauthorizedAccessException", WELL),
        (302, "", WELL),
        (503, "-1, System.Exception", Told(outcome=Outcome.THROTTLED)),
        (500, "", Told(outcome=Outcome.BROKEN)),
        (502, "", Told(outcome=Outcome.BROKEN)),
        (504, "", Told(outcome=Outcome.TIMEOUT)),
    ],
)
def test_a_considered_no_is_no_trouble_of_the_servers(status: int, code: str, told: Told) -> None:
    assert told_by_answer(status, NONE, NOW, code=code) == told


@pytest.mark.parametrize("score", ["", "0", "3", "8", "11", "-9", "9.5", "ten"])
def test_a_server_that_is_well_is_left_alone(score: str) -> None:
    assert told_by_answer(200, headers(X_SharePointHealthScore=score), NOW) == WELL


@pytest.mark.parametrize(("score", "rest_s"), [("9", 1.0), ("10", 5.0)])
def test_a_server_that_is_ill_is_given_a_short_rest(score: str, rest_s: float) -> None:
    told = told_by_answer(200, headers(X_SharePointHealthScore=score), NOW)
    assert told == Told(outcome=Outcome.THROTTLED, retry_after_s=rest_s)


def test_a_refusal_outweighs_the_health_score() -> None:
    told = told_by_answer(429, headers(X_SharePointHealthScore="10", Retry_After="7"), NOW)
    assert told == Told(outcome=Outcome.THROTTLED, retry_after_s=7.0, is_counted=True)
    assert told_by_answer(500, ILL, NOW) == Told(outcome=Outcome.BROKEN)


def test_calls_cost_what_microsoft_says() -> None:
    by_graph = {call: resource_units(call, is_graph=True) for call in Call}
    assert by_graph == {
        Call.ONE: 1,
        Call.CHANGES: 1,
        Call.DOWNLOAD: 1,
        Call.MANY: 2,
        Call.CHANGES_ANEW: 2,
        Call.WRITE: 2,
        Call.PERMISSIONS: 5,
    }


def test_rest_never_counts_as_cheaper_than_graph() -> None:
    for call in Call:
        assert resource_units(call) == max(2, resource_units(call, is_graph=True))
