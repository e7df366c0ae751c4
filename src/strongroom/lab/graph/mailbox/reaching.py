"""May this token open this mailbox, and which folder or item of it is meant?

An application may open every mailbox by a permission that was granted in the tenant, or some by
Exchange's own RBAC for Applications; the two add up, so a scope narrows nothing while the
tenant-wide permission stays. A person opens only their own.

Source:
    https://learn.microsoft.com/exchange/permissions-exo/application-rbac
"""

from __future__ import annotations

from strongroom.lab.entra.words import User
from strongroom.lab.estate.folder import Folder
from strongroom.lab.estate.item import StoredItem
from strongroom.lab.graph.call import Call
from strongroom.lab.graph.errors import GraphError, mailbox_denied, redirected
from strongroom.lab.graph.mailbox import ids
from strongroom.lab.graph.mailbox.errors import (
    malformed_id,
    no_such_mailbox,
    no_such_object,
    not_enabled,
)
from strongroom.lab.graph.mailbox.places import Reached, mailbox_id

READ_FOLDERS = ("MailboxFolder.Read", "MailboxFolder.ReadWrite")
WRITE_FOLDERS = ("MailboxFolder.ReadWrite",)
READ_ITEMS = ("MailboxItem.Read", "MailboxItem.ReadWrite")
DELETE_ITEMS = ("MailboxItem.ReadWrite",)
EXPORT = ("MailboxItem.Export", "MailboxItem.ImportExport")
IMPORT = ("MailboxItem.ImportExport",)
READ_MAIL = ("Mail.Read", "Mail.ReadWrite")
READ_SETTINGS = ("MailboxSettings.Read", "MailboxSettings.ReadWrite")
WRITE_SETTINGS = ("MailboxSettings.ReadWrite",)

WELL_KNOWN = frozenset(
    {
        "archive",
        "calendar",
        "clutter",
        "conflicts",
        "contacts",
        "conversationhistory",
        "deleteditems",
        "drafts",
        "inbox",
        "journal",
        "junkemail",
        "localfailures",
        "msgfolderroot",
        "notes",
        "outbox",
        "recoverableitemsdeletions",
        "recoverableitemspurges",
        "recoverableitemsroot",
        "recoverableitemsversions",
        "scheduled",
        "searchfolders",
        "sentitems",
        "serverfailures",
        "syncissues",
        "tasks",
    }
)
"""Names that may stand for ids: those documented for mail folders, and those that Outlook makes."""

_ARCHIVE_IN_V1 = "v1.0"


def reach(call: Call, rights: tuple[str, ...]) -> Reached:
    """Find the mailbox that a request names, and let only those on who may do this.

    Raises:
        GraphError: 403 or 404.
    """
    found = call.mail.find(call.tenant, call.path[0])
    is_old = call.version == _ARCHIVE_IN_V1 and not call.mail.habits.archives_in_v1
    if found.mailbox.is_archive and is_old:
        raise no_such_mailbox()
    check(call, found.owner, rights)
    return found


def check(call: Call, user: User, rights: tuple[str, ...]) -> None:
    """Let only those on who may do this with somebody's mailbox.

    Raises:
        GraphError: 403, or 404 if there is none.
    """
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
    check_has_mailbox(call, user)


def check_has_mailbox(call: Call, user: User) -> None:
    """Refuse for people without a mailbox, or with a disabled one.

    Raises:
        GraphError: 404.
    """
    if not user.has_mailbox or call.mail.mailbox_of(user).role == "disabled":
        raise not_enabled()


def user_named(call: Call) -> User:
    """Find the person that a request names.

    Raises:
        GraphError: 404.
    """
    user = call.tenant.user(call.path[0])
    if user is None:
        raise GraphError(
            404, "ErrorInvalidUser", f"The requested user '{call.path[0]}' is invalid."
        )
    return user


def folder_named(call: Call, reached: Reached, text: str) -> Folder:
    """Find a folder by its id, or by the name that everybody knows it by.

    Raises:
        GraphError: 400, 404; 308 where it lies in an auxiliary archive.
    """
    mailbox, name = reached.mailbox, text.casefold()
    if name in WELL_KNOWN:
        # An archive has such folders, but does not know them by name.
        known = None if mailbox.is_archive else mailbox.find_folder_by_role(name)
        if known is None:
            raise malformed_id() if mailbox.is_archive else no_such_object()
        return known
    folder = ids.find_folder(mailbox, text)
    check_home(call, reached, folder)
    return folder


def item_named(reached: Reached, folder: Folder, text: str) -> StoredItem:
    """Find an item of a folder by either of its ids.

    Raises:
        GraphError: 400 or 404.
    """
    item = ids.find_item(reached.mailbox, text)
    if item.folder is not folder:
        raise no_such_object()
    return item


def check_home(call: Call, reached: Reached, folder: Folder) -> None:
    """Send on whoever asks for a folder at the wrong part of an archive.

    Raises:
        GraphError: 308.
    """
    home = call.mail.home_of(folder)
    if home != reached.guid:
        right = mailbox_id(home, reached.tenant_id)
        raise redirected(f"{call.base}/{call.target.replace(call.path[0], right, 1)}")


def top_of(reached: Reached) -> Folder:
    """Give the folder that people see as the top."""
    return reached.mailbox.folder_by_role("msgfolderroot")
