"""Who is let in by which way, over a real connection where the way needs one."""

from __future__ import annotations

import base64
import http.client
import json
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
import spnego
from spnego.channel_bindings import GssChannelBindings

from strongroom.lab.estate.estate import Estate
from strongroom.lab.exchange.face import ExchangeFace
from strongroom.lab.https import Request, Response
from strongroom.lab.quirks import Quirks
from strongroom.lab.server import LabServer
from strongroom.lab.sign_in.bearer import Allowance, BearerScheme
from strongroom.lab.sign_in.binding import end_point
from tests.fakes.face_client import PATH, basic, envelope, sync_hierarchy
from tests.fakes.lab_people import ANN

QUESTION = envelope(sync_hierarchy()).encode()
AUTHORITY = "https://login.lab.example"


@pytest.fixture
def server(estate: Estate) -> Iterator[LabServer]:
    estate.add_mailbox("gone@lab.example", "Gone", password="g", role="disabled")
    with LabServer(estate) as running:
        yield running
        assert running.exchange.crashes == []


class Client:
    """One connection to a lab, and one user's NTLM by hand."""

    def __init__(self, server: LabServer) -> None:
        context = ssl.create_default_context(cadata=server.ca_pem.decode())
        self.connection = http.client.HTTPSConnection("localhost", server.port, context=context)

    def ask(self, authorization: str | None = None) -> tuple[int, list[str]]:
        headers = {"Content-Type": "text/xml"}
        if authorization is not None:
            headers["Authorization"] = authorization
        self.connection.request("POST", PATH, QUESTION, headers)
        response = self.connection.getresponse()
        response.read()
        return response.status, response.headers.get_all("WWW-Authenticate") or []

    def binding(self) -> GssChannelBindings:
        assert isinstance(self.connection.sock, ssl.SSLSocket)
        return end_point(self.connection.sock.getpeercert(binary_form=True) or b"")

    def ntlm(
        self, user: str, password: str, binding: GssChannelBindings | None, scheme: str = "NTLM"
    ) -> int:
        context = spnego.client(user, password, protocol="ntlm", channel_bindings=binding)
        status, said = self.ask(_written(scheme, context.step()))
        assert status == 401
        (challenge,) = said
        assert challenge.startswith(f"{scheme} TlRMTVNTUAAC")
        token = context.step(base64.b64decode(challenge.partition(" ")[2]))
        return self.ask(_written(scheme, token))[0]


def _written(scheme: str, token: bytes | None) -> str:
    return f"{scheme} {base64.b64encode(token or b'').decode()}"


@pytest.fixture
def client(server: LabServer) -> Iterator[Client]:
    made = Client(server)
    yield made
    made.connection.close()


def test_the_ways_are_offered_as_iis_offers_them(client: Client) -> None:
    status, offered = client.ask()
    assert status == 401
    assert [one.split(" ")[0] for one in offered] == ["Negotiate", "NTLM", "Basic"]


def test_only_what_is_offered_is_taken(server: LabServer, client: Client) -> None:
    server.exchange.quirks = Quirks(sign_in_schemes=("NTLM",))
    assert client.ask(basic(ANN, "ann's")) == (401, ["NTLM"])


@pytest.mark.parametrize("scheme", ["NTLM", "Negotiate"])
def test_ntlm_signs_the_connection_in_and_no_other(
    server: LabServer, client: Client, scheme: str
) -> None:
    client.connection.connect()
    assert client.ntlm(ANN, "ann's", client.binding(), scheme) == 200
    assert client.ask()[0] == 200
    other = Client(server)
    assert other.ask()[0] == 401
    other.connection.close()


def test_a_new_beginning_ends_what_was_signed_in(client: Client) -> None:
    client.connection.connect()
    assert client.ntlm(ANN, "ann's", client.binding()) == 200
    assert client.ntlm(ANN, "wrong", client.binding()) == 401
    assert client.ask()[0] == 401


@pytest.mark.parametrize(
    ("user", "password"),
    [
        (ANN, "wrong"),
        ("nobody@lab.example", "x"),
        ("gone@lab.example", "g"),
        ("OTHER\\ann", "ann's"),
    ],
)
def test_who_is_not_who_he_says_is_refused(client: Client, user: str, password: str) -> None:
    client.connection.connect()
    assert client.ntlm(user, password, client.binding()) == 401


