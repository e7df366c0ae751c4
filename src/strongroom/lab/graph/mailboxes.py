"""May this token open this mailbox? Just enough of Exchange to answer a connection test.

An application may open every mailbox by a permission that was granted in the tenant, or some by
Exchange's own RBAC for Applications; the two add up, so a scope narrows nothing while the
tenant-wide permission stays. A person opens only their own.

Source:
    https://learn.microsoft.com/exchange/permissions-exo/application-rbac
"""

from __future__ import annotations

from strongroom.lab.entra.words import User
from strongroom.lab.graph import odata
from strongroom.lab.graph.call import Call
from strongroom.lab.graph.errors import GraphError, mailbox_denied, not_found

_READ_USERS = ("User.Read.All", "Directory.Read.All")
_FOLDERS = ("MailboxFolder.Read", "MailboxFolder.ReadWrite")
_ITEMS = ("MailboxItem.Read", "MailboxItem.ReadWrite")
_EXPORT = ("MailboxItem.Export", "MailboxItem.ImportExport")
_IMPORT = ("MailboxItem.ImportExport",)
_MAIL = ("Mail.Read", "Mail.ReadWrite")
_SETTINGS = ("MailboxSettings.Read", "MailboxSettings.ReadWrite")


def exchange_settings(call: Call) -> object:
    """Say the id of somebody's mailbox."""
    user = call.tenant.user(call.path[0])
    if user is None or user.id != call.claims.object_id:
        call.need(*_READ_USERS)
    if user is None:
        raise not_found(call.path[0])
    _check_has_mailbox(user)
    row = {"primaryMailboxId": _mailbox_id(call, user)}
    return odata.entity(call, f"users('{user.id}')/settings/exchange", row)


def folders(call: Call) -> object:
    """List the folders at the top, which stands for reading the tree."""
    user = _mailbox(call)
    _check(call, user, _FOLDERS)
    row = {
        "id": f"inbox-{user.mailbox_guid}",
        "displayName": "Inbox",
        "type": "IPF.Note",
        "parentFolderId": f"top-{user.mailbox_guid}",
        "childFolderCount": 0,
        "totalItemCount": 0,
    }
    return odata.page(call, f"admin/exchange/mailboxes('{call.path[0]}')/folders", [row])


def items(call: Call) -> object:
    """List the items of a folder; there are none here."""
    _check(call, _mailbox(call), _ITEMS)
    kind = f"admin/exchange/mailboxes('{call.path[0]}')/folders('{call.path[1]}')/items"
    return odata.page(call, kind, [])


def export_items(call: Call) -> object:
    """Export nothing, which shows whether something might be exported."""
    _check(call, _mailbox(call), _EXPORT)
    wanted = call.json().get("itemIds")
    if not isinstance(wanted, list) or not wanted:
        raise GraphError(400, "ErrorInvalidParameter", "ItemIds must not be empty.")
    missing = {"code": "ErrorItemNotFound", "message": "The specified object was not found."}
    rows = [{"itemId": str(one), "changeKey": None, "error": missing} for one in wanted]
    context = f"{call.url}/v1.0/$metadata#Collection(microsoft.graph.exportItemResponse)"
    return {"@odata.context": context, "value": rows}


def create_import_session(call: Call) -> object:
    """Refuse or allow to import; the address that is given leads nowhere."""
    user = _mailbox(call)
    _check(call, user, _IMPORT)
    return {
        "@odata.context": f"{call.url}/v1.0/$metadata#microsoft.graph.mailboxItemImportSession",
        "importUrl": f"{call.url}/v1.0/import/{user.mailbox_guid}",
        "expirationDateTime": f"{call.directory.clock.now():%Y-%m-%dT%H:%M:%SZ}",
    }


def mail_folder(call: Call) -> object:
    """Describe somebody's inbox to a token with Mail.Read."""
    user = _user(call)
    _check(call, user, _MAIL)
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
    user = _user(call)
    _check(call, user, _SETTINGS)
    row = {"userPurpose": user.purpose, "timeZone": "W. Europe Standard Time"}
    return odata.entity(call, f"users('{user.id}')/mailboxSettings", row)


def _user(call: Call) -> User:
    user = call.tenant.user(call.path[0])
    if user is None:
        raise GraphError(
            404, "ErrorInvalidUser", f"The requested user '{call.path[0]}' is invalid."
        )
    return user


def _mailbox_id(call: Call, user: User) -> str:
    return f"MBX:{user.mailbox_guid}@{call.tenant.id}"


def _mailbox(call: Call) -> User:
    for user in call.tenant.users.values():
        if call.path[0].casefold() == _mailbox_id(call, user).casefold():
            return user
    raise GraphError(404, "ErrorInvalidMailboxId", "The mailbox was not found.")


def _check(call: Call, user: User, rights: tuple[str, ...]) -> None:
    claims = call.claims
    if claims.is_application:
        is_everywhere = any({right, f"{right}.All"} & claims.roles for right in rights)
        is_scoped = any(
            call.tenant.reach.may_open_mailbox(claims.app_id, user.upn, f"Application {name}")
            for right in rights
            for name in (right, f"{right}.All")
        )
        is_allowed = is_everywhere or is_scoped
    else:
        is_allowed = user.id == claims.object_id and bool(claims.scopes & set(rights))
    if not is_allowed:
        raise mailbox_denied()
    _check_has_mailbox(user)


def _check_has_mailbox(user: User) -> None:
    if not user.has_mailbox:
        raise GraphError(
            404,
            "MailboxNotEnabledForRESTAPI",
            "The mailbox is either inactive, soft-deleted, or is hosted on-premise.",
        )
