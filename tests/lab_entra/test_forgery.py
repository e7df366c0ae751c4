"""What must open nothing: forged tokens; codes and refresh tokens in the hands of others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

import jwt
import orjson
import pytest

from strongroom.lab.entra import well_known
from strongroom.lab.entra.directory import Directory
from strongroom.lab.entra.face import EntraFace
from strongroom.lab.entra.jwt import encode
from strongroom.lab.entra.tenant import Tenant
from strongroom.lab.entra.words import Application, User
from tests.lab_entra.browser import Browser
from tests.lab_entra.certificates import KeyPair
from tests.lab_entra.conftest import Token

EWS = "https://outlook.office365.com/EWS.AccessAsUser.All"
REDIRECT = "http://localhost:5000"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"  # of RFC 7636, appendix B
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"


@pytest.fixture
def eve(tenant: Tenant) -> User:
    return tenant.add_user("eve@lab.example", "Eve", password="eve's")


@pytest.fixture
def code(
    browser: Browser, entra: EntraFace, tenant: Tenant, app: Application, eve: User
) -> Mapping[str, str]:
    """The form that redeems a fresh code."""
    asked = {
        "client_id": app.app_id,
        "response_type": "code",
        "redirect_uri": REDIRECT,
        "scope": f"{EWS} openid offline_access",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    }
    page = browser.open(f"{entra.url}/{tenant.id}/oauth2/v2.0/authorize?{urlencode(asked)}")
    back = browser.accept(browser.sign_in(page, eve.upn, eve.password))
    return {
        "grant_type": "authorization_code",
        "client_id": app.app_id,
        "code": back.sent["code"],
        "redirect_uri": REDIRECT,
        "code_verifier": VERIFIER,
    }


def test_a_code_is_redeemed_only_with_its_verifier_and_address(
    code: Mapping[str, str], token: Token
) -> None:
    assert token(**{**code, "code_verifier": "x" * 43})["error_codes"] == [501481]
    assert token(**{**code, "code_verifier": ""})["error_codes"] == [501481]
    assert token(**{**code, "redirect_uri": "http://localhost:6000"})["error_codes"] == [50011]
    assert token(**code)["status"] == 200


def test_another_application_or_tenant_redeems_neither_code_nor_refresh_token(
    code: Mapping[str, str], token: Token, tenant: Tenant, directory: Directory
) -> None:
    other = tenant.add_application("Other", is_public=True, redirects=["http://localhost"])
    elsewhere = directory.add_tenant("Elsewhere", "elsewhere.example")
    assert token(**{**code, "client_id": other.app_id})["error_codes"] == [70000]
    assert token(at=elsewhere.id, **code)["error_codes"] == [70000]
    refresh = {
        "grant_type": "refresh_token",
        "client_id": code["client_id"],
        "refresh_token": token(**code)["refresh_token"],
    }
    assert token(**{**refresh, "client_id": other.app_id})["error_codes"] == [70000]
    assert token(at=elsewhere.id, **refresh)["error_codes"] == [70000]
    assert token(**refresh)["status"] == 200


def test_an_id_token_opens_no_api(
    code: Mapping[str, str], token: Token, entra: EntraFace, app: Application, tenant: Tenant
) -> None:
    answer = token(**code)
    assert entra.verifier.verify(answer["access_token"], well_known.EXCHANGE) is not None
    assert entra.verifier.verify(answer["id_token"], app.app_id) is None
    # Nor would it if an application were called like an API.
    entra.directory.aliases[app.app_id] = well_known.EXCHANGE
    assert entra.verifier.verify(answer["id_token"], app.app_id) is None


Forge = Callable[[str, KeyPair], str]


def _with_claims(good: str, pair: KeyPair) -> str:
    head, _, signature = good.split(".")
    claims = {**jwt.decode(good, options={"verify_signature": False}), "upn": "ada@lab.example"}
    return f"{head}.{encode(orjson.dumps(claims))}.{signature}"


def _unsigned(good: str, pair: KeyPair) -> str:
    return f"{encode(orjson.dumps({'alg': 'none', 'typ': 'JWT'}))}.{good.split('.')[1]}."


def _other_key(good: str, pair: KeyPair) -> str:
    claims = jwt.decode(good, options={"verify_signature": False})
    return jwt.encode(claims, pair.key, algorithm="RS256", headers=jwt.get_unverified_header(good))


@pytest.mark.parametrize("forge", [_with_claims, _unsigned, _other_key])
def test_a_forged_token_opens_nothing(
    forge: Forge, code: Mapping[str, str], token: Token, entra: EntraFace, key_pair: KeyPair
) -> None:
    good: Any = token(**code)["access_token"]
    assert entra.verifier.verify(good, well_known.EXCHANGE) is not None
    assert entra.verifier.verify(forge(good, key_pair), well_known.EXCHANGE) is None


def test_a_plain_user_does_not_consent_for_everyone(
    browser: Browser, entra: EntraFace, tenant: Tenant, app: Application, eve: User
) -> None:
    right = well_known.RESOURCES[well_known.EXCHANGE].role("full_access_as_app")
    assert right is not None
    app.asks_for = {well_known.EXCHANGE: [right.id]}
    asked = urlencode({"client_id": app.app_id, "redirect_uri": REDIRECT})
    page = browser.open(f"{entra.url}/{tenant.id}/v2.0/adminconsent?{asked}")
    refused = browser.sign_in(page, eve.upn, eve.password)
    assert "AADSTS90094" in refused.error
    browser.submit(page, go="accept")
    assert tenant.role_assignments == {}


def test_an_application_that_needs_assignment_lets_nobody_in_who_has_none(
    code: Mapping[str, str], token: Token, tenant: Tenant, app: Application
) -> None:
    principal = tenant.principal(app.app_id)
    assert principal is not None
    principal.needs_assignment = True
    assert token(**code)["error_codes"] == [50105]


def test_a_step_cannot_be_skipped(
    browser: Browser, entra: EntraFace, tenant: Tenant, app: Application, ann: User
) -> None:
    asked = {
        "client_id": app.app_id,
        "response_type": "code",
        "redirect_uri": REDIRECT,
        "scope": EWS,
    }
    page = browser.open(f"{entra.url}/{tenant.id}/oauth2/v2.0/authorize?{urlencode(asked)}")
    assert browser.accept(page).sent == {}
    factor = browser.submit(page, login=ann.upn, passwd=ann.password, go="next")
    assert browser.submit(factor, otc="", go="accept").sent == {}
    assert "otc" in browser.submit(page, go="accept").fields
