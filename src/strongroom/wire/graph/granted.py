"""Which application permissions a service principal was granted in the whole tenant.

Source:
    https://learn.microsoft.com/graph/api/serviceprincipal-list-approleassignments
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

from strongroom.wire.graph.answers import Row, text_of
from strongroom.wire.graph.connection import GraphConnection


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantedPermission:
    """One permission.

    Attributes:
        api: Application id of the API that offers it.
        name: As Microsoft calls it (``MailboxItem.Export.All``); its id where the API names none.
    """

    api: str
    name: str


def list_granted(graph: GraphConnection, client_id: str) -> Iterator[GrantedPermission]:
    """List what an application was granted, whatever the token in hand says.

    Args:
        graph: The connection.
        client_id: The application's id.

    Raises:
        GraphDenied: the token lacks Application.Read.All.
        GraphRefused: there is no such application in the tenant.
    """
    named = quote(client_id, safe="")
    principal = f"servicePrincipals(appId='{named}')"
    apis: dict[str, Row] = {}
    for row in graph.rows(f"{principal}/appRoleAssignments"):
        resource = text_of(row, "resourceId")
        if resource not in apis:
            query = {"$select": "appId,appRoles"}
            apis[resource] = graph.get(f"servicePrincipals/{quote(resource, safe='')}", query)
        yield _permission(apis[resource], text_of(row, "appRoleId"))


def _permission(api: Row, role_id: str) -> GrantedPermission:
    roles = api.get("appRoles")
    for role in roles if isinstance(roles, list) else ():
        if isinstance(role, dict) and text_of(role, "id") == role_id:
            return GrantedPermission(api=text_of(api, "appId"), name=text_of(role, "value"))
    return GrantedPermission(api=text_of(api, "appId"), name=role_id)
