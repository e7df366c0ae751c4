"""An administrator signs in once, and the connection's applications are there with their rights."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from strongroom.errors import OperatorError, StrongroomError
from strongroom.lab.entra import well_known
from strongroom.lab.entra.directory import Directory
from strongroom.lab.entra.tenant import Tenant
from strongroom.lab.entra.words import User
from strongroom.service.application import Application
from strongroom.service.connections import RegisteredView
from strongroom.service.details import ConnectionDetails
from strongroom.service.registration import RegistrationWish
from strongroom.service.rights import Role
from strongroom.vault.secret import Secret
from strongroom.wire.entra.registration import Registrar
from tests.enrolment.conftest import Line, People, granted
from tests.enrolment.rights import BACKUP, RESTORE
from tests.fakes.canaries import found_below, found_in
from tests.fakes.hand_clock import HandClock
from tests.service.support import acting, audited, caller

WISH = RegistrationWish()


def test_the_registered_application_has_exactly_what_a_backup_needs(
    application: Application,
    exchange: ConnectionDetails,
    people: People,
    admin: User,
    tenant: Tenant,
) -> None:
    before = set(tenant.applications)
    made = application.connections.add_registered("office", exchange, WISH, people.prompt(admin))
    assert isinstance(made, RegisteredView)
    (client_id,) = set(tenant.applications) - before
    assert made.view.client_id == client_id
    assert (made.view.auth, made.view.owners) == ("certificate", ())
    assert granted(tenant, client_id) == BACKUP
    (told,) = made.report.applications
    assert (told.client_id, told.purpose, told.was_there) == (client_id, "backup", False)
    assert {f"{one.api}: {one.name}" for one in told.permissions} == BACKUP
    assert made.report.administrator == admin.upn
    assert "Microsoft Graph Command Line Tools" in made.report.signed_in_through
    assert made.report.script == ""
    assert any("nothing else" in one for one in made.report.checked)
    (certificate,) = tenant.applications[client_id].certificates
    assert told.certificate == certificate.sha256.hex().upper()
    assert told.certificate_ends.startswith("202")


def test_a_separate_application_restores_and_each_has_a_certificate_of_its_own(
    application: Application,
    exchange: ConnectionDetails,
    people: People,
    admin: User,
    tenant: Tenant,
) -> None:
    wish = RegistrationWish(can_restore=True, sign_in="device-code")
    made = application.connections.add_registered("office", exchange, wish, people.prompt(admin))
    backup, restore = made.report.applications
    assert (backup.purpose, restore.purpose) == ("backup", "restore")
    assert (made.view.client_id, made.view.restore_client_id) == (
        backup.client_id,
        restore.client_id,
    )
    assert granted(tenant, backup.client_id) == BACKUP
    assert granted(tenant, restore.client_id) == RESTORE
    assert backup.certificate != restore.certificate
    assert [one.way for one in people.shown] == ["device-code"]
    kept = application.connections.details(application.connections.record("office"))
    assert kept.secret("certificate") != kept.secret("restore_certificate")


def test_ews_is_granted_only_to_who_wished_for_it_and_told_what_it_means(
    application: Application,
    exchange: ConnectionDetails,
    people: People,
    admin: User,
    tenant: Tenant,
) -> None:
    wish = RegistrationWish(uses_ews=True)
    made = application.connections.add_registered("office", exchange, wish, people.prompt(admin))
    held = granted(tenant, made.view.client_id)
    assert held == BACKUP | {"Office 365 Exchange Online: full_access_as_app"}
    assert f"@('{made.view.client_id}')" in made.report.script
    assert any("2027-04-01" in step for step in made.report.steps)


def test_nothing_of_the_administrator_is_kept_anywhere(
    application: Application,
    exchange: ConnectionDetails,
    people: People,
    admin: User,
    directory: Directory,
    line: Line,
    tmp_path: Path,
) -> None:
    made = application.connections.add_registered("office", exchange, WISH, people.prompt(admin))
    with directory.lock:
        refresh = list(directory.refresh_tokens)
    tokens = [*refresh, *line.tokens]
    assert refresh
    assert len(line.tokens) >= 1
    kept = application.connections.details(application.connections.record("office"))
    records = [str(one) for one in application.audit.records()]
    written = f"{made!r}{records!r}".encode() + kept.to_bytes()
    assert found_in(written, tokens) == []
    assert found_below(tmp_path / "home", tokens) == []
    assert kept.token_cache is None
    key = kept.secret("certificate").reveal().splitlines()[-3]
    assert key not in f"{made!r}{records!r}"
    assert found_below(tmp_path / "home", [key]) == []


def test_what_was_done_in_the_tenant_is_written_down(
    application: Application, exchange: ConnectionDetails, people: People, admin: User
) -> None:
    made = application.connections.add_registered("office", exchange, WISH, people.prompt(admin))
    (told,) = [r for r in application.audit.records() if r.verb == "connections.registered"]
    assert told.about["applications"] == [made.view.client_id]
    assert told.about["administrator"] == admin.upn


def test_a_name_that_is_taken_is_refused_before_anybody_signs_in(
    application: Application, exchange: ConnectionDetails, people: People, admin: User
) -> None:
    application.connections.add_registered("office", exchange, WISH, people.prompt(admin))
    people.shown.clear()
    for name in ("office", "../office"):
        with pytest.raises(OperatorError):
            application.connections.add_registered(name, exchange, WISH, people.prompt(admin))
    assert people.shown == []


@pytest.mark.parametrize("tenant_name", ["common", "organizations", "Consumers"])
def test_the_way_in_to_all_tenants_is_no_tenant(
    tenant_name: str,
    application: Application,
    exchange: ConnectionDetails,
    people: People,
    admin: User,
) -> None:
    with pytest.raises(OperatorError, match="names no tenant"):
        application.connections.add_registered(
            "office", replace(exchange, tenant=tenant_name), WISH, people.prompt(admin)
        )
    assert people.shown == []


def test_a_tenant_that_takes_a_while_to_know_it_is_waited_for(
    application: Application,
    exchange: ConnectionDetails,
    people: People,
    admin: User,
    directory: Directory,
    clock: HandClock,
) -> None:
    directory.habits.replication_s = 90.0
    directory.habits.directory_s = 5.0
    made = application.connections.add_registered("office", exchange, WISH, people.prompt(admin))
    assert 90.0 <= clock.monotonic_s() < 200.0
    assert made.report.checked


def test_a_tenant_that_never_knows_it_ends_and_the_next_try_goes_on_with_what_is_there(
    application: Application,
    exchange: ConnectionDetails,
    people: People,
    admin: User,
    directory: Directory,
    tenant: Tenant,
    clock: HandClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = set(tenant.applications)
    directory.habits.replication_s = 36_000.0
    # Each wait takes ten times as long, so that there are fewer.
    monkeypatch.setattr(clock, "sleep", lambda wait_s: clock.move(seconds=10 * wait_s))
    with pytest.raises(OperatorError, match="cannot sign in yet") as caught:
        application.connections.add_registered("office", exchange, WISH, people.prompt(admin))
    (client_id,) = set(tenant.applications) - before
    assert client_id in caught.value.hint
    assert application.connections.all() == []
    directory.habits.replication_s = 0.0
    made = application.connections.add_registered("office", exchange, WISH, people.prompt(admin))
    assert made.view.client_id == client_id
    assert made.report.applications[0].was_there
    assert len(tenant.applications[client_id].certificates) == 1


def test_killed_in_the_middle_it_goes_on_when_it_is_run_again(
    application: Application,
    exchange: ConnectionDetails,
    people: People,
    admin: User,
    tenant: Tenant,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = set(tenant.applications)

    def die(*_: object) -> str:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Registrar, "_principal", die)
        with pytest.raises(KeyboardInterrupt):
            application.connections.add_registered("office", exchange, WISH, people.prompt(admin))
    assert len(set(tenant.applications) - before) == 1
    assert application.connections.all() == []
    made = application.connections.add_registered("office", exchange, WISH, people.prompt(admin))
    assert {made.view.client_id} == set(tenant.applications) - before
    assert granted(tenant, made.view.client_id) == BACKUP


def test_another_connection_gets_another_application(
    application: Application,
    exchange: ConnectionDetails,
    people: People,
    admin: User,
    tenant: Tenant,
) -> None:
    first = application.connections.add_registered("office", exchange, WISH, people.prompt(admin))
    second = application.connections.add_registered("branch", exchange, WISH, people.prompt(admin))
    assert first.view.client_id != second.view.client_id


def test_graph_that_breaks_in_the_middle_is_told_with_what_was_made(
    application: Application,
    exchange: ConnectionDetails,
    people: People,
    admin: User,
    tenant: Tenant,
    line: Line,
) -> None:
    before = set(tenant.applications)
    line.cut = lambda request: "appRoleAssignments" in request.path
    with pytest.raises(StrongroomError, match="Graph is busy") as caught:
        application.connections.add_registered("office", exchange, WISH, people.prompt(admin))
    (left,) = set(tenant.applications) - before
    assert f"{left} was made already" in caught.value.hint
    assert application.connections.all() == []
    assert ("connections.add_registered", "allowed") in {
        (verb, outcome) for _, verb, outcome in audited(application)
    }


def test_a_guarded_connection_can_be_registered_and_asks_its_password(
    application: Application, exchange: ConnectionDetails, people: People, admin: User
) -> None:
    made = application.connections.add_registered(
        "office", exchange, WISH, people.prompt(admin), password=Secret("a guard of our own")
    )
    assert made.view.is_guarded
    administrator = acting(application, caller(7001))
    application.delegation.give_role("uid:7001", Role.ADMINISTRATOR)
    (listed,) = administrator.connections.all()
    assert listed.is_locked
    assert well_known.GRAPH_COMMAND_LINE in made.report.signed_in_through
