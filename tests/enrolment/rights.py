"""What applications may hold, written down a second time on purpose."""

from __future__ import annotations

GRAPH = "Microsoft Graph"
SHAREPOINT = "Office 365 SharePoint Online"
BACKUP = {
    f"{GRAPH}: {name}"
    for name in (
        "User.Read.All",
        "MailboxSettings.Read",
        "MailboxFolder.Read.All",
        "MailboxItem.Read.All",
        "MailboxItem.Export.All",
    )
}
RESTORE = {
    f"{GRAPH}: {name}"
    for name in (
        "User.Read.All",
        "MailboxSettings.ReadWrite",
        "MailboxFolder.ReadWrite.All",
        "MailboxItem.Read.All",
        "MailboxItem.ImportExport.All",
    )
}
