"""The transport against a real TLS server on loopback: what goes well, and each way to go wrong."""

from __future__ import annotations

import datetime as dt
import socket
import threading
from collections.abc import Iterator

import pytest
import trustme

from strongroom.clock import SystemClock
from strongroom.errors import OperatorError, OutcomeUnknown, ServerUnreachable, TransientError
from strongroom.wire.reply import AnswerTooLarge, Body
from strongroom.wire.sign_in import BasicSignIn
from strongroom.wire.tls import Trust
from strongroom.wire.transport import Timeouts, Transport
from tests.fakes.canned_server import CLOSE, CannedServer, chunked, http

SECRET = "päss:word"


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def open_transport(
    server: CannedServer, *, url: str = "", timeouts: Timeouts | None = None
) -> Transport:
    return Transport(
        url or server.url,
        BasicSignIn("ann@lab.example", SECRET),
        clock=SystemClock(),
        trust=server.trust,
        timeouts=timeouts,
    )


def ask(transport: Transport, *, is_write: bool = False) -> bytes:
    try:
        with transport.post(b"<q/>", {}, is_write=is_write) as reply:
            return bytes(reply.read(1 << 20))
    finally:
        transport.close()


def test_an_answer_comes_whole_and_is_counted(authority: trustme.CA) -> None:
    with CannedServer([http(b"<a/>")], authority=authority) as server:
        transport = open_transport(server)
        assert ask(transport) == b"<a/>"
        traffic = transport.meter.now()
        assert (traffic.requests, traffic.bytes_sent, traffic.bytes_read) == (1, 4, 4)
        seen = server.seen[0]
    assert seen.line == "POST /EWS/Exchange.asmx HTTP/1.1"
    assert seen.headers["authorization"] == "Basic YW5uQGxhYi5leGFtcGxlOnDDpHNzOndvcmQ="
    assert seen.headers["accept-encoding"] == "identity"
    assert seen.headers["user-agent"].startswith("Strongroom")


def test_the_same_server_is_asked_for_something_else(authority: trustme.CA) -> None:
    with CannedServer([http(b"{}")], authority=authority) as server:
        transport = Transport(
            server.url,
            BasicSignIn("ann@lab.example", SECRET),
            clock=SystemClock(),
            trust=server.trust,
            headers={"X-With-All": "1"},
        )
        with transport.get("/sites/a/_api/web?$select=Id", {"Accept": "application/json"}) as reply:
            assert bytes(reply.read(100)) == b"{}"
        transport.close()
        seen = server.seen[0]
    assert seen.line == "GET /sites/a/_api/web?$select=Id HTTP/1.1"
    assert (seen.headers["accept"], seen.headers["x-with-all"]) == ("application/json", "1")
    assert "content-length" not in seen.headers


def test_one_thread_keeps_one_connection(authority: trustme.CA) -> None:
    with CannedServer([http(b"<a/>")], authority=authority) as server:
        transport = open_transport(server)
        for _ in range(3):
            with transport.post(b"<q/>", {}) as reply:
                reply.read(100)
        threads = [threading.Thread(target=ask, args=(transport,)) for _ in range(2)]
        for thread in threads:
            thread.start()
            thread.join()
        transport.close()
        assert [seen.connection for seen in server.seen] == [1, 1, 1, 2, 3]


def test_an_answer_left_unread_costs_the_connection_and_nothing_else(authority: trustme.CA) -> None:
    with CannedServer([http(b"x" * 500_000), http(b"<a/>")], authority=authority) as server:
        transport = open_transport(server)
        with transport.post(b"<q/>", {}):
            pass
        assert ask(transport) == b"<a/>"
        assert [seen.connection for seen in server.seen] == [1, 2]


def test_a_large_body_goes_out_in_pieces_with_its_length(authority: trustme.CA) -> None:
    with CannedServer([http(b"<a/>")], authority=authority) as server:
        transport = open_transport(server)
        body = Body(pieces=(b"ab" * 1000 for _ in range(100)), length=200_000)
        with transport.post(body, {}) as reply:
            reply.read(100)
        transport.close()
        assert server.seen[0].headers["content-length"] == "200000"
        assert "transfer-encoding" not in server.seen[0].headers
        assert server.seen[0].body == b"ab" * 100_000


