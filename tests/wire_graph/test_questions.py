"""What a connection's test and its list of resources ask, answered by the lab's Graph."""

from __future__ import annotations

import pytest

from strongroom.lab.entra import well_known
from strongroom.lab.entra.tenant import Tenant
from strongroom.lab.entra.words import Application, User
from strongroom.wire.graph import mailboxes
from strongroom.wire.graph.exchange_settings import read_mailbox_id
from strongroom.wire.graph.granted import GrantedPermission, list_granted
from strongroom.wire.graph.mailbox_purpose import read_purpose
from strongroom.wire.graph.organization import read_organization
from strongroom.wire.graph.refusals import GraphDenied, GraphRefused
from strongroom.wire.graph.users import find_user, list_users, read_me
from tests.wire_graph.conftest import AsApplication


def _grant(tenant: Tenant, app: Application, *roles: str) -> None:
    tenant.grant(app.app_id, well_known.GRAPH, *roles)


def test_the_tenant_says_which_it_is_and_where_its_gateway_is(
    as_application: AsApplication, tenant: Tenant, app: Application
) -> None:
    _grant(tenant, app, "Organization.Read.All")
    graph = as_application(app)
    found = read_organization(graph)
    assert (found.id, found.name, found.country) == (tenant.id, "Lab", "CH")
    assert graph.facts.data_center == "West Europe"


def test_all_pages_of_people_are_read_and_guests_are_told_apart(
    as_application: AsApplication, tenant: Tenant, app: Application
) -> None:
    for number in range(4):
        tenant.add_user(f"u{number}@lab.example", f"User {number}", password="x")
    guest = tenant.add_user("eve_away.example#EXT#@lab.example", "Eve", password="x")
    guest.is_guest, guest.has_mailbox = True, False
    _grant(tenant, app, "User.Read.All")
    graph = as_application(app)

    found = list(list_users(graph, at_once=2))
    assert [one.address for one in found] == [*(f"u{n}@lab.example" for n in range(4)), ""]
    assert [one.is_guest for one in found] == [False] * 4 + [True]
    assert graph.meter.now().requests == 3
    assert find_user(graph, guest.upn).name == "Eve", "a # in a name is part of the name"


def test_nobody_is_behind_an_applications_token(
    as_application: AsApplication, app: Application
) -> None:
    with pytest.raises(GraphRefused):
        read_me(as_application(app))


def test_the_id_of_a_mailbox_holds_its_guid_and_who_has_none_is_told(
    as_application: AsApplication, tenant: Tenant, app: Application, ann: User
) -> None:
    _grant(tenant, app, "User.Read.All")
    nobody = tenant.add_user("bare@lab.example", "Bare", password="x", has_mailbox=False)
    graph = as_application(app)
    assert read_mailbox_id(graph, ann.upn) == f"MBX:{ann.mailbox_guid}@{tenant.id}"
    with pytest.raises(GraphRefused) as told:
        read_mailbox_id(graph, nobody.upn)
    assert told.value.code == "MailboxNotEnabledForRESTAPI"
    assert "no mailbox" in told.value.what


def test_what_a_mailbox_is_for_is_told(
    as_application: AsApplication, tenant: Tenant, app: Application, ann: User
) -> None:
    _grant(tenant, app, "MailboxSettings.Read")
    ann.purpose = "shared"
    assert read_purpose(as_application(app), ann.id) == "shared"
    ann.purpose = "others"
    assert read_purpose(as_application(app), ann.id) == "user"


def test_what_an_application_was_granted_is_listed_by_name_to_one_that_may_look(
    as_application: AsApplication, tenant: Tenant, app: Application
) -> None:
    tenant.grant(app.app_id, well_known.EXCHANGE, "full_access_as_app")
    with pytest.raises(GraphDenied) as told:
        list(list_granted(as_application(app), app.app_id))
    assert told.value.code == "Authorization_RequestDenied"
    assert "permission" in told.value.what

    _grant(tenant, app, "Application.Read.All")
    assert set(list_granted(as_application(app), app.app_id)) == {
        GrantedPermission(api=well_known.EXCHANGE, name="full_access_as_app"),
        GrantedPermission(api=well_known.GRAPH, name="Application.Read.All"),
    }


@pytest.mark.parametrize(
    ("ask", "right"),
    [
        (mailboxes.see_folders, "MailboxFolder.Read.All"),
        (mailboxes.see_items, "MailboxItem.Read.All"),
        (mailboxes.try_export, "MailboxItem.Export.All"),
        (mailboxes.try_import, "MailboxItem.ImportExport.All"),
    ],
)
def test_a_right_is_refused_or_let_through_before_anything_is_changed(
    as_application: AsApplication,
    tenant: Tenant,
    app: Application,
    ann: User,
    ask: object,
    right: str,
) -> None:
    assert callable(ask)
    mailbox_id = f"MBX:{ann.mailbox_guid}@{tenant.id}"
    with pytest.raises(GraphDenied) as told:
        ask(as_application(app), mailbox_id)
    assert told.value.code == "ErrorAccessDenied"
    _grant(tenant, app, right)
    assert ask(as_application(app), mailbox_id) is None
