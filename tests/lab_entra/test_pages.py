"""What a browser meets: refusals on the page, consent, the way back, and hostile input."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest

from strongroom.lab.entra import well_known
from strongroom.lab.entra.directory import Directory
from strongroom.lab.entra.face import EntraFace
from strongroom.lab.entra.tenant import Tenant
from strongroom.lab.entra.words import Application, User
from tests.lab_entra.browser import Browser
from tests.lab_entra.conftest import Token

EWS = "https://outlook.office365.com/EWS.AccessAsUser.All"
REGISTER = "https://graph.microsoft.com/Application.ReadWrite.All"


def _link(entra: EntraFace, app_id: str, at: str, **changes: str) -> str:
    asked = {
        "client_id": app_id,
        "response_type": "code",
        "redirect_uri": "http://localhost:5000",
        "scope": f"{EWS} openid",
        "state": "s",
        **changes,
    }
    return f"{entra.url}/{at}/oauth2/v2.0/authorize?{urlencode(asked)}"


def test_a_wrong_password_is_said_on_the_page_and_locks_in_the_end(
    browser: Browser, entra: EntraFace, app: Application, tenant: Tenant, ann: User
) -> None:
    page = browser.open(_link(entra, app.app_id, tenant.id))
    for _ in range(10):
        page = browser.sign_in(page, ann.upn, "wrong")
        assert "AADSTS50126" in page.error
    page = browser.sign_in(page, ann.upn, ann.password)
    assert "AADSTS50053" in page.error


def test_a_wrong_second_factor_is_asked_for_again(
    browser: Browser, entra: EntraFace, app: Application, tenant: Tenant, ann: User
) -> None:
    page = browser.open(_link(entra, app.app_id, tenant.id))
    page = browser.sign_in(page, ann.upn, ann.password, "not the code")
    assert "AADSTS500121" in page.error
    assert "otc" in page.fields


@pytest.mark.parametrize(("second_factor", "number"), [("not-enrolled", 50079), ("none", 53003)])
def test_what_stops_a_sign_in_is_said_and_told_to_the_application_on_the_way_back(
    second_factor: Any,
    number: int,
    browser: Browser,
    entra: EntraFace,
    app: Application,
    tenant: Tenant,
) -> None:
    user = tenant.add_user("x@lab.example", "X", password="x", second_factor=second_factor)
    tenant.block(app_id=app.app_id)
    page = browser.open(_link(entra, app.app_id, tenant.id))
    page = browser.sign_in(page, user.upn, "x")
    assert f"AADSTS{number}" in page.error
    back = browser.submit(page, go="cancel")
    assert back.sent["error"] == "access_denied"
    assert f"AADSTS{number}" in back.sent["error_description"]
    assert back.sent["state"] == "s"


def test_declining_consent_goes_back_without_a_code(
    browser: Browser, entra: EntraFace, app: Application, tenant: Tenant
) -> None:
    user = tenant.add_user("x@lab.example", "X", password="x")
    page = browser.sign_in(browser.open(_link(entra, app.app_id, tenant.id)), user.upn, "x")
    back = browser.submit(page, go="cancel")
    assert back.sent["error"] == "access_denied"
    assert "AADSTS65004" in back.sent["error_description"]
    assert "code" not in back.sent


def test_only_an_administrator_consents_to_registering_and_then_for_everyone(
    browser: Browser, entra: EntraFace, tenant: Tenant, admin: User, directory: Directory
) -> None:
    user = tenant.add_user("x@lab.example", "X", password="x")
    link = _link(entra, well_known.GRAPH_COMMAND_LINE, "organizations", scope=REGISTER)
    page = browser.sign_in(browser.open(link), user.upn, "x")
    assert "AADSTS90094" in page.error
    code = directory.factor_code(admin)
    page = browser.sign_in(browser.open(link), admin.upn, admin.password, code)
    back = browser.accept(page, for_all="yes")
    assert "code" in back.sent
    held = tenant.consented(well_known.GRAPH_COMMAND_LINE, well_known.GRAPH, user)
    assert held == {"Application.ReadWrite.All"}


def test_a_tenant_that_disabled_the_bootstrap_application_refuses_it(
    browser: Browser, entra: EntraFace, tenant: Tenant, admin: User
) -> None:
    app_id = well_known.GRAPH_COMMAND_LINE
    tenant.add_principal(app_id, "Microsoft Graph Command Line Tools").is_enabled = False
    page = browser.open(_link(entra, app_id, tenant.id, scope=REGISTER))
    assert (page.status, "AADSTS7000112" in page.error) == (400, True)


def test_admin_consent_grants_what_the_application_asks_for(
    browser: Browser, entra: EntraFace, app: Application, tenant: Tenant, admin: User
) -> None:
    full = well_known.RESOURCES[well_known.EXCHANGE].role("full_access_as_app")
    assert full is not None
    app.asks_for = {well_known.EXCHANGE: [full.id]}
    asked = {"client_id": app.app_id, "redirect_uri": "http://localhost:1", "state": "s"}
    link = f"{entra.url}/{tenant.id}/v2.0/adminconsent?{urlencode(asked)}"
    code = entra.directory.factor_code(admin)
    page = browser.sign_in(browser.open(link), admin.upn, admin.password, code)
    refused = browser.submit(browser.open(link), go="cancel")
    assert refused.sent["error"] == "permission_denied"
    assert tenant.role_assignments == {}
    back = browser.accept(page)
    assert back.sent == {"tenant": tenant.id, "admin_consent": "True", "state": "s"}
    assert [one.role_id for one in tenant.role_assignments.values()] == [full.id]


@pytest.mark.parametrize(
    "redirect",
    [
        "https://attacker.example/",
        "http://localhost.attacker.example/",
        "http://localhost@attacker.example/",
        "http://somebody@localhost:5000",
        "javascript:alert(1)",
        "https://localhost:5000",
        "",
    ],
)
def test_nobody_is_sent_to_an_address_that_is_not_registered(
    redirect: str, browser: Browser, entra: EntraFace, app: Application, tenant: Tenant
) -> None:
    page = browser.open(_link(entra, app.app_id, tenant.id, redirect_uri=redirect))
    assert page.status == 400
    assert page.sent_to == ""
    assert "AADSTS50011" in page.error


HOSTILE = "\"'><script>alert(1)</script><img src=x onerror=alert(2)>{app}"


@pytest.mark.parametrize("mode", ["query", "form_post"])
def test_hostile_input_stays_text(
    mode: str, browser: Browser, entra: EntraFace, tenant: Tenant
) -> None:
    evil = tenant.add_application(HOSTILE, redirects=["http://localhost"], is_public=True)
    changes = {"state": HOSTILE, "login_hint": HOSTILE, "response_mode": mode}
    page = browser.open(_link(entra, evil.app_id, tenant.id, **changes))
    wrong = browser.sign_in(page, HOSTILE, HOSTILE)
    wrong_redirect = browser.open(_link(entra, evil.app_id, tenant.id, redirect_uri=HOSTILE))
    back = browser.submit(page, go="cancel")
    for shown in (page, wrong, wrong_redirect, back):
        assert "<script>alert" not in shown.text
        assert "<img" not in shown.text
    assert back.sent["state"] == HOSTILE


@pytest.mark.parametrize(
    ("form", "number"),
    [
        ({}, 90014),
        ({"grant_type": "invented"}, 70003),
        ({"grant_type": "password", "username": "ann@lab.example", "password": "no"}, 50126),
        ({"grant_type": "password", "username": "no@lab.example", "password": "no"}, 50034),
        ({"grant_type": "password", "username": "ann@lab.example", "password": "ann's"}, 50076),
        ({"grant_type": "authorization_code", "code": "invented"}, 70000),
        ({"grant_type": "refresh_token", "refresh_token": "invented"}, 70000),
        ({"grant_type": "client_credentials", "client_secret": "no"}, 7000215),
        ({"grant_type": "client_credentials"}, 7000216),
        ({"claims": "[]", "grant_type": "client_credentials", "client_secret": "good"}, 90023),
        ({"scope": "", "grant_type": "client_credentials", "client_secret": "good"}, 90014),
    ],
)
def test_the_token_endpoint_refuses_by_number(
    form: dict[str, str], number: int, token: Token, app: Application, ann: User, tenant: Tenant
) -> None:
    tenant.add_secret(app, "good")
    asked = {"client_id": app.app_id, "scope": "https://outlook.office365.com/.default", **form}
    answer = token(**asked)
    assert answer["error_codes"] == [number]
    assert answer["error_description"].startswith(f"AADSTS{number}: ")
    assert {"timestamp", "trace_id", "correlation_id", "error_uri"} <= set(answer)


@pytest.mark.parametrize(
    ("scope", "number"),
    [
        (f"{EWS} https://graph.microsoft.com/User.Read", 28000),
        ("https://unknown.example/.default", 500011),
        ("https://outlook.office365.com/Invented", 650053),
    ],
)
def test_a_scope_that_means_nothing_is_refused_at_once(
    scope: str, number: int, browser: Browser, entra: EntraFace, app: Application, tenant: Tenant
) -> None:
    back = browser.open(_link(entra, app.app_id, tenant.id, scope=scope))
    assert f"AADSTS{number}" in back.sent["error_description"]


def test_an_unknown_tenant_is_not_discovered(browser: Browser, entra: EntraFace) -> None:
    page = browser.open(f"{entra.url}/nobody.example/v2.0/.well-known/openid-configuration")
    assert page.status == 400
    assert "AADSTS90002: Tenant 'nobody.example' not found." in page.text


def test_a_private_client_needs_its_proof_and_a_code_is_good_once(
    browser: Browser, entra: EntraFace, tenant: Tenant, token: Token
) -> None:
    user = tenant.add_user("x@lab.example", "X", password="x")
    web = tenant.add_application("Web")
    web.web_redirects = ["https://app.lab.example/back"]
    tenant.add_secret(web, "good")
    link = _link(entra, web.app_id, tenant.id, redirect_uri=web.web_redirects[0])
    back = browser.accept(browser.sign_in(browser.open(link), user.upn, "x"))
    form = {
        "grant_type": "authorization_code",
        "client_id": web.app_id,
        "code": back.sent["code"],
        "redirect_uri": web.web_redirects[0],
    }
    assert token(**form)["error_codes"] == [7000218]
    assert token(client_secret="good", **form)["status"] == 200
    assert token(client_secret="good", **form)["error_codes"] == [54005]


def test_trouble_is_answered_once_each_with_the_time_to_wait(
    token: Token, directory: Directory, app: Application
) -> None:
    directory.troubles.extend([429, 503])
    form = {"grant_type": "client_credentials", "client_id": app.app_id}
    assert [token(**form)["status"] for _ in range(3)] == [429, 503, 401]
