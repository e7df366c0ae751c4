"""An administrator registers an application through Graph; others may not; it can then sign in."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from strongroom.lab.entra import well_known
from strongroom.lab.entra.tenant import Tenant
from strongroom.lab.entra.words import Application, User
from tests.lab_entra.certificates import KeyPair
from tests.lab_entra.graph_client import GraphClient

REGISTER = (
    "Application.ReadWrite.All",
    "AppRoleAssignment.ReadWrite.All",
    "DelegatedPermissionGrant.ReadWrite.All",
    "User.Read",
)
EXPORT = "937550e9-33a3-494b-88ae-d9cd394b1fbb"


def _body(pair: KeyPair) -> dict[str, Any]:
    der = base64.b64encode(pair.certificate.public_bytes(Encoding.DER)).decode()
    return {
        "displayName": "Strongroom backup",
        "signInAudience": "AzureADMyOrg",
        "requiredResourceAccess": [
            {
                "resourceAppId": well_known.GRAPH,
                "resourceAccess": [{"id": EXPORT, "type": "Role"}],
            }
        ],
        "keyCredentials": [
            {
                "type": "AsymmetricX509Cert",
                "usage": "Verify",
                "key": der,
                "displayName": "CN=backup",
            }
        ],
    }


def test_a_registration_is_made_found_granted_used_and_deleted(
    client: GraphClient,
    admin: User,
    app: Application,
    tenant: Tenant,
    key_pair: KeyPair,
    confidential: Callable[..., Any],
) -> None:
    ada = client.as_person(admin, app, *REGISTER)
    status, made = ada.post("applications", _body(key_pair))
    assert status == 201
    assert ada.get("applications", filter=f"appId eq '{made['appId']}'")[1]["value"] == [
        {name: value for name, value in made.items() if name != "@odata.context"}
    ]
    status, principal = ada.post("servicePrincipals", {"appId": made["appId"]})
    assert status == 201
    microsoft = ada.get("servicePrincipals", filter=f"appId eq '{well_known.GRAPH}'")[1]["value"][0]
    assert EXPORT in {role["id"] for role in microsoft["appRoles"]}
    wish = {
        "principalId": principal["id"],
        "resourceId": microsoft["id"],
        "appRoleId": EXPORT,
    }
    path = f"servicePrincipals/{principal['id']}/appRoleAssignments"
    assert ada.post(path, wish)[0] == 201
    assert ada.post(path, wish)[0] == 400
    assert [one["appRoleId"] for one in ada.get(path)[1]["value"]] == [EXPORT]
    registered = tenant.applications[made["appId"]]
    result = confidential(key_pair.modern, registered).acquire_token_for_client(
        ["https://graph.microsoft.com/.default"]
    )
    assert "access_token" in result
    assert ada.delete(f"applications/{made['id']}")[0] == 204
    assert ada.get(f"applications/{made['id']}")[0] == 404
    assert tenant.role_assignments == {}


def test_a_certificate_is_rotated_by_replacing_the_list(
    client: GraphClient,
    admin: User,
    app: Application,
    tenant: Tenant,
    key_pair: KeyPair,
    other_pair: KeyPair,
) -> None:
    ada = client.as_person(admin, app, *REGISTER)
    made = ada.post("applications", _body(key_pair))[1]
    new = _body(other_pair)["keyCredentials"]
    path = f"applications(appId='{made['appId']}')"
    kept = [{"keyId": made["keyCredentials"][0]["keyId"]}]
    assert ada.patch(path, {"keyCredentials": [*kept, *new]})[0] == 204
    assert len(ada.get(path)[1]["keyCredentials"]) == 2
    assert ada.patch(path, {"keyCredentials": new})[0] == 204
    held = tenant.applications[made["appId"]].certificates
    assert [one.certificate for one in held] == [other_pair.certificate]


def test_a_plain_user_cannot_consent_for_all_and_a_missing_scope_refuses_everything(
    client: GraphClient, ann: User, admin: User, app: Application, tenant: Tenant, key_pair: KeyPair
) -> None:
    plain = client.as_person(ann, app, *REGISTER)
    made = plain.post("applications", _body(key_pair))[1]
    principal = plain.post("servicePrincipals", {"appId": made["appId"]})[1]
    graph = tenant.principal(well_known.GRAPH)
    assert graph is not None
    wish = {"principalId": principal["id"], "resourceId": graph.id, "appRoleId": EXPORT}
    path = f"servicePrincipals/{principal['id']}/appRoleAssignments"
    status, refused = plain.post(path, wish)
    assert (status, refused["error"]["code"]) == (403, "Authorization_RequestDenied")
    tenant.users_may_register = False
    assert plain.post("applications", _body(key_pair))[0] == 403
    weak = client.as_person(admin, app, "User.Read")
    assert weak.post("applications", _body(key_pair))[0] == 403
    assert weak.get("me")[1]["userPrincipalName"] == admin.upn


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"displayName": ""}, "Request_BadRequest"),
        ({"passwordCredentials": []}, "Request_BadRequest"),
        ({"keyCredentials": "x"}, "Request_BadRequest"),
        (
            {"keyCredentials": [{"type": "AsymmetricX509Cert", "usage": "Verify", "key": "AAAA"}]},
            "KeyCredentialsInvalidValue",
        ),
        ({"requiredResourceAccess": [{"resourceAppId": "unknown"}]}, "Request_BadRequest"),
    ],
)
def test_a_wrong_registration_makes_nothing(
    change: dict[str, object],
    code: str,
    client: GraphClient,
    admin: User,
    app: Application,
    tenant: Tenant,
    key_pair: KeyPair,
) -> None:
    before = set(tenant.applications)
    ada = client.as_person(admin, app, *REGISTER)
    status, refused = ada.post("applications", {**_body(key_pair), **change})
    assert (status, refused["error"]["code"]) == (400, code)
    assert set(tenant.applications) == before


def test_delegated_rights_are_granted_listed_and_revoked(
    client: GraphClient, admin: User, app: Application, tenant: Tenant
) -> None:
    ada = client.as_person(admin, app, *REGISTER)
    other = tenant.add_application("Other")
    principal, graph = tenant.principal(other.app_id), tenant.principal(well_known.GRAPH)
    assert principal is not None
    assert graph is not None
    wish = {
        "clientId": principal.id,
        "consentType": "AllPrincipals",
        "resourceId": graph.id,
        "scope": "User.Read Mail.Read",
    }
    status, made = ada.post("oauth2PermissionGrants", wish)
    assert (status, made["scope"]) == (201, "User.Read Mail.Read")
    assert ada.post("oauth2PermissionGrants", wish)[0] == 409
    listed = ada.get("oauth2PermissionGrants", filter=f"clientId eq '{principal.id}'")[1]["value"]
    assert [one["id"] for one in listed] == [made["id"]]
    assert ada.delete(f"oauth2PermissionGrants/{made['id']}")[0] == 204
    assert tenant.consented(other.app_id, well_known.GRAPH, admin) == set()


def test_a_service_principal_needs_an_application_and_is_made_once(
    client: GraphClient, admin: User, app: Application, tenant: Tenant
) -> None:
    ada = client.as_person(admin, app, *REGISTER)
    missing = ada.post("servicePrincipals", {"appId": "00000000-1111-2222-3333-444444444444"})
    assert missing[1]["error"]["code"] == "NoBackingApplicationObject"
    assert ada.post("servicePrincipals", {"appId": app.app_id})[0] == 409


def test_secrets_are_refused_by_policy(client: GraphClient, admin: User, app: Application) -> None:
    ada = client.as_person(admin, app, *REGISTER)
    status, refused = ada.post(f"applications/{app.id}/addPassword", {})
    assert status == 403
    assert refused["error"]["code"] == "CredentialTypeNotAllowedAsPerAppPolicy"
