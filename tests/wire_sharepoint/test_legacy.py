"""User name and password through the token service to cookies, and the plain words where not."""

from __future__ import annotations

import pytest

from strongroom.errors import AccessDenied, OperatorError, TransientError
from strongroom.lab.entra.words import User
from strongroom.lab.https import Request, Response
from strongroom.lab.server import LabServer
from strongroom.lab.sharepoint import Farm
from strongroom.wire.http import HttpsClient
from strongroom.wire.origins import ForbiddenOrigin, Origins
from strongroom.wire.sharepoint import (
    APP_PASSWORD_WARNING,
    LegacyRetired,
    legacy_sign_in,
)
from strongroom.wire.sign_in import RenewableSignIn
from tests.wire_sharepoint.conftest import ANN, APP_PASSWORD, PASSWORD, LegacyFor
from tests.wire_sharepoint.looking import look, look_closely


def test_a_password_becomes_cookies_that_open_the_site(
    legacy: LegacyFor, ann: User, http: HttpsClient, origins: Origins, server: LabServer
) -> None:
    sign_in = legacy(PASSWORD)
    assert isinstance(sign_in, RenewableSignIn)
    web, facts = look_closely(server, sign_in, "/sites/marketing")
    assert (web.title, facts.health) == ("Marketing", 0)
    assert facts.version.startswith("16.0.0.2")
    assert set(sign_in.headers()) == {"Cookie"}
    assert [part.partition("=")[0] for part in sign_in.headers()["Cookie"].split("; ")] == [
        "FedAuth",
        "rtFa",
    ]


def test_one_sign_in_serves_all_requests(
    legacy: LegacyFor, ann: User, heard: list[Request]
) -> None:
    sign_in = legacy(PASSWORD)
    assert heard == []
    assert sign_in.headers() == sign_in.headers()
    assert [request.path.partition("?")[0] for request in heard] == [
        "/GetUserRealm.srf",
        "/extSTS.srf",
        "/_forms/default.aspx",
    ]


def test_an_ended_cookie_is_replaced_in_the_middle_of_work(
    legacy: LegacyFor,
    ann: User,
    http: HttpsClient,
    origins: Origins,
    server: LabServer,
    farm: Farm,
) -> None:
    sign_in = legacy(PASSWORD)
    first = sign_in.headers()
    farm.end_cookies()
    assert look(server, sign_in).title == "Home"
    assert sign_in.headers() != first


def test_the_ordinary_password_of_an_account_with_mfa_is_refused_with_the_reason(
    legacy: LegacyFor, ann: User
) -> None:
    ann.second_factor = "code"
    with pytest.raises(AccessDenied) as caught:
        legacy(PASSWORD).headers()
    assert "AADSTS50076" in caught.value.what
    assert "second factor (MFA)" in caught.value.why
    assert "certificate" in caught.value.hint


def test_an_app_password_passes_and_carries_a_warning(legacy: LegacyFor, ann: User) -> None:
    ann.second_factor = "code"
    ann.app_passwords.append(APP_PASSWORD)
    assert "FedAuth=" in legacy(APP_PASSWORD).headers()["Cookie"]
    assert "never expires" in APP_PASSWORD_WARNING
    assert "works elsewhere" in APP_PASSWORD_WARNING


def test_a_wrong_password_is_called_wrong_and_tried_once_only(
    legacy: LegacyFor, ann: User, heard: list[Request]
) -> None:
    sign_in = legacy("wrong canary")
    for _ in range(3):
        with pytest.raises(AccessDenied, match="AADSTS50126") as caught:
            sign_in.headers()
        assert "wrong" in caught.value.why
        assert "canary" not in f"{caught.value}{caught.value.hint}{sign_in!r}"
    with pytest.raises(AccessDenied):
        sign_in.refused([])
    assert [request.path for request in heard].count("/extSTS.srf") == 1
    assert ann.wrong_passwords == 1


