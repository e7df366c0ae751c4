"""MSAL signs people in against the lab: code with PKCE, device code, refresh, and what ends it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import jwt
import orjson
import pytest
import urllib3

from strongroom.lab.entra import well_known
from strongroom.lab.entra.directory import Directory
from strongroom.lab.entra.face import EntraFace
from strongroom.lab.entra.tenant import Tenant
from strongroom.lab.entra.verify import TokenClaims, TokenRefusal
from strongroom.lab.entra.words import Application, User
from tests.fakes.hand_clock import HandClock
from tests.lab_entra.browser import Browser

EWS = "https://outlook.office365.com/EWS.AccessAsUser.All"
REDIRECT = "http://localhost:53682"


def _by_code(public: Any, browser: Browser, user: User, directory: Directory) -> dict[str, Any]:
    flow = public.initiate_auth_code_flow([EWS], REDIRECT, response_mode="form_post")
    code = directory.factor_code(user) if user.second_factor == "code" else ""
    shown = browser.sign_in(browser.open(flow["auth_uri"]), user.upn, user.password, code)
    if not shown.sent:
        shown = browser.accept(shown)
    result: dict[str, Any] = public.acquire_token_by_auth_code_flow(flow, dict(shown.sent))
    return result


@dataclass(frozen=True, slots=True)
class SignedIn:
    public: Any
    directory: Directory
    tenant: Tenant
    user: User
    first: Mapping[str, Any]


@pytest.fixture
def signed_in(
    public: Any, browser: Browser, ann: User, directory: Directory, tenant: Tenant
) -> SignedIn:
    return SignedIn(public, directory, tenant, ann, _by_code(public, browser, ann, directory))


def test_a_code_comes_back_by_form_post_after_password_factor_and_consent(
    public: Any, browser: Browser, ann: User, directory: Directory, entra: EntraFace
) -> None:
    flow = public.initiate_auth_code_flow([EWS], REDIRECT, response_mode="form_post")
    login = browser.open(flow["auth_uri"])
    factor = browser.submit(login, login=ann.upn, passwd="ann's", go="next")
    consent = browser.submit(factor, otc=directory.factor_code(ann), go="next")
    back = browser.accept(consent)
    assert [login.title, factor.title, consent.title] == [
        "Sign in to your account",
        "Enter code",
        "Permissions requested",
    ]
    assert back.sent_to == REDIRECT
    result = public.acquire_token_by_auth_code_flow(flow, dict(back.sent))
    claims = entra.verifier.verify(result["access_token"], well_known.EXCHANGE)
    assert claims is not None
    assert (claims.upn, claims.object_id, claims.scopes) == (
        ann.upn,
        ann.id,
        frozenset({"EWS.AccessAsUser.All"}),
    )


def test_a_code_comes_back_in_the_query(
    public: Any, browser: Browser, ann: User, directory: Directory
) -> None:
    with pytest.warns(UserWarning, match="form_post"):
        flow = public.initiate_auth_code_flow([EWS], REDIRECT, response_mode="query")
    code = directory.factor_code(ann)
    back = browser.accept(browser.sign_in(browser.open(flow["auth_uri"]), ann.upn, "ann's", code))
    assert back.status == 302
    assert "access_token" in public.acquire_token_by_auth_code_flow(flow, dict(back.sent))


def test_msal_finds_what_it_was_given_in_its_cache(
    public: Any, browser: Browser, ann: User, directory: Directory, tenant: Tenant
) -> None:
    first = _by_code(public, browser, ann, directory)
    account = public.get_accounts()[0]
    asked = len(directory.deeds)
    silent = public.acquire_token_silent([EWS], account)
    assert silent["access_token"] == first["access_token"]
    assert len(directory.deeds) == asked
    assert account["home_account_id"] == f"{ann.id}.{tenant.id}"


def test_the_tokens_are_proved_by_the_published_keys(
    public: Any,
    browser: Browser,
    ann: User,
    directory: Directory,
    entra: EntraFace,
    tenant: Tenant,
    pool: urllib3.PoolManager,
) -> None:
    result = _by_code(public, browser, ann, directory)
    home = entra.authority(tenant)
    about = pool.request("GET", f"{home}/v2.0/.well-known/openid-configuration").json()
    keys = pool.request("GET", about["jwks_uri"]).json()
    key = jwt.PyJWK(keys["keys"][0])
    claims = jwt.decode(
        result["access_token"],
        key,
        algorithms=["RS256"],
        audience="https://outlook.office365.com",
        options={"verify_iat": False, "verify_nbf": False},
    )
    assert claims["iss"] == f"https://sts.windows.net/{tenant.id}/"
    assert about["issuer"] == f"{home}/v2.0"


def test_a_refresh_brings_a_new_refresh_token_and_another_resource(
    public: Any, browser: Browser, ann: User, directory: Directory, tenant: Tenant, app: Application
) -> None:
    first = _by_code(public, browser, ann, directory)
    principal = tenant.principal(app.app_id)
    assert principal is not None
    tenant.consent(principal, well_known.GRAPH, ["User.Read"], user=ann)
    second = public.acquire_token_by_refresh_token(
        first["refresh_token"], ["https://graph.microsoft.com/User.Read"]
    )
    assert second["refresh_token"] != first["refresh_token"]
    assert "https://graph.microsoft.com/User.Read" in second["scope"]
    again = public.acquire_token_by_refresh_token(first["refresh_token"], [EWS])
    assert "access_token" in again


CHANGES: Mapping[str, Callable[[Tenant, User, HandClock], object]] = {
    "sessions": lambda tenant, user, _: tenant.revoke_sessions(user),
    "password": lambda tenant, user, _: tenant.set_password(user, "another"),
    "consent": lambda tenant, *_: tenant.scope_grants.clear(),
    "blocked": lambda tenant, user, _: tenant.block(user=user),
    "disabled": lambda _, user, __: setattr(user, "is_enabled", False),
    "old": lambda *all_: all_[-1].move(days=91),
}


@pytest.mark.parametrize(
    ("what", "code", "suberror"),
    [
        ("sessions", 50173, "bad_token"),
        ("password", 50173, "bad_token"),
        ("consent", 65001, "consent_required"),
        ("blocked", 53003, "message_only"),
        ("disabled", 50057, None),
        ("old", 700082, None),
    ],
)
def test_a_refresh_is_refused_with_the_reason(
    what: str, code: int, suberror: str | None, signed_in: SignedIn, clock: HandClock
) -> None:
    public, directory = signed_in.public, signed_in.directory
    clock.move(minutes=10)
    CHANGES[what](signed_in.tenant, signed_in.user, clock)
    refused = public.acquire_token_by_refresh_token(signed_in.first["refresh_token"], [EWS])
    assert refused["error"] == "invalid_grant"
    assert refused["error_codes"] == [code]
    assert refused["error_description"].startswith(f"AADSTS{code}: ")
    assert refused.get("suberror") == suberror
    assert directory.deeds[-1].refusal == str(code)


def test_a_second_factor_that_became_needed_is_asked_for_at_the_next_refresh(
    public: Any, browser: Browser, ann: User, directory: Directory
) -> None:
    ann.second_factor = "none"
    first = _by_code(public, browser, ann, directory)
    ann.second_factor = "code"
    refused = public.acquire_token_by_refresh_token(first["refresh_token"], [EWS])
    assert refused["error_codes"] == [50076]
    assert "access_token" in orjson.loads(refused["claims"])


def test_a_device_code_waits_slows_down_and_is_approved_with_a_second_factor(
    public: Any, browser: Browser, ann: User, directory: Directory, clock: HandClock
) -> None:
    flow = public.initiate_device_flow([EWS])

    def ask() -> Mapping[str, Any]:
        flow["expires_at"] = 0  # ask once, wait for nothing
        flow.pop("latest_attempt_at", None)  # MSAL would warn that this is too soon, as it is
        result: Mapping[str, Any] = public.acquire_token_by_device_flow(flow)
        return result

    assert ask()["error"] == "authorization_pending"
    assert ask()["error"] == "slow_down"
    page = browser.open(flow["verification_uri"])
    sure = browser.submit(page, otc=flow["user_code"], go="next")
    assert "Keeper" in sure.title
    login = browser.submit(sure, go="next")
    code = directory.factor_code(ann)
    done = browser.accept(browser.sign_in(login, ann.upn, "ann's", code))
    assert done.title == "You have signed in"
    clock.move(seconds=10)
    assert "access_token" in ask()


@pytest.mark.parametrize(
    ("what", "error"), [("declined", "authorization_declined"), ("late", "expired_token")]
)
def test_a_device_code_ends_when_it_is_declined_or_late(
    what: str, error: str, public: Any, browser: Browser, clock: HandClock, ann: User
) -> None:
    flow = public.initiate_device_flow([EWS])
    if what == "late":
        clock.move(minutes=16)
    else:
        page = browser.open(flow["verification_uri"])
        sure = browser.submit(page, otc=flow["user_code"], go="next")
        browser.submit(sure, go="cancel")
    flow["expires_at"] = 0
    assert public.acquire_token_by_device_flow(flow)["error"] == error


def test_a_policy_against_device_code_blocks_it_and_not_the_browser(
    public: Any, browser: Browser, ann: User, directory: Directory, tenant: Tenant
) -> None:
    tenant.block(flow="device_code")
    flow = public.initiate_device_flow([EWS])
    page = browser.open(flow["verification_uri"])
    login = browser.submit(browser.submit(page, otc=flow["user_code"], go="next"), go="next")
    shown = browser.sign_in(login, ann.upn, "ann's", directory.factor_code(ann))
    assert "AADSTS53003" in shown.error
    assert "access_token" in _by_code(public, browser, ann, directory)


def test_only_a_client_that_understands_is_challenged_when_sessions_are_revoked(
    public: Any,
    browser: Browser,
    ann: User,
    directory: Directory,
    tenant: Tenant,
    entra: EntraFace,
    clock: HandClock,
) -> None:
    first = _by_code(public, browser, ann, directory)
    wants = orjson.dumps({"access_token": {"xms_cc": {"values": ["CP1"]}}}).decode()
    aware = public.acquire_token_by_refresh_token(
        first["refresh_token"], [EWS], data={"claims": wants}
    )
    clock.move(minutes=5)
    tenant.revoke_sessions(ann)
    assert entra.verifier.verify(first["access_token"], well_known.EXCHANGE) is not None
    refusal = entra.verifier.judge(aware["access_token"], well_known.EXCHANGE)
    assert isinstance(refusal, TokenRefusal)
    assert 'error="insufficient_claims"' in refusal.challenge(entra.url)
    assert "nbf" in orjson.loads(refusal.claims)["access_token"]


def test_a_claims_challenge_is_met_by_a_token_with_the_context(
    public: Any,
    browser: Browser,
    ann: User,
    directory: Directory,
    tenant: Tenant,
    entra: EntraFace,
) -> None:
    first = _by_code(public, browser, ann, directory)
    tenant.contexts[well_known.EXCHANGE] = "c1"
    refusal = entra.verifier.judge(first["access_token"], well_known.EXCHANGE)
    assert isinstance(refusal, TokenRefusal)
    better = public.acquire_token_silent(
        [EWS], public.get_accounts()[0], claims_challenge=refusal.claims
    )
    judged = entra.verifier.judge(better["access_token"], well_known.EXCHANGE)
    assert isinstance(judged, TokenClaims)
