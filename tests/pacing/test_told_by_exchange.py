"""What Exchange's refusals tell, read from whole answers as they are on the wire."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strongroom.errors import OutcomeUnknown, ServerUnreachable, StrongroomError, TransientError
from strongroom.pace.retry_after import WAIT_MAX_S
from strongroom.pace.told import Told
from strongroom.slots.api import Outcome, Scope
from strongroom.wire.ews.answers import SoapFault, item_error, open_answer
from strongroom.wire.ews.faults import EwsItemError
from strongroom.wire.ews.pacing import told_by_error, told_by_refusal
from strongroom.wire.ews.xml import ERRORS, MESSAGES, SOAP, TYPES
from strongroom.wire.sign_in.doubt import RefusedForNow

PART = (
    "This operation exceeds the throttling budget for policy part '{part}', policy value "
    "'{value}',  Budget type: 'Ews'.  Suggested backoff time {wait} ms."
)
CONCURRENCY = PART.format(part="MaxConcurrency", value=27, wait=0)
SYNCS = PART.format(part="ConcurrentSyncCalls", value=5, wait=5000)
CUTOFF = PART.format(part="CutoffBalance", value=3000000, wait=0)
BUSY_TEXT = "The server cannot service this request right now. Try again later."
TOO_MANY_TEXT = (
    "You have exceeded the available concurrent connections for your account.  "
    "Try again once your other requests have completed."
)


def fault(code: str, text: str = BUSY_TEXT, **values: str) -> EwsItemError:
    """Read the fault of a whole answer; its details are of the namespace of types."""
    body = f"""<s:Envelope xmlns:s="{SOAP}"><s:Body><s:Fault>
      <faultcode xmlns:a="{TYPES}">a:{code}</faultcode><faultstring>{text}</faultstring>
      <detail><e:ResponseCode xmlns:e="{ERRORS}">{code}</e:ResponseCode>
      <e:Message xmlns:e="{ERRORS}">{text}</e:Message>
      <t:MessageXml xmlns:t="{TYPES}">{_values(values)}</t:MessageXml></detail>
      </s:Fault></s:Body></s:Envelope>"""
    with pytest.raises(SoapFault) as caught:
        open_answer(body.encode())
    return caught.value.error


def in_body(code: str, text: str = BUSY_TEXT, **values: str) -> EwsItemError:
    """Read the error of the single response message of a success."""
    body = f"""<s:Envelope xmlns:s="{SOAP}"><s:Body>
      <m:GetItemResponse xmlns:m="{MESSAGES}" xmlns:t="{TYPES}"><m:ResponseMessages>
      <m:GetItemResponseMessage ResponseClass="Error"><m:MessageText>{text}</m:MessageText>
      <m:ResponseCode>{code}</m:ResponseCode><m:MessageXml>{_values(values)}</m:MessageXml>
      </m:GetItemResponseMessage></m:ResponseMessages></m:GetItemResponse></s:Body></s:Envelope>"""
    (message,) = open_answer(body.encode()).messages()
    error = item_error(message)
    assert error is not None
    return error


def _values(values: dict[str, str]) -> str:
    return "".join(
        f'<t:Value xmlns:t="{TYPES}" Name="{name}">{value}</t:Value>'
        for name, value in values.items()
    )


BUSY_FOR_5_MINUTES = {"BackOffMilliseconds": "297749"}
OVER_CONCURRENCY = {
    "Policy": "MaxConcurrency",
    "MaxConcurrencyLimit": "27",
    "ErrorMessage": CONCURRENCY,
}


@pytest.mark.parametrize("read", [fault, in_body])
@pytest.mark.parametrize(
    ("code", "text", "values", "outcome", "budget", "wait_s"),
    [
        (
            "ErrorExceededConnectionCount",
            TOO_MANY_TEXT,
            OVER_CONCURRENCY,
            Outcome.CONNECTION_LIMIT,
            Scope.LANE,
            None,
        ),
        (
            "ErrorExceededConnectionCount",
            TOO_MANY_TEXT,
            {},
            Outcome.CONNECTION_LIMIT,
            Scope.LANE,
            None,
        ),
        ("ErrorServerBusy", CONCURRENCY, {}, Outcome.CONNECTION_LIMIT, Scope.LANE, None),
        ("ErrorServerBusy", SYNCS, {}, Outcome.CONNECTION_LIMIT, Scope.LANE, 5.0),
        (
            "ErrorServerBusy",
            SYNCS,
            {"BackOffMilliseconds": "7000"},
            Outcome.CONNECTION_LIMIT,
            Scope.LANE,
            7.0,
        ),
        (
            "ErrorServerBusy",
            CUTOFF,
            BUSY_FOR_5_MINUTES,
            Outcome.THROTTLED,
            Scope.LANE,
            297.749,
        ),
        (
            "ErrorServerBusy",
            BUSY_TEXT,
            {"Policy": "CutoffBalance", **BUSY_FOR_5_MINUTES},
            Outcome.THROTTLED,
            Scope.LANE,
            297.749,
        ),
        ("ErrorServerBusy", CUTOFF, {}, Outcome.THROTTLED, Scope.LANE, None),
        ("ErrorExceededSubscriptionCount", "", {}, Outcome.THROTTLED, Scope.LANE, None),
        (
            "ErrorServerBusy",
            BUSY_TEXT,
            BUSY_FOR_5_MINUTES,
            Outcome.THROTTLED,
            Scope.LANE,
            297.749,
        ),
        ("ErrorServerBusy", BUSY_TEXT, {}, Outcome.THROTTLED, Scope.SERVER, None),
        (
            "ErrorInternalServerError",
            "An internal server error occurred.",
            {"InnerErrorResponseCode": "ErrorServerBusy", **BUSY_FOR_5_MINUTES},
            Outcome.THROTTLED,
            Scope.LANE,
            297.749,
        ),
        ("ErrorTimeoutExpired", "", {}, Outcome.TIMEOUT, Scope.SERVER, None),
        ("ErrorInternalServerError", "", {}, Outcome.BROKEN, Scope.SERVER, None),
        ("ErrorMailboxFailover", "", {}, Outcome.BROKEN, Scope.LANE, None),
        ("ErrorMailboxMoveInProgress", "", {}, Outcome.BROKEN, Scope.LANE, None),
        ("ErrorExceededFindCountLimit", "", {}, Outcome.OK, Scope.SERVER, None),
        ("ErrorItemNotFound", "", {}, Outcome.OK, Scope.SERVER, None),
        ("ErrorSchemaValidation", "", {}, Outcome.OK, Scope.SERVER, None),
    ],
)
def test_each_refusal_tells_what_it_is_how_long_and_whom_it_concerns(
    read: Callable[..., EwsItemError],
    code: str,
    text: str,
    values: dict[str, str],
    outcome: Outcome,
    budget: Scope,
    wait_s: float | None,
) -> None:
    error = read(code, text, **values)
    expected = Told(outcome=outcome, scope=budget, retry_after_s=wait_s)
    assert told_by_error(error, is_impersonating=True) == expected


@pytest.mark.parametrize(
    "error",
    [
        fault("ErrorExceededConnectionCount", TOO_MANY_TEXT, **OVER_CONCURRENCY),
        fault("ErrorServerBusy", SYNCS),
        fault("ErrorServerBusy", CUTOFF, **BUSY_FOR_5_MINUTES),
        fault("ErrorExceededSubscriptionCount"),
    ],
    ids=lambda error: error.code,
)
def test_a_delegate_pays_for_all_mailboxes_out_of_one_budget(error: EwsItemError) -> None:
    assert told_by_error(error, is_impersonating=False).scope == Scope.SERVER


@given(st.text(alphabet="0123456789-.e ٣naif", max_size=30) | st.just("9" * 5000))
def test_whatever_wait_is_said_it_is_sane(said: str) -> None:
    told = told_by_error(fault("ErrorServerBusy", BackOffMilliseconds=said), is_impersonating=True)
    assert told.retry_after_s is None or 0.0 < told.retry_after_s <= WAIT_MAX_S


def _busy(wait_s: float | None) -> TransientError:
    return TransientError("mail.lab.example asks us to go slower.", retry_after_s=wait_s)


@pytest.mark.parametrize(
    ("status", "error", "outcome", "wait_s"),
    [
        (503, _busy(None), Outcome.THROTTLED, None),
        (503, _busy(17.0), Outcome.THROTTLED, 17.0),
        (429, _busy(17.0), Outcome.THROTTLED, 17.0),
        (401, RefusedForNow("Refused."), Outcome.THROTTLED, None),
        (500, TransientError("Failed."), Outcome.BROKEN, None),
        (500, OutcomeUnknown("A write failed."), Outcome.BROKEN, None),
        (502, TransientError("Failed."), Outcome.BROKEN, None),
        (504, TransientError("Failed."), Outcome.TIMEOUT, None),
        (504, OutcomeUnknown("A write failed."), Outcome.TIMEOUT, None),
        (500, ServerUnreachable("The front end cannot reach it."), Outcome.BROKEN, None),
        (302, TransientError("It shows its error page."), Outcome.BROKEN, None),
        (302, StrongroomError("It sends us elsewhere."), Outcome.OK, None),
        (403, StrongroomError("Not allowed."), Outcome.OK, None),
    ],
)
def test_a_status_without_a_fault_tells_something_too(
    status: int, error: StrongroomError, outcome: Outcome, wait_s: float | None
) -> None:
    assert told_by_refusal(status, error) == Told(
        outcome=outcome, retry_after_s=wait_s, is_counted=status == 429
    )
