"""Microsoft's own applications, their permissions, and directory roles, as every tenant has them.

Permission ids are the published ones where they are written out; the others are drawn from their
names, so they are the same at every start but not Microsoft's.

Source:
    https://learn.microsoft.com/graph/permissions-reference
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass

GRAPH = "00000003-0000-0000-c000-000000000000"
EXCHANGE = "00000002-0000-0ff1-ce00-000000000000"
SHAREPOINT = "00000003-0000-0ff1-ce00-000000000000"

GRAPH_COMMAND_LINE = "14d82eec-204b-4c2f-b7e8-296a70dab67e"
"""Microsoft Graph Command Line Tools: the public client that registers other applications."""

MICROSOFT_SERVICES = "f8cdef31-a31e-4b4a-93e4-5f571e91255a"
"""The tenant that owns Microsoft's applications."""

_NAMESPACE = uuid.UUID("b1c1f0c6-20fb-5d0e-9f0a-6a3f2f7f2b11")

OIDC_SCOPES = ("openid", "profile", "email", "offline_access")


@dataclass(frozen=True, slots=True, kw_only=True)
class Permission:
    """A right that a resource offers.

    Attributes:
        needs_admin: Only an administrator may consent to it (always so for application rights).
    """

    id: str
    value: str
    is_application: bool
    needs_admin: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """An API of Microsoft's that tokens are made for.

    Attributes:
        names: Addresses that a scope may begin with; the first is the usual audience.
    """

    app_id: str
    name: str
    names: tuple[str, ...]
    permissions: tuple[Permission, ...]

    def role(self, value: str) -> Permission | None:
        """Find an application permission by its name."""
        return self._find(value, is_application=True)

    def scope(self, value: str) -> Permission | None:
        """Find a delegated permission by its name; case does not matter, as at Microsoft's."""
        return self._find(value, is_application=False)

    def by_id(self, id_: str) -> Permission | None:
        """Find a permission by its id."""
        return next((right for right in self.permissions if right.id == id_), None)

    def _find(self, value: str, *, is_application: bool) -> Permission | None:
        for right in self.permissions:
            if (
                right.is_application == is_application
                and right.value.casefold() == value.casefold()
            ):
                return right
        return None


def _rights(
    owner: str, roles: Mapping[str, str], scopes: Mapping[str, str], *, free: frozenset[str]
) -> tuple[Permission, ...]:
    def right(value: str, id_: str, *, is_application: bool) -> Permission:
        kind = "role" if is_application else "scope"
        return Permission(
            id=id_ or str(uuid.uuid5(_NAMESPACE, f"{owner} {kind} {value}")),
            value=value,
            is_application=is_application,
            needs_admin=is_application or value not in free,
        )

    made = [right(value, id_, is_application=True) for value, id_ in roles.items()]
    made += [right(value, id_, is_application=False) for value, id_ in scopes.items()]
    return tuple(made)