def test_chunks_are_joined(authority: trustme.CA) -> None:
    reply = list(chunked([b"<a>", b"x" * 100_000, b"</a>"]))
    with CannedServer([reply], authority=authority) as server:
        assert ask(open_transport(server)) == b"<a>" + b"x" * 100_000 + b"</a>"


def test_an_answer_beyond_its_bound_is_not_read(authority: trustme.CA) -> None:
    with (
        CannedServer([http(b"x" * (2 << 20))], authority=authority) as server,
        pytest.raises(AnswerTooLarge),
    ):
        ask(open_transport(server))


HALVES = {
    "nothing": [CLOSE],
    "half a body": [http(b"<a>half", length=100), CLOSE],
    "half a chunk": [*chunked([b"<a>"], is_whole=False)],
    "no HTTP at all": [b"\x00\x01\x02 hello\r\n\r\n", CLOSE],
}


@pytest.mark.parametrize("half", HALVES)
@pytest.mark.parametrize(("is_write", "error"), [(False, TransientError), (True, OutcomeUnknown)])
def test_half_an_answer_is_transient_to_a_read_and_unknown_to_a_write(
    authority: trustme.CA,
    half: str,
    is_write: bool,  # noqa: FBT001 - a parameter of the table
    error: type[Exception],
) -> None:
    with CannedServer([HALVES[half]], authority=authority) as server:
        with pytest.raises(error):
            ask(open_transport(server), is_write=is_write)
        assert len(server.seen) == 1, "one attempt per call"


def test_silence_is_not_waited_for_without_end(authority: trustme.CA) -> None:
    is_over = threading.Event()

    def silence(_: object) -> Iterator[object]:
        is_over.wait(30)
        yield CLOSE

    with CannedServer([silence], authority=authority) as server:
        with pytest.raises(TransientError, match="silent"):
            ask(open_transport(server, timeouts=Timeouts(read_s=0.05)))
        is_over.set()


def test_an_unknown_authority_is_told_with_the_way_out() -> None:
    with CannedServer([http()]) as server, CannedServer([http()]) as other:
        transport = Transport(
            server.url,
            BasicSignIn("ann", SECRET),
            clock=SystemClock(),
            trust=other.trust,
        )
        with pytest.raises(ServerUnreachable, match="authority that is not trusted") as caught:
            ask(transport)
        assert "--ca-file" in caught.value.hint
        assert server.seen == [], "no password before the server has proved its name"


def test_the_system_trust_does_not_know_a_private_authority() -> None:
    with CannedServer([http()]) as server:
        transport = Transport(server.url, BasicSignIn("ann", SECRET), clock=SystemClock())
        with pytest.raises(ServerUnreachable, match="not trusted"):
            ask(transport)


def test_an_expired_certificate_is_told(authority: trustme.CA) -> None:
    past = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    with CannedServer([http()], authority=authority, not_after=past) as server:
        with pytest.raises(ServerUnreachable, match="expired"):
            ask(open_transport(server))
        assert server.seen == []


def test_a_certificate_for_another_name_is_told(authority: trustme.CA) -> None:
    with CannedServer([http()], authority=authority, name="mail.lab.example") as server:
        with pytest.raises(ServerUnreachable, match="another name"):
            ask(open_transport(server))
        assert server.seen == []


def test_an_ip_address_is_a_name_like_any_other(authority: trustme.CA) -> None:
    with CannedServer([http(b"<a/>")], authority=authority, name="127.0.0.1") as server:
        url = f"https://127.0.0.1:{server.port}/EWS/Exchange.asmx"
        assert ask(open_transport(server, url=url)) == b"<a/>"
        with pytest.raises(ServerUnreachable, match="another name"):
            ask(open_transport(server))


def test_a_refused_connection_is_told(authority: trustme.CA) -> None:
    with CannedServer([http()], authority=authority) as server:
        trust = server.trust
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    url = f"https://localhost:{port}/EWS/Exchange.asmx"
    transport = Transport(url, BasicSignIn("a", SECRET), clock=SystemClock(), trust=trust)
    with pytest.raises(ServerUnreachable, match="refused"):
        ask(transport, is_write=True)


