"""Folder permissions as EWS shows and takes them."""

from __future__ import annotations

from strongroom.lab.estate.folder import Folder
from strongroom.lab.estate.words import Permission
from strongroom.lab.exchange.call import Call
from strongroom.lab.exchange.errors import EwsError
from strongroom.lab.exchange.xml import (
    Element,
    children,
    element,
    is_true,
    name_of,
    require,
    text_of,
)

_DISTINGUISHED = ("Default", "Anonymous")
_LEVELS = {
    "None": Permission(user="", level="None"),
    "Owner": Permission(
        user="",
        can_create_items=True,
        can_create_subfolders=True,
        is_folder_owner=True,
        is_folder_visible=True,
        is_folder_contact=True,
        edit_items="All",
        delete_items="All",
        read_items="FullDetails",
    ),
    "PublishingEditor": Permission(
        user="",
        can_create_items=True,
        can_create_subfolders=True,
        is_folder_visible=True,
        edit_items="All",
        delete_items="All",
        read_items="FullDetails",
    ),
    "Editor": Permission(
        user="",
        can_create_items=True,
        is_folder_visible=True,
        edit_items="All",
        delete_items="All",
        read_items="FullDetails",
    ),
    "Author": Permission(
        user="",
        can_create_items=True,
        is_folder_visible=True,
        edit_items="Owned",
        delete_items="Owned",
        read_items="FullDetails",
    ),
    "Reviewer": Permission(user="", is_folder_visible=True, read_items="FullDetails"),
    "Contributor": Permission(user="", can_create_items=True, is_folder_visible=True),
    "PublishingAuthor": Permission(
        user="",
        can_create_items=True,
        can_create_subfolders=True,
        is_folder_visible=True,
        edit_items="Owned",
        delete_items="Owned",
        read_items="FullDetails",
    ),
    "NoneditingAuthor": Permission(
        user="",
        can_create_items=True,
        is_folder_visible=True,
        delete_items="Owned",
        read_items="FullDetails",
    ),
    "FreeBusyTimeOnly": Permission(user="", read_items="TimeOnly"),
    "FreeBusyTimeAndSubjectAndLocation": Permission(
        user="", read_items="TimeAndSubjectAndLocation"
    ),
}
# A user and a level.
_ENTRY_OF_LEVEL = 2


def of_level(user: str, level: str) -> Permission:
    """Give somebody one of the named levels (``Reviewer``, ``Editor`` …).

    Raises:
        KeyError: there is no such level here.
    """
    known = _LEVELS[level]
    fields = {name: getattr(known, name) for name in Permission.__slots__}
    return Permission(**{**fields, "user": user, "level": level})


def xml(call: Call, folder: Folder, *, is_calendar: bool) -> str:
    """Write the PermissionSet of a folder; the owner alone, with others hidden, sees none."""
    if not call.rights(folder).is_folder_owner:
        return ""
    entry = "CalendarPermission" if is_calendar else "Permission"
    default = Permission(user="Default", level="None")
    given = {one.user.casefold(): one for one in folder.permissions}
    given.setdefault("default", default)
    given.setdefault("anonymous", Permission(user="Anonymous", level="None"))
    inner = "".join(_entry_xml(call, one, entry) for one in given.values())
    return f"<t:PermissionSet><t:{entry}s>{inner}</t:{entry}s></t:PermissionSet>"


def effective_rights_xml(rights: Permission) -> str:
    """Write what the caller may do."""
    flags = (
        ("CreateAssociated", rights.is_folder_owner),
        ("CreateContents", rights.can_create_items),
        ("CreateHierarchy", rights.can_create_subfolders),
        ("Delete", rights.delete_items == "All"),
        ("Modify", rights.edit_items == "All"),
        ("Read", rights.read_items == "FullDetails"),
        ("ViewPrivateItems", rights.is_folder_owner),
    )
    inner = "".join(element(name, "true" if flag else "false") for name, flag in flags)
    return f"<t:EffectiveRights>{inner}</t:EffectiveRights>"


