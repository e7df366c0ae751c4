"""The exact step that grants a right, or takes it away."""

from __future__ import annotations

from strongroom.sources.exchange_onprem.powershell import quoted
from strongroom.wire.entra.permissions import APIS, GRAPH, Permission

_PORTAL = "Entra admin center, App registrations, the application {client_id}, API permissions"


def grant_step(client_id: str, permission: Permission, *, is_person: bool = False) -> str:
    """Say where to grant a permission.

    Args:
        client_id: The application.
        permission: The application permission.
        is_person: A person signs in, so its delegated twin is what is needed.
    """
    where = _PORTAL.format(client_id=client_id)
    api = APIS[permission.resource]
    tab = "" if permission.resource == GRAPH else "APIs my organization uses, "
    if is_person:
        name = delegated_name(permission)
        return f"{where}, Add a permission, {tab}{api}, Delegated permissions: {name}"
    step = (
        f"{where}, Add a permission, {tab}{api}, Application permissions: {permission.name}; then "
        "press 'Grant admin consent'."
    )
    return f"{step} {scoped_step(client_id, permission)}" if permission.exchange_role else step


def scoped_step(client_id: str, permission: Permission) -> str:
    """Say how to grant the same right over some mailboxes only."""
    return (
        "For some mailboxes only, in Exchange Online PowerShell instead: "
        f"New-ManagementRoleAssignment -App {quoted(client_id)} "
        f"-Role {quoted(permission.exchange_role)} -CustomResourceScope 'NAME OF THE SCOPE'"
    )


def removal_step(client_id: str, names: list[str]) -> str:
    """Say where to take permissions away."""
    where = _PORTAL.format(client_id=client_id)
    return f"{where}: remove {', '.join(names)} (the three dots, Revoke admin consent, Remove)"


def delegated_name(permission: Permission) -> str:
    """Give what the right is called where a person signs in."""
    if permission.name == "full_access_as_app":
        return "EWS.AccessAsUser.All"
    return permission.name.removesuffix(".All")
