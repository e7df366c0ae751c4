"""Kerberos with a real key distribution centre: MIT's, on loopback."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from strongroom.clock import SystemClock
from strongroom.errors import AccessDenied, OperatorError, TransientError
from strongroom.lab.estate.estate import Estate
from strongroom.lab.https import Request
from strongroom.lab.quirks import Quirks
from strongroom.lab.server import LabServer
from strongroom.wire.reply import Body
from strongroom.wire.sign_in import SignIn
from strongroom.wire.sign_in.windows import KerberosSignIn
from strongroom.wire.tls import Trust
from strongroom.wire.transport import Transport
from tests.fakes.face_client import envelope, folder_ref, sync_items
from tests.fakes.kdc import Kdc, kdc, missing
from tests.fakes.lab_people import ANN

pytestmark = pytest.mark.skipif(
    bool(missing()), reason=f"{missing()} not here: sign-in by Kerberos is NOT SHOWN"
)

SECRET = "wide-open"
QUESTION = envelope(sync_items(folder_ref("inbox"))).encode()


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kdc]:
    with kdc(tmp_path_factory.mktemp("kdc")) as running:
        running.add_person("ann", SECRET)
        running.add_person("stranger", SECRET)
        running.add_server("HTTP/localhost")
        yield running


@pytest.fixture(autouse=True)
def realm(centre: Kdc, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in centre.environment.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def lab() -> Iterator[LabServer]:
    estate = Estate(seed=1)
    # No password of the lab's fits: what lets Ann in is her ticket.
    estate.add_mailbox(ANN, "Ann", password="another")
    with LabServer(estate, quirks=Quirks(sign_in_schemes=("Negotiate",))) as running:
        yield running


@pytest.fixture
def open_transport(lab: LabServer) -> Iterator[Callable[..., Transport]]:
    opened: list[Transport] = []

    def _open(sign_in: SignIn, url: str = "") -> Transport:
        trust = Trust(ca_pem=lab.ca_pem.decode())
        transport = Transport(url or lab.ews_url, sign_in, clock=SystemClock(), trust=trust)
        opened.append(transport)
        return transport

    yield _open
    for transport in opened:
        transport.close()


def ask(transport: Transport, body: bytes | Body = QUESTION) -> tuple[int, bytes]:
    with transport.post(body, {"Content-Type": "text/xml"}) as reply:
        return reply.status, bytes(reply.read(1 << 20))


def watch(lab: LabServer) -> list[tuple[str, int]]:
    """Note the way and the size of every request."""
    seen: list[tuple[str, int]] = []
    answer = lab.exchange.answer

    def watching(request: Request) -> object:
        way = request.headers.get("authorization", "").partition(" ")[0]
        seen.append((way, len(request.body)))
        return answer(request)

    lab.pages["/ews/"] = watching  # type: ignore[assignment]
    return seen


def test_a_ticket_got_with_the_password_signs_the_connection_in(
    lab: LabServer, open_transport: Callable[..., Transport]
) -> None:
    seen = watch(lab)
    transport = open_transport(KerberosSignIn(ANN, SECRET))
    for _ in range(2):
        status, answer = ask(transport)
        assert (status, b"NoError" in answer) == (200, True)
    assert seen == [("Negotiate", 0), ("", len(QUESTION)), ("", len(QUESTION))]


def test_the_ticket_that_the_system_holds_will_do(
    centre: Kdc, open_transport: Callable[..., Transport]
) -> None:
    centre.sign_in("ann", SECRET)
    sign_in = KerberosSignIn()
    assert ask(open_transport(sign_in))[0] == 200
    assert sign_in.user == "the account of this machine's tickets", "messages name somebody"


def test_a_key_table_will_do_and_is_held_no_longer_than_it_is_read(
    centre: Kdc, open_transport: Callable[..., Transport], tmp_path: Path
) -> None:
    table = centre.key_table_of("ann", tmp_path / "ann.keytab")
    assert ask(open_transport(KerberosSignIn(ANN, keytab=table)))[0] == 200
    held = [str(one.readlink()) for one in Path("/proc/self/fd").iterdir() if one.is_symlink()]
    assert not [one for one in held if "keytab" in one]


def test_a_key_table_of_somebody_else_gets_no_ticket(
    centre: Kdc, open_transport: Callable[..., Transport], tmp_path: Path
) -> None:
    table = centre.key_table_of("stranger", tmp_path / "stranger.keytab")
    with pytest.raises(OperatorError, match="gave no ticket"):
        ask(open_transport(KerberosSignIn(ANN, keytab=table)))
    with pytest.raises(OperatorError, match="not a Kerberos key table"):
        ask(open_transport(KerberosSignIn(ANN, keytab=b"secret")))


def test_a_ticket_bound_to_another_certificate_is_refused(
    lab: LabServer, open_transport: Callable[..., Transport], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "strongroom.wire.sign_in.windows.tls_server_end_point",
        lambda _: b"tls-server-end-point:" + bytes(32),
    )
    with pytest.raises(AccessDenied, match="refused the sign-in of ann@LAB"):
        ask(open_transport(KerberosSignIn(ANN, SECRET)))


def test_a_wrong_password_gets_no_ticket(open_transport: Callable[..., Transport]) -> None:
    with pytest.raises(OperatorError, match="gave no ticket for HTTP/localhost") as caught:
        ask(open_transport(KerberosSignIn(ANN, "wrong-one")))
    assert "wrong-one" not in f"{caught.value!r} {caught.value} {caught.value.__cause__!r}"


def test_a_server_without_a_service_principal_gets_no_ticket_and_no_ntlm(
    lab: LabServer, open_transport: Callable[..., Transport]
) -> None:
    seen = watch(lab)
    url = lab.ews_url.replace("localhost", "127.0.0.1")
    with pytest.raises(OperatorError, match=r"HTTP/127\.0\.0\.1") as caught:
        ask(open_transport(KerberosSignIn(ANN, SECRET), url))
    assert "service principal name" in caught.value.hint
    assert seen == []


def test_somebody_with_a_ticket_and_without_an_account_is_refused(
    open_transport: Callable[..., Transport],
) -> None:
    with pytest.raises(AccessDenied, match="refused the sign-in of stranger"):
        ask(open_transport(KerberosSignIn("stranger@lab.example", SECRET)))


def test_a_server_that_wants_a_ticket_with_each_request_gets_one(
    lab: LabServer, open_transport: Callable[..., Transport]
) -> None:
    lab.exchange.quirks = Quirks(sign_in_schemes=("Negotiate",), signs_in_each_request=True)
    seen = watch(lab)
    transport = open_transport(KerberosSignIn(ANN, SECRET))
    assert [ask(transport)[0] for _ in range(3)] == [200, 200, 200]
    assert seen[-2:] == [("Negotiate", len(QUESTION))] * 2, "learnt once, then no 401 any more"
    streamed = Body(pieces=iter([QUESTION]), length=len(QUESTION))
    assert ask(transport, streamed)[0] == 200


def test_a_streamed_body_that_met_such_a_server_first_is_left_to_the_caller(
    lab: LabServer, open_transport: Callable[..., Transport]
) -> None:
    lab.exchange.quirks = Quirks(sign_in_schemes=("Negotiate",), signs_in_each_request=True)
    transport = open_transport(KerberosSignIn(ANN, SECRET))
    with pytest.raises(TransientError, match="nothing was done"):
        ask(transport, Body(pieces=iter([QUESTION]), length=len(QUESTION)))
    assert ask(transport, Body(pieces=iter([QUESTION]), length=len(QUESTION)))[0] == 200


def test_a_server_that_offers_no_negotiate_gets_nothing_else(
    lab: LabServer, open_transport: Callable[..., Transport]
) -> None:
    lab.exchange.quirks = Quirks(sign_in_schemes=("NTLM", "Basic"))
    seen = watch(lab)
    with pytest.raises(AccessDenied, match="does not offer Negotiate"):
        ask(open_transport(KerberosSignIn(ANN, SECRET)))
    assert seen == [("Negotiate", 0)]
