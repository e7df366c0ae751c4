"""Where somebody's mailbox is, and what its owner set.

Source:
    https://learn.microsoft.com/graph/api/usersettings-list-exchange
    https://learn.microsoft.com/graph/api/resources/mailboxsettings
"""

from __future__ import annotations

from strongroom.lab.graph import odata
from strongroom.lab.graph.call import Call
from strongroom.lab.graph.errors import not_found
from strongroom.lab.graph.mailbox.places import mailbox_id
from strongroom.lab.graph.mailbox.reaching import (
    READ_MAIL,
    READ_SETTINGS,
    check,
    check_has_mailbox,
    user_named,
)

_READ_USERS = ("User.Read.All", "User.ReadWrite.All", "Directory.Read.All")


def exchange_settings(call: Call) -> object:
    """Say the id of somebody's mailbox; in beta also of the archive."""
    user = call.tenant.user(call.path[0])
    if user is None or user.id != call.claims.object_id:
        call.need(*_READ_USERS)
    if user is None:
        raise not_found(call.path[0])
    check_has_mailbox(user)
    mailbox = call.mail.mailbox_of(user)
    row: dict[str, object] = {"primaryMailboxId": mailbox_id(mailbox.guid, call.tenant.id)}
    if call.version == "beta" and mailbox.archive is not None:
        row["inPlaceArchiveMailboxId"] = mailbox_id(mailbox.archive.guid, call.tenant.id)
    return odata.entity(call, f"users('{user.id}')/settings/exchange", row)


def mail_folder(call: Call) -> object:
    """Describe somebody's inbox to a token with Mail.Read."""
    user = user_named(call)
    check(call, user, READ_MAIL)
    row = {
        "id": f"inbox-{user.mailbox_guid}",
        "displayName": "Inbox",
        "parentFolderId": f"top-{user.mailbox_guid}",
        "childFolderCount": 0,
        "unreadItemCount": 0,
        "totalItemCount": 0,
        "isHidden": False,
    }
    return odata.entity(call, f"users('{user.id}')/mailFolders", row)


def mailbox_settings(call: Call) -> object:
    """Say what somebody's mailbox is for, and where its owner lives."""
    user = user_named(call)
    check(call, user, READ_SETTINGS)
    row = {"userPurpose": user.purpose, "timeZone": "W. Europe Standard Time"}
    return odata.entity(call, f"users('{user.id}')/mailboxSettings", row)
