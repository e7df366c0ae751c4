"""What Graph's answers tell, from their statuses, headers and error envelopes."""

from __future__ import annotations

from dataclasses import replace

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from strongroom.pace.retry_after import Header
from strongroom.pace.told import WELL, Told
from strongroom.slots.api import Outcome, Scope
from strongroom.wire.graph.faults import Fault, fault_in, fault_of
from strongroom.wire.graph.pacing import told_by_answer, told_by_items
from tests.pacing.literal import NOW, headers

NONE = headers()
WAIT = headers(Retry_After="11")


def envelope(code: str, message: str = "") -> bytes:
    inner = {"date": "2026-03-05T10:15:00", "request-id": "7f1c", "client-request-id": "7f1c"}
    return orjson.dumps({"error": {"code": code, "message": message, "innerError": inner}})


def over(limit: str) -> bytes:
    return envelope("ApplicationThrottled", f"Application is over its {limit} limit.")


COUNTED = Told(outcome=Outcome.THROTTLED, is_counted=True)


@pytest.mark.parametrize(
    ("status", "body", "told"),
    [
        (429, over("MailboxConcurrency"), Told(outcome=Outcome.CONNECTION_LIMIT, scope=Scope.LANE)),
        (429, over("IncomingBytes"), replace(COUNTED, scope=Scope.LANE)),
        (
            429,
            over("MailboxRequests"),
            replace(COUNTED, scope=Scope.LANE),
        ),
        (429, over("Something"), COUNTED),
        (429, envelope("ApplicationThrottled"), COUNTED),
        (429, envelope("TooManyRequests"), COUNTED),
        (429, b"<html>", COUNTED),
        (429, envelope("ErrorServerBusy"), Told(outcome=Outcome.THROTTLED)),
        (503, envelope("serviceNotAvailable"), Told(outcome=Outcome.THROTTLED)),
        (500, envelope("ErrorServerBusy"), Told(outcome=Outcome.THROTTLED)),
        (509, b"", Told(outcome=Outcome.THROTTLED)),
    ],
)
@pytest.mark.parametrize(
    ("header", "wait_s"),
    [
        (NONE, None),
        (WAIT, 11.0),
        (headers(Retry_After="Thu, 05 Mar 2026 10:15:11 GMT"), 11.0),
        (headers(Retry_After="-1"), None),
    ],
)
def test_a_refusal_tells_how_long_and_whom_it_concerns(
    status: int, body: bytes, told: Told, header: Header, wait_s: float | None
) -> None:
    found = told_by_answer(status, header, fault_in(body), NOW)
    assert found == replace(told, retry_after_s=wait_s)


@pytest.mark.parametrize(
    ("status", "body", "told"),
    [
        (200, b"{}", WELL),
        (500, envelope("generalException"), Told(outcome=Outcome.BROKEN)),
        (502, b"", Told(outcome=Outcome.BROKEN)),
        (504, envelope("UnknownError"), Told(outcome=Outcome.TIMEOUT)),
        (
            500,
            envelope("ErrorMailboxStoreUnavailable"),
            Told(outcome=Outcome.BROKEN, scope=Scope.LANE),
        ),
        (
            503,
            envelope("ErrorMailboxMoveInProgress"),
            Told(outcome=Outcome.THROTTLED, scope=Scope.LANE),
        ),
        (423, envelope("resourceLocked"), WELL),
        (404, envelope("ErrorItemNotFound"), WELL),
        (410, envelope("resyncRequired"), WELL),
        (401, envelope("InvalidAuthenticationToken"), WELL),
    ],
)
def test_what_is_no_refusal_is_told_apart(status: int, body: bytes, told: Told) -> None:
    assert told_by_answer(status, NONE, fault_in(body), NOW) == told


def test_errors_of_single_items_tell_the_severest_of_them() -> None:
    at_once = fault_of(
        {"code": "x", "message": "Application is over its MailboxConcurrency limit."}
    )
    gone = fault_of({"code": "ErrorItemNotFound", "message": "Not found."})
    busy = fault_of({"code": "ErrorServerBusy", "message": "Busy."})
    ill = fault_of({"code": "ErrorMailboxStoreUnavailable", "message": "Later."})
    assert told_by_items([]) == WELL
    assert told_by_items([gone, ill]).outcome == Outcome.OK
    assert told_by_items([gone, at_once]) == Told(
        outcome=Outcome.CONNECTION_LIMIT, scope=Scope.LANE
    )
    assert told_by_items([busy, at_once, gone]) == Told(outcome=Outcome.THROTTLED)


@pytest.mark.parametrize(
    ("used", "left"), [("0.8", 0.2), ("1.0", 0.0), ("1.8", 0.0), ("inf", 0.0), ("0", 1.0)]
)
def test_the_directory_announces_what_is_used_up(used: str, left: float) -> None:
    told = told_by_answer(200, headers(x_ms_throttle_limit_percentage=used), Fault(), NOW)
    assert told.quota_left == pytest.approx(left)
    assert told.quota_reset_s == 10.0


@given(st.text(max_size=20))
@example("nan")
@example("-1")
@example("1e308")
def test_whatever_is_announced_the_quota_is_sane(used: str) -> None:
    told = told_by_answer(200, headers(x_ms_throttle_limit_percentage=used), Fault(), NOW)
    assert told.quota_left is None or 0.0 <= told.quota_left <= 1.0


def test_a_quota_in_the_common_headers_is_told_as_well() -> None:
    said = headers(RateLimit_Limit="1250", RateLimit_Remaining="125", RateLimit_Reset="9")
    told = told_by_answer(200, said, Fault(), NOW)
    assert (told.quota_left, told.quota_reset_s) == (0.1, 9.0)


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"error":7}', b'{"error":{"code":["x"]}}'])
def test_an_error_that_is_none_says_nothing(body: bytes) -> None:
    assert fault_in(body) == Fault()


def test_of_a_message_nothing_but_the_name_of_the_limit_is_kept() -> None:
    told = fault_in(over("MailboxConcurrency"))
    assert told == Fault(code="ApplicationThrottled", limit="MailboxConcurrency")
    assert "canary" not in repr(fault_in(envelope("X1", "canary@lab.example")))
