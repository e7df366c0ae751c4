"""The old sign-in's own answers, also those since it was taken out of service."""

from __future__ import annotations

import pytest
from lxml import etree

from strongroom.lab.entra.words import User
from strongroom.lab.sharepoint import Farm
from tests.lab_sharepoint.conftest import ANN, APP_PASSWORD, PASSWORD, Ask

_SECURITY = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
_FORM = "/_forms/default.aspx?wa=wsignin1.0"


def _request(user: str, password: str) -> str:
    root = etree.Element("Envelope")
    for name, text in (("Username", user), ("Password", password)):
        etree.SubElement(root, f"{{{_SECURITY}}}{name}").text = text
    return etree.tostring(root).decode()


def _texts(body: bytes, name: str) -> list[str]:
    return [node.text or "" for node in etree.fromstring(body).iter(f"{{*}}{name}")]


def _token(ask: Ask) -> str:
    body = ask("POST", "/extSTS.srf", _request(ANN, PASSWORD)).body
    return _texts(body, "BinarySecurityToken")[0]


@pytest.mark.parametrize(
    ("user", "kind"),
    [(ANN, "Managed"), ("x@else.example", "Federated"), ("x@no.example", "Unknown")],
)
def test_the_realm_says_where_somebody_signs_in(
    ask: Ask, ann: User, farm: Farm, user: str, kind: str
) -> None:
    farm.federated["else.example"] = "https://sts.else.example/?a=1&b=2"
    body = ask("POST", "/GetUserRealm.srf", f"login={user.replace('@', '%40')}&xml=1").body
    assert _texts(body, "NameSpaceType") == [kind]
    told = ["https://sts.else.example/?a=1&b=2"] if kind == "Federated" else []
    assert _texts(body, "STSAuthURL") == told


def test_a_right_password_gives_a_token_with_its_end(ask: Ask, ann: User) -> None:
    body = ask("POST", "/extSTS.srf", _request(ANN, PASSWORD)).body
    assert _texts(body, "BinarySecurityToken")[0].startswith("t=")
    assert _texts(body, "Expires") == ["2026-03-06T10:15:00Z"]


def test_a_second_factor_is_asked_for_by_number_and_an_app_password_passes(
    ask: Ask, ann: User
) -> None:
    ann.second_factor = "code"
    ann.app_passwords.append(APP_PASSWORD)
    refused = ask("POST", "/extSTS.srf", _request(ANN, PASSWORD)).body
    assert _texts(refused, "text")[0].startswith("AADSTS50076:")
    passed = ask("POST", "/extSTS.srf", _request(ANN, APP_PASSWORD)).body
    assert _texts(passed, "BinarySecurityToken")


def test_a_wrong_password_has_passports_own_number(ask: Ask, ann: User) -> None:
    body = ask("POST", "/extSTS.srf", _request(ANN, "wrong")).body
    assert _texts(body, "value") == ["0x80048821"]
    assert ask("POST", "/extSTS.srf", "no xml").status == 200


def test_a_token_becomes_cookies_once_it_is_brought_to_the_site(ask: Ask, ann: User) -> None:
    answer = ask("POST", _FORM, _token(ask))
    assert answer.status == 302
    names = [line.partition("=")[0] for line in answer.header_values["set-cookie"]]
    assert names == ["rtFa", "FedAuth"]
    assert "set-cookie" not in ask("POST", _FORM, "t=invented&p=").headers


def test_retired_means_a_page_no_cookie_and_error_917656(ask: Ask, ann: User, farm: Farm) -> None:
    header = {"Authorization": f"BPOSIDCRL {_token(ask)}", "X-IDCRL_ACCEPTED": "t"}
    assert "set-cookie" in ask("GET", "/_vti_bin/idcrl.svc/", headers=header).headers
    token = _token(ask)
    farm.legacy = "retired"
    page = ask("POST", "/extSTS.srf", _request(ANN, PASSWORD))
    assert page.headers["content-type"].startswith("text/html")
    with pytest.raises(etree.XMLSyntaxError):
        etree.fromstring(page.body)
    assert "set-cookie" not in ask("POST", _FORM, token).headers
    blocked = ask("GET", "/_vti_bin/idcrl.svc/", headers=header)
    assert blocked.status == 401
    assert blocked.headers["x-msdavext_error"].startswith("917656; Access+denied.")
