"""Every way in which Graph says no: in its branch, in plain words, and never in its own."""

from __future__ import annotations

import pytest

from strongroom.errors import (
    CursorExpired,
    OperatorError,
    SignInEnded,
    StrongroomError,
    TransientError,
)
from strongroom.wire.graph.refusals import GraphDenied, GraphRefused
from tests.wire_graph.conftest import Tokens, answer, refused, scripted

WELL = answer(200, {"id": "1"})


@pytest.mark.parametrize(
    ("status", "code", "branch", "words"),
    [
        (401, "InvalidAuthenticationToken", SignInEnded, "does not take the token of Keeper"),
        (403, "Authorization_RequestDenied", GraphDenied, "Keeper lacks the permission"),
        (403, "ErrorAccessDenied", GraphDenied, "does not let Keeper at this mailbox"),
        (403, "ErrorQuotaExceeded", GraphDenied, "mailbox is full"),
        (403, "Something.New", GraphDenied, "lacks the permission"),
        (403, "", GraphDenied, "lacks the permission"),
        (404, "MailboxNotEnabledForRESTAPI", GraphRefused, "no mailbox here"),
        (404, "Request_ResourceNotFound", GraphRefused, "knows nothing of that name"),
        (400, "ErrorInvalidIdMalformed", GraphRefused, "refused what was asked"),
        (410, "resyncRequired", CursorExpired, "cursor"),
        (302, "", OperatorError, "sends us elsewhere"),
    ],
)
def test_a_no_is_told_in_plain_words_with_its_code(
    status: int, code: str, branch: type[StrongroomError], words: str
) -> None:
    graph, script, _ = scripted(refused(status, code))
    with pytest.raises(branch) as told:
        graph.get("me")
    whole = f"{told.value} {told.value.hint}"
    assert words in whole
    assert f"HTTP {status}" in whole
    assert code in whole
    assert "CANARY" not in whole
    assert len(script.sent) == 1, "time heals none of these"
    if isinstance(told.value, GraphDenied | GraphRefused):
        assert (told.value.status, told.value.code) == (status, code)


@pytest.mark.parametrize(
    "body", [b"", b"<html>CANARY</html>", b'"CANARY"', b'{"error":"CANARY"}', b"[" * 9000]
)
def test_an_error_that_is_no_envelope_is_told_by_its_status(body: bytes) -> None:
    graph, _, _ = scripted(answer(403, body))
    with pytest.raises(GraphDenied) as told:
        graph.get("me")
    assert told.value.code == ""
    assert "CANARY" not in f"{told.value} {told.value.hint}"


def test_a_code_that_looks_like_none_is_not_shown() -> None:
    graph, _, _ = scripted(refused(403, "CANARY <script>"))
    with pytest.raises(GraphDenied) as told:
        graph.get("me")
    assert told.value.code == ""
    assert "CANARY" not in str(told.value)


@pytest.mark.parametrize("status", [429, 503, 509])
def test_an_order_to_wait_is_obeyed(status: int) -> None:
    graph, script, clock = scripted(refused(status, "ApplicationThrottled", retry_after="42"), WELL)
    assert graph.get("me") == {"id": "1"}
    assert 42 <= clock.monotonic_s() < 44
    assert len(script.sent) == 2
    assert graph.meter.now().throttled == 1


def test_an_order_to_wait_longer_than_anybody_would_is_told() -> None:
    graph, script, clock = scripted(refused(429, "TooManyRequests", retry_after="86400"))
    with pytest.raises(TransientError) as told:
        graph.get("me")
    assert told.value.is_throttle
    assert (len(script.sent), clock.monotonic_s()) == (1, 0.0)


@pytest.mark.parametrize("status", [500, 502, 504])
def test_an_illness_is_waited_for_and_then_told(status: int) -> None:
    graph, script, clock = scripted(answer(status, b"CANARY"))
    with pytest.raises(TransientError, match="out of order") as told:
        graph.get("me")
    assert "CANARY" not in str(told.value)
    assert len(script.sent) == 6
    assert 0 < clock.monotonic_s() <= 300


@pytest.mark.parametrize("body", [b"", b"{", b"[1]", b"null", b'{"value":' + b"[" * 5000])
def test_an_answer_that_cannot_be_read_is_asked_for_again_and_never_repeated(body: bytes) -> None:
    graph, script, _ = scripted(answer(200, body), WELL)
    assert graph.get("me") == {"id": "1"}
    assert len(script.sent) == 2


def test_a_refused_token_is_renewed_once_with_the_challenge_that_came() -> None:
    tokens = Tokens("old", "new")
    challenge = 'Bearer realm="", error="insufficient_claims", claims="e30="'
    graph, script, _ = scripted(
        refused(401, "InvalidAuthenticationToken", www_authenticate=challenge), WELL, tokens=tokens
    )
    assert graph.get("me") == {"id": "1"}
    assert tokens.challenges == [(challenge,)]
    sent = [one.headers["Authorization"] for one in script.sent]
    assert sent == ["Bearer old", "Bearer new"]


def test_nobody_loops_over_tokens_that_are_refused() -> None:
    tokens = Tokens("1", "2", "3", "4")
    graph, script, _ = scripted(refused(401, "InvalidAuthenticationToken"), tokens=tokens)
    with pytest.raises(SignInEnded, match="does not take the token"):
        graph.get("me")
    assert len(script.sent) == 2