def read(call: Call, node: Element, *, is_calendar: bool) -> list[Permission]:
    """Read a PermissionSet element.

    Raises:
        EwsError: somebody in it is not known or named twice, or the settings contradict each other.
    """
    groups = list(children(node))
    if any(name_of(group) == "UnknownEntries" for group in groups):
        raise EwsError("ErrorCannotSetPermissionUnknownEntries")
    wanted = "CalendarPermissions" if is_calendar else "Permissions"
    if name_of(groups[0]) != wanted:
        kind = (
            "NonCalendarPermissionOnCalendar" if is_calendar else "CalendarPermissionOnNonCalendar"
        )
        raise EwsError(f"ErrorCannotSet{kind}Folder")
    found = [_read_entry(call, entry) for entry in children(groups[0])]
    if len({one.user.casefold() for one in found}) < len(found):
        raise EwsError("ErrorDuplicateUserIdsSpecified")
    return found


def _entry_xml(call: Call, entry: Permission, name: str) -> str:
    is_calendar = name == "CalendarPermission"
    flags = (
        ("CanCreateItems", entry.can_create_items),
        ("CanCreateSubFolders", entry.can_create_subfolders),
        ("IsFolderOwner", entry.is_folder_owner),
        ("IsFolderVisible", entry.is_folder_visible),
        ("IsFolderContact", entry.is_folder_contact),
    )
    inner = "".join(element(flag, "true" if is_set else "false") for flag, is_set in flags)
    inner += element("EditItems", entry.edit_items) + element("DeleteItems", entry.delete_items)
    inner += element("ReadItems", _reading(entry.read_items, is_calendar=is_calendar))
    level = "CalendarPermissionLevel" if is_calendar else "PermissionLevel"
    return f"<t:{name}>{_user_xml(call, entry.user)}{inner}{element(level, entry.level)}</t:{name}>"


def _reading(text: str, *, is_calendar: bool) -> str:
    if is_calendar or text in {"None", "FullDetails"}:
        return text
    return "None"


def _user_xml(call: Call, user: str) -> str:
    if user in _DISTINGUISHED:
        return f"<t:UserId>{element('DistinguishedUser', user)}</t:UserId>"
    mailbox = call.estate.mailbox(user)
    name = mailbox.name if mailbox is not None else user
    inner = element("PrimarySmtpAddress", user) + element("DisplayName", name)
    return f"<t:UserId>{inner}</t:UserId>"


def _read_entry(call: Call, node: Element) -> Permission:
    user = _user(call, require(node, "t:UserId"))
    level = text_of(node, "t:PermissionLevel") or text_of(node, "t:CalendarPermissionLevel") or ""
    if level != "Custom":
        # A named level says it all; single rights beside it contradict it.
        if level not in _LEVELS or len(node) > _ENTRY_OF_LEVEL:
            raise EwsError("ErrorInvalidPermissionSettings")
        return of_level(user, level)
    return Permission(
        user=user,
        can_create_items=is_true(text_of(node, "t:CanCreateItems")),
        can_create_subfolders=is_true(text_of(node, "t:CanCreateSubFolders")),
        is_folder_owner=is_true(text_of(node, "t:IsFolderOwner")),
        is_folder_visible=is_true(text_of(node, "t:IsFolderVisible")),
        is_folder_contact=is_true(text_of(node, "t:IsFolderContact")),
        edit_items=text_of(node, "t:EditItems") or "None",
        delete_items=text_of(node, "t:DeleteItems") or "None",
        read_items=text_of(node, "t:ReadItems") or "None",
    )


def _user(call: Call, who: Element) -> str:
    """Say whom a UserId means; the server has to know them."""
    special = text_of(who, "t:DistinguishedUser")
    if special:
        return special
    address = text_of(who, "t:PrimarySmtpAddress")
    if not address:
        raise EwsError("ErrorMissingUserIdInformation")
    known = call.estate.mailbox(address)
    if known is None:
        raise EwsError("ErrorInvalidUserInfo")
    return known.address
