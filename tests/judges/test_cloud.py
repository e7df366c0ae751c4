"""The lab's tenant as a whole, judged by MSAL and exchangelib: tokens of Entra ID open EWS."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from typing import Any

import msal
import pytest
import requests
import urllib3
from exchangelib import (
    DELEGATE,
    IMPERSONATION,
    OAUTH2,
    Account,
    Configuration,
    OAuth2AuthorizationCodeCredentials,
)
from exchangelib.errors import (
    ErrorImpersonateUserDenied,
    ErrorInvalidExchangeImpersonationHeaderData,
    TransportError,
    UnauthorizedError,
)
from oauthlib.oauth2 import OAuth2Token  # type: ignore[import-untyped]

from strongroom.lab.cloud_applications import KnownApplication
from strongroom.lab.https import ca_file
from strongroom.lab.lab import ADMINISTRATOR, Lab
from tests.judges.conftest import SERVER, Judge
from tests.lab_entra.browser import Browser

Msal = Callable[..., Any]


@pytest.fixture
def lab(judge: Judge) -> Lab:
    return judge.lab


@pytest.fixture
def http(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[requests.Session]:
    """What MSAL speaks through: variables of the environment would bring other authorities."""
    with requests.Session() as session:
        session.trust_env = False
        session.verify = str(ca_file(lab.server.authority, tmp_path_factory.mktemp("ca")))
        yield session


@pytest.fixture
def client(lab: Lab, http: requests.Session) -> Msal:
    def make(kind: Any, application: KnownApplication, **more: object) -> Any:
        return kind(
            application.client_id,
            authority=lab.cloud.entra.authority(lab.cloud.tenant),
            instance_discovery=False,
            http_client=http,
            **more,
        )

    return make


def _application(lab: Lab, name: str) -> KnownApplication:
    return next(one for one in lab.cloud.applications if one.name == name)


def _as_application(lab: Lab, client: Msal, credential: object, resource: str) -> dict[str, Any]:
    backup = _application(lab, "Strongroom backup")
    asked = client(msal.ConfidentialClientApplication, backup, client_credential=credential)
    answer: dict[str, Any] = asked.acquire_token_for_client([f"{resource}/.default"])
    assert "access_token" in answer, answer
    return answer


def _certificate(application: KnownApplication) -> dict[str, str]:
    certificate, key = application.certificate.split("-----BEGIN PRIVATE KEY-----")
    return {
        "public_certificate": certificate,
        "private_key": f"-----BEGIN PRIVATE KEY-----{key}",
    }


def _account(lab: Lab, address: str, access: str, answer: dict[str, Any]) -> Account:
    token = OAuth2Token({"access_token": answer["access_token"], "token_type": "Bearer"})
    config = Configuration(
        service_endpoint=lab.cloud.server.ews_url,
        version=SERVER,
        max_connections=1,
        credentials=OAuth2AuthorizationCodeCredentials(access_token=token),
        auth_type=OAUTH2,
    )
    return Account(address, config=config, access_type=access, autodiscover=False, locale="en")


@pytest.mark.parametrize("by", ["certificate", "secret"])
def test_an_application_opens_every_mailbox_with_a_token_of_the_tenant(
    lab: Lab, client: Msal, by: str
) -> None:
    backup = _application(lab, "Strongroom backup")
    proof = _certificate(backup) if by == "certificate" else backup.secret
    answer = _as_application(lab, client, proof, lab.cloud.url)
    for person in lab.cast.users[:2]:
        account = _account(lab, person.address, IMPERSONATION, answer)
        mailbox = lab.estate.mailbox(person.address)
        assert mailbox is not None
        assert account.inbox.total_count == mailbox.folder_by_role("inbox").content_count


def test_an_application_that_acts_as_nobody_is_told_that_it_must_act_as_somebody(
    lab: Lab, client: Msal
) -> None:
    secret = _application(lab, "Strongroom backup").secret
    answer = _as_application(lab, client, secret, lab.cloud.url)
    address = lab.cast.users[0].address
    with pytest.raises(ErrorInvalidExchangeImpersonationHeaderData):
        _ = _account(lab, address, DELEGATE, answer).inbox.total_count


@pytest.mark.parametrize("off", ["for all", "not on the list", "out of scope"])
def test_what_a_policy_keeps_an_application_from_is_refused_without_a_word(
    lab: Lab, client: Msal, off: str
) -> None:
    inside, outside = (one.address for one in lab.cast.users[:2])
    backup, reach = _application(lab, "Strongroom backup"), lab.cloud.tenant.reach
    if off == "out of scope":
        lab.cloud.tenant.revoke_consent(backup.client_id)
        reach.add_mailbox_scope(backup.client_id, "Application EWS.AccessAsApp", [inside])
    answer = _as_application(lab, client, backup.secret, lab.cloud.url)
    assert _account(lab, inside, IMPERSONATION, answer).inbox.total_count > 0
    if off == "not on the list":
        reach.ews_enabled, reach.ews_allowed_apps = True, frozenset({"another"})
    elif off == "for all":
        reach.ews_enabled = False
    with pytest.raises(TransportError, match="403"):
        _ = _account(lab, outside, IMPERSONATION, answer).inbox.total_count


def test_a_person_with_a_second_factor_opens_their_own_mailbox_alone(
    lab: Lab, client: Msal, http: requests.Session
) -> None:
    person, other = (one.address for one in lab.cast.users[:2])
    public = client(msal.PublicClientApplication, _application(lab, "Strongroom for people"))
    flow = public.initiate_device_flow([f"{lab.cloud.url}/EWS.AccessAsUser.All"])
    context = ssl.create_default_context(cadata=lab.ca_pem.decode())
    with urllib3.PoolManager(ssl_context=context, retries=False) as pool:
        user = lab.cloud.tenant.user(person)
        assert user is not None
        browser = Browser(pool, lab.cloud.url)
        page = browser.submit(browser.open(flow["verification_uri"]), otc=flow["user_code"])
        code = lab.cloud.directory.factor_code(user)
        page = browser.sign_in(page, person, lab.password(person), code)
        browser.accept(page)
    answer = public.acquire_token_by_device_flow(flow, exit_condition=lambda _: True)

    assert _account(lab, person, DELEGATE, answer).inbox.total_count > 0
    with pytest.raises(ErrorImpersonateUserDenied):
        _ = _account(lab, other, IMPERSONATION, answer).inbox.total_count


def test_a_token_for_another_api_opens_no_mailbox(lab: Lab, client: Msal) -> None:
    backup = _application(lab, "Strongroom backup")
    answer = _as_application(lab, client, backup.secret, lab.cloud.graph.url)
    with pytest.raises(UnauthorizedError):
        _ = _account(lab, lab.cast.users[0].address, IMPERSONATION, answer).inbox.total_count


def test_a_password_opens_nothing_online(lab: Lab, http: requests.Session) -> None:
    address = lab.cast.users[0].address
    password = lab.password(address)
    answer = http.get(lab.cloud.server.ews_url, auth=(address, password), timeout=60)
    assert answer.status_code == 401
    assert {one.partition(" ")[0] for one in answer.headers["WWW-Authenticate"].split(", ")} & {
        "Basic",
        "NTLM",
        "Negotiate",
    } == set()


def test_the_authenticator_shows_its_code_to_the_labs_administrator_alone(
    lab: Lab, http: requests.Session
) -> None:
    page = f"{lab.cloud.url}/lab/authenticator"
    admin = (ADMINISTRATOR, lab.admin_password)
    asked = {"user": lab.cloud.admin.upn}
    told = http.get(page, params=asked, auth=admin, timeout=60).json()

    assert told["code"] == lab.cloud.directory.factor_code(lab.cloud.admin)
    assert http.get(page, params=asked, timeout=60).status_code == 401
    assert (
        http.get(page, params={"user": "nobody@x.example"}, auth=admin, timeout=60).status_code
        == 404
    )