def test_a_new_password_counts_at_once(estate: Estate, client: Client) -> None:
    estate.set_password(ANN, "changed")
    client.connection.connect()
    assert client.ntlm(ANN, "ann's", client.binding()) == 401
    assert client.ntlm(ANN, "changed", client.binding()) == 200


BINDINGS = {
    "none": None,
    "another server's": GssChannelBindings(application_data=b"tls-server-end-point:" + b"x" * 32),
}


@pytest.mark.parametrize("binding", BINDINGS)
@pytest.mark.parametrize("scheme", ["NTLM", "Negotiate"])
def test_extended_protection_wants_this_connection_and_can_be_off(
    server: LabServer, client: Client, binding: str, scheme: str
) -> None:
    assert client.ntlm(ANN, "ann's", BINDINGS[binding], scheme) == 401
    server.exchange.quirks = Quirks(extended_protection=False)
    assert client.ntlm(ANN, "ann's", BINDINGS[binding], scheme) == 200


@pytest.mark.parametrize(
    "said", ["NTLM", "NTLM !!!", "NTLM AAAA", "Negotiate TlRMTVNTUAAD", "NTLM "]
)
def test_nonsense_is_refused(client: Client, said: str) -> None:
    assert client.ask(said)[0] == 401


def test_a_last_leg_without_a_first_is_refused(client: Client) -> None:
    last = b"NTLMSSP\x00\x03\x00\x00\x00" + bytes(80)
    assert client.ask(_written("NTLM", last))[0] == 401


@dataclass(frozen=True)
class Good:
    app_id: str = "app"
    upn: str | None = None
    scopes: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Bad:
    code: str
    claims: str = ""


@dataclass
class Judge:
    tokens: dict[str, Good | Bad] = field(default_factory=dict)
    audiences: list[str] = field(default_factory=list)

    def __call__(self, token: str, audience: str) -> Good | Bad:
        self.audiences.append(audience)
        return self.tokens.get(token, Bad("malformed"))


@pytest.fixture
def judge(estate: Estate, face: ExchangeFace) -> Judge:
    made = Judge()
    scheme = BearerScheme(estate, made, audience="https://outlook.lab.example", authority=AUTHORITY)
    face.door.add(scheme)
    face.quirks = Quirks(sign_in_schemes=("Bearer",))
    return made


def _bearer(face: ExchangeFace, token: str | None, acting_as: str | None = None) -> Response:
    headers = {} if token is None else {"authorization": f"Bearer {token}"}
    body = envelope(sync_hierarchy(), acting_as=acting_as).encode()
    return face.answer(Request(method="POST", path=PATH, headers=headers, body=body))


def test_a_users_token_opens_the_users_mailbox_only(face: ExchangeFace, judge: Judge) -> None:
    judge.tokens["t"] = Good(upn=ANN, scopes=frozenset({"EWS.AccessAsUser.All"}))
    assert _bearer(face, "t").status == 200
    assert _bearer(face, "t", acting_as="ben@lab.example").status == 500
    assert set(judge.audiences) == {"https://outlook.lab.example"}


def test_an_application_reads_as_whomever_it_impersonates(face: ExchangeFace, judge: Judge) -> None:
    judge.tokens["t"] = Good(roles=frozenset({"full_access_as_app"}))
    response = _bearer(face, "t", acting_as=ANN)
    assert response.status == 200
    assert b"NoError" in bytes(response.body)  # type: ignore[arg-type]
    alone = _bearer(face, "t")
    assert b"ErrorInvalidExchangeImpersonationHeaderData" in bytes(alone.body)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("token", "number", "category"),
    [
        (Bad("expired"), 2000002, "token_expired"),
        (Bad("audience"), 2000003, "invalid_resource"),
        (Bad("signature"), 2000000, "invalid_signature"),
        (Bad("malformed"), 2000001, "invalid_token"),
        (Good(), 2000008, "invalid_grant"),
        (Good(upn=ANN, scopes=frozenset({"Mail.Read"})), 2000008, "invalid_grant"),
        (
            Good(upn="nobody@lab.example", scopes=frozenset({"EWS.AccessAsUser.All"})),
            2000005,
            "invalid_user",
        ),
    ],
)
def test_a_token_that_is_not_good_is_answered_with_the_reason(
    face: ExchangeFace, judge: Judge, token: Good | Bad, number: int, category: str
) -> None:
    judge.tokens["t"] = token
    response = _bearer(face, "t", acting_as=ANN)
    headers = dict(response.headers)
    assert response.status == 401
    assert headers["x-ms-diagnostics"].startswith(f'{number};reason="')
    assert headers["x-ms-diagnostics"].endswith(f'error_category="{category}"')
    assert 'error="invalid_token"' in headers["WWW-Authenticate"]


