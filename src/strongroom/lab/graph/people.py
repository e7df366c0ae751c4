"""``/me``, ``/users``, ``/organization`` and who holds which directory role."""

from __future__ import annotations

from strongroom.lab.entra import well_known
from strongroom.lab.graph import odata, shapes
from strongroom.lab.graph.call import Call
from strongroom.lab.graph.errors import denied, not_found

_READ_USERS = ("User.Read.All", "Directory.Read.All", "Directory.AccessAsUser.All")
_READ_ORGANIZATION = ("Organization.Read.All", "Directory.Read.All", "User.Read")
_READ_ROLES = ("RoleManagement.Read.Directory", "Directory.Read.All")


def me(call: Call) -> object:
    """Describe the person who signed in."""
    user = call.user()
    call.need("User.Read", *_READ_USERS)
    return odata.entity(call, "users", shapes.user_shape(user))


def my_roles(call: Call) -> object:
    """List the directory roles of the person who signed in."""
    user = call.user()
    call.need("User.Read", *_READ_USERS)
    kind = {"@odata.type": "#microsoft.graph.directoryRole"}
    rows = [{**kind, **shapes.role_shape(role, call.tenant)} for role in sorted(user.roles)]
    return odata.page(call, "directoryObjects", rows)


def users(call: Call) -> object:
    """List everybody."""
    call.need(*_READ_USERS)
    return odata.page(call, "users", [shapes.user_shape(one) for one in call.tenant.users.values()])


def user(call: Call) -> object:
    """Describe one person, named by id or principal name."""
    found = call.tenant.user(call.path[0])
    if found is None or found.id != call.claims.object_id:
        call.need(*_READ_USERS)
    if found is None:
        raise not_found(call.path[0])
    return odata.entity(call, "users", shapes.user_shape(found))


def organization(call: Call) -> object:
    """Describe the tenant."""
    call.need(*_READ_ORGANIZATION)
    return odata.page(call, "organization", [shapes.organization_shape(call.tenant)])


def directory_roles(call: Call) -> object:
    """List the directory roles that somebody holds."""
    call.need(*_READ_ROLES)
    held = {role for one in call.tenant.users.values() for role in one.roles}
    rows = [shapes.role_shape(role, call.tenant) for role in sorted(held)]
    return odata.page(call, "directoryRoles", rows)


def role_assignments(call: Call) -> object:
    """List who holds which directory role."""
    if not (call.claims.is_application or call.user().roles & well_known.MAY_CONSENT_TO_ALL):
        raise denied()
    call.need(*_READ_ROLES)
    rows = [
        {
            "id": f"{one.id}-{role}",
            "principalId": one.id,
            "roleDefinitionId": role,
            "directoryScopeId": "/",
        }
        for one in call.tenant.users.values()
        for role in sorted(one.roles)
    ]
    return odata.page(call, "roleManagement/directory/roleAssignments", rows)
