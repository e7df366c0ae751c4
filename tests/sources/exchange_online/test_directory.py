"""Who is in a tenant: mailboxes, those that are excluded with the reason, and what was named."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from strongroom.errors import AccessDenied, OperatorError
from strongroom.lab.entra.tenant import Tenant
from strongroom.lab.lab import Lab
from strongroom.service.details import ConnectionDetails
from strongroom.words.resource import Resource, ResourceKind
from tests.sources.exchange_online.conftest import EMPTY, LARGE, OpenOnline, Register


@pytest.fixture
def tenant(lab: Lab) -> Iterator[Tenant]:
    """Give the tenant; its switch for EWS, and who is in it, are as before when the test ends."""
    tenant = lab.cloud.tenant
    people = dict(tenant.users)
    yield tenant
    with lab.cloud.directory.lock:
        tenant.users = people
        tenant.reach.ews_enabled, tenant.reach.ews_allowed_apps = None, None
        tenant.reach.mailbox_scopes.clear()


def _by_reference(found: Iterator[Resource]) -> dict[str, Resource]:
    return {one.reference: one for one in found}


def test_every_mailbox_is_listed_with_what_belongs_to_it(lab: Lab, open_online: OpenOnline) -> None:
    found = _by_reference(open_online().resources())
    for mailbox in lab.estate.mailboxes:
        if mailbox.role == "disabled":
            continue
        listed = found[mailbox.address]
        assert (listed.id, listed.excluded) == (str(mailbox.guid), None)
        assert listed.role == mailbox.role
        assert found[f"recoverable:{mailbox.address}"].excluded is None
        assert (f"archive:{mailbox.address}" in found) == (mailbox.archive is not None)


def test_guests_and_people_without_a_mailbox_are_excluded_with_the_reason(
    lab: Lab, tenant: Tenant, open_online: OpenOnline
) -> None:
    with lab.cloud.directory.lock:
        guest = tenant.add_user("eve_away.example#EXT#@lab.example", "Eve", password="x")
        guest.is_guest, guest.has_mailbox = True, True
        tenant.add_user("bare@lab.example", "Bare", password="x", has_mailbox=False)
        tenant.add_user("unlicensed@lab.example", "Unlicensed", password="x")
    found = _by_reference(open_online().resources())
    reasons = {
        guest.upn: "own organisation",
        "bare@lab.example": "No mailbox",
        "unlicensed@lab.example": "no mailbox unlicensed@lab.example",
    }
    for reference, reason in reasons.items():
        assert reason in str(found[reference].excluded)
        assert not found[reference].is_missing, "nobody could back it up"


def test_public_folders_are_named_as_what_no_application_reaches(open_online: OpenOnline) -> None:
    found = _by_reference(open_online().resources())["public-folders"]
    assert "no mailbox of its own" in str(found.excluded)
    with pytest.raises(OperatorError, match="public folders") as told:
        open_online().resolve("public-folders")
    assert "--sign-in browser" in told.value.hint


def test_who_may_not_list_is_told_the_permission_and_that_names_do(
    open_online: OpenOnline, register: Register
) -> None:
    details = register(graph=())
    with pytest.raises(AccessDenied) as told:
        list(open_online(details).resources())
    assert "User.Read.All" in told.value.hint
    assert details.client_id in told.value.hint
    assert "one by one" in told.value.hint
    assert open_online(details).resolve(LARGE).address == LARGE


def test_a_resource_is_found_by_address_by_part_and_by_id(open_online: OpenOnline) -> None:
    server = open_online()
    mailbox = server.resolve(LARGE)
    assert server.resolve(mailbox.id) == replace(mailbox, name=server.resolve(mailbox.id).name)
    recoverable = server.resolve(f"recoverable:{LARGE}")
    assert recoverable.kind is ResourceKind.RECOVERABLE
    assert server.resolve(f"recoverable:{mailbox.id}").kind is ResourceKind.RECOVERABLE
    with pytest.raises(OperatorError, match="nothing named"):
        server.resolve("no-such-id")


@pytest.mark.parametrize(
    ("reference", "words"),
    [("nobody@lab.example", "no mailbox nobody"), (f"archive:{EMPTY}", "has no archive")],
)
def test_what_is_not_there_is_told_without_commands_of_the_premises(
    open_online: OpenOnline, reference: str, words: str
) -> None:
    with pytest.raises(OperatorError, match=words) as told:
        open_online().resolve(reference)
    assert "Management Shell" not in told.value.hint


def test_an_application_without_the_permission_is_told_where_to_grant_it(
    open_online: OpenOnline, register: Register
) -> None:
    with pytest.raises(AccessDenied, match="no permission for EWS") as told:
        open_online(register(ews=False)).resolve(LARGE)
    assert "full_access_as_app" in told.value.hint


@pytest.mark.parametrize("switch", ["off", "not on the list"])
def test_where_ews_is_switched_off_every_mailbox_is_missing_with_the_dates(
    lab: Lab, tenant: Tenant, open_online: OpenOnline, switch: str
) -> None:
    with lab.cloud.directory.lock:
        tenant.reach.ews_enabled = switch != "off"
        tenant.reach.ews_allowed_apps = frozenset({"another"})
    before = lab.cloud.server.exchange.requests.total()
    found = [one for one in open_online().resources() if one.kind is ResourceKind.MAILBOX]
    missing = [one for one in found if one.address != lab.cloud.admin.upn]
    assert {one.is_missing for one in missing} == {True}
    for one in missing:
        assert "2026-10-01" in str(one.excluded)
        assert "2027-04-01" in str(one.excluded)
    assert lab.cloud.server.exchange.requests.total() == before

    with pytest.raises(AccessDenied, match="2027-04-01") as told:
        open_online().resolve(LARGE)
    assert "Set-OrganizationConfig -EwsEnabled $true -EwsAllowedAppIDs" in told.value.hint


def test_an_application_on_the_list_of_an_organisation_goes_on(
    lab: Lab, tenant: Tenant, open_online: OpenOnline, details: ConnectionDetails
) -> None:
    with lab.cloud.directory.lock:
        tenant.reach.ews_enabled = True
        tenant.reach.ews_allowed_apps = frozenset({details.client_id})
    assert open_online().resolve(LARGE).excluded is None


def test_a_scoped_application_lists_its_own_and_says_that_others_are_out_of_scope(
    lab: Lab, tenant: Tenant, open_online: OpenOnline, register: Register
) -> None:
    details = register(ews=False, graph=("User.Read.All",))
    with lab.cloud.directory.lock:
        tenant.reach.add_mailbox_scope(
            details.client_id, "Application EWS.AccessAsApp", [LARGE.upper()]
        )
    found = _by_reference(open_online(details).resources())
    assert found[LARGE].excluded is None
    assert "Outside the scope" in str(found[EMPTY].excluded)
    assert not found[EMPTY].is_missing, "somebody chose that"
    with pytest.raises(AccessDenied, match="outside the scope") as told:
        open_online(details).resolve(EMPTY)
    assert f"-Resource '{EMPTY}'" in told.value.hint


def test_where_ews_is_off_nobody_is_called_out_of_scope(
    lab: Lab, tenant: Tenant, open_online: OpenOnline, register: Register
) -> None:
    details = register(ews=False, graph=("User.Read.All",))
    with lab.cloud.directory.lock:
        tenant.reach.add_mailbox_scope(details.client_id, "Application EWS.AccessAsApp", [LARGE])
        tenant.reach.ews_enabled = False
    server = open_online(details)
    found = _by_reference(server.resources())
    for mailbox in lab.estate.mailboxes:
        assert found[mailbox.address].is_missing
        assert "2027-04-01" in str(found[mailbox.address].excluded)
    # Whether EWS is on at all, and who is there; no mailbox was asked for.
    assert server.traffic.requests == 2


def test_tenants_stand_side_by_side_and_an_application_of_one_opens_nothing_in_the_other(
    lab: Lab, open_online: OpenOnline, details: ConnectionDetails
) -> None:
    cloud = lab.cloud
    with cloud.directory.lock:
        other = cloud.directory.add_tenant("Other", "other.onmicrosoft.example", "other.example")
        app = other.add_application("Keeper")
        other.add_secret(app, "of the other")
        other.grant(app.app_id, "00000002-0000-0ff1-ce00-000000000000", "full_access_as_app")
        other.grant(
            app.app_id,
            "00000003-0000-0000-c000-000000000000",
            "User.Read.All",
            "Organization.Read.All",
        )
        other.add_user("zoe@other.example", "Zoe", password="x")
    there = replace(
        details,
        tenant="other.example",
        client_id=app.app_id,
        auth="client-secret",
        certificate=None,
        client_secret=details.certificate and type(details.certificate)("of the other"),
    )
    assert there.server_key != details.server_key
    here_server, there_server = open_online(), open_online(there)
    assert here_server.facts()["tenant_name"] == "Lab"
    assert there_server.facts()["tenant_name"] == "Other"
    assert {one.address for one in there_server.resources()} == {
        "zoe@other.example",
        "public-folders",
    }
    with pytest.raises(AccessDenied):
        there_server.resolve(LARGE)
    assert here_server.resolve(LARGE).address == LARGE
