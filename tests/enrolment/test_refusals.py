"""Every no that a tenant has for people who sign in: told plainly, and nothing is kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from strongroom.errors import StrongroomError
from strongroom.lab.entra import well_known
from strongroom.lab.entra.directory import Directory
from strongroom.lab.entra.tenant import Tenant
from strongroom.lab.entra.words import Application as Registration
from strongroom.lab.entra.words import User
from strongroom.service.application import Application
from strongroom.service.details import ConnectionDetails
from strongroom.service.registration import RegistrationWish
from tests.enrolment.conftest import People
from tests.fakes.hand_clock import HandClock

TOOLS = "Microsoft Graph Command Line Tools"
Trouble = Callable[[Tenant, User, People], None]


def disabled_here(tenant: Tenant, _: User, __: People) -> None:
    tenant.add_principal(well_known.GRAPH_COMMAND_LINE, TOOLS).is_enabled = False


def needs_assignment(tenant: Tenant, _: User, __: People) -> None:
    tenant.add_principal(well_known.GRAPH_COMMAND_LINE, TOOLS).needs_assignment = True


def blocked_by_policy(tenant: Tenant, _: User, __: People) -> None:
    tenant.block(app_id=well_known.GRAPH_COMMAND_LINE)


def no_second_factor_yet(_: Tenant, admin: User, __: People) -> None:
    admin.second_factor = "not-enrolled"


def declined(_: Tenant, __: User, people: People) -> None:
    people.presses = "cancel"


def no_administrator(_: Tenant, admin: User, __: People) -> None:
    admin.roles = {well_known.APPLICATION_ADMINISTRATOR}


LATE = "not entered in time"


@pytest.fixture(autouse=True)
def short_codes(directory: Directory) -> None:
    directory.habits.device_s = 30


ADMINISTRATOR: dict[str, tuple[Trouble, str, str]] = {
    "disabled": (disabled_here, "did not come back", "lets nobody in"),
    "assignment": (needs_assignment, "lets nobody in", LATE),
    "policy": (blocked_by_policy, "policy of the tenant blocks", LATE),
    "enrol": (no_second_factor_yet, "second factor", LATE),
    "declined": (declined, "declined", "declined"),
    "role": (no_administrator, "only an administrator can give it", LATE),
}
"""The trouble, and what is told of it by browser and by device code.

Whoever signs in by device code is told by the page; the program learns only that nobody came.
"""


@pytest.mark.parametrize("way", ["browser", "device-code"])
@pytest.mark.parametrize("case", ADMINISTRATOR)
def test_an_administrator_who_cannot_sign_in_is_told_why_and_the_way_without(
    case: str,
    way: str,
    application: Application,
    exchange: ConnectionDetails,
    people: People,
    admin: User,
    tenant: Tenant,
    clock: HandClock,
) -> None:
    trouble, *said = ADMINISTRATOR[case]
    trouble(tenant, admin, people)
    before = set(tenant.applications)
    wish = RegistrationWish(sign_in=way)
    if case == "disabled":
        clock.step_s = 100.0  # nobody comes back, and the wait for them has to end
    with pytest.raises(StrongroomError) as caught:
        application.connections.add_registered("office", exchange, wish, people.prompt(admin))
    told = f"{caught.value} {caught.value.hint}"
    assert said[way == "device-code"] in told
    assert TOOLS in told
    assert "strongroom connection script" in told
    assert set(tenant.applications) == before
    assert application.connections.all() == []


def device_codes_blocked(tenant: Tenant, _: User, __: People) -> None:
    tenant.block(flow="device_code")


def no_consent_by_people(tenant: Tenant, _: User, __: People) -> None:
    tenant.users_may_consent = False


PERSON: dict[str, tuple[Trouble, str]] = {
    "blocked": (device_codes_blocked, LATE),
    "consent": (no_consent_by_people, "only an administrator can give it"),
    "declined": (declined, "declined"),
    "enrol": (no_second_factor_yet, "second factor"),
}


@pytest.mark.parametrize("case", PERSON)
def test_a_person_who_cannot_sign_in_is_told_why_and_no_connection_is_kept(
    case: str,
    application: Application,
    exchange: ConnectionDetails,
    people: People,
    ann: User,
    app: Registration,
    tenant: Tenant,
) -> None:
    trouble, said = PERSON[case]
    trouble(tenant, ann, people)
    way = "device-code" if case == "blocked" else "browser"
    details = replace(exchange, auth=way, client_id=app.app_id)
    with pytest.raises(StrongroomError) as caught:
        application.connections.add("anns", details, prompt=people.prompt(ann))
    told = f"{caught.value} {caught.value.hint}"
    assert said in told
    assert caught.value.hint
    assert ann.upn not in told
    assert application.connections.all() == []


@pytest.mark.parametrize(
    ("way", "match"), [("device-code", "secret or a certificate"), ("browser", "not registered")]
)
def test_an_application_that_is_not_set_up_for_people_is_told_with_the_step_in_the_portal(
    way: str,
    match: str,
    application: Application,
    exchange: ConnectionDetails,
    people: People,
    ann: User,
    tenant: Tenant,
    clock: HandClock,
) -> None:
    redirects = ["http://localhost"] if way == "device-code" else []
    private = tenant.add_application("Private", is_public=False, redirects=redirects)
    details = replace(exchange, auth=way, client_id=private.app_id)
    if way == "browser":
        clock.step_s = 100.0  # nobody comes back
    with pytest.raises(StrongroomError) as caught:
        application.connections.add("anns", details, prompt=people.prompt(ann))
    told = f"{caught.value} {caught.value.hint}"
    if way == "device-code":
        assert match in told
        assert "Allow public client flows" in told
    else:
        assert "Look at what the browser shows" in told
    assert application.connections.all() == []


def test_a_tenant_that_does_not_exist_and_an_unknown_application_are_told(
    application: Application,
    exchange: ConnectionDetails,
    people: People,
    ann: User,
    app: Registration,
) -> None:
    right = replace(exchange, auth="device-code", client_id=app.app_id)
    unknown = "11111111-2222-4333-8444-555555555555"
    for details, said in (
        (replace(right, tenant="nowhere.example"), "no such tenant"),
        (replace(right, client_id=unknown), "no such application"),
    ):
        with pytest.raises(StrongroomError, match=said):
            application.connections.add("anns", details, prompt=people.prompt(ann))
    assert application.connections.all() == []
