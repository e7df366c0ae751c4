"""NTLM from the transport to the lab's server, and what a hostile or broken server gets of it."""

from __future__ import annotations

import base64
import logging
import threading
from collections.abc import Callable, Iterator

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

from strongroom.clock import SystemClock
from strongroom.errors import AccessDenied, OperatorError, ServerUnreachable, TransientError
from strongroom.lab.estate.estate import Estate
from strongroom.lab.quirks import Quirks
from strongroom.lab.server import LabServer
from strongroom.wire.reply import Body
from strongroom.wire.sign_in import SignIn
from strongroom.wire.sign_in.channel_binding import tls_server_end_point
from strongroom.wire.sign_in.windows import KerberosSignIn, NtlmSignIn
from strongroom.wire.tls import Trust
from strongroom.wire.transport import Transport
from tests.fakes.canned_server import CannedServer, Seen, http
from tests.fakes.face_client import envelope, folder_ref, sync_items
from tests.fakes.lab_people import ANN
from tests.fakes.marked import canary

SECRET = canary("pÄss-wörd")
QUESTION = envelope(sync_items(folder_ref("inbox"))).encode()

Serve = Callable[..., LabServer]
Hash = hashes.SHA256 | hashes.SHA384 | hashes.SHA512


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def serve() -> Iterator[Serve]:
    running: list[LabServer] = []

    def _serve(**quirks: object) -> LabServer:
        estate = Estate(seed=1)
        estate.add_mailbox(ANN, "Ann", password=SECRET)
        lab = LabServer(estate, quirks=Quirks(**quirks)).start()  # type: ignore[arg-type]
        running.append(lab)
        return lab

    yield _serve
    for lab in running:
        lab.stop()


def transport_to(lab: LabServer | CannedServer, sign_in: SignIn | None = None) -> Transport:
    if isinstance(lab, CannedServer):
        url, trust = lab.url, lab.trust
    else:
        url, trust = lab.ews_url, Trust(ca_pem=lab.ca_pem.decode())
    return Transport(url, sign_in or NtlmSignIn(ANN, SECRET), clock=SystemClock(), trust=trust)


def ask(transport: Transport, body: bytes | Body = QUESTION) -> tuple[int, bytes]:
    with transport.post(body, {"Content-Type": "text/xml; charset=utf-8"}) as reply:
        return reply.status, bytes(reply.read(1 << 20))


@pytest.mark.parametrize("user", [ANN, "LAB\\ann", "lab.example\\Ann"])
@pytest.mark.parametrize("scheme", ["NTLM", "Negotiate"])
def test_ntlm_signs_in_bound_to_the_connection(serve: Serve, user: str, scheme: str) -> None:
    transport = transport_to(serve(sign_in_schemes=(scheme,)), NtlmSignIn(user, SECRET))
    status, answer = ask(transport)
    assert (status, b"NoError" in answer) == (200, True)
    transport.close()


def test_a_connection_is_signed_in_once_and_each_thread_has_its_own(serve: Serve) -> None:
    lab = serve()
    seen: list[tuple[int, bool, int]] = []
    answer = lab.exchange.answer

    def watching(request: object) -> object:
        response = answer(request)  # type: ignore[arg-type]
        seen.append(
            (
                id(request.connection),  # type: ignore[attr-defined]
                "authorization" in request.headers,  # type: ignore[attr-defined]
                response.status,
            )
        )
        return response

    lab.pages["/ews/"] = watching  # type: ignore[assignment]
    transport = transport_to(lab)
    for _ in range(3):
        assert ask(transport)[0] == 200
    assert seen[0][1:] == (True, 401)
    assert [has_proof for _, has_proof, _ in seen] == [True, True, False, False, False]
    other = threading.Thread(target=ask, args=(transport,))
    other.start()
    other.join()
    assert [has_proof for _, has_proof, _ in seen[5:]] == [True, True, False]
    transport.close()


def test_a_new_connection_is_signed_in_before_a_large_body_is_sent(serve: Serve) -> None:
    lab = serve()
    sizes: list[int] = []
    answer = lab.exchange.answer

    def watching(request: object) -> object:
        sizes.append(len(request.body))  # type: ignore[attr-defined]
        return answer(request)  # type: ignore[arg-type]

    lab.pages["/ews/"] = watching  # type: ignore[assignment]
    transport = transport_to(lab)
    blank = b" " * 65536
    for _ in range(2):
        pieces = iter([QUESTION, *[blank] * 40])
        body = Body(pieces=pieces, length=len(QUESTION) + 40 * 65536)
        assert ask(transport, body)[0] == 200
        lab._https._tcp.break_connections()  # type: ignore[union-attr]
    large = len(QUESTION) + 40 * 65536
    assert sizes == [0, 0, large, 0, 0, large]
    transport.close()


