"""What the answers of object storages tell."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strongroom.pace.retry_after import WAIT_MAX_S
from strongroom.pace.told import Told
from strongroom.slots.api import Outcome, Scope
from strongroom.store.pacing import CONNECTION_BROKE, NO_ANSWER_IN_TIME, told_by_answer
from tests.pacing.literal import NOW, headers


@pytest.mark.parametrize(
    ("status", "code", "outcome"),
    [
        # S3
        (503, "SlowDown", Outcome.THROTTLED),
        (503, "ServiceUnavailable", Outcome.THROTTLED),
        (503, "RequestLimitExceeded", Outcome.THROTTLED),
        (400, "ThrottlingException", Outcome.THROTTLED),
        (400, "RequestTimeout", Outcome.TIMEOUT),
        (500, "InternalError", Outcome.BROKEN),
        (403, "RequestTimeTooSkewed", Outcome.OK),
        (404, "NoSuchKey", Outcome.OK),
        (409, "OperationAborted", Outcome.OK),
        (412, "PreconditionFailed", Outcome.OK),
        # Azure
        (503, "ServerBusy", Outcome.THROTTLED),
        (500, "OperationTimedOut", Outcome.TIMEOUT),
        (503, "OperationTimedOut", Outcome.TIMEOUT),
        (409, "BlobAlreadyExists", Outcome.OK),
        # Google Cloud
        (429, "rateLimitExceeded", Outcome.THROTTLED),
        (403, "userRateLimitExceeded", Outcome.THROTTLED),
        (503, "backendError", Outcome.THROTTLED),
        (408, "requestTimeout", Outcome.TIMEOUT),
        (403, "forbidden", Outcome.OK),
        # whoever stands before it
        (429, "", Outcome.THROTTLED),
        (500, "", Outcome.BROKEN),
        (502, "", Outcome.BROKEN),
        (504, "", Outcome.TIMEOUT),
        (200, "", Outcome.OK),
        (206, "", Outcome.OK),
    ],
)
def test_each_storage_has_its_own_words_for_the_same(
    status: int, code: str, outcome: Outcome
) -> None:
    told = told_by_answer(status, code, headers(), NOW)
    assert (told.outcome, told.scope, told.retry_after_s) == (outcome, Scope.SERVER, None)


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (503, "SlowDown"),
        (503, "ServerBusy"),
        (503, "OperationTimedOut"),
        (429, "rateLimitExceeded"),
        (403, "rateLimitExceeded"),
        (408, ""),
        (500, ""),
    ],
)
def test_a_wait_that_is_named_makes_it_an_order(status: int, code: str) -> None:
    for said in ("12", "Thu, 05 Mar 2026 10:15:12 GMT"):
        told = told_by_answer(status, code, headers(Retry_After=said), NOW)
        assert told == Told(outcome=Outcome.THROTTLED, retry_after_s=12.0)


def test_silence_and_a_broken_connection_are_told_apart() -> None:
    assert NO_ANSWER_IN_TIME.outcome == Outcome.TIMEOUT
    assert CONNECTION_BROKE.outcome == Outcome.BROKEN


@given(st.integers(0, 999), st.sampled_from(["", "SlowDown", "x"]), st.text(max_size=20))
def test_whatever_is_answered_the_wait_is_sane(status: int, code: str, said: str) -> None:
    told = told_by_answer(status, code, headers(Retry_After=said), NOW)
    assert told.retry_after_s is None or 0.0 < told.retry_after_s <= WAIT_MAX_S
