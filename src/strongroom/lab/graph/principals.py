"""``/servicePrincipals``, and what they were allowed: role assignments and permission grants.

Source:
    https://learn.microsoft.com/graph/permissions-grant-via-msgraph
"""

from __future__ import annotations

from datetime import datetime

from strongroom.lab.entra import well_known
from strongroom.lab.entra.words import ScopeGrant, ServicePrincipal
from strongroom.lab.graph import odata, shapes
from strongroom.lab.graph.call import Call
from strongroom.lab.graph.errors import GraphError, bad_request, not_found

_READ = ("Application.Read.All", "Application.ReadWrite.All", "Directory.Read.All")
_WRITE = "Application.ReadWrite.All"
_ASSIGN = "AppRoleAssignment.ReadWrite.All"
_CONSENT = "DelegatedPermissionGrant.ReadWrite.All"


def create(call: Call) -> object:
    """Make the service principal of an application."""
    call.need(_WRITE)
    app_id = _text(call.json(), "appId")
    application = call.tenant.applications.get(app_id) or call.directory.shared.get(app_id)
    if application is None or _is_too_new(call, application.created_at):
        raise GraphError(
            400,
            "NoBackingApplicationObject",
            f"The appId '{app_id}' of the service principal does not reference a valid "
            "application object.",
        )
    if call.tenant.principal(app_id) is not None:
        raise GraphError(
            409,
            "Request_MultipleObjectsWithSameKeyValue",
            "The service principal cannot be created, updated, or restored because the service "
            f"principal name {app_id} is already in use.",
        )
    made = call.tenant.add_principal(app_id, application.name)
    shape = shapes.principal_shape(made, call.tenant)
    return odata.entity(call, "servicePrincipals", shape)


def list_all(call: Call) -> object:
    """List service principals, Microsoft's own among them."""
    call.need(*_READ)
    held = call.tenant.principals.values()
    rows = [shapes.principal_shape(one, call.tenant) for one in held]
    return odata.page(call, "servicePrincipals", rows)


def get(call: Call) -> object:
    """Describe one service principal."""
    call.need(*_READ)
    shape = shapes.principal_shape(_find(call), call.tenant)
    return odata.entity(call, "servicePrincipals", shape)


def delete(call: Call) -> object:
    """Delete a service principal and all it was allowed."""
    call.need(_WRITE)
    call.need_role(well_known.MAY_KEEP_APPLICATIONS)
    call.tenant.remove_principal(_find(call))
    return None


def assign(call: Call) -> object:
    """Grant an application permission: this is admin consent, without a page."""
    call.need(_ASSIGN)
    call.need_role(well_known.MAY_CONSENT_TO_ALL)
    principal, body = _find(call), call.json()
    if _is_too_new(call, principal.created_at):
        raise not_found(principal.id)
    if _text(body, "principalId") != principal.id:
        raise bad_request("The principalId does not match the id of the request's resource.")
    resource = call.tenant.principals.get(_text(body, "resourceId"))
    if resource is None:
        raise not_found(_text(body, "resourceId"))
    api = well_known.RESOURCES.get(resource.app_id)
    right = api.by_id(_text(body, "appRoleId")) if api else None
    if right is None or not right.is_application:
        raise bad_request(
            f"Permission being assigned was not found on application '{resource.app_id}'"
        )
    held = call.tenant.assignments(principal, resource.app_id)
    if any(one.role_id == right.id for one in held):
        raise bad_request("Permission being assigned already exists on the object")
    call.tenant.grant_role(principal, resource.app_id, right.id)
    made = call.tenant.assignments(principal, resource.app_id)[-1]
    shape = shapes.assignment_shape(made, call.tenant)
    kind = f"servicePrincipals('{principal.id}')/appRoleAssignments"
    return odata.entity(call, kind, shape)


def assignments(call: Call) -> object:
    """List the application permissions of a service principal."""
    call.need(*_READ, _ASSIGN)
    principal = _find(call)
    rows = [
        shapes.assignment_shape(one, call.tenant)
        for one in call.tenant.role_assignments.values()
        if one.principal_id == principal.id
    ]
    return odata.page(call, f"servicePrincipals('{principal.id}')/appRoleAssignments", rows)


def unassign(call: Call) -> object:
    """Take an application permission back."""
    call.need(_ASSIGN)
    call.need_role(well_known.MAY_CONSENT_TO_ALL)
    _find(call)
    if call.tenant.role_assignments.pop(call.path[1], None) is None:
        raise not_found(call.path[1])
    return None


def grant(call: Call) -> object:
    """Grant delegated permissions, for one person or for everyone."""
    call.need(_CONSENT)
    call.need_role(well_known.MAY_CONSENT_TO_ALL)
    body, tenant = call.json(), call.tenant
    client = tenant.principals.get(_text(body, "clientId"))
    resource = tenant.principals.get(_text(body, "resourceId"))
    for_all = body.get("consentType") == "AllPrincipals"
    user = None if for_all else tenant.users.get(_text(body, "principalId"))
    if client is None or resource is None or (user is None and not for_all):
        raise bad_request("One or more properties are invalid.")
    api = well_known.RESOURCES.get(resource.app_id)
    scopes = _text(body, "scope").split()
    if api is None or not all(api.scope(name) for name in scopes):
        raise bad_request("One or more scopes are invalid.")
    if _grant_of(call, client, resource, user.id if user else None) is not None:
        raise GraphError(
            409, "Request_MultipleObjectsWithSameKeyValue", "Permission entry already exists."
        )
    tenant.consent(client, resource.app_id, scopes, user=user)
    made = _grant_of(call, client, resource, user.id if user else None)
    assert made is not None, "it was made just now"
    return odata.entity(call, "oauth2PermissionGrants", shapes.grant_shape(made))


def grants(call: Call) -> object:
    """List delegated permissions."""
    call.need(_CONSENT, "Directory.Read.All")
    rows = [shapes.grant_shape(one) for one in call.tenant.scope_grants.values()]
    return odata.page(call, "oauth2PermissionGrants", rows)


def revoke(call: Call) -> object:
    """Take delegated permissions back."""
    call.need(_CONSENT)
    call.need_role(well_known.MAY_CONSENT_TO_ALL)
    if call.tenant.scope_grants.pop(call.path[0], None) is None:
        raise not_found(call.path[0])
    return None


def _grant_of(
    call: Call, client: ServicePrincipal, resource: ServicePrincipal, user_id: str | None
) -> ScopeGrant | None:
    for one in call.tenant.scope_grants.values():
        if (one.client_id, one.resource_id, one.user_id) == (client.id, resource.id, user_id):
            return one
    return None


def _find(call: Call) -> ServicePrincipal:
    wanted = call.path[0]
    if wanted.startswith("appId="):
        found = call.tenant.principal(wanted.removeprefix("appId="))
    else:
        found = call.tenant.principals.get(wanted)
    if found is None:
        raise not_found(wanted)
    return found


def _is_too_new(call: Call, made_at: datetime) -> bool:
    now = call.directory.clock.now()
    return (now - made_at).total_seconds() < call.directory.habits.directory_s


def _text(body: dict[str, object], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise bad_request(f"A value is required for property '{name}'.")
    return value
