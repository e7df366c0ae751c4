"""A person signs in for a connection of their own, owns it, and nobody else takes their place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from socket import create_server
from typing import Any

import orjson
import pytest

from strongroom.compose import enrolment
from strongroom.compose.cloud_sign_ins import bearer_of
from strongroom.errors import AccessDenied, OperatorError
from strongroom.lab.entra import well_known
from strongroom.lab.entra.directory import Directory
from strongroom.lab.entra.face import EntraFace
from strongroom.lab.entra.tenant import Tenant
from strongroom.lab.entra.words import Application as Registration
from strongroom.lab.entra.words import User
from strongroom.service.application import Application
from strongroom.service.callers import Caller
from strongroom.service.connections import ConnectionEdit
from strongroom.service.details import ConnectionDetails
from strongroom.service.locks import Locked
from strongroom.service.ports import Purpose, Use
from strongroom.service.rights import Role
from strongroom.service.session import Session
from strongroom.vault.secret import Secret
from strongroom.wire.entra.person import Account, Person
from tests.enrolment.conftest import People
from tests.fakes.canaries import found_below, found_in
from tests.fakes.hand_clock import HandClock
from tests.service.support import audited


@pytest.fixture
def anns(exchange: ConnectionDetails, app: Registration) -> ConnectionDetails:
    return replace(exchange, auth="browser", client_id=app.app_id)


def _kept(application: Application) -> ConnectionDetails:
    return application.connections.details(application.connections.record("anns"))


def _token(details: ConnectionDetails, clock: HandClock) -> str:
    use = Use(purpose=Purpose.TEST)
    assert details.endpoints is not None
    return bearer_of(details, details.endpoints["ews"], use, clock).headers()["Authorization"]


@pytest.mark.parametrize("way", ["browser", "device-code"])
def test_who_signs_in_with_a_second_factor_owns_the_connection(
    way: str,
    application: Application,
    anns: ConnectionDetails,
    people: People,
    ann: User,
    tenant: Tenant,
    entra: EntraFace,
    clock: HandClock,
) -> None:
    view = application.connections.add("anns", replace(anns, auth=way), prompt=people.prompt(ann))
    assert (view.user, view.owners) == (ann.upn, (f"entra:{tenant.id}:{ann.id}",))
    assert view.secrets == ("token_cache",)
    (shown,) = people.shown
    assert shown.way == way
    assert bool(shown.code) == (way == "device-code")
    token = _token(_kept(application), clock).removeprefix("Bearer ")
    claims = entra.verifier.verify(token, well_known.EXCHANGE)
    assert claims is not None
    assert claims.upn == ann.upn


def test_the_sign_in_is_kept_sealed_and_given_back_by_nothing(
    application: Application,
    anns: ConnectionDetails,
    people: People,
    ann: User,
    tmp_path: Path,
) -> None:
    view = application.connections.add("anns", anns, prompt=people.prompt(ann))
    cache = orjson.loads(_kept(application).secret("token_cache").reveal())
    secrets = [
        one["secret"] for part in ("RefreshToken", "AccessToken") for one in cache[part].values()
    ]
    assert len(secrets) == 2
    codes = [screen.sent["code"] for screen in people.screens]
    assert found_below(tmp_path / "home", [*secrets, *codes]) == []
    told = f"{view!r}{application.connections.show('anns')!r}{application.audit.records()!r}"
    assert found_in(told.encode(), [*secrets, *codes]) == []


def test_without_anybody_to_ask_it_is_added_and_signed_in_to_later(
    application: Application, anns: ConnectionDetails, people: People, ann: User
) -> None:
    assert application.connections.add("anns", anns).secrets == ()
    view = application.connections.sign_in("anns", people.prompt(ann))
    assert view.secrets == ("token_cache",)


def test_after_revocation_the_same_person_signs_in_again(
    application: Application,
    anns: ConnectionDetails,
    people: People,
    ann: User,
    tenant: Tenant,
    clock: HandClock,
) -> None:
    application.connections.add("anns", anns, prompt=people.prompt(ann))
    before = _kept(application).token_cache
    clock.move(hours=30)
    tenant.revoke_sessions(ann)
    with pytest.raises(AccessDenied):
        _token(_kept(application), clock)
    clock.move(seconds=1)
    view = application.connections.sign_in("anns", people.prompt(ann))
    assert view.owners == (f"entra:{tenant.id}:{ann.id}",)
    assert _kept(application).token_cache != before
    assert _token(_kept(application), clock)


def test_somebody_else_is_refused_and_that_is_written_down(
    application: Application,
    anns: ConnectionDetails,
    people: People,
    ann: User,
    admin: User,
) -> None:
    application.connections.add("anns", anns, prompt=people.prompt(ann))
    before = _kept(application)
    with pytest.raises(AccessDenied, match="belongs to another account") as caught:
        application.connections.sign_in("anns", people.prompt(admin))
    assert ann.upn in caught.value.hint
    assert _kept(application) == before
    assert ("connections.sign_in", "refused") in {
        (verb, outcome) for _, verb, outcome in audited(application)
    }


def test_a_changed_name_changes_nothing_and_somebody_with_the_old_name_is_nobody(
    application: Application,
    anns: ConnectionDetails,
    people: People,
    ann: User,
    tenant: Tenant,
    directory: Directory,
) -> None:
    application.connections.add("anns", anns, prompt=people.prompt(ann))
    with directory.lock:
        ann.upn = "ann.miller@lab.example"
    view = application.connections.sign_in("anns", people.prompt(ann))
    assert (view.user, view.owners) == (
        "ann.miller@lab.example",
        (f"entra:{tenant.id}:{ann.id}",),
    )
    with directory.lock:
        other = tenant.add_user("ann2@lab.example", "Ann Archer", password="another's")
        other.upn = "ann@lab.example"
    with pytest.raises(AccessDenied, match="belongs to another account"):
        application.connections.sign_in("anns", people.prompt(other))


Enter = Callable[[str, str], Session]


def test_the_owner_needs_no_password_and_who_is_only_called_so_does(
    application: Application,
    anns: ConnectionDetails,
    people: People,
    ann: User,
    tenant: Tenant,
) -> None:
    guard = Secret("a guard of our own")
    application.connections.add("anns", anns, password=guard, prompt=people.prompt(ann))
    for account in (f"entra:{tenant.id}:{ann.id}", "uid:7001", f"entra:{tenant.id}:{'0' * 8}"):
        application.delegation.give_role(account, Role.ADMINISTRATOR)
    owner = Caller(ids=(f"entra:{tenant.id}:{ann.id}",), name="somebody")
    view = application.for_session(Session(owner)).connections.show("anns")
    assert view.user == ann.upn
    for impostor in ("uid:7001", f"entra:{tenant.id}:{'0' * 8}"):
        # A local account of the same name; an account whose e-mail claim was changed to hers.
        session = Session(Caller(ids=(impostor,), name=ann.upn))
        verbs = application.for_session(session).connections
        with pytest.raises(Locked):
            verbs.show("anns")
        with pytest.raises(Locked):
            verbs.sign_in("anns", people.prompt(ann))
    assert len(people.shown) == 1


def test_a_connection_that_was_edited_while_somebody_signed_in_keeps_nothing_of_it(
    application: Application,
    anns: ConnectionDetails,
    people: People,
    ann: User,
) -> None:
    application.connections.add("anns", anns, prompt=people.prompt(ann))

    def edit() -> None:
        application.connections.edit("anns", ConnectionEdit(proxy="http://127.0.0.1:1"))

    people.before = edit
    with pytest.raises(OperatorError, match="changed by somebody else"):
        application.connections.sign_in("anns", people.prompt(ann))
    assert _kept(application).token_cache is None


def test_tokens_that_a_run_renewed_meanwhile_are_no_change(
    application: Application, anns: ConnectionDetails, people: People, ann: User
) -> None:
    application.connections.add("anns", anns, prompt=people.prompt(ann))

    def renew() -> None:
        record = application.connections.record("anns")
        begun = application.connections.details(record)
        assert application.connections.keep_tokens(record.id, begun, Secret("{}"))

    people.before = renew
    application.connections.sign_in("anns", people.prompt(ann))
    assert _kept(application).secret("token_cache").reveal() != "{}"


def test_who_signs_in_by_certificate_is_no_person(
    application: Application, exchange: ConnectionDetails, people: People, ann: User
) -> None:
    details = replace(exchange, client_id="x", certificate=Secret("made up"))
    application.connections.add("office", details)
    with pytest.raises(OperatorError, match="No person signs in"):
        application.connections.sign_in("office", people.prompt(ann))
    assert people.shown == []


def test_another_tenant_is_another_place_and_its_person_may_be_another(
    application: Application,
    anns: ConnectionDetails,
    people: People,
    ann: User,
    directory: Directory,
) -> None:
    application.connections.add("anns", anns, prompt=people.prompt(ann))
    with directory.lock:
        elsewhere = directory.add_tenant("Branch", "branch.onmicrosoft.example", "branch.example")
        cat = elsewhere.add_user("cat@branch.example", "Cat", password="cat's")
        public = elsewhere.add_application("P", is_public=True, redirects=["http://localhost"])
    application.connections.edit(
        "anns", ConnectionEdit(tenant=elsewhere.id, client_id=public.app_id)
    )
    assert _kept(application).token_cache is None
    view = application.connections.sign_in("anns", people.prompt(cat))
    assert view.owners == (f"entra:{elsewhere.id}:{cat.id}",)


def test_who_comes_back_from_another_tenant_is_refused(
    anns: ConnectionDetails, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = Account(tenant="1" * 8, object_id="2", name="ann@lab.example")
    monkeypatch.setattr(enrolment, "signed_in", lambda *_: elsewhere)
    with pytest.raises(OperatorError, match="another tenant"):
        enrolment.sign_in_person(anns, lambda _: None, clock)


def test_an_administrators_tokens_are_gone_with_the_block(
    exchange: ConnectionDetails,
    people: People,
    admin: User,
    clock: HandClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made: list[Person] = []

    class Watched(Person):
        def __init__(self, *args: Any, **more: Any) -> None:
            super().__init__(*args, **more)
            made.append(self)

    monkeypatch.setattr(enrolment, "Person", Watched)
    place = enrolment.one_tenant(exchange, clock)
    scopes = [f"{(exchange.endpoints or {})['graph']}/Application.ReadWrite.All"]
    with enrolment.administrator(place, scopes, "browser", people.prompt(admin)) as (who, token):
        assert who.name == admin.upn
        assert token()
        assert made[0].account() is not None
    with pytest.raises(OperatorError, match="is over"):
        token()
    assert made[0].account() is None
    with pytest.raises(AccessDenied, match="Nobody is signed in"):
        made[0].tokens(scopes).token()


def test_a_service_that_does_not_answer_stops_nobody_from_signing_in(
    application: Application, anns: ConnectionDetails, people: People, ann: User
) -> None:
    with create_server(("127.0.0.1", 0)) as nobody:
        nowhere = f"https://127.0.0.1:{nobody.getsockname()[1]}"
    assert anns.endpoints is not None
    details = replace(anns, endpoints={**anns.endpoints, "ews": nowhere})
    people.directory.aliases[nowhere] = well_known.EXCHANGE
    view = application.connections.add("anns", details, prompt=people.prompt(ann))
    assert view.secrets == ("token_cache",)
    assert len(people.shown) == 1