_GRAPH_ROLES = {
    "AppRoleAssignment.ReadWrite.All": "06b708a9-e830-4db3-a914-8e69da51d44f",
    "Application.Read.All": "9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30",
    "Application.ReadWrite.All": "1bfefb4e-e0b5-418b-a88f-73c46d2cc8e9",
    "Calendars.Read": "798ee544-9d2d-430c-a058-570e29e34338",
    "Calendars.ReadWrite": "ef54d2bf-783f-4e0f-bca1-3210c0444d99",
    "Contacts.Read": "089fe4d0-434a-44c5-8827-41ba8a0b17f5",
    "Contacts.ReadWrite": "6918b873-d17a-4dc1-b314-35f528134491",
    "Directory.Read.All": "7ab1d382-f21e-4acd-a863-ba3e13f7da61",
    "Group.Read.All": "5b567255-7703-4780-807c-7be8301ae99b",
    "Mail.Read": "810c84a8-4a9e-49e6-bf7d-12d183f40d01",
    "Mail.ReadWrite": "e2a3a72e-5f79-4c64-b1b1-878b674786c9",
    "MailboxFolder.Read.All": "99280d24-a782-4793-93cc-0888549957f6",
    "MailboxFolder.ReadWrite.All": "fef87b92-8391-4589-9da7-eb93dab7dc8a",
    "MailboxItem.Export.All": "937550e9-33a3-494b-88ae-d9cd394b1fbb",
    "MailboxItem.ImportExport.All": "76577085-e73d-4f1d-b26a-85fb33892327",
    "MailboxItem.Read.All": "7d9f353d-a7bd-4fbb-822a-26d5dd39a3ce",
    "MailboxItem.ReadWrite.All": "",
    "MailboxSettings.Read": "40f97065-369a-49f4-947c-6a255697ae91",
    "MailboxSettings.ReadWrite": "6931bccd-447a-43d1-b442-00a195474933",
    "Organization.Read.All": "498476ce-e0fe-48b0-b801-37ba7e2685c6",
    "RoleManagement.Read.Directory": "483bed4a-2ad3-4361-a73b-c83ccdbdc53c",
    "RoleManagement.ReadWrite.Directory": "9e3f62cf-ca93-4989-b6ce-bf83c28f9fe8",
    "Sites.FullControl.All": "a82116e5-55eb-4c41-a434-62fe8a61c773",
    "Sites.Manage.All": "0c0bf378-bf22-4481-8f81-9e89a9b4960a",
    "Sites.Read.All": "332a536c-c7ef-4017-ab91-336970924f0d",
    "Sites.ReadWrite.All": "9492366f-7969-46a4-8d15-ed1a20078fff",
    "Sites.Selected": "883ea226-0bf2-4a8f-9f9d-92c9162a727d",
    "User.Read.All": "df021288-bdef-4463-88db-98f22de89214",
}
_GRAPH_SCOPES = {
    "AppRoleAssignment.ReadWrite.All": "84bccea3-f856-4a8a-967b-dbe0a3d53a64",
    "Application.Read.All": "c79f8feb-a9db-4090-85f9-90d820caa0eb",
    "Application.ReadWrite.All": "bdfbf15f-ee85-4955-8675-146e8e5296b5",
    "DelegatedPermissionGrant.ReadWrite.All": "41ce6ca6-6826-4807-84f1-1c82854f7ee5",
    "Directory.AccessAsUser.All": "0e263e50-5827-48a4-b97c-d940288653c7",
    "Directory.Read.All": "06da0dbc-49e2-44d2-8312-53f166ab848a",
    "Mail.Read": "570282fd-fa5c-430d-a7fd-fc8dc98a9dca",
    "Mail.ReadWrite": "024d486e-b451-40bb-833d-3e66d98c5c73",
    "MailboxFolder.Read": "",
    "MailboxFolder.ReadWrite": "",
    "MailboxItem.Export": "",
    "MailboxItem.ImportExport": "df96e8a0-f4e1-4ecf-8d83-a429f822cbd6",
    "MailboxItem.Read": "",
    "MailboxItem.ReadWrite": "",
    "MailboxSettings.Read": "87f447af-9fa4-4c32-9dfa-4a57a73d18ce",
    "MailboxSettings.ReadWrite": "818c620a-27a9-40bd-a6a5-d96f7d610b4b",
    "Organization.Read.All": "4908d5b9-3fb2-4b1e-9336-1888b7937185",
    "RoleManagement.Read.Directory": "741c54c3-0c1e-44a1-818b-3f97ab4e8c83",
    "Sites.FullControl.All": "5a54b8b3-347c-476d-8f8e-42d5c7424d29",
    "User.Read": "e1fe6dd8-ba31-4d61-89e7-88639da4683d",
    "User.Read.All": "a154be20-db9c-4678-8ab7-66f6cc099a59",
    "email": "64a6cdd6-aab1-4aaf-94b8-3cc8405e90d0",
    "offline_access": "7427e0e9-2fba-42fe-b0c0-848c9e6a8182",
    "openid": "37f7f235-527c-4136-accd-4a02d197296e",
    "profile": "14dad69e-099b-42c9-810b-d002981feec1",
}
_EXCHANGE_ROLES = {
    "Exchange.ManageAsApp": "dc50a0fb-09a3-484d-be87-e023b12c6440",
    "full_access_as_app": "dc890d15-9560-4a4c-9b7f-a736ec74ec40",
}
_EXCHANGE_SCOPES = {"EWS.AccessAsUser.All": "3b5f3d61-589b-4a3c-a359-5dd4b5ee5bd5"}
_SHAREPOINT_ROLES = {
    "Sites.FullControl.All": "678536fe-1083-478a-9c59-b99265e6b0d3",
    "Sites.Manage.All": "9bff6588-13f2-4c48-bbf2-ddab62256b36",
    "Sites.Read.All": "d13f72ca-a275-4b96-b789-48ebcc4da984",
    "Sites.ReadWrite.All": "fbcd29d2-fcca-4405-aded-518d457caae4",
    "Sites.Selected": "20d37865-089c-4dee-8c41-6967602d4ac8",
    "TermStore.ReadWrite.All": "c8e3537c-ec53-43b9-bed3-b2bd3617ae97",
    "User.Read.All": "df021288-bdef-4463-88db-98f22de89214",
}
_SHAREPOINT_SCOPES = {
    "AllSites.FullControl": "56680e0d-d2a3-4ae1-80d8-3c4f2100e3d0",
    "AllSites.Read": "",
    "MyFiles.Read": "",
}

