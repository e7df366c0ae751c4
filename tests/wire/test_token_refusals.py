"""A token that EWS does not take: why, in our words, and what grants it."""

from __future__ import annotations

from random import Random

import pytest

from strongroom.errors import AccessDenied, OperatorError, SignInEnded
from strongroom.pace.pace import Pace
from strongroom.wire.ews.connection import EwsConnection
from strongroom.wire.ews.get_server_time_zones import get_server_time_zones
from strongroom.wire.sign_in import BearerSignIn
from strongroom.wire.transport import Transport
from tests.fakes.canned_server import CannedServer, Reply, http
from tests.fakes.patient_clock import PatientClock


def _ask(reply: Reply, *, forbidden: OperatorError | None = None) -> int:
    """Ask something that is answered just that; say how many requests it took."""
    clock = PatientClock()
    asked: list[str | None] = []

    def made(mailbox: str | None) -> OperatorError:
        assert forbidden is not None
        asked.append(mailbox)
        return forbidden

    with CannedServer([reply]) as server:
        transport = Transport(
            server.url,
            BearerSignIn("Keeper", lambda: "t0ken"),
            clock=clock,
            trust=server.trust,
        )
        connection = EwsConnection(
            transport,
            clock=clock,
            pace=Pace(clock),
            random=Random(1),
            forbidden=made if forbidden else None,
        )
        try:
            get_server_time_zones(connection.for_mailbox("ann@lab.example"))
        finally:
            transport.close()
            assert asked == ([] if forbidden is None else ["ann@lab.example"])
    return len(server.seen)


@pytest.mark.parametrize(
    ("number", "words", "step"),
    [
        ("2000000", "not signed by the tenant's own authority", "Sign in again"),
        ("2000001", "damaged, revoked", "certificate or secret"),
        ("2000002", "expired", "clock"),
        ("2000003", "another service", "endpoint 'ews'"),
        ("2000004", "another tenant", "--tenant"),
        ("2000005", "no mailbox", "with a mailbox"),
        ("2000006", "not known there", "Enterprise applications"),
        ("2000008", "no permission for EWS", "full_access_as_app"),
    ],
)
def test_the_reason_of_a_refused_token_is_told_with_the_step_that_helps(
    number: str, words: str, step: str
) -> None:
    told = f'{number};reason="CANARY of a token";error_category="x"'
    reply = http(status="401 Unauthorized", headers=[("x-ms-diagnostics", told)])
    with pytest.raises(SignInEnded) as error:
        _ask(reply)
    assert words in error.value.why
    assert step in error.value.hint
    assert "CANARY" not in f"{error.value} {error.value.hint}"
    assert not error.value.is_proof_refused


@pytest.mark.parametrize("told", ["", "2009999;reason=x", "nonsense", "2000008"])
def test_a_reason_that_says_nothing_we_know_is_a_refused_sign_in(told: str) -> None:
    reply = http(status="401 Unauthorized", headers=[("x-ms-diagnostics", told)])
    with pytest.raises(AccessDenied, match="refused the sign-in of Keeper"):
        _ask(reply)


def test_whoever_knows_what_a_403_means_there_says_it_of_the_mailbox() -> None:
    with pytest.raises(AccessDenied, match="switched off"):
        _ask(
            http(status="403 Forbidden"),
            forbidden=AccessDenied("EWS is switched off."),
        )
