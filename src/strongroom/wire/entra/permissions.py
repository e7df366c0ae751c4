"""The application permissions that backups and restores ask for, with Microsoft's own ids.

Source:
    https://learn.microsoft.com/graph/permissions-reference
    https://learn.microsoft.com/exchange/permissions-exo/application-rbac
    https://learn.microsoft.com/sharepoint/dev/solution-guidance/security-apponly-azuread
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

GRAPH = "00000003-0000-0000-c000-000000000000"
EXCHANGE = "00000002-0000-0ff1-ce00-000000000000"
SHAREPOINT = "00000003-0000-0ff1-ce00-000000000000"

APIS: Mapping[str, str] = {
    GRAPH: "Microsoft Graph",
    EXCHANGE: "Office 365 Exchange Online",
    SHAREPOINT: "Office 365 SharePoint Online",
}
"""What the APIs are called in the portal, by application id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Permission:
    """One application permission.

    Attributes:
        resource: The API's application id.
        name: As Microsoft calls it (``MailboxItem.Export.All``).
        id: Microsoft's id of it, the same in every tenant.
        meaning: What it lets an application do, in words.
        exchange_role: What Exchange's RBAC for Applications calls the same right over some
            mailboxes; empty if it has no such role.
    """

    resource: str
    name: str
    id: str
    meaning: str
    exchange_role: str = ""


USERS_READ = Permission(
    resource=GRAPH,
    name="User.Read.All",
    id="df021288-bdef-4463-88db-98f22de89214",
    meaning="read who is in the directory, to list mailboxes; no content",
)
FOLDERS_READ = Permission(
    resource=GRAPH,
    name="MailboxFolder.Read.All",
    id="99280d24-a782-4793-93cc-0888549957f6",
    meaning="read the folders of mailboxes",
    exchange_role="Application MailboxFolder.Read",
)
FOLDERS_WRITE = Permission(
    resource=GRAPH,
    name="MailboxFolder.ReadWrite.All",
    id="fef87b92-8391-4589-9da7-eb93dab7dc8a",
    meaning="read, make and change the folders of mailboxes",
    exchange_role="Application MailboxFolder.ReadWrite",
)
ITEMS_READ = Permission(
    resource=GRAPH,
    name="MailboxItem.Read.All",
    id="7d9f353d-a7bd-4fbb-822a-26d5dd39a3ce",
    meaning="list the items of mailboxes",
    exchange_role="Application MailboxItem.Read",
)
ITEMS_EXPORT = Permission(
    resource=GRAPH,
    name="MailboxItem.Export.All",
    id="937550e9-33a3-494b-88ae-d9cd394b1fbb",
    meaning="take copies of the items of mailboxes",
    exchange_role="Application MailboxItem.Export",
)
ITEMS_IMPORT = Permission(
    resource=GRAPH,
    name="MailboxItem.ImportExport.All",
    id="76577085-e73d-4f1d-b26a-85fb33892327",
    meaning="take copies of the items of mailboxes, and put items in",
    exchange_role="Application MailboxItem.ImportExport",
)
SETTINGS_READ = Permission(
    resource=GRAPH,
    name="MailboxSettings.Read",
    id="40f97065-369a-49f4-947c-6a255697ae91",
    meaning="read the settings of mailboxes, and whether they are shared or a room's",
    exchange_role="Application MailboxSettings.Read",
)
SETTINGS_WRITE = Permission(
    resource=GRAPH,
    name="MailboxSettings.ReadWrite",
    id="6931bccd-447a-43d1-b442-00a195474933",
    meaning="read the settings of mailboxes, and put rules, automatic replies and categories back",
    exchange_role="Application MailboxSettings.ReadWrite",
)
EWS = Permission(
    resource=EXCHANGE,
    name="full_access_as_app",
    id="dc890d15-9560-4a4c-9b7f-a736ec74ec40",
    meaning="read, change and delete everything in mailboxes through EWS, and send as anybody",
    exchange_role="Application EWS.AccessAsApp",
)
GRAPH_SITES_READ = Permission(
    resource=GRAPH,
    name="Sites.Read.All",
    id="332a536c-c7ef-4017-ab91-336970924f0d",
    meaning="list all sites and read them through Microsoft Graph",
)
GRAPH_SITES_SELECTED = Permission(
    resource=GRAPH,
    name="Sites.Selected",
    id="883ea226-0bf2-4a8f-9f9d-92c9162a727d",
    meaning="reach the chosen sites through Microsoft Graph, and no other",
)
SITES_READ = Permission(
    resource=SHAREPOINT,
    name="Sites.Read.All",
    id="d13f72ca-a275-4b96-b789-48ebcc4da984",
    meaning="read all sites",
)
SITES_FULL = Permission(
    resource=SHAREPOINT,
    name="Sites.FullControl.All",
    id="678536fe-1083-478a-9c59-b99265e6b0d3",
    meaning="read, change and delete everything in all sites, permissions included",
)
SITES_SELECTED = Permission(
    resource=SHAREPOINT,
    name="Sites.Selected",
    id="20d37865-089c-4dee-8c41-6967602d4ac8",
    meaning="reach the chosen sites, and no other",
)
