"""Each application may do what it is for and no more; where some were chosen, only there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from urllib.parse import quote, urlsplit

import pytest
import urllib3

from strongroom.compose.cloud_sign_ins import place_of
from strongroom.compose.least_privilege import EVERYWHERE, ONLY_SOME, rights
from strongroom.errors import OperatorError
from strongroom.lab.entra import well_known
from strongroom.lab.entra.tenant import Tenant
from strongroom.lab.entra.words import User
from strongroom.lab.graph.face import GraphFace
from strongroom.service.application import Application
from strongroom.service.details import EXCHANGE_ONLINE, SHAREPOINT_ONLINE, ConnectionDetails
from strongroom.service.registration import BACKUP, RESTORE, RegistrationWish
from strongroom.vault.secret import Secret
from strongroom.wire.entra import permissions
from strongroom.wire.entra.app_only import AppOnly, CertificateProof
from strongroom.wire.entra.permissions import Permission
from tests.enrolment.conftest import People, granted
from tests.fakes.hand_clock import HandClock

ONLY_ANN = RegistrationWish(can_restore=True, mailboxes=("ann@lab.example",))
WRITES = ("Write", "Import", "FullControl", "Manage")
KNOWN = [one for one in vars(permissions).values() if isinstance(one, Permission)]


@pytest.mark.parametrize("one", KNOWN, ids=lambda one: f"{one.resource[:8]}-{one.name}")
def test_every_id_is_the_one_that_the_tenants_api_gives(one: Permission) -> None:
    right = well_known.RESOURCES[one.resource].role(one.name)
    assert right is not None
    assert right.id == one.id
    assert one.meaning


def test_the_table_is_what_it_is() -> None:
    def names(kind: str, purpose: str, wish: RegistrationWish) -> list[str]:
        return sorted(one.name for one in rights(kind, purpose, wish).in_tenant)

    everything, chosen = RegistrationWish(), RegistrationWish(mailboxes=("a@b.example",))
    read = ["MailboxFolder.Read.All", "MailboxItem.Export.All", "MailboxItem.Read.All"]
    write = ["MailboxFolder.ReadWrite.All", "MailboxItem.ImportExport.All", "MailboxItem.Read.All"]
    ours = ["MailboxSettings.Read", "User.Read.All"]
    assert names(EXCHANGE_ONLINE, BACKUP, everything) == [*read, *ours]
    ours[0] = "MailboxSettings.ReadWrite"
    assert names(EXCHANGE_ONLINE, RESTORE, everything) == [*write, *ours]
    assert names(EXCHANGE_ONLINE, BACKUP, chosen) == ["User.Read.All"]
    assert names(EXCHANGE_ONLINE, RESTORE, chosen) == ["User.Read.All"]
    sites = RegistrationWish(sites=("https://lab.example/sites/a",))
    assert names(SHAREPOINT_ONLINE, BACKUP, everything) == ["Sites.Read.All"] * 2
    assert names(SHAREPOINT_ONLINE, RESTORE, everything) == [
        "Sites.FullControl.All",
        "Sites.Read.All",
    ]
    for purpose in (BACKUP, RESTORE):
        assert names(SHAREPOINT_ONLINE, purpose, sites) == ["Sites.Selected"] * 2
    seeing = RegistrationWish(sees_permissions=True)
    assert names(SHAREPOINT_ONLINE, BACKUP, seeing) == ["Sites.FullControl.All", "Sites.Read.All"]
    assert names(EXCHANGE_ONLINE, BACKUP, seeing) == names(EXCHANGE_ONLINE, BACKUP, everything)
    some = replace(seeing, sites=sites.sites)
    assert names(SHAREPOINT_ONLINE, BACKUP, some) == ["Sites.Selected"] * 2
    assert rights(SHAREPOINT_ONLINE, BACKUP, some).site_role == "fullcontrol"
    assert EVERYWHERE.keys() == ONLY_SOME.keys()


@pytest.mark.parametrize("kind", [EXCHANGE_ONLINE, SHAREPOINT_ONLINE])
@pytest.mark.parametrize("purpose", [BACKUP, RESTORE])
@pytest.mark.parametrize("has_ews", [True, False])
def test_what_was_chosen_is_granted_nowhere_else(
    kind: str,
    purpose: str,
    has_ews: bool,  # noqa: FBT001 - pytest gives it by name
) -> None:
    wish = RegistrationWish(uses_ews=has_ews and kind == EXCHANGE_ONLINE)
    everywhere = rights(kind, purpose, wish)
    given = {one.name: getattr(wish, one.name) for one in fields(wish)}
    chosen = "mailboxes" if kind == EXCHANGE_ONLINE else "sites"
    some = rights(kind, purpose, RegistrationWish(**{**given, chosen: ("x@y.example",)}))
    content = {one for one in everywhere.in_tenant if one != permissions.USERS_READ}
    assert not content & set(some.in_tenant)
    if kind == EXCHANGE_ONLINE:
        assert set(some.in_exchange) == {one.exchange_role for one in content}
        assert "" not in some.in_exchange
    else:
        assert some.sites == ("x@y.example",)


@pytest.mark.parametrize("kind", [EXCHANGE_ONLINE, SHAREPOINT_ONLINE])
def test_what_backs_up_can_write_nothing(kind: str) -> None:
    for wish in (RegistrationWish(), RegistrationWish(mailboxes=("a@b.example",))):
        allowed = rights(kind, BACKUP, wish)
        names = [one.name for one in allowed.in_tenant] + list(allowed.in_exchange)
        assert not [name for name in names if any(word in name for word in WRITES)]
    assert rights(kind, BACKUP, RegistrationWish(sites=("x",))).site_role in {"read", ""}


Try = Callable[[str, Secret, str], dict[str, int]]


@pytest.fixture
def thief(
    exchange: ConnectionDetails, graph: GraphFace, pool: urllib3.PoolManager, clock: HandClock
) -> Try:
    """Try what can be done with an identity that was stolen, in somebody's mailbox."""

    def attempt(client_id: str, certificate: Secret, mailbox: str) -> dict[str, int]:
        proof = CertificateProof(pem=certificate.reveal())
        token = AppOnly(place_of(exchange, clock), client_id, proof).tokens(graph.url).token()

        def ask(method: str, path: str, body: object = None) -> urllib3.BaseHTTPResponse:
            headers = {"Authorization": f"Bearer {token}"}
            url = f"{graph.url}/v1.0/{path}"
            return pool.request(method, url, json=body, headers=headers)

        box = ask("GET", f"users/{mailbox}/settings/exchange").json()["primaryMailboxId"]
        place = f"admin/exchange/mailboxes/{quote(box)}"
        return {
            "folders": ask("GET", f"{place}/folders").status,
            "export": ask("POST", f"{place}/exportItems", {"itemIds": ["x"]}).status,
            "import": ask("POST", f"{place}/createImportSession", {}).status,
        }

    return attempt


