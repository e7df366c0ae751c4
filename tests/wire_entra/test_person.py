"""A person signs in with a second factor, and the sign-in is kept, renewed, revoked and refused."""

from __future__ import annotations

import logging
from collections.abc import Callable
from threading import Thread
from urllib.parse import parse_qs, urlsplit

import orjson
import pytest
import urllib3

from strongroom.errors import AccessDenied, Interrupted, OperatorError
from strongroom.lab.entra import well_known
from strongroom.lab.entra.directory import Directory
from strongroom.lab.entra.face import EntraFace
from strongroom.lab.entra.tenant import Tenant
from strongroom.lab.entra.verify import TokenClaims, TokenRefusal
from strongroom.lab.entra.words import Application, User
from strongroom.lab.https import Request, Response
from strongroom.lab.server import LabServer
from strongroom.wire.entra.person import Person
from strongroom.wire.entra.place import Place
from strongroom.wire.origins import ForbiddenOrigin
from strongroom.wire.sign_in import BearerSignIn
from tests.fakes.hand_clock import HandClock
from tests.lab_entra.browser import Browser
from tests.lab_entra.screen import Screen

EWS = ["https://outlook.office365.com/EWS.AccessAsUser.All"]


@pytest.fixture
def screen(browser: Browser, ann: User, directory: Directory) -> Screen:
    return Screen(browser, ann, directory)


@pytest.fixture
def kept() -> list[str]:
    return []


@pytest.fixture
def person(place: Place, app: Application, kept: list[str]) -> Person:
    return Person(place, app.app_id, cache=None, keep=kept.append)


def test_a_browser_with_a_second_factor_brings_the_persons_token(
    person: Person, screen: Screen, tenant: Tenant, ann: User, entra: EntraFace
) -> None:
    account = person.sign_in_by_browser(EWS, screen.open)
    screen.close()
    assert screen.status == 200
    assert account.owner_id == f"entra:{tenant.id}:{ann.id}"
    assert account.name == ann.upn
    claims = entra.verifier.verify(person.tokens(EWS).token(), well_known.EXCHANGE)
    assert claims is not None
    assert (claims.upn, claims.scopes) == (ann.upn, frozenset({"EWS.AccessAsUser.All"}))


def test_a_device_code_with_a_second_factor_brings_the_persons_token(
    person: Person, screen: Screen, ann: User, directory: Directory
) -> None:
    directory.troubles.append(503)
    account = person.sign_in_by_device_code(EWS, screen.enter)
    assert account.object_id == ann.id
    assert person.tokens(EWS).token()
    assert not directory.troubles


def test_a_sign_in_is_kept_as_text_and_goes_on_from_there(
    person: Person,
    screen: Screen,
    kept: list[str],
    place: Place,
    app: Application,
    clock: HandClock,
) -> None:
    account = person.sign_in_by_browser(EWS, screen.open)
    screen.close()
    token = person.tokens(EWS).token()
    later: list[str] = []
    again = Person(place, app.app_id, cache=kept[-1], keep=later.append)
    tokens = again.tokens(EWS)
    assert again.account() == account
    assert tokens.token() == token
    assert later == []
    clock.move(minutes=30)
    assert tokens.renew(["Bearer"])
    assert tokens.token() != token
    assert len(later) == 1
    assert token not in f"{person!r}{again!r}{tokens!r}"


def test_forgetting_leaves_no_token_in_what_is_kept(
    person: Person, screen: Screen, kept: list[str]
) -> None:
    person.sign_in_by_browser(EWS, screen.open)
    screen.close()
    token = person.tokens(EWS).token()
    person.forget()
    left = orjson.loads(kept[-1])
    assert token not in kept[-1]
    assert not left.get("RefreshToken")
    with pytest.raises(AccessDenied, match="Nobody is signed in"):
        person.tokens(EWS).token()


def test_revoked_consent_is_told_with_the_step_that_mends_it(
    person: Person, screen: Screen, tenant: Tenant, app: Application, clock: HandClock
) -> None:
    person.sign_in_by_browser(EWS, screen.open)
    screen.close()
    tokens = person.tokens(EWS)
    tokens.token()
    tenant.revoke_consent(app.app_id)
    clock.move(minutes=2)
    with pytest.raises(AccessDenied, match=r"no permission.*AADSTS65001") as caught:
        tokens.renew(["Bearer"])
    assert "Grant admin consent" in caught.value.hint


def test_revoked_sessions_ask_for_a_new_sign_in(
    person: Person, screen: Screen, tenant: Tenant, ann: User, clock: HandClock
) -> None:
    person.sign_in_by_browser(EWS, screen.open)
    screen.close()
    tokens = person.tokens(EWS)
    tokens.token()
    clock.move(minutes=2)
    tenant.revoke_sessions(ann)
    with pytest.raises(AccessDenied, match=r"not valid any more.*AADSTS50173") as caught:
        tokens.renew(["Bearer"])
    assert "Sign in again" in caught.value.hint


