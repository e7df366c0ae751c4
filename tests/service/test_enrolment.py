"""The verbs of enrolment behind fakes: what they keep, what they give back, and who is asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from strongroom.errors import AccessDenied, OperatorError
from strongroom.service.application import Application
from strongroom.service.details import EXCHANGE_ONLINE, EXCHANGE_ONPREM, ConnectionDetails
from strongroom.service.ports import (
    KeepCertificates,
    Ports,
    Prompt,
    SignedIn,
    SignInPrompt,
)
from strongroom.service.registration import (
    Registered,
    RegisteredApplication,
    RegistrationReport,
    RegistrationWish,
)
from strongroom.service.rights import Role
from strongroom.vault.secret import Secret
from tests.fakes.canaries import found_below, found_in
from tests.fakes.mail_server import World
from tests.fakes.marked import canary
from tests.service.support import acting, audited, caller

CERTIFICATE = canary("certificate of an application")
RESTORE_CERTIFICATE = canary("certificate of the application that restores")
NEW_CERTIFICATE = canary("certificate that was renewed")
TOKENS = canary("tokens of a person")
OWNER = "entra:tenant-1:person-1"
SHOWN = SignInPrompt(way="browser", url="https://login.example/x", code="", lasts_s=600.0)
DETAILS = ConnectionDetails(
    kind=EXCHANGE_ONLINE, auth="certificate", tenant="lab.example", client_id=""
)
PERSONS = replace(DETAILS, auth="browser", client_id="app-1")


@dataclass
class Tenant:
    """The other side of the ports.

    Attributes:
        wishes: What was asked to be registered.
        asked: How often somebody was asked to sign in.
        on_sign_in: Called when somebody signs in, before they are known.
    """

    wishes: list[RegistrationWish] = field(default_factory=list)
    asked: int = 0
    owner: str = OWNER
    on_sign_in: Callable[[], None] = lambda: None

    def ports(self, world: World) -> Ports:
        return replace(
            world.ports(),
            sign_in_person=self.sign_in,
            register=self.register,
            renew_certificates=self.renew,
            registration_script=lambda details, wish: f"script for {wish.name}",
        )

    def sign_in(self, _: ConnectionDetails, prompt: Prompt) -> SignedIn:
        self.asked += 1
        prompt(SHOWN)
        self.on_sign_in()
        return SignedIn(token_cache=Secret(TOKENS), user="ann@lab.example", owner=self.owner)

    def register(self, _: ConnectionDetails, wish: RegistrationWish, prompt: Prompt) -> Registered:
        self.asked += 1
        self.wishes.append(wish)
        prompt(SHOWN)
        self.on_sign_in()
        return Registered(
            client_id="app-2",
            certificate=Secret(CERTIFICATE),
            restore_client_id="app-3",
            restore_certificate=Secret(RESTORE_CERTIFICATE),
            report=report(),
        )

    def renew(
        self, _: ConnectionDetails, wish: RegistrationWish, prompt: Prompt, keep: KeepCertificates
    ) -> RegistrationReport:
        self.asked += 1
        self.wishes.append(wish)
        prompt(SHOWN)
        keep(Secret(NEW_CERTIFICATE), None)
        return report()


def report() -> RegistrationReport:
    application = RegisteredApplication(
        purpose="backup",
        name="Strongroom office backup",
        client_id="app-2",
        object_id="object-2",
        principal_id="principal-2",
        permissions=(),
        certificate="AB",
        certificate_ends="2028-11-26T00:00:00Z",
    )
    return RegistrationReport(
        tenant="tenant-1",
        administrator="ada@lab.example",
        signed_in_through="a client",
        applications=(application,),
        script="Connect-ExchangeOnline",
    )


@pytest.fixture
def tenant() -> Tenant:
    return Tenant()


@pytest.fixture
def application(new_home: Path, tenant: Tenant) -> Iterator[Application]:
    with Application(new_home, tenant.ports(World())) as opened:
        yield opened


def nobody(_: SignInPrompt) -> None:
    """Look away."""


def test_by_name_the_verbs_give_ids_and_reports_and_no_secret_in_any_form(
    application: Application, tmp_path: Path
) -> None:
    shown: list[SignInPrompt] = []
    supplied = {"prompt": shown.append}
    details = {"kind": EXCHANGE_ONLINE, "auth": "certificate", "tenant": "lab.example"}
    told = [
        application.call(
            "connections.add_registered",
            {"name": "office", "details": details, "wish": {"can_restore": True}},
            supplied=supplied,
        ),
        application.call("connections.renew_certificate", {"name": "office"}, supplied=supplied),
        application.call(
            "connections.add",
            {"name": "anns", "details": {**details, "auth": "browser", "client_id": "app-1"}},
            supplied=supplied,
        ),
        application.call("connections.sign_in", {"name": "anns"}, supplied=supplied),
        application.call("connections.registration_script", {"details": details, "wish": {}}),
    ]
    assert shown == [SHOWN] * 4
    assert told[0]["view"]["client_id"] == "app-2"
    assert told[0]["report"]["script"] == "Connect-ExchangeOnline"
    assert list(told[3]["owners"]) == [OWNER]
    secrets = [CERTIFICATE, RESTORE_CERTIFICATE, NEW_CERTIFICATE, TOKENS]
    assert found_in(f"{told!r}{application.audit.records()!r}".encode(), secrets) == []
    assert found_below(tmp_path / "home", secrets) == []
    kept = application.connections.details(application.connections.record("office"))
    assert kept.certificate == Secret(NEW_CERTIFICATE)
    assert kept.restore_certificate == Secret(RESTORE_CERTIFICATE), "only what is renewed changes"


def test_the_mark_is_our_own_and_the_same_each_time_and_nobody_chooses_it(
    application: Application, tenant: Tenant, tmp_path: Path
) -> None:
    for name, given in (("office", "chosen by a caller"), ("branch", "")):
        application.connections.add_registered(name, DETAILS, RegistrationWish(tag=given), nobody)
    application.connections.remove("office")
    application.connections.add_registered("office", DETAILS, RegistrationWish(), nobody)
    first, branch, again = (one.tag for one in tenant.wishes)
    assert first == again
    assert len({first, branch, "chosen by a caller"}) == 3
    with Application(tmp_path / "another home", tenant.ports(World())) as other:
        other.connections.add_registered("office", DETAILS, RegistrationWish(), nobody)
    assert tenant.wishes[-1].tag != first, "another home's connection of the same name is another"
    assert "office" not in first


def test_a_second_person_is_asked_for_before_anybody_signs_in(
    application: Application, tenant: Tenant
) -> None:
    application.connections.add_registered("office", DETAILS, RegistrationWish(), nobody)
    application.connections.add("anns", PERSONS, prompt=nobody)
    for name in ("office", "anns"):
        application.approvals.mark_connection(name)
    asked = tenant.asked
    with pytest.raises(AccessDenied, match="Somebody else has to approve"):
        application.connections.renew_certificate("office", nobody)
    with pytest.raises(AccessDenied, match="Somebody else has to approve"):
        application.connections.sign_in("anns", nobody)
    assert tenant.asked == asked
    other = acting(application, caller(7001), Role.ADMINISTRATOR)
    for request in application.approvals.requests():
        other.approvals.approve(request.id)
    application.connections.renew_certificate("office", nobody)
    application.connections.sign_in("anns", nobody)
    assert tenant.asked == asked + 2


def test_an_operator_cannot_have_anything_registered_or_anybody_signed_in(
    application: Application, tenant: Tenant
) -> None:
    application.connections.add("anns", PERSONS)
    operator = acting(application, caller(7001), Role.OPERATOR).connections
    for act in (
        lambda: operator.add_registered("office", DETAILS, RegistrationWish(), nobody),
        lambda: operator.renew_certificate("anns", nobody),
        lambda: operator.sign_in("anns", nobody),
        lambda: operator.registration_script(DETAILS, RegistrationWish()),
    ):
        with pytest.raises(AccessDenied, match="may not do this"):
            act()
    assert tenant.asked == 0


def test_a_name_taken_while_the_administrator_signed_in_names_what_is_left_in_the_tenant(
    application: Application, tenant: Tenant
) -> None:
    def be_quicker() -> None:
        tenant.on_sign_in = lambda: None
        application.connections.add("office", PERSONS)

    tenant.on_sign_in = be_quicker
    with pytest.raises(OperatorError, match="There is a connection named") as caught:
        application.connections.add_registered("office", DETAILS, RegistrationWish(), nobody)
    assert "app-2 is left over" in caught.value.hint
    assert ("connections.registered", "allowed") in {
        (verb, outcome) for _, verb, outcome in audited(application)
    }


def test_an_owner_that_was_typed_in_is_not_who_signed_in(
    application: Application, tenant: Tenant
) -> None:
    details = replace(PERSONS, owners=("entra:tenant-1:somebody-else", "uid:7001"))
    view = application.connections.add("anns", details, prompt=nobody)
    assert view.owners == (OWNER, "uid:7001")


def test_a_sign_in_that_says_no_stable_id_is_not_kept(
    application: Application, tenant: Tenant
) -> None:
    tenant.owner = "ann@lab.example"
    with pytest.raises(OperatorError, match="stable id"):
        application.connections.add("anns", PERSONS, prompt=nobody)
    assert application.connections.all() == []


@pytest.mark.parametrize(
    ("details", "wish", "match"),
    [
        (replace(DETAILS, kind=EXCHANGE_ONPREM), {}, "cloud alone"),
        (replace(DETAILS, tenant=""), {}, "tenant"),
        (DETAILS, {"sites": ("https://lab.example",)}, "have sites"),
    ],
)
def test_what_cannot_be_registered_is_refused_before_anybody_signs_in(
    details: ConnectionDetails,
    wish: dict[str, tuple[str, ...]],
    match: str,
    application: Application,
    tenant: Tenant,
) -> None:
    wished = RegistrationWish(sites=wish.get("sites", ()))
    with pytest.raises(OperatorError, match=match):
        application.connections.add_registered("office", details, wished, nobody)
    with pytest.raises(OperatorError, match=match):
        application.connections.registration_script(details, wished)
    assert tenant.asked == 0


@pytest.mark.parametrize("wish", [{"sign_in": "telepathy"}, {"certificate_days": 0}])
def test_a_wish_that_makes_no_sense_is_none(wish: dict[str, object]) -> None:
    with pytest.raises(OperatorError):
        RegistrationWish(**wish)  # type: ignore[arg-type]


def test_without_a_network_nothing_is_registered_and_nobody_signed_in(tmp_path: Path) -> None:
    with Application(tmp_path / "home", World().ports()) as lonely:
        for act in (
            lambda: lonely.connections.add_registered(
                "office", DETAILS, RegistrationWish(), nobody
            ),
            lambda: lonely.connections.add("anns", PERSONS, prompt=nobody),
            lambda: lonely.connections.registration_script(DETAILS, RegistrationWish()),
        ):
            with pytest.raises(OperatorError):
                act()
        assert lonely.connections.all() == []
