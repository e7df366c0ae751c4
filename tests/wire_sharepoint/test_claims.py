"""A farm that trusts an organisation's own sign-in server: ``/_trust/``."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from strongroom.errors import AccessDenied, OperatorError
from strongroom.lab.https import Request, Response
from strongroom.lab.server import LabServer
from strongroom.lab.sharepoint import Farm, SharePointFace, SignInServer
from strongroom.wire.http import HttpsClient
from strongroom.wire.origins import ForbiddenOrigin, Origins
from strongroom.wire.sharepoint import (
    CookieSignIn,
    ask_sign_in_server,
    claims_sign_in,
)
from strongroom.wire.sharepoint.claims import SignInServer as Named
from tests.fakes.hand_clock import HandClock
from tests.wire_autodiscover.internet import bytes_of, writings
from tests.wire_sharepoint.conftest import ANN, PASSWORD, Stranger
from tests.wire_sharepoint.looking import look
from tests.wire_sharepoint.test_attacks import BOMB, DEEP, EXTERNAL

REALM = "urn:sharepoint:lab"


@pytest.fixture
def claims(
    server: LabServer, clock: HandClock, own_server: SignInServer, own_url: str
) -> Iterator[SharePointFace]:
    farm = Farm(kind="claims", clock=clock)
    farm.add_site("/sites/team", "Team")
    face = SharePointFace(farm, url=lambda: server.url, trusted=own_server)
    face.sign_in_server_url = own_url
    own_server.realms.add(REALM)
    for beginning in face.beginnings:
        server.pages[beginning] = face.answer
    yield face
    assert face.crashes == []


def _sign_in(
    http: HttpsClient, server: LabServer, own_url: str, *, realm: str = REALM, user: str = ANN
) -> CookieSignIn:
    named = Named.of(f"{own_url}/adfs/ls/?wtrealm={realm}")
    origins = Origins.of([server.url, own_url])
    return claims_sign_in(
        http, origins, site=server.url, server=named, user=user, password=PASSWORD
    )


def test_the_sign_in_servers_word_becomes_a_cookie_that_opens_a_site(
    claims: SharePointFace, http: HttpsClient, server: LabServer, own_url: str
) -> None:
    sign_in = _sign_in(http, server, own_url)
    assert look(server, sign_in, "/sites/team").title == "Team"


def test_the_farm_never_sees_the_password(
    claims: SharePointFace, http: HttpsClient, server: LabServer, own_url: str
) -> None:
    heard: list[Request] = []

    def listen(request: Request) -> Response:
        heard.append(request)
        return claims.answer(request)

    server.pages["/_trust/"] = listen
    assert "FedAuth=" in _sign_in(http, server, own_url).headers()["Cookie"]
    forms = [*writings(PASSWORD), PASSWORD.replace("&", "&amp;").encode()]
    assert len(heard) == 1
    assert not any(form in bytes_of(heard[0]) for form in forms)


def test_a_cookie_that_ended_is_replaced_without_a_person(
    claims: SharePointFace, http: HttpsClient, server: LabServer, own_url: str
) -> None:
    sign_in = _sign_in(http, server, own_url)
    look(server, sign_in)
    claims.farm.end_cookies()
    assert look(server, sign_in).title == "Home"


def test_a_farm_that_does_not_trust_the_server_is_said_to_give_no_cookie(
    claims: SharePointFace,
    own_server: SignInServer,
    http: HttpsClient,
    server: LabServer,
    own_url: str,
) -> None:
    own_server.realms.add("urn:other")
    with pytest.raises(AccessDenied, match="gave no cookie") as caught:
        _sign_in(http, server, own_url, realm="urn:other").headers()
    assert "Get-SPTrustedIdentityTokenIssuer" in caught.value.hint


def test_a_realm_that_the_server_does_not_know_is_named_as_that(
    claims: SharePointFace, http: HttpsClient, server: LabServer, own_url: str
) -> None:
    with pytest.raises(OperatorError, match="MSIS3020") as caught:
        _sign_in(http, server, own_url, realm="urn:unknown").headers()
    assert "wtrealm" in caught.value.hint


def test_a_farm_says_where_its_people_sign_in_without_that_place_being_asked(
    claims: SharePointFace, http: HttpsClient, server: LabServer, own_url: str
) -> None:
    told = ask_sign_in_server(http, site=f"{server.url}/sites/team")
    assert told == f"{own_url}/adfs/ls/?wtrealm={REALM}"
    assert Named.of(told).url == f"{own_url}/adfs/services/trust/13/usernamemixed"


@pytest.mark.parametrize(
    "where",
    [
        "http://evil.example/adfs/ls/?wtrealm=urn:a",
        "https://evil.example/adfs/ls/",
        "/_layouts/15/Authenticate.aspx",
        "",
    ],
)
def test_a_farm_that_says_nothing_useful_about_it_is_not_followed(
    claims: SharePointFace, http: HttpsClient, server: LabServer, where: str
) -> None:
    asked: list[str] = []

    def send(request: Request) -> Response:
        asked.append(request.path)
        return Response(status=302, headers=[("Location", where)])

    server.pages["/_layouts/"] = send
    assert ask_sign_in_server(http, site=server.url) == ""
    assert len(asked) <= 6


@pytest.mark.parametrize(
    "address", ["http://sts.example/adfs/ls/?wtrealm=a", "https://a@sts.example/?wtrealm=a"]
)
def test_an_address_that_a_password_may_not_go_to_is_refused(address: str) -> None:
    with pytest.raises(ForbiddenOrigin):
        Named.of(address)


def test_an_address_without_a_realm_says_where_to_find_it() -> None:
    with pytest.raises(OperatorError) as caught:
        Named.of("https://sts.example/adfs/ls/")
    assert "wtrealm" in caught.value.hint


def test_a_server_that_is_not_sealed_is_refused_before_anything_is_sent(
    claims: SharePointFace, http: HttpsClient, server: LabServer, stranger: Stranger
) -> None:
    named = Named.of(f"{stranger.url}/adfs/ls/?wtrealm=a")
    with pytest.raises(ForbiddenOrigin):
        claims_sign_in(
            http,
            Origins.of([server.url]),
            site=server.url,
            server=named,
            user=ANN,
            password=PASSWORD,
        )
    assert stranger.heard == []


@pytest.mark.parametrize(
    "body", [BOMB, EXTERNAL, DEEP, "<a/>", "", "<E><Body><Assertion/></Body></E>"]
)
def test_an_answer_of_the_sign_in_server_that_is_none_reaches_no_farm(
    http: HttpsClient, server: LabServer, body: str
) -> None:
    asked: list[str] = []

    def hear(request: Request) -> Response:
        asked.append(request.path)
        return Response()

    server.pages["/_trust/"] = hear
    server.pages["/adfs/"] = lambda _: Response(
        headers=[("Content-Type", "application/soap+xml")], body=body.encode()
    )
    with pytest.raises(OperatorError, match="not what SharePoint says") as caught:
        _sign_in(http, server, server.url).headers()
    assert "root:" not in str(caught.value)
    assert asked == []


def test_a_sign_in_server_that_sends_us_elsewhere_is_not_followed(
    http: HttpsClient, server: LabServer, stranger: Stranger
) -> None:
    for status in (301, 302, 307, 308):
        server.pages["/adfs/"] = lambda _, code=status: Response(  # type: ignore[misc]
            status=code, headers=[("Location", f"{stranger.url}/adfs/")]
        )
        with pytest.raises(ForbiddenOrigin):
            _sign_in(http, server, server.url).headers()
    assert stranger.heard == []


def test_a_reason_that_echoes_the_password_is_told_by_its_number_only(
    http: HttpsClient, server: LabServer
) -> None:
    server.pages["/adfs/"] = lambda _: Response(
        status=500,
        headers=[("Content-Type", "application/soap+xml")],
        body=b"<E><Body><Fault><Code><Value>FailedAuthentication</Value></Code><Reason><Text>"
        b"MSIS7068: ann's own and more</Text></Reason></Fault></Body></E>",
    )
    with pytest.raises(AccessDenied, match="MSIS7068") as caught:
        _sign_in(http, server, server.url).headers()
    assert "ann's own" not in f"{caught.value}{caught.value.hint}"