def test_a_claims_challenge_is_met_and_its_authorization_uri_never_followed(
    person: Person, screen: Screen, tenant: Tenant, entra: EntraFace
) -> None:
    person.sign_in_by_browser(EWS, screen.open)
    screen.close()
    tokens = person.tokens(EWS)
    sign_in = BearerSignIn("ann", tokens.token, renew=tokens.renew)
    before = sign_in.headers()
    tenant.contexts[well_known.EXCHANGE] = "c1"
    refused = entra.verifier.judge(tokens.token(), well_known.EXCHANGE)
    assert isinstance(refused, TokenRefusal)
    # Our client would fail on the other host: that it does not shows that nobody asked there.
    challenge = refused.challenge("https://login.elsewhere.example")
    assert "elsewhere" in challenge
    assert sign_in.refused([challenge])
    assert sign_in.headers() != before
    judged = entra.verifier.judge(tokens.token(), well_known.EXCHANGE)
    assert isinstance(judged, TokenClaims)


def test_declining_is_told_as_such_by_browser_and_by_device_code(
    person: Person, screen: Screen
) -> None:
    screen.presses = "cancel"
    with pytest.raises(AccessDenied, match="declined"):
        person.sign_in_by_browser(EWS, screen.open)
    screen.close()
    with pytest.raises(AccessDenied, match="declined"):
        person.sign_in_by_device_code(EWS, screen.enter)
    assert person.account() is None


def test_nobody_at_the_screen_ends_it_and_giving_up_does(person: Person, clock: HandClock) -> None:
    for is_cancelled, branch in ((lambda: True, Interrupted), (lambda: False, OperatorError)):
        clock.step_s = 0.6
        with pytest.raises(branch):
            person.sign_in_by_browser(EWS, lambda _: None, wait_s=1, is_cancelled=is_cancelled)
        clock.step_s = 0.0
        with pytest.raises(branch):
            person.sign_in_by_device_code(EWS, lambda _: None, is_cancelled=is_cancelled)


def test_an_answer_with_another_state_is_refused_and_the_wait_goes_on(
    person: Person, screen: Screen, ann: User
) -> None:
    statuses: list[int] = []

    def open_browser(address: str) -> None:
        home = parse_qs(urlsplit(address).query)["redirect_uri"][0]

        def visit() -> None:
            for url, host in ((f"{home}/?code=x&state=y", ""), (home, "evil.example")):
                headers = {"Host": host} if host else {}
                statuses.append(urllib3.request("GET", url, headers=headers).status)
            screen.open(address)

        screen.threads.append(Thread(target=visit))
        screen.threads[-1].start()

    assert person.sign_in_by_browser(EWS, open_browser).object_id == ann.id
    screen.close()
    assert statuses == [400, 400]


@pytest.mark.parametrize("named", ["authorization_endpoint", "token_endpoint"])
def test_a_description_that_leads_elsewhere_is_refused_before_anything_is_sent(
    named: str, person: Person, screen: Screen, server: LabServer, entra: EntraFace
) -> None:
    def lying(request: Request) -> Response:
        answer = entra.answer(request)
        if isinstance(answer.body, bytes) and b"authorization_endpoint" in answer.body:
            told = orjson.loads(answer.body)
            told[named] = f"https://login.elsewhere.example/{named}"
            answer.body = orjson.dumps(told)
        return answer

    server.pages["/entra/"] = lying
    opened: list[str] = []

    def open_browser(address: str) -> None:
        opened.append(address)
        screen.open(address)

    with pytest.raises(ForbiddenOrigin, match=r"elsewhere\.example"):
        person.sign_in_by_browser(EWS, open_browser)
    screen.close()
    assert all("elsewhere" not in address for address in opened)


def test_nothing_secret_is_logged_at_any_level(
    person: Person,
    screen: Screen,
    kept: list[str],
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    with caplog.at_level(logging.DEBUG):
        person.sign_in_by_browser(EWS, screen.open)
        screen.close()
        token = person.tokens(EWS).token()
        assert person.tokens(EWS).token()
    refresh = [one["secret"] for one in orjson.loads(kept[-1])["RefreshToken"].values()]
    captured = capfd.readouterr()
    written = caplog.text + captured.out + captured.err
    for secret in (token, *refresh, screen.sent["code"]):
        assert secret not in written


@pytest.mark.parametrize("text", ["rubbish", "[]", "3"])
def test_a_kept_sign_in_that_cannot_be_read_is_told_without_repeating_it(
    text: str, place: Place, app: Application, kept: list[str]
) -> None:
    keep: Callable[[str], None] = kept.append
    with pytest.raises(OperatorError, match="cannot be read") as caught:
        Person(place, app.app_id, cache=text, keep=keep)
    assert text not in str(caught.value)