def test_passports_own_number_for_a_wrong_password_is_known_too(
    legacy: LegacyFor, ann: User, server: LabServer
) -> None:
    server.pages["/extsts.srf"] = lambda _: _xml(
        '<S:Envelope xmlns:S="http://www.w3.org/2003/05/soap-envelope"><S:Body><S:Fault><S:Detail>'
        '<psf:error xmlns:psf="http://schemas.microsoft.com/Passport/SoapServices/SOAPFault">'
        "<psf:value>0x80048821</psf:value><psf:internalerror><psf:code>0x80041012</psf:code>"
        "<psf:text>The entered and stored passwords do not match.</psf:text></psf:internalerror>"
        "</psf:error></S:Detail></S:Fault></S:Body></S:Envelope>"
    )
    with pytest.raises(AccessDenied, match="0x80048821") as caught:
        legacy(PASSWORD).headers()
    assert "wrong" in caught.value.why


def test_a_page_in_place_of_xml_is_said_to_be_the_end_with_its_date(
    legacy: LegacyFor, ann: User, farm: Farm
) -> None:
    farm.legacy = "retired"
    with pytest.raises(LegacyRetired) as caught:
        legacy(PASSWORD).headers()
    assert "2026-05-01" in caught.value.why
    assert "web page in place of XML" in caught.value.why
    assert "modern authentication" in caught.value.hint


def test_a_site_that_takes_no_token_any_more_is_said_to_be_the_end_too(
    legacy: LegacyFor, ann: User, farm: Farm
) -> None:
    farm.legacy = "site-retired"
    with pytest.raises(LegacyRetired) as caught:
        legacy(PASSWORD).headers()
    assert "917656" in caught.value.why
    assert "2026-05-01" in caught.value.why


def test_where_the_form_gives_no_cookie_the_older_way_does(
    legacy: LegacyFor, ann: User, server: LabServer
) -> None:
    server.pages["/_forms/"] = lambda _: Response(status=200)
    assert legacy(PASSWORD).headers()["Cookie"].startswith("SPOIDCRL=")


def test_a_busy_service_is_no_refusal_and_can_be_asked_again(
    legacy: LegacyFor, ann: User, server: LabServer
) -> None:
    sign_in = legacy(PASSWORD)
    answer = server.pages["/extsts.srf"]
    server.pages["/extsts.srf"] = lambda _: Response(status=503)
    with pytest.raises(TransientError):
        sign_in.headers()
    server.pages["/extsts.srf"] = answer
    assert "FedAuth=" in sign_in.headers()["Cookie"]


def test_a_name_of_no_organisation_is_said_to_be_nobodys(
    http: HttpsClient, origins: Origins, server: LabServer, legacy: LegacyFor, heard: list[Request]
) -> None:
    sign_in = legacy_sign_in(
        http,
        origins,
        authority=server.url,
        site=server.url,
        user="ann@nowhere.example",
        password=PASSWORD,
    )
    with pytest.raises(AccessDenied, match="No organisation"):
        sign_in.headers()
    assert len(heard) == 1


def test_a_password_that_xml_cannot_carry_is_refused_without_repeating_it(
    legacy: LegacyFor, ann: User
) -> None:
    for password in ("canary\ud800", "canary\x07"):
        with pytest.raises(OperatorError) as caught:
            legacy(password).headers()
        assert "canary" not in repr(caught.value.args)


def test_a_site_that_is_not_sealed_is_refused_before_anything_is_sent(
    http: HttpsClient, origins: Origins, server: LabServer, heard: list[Request]
) -> None:
    for authority, site in (
        (server.url, "https://other.example"),
        ("https://other.example", server.url),
        (server.url.replace("https", "http"), server.url),
    ):
        with pytest.raises(ForbiddenOrigin):
            legacy_sign_in(
                http, origins, authority=authority, site=site, user=ANN, password=PASSWORD
            )
    assert heard == []


def _xml(text: str) -> Response:
    return Response(
        headers=[("Content-Type", "application/soap+xml; charset=utf-8")], body=text.encode()
    )