def test_an_unknown_host_is_told() -> None:
    url = "https://nowhere.invalid/EWS/Exchange.asmx"
    transport = Transport(url, BasicSignIn("a", SECRET), clock=SystemClock())
    with pytest.raises(ServerUnreachable, match="There is no such name"):
        ask(transport)


def test_a_server_without_tls_gets_nothing(authority: trustme.CA) -> None:
    with (
        CannedServer([http()], authority=authority) as server,
        socket.create_server(("127.0.0.1", 0)) as plain,
    ):
        heard: list[bytes] = []

        def talk() -> None:
            connection, _ = plain.accept()
            with connection:
                heard.append(connection.recv(65536))
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        thread = threading.Thread(target=talk)
        thread.start()
        url = f"https://localhost:{plain.getsockname()[1]}/EWS/Exchange.asmx"
        with pytest.raises(ServerUnreachable, match="does not speak TLS"):
            ask(open_transport(server, url=url))
        thread.join()
    assert b"Authorization" not in heard[0]


def test_a_server_that_restarts_is_waited_for_and_nothing_was_sent_meanwhile(
    authority: trustme.CA,
) -> None:
    with CannedServer([http(b"<a/>")], authority=authority) as server:
        transport = open_transport(server)
        assert ask(transport) == b"<a/>"
    with pytest.raises(TransientError, match="refused"):
        ask(transport, is_write=True)


def test_a_server_that_loses_its_certificate_is_not_waited_for(authority: trustme.CA) -> None:
    with CannedServer([http(b"<a/>")], authority=authority) as server:
        transport = open_transport(server)
        assert ask(transport) == b"<a/>"
        trustme.CA().issue_cert("localhost").configure_cert(server._context)
        with pytest.raises(ServerUnreachable, match="not trusted"):
            ask(transport)


def test_a_refusal_in_the_middle_of_a_large_write_is_heard_or_leaves_it_unknown(
    authority: trustme.CA,
) -> None:
    with CannedServer([http(status="413 Too Large")], authority=authority) as server:
        server.reads_bodies = False
        transport = open_transport(server)
        body = Body(pieces=(b"x" * 65536 for _ in range(400)), length=400 * 65536)
        try:
            with transport.post(body, {}, is_write=True) as reply:
                assert reply.status == 413
        except OutcomeUnknown:
            pass
        finally:
            transport.close()


@pytest.mark.parametrize("url", ["http://localhost/EWS", "localhost", "ftp://x/"])
def test_an_address_that_proves_nothing_is_refused(url: str) -> None:
    with pytest.raises(OperatorError, match="passwords"):
        Transport(url, BasicSignIn("a", SECRET), clock=SystemClock())


@pytest.mark.parametrize("text", ["hello", "", "-----BEGIN CERTIFICATE-----"])
def test_authorities_without_a_certificate_are_refused(text: str) -> None:
    with pytest.raises(OperatorError, match="certificates cannot be used"):
        Transport(
            "https://x/", BasicSignIn("a", SECRET), clock=SystemClock(), trust=Trust(ca_pem=text)
        )


def test_no_secret_is_in_any_text_about_the_transport(authority: trustme.CA) -> None:
    with CannedServer([[CLOSE]], authority=authority) as server:
        transport = open_transport(server)
        with pytest.raises(TransientError) as caught:
            ask(transport)
    told = f"{transport!r} {transport.sign_in!r} {caught.value!r} {caught.value} {caught.value.why}"
    assert SECRET not in told
    assert "cGFzcw" not in told
    assert "Basic " not in told


def test_a_user_name_with_a_colon_is_refused() -> None:
    with pytest.raises(ValueError, match="colon"):
        BasicSignIn("a:b", SECRET)


@pytest.mark.parametrize("url", ["https://svc:hunter2@mail.example/", "http://svc:hunter2@mail/"])
def test_an_address_with_a_secret_in_it_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(OperatorError) as caught:
        Transport(url, BasicSignIn("svc", "secret"), clock=SystemClock())
    assert "hunter2" not in f"{caught.value} {caught.value.hint}"


def test_the_environment_names_no_proxy_for_us(
    authority: trustme.CA, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://somebody.invalid:1")
    with CannedServer([http(b"<a/>")], authority=authority) as server:
        assert ask(open_transport(server)) == b"<a/>"
