"""What a connection test finds out through Graph: people, mailboxes in scope, selected sites."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
import urllib3

from strongroom.lab.entra import well_known
from strongroom.lab.entra.tenant import Tenant
from strongroom.lab.entra.words import Application, User
from tests.fakes.hand_clock import HandClock
from tests.lab_entra.csdl import Csdl
from tests.lab_entra.graph_client import GraphClient


@pytest.fixture
def ben(tenant: Tenant) -> User:
    return tenant.add_user("ben@lab.example", "Ben Baker", password="ben's")


def _folders(client: GraphClient, user: User) -> tuple[int, Any]:
    return client.get(
        f"admin/exchange/mailboxes/MBX:{user.mailbox_guid}@{client.tenant.id}/folders"
    )


def test_people_are_listed_in_pages_and_found_by_address(
    client: GraphClient, app: Application, tenant: Tenant
) -> None:
    for number in range(5):
        tenant.add_user(f"u{number}@lab.example", f"User {number}", password="x")
    tenant.grant(app.app_id, well_known.GRAPH, "User.Read.All")
    keeper = client.as_application(app)
    first = keeper.get("users", top="2", select="id,userPrincipalName")[1]
    assert [set(one) for one in first["value"]] == [{"id", "userPrincipalName"}] * 2
    seen = [one["userPrincipalName"] for one in first["value"]]
    while "@odata.nextLink" in first:
        assert first["@odata.nextLink"].startswith(keeper.face.url)
        first = keeper.get(first["@odata.nextLink"].partition("/v1.0/")[2])[1]
        seen += [one["userPrincipalName"] for one in first["value"]]
    assert seen == [f"u{number}@lab.example" for number in range(5)]
    assert keeper.get("users/U3@lab.example")[1]["displayName"] == "User 3"
    assert keeper.get("users/nobody@lab.example")[0] == 404


def test_a_scoped_application_opens_its_mailboxes_and_no_other(
    client: GraphClient, app: Application, tenant: Tenant, ann: User, ben: User
) -> None:
    tenant.reach.add_mailbox_scope(app.app_id, "Application MailboxFolder.Read", [ann.upn])
    keeper = client.as_application(app)
    assert _folders(keeper, ann)[0] == 200
    status, refused = _folders(keeper, ben)
    assert (status, refused["error"]["code"]) == (403, "ErrorAccessDenied")
    # A permission for the whole tenant makes the scope meaningless.
    tenant.grant(app.app_id, well_known.GRAPH, "MailboxFolder.Read.All")
    assert _folders(client.as_application(app), ben)[0] == 200


def test_reading_folders_is_not_exporting_and_exporting_is_not_importing(
    client: GraphClient, app: Application, tenant: Tenant, ann: User
) -> None:
    tenant.grant(app.app_id, well_known.GRAPH, "User.Read.All", "MailboxItem.Export.All")
    keeper = client.as_application(app)
    mailbox = keeper.get(f"users/{ann.upn}/settings/exchange")[1]["primaryMailboxId"]
    home = f"admin/exchange/mailboxes/{mailbox}"
    assert keeper.get(f"{home}/folders")[0] == 403
    assert keeper.post(f"{home}/exportItems", {"itemIds": ["AAA="]})[0] == 200
    assert keeper.post(f"{home}/createImportSession", {})[0] == 403


def test_a_person_opens_their_own_mailbox_only(
    client: GraphClient, app: Application, ann: User, ben: User
) -> None:
    own = client.as_person(ann, app, "MailboxFolder.Read", "Mail.Read")
    assert _folders(own, ann)[0] == 200
    assert _folders(own, ben)[0] == 403
    assert own.get(f"users/{ann.upn}/mailFolders/inbox")[0] == 200
    assert own.get(f"users/{ben.upn}/mailFolders/inbox")[0] == 403


def test_a_selected_site_is_reached_and_its_neighbour_is_not(
    client: GraphClient, app: Application, tenant: Tenant, admin: User
) -> None:
    mine, other = (tenant.reach.add_site(f"/sites/{name}", name) for name in ("mine", "other"))
    tenant.grant(app.app_id, well_known.GRAPH, "Sites.Selected")
    keeper = client.as_application(app)
    assert keeper.get(f"sites/{mine.id}")[0] == 403
    ada = client.as_person(admin, app, "Sites.FullControl.All")
    wish = {
        "roles": ["read"],
        "grantedToIdentities": [{"application": {"id": app.app_id, "displayName": "Keeper"}}],
    }
    assert keeper.post(f"sites/{mine.id}/permissions", wish)[0] == 403
    status, made = ada.post(f"sites/{mine.id}/permissions", wish)
    assert (status, made["roles"]) == (201, ["read"])
    assert keeper.get(f"sites/{tenant.sharepoint_host}:/sites/mine")[1]["webUrl"] == mine.url
    assert keeper.get(f"sites/{other.id}")[1]["error"]["code"] == "accessDenied"
    assert len(ada.get(f"sites/{mine.id}/permissions")[1]["value"]) == 1
    assert ada.delete(f"sites/{mine.id}/permissions/{made['id']}")[0] == 204
    assert keeper.get(f"sites/{mine.id}")[0] == 403


def test_the_administrators_roles_and_the_organisation_are_told(
    client: GraphClient, app: Application, tenant: Tenant, admin: User
) -> None:
    ada = client.as_person(admin, app, "User.Read", "RoleManagement.Read.Directory")
    roles = ada.get("me/memberOf")[1]["value"]
    assert [one["displayName"] for one in roles] == ["Global Administrator"]
    assert ada.get("organization")[1]["value"][0]["verifiedDomains"][1]["name"] == "lab.example"
    mine = ada.get(
        "roleManagement/directory/roleAssignments", filter=f"principalId eq '{admin.id}'"
    )
    assert len(mine[1]["value"]) == 1
    assert len(ada.get("directoryRoles")[1]["value"]) == 1


def test_without_a_good_token_nothing_is_told(
    client: GraphClient, app: Application, tenant: Tenant, clock: HandClock
) -> None:
    tenant.grant(app.app_id, well_known.GRAPH, "User.Read.All")
    keeper = client.as_application(app)
    assert keeper.get("users")[0] == 200
    clock.move(hours=2)
    status, refused = keeper.get("users")
    assert (status, refused["error"]["code"]) == (401, "InvalidAuthenticationToken")
    assert "expired" in refused["error"]["message"]
    assert client.get("users")[1]["error"]["message"] == "Access token is empty."
    assert [visit.status for visit in client.face.visits] == [200, 401, 401]


def test_a_401_says_where_to_sign_in_and_what_is_demanded(
    client: GraphClient, app: Application, tenant: Tenant, pool: urllib3.PoolManager, ann: User
) -> None:
    own = client.as_person(ann, app, "User.Read")
    tenant.contexts[well_known.GRAPH] = "c1"
    answer = pool.request(
        "GET",
        f"{client.face.url}/v1.0/me",
        headers={"Authorization": f"Bearer {own.token}"},
    )
    challenge = answer.headers["WWW-Authenticate"]
    assert answer.status == 401
    assert 'error="insufficient_claims"' in challenge
    assert "/entra/common/oauth2/authorize" in challenge
    assert orjson.loads(answer.data)["error"]["innerError"]["request-id"]


@pytest.mark.parametrize(
    "path", ["nothing/here", "me/nothing", "users?$filter=evil", "users?$top=x"]
)
def test_what_is_not_understood_is_refused_plainly(
    path: str, client: GraphClient, app: Application, tenant: Tenant
) -> None:
    tenant.grant(app.app_id, well_known.GRAPH, "User.Read.All")
    assert client.as_application(app).get(path)[0] == 400


@pytest.mark.parametrize(
    "row",
    [
        {"displayname": "wrong case"},
        {"mail": ["one", "two"]},
        {"businessPhones": "no list"},
        {"passwordProfile": "no object"},
        {"passwordProfile": {"invented": True}},
    ],
)
def test_the_schema_refuses_what_graph_has_not(row: dict[str, object], csdl: Csdl) -> None:
    with pytest.raises(AssertionError):
        csdl.check({"@odata.context": "https://lab.example/v1.0/$metadata#users/$entity", **row})


def test_what_a_mailbox_is_for_is_told_to_who_may_read_its_settings(
    client: GraphClient, app: Application, tenant: Tenant, ann: User
) -> None:
    ann.purpose = "room"
    path = f"users/{ann.id}/mailboxSettings"
    assert client.as_application(app).get(path)[0] == 403
    tenant.grant(app.app_id, well_known.GRAPH, "MailboxSettings.Read")
    keeper = client.as_application(app)
    assert keeper.get(path, select="userPurpose")[1]["userPurpose"] == "room"
    assert keeper.get("users/nobody@lab.example/mailboxSettings")[0] == 404