def _kept(application: Application, name: str) -> ConnectionDetails:
    return application.connections.details(application.connections.record(name))


def test_a_stolen_backup_identity_cannot_write_and_the_restore_identity_can(
    application: Application,
    exchange: ConnectionDetails,
    people: People,
    admin: User,
    ann: User,
    thief: Try,
) -> None:
    wish = RegistrationWish(can_restore=True)
    application.connections.add_registered("office", exchange, wish, people.prompt(admin))
    kept = _kept(application, "office")
    taken = thief(kept.client_id, kept.secret("certificate"), ann.upn)
    assert taken == {"folders": 200, "export": 200, "import": 403}
    other = thief(kept.restore_client_id, kept.secret("restore_certificate"), ann.upn)
    assert other["import"] in {200, 201}


def test_a_mailbox_that_was_not_chosen_is_refused_and_so_are_all_until_exchange_was_told(
    application: Application,
    exchange: ConnectionDetails,
    people: People,
    admin: User,
    ann: User,
    tenant: Tenant,
    thief: Try,
) -> None:
    bob = tenant.add_user("bob@lab.example", "Bob", password="bob's")
    made = application.connections.add_registered(
        "office", exchange, ONLY_ANN, people.prompt(admin)
    )
    backup, restore = made.report.applications
    for one in (backup, restore):
        assert granted(tenant, one.client_id) == {"Microsoft Graph: User.Read.All"}
        principal = tenant.principal(one.client_id)
        assert principal is not None
        assert one.principal_id == principal.id
        assert f"-AppId '{one.client_id}' -ObjectId '{one.principal_id}'" in made.report.script
    assert "EmailAddresses -eq ''ann@lab.example''" in made.report.script
    assert any("half an hour to two hours" in step for step in made.report.steps)
    kept = _kept(application, "office")
    stolen = (kept.client_id, kept.secret("certificate"))
    nothing = {"folders": 403, "export": 403, "import": 403}
    assert thief(*stolen, ann.upn) == nothing
    # What the script does, role by role.
    for role in rights(EXCHANGE_ONLINE, BACKUP, ONLY_ANN).in_exchange:
        assert f"'{role}'" in made.report.script
        tenant.reach.add_mailbox_scope(backup.client_id, role, ["ann@lab.example"])
    assert thief(*stolen, ann.upn) == {"folders": 200, "export": 200, "import": 403}
    assert thief(*stolen, bob.upn) == nothing


