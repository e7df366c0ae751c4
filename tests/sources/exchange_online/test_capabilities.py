"""What a test of a tenant's connection says of each right: there, or missing with its step."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from strongroom.errors import ItemError
from strongroom.lab.entra.tenant import Tenant
from strongroom.lab.entra.well_known import GRAPH
from strongroom.lab.lab import Lab
from strongroom.service.details import ConnectionDetails
from strongroom.vault.secret import Secret
from strongroom.wire.ews.connection import EwsConnection
from strongroom.wire.ews.faults import RequestDenied, RequestRefused
from strongroom.words.capability import Capability, CapabilityOutcome
from tests.sources.exchange_online.conftest import (
    EMPTY,
    LARGE,
    READING,
    WRITING,
    OpenOnline,
    Register,
    by_name,
    known,
    outcomes,
)

EVERY_ROLE = (
    "Application EWS.AccessAsApp",
    "Application MailboxFolder.Read",
    "Application MailboxItem.Read",
    "Application MailboxItem.Export",
    "Application MailboxItem.ImportExport",
)


@pytest.fixture
def tenant(lab: Lab) -> Iterator[Tenant]:
    """Give the tenant; its switch for EWS and its scopes are as before when the test ends."""
    yield lab.cloud.tenant
    with lab.cloud.directory.lock:
        lab.cloud.tenant.reach.ews_enabled = None
        lab.cloud.tenant.reach.mailbox_scopes.clear()


@pytest.fixture
def somebody(lab: Lab) -> str:
    """Give somebody with mail in the folders that are looked into."""
    return lab.cast.users[0].address


def _scope(lab: Lab, details: ConnectionDetails, *mailboxes: str) -> None:
    with lab.cloud.directory.lock:
        for role in EVERY_ROLE:
            lab.cloud.tenant.reach.add_mailbox_scope(details.client_id, role, mailboxes)


def test_an_application_with_every_right_proves_every_right(
    open_online: OpenOnline, register: Register, somebody: str
) -> None:
    found = outcomes(open_online(register()).capabilities(somebody))
    assert {name for name, outcome in found.items() if outcome == "proved"} == {
        "sign-in",
        "reach",
        "directory",
        "ews",
        "mailbox",
        "export",
        "upload",
        "archive",
        "recoverable-items",
        "graph-folders",
        "graph-items",
        "graph-export",
        "graph-make-folders",
        "graph-import",
    }
    assert {name for name, outcome in found.items() if outcome != "proved"} == {
        "public-folders",
        "group-mailboxes",
        "scope",
    }


@pytest.mark.parametrize(
    ("left_out", "missing"),
    [
        ("User.Read.All", {"directory"}),
        ("MailboxItem.Read.All", {"graph-items"}),
        ("MailboxItem.ImportExport.All", {"graph-import"}),
    ],
)
def test_a_right_that_is_missing_is_named_with_its_permission_and_where_to_grant_it(
    open_online: OpenOnline, register: Register, somebody: str, left_out: str, missing: set[str]
) -> None:
    granted = ("User.Read.All", *READING, *WRITING)
    details = register(graph=tuple(one for one in granted if one != left_out))
    found = by_name(open_online(details).capabilities(somebody))
    assert {one.name for one in found.values() if one.outcome == "missing"} == missing
    remedy = found[missing.pop()].remedy
    assert left_out in remedy
    assert details.client_id in remedy
    assert "Grant admin consent" in remedy


def test_the_wider_permission_carries_the_narrower_right(
    open_online: OpenOnline, register: Register, somebody: str
) -> None:
    wider = register(graph=("User.Read.All", *WRITING))
    found = outcomes(open_online(wider).capabilities(somebody))
    assert (found["graph-folders"], found["graph-export"]) == ("proved", "proved")
    assert found["graph-items"] == "missing"
    untried = outcomes(open_online(wider).capabilities(None))
    assert (untried["graph-folders"], untried["graph-export"]) == ("proved", "proved")
    assert untried["graph-items"] == "unknown"


def test_a_remedy_names_the_role_of_exchange_too(
    open_online: OpenOnline, register: Register, somebody: str
) -> None:
    details = register(graph=("User.Read.All",))
    found = by_name(open_online(details).capabilities(somebody))
    assert (
        f"New-ManagementRoleAssignment -App '{details.client_id}' "
        "-Role 'Application MailboxItem.Export' -CustomResourceScope"
    ) in found["graph-export"].remedy
    assert "2027-04-01" in found["graph-export"].detail


def test_without_a_mailbox_only_what_the_token_tells_is_said(
    open_online: OpenOnline, register: Register
) -> None:
    told = by_name(open_online(register()).capabilities(None))
    assert told["graph-export"].outcome == "proved"
    assert "Not tried on a mailbox" in told["graph-export"].detail
    assert told["mailbox"].outcome == told["export"].outcome == "unknown"

    silent = by_name(open_online(register(graph=())).capabilities(None))
    assert silent["graph-export"].outcome == "unknown", "a scoped right is in no token"
    assert "MailboxItem.Export.All" in silent["graph-export"].remedy


def test_without_the_permission_for_ews_nothing_of_ews_is_tried(
    lab: Lab, open_online: OpenOnline, register: Register, somebody: str
) -> None:
    before = lab.cloud.server.exchange.requests.total()
    found = by_name(open_online(register(ews=False)).capabilities(somebody))
    assert found["ews"].outcome == "missing"
    assert "no permission for EWS" in found["ews"].detail
    assert "Office 365 Exchange Online" in found["ews"].remedy
    assert found["mailbox"].outcome == found["upload"].outcome == "unknown"
    assert found["graph-export"].outcome == "proved", "Graph is another service"
    assert lab.cloud.server.exchange.requests.total() == before


def test_ews_that_is_switched_off_is_missing_with_the_dates_and_the_command(
    lab: Lab, tenant: Tenant, open_online: OpenOnline, register: Register, somebody: str
) -> None:
    details = register()
    with lab.cloud.directory.lock:
        tenant.reach.ews_enabled = False
    found = by_name(open_online(details).capabilities(somebody))
    assert found["ews"].outcome == "missing"
    assert "2026-10-01" in found["ews"].detail
    assert "2027-04-01" in found["ews"].detail
    assert f"-EwsAllowedAppIDs '{details.client_id}'" in found["ews"].remedy
    assert found["graph-export"].outcome == "proved"


def test_a_mailbox_that_is_not_there_proves_nothing_and_misses_nothing(
    open_online: OpenOnline, register: Register
) -> None:
    found = by_name(open_online(register()).capabilities("nobody@lab.example"))
    for name in ("mailbox", "export", "graph-folders", "graph-export"):
        assert found[name].outcome == "unknown"


@pytest.mark.parametrize(
    ("cause", "outcome"),
    [
        (RequestDenied("CANARY", code="ErrorAccessDenied", why="CANARY"), "missing"),
        (RequestRefused("CANARY", code="ErrorNonExistentMailbox", why="CANARY"), "unknown"),
        (ItemError("CANARY", code="ErrorCorruptData", why="CANARY"), "unknown"),
    ],
)
def test_of_what_the_server_says_only_the_code_is_shown(
    open_online: OpenOnline,
    register: Register,
    monkeypatch: pytest.MonkeyPatch,
    cause: Exception,
    outcome: str,
) -> None:
    def refuse(connection: EwsConnection, *_: object) -> None:
        raise cause

    server = open_online(register())
    monkeypatch.setattr("strongroom.sources.exchange_onprem.directory._roots", refuse)
    found = by_name(server.capabilities(LARGE))
    assert found["mailbox"].outcome == outcome
    assert str(getattr(cause, "code", "")) in found["mailbox"].detail
    assert "CANARY" not in repr(found)


def test_an_application_that_is_not_known_has_one_thing_to_mend(
    open_online: OpenOnline, register: Register
) -> None:
    details = replace(register(), client_secret=Secret("another"))
    found = by_name(open_online(details).capabilities(LARGE))
    assert set(found) == {"sign-in"}
    assert found["sign-in"].outcome == "missing"
    assert "Client secrets" in found["sign-in"].remedy
    assert "another" not in repr(found)


def test_a_scope_is_proved_by_a_mailbox_that_stays_shut(
    lab: Lab, tenant: Tenant, open_online: OpenOnline, register: Register
) -> None:
    details = register(ews=False, graph=("User.Read.All",))
    _scope(lab, details, LARGE)
    server = open_online(details)
    found = by_name(server.capabilities(LARGE))
    assert found["mailbox"].outcome == found["graph-export"].outcome == "proved"
    assert found["scope"].outcome == "unknown"
    assert "--outside" in found["scope"].detail
    kept = server.scope_kept(EMPTY)
    assert (kept.name, kept.outcome) == ("scope", "proved")
    assert EMPTY in kept.detail


@pytest.mark.parametrize("by", ["ews", "graph"])
def test_a_right_for_the_whole_tenant_beside_the_scope_is_told_with_what_to_take_away(
    lab: Lab, tenant: Tenant, open_online: OpenOnline, register: Register, by: str
) -> None:
    graph = ("User.Read.All", *(() if by == "ews" else ("MailboxItem.Export.All",)))
    details = register(ews=by == "ews", graph=graph)
    _scope(lab, details, LARGE)
    scope = open_online(details).scope_kept(EMPTY)
    named = "full_access_as_app" if by == "ews" else "MailboxItem.Export.All"
    assert scope.outcome == "missing"
    assert named in scope.detail
    assert f"remove {named}" in scope.remedy
    assert "User.Read.All" not in scope.remedy, "that opens no mailbox"


def test_a_right_that_was_granted_a_moment_ago_is_found_although_no_token_has_it_yet(
    lab: Lab, tenant: Tenant, open_online: OpenOnline, register: Register
) -> None:
    details = register(ews=False, graph=("User.Read.All", "Application.Read.All"))
    _scope(lab, details, LARGE)
    server = open_online(details)
    assert server.scope_kept(EMPTY).outcome == "proved"
    with lab.cloud.directory.lock:
        tenant.grant(details.client_id, GRAPH, "MailboxFolder.ReadWrite.All")
    scope = server.scope_kept(EMPTY)
    assert scope.outcome == "missing"
    assert "MailboxFolder.ReadWrite.All" in scope.remedy


def test_a_mailbox_that_opens_although_it_was_to_stay_shut_is_told(
    lab: Lab, tenant: Tenant, open_online: OpenOnline, register: Register
) -> None:
    details = register(ews=False, graph=("User.Read.All",))
    _scope(lab, details, LARGE, EMPTY)
    scope = open_online(details).scope_kept(EMPTY)
    assert scope.outcome == "missing"
    assert "(graph-folders, graph-items, graph-export, graph-import, mailbox)" in scope.detail


def test_a_scope_is_proved_by_ews_alone_where_graph_tells_nothing(
    lab: Lab, tenant: Tenant, open_online: OpenOnline, register: Register
) -> None:
    details = register(ews=False, graph=())
    with lab.cloud.directory.lock:
        tenant.reach.add_mailbox_scope(details.client_id, EVERY_ROLE[0], [LARGE])
    server = open_online(details)
    assert server.scope_kept(EMPTY).outcome == "proved"
    assert server.scope_kept(LARGE).outcome == "missing"


def test_a_mailbox_that_is_not_there_shows_nothing_of_a_scope(
    lab: Lab, tenant: Tenant, open_online: OpenOnline, register: Register
) -> None:
    details = register(ews=False, graph=("User.Read.All",))
    _scope(lab, details, LARGE)
    server = open_online(details)
    assert server.scope_kept("nobody@lab.example").outcome == "unknown"


def test_where_no_way_leads_to_a_mailbox_nothing_is_shown_of_a_scope(
    lab: Lab, tenant: Tenant, open_online: OpenOnline, register: Register
) -> None:
    details = register(ews=False, graph=())
    assert open_online(details).scope_kept(EMPTY).outcome == "unknown"


def test_the_application_that_restores_is_kept_to_the_scope_as_well(
    lab: Lab, tenant: Tenant, open_online: OpenOnline, register: Register
) -> None:
    details = register(ews=False, graph=("User.Read.All",))
    _scope(lab, details, LARGE)
    kept = open_online(_with_restorer(lab, details)).scope_kept(EMPTY)
    assert kept.outcome == "missing"
    assert known(lab, "restore").client_id in kept.remedy


def test_an_application_that_reaches_everything_is_told_how_to_be_kept_to_less(
    open_online: OpenOnline, register: Register
) -> None:
    scope = by_name(open_online(register()).capabilities(None))["scope"]
    assert scope.outcome == "not-applicable"
    assert "reaches every mailbox" in scope.detail


def _with_restorer(lab: Lab, details: ConnectionDetails) -> ConnectionDetails:
    restorer = known(lab, "restore")
    return replace(
        details,
        restore_client_id=restorer.client_id,
        restore_certificate=Secret(restorer.certificate),
    )


def test_the_application_that_restores_is_tried_beside_the_one_that_backs_up(
    lab: Lab, open_online: OpenOnline, details: ConnectionDetails, somebody: str
) -> None:
    found = by_name(open_online(_with_restorer(lab, details)).capabilities(somebody))
    for name in ("sign-in", "ews", "mailbox", "graph-make-folders", "graph-import"):
        assert found[f"restore-{name}"].outcome == "proved"
        assert known(lab, "restore").client_id in found[f"restore-{name}"].detail
    assert "graph-import" not in found, "nobody wants that of the one that backs up"
    assert found["backup-only"].outcome == "not-applicable"
    assert "EWS knows no right narrower" in found["backup-only"].detail


def test_what_the_one_that_restores_may_do_is_not_put_down_to_the_other(
    lab: Lab, open_online: OpenOnline, register: Register
) -> None:
    details = _with_restorer(lab, register(graph=("User.Read.All",)))
    found = by_name(open_online(details).capabilities(LARGE))
    assert found["graph-items"].outcome == found["graph-export"].outcome == "missing"
    assert details.client_id in found["graph-export"].remedy


def test_a_right_that_misses_in_a_mailbox_comes_with_no_command_of_the_premises(
    open_online: OpenOnline, register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    premises = Capability(
        name="upload",
        outcome=CapabilityOutcome.MISSING,
        detail="No.",
        remedy="New-ManagementRoleAssignment -Role ApplicationImpersonation",
    )
    monkeypatch.setattr(
        "strongroom.sources.exchange_onprem.capabilities.mailbox_capabilities",
        lambda account, mailbox: [premises, premises],
    )
    found = by_name(open_online(register()).capabilities(LARGE))
    assert "full_access_as_app" in found["upload"].remedy
    assert "ApplicationImpersonation" not in found["upload"].remedy


def test_an_application_that_is_to_back_up_only_may_not_write(
    lab: Lab, open_online: OpenOnline, register: Register
) -> None:
    only = register(ews=False, graph=("User.Read.All", *READING))
    found = by_name(open_online(_with_restorer(lab, only)).capabilities(None))
    assert found["backup-only"].outcome == "proved"
    more = register(ews=False)
    found = by_name(open_online(_with_restorer(lab, more)).capabilities(None))
    assert found["backup-only"].outcome == "missing"
    assert "remove MailboxFolder.ReadWrite.All, MailboxItem.ImportExport.All" in (
        found["backup-only"].remedy
    )


def test_a_restorer_that_cannot_sign_in_hides_nothing_of_the_other(
    lab: Lab, open_online: OpenOnline, register: Register
) -> None:
    details = replace(
        register(),
        restore_client_id=known(lab, "restore").client_id,
        restore_certificate=Secret(known(lab, "backup").certificate),
    )
    found = by_name(open_online(details).capabilities(LARGE))
    assert found["restore-sign-in"].outcome == "missing"
    assert "upload the public part" in found["restore-sign-in"].remedy
    assert found["mailbox"].outcome == "proved"