def test_a_wrong_password_is_told_in_plain_words(serve: Serve) -> None:
    transport = transport_to(serve(), NtlmSignIn(ANN, "other"))
    with pytest.raises(AccessDenied, match=f"refused the sign-in of {ANN} by NTLM") as caught:
        ask(transport)
    assert "Extended Protection" in caught.value.hint
    told = f"{caught.value!r} {caught.value} {transport!r} {transport.sign_in!r}"
    assert "other" not in told
    transport.close()


@pytest.mark.parametrize("is_protected", [True, False])
def test_who_passes_a_proof_on_is_found_out_where_protection_is_on(
    serve: Serve,
    is_protected: bool,  # noqa: FBT001 - a parameter of the table
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The proof is bound to another certificate, as it is when somebody sits in between."""
    other = trustme.CA().issue_cert("localhost").cert_chain_pems[0].bytes()
    der = x509.load_pem_x509_certificate(other).public_bytes(serialization.Encoding.DER)
    monkeypatch.setattr("strongroom.wire.open_line.Connection.certificate_der", lambda _: der)
    transport = transport_to(serve(extended_protection=is_protected))
    if is_protected:
        with pytest.raises(AccessDenied, match="refused"):
            ask(transport)
    else:
        assert ask(transport)[0] == 200
    transport.close()


@pytest.mark.parametrize("sign_in", [NtlmSignIn(ANN, SECRET)], ids=repr)
@pytest.mark.parametrize("offer", ['Basic realm="x"', "Bearer", "Digest x", ""])
def test_nothing_else_is_sent_where_the_server_offers_only_something_else(
    authority: trustme.CA, sign_in: SignIn, offer: str
) -> None:
    refusal = http(status="401 No", headers=[("WWW-Authenticate", offer)])
    with CannedServer([refusal], authority=authority) as server:
        transport = transport_to(server, sign_in)
        with pytest.raises(AccessDenied, match="does not offer NTLM") as caught:
            ask(transport)
        transport.close()
        said = [seen.headers["authorization"] for seen in server.seen]
    assert (offer.split(" ", maxsplit=1)[0] or "nothing") in caught.value.why
    assert all(one.startswith(("NTLM TlRM", "Negotiate TlRM")) for one in said)
    assert all(seen.body == b"" for seen in server.seen)


def test_a_server_that_asks_nobody_gets_no_question(authority: trustme.CA) -> None:
    with CannedServer([http(b"<a/>")], authority=authority) as server:
        transport = transport_to(server)
        with pytest.raises(OperatorError, match="did not ask who we are"):
            ask(transport)
        assert [seen.body for seen in server.seen] == [b""]
        transport.close()


def test_a_busy_server_is_told_as_busy_not_as_a_refusal(authority: trustme.CA) -> None:
    busy = http(status="503 Busy", headers=[("Retry-After", "7")])
    with CannedServer([busy], authority=authority) as server:
        transport = transport_to(server)
        with transport.post(QUESTION, {}) as reply:
            assert (reply.status, reply.header("Retry-After")) == (503, "7")
        transport.close()


def test_a_server_that_closes_between_the_legs_is_told(authority: trustme.CA) -> None:
    leg = http(
        status="401 No",
        headers=[("WWW-Authenticate", "NTLM TlRMTVNTUAACAAAA"), ("Connection", "close")],
    )
    with CannedServer([leg], authority=authority) as server:
        transport = transport_to(server)
        with pytest.raises(OperatorError, match="closes the connection while we sign in"):
            ask(transport)
        assert len(server.seen) == 1
        transport.close()


@pytest.mark.parametrize("token", ["!!!", "AAAA", "TlRMTVNTUAACAAAA", base64.b64encode(b"\0" * 90)])
def test_nonsense_as_a_challenge_is_no_crash(authority: trustme.CA, token: str | bytes) -> None:
    text = token if isinstance(token, str) else token.decode()
    leg = http(status="401 No", headers=[("WWW-Authenticate", f"NTLM {text}")])
    with CannedServer([leg], authority=authority) as server:
        transport = transport_to(server)
        with pytest.raises(AccessDenied):
            ask(transport)
        transport.close()


def test_a_sign_in_that_holds_for_one_request_ends_after_one_more_try(serve: Serve) -> None:
    lab = serve(signs_in_each_request=True)
    transport = transport_to(lab)
    assert ask(transport)[0] == 401
    streamed = Body(pieces=iter([QUESTION]), length=len(QUESTION))
    assert ask(transport, streamed)[0] == 401, "the last one was renewed in vain already"
    transport.close()


def test_a_connection_that_forgets_its_sign_in_is_signed_in_anew(serve: Serve) -> None:
    lab = serve()
    transport = transport_to(lab)
    assert ask(transport)[0] == 200
    answer = lab.exchange.answer
    forgets = [True, True]

    def forgetful(request: object) -> object:
        if forgets and "authorization" not in request.headers:  # type: ignore[attr-defined]
            forgets.pop()
            request.connection.notes.clear()  # type: ignore[attr-defined]
        return answer(request)  # type: ignore[arg-type]

    lab.pages["/ews/"] = forgetful  # type: ignore[assignment]
    forgets.pop()
    assert ask(transport)[0] == 200, "a body that is at hand is sent once more"
    forgets.append(True)
    with pytest.raises(TransientError, match="wanted the sign-in again"):
        ask(transport, Body(pieces=iter([QUESTION]), length=len(QUESTION)))
    assert ask(transport, Body(pieces=iter([QUESTION]), length=len(QUESTION)))[0] == 200
    transport.close()


def test_no_proof_is_given_to_a_server_that_proves_nothing() -> None:
    with CannedServer([http()]) as server:
        transport = Transport(server.url, NtlmSignIn(ANN, SECRET), clock=SystemClock())
        with pytest.raises(ServerUnreachable, match="not trusted"):
            ask(transport)
        assert server.seen == []
        transport.close()


def test_the_weak_ntlm_of_old_is_not_spoken_whatever_the_environment_says(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LM_COMPAT_LEVEL", "1")
    transport = transport_to(serve())
    with pytest.raises(OperatorError, match="NTLMv1 is not spoken"):
        ask(transport)
    transport.close()


def test_no_token_is_logged(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        transport = transport_to(serve())
        ask(transport)
        transport.close()
    assert "urllib3" in {record.name.partition(".")[0] for record in caplog.records}
    assert "TlRMTVNTUAA" not in caplog.text


def test_a_proof_of_another_thread_is_never_shared(authority: trustme.CA) -> None:
    """Each connection gets a challenge of its own, and answers that one alone."""
    seen: dict[int, list[str]] = {}

    def reply(request: Seen) -> bytes:
        seen.setdefault(request.connection, []).append(request.headers["authorization"])
        return http(status="401 No", headers=[("WWW-Authenticate", "NTLM")])

    with CannedServer([reply], authority=authority) as server:
        for _ in range(2):
            transport = transport_to(server)
            with pytest.raises(AccessDenied):
                ask(transport)
            transport.close()
    assert [len(said) for said in seen.values()] == [1, 1]


def _certificate(signed_with: Hash | None) -> bytes:
    key = (
        ed25519.Ed25519PrivateKey.generate()
        if signed_with is None
        else rsa.generate_private_key(65537, 2048)
    )
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "x")])
    now = SystemClock().now()
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now)
    return builder.sign(key, signed_with).public_bytes(serialization.Encoding.DER)


@pytest.mark.parametrize(
    ("signed_with", "hashed_with"),
    [
        (hashes.SHA256(), hashes.SHA256()),
        (hashes.SHA384(), hashes.SHA384()),
        (hashes.SHA512(), hashes.SHA512()),
        (None, hashes.SHA256()),
    ],
)
def test_the_binding_is_hashed_as_the_certificate_was_signed(
    signed_with: Hash | None, hashed_with: Hash
) -> None:
    der = _certificate(signed_with)
    digest = hashes.Hash(hashed_with)
    digest.update(der)
    assert tls_server_end_point(der) == b"tls-server-end-point:" + digest.finalize()


def test_kerberos_writes_the_domain_as_tickets_have_it() -> None:
    assert KerberosSignIn("svc@lab.example", "x").user == "svc@LAB.EXAMPLE"
    assert "secret" not in repr(KerberosSignIn("svc@lab.example", "secret"))