# What a person may consent to for themselves, unless the tenant forbids that too.
_FREE = frozenset(
    {
        *OIDC_SCOPES,
        "User.Read",
        "Mail.Read",
        "Mail.ReadWrite",
        "EWS.AccessAsUser.All",
        "MailboxFolder.Read",
        "MailboxFolder.ReadWrite",
        "MailboxItem.Export",
        "MailboxItem.ImportExport",
        "MailboxItem.Read",
        "MailboxSettings.Read",
        "MailboxSettings.ReadWrite",
        "AllSites.Read",
        "MyFiles.Read",
    }
)

RESOURCES: Mapping[str, Resource] = {
    resource.app_id: resource
    for resource in (
        Resource(
            app_id=GRAPH,
            name="Microsoft Graph",
            names=(
                "https://graph.microsoft.com",
                "https://graph.microsoft.us",
                "https://dod-graph.microsoft.us",
                "https://microsoftgraph.chinacloudapi.cn",
            ),
            permissions=_rights(GRAPH, _GRAPH_ROLES, _GRAPH_SCOPES, free=_FREE),
        ),
        Resource(
            app_id=EXCHANGE,
            name="Office 365 Exchange Online",
            names=(
                "https://outlook.office365.com",
                "https://outlook.office.com",
                "https://outlook.office365.us",
                "https://outlook-dod.office365.us",
                "https://partner.outlook.cn",
            ),
            permissions=_rights(EXCHANGE, _EXCHANGE_ROLES, _EXCHANGE_SCOPES, free=_FREE),
        ),
        Resource(
            app_id=SHAREPOINT,
            name="Office 365 SharePoint Online",
            names=(),
            permissions=_rights(SHAREPOINT, _SHAREPOINT_ROLES, _SHAREPOINT_SCOPES, free=_FREE),
        ),
    )
}

GLOBAL_ADMINISTRATOR = "62e90394-69f5-4237-9190-012177145e10"
PRIVILEGED_ROLE_ADMINISTRATOR = "e8611ab8-c189-46e8-94e1-60213ab1f814"
APPLICATION_ADMINISTRATOR = "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3"
CLOUD_APPLICATION_ADMINISTRATOR = "158c047a-c907-4556-b7ef-446551a6b5f7"
EXCHANGE_ADMINISTRATOR = "29232cdf-9323-42fd-ade2-1d097af3e4de"

ROLE_NAMES: Mapping[str, str] = {
    GLOBAL_ADMINISTRATOR: "Global Administrator",
    PRIVILEGED_ROLE_ADMINISTRATOR: "Privileged Role Administrator",
    APPLICATION_ADMINISTRATOR: "Application Administrator",
    CLOUD_APPLICATION_ADMINISTRATOR: "Cloud Application Administrator",
    EXCHANGE_ADMINISTRATOR: "Exchange Administrator",
}

MAY_CONSENT_TO_ALL = frozenset({GLOBAL_ADMINISTRATOR, PRIVILEGED_ROLE_ADMINISTRATOR})
MAY_KEEP_APPLICATIONS = frozenset(
    {GLOBAL_ADMINISTRATOR, APPLICATION_ADMINISTRATOR, CLOUD_APPLICATION_ADMINISTRATOR}
)
