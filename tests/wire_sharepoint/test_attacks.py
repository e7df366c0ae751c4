"""Answers that want the password elsewhere, or our memory: nothing leaves, the error is clear."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from strongroom.errors import AccessDenied, OperatorError
from strongroom.lab.entra.words import User
from strongroom.lab.https import Request, Response
from strongroom.lab.server import LabServer
from strongroom.lab.sharepoint import Farm
from strongroom.wire.http import HttpsClient
from strongroom.wire.origins import ForbiddenOrigin, Origins
from strongroom.wire.sharepoint import forms_sign_in
from tests.wire_autodiscover.internet import bytes_of, writings
from tests.wire_sharepoint.conftest import ANN, PASSWORD, LegacyFor, Stranger
from tests.wire_sharepoint.looking import look

BOMB = (
    '<?xml version="1.0"?><!DOCTYPE RealmInfo [<!ENTITY a "aaaaaaaaaa">'
    + "".join(
        f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    )
    + "]><RealmInfo><NameSpaceType>&i;</NameSpaceType></RealmInfo>"
)
EXTERNAL = (
    '<!DOCTYPE RealmInfo [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
    "<RealmInfo><NameSpaceType>&a;</NameSpaceType></RealmInfo>"
)
DEEP = "<a>" * 5000 + "</a>" * 5000
LONG = f"<RealmInfo><NameSpaceType>{'Managed' * 1000}</NameSpaceType></RealmInfo>"


def _realm(kind: str, sts_url: str) -> Response:
    return _xml(
        f"<RealmInfo><NameSpaceType>{kind}</NameSpaceType>"
        f"<STSAuthURL>{sts_url}</STSAuthURL></RealmInfo>"
    )


def _xml(text: str) -> Response:
    return Response(headers=[("Content-Type", "text/xml")], body=text.encode())


def _sending_to(where: str, status: int) -> Callable[[Request], Response]:
    return lambda _: Response(status=status, headers=[("Location", where)])


def _told_password(requests: list[Request]) -> list[str]:
    found = []
    for request in requests:
        forms = [*writings(PASSWORD), PASSWORD.replace("&", "&amp;").encode()]
        if any(form in bytes_of(request) for form in forms):
            found.append(request.path)
    return found


@pytest.mark.parametrize("scheme", ["https", "http"])
def test_a_federated_user_of_another_origin_sends_the_password_nowhere(
    legacy: LegacyFor, server: LabServer, stranger: Stranger, heard: list[Request], scheme: str
) -> None:
    elsewhere = f"{stranger.url.replace('https', scheme)}/adfs/services/trust/2005/usernamemixed"
    server.pages["/getuserrealm.srf"] = lambda _: _realm("Federated", elsewhere)
    with pytest.raises(ForbiddenOrigin) as caught:
        legacy(PASSWORD).headers()
    assert "federated" in caught.value.why
    assert "sent nowhere" in caught.value.why
    assert stranger.heard == []
    assert _told_password(heard) == []


def test_a_federated_user_gives_no_other_sealed_origin_the_password_of_their_organisation(
    legacy: LegacyFor, farm: Farm, ann: User, server: LabServer, heard: list[Request]
) -> None:
    farm.federated["lab.example"] = f"{server.url}/adfs/services/trust/2005/usernamemixed"
    with pytest.raises(ForbiddenOrigin) as caught:
        legacy(PASSWORD).headers()
    assert "--sign-in-server" in caught.value.hint
    assert _told_password(heard) == []


def test_a_managed_user_signs_in_at_the_sealed_authority_whatever_the_realm_names(
    legacy: LegacyFor, ann: User, server: LabServer, stranger: Stranger, heard: list[Request]
) -> None:
    server.pages["/getuserrealm.srf"] = lambda _: _realm("Managed", f"{stranger.url}/extSTS.srf")
    assert "FedAuth=" in legacy(PASSWORD).headers()["Cookie"]
    assert stranger.heard == []
    # So that the others in this file can fail: here is where the password does go.
    assert _told_password(heard) == ["/extSTS.srf"]


@pytest.mark.parametrize("body", [BOMB, EXTERNAL, DEEP, LONG, "", "{}", "\0"])
def test_a_realm_that_is_none_is_refused_before_the_password_is_sent(
    legacy: LegacyFor, server: LabServer, heard: list[Request], body: str
) -> None:
    server.pages["/getuserrealm.srf"] = lambda _: _xml(body)
    with pytest.raises(OperatorError) as caught:
        legacy(PASSWORD).headers()
    assert "not what SharePoint says" in caught.value.what
    assert "root:" not in str(caught.value)
    assert heard == []


@pytest.mark.parametrize("place", ["/getuserrealm.srf", "/extsts.srf"])
@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_of_the_sign_in_is_not_followed(
    legacy: LegacyFor, ann: User, server: LabServer, stranger: Stranger, place: str, status: int
) -> None:
    sign_in = legacy(PASSWORD)
    for where, expected in ((f"{stranger.url}/extSTS.srf", ForbiddenOrigin), ("/x", OperatorError)):
        server.pages[place] = _sending_to(where, status)
        with pytest.raises(expected):
            sign_in.headers()
    assert stranger.heard == []


def test_where_the_site_redirects_with_the_cookies_is_never_visited(
    legacy: LegacyFor, ann: User, server: LabServer, stranger: Stranger
) -> None:
    server.pages["/_forms/"] = lambda _: Response(
        status=302,
        headers=[("Location", stranger.url), ("Set-Cookie", "FedAuth=abc; domain=evil.example")],
    )
    assert legacy(PASSWORD).headers() == {"Cookie": "FedAuth=abc"}
    assert stranger.heard == []


@pytest.mark.parametrize("value", ["", "a b", 'a"b', "a\\b", "ä", "x" * 20_000])
def test_what_no_cookie_can_hold_is_not_taken_for_one(
    legacy: LegacyFor, ann: User, server: LabServer, value: str
) -> None:
    server.pages["/_forms/"] = lambda _: Response(
        headers=[("Set-Cookie", f"rtFa=good; {value}"), ("Set-Cookie", f"FedAuth={value}")]
    )
    assert legacy(PASSWORD).headers()["Cookie"].startswith("SPOIDCRL=")


@pytest.mark.parametrize("body", [BOMB, DEEP, "<Envelope/>", "<Envelope><Body/></Envelope>"])
def test_an_answer_of_the_token_service_that_is_none_is_not_repeated(
    legacy: LegacyFor, ann: User, server: LabServer, body: str
) -> None:
    server.pages["/extsts.srf"] = lambda _: _xml(body)
    with pytest.raises(OperatorError, match="not what SharePoint says"):
        legacy(PASSWORD).headers()


def test_a_reason_that_echoes_the_password_is_told_by_its_number_only(
    legacy: LegacyFor, ann: User, server: LabServer
) -> None:
    server.pages["/extsts.srf"] = lambda _: _xml(
        "<E><Body><Fault><Detail><error><value>ann's own</value><internalerror>"
        "<text>AADSTS90099: ann's own and more</text></internalerror></error></Detail></Fault>"
        "</Body></E>"
    )
    with pytest.raises(AccessDenied, match="AADSTS90099") as caught:
        legacy(PASSWORD).headers()
    assert "own" not in f"{caught.value}{caught.value.hint}"


def test_forms_sign_in_follows_no_redirect_and_takes_no_strange_cookie_name(
    http: HttpsClient, origins: Origins, server: LabServer, stranger: Stranger
) -> None:
    def sign_in() -> None:
        made = forms_sign_in(http, origins, site=server.url, user=ANN, password=PASSWORD)
        made.headers()

    server.pages["/_vti_bin/"] = lambda _: Response(
        status=307, headers=[("Location", f"{stranger.url}/_vti_bin/authentication.asmx")]
    )
    with pytest.raises(ForbiddenOrigin):
        sign_in()
    server.pages["/_vti_bin/"] = lambda _: Response(
        headers=[("Set-Cookie", "FedAuth=abc")],
        body=b"<E><Body><LoginResponse><LoginResult><CookieName>a; b</CookieName>"
        b"<ErrorCode>NoError</ErrorCode></LoginResult></LoginResponse></Body></E>",
    )
    with pytest.raises(OperatorError, match="not what SharePoint says"):
        sign_in()
    assert stranger.heard == []


def test_a_site_that_sends_us_elsewhere_gets_no_cookies_there(
    legacy: LegacyFor,
    ann: User,
    http: HttpsClient,
    origins: Origins,
    server: LabServer,
    stranger: Stranger,
) -> None:
    sign_in = legacy(PASSWORD)
    server.pages["/_api/"] = lambda _: Response(
        status=302, headers=[("Location", f"{stranger.url}/_api/web")]
    )
    with pytest.raises(OperatorError, match="sends us elsewhere"):
        look(server, sign_in)
    assert stranger.heard == []