def test_the_challenge_names_the_authority(face: ExchangeFace, judge: Judge) -> None:
    challenge = dict(_bearer(face, None).headers)["WWW-Authenticate"]
    assert challenge.startswith('Bearer client_id="00000002-0000-0ff1-ce00-000000000000"')
    assert f'authorization_uri="{AUTHORITY}/common/oauth2/authorize"' in challenge
    assert "error=" not in challenge


def test_a_policy_is_told_as_claims_that_the_next_token_must_satisfy(
    face: ExchangeFace, judge: Judge
) -> None:
    claims = json.dumps({"access_token": {"nbf": {"essential": True, "value": "1"}}})
    judge.tokens["t"] = Bad("revoked", claims)
    challenge = dict(_bearer(face, "t").headers)["WWW-Authenticate"]
    assert 'error="insufficient_claims"' in challenge
    encoded = challenge.partition('claims="')[2].partition('"')[0]
    assert base64.b64decode(encoded).decode() == claims


def test_a_password_is_not_taken_where_only_tokens_are(face: ExchangeFace, judge: Judge) -> None:
    request = Request(
        method="POST", path=PATH, headers={"authorization": basic(ANN, "ann's")}, body=QUESTION
    )
    assert face.answer(request).status == 401
    assert judge.audiences == []


def _allowing(face: ExchangeFace, estate: Estate, allowed: Allowance) -> None:
    good = Good(roles=frozenset({"full_access_as_app"}))
    person = Good(upn=ANN, scopes=frozenset({"EWS.AccessAsUser.All"}))
    scheme = BearerScheme(
        estate,
        Judge({"app": good, "ann": person}),
        audience="https://outlook.lab.example",
        authority=AUTHORITY,
        allowance=lambda _: allowed,
    )
    face.door.add(scheme)
    face.quirks = Quirks(sign_in_schemes=("Bearer",))


def test_an_application_confined_to_some_mailboxes_opens_no_other(
    face: ExchangeFace, estate: Estate
) -> None:
    _allowing(face, estate, Allowance(mailboxes=frozenset({ANN})))
    assert _bearer(face, "app", acting_as=ANN.upper()).status == 200
    assert _bearer(face, "app", acting_as="ben@lab.example").status == 403
    assert _bearer(face, "app", acting_as="nobody@lab.example").status == 403


def test_an_application_that_may_act_as_nobody_holds_no_permission(
    face: ExchangeFace, estate: Estate
) -> None:
    _allowing(face, estate, Allowance(is_permitted=False))
    refused = dict(_bearer(face, "app", acting_as=ANN).headers)
    assert refused["x-ms-diagnostics"].startswith("2000008;")


def test_where_ews_is_switched_off_nobody_is_let_in_and_nothing_is_said(
    face: ExchangeFace, estate: Estate
) -> None:
    _allowing(face, estate, Allowance(is_open=False))
    for token, acting_as in (("app", ANN), ("ann", None)):
        answer = _bearer(face, token, acting_as=acting_as)
        assert (answer.status, bytes(answer.body)) == (403, b"")  # type: ignore[arg-type]


def test_requests_are_counted_by_who_signed_in(face: ExchangeFace, judge: Judge) -> None:
    judge.tokens["t"] = Good(roles=frozenset({"full_access_as_app"}))
    _bearer(face, "t", acting_as=ANN)
    assert list(face.requests_by.values()) == [1]
    assert next(iter(face.requests_by))[1] == "SyncFolderHierarchy"
