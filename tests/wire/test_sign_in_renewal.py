"""Tokens that end: renewed after a 401, once, for all lines, and never in a loop."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

import pytest
import trustme

from strongroom.clock import SystemClock
from strongroom.errors import AccessDenied, OperatorError, TransientError
from strongroom.wire.reply import Body
from strongroom.wire.sign_in import BearerSignIn, RenewableSignIn
from strongroom.wire.transport import Transport
from tests.fakes.canned_server import CannedServer, Seen, http

CHALLENGES = ('Bearer error="invalid_token"', "NTLM")


class Tokens:
    """Gives one token after the other."""

    def __init__(self, *tokens: str) -> None:
        self.waiting = list(tokens)
        self.heard: list[Sequence[str]] = []

    def now(self) -> str:
        return self.waiting[0]

    def renew(self, challenges: Sequence[str]) -> bool:
        self.heard.append(challenges)
        if len(self.waiting) == 1:
            return False
        self.waiting.pop(0)
        return True


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def takes(*good: str) -> Callable[[Seen], bytes]:
    def reply(request: Seen) -> bytes:
        if request.headers.get("authorization") in {f"Bearer {token}" for token in good}:
            return http(b"<a/>")
        return http(status="401 No", headers=[("WWW-Authenticate", one) for one in CHALLENGES])

    return reply


def transport_to(server: CannedServer, tokens: Tokens) -> Transport:
    sign_in = BearerSignIn("ann", tokens.now, renew=tokens.renew)
    return Transport(server.url, sign_in, clock=SystemClock(), trust=server.trust)


def status(transport: Transport, body: bytes | Body = b"<q/>", *, is_write: bool = False) -> int:
    with transport.post(body, {}, is_write=is_write) as reply:
        reply.read(100)
        return reply.status


@pytest.mark.parametrize("is_write", [False, True])
def test_an_ended_token_is_renewed_and_the_request_sent_once_more(
    authority: trustme.CA,
    is_write: bool,  # noqa: FBT001 - a parameter of the table
) -> None:
    tokens = Tokens("old", "new", "newer")
    with CannedServer([takes("new")], authority=authority) as server:
        transport = transport_to(server, tokens)
        assert status(transport, is_write=is_write) == 200
        assert status(transport) == 200
        transport.close()
        assert [seen.headers["authorization"] for seen in server.seen] == [
            "Bearer old",
            "Bearer new",
            "Bearer new",
        ]
    assert tokens.heard == [list(CHALLENGES)]


def test_a_second_refusal_in_a_row_is_final(authority: trustme.CA) -> None:
    tokens = Tokens(*"abcdef")
    with CannedServer([takes("none of them")], authority=authority) as server:
        transport = transport_to(server, tokens)
        assert [status(transport) for _ in range(3)] == [401, 401, 401]
        transport.close()
        assert len(server.seen) == 4, "one renewal, then each request once"
    assert len(tokens.heard) == 1


def test_a_token_may_end_again_and_again(authority: trustme.CA) -> None:
    tokens = Tokens("a", "b", "c")
    with CannedServer([takes("b"), takes("b"), takes("c"), takes("c")], authority=authority) as s:
        transport = transport_to(s, tokens)
        assert [status(transport), status(transport)] == [200, 200]
        transport.close()
    assert len(tokens.heard) == 2


def test_without_a_new_token_the_refusal_is_the_answer(authority: trustme.CA) -> None:
    with CannedServer([takes()], authority=authority) as server:
        transport = transport_to(server, Tokens("only"))
        assert status(transport) == 401
        transport.close()
        assert len(server.seen) == 1


def test_why_there_is_no_new_token_is_passed_on(authority: trustme.CA) -> None:
    def renew(challenges: Sequence[str]) -> bool:
        raise AccessDenied("The consent was taken back.")

    with CannedServer([takes()], authority=authority) as server:
        sign_in = BearerSignIn("ann", lambda: "t", renew=renew)
        transport = Transport(server.url, sign_in, clock=SystemClock(), trust=server.trust)
        with pytest.raises(AccessDenied, match="consent"):
            status(transport)
        transport.close()


def test_a_body_that_cannot_be_had_again_is_left_to_the_caller(authority: trustme.CA) -> None:
    tokens = Tokens("old", "new")
    with CannedServer([takes("new")], authority=authority) as server:
        transport = transport_to(server, tokens)
        for expected in (None, 200):
            body = Body(pieces=iter([b"<q/>"]), length=4)
            if expected is None:
                with pytest.raises(TransientError, match="nothing was done"):
                    status(transport, body, is_write=True)
            else:
                assert status(transport, body, is_write=True) == expected
        transport.close()
        assert [seen.body for seen in server.seen] == [b"<q/>", b"<q/>"]


def test_of_many_lines_refused_at_once_one_renews_for_all(authority: trustme.CA) -> None:
    tokens = Tokens("old", "new", "never")
    lines = 4
    all_refused = threading.Barrier(lines)

    def together(request: Seen) -> bytes:
        answer = takes("new")(request)
        if request.headers["authorization"] == "Bearer old":
            all_refused.wait(20)
        return answer

    class Unlocked(CannedServer):
        def _answer(self, connection: object, request: Seen) -> None:
            connection.sendall(together(request))  # type: ignore[attr-defined]

    with Unlocked([b""], authority=authority) as server:
        transport = transport_to(server, tokens)
        found: list[int] = []
        threads = [
            threading.Thread(target=lambda: found.append(status(transport))) for _ in range(lines)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        transport.close()
    assert found == [200] * lines
    assert len(tokens.heard) == 1


@pytest.mark.parametrize("token", ["", "a b", "sécret", "x\r\nEvil: 1"])
def test_what_is_no_token_is_refused_and_not_repeated(token: str) -> None:
    with pytest.raises(OperatorError) as caught:
        BearerSignIn("ann", lambda: token).headers()
    assert not token or token not in f"{caught.value!r} {caught.value}"


def test_a_bearer_sign_in_can_be_renewed() -> None:
    assert isinstance(BearerSignIn("ann", lambda: "t"), RenewableSignIn)
