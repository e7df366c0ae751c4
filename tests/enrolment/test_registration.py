"""An administrator signs in once, and the connection's applications are there with their rights."""

from __future__ import annotations

from strongroom.lab.entra.tenant import Tenant
from strongroom.lab.entra.words import User
from strongroom.service.application import Application
from strongroom.service.connections import RegisteredView
from strongroom.service.details import ConnectionDetails
from strongroom.service.registration import RegistrationWish
from tests.enrolment.conftest import People, granted

GRAPH = "Microsoft Graph"
SHAREPOINT = "Office 365 SharePoint Online"
BACKUP = {
    f"{GRAPH}: {name}"
    for name in (
        "User.Read.All",
        "MailboxSettings.Read",
        "MailboxFolder.Read.All",
        "MailboxItem.Read.All",
        "MailboxItem.Export.All",
    )
}
RESTORE = {
    f"{GRAPH}: {name}"
    for name in (
        "User.Read.All",
        "MailboxSettings.Read",
        "MailboxFolder.ReadWrite.All",
        "MailboxItem.Read.All",
        "MailboxItem.ImportExport.All",
    )
}


def test_the_registered_application_has_exactly_what_a_backup_needs(
    application: Application,
    exchange: ConnectionDetails,
    people: People,
    admin: User,
    tenant: Tenant,
) -> None:
    before = set(tenant.applications)
    made = application.connections.add_registered(
        "office", exchange, RegistrationWish(), people.prompt(admin)
    )
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
