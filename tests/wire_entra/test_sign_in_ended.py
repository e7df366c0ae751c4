"""Tokens that are refused for good: asked for once, and told as what a person must mend."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Mapping
from dataclasses import replace

import pytest

from strongroom.errors import OperatorError, ServerUnreachable, SignInEnded, TransientError
from strongroom.lab.entra.directory import Directory
from strongroom.lab.entra.tenant import Tenant
from strongroom.lab.entra.words import Application
from strongroom.wire.entra.app_only import AppOnly, SecretProof
from strongroom.wire.entra.person import Person
from strongroom.wire.entra.place import Place
from strongroom.wire.entra.tokens import Token, Tokens, Want
from strongroom.wire.http import HttpAnswer, HttpClient
from strongroom.wire.sign_in import BearerSignIn
from tests.fakes.hand_clock import HandClock
from tests.wire_entra.conftest import EWS, MakeAppOnly

SECRET = "s3cret-canary"
LIFE_S = 100.0


class Fetch:
    """Gives tokens, one after the other, until it is told to raise."""

    def __init__(self, lasts_s: float = LIFE_S) -> None:
        self.lasts_s = lasts_s
        self.asked: list[Want] = []
        self.error: Exception | None = None

    def __call__(self, want: Want) -> Token:
        self.asked.append(want)
        if self.error is not None:
            raise self.error
        return Token(value=f"token{len(self.asked)}", lasts_s=self.lasts_s)


@pytest.fixture
def fetch() -> Fetch:
    return Fetch()


@pytest.fixture
def tokens(fetch: Fetch, clock: HandClock) -> Tokens:
    return Tokens(clock, fetch)


def test_a_final_refusal_is_asked_for_once_whoever_wants_a_token(
    app_only: MakeAppOnly, app: Application, tenant: Tenant, directory: Directory, clock: HandClock
) -> None:
    tenant.add_secret(app, SECRET)
    tokens = app_only(SecretProof(secret=SECRET)).tokens(EWS)
    sign_in = BearerSignIn("keeper", tokens.token, renew=tokens.renew)
    sign_in.headers()
    tenant.expire_secrets(app)
    clock.move(hours=30)
    told: list[str] = []

    def ask() -> None:
        for _ in range(3):
            try:
                sign_in.headers()
            except SignInEnded as error:
                told.append(error.what)

    lines = [threading.Thread(target=ask) for _ in range(4)]
    for line in lines:
        line.start()
    for line in lines:
        line.join(30)
    with pytest.raises(SignInEnded):
        sign_in.refused(["Bearer"])
    assert len(told) == 12
    assert [deed.refusal for deed in directory.deeds] == ["", "7000222"]


@pytest.mark.parametrize(
    ("error", "is_proof_refused"),
    [(SignInEnded("Its secret has expired."), True), (OperatorError("No consent."), False)],
)
def test_who_must_mend_it_is_told(
    tokens: Tokens,
    fetch: Fetch,
    error: OperatorError,
    is_proof_refused: bool,  # noqa: FBT001 - a parameter of the table
) -> None:
    fetch.error = error
    with pytest.raises(SignInEnded, match=error.what) as caught:
        tokens.token()
    assert caught.value.is_proof_refused is is_proof_refused


def test_what_time_heals_is_asked_for_again(tokens: Tokens, fetch: Fetch, clock: HandClock) -> None:
    fetch.error = TransientError("It is busy.")
    for _ in range(2):
        with pytest.raises(TransientError):
            tokens.token()
        clock.move(seconds=5)
    fetch.error = None
    assert tokens.token() == "token3"
    clock.move(seconds=LIFE_S)
    fetch.error = ServerUnreachable("Nobody answers.")
    with pytest.raises(TransientError, match="Nobody answers"):
        tokens.token()
    clock.move(seconds=5)
    fetch.error = None
    assert tokens.token() == "token5"


@pytest.mark.parametrize(("said_s", "rest_s"), [(None, 5.0), (40.0, 40.0)])
def test_an_authority_that_is_ill_is_left_alone_by_all_lanes(
    tokens: Tokens, fetch: Fetch, clock: HandClock, said_s: float | None, rest_s: float
) -> None:
    fetch.error = TransientError("It is busy.", retry_after_s=said_s, is_throttle=True)
    with pytest.raises(TransientError):
        tokens.token()
    clock.move(seconds=1)
    for _ in range(10):
        with pytest.raises(TransientError, match="It is busy") as caught:
            tokens.token()
        told_s = None if said_s is None else said_s - 1
        assert (caught.value.retry_after_s, caught.value.is_throttle) == (told_s, True)
    assert len(fetch.asked) == 1
    clock.move(seconds=rest_s)
    fetch.error = None
    assert tokens.token()


def test_an_authority_that_never_answered_is_unreachable(tokens: Tokens, fetch: Fetch) -> None:
    fetch.error = ServerUnreachable("Nobody answers.")
    with pytest.raises(ServerUnreachable):
        tokens.token()


def test_one_that_cannot_prove_its_name_any_more_is_not_waited_for(
    place: Place, app: Application, tenant: Tenant, clock: HandClock
) -> None:
    class Impostor:
        """Answers as before, until somebody else answers in its place."""

        def __init__(self, real: HttpClient) -> None:
            self.real = real
            self.is_there = False

        def request(
            self,
            method: str,
            url: str,
            *,
            headers: Mapping[str, str] | None = None,
            body: bytes = b"",
        ) -> HttpAnswer:
            if self.is_there:
                raise ServerUnreachable("It could not prove its name.") from (
                    ssl.SSLCertVerificationError("another name")
                )
            return self.real.request(method, url, headers=headers, body=body)

    tenant.add_secret(app, SECRET)
    http = Impostor(place.http)
    only = AppOnly(replace(place, http=http), app.app_id, SecretProof(secret=SECRET))
    tokens = only.tokens(EWS)
    tokens.token()
    http.is_there = True
    clock.move(hours=30)
    with pytest.raises(ServerUnreachable):
        tokens.token()


def test_a_short_lived_token_that_ended_on_its_way_is_renewed(
    tokens: Tokens, fetch: Fetch, clock: HandClock
) -> None:
    fetch.lasts_s = 4.0
    before = tokens.token()
    clock.move(seconds=1)
    assert not tokens.renew(["Bearer"]), "it is new, so another one would be refused as well"
    clock.move(seconds=2)
    assert tokens.renew(["Bearer"])
    assert tokens.token() != before


def test_a_person_who_signed_nobody_in_is_told_to(place: Place, app: Application) -> None:
    person = Person(place, app.app_id, cache=None, keep=lambda _: None)
    with pytest.raises(SignInEnded, match="not valid any more") as caught:
        person.tokens([f"{EWS}/EWS.AccessAsUser.All"]).token()
    assert caught.value.is_proof_refused
