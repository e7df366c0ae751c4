"""Whom we believe, what the environment cannot change about it, and the way through a proxy."""

from __future__ import annotations

import datetime as dt
import hashlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
import trustme

from strongroom.clock import SystemClock
from strongroom.errors import OperatorError, ServerUnreachable
from strongroom.wire.http import HttpsClient
from strongroom.wire.sign_in import BasicSignIn
from strongroom.wire.tls import Trust, normal_fingerprint
from strongroom.wire.transport import Transport
from tests.fakes.canned_server import CannedServer, http

DIGITS = "ab" * 32


def shown_by(server: CannedServer) -> str:
    """Look at a server's certificate as a person would, and give its fingerprint."""
    pem = ssl.get_server_certificate(("127.0.0.1", server.port))
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest()


def ask(url: str, trust: Trust, proxy: str | None = None) -> int:
    sign_in = BasicSignIn("ann", "secret")
    transport = Transport(url, sign_in, clock=SystemClock(), trust=trust, proxy=proxy)
    try:
        with transport.post(b"<q/>", {}) as reply:
            reply.read(100)
            return reply.status
    finally:
        transport.close()


def ask_small(url: str, trust: Trust, proxy: str | None = None) -> int:
    with HttpsClient(clock=SystemClock(), trust=trust, proxy=proxy) as client:
        return client.request("GET", url).status


Ask = Callable[..., int]
WAYS = pytest.mark.parametrize("ask", [ask, ask_small], ids=["transport", "small requests"])


@WAYS
def test_a_named_certificate_is_believed_by_itself(ask: Ask) -> None:
    past = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    with CannedServer([http()], name="other.lab.example", not_after=past) as server:
        url = f"https://127.0.0.1:{server.port}/"
        shown = shown_by(server)
        assert ask(url, Trust(fingerprint=shown)) == 200


@WAYS
def test_no_other_certificate_is_then_even_one_of_a_trusted_authority(ask: Ask) -> None:
    with CannedServer([http()]) as server:
        trust = Trust(ca_pem=server.trust.ca_pem, fingerprint=DIGITS)
        with pytest.raises(ServerUnreachable, match="not the one that was named") as caught:
            ask(server.url, trust)
        assert server.seen == [], "nothing is sent to it"
        assert "fingerprint" in caught.value.hint
        assert shown_by(server) in caught.value.why


def test_the_context_alone_checks_the_named_certificate() -> None:
    with CannedServer([http()]) as server:
        context = Trust(fingerprint=DIGITS).context()
        with (
            socket.create_connection(("127.0.0.1", server.port)) as plain,
            pytest.raises(ssl.SSLCertVerificationError),
        ):
            context.wrap_socket(plain, server_hostname="localhost")


def test_no_trust_can_be_written_that_believes_everybody() -> None:
    for trust in (
        Trust(),
        Trust(server_name="x"),
        Trust(ca_pem=trustme.CA().cert_pem.bytes().decode()),
    ):
        context = trust.context()
        assert context.verify_mode is ssl.CERT_REQUIRED
        assert context.check_hostname
        assert context.minimum_version is ssl.TLSVersion.TLSv1_2
    for nothing in ("", " ", "00", "sha256:", "x" * 64):
        with pytest.raises(OperatorError, match="fingerprint"):
            Trust(fingerprint=nothing)


@pytest.mark.parametrize(
    "text",
    [DIGITS, DIGITS.upper(), f"sha256:{DIGITS}", ":".join(["AB"] * 32), f" SHA256:{DIGITS} "],
)
def test_a_fingerprint_may_be_written_as_tools_write_it(text: str) -> None:
    assert normal_fingerprint(text) == DIGITS


@WAYS
def test_the_certificate_of_a_server_named_by_address_may_be_for_a_given_name(ask: Ask) -> None:
    with CannedServer([http()], name="mail.lab.example") as server:
        url, ca_pem = f"https://127.0.0.1:{server.port}/", server.trust.ca_pem
        assert ask(url, Trust(ca_pem=ca_pem, server_name="mail.lab.example")) == 200
        for name in (None, "other.lab.example"):
            with pytest.raises(ServerUnreachable, match="another name"):
                ask(url, Trust(ca_pem=ca_pem, server_name=name))


@WAYS
def test_no_session_key_is_written_where_the_environment_asks_for_it(
    ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = tmp_path / "keys.log"
    with CannedServer([http()]) as server:
        pinned = Trust(fingerprint=shown_by(server))
        monkeypatch.setenv("SSLKEYLOGFILE", str(keys))
        for trust in (server.trust, pinned):
            assert ask(server.url, trust) == 200
    assert not keys.exists()
    ssl.create_default_context()  # the standard library's own opens it
    assert keys.exists(), "the environment is as it has to be to show something"


@pytest.mark.skipif("sys.platform == 'win32'")
def test_the_environment_names_no_authority(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with CannedServer([http()]) as server:
        ca_pem = server.trust.ca_pem
        assert ca_pem is not None
        (tmp_path / "ca.pem").write_text(ca_pem)
        for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
            monkeypatch.setenv(name, str(tmp_path / "ca.pem"))
        with pytest.raises(ServerUnreachable, match="not trusted"):
            ask(server.url, Trust())
        assert server.seen == []


@WAYS
def test_the_environment_names_no_proxy_and_no_password(
    ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://somebody.invalid:1")
    netrc = tmp_path / "netrc"
    netrc.write_text("machine localhost login mallory password stolen\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    with CannedServer([http()]) as server:
        assert ask(server.url, server.trust) == 200
        said = server.seen[0].headers.get("authorization", "")
    assert said in {"", "Basic YW5uOnNlY3JldA=="}


@contextmanager
def tunnel(status: str = "200 OK") -> Iterator[tuple[str, list[str]]]:
    """Serve one CONNECT."""
    asked: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            near, _ = listener.accept()
            with near, near.makefile("rb") as reader:
                while line := reader.readline().decode().strip():
                    asked.append(line)
                near.sendall(f"HTTP/1.1 {status}\r\n\r\n".encode())
                if not status.startswith("200"):
                    return
                host, _, port = asked[0].split(" ")[1].rpartition(":")
                with socket.create_connection((host, int(port))) as far:
                    back = threading.Thread(target=_copy, args=(far, near))
                    back.start()
                    _copy(near, far)
                    back.join(10)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", asked
        thread.join(10)


def _copy(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)


@WAYS
def test_a_proxy_that_was_named_opens_a_tunnel_and_sees_no_credential(ask: Ask) -> None:
    with CannedServer([http()]) as server, tunnel() as (proxy, asked):
        assert ask(server.url, server.trust, proxy) == 200
        assert asked[0].startswith(f"CONNECT localhost:{server.port} ")
        assert not any(line.lower().startswith(("authorization", "proxy-auth")) for line in asked)


def test_a_proxy_that_refuses_is_told() -> None:
    with (
        CannedServer([http()]) as server,
        tunnel("407 Proxy Authentication Required") as (proxy, _),
    ):
        with pytest.raises(ServerUnreachable, match="407"):
            ask(server.url, server.trust, proxy)
        assert server.seen == []


@pytest.mark.parametrize("proxy", ["https://p:1", "p:1", "http://u:hunter2@p:1", "socks5://p"])
def test_a_proxy_that_we_cannot_use_is_refused_and_its_password_not_repeated(proxy: str) -> None:
    with pytest.raises(OperatorError, match="proxy") as caught:
        ask("https://localhost/", Trust(), proxy)
    assert "hunter2" not in f"{caught.value} {caught.value.hint}"