def test_only_the_chosen_sites_are_reached_and_that_is_proved(
    application: Application,
    sharepoint: ConnectionDetails,
    people: People,
    admin: User,
    tenant: Tenant,
) -> None:
    marketing = f"{sharepoint.url}/sites/marketing"
    wish = RegistrationWish(can_restore=True, sites=(marketing,))
    made = application.connections.add_registered("sites", sharepoint, wish, people.prompt(admin))
    backup, restore = made.report.applications
    for one in (backup, restore):
        assert granted(tenant, one.client_id) == {
            "Microsoft Graph: Sites.Selected",
            "Office 365 SharePoint Online: Sites.Selected",
        }
        assert one.sites == (marketing,)
    held = {
        (one.app_id, urlsplit(tenant.reach.sites[one.site_id].url).path, one.role)
        for one in tenant.reach.site_grants.values()
    }
    assert held == {
        (backup.client_id, "/sites/marketing", "read"),
        (restore.client_id, "/sites/marketing", "fullcontrol"),
    }
    told = " ".join(made.report.checked)
    assert f"reaches {marketing}" in told
    assert made.view.url == marketing, "the connection begins where it may go"
    assert f"{sharepoint.url}/, which was not chosen, is refused" in told
    application.connections.remove("sites")
    application.connections.add_registered("sites", sharepoint, wish, people.prompt(admin))
    assert len(tenant.reach.site_grants) == 2


def test_an_application_that_reaches_more_than_was_chosen_is_not_kept(
    application: Application,
    sharepoint: ConnectionDetails,
    people: People,
    admin: User,
    tenant: Tenant,
) -> None:
    root = next(one for one in tenant.reach.sites.values() if not urlsplit(one.url).path)
    wish = RegistrationWish(sites=(f"{sharepoint.url}/sites/board",))
    before = set(tenant.applications)
    made = application.connections.add_registered("sites", sharepoint, wish, people.prompt(admin))
    application.connections.remove("sites")
    tenant.reach.grant_site(made.view.client_id, root, "read")
    with pytest.raises(OperatorError, match="more than the sites that were chosen"):
        application.connections.add_registered("sites", sharepoint, wish, people.prompt(admin))
    assert application.connections.all() == []
    assert len(set(tenant.applications) - before) == 1


def test_a_site_of_another_cloud_is_refused_before_anybody_signs_in(
    application: Application, sharepoint: ConnectionDetails, people: People, admin: User
) -> None:
    wish = RegistrationWish(sites=("https://sites.elsewhere.example/sites/a",))
    with pytest.raises(OperatorError, match="not in the tenant's cloud"):
        application.connections.add_registered("sites", sharepoint, wish, people.prompt(admin))
    assert people.shown == []


@pytest.mark.parametrize(
    ("wish", "match"),
    [
        (RegistrationWish(sites=("https://lab.example/sites/a",)), "have sites"),
        (RegistrationWish(mailboxes=("ann'@lab.example",)), "address of a mailbox"),
    ],
)
def test_a_wish_that_cannot_be_is_refused_before_anybody_signs_in(
    wish: RegistrationWish,
    match: str,
    application: Application,
    exchange: ConnectionDetails,
    people: People,
    admin: User,
) -> None:
    with pytest.raises(OperatorError, match=match):
        application.connections.add_registered("office", exchange, wish, people.prompt(admin))
    assert people.shown == []


def test_a_site_that_is_not_there_is_named_before_anything_is_made(
    application: Application,
    sharepoint: ConnectionDetails,
    people: People,
    admin: User,
    tenant: Tenant,
) -> None:
    before = set(tenant.applications)
    wish = RegistrationWish(sites=(f"{sharepoint.url}/sites/nowhere",))
    with pytest.raises(OperatorError, match="There is no site at"):
        application.connections.add_registered("sites", sharepoint, wish, people.prompt(admin))
    assert set(tenant.applications) == before
