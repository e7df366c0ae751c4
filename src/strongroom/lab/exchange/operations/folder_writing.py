"""CreateFolder, UpdateFolder, MoveFolder, DeleteFolder and EmptyFolder.

Source:
    https://learn.microsoft.com/exchange/client-developer/web-service-reference/createfolder-operation
    and the pages of the others beside it
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from strongroom.lab.estate.folder import TYPE_GENERIC, TYPE_SEARCH, Folder
from strongroom.lab.estate.item import StoredItem
from strongroom.lab.estate.refusals import FolderExists, NotAllowed
from strongroom.lab.exchange import ids
from strongroom.lab.exchange.answer import answer, batch
from strongroom.lab.exchange.call import Call
from strongroom.lab.exchange.errors import EwsError
from strongroom.lab.exchange.shapes import extended, folders, permissions
from strongroom.lab.exchange.xml import (
    Element,
    children,
    is_true,
    name_of,
    require,
    text_of,
)

Result = TypeVar("Result")

_NO_FOLDERS = "<m:Folders/>"
_CLASSES = {
    "Folder": "IPF.Note",
    "CalendarFolder": "IPF.Appointment",
    "ContactsFolder": "IPF.Contact",
    "TasksFolder": "IPF.Task",
    "SearchFolder": "IPF.Note",
}


def create_folder(call: Call, request: Element) -> str:
    """Answer CreateFolder."""

    def create(node: Element) -> str:
        return _shown(_create(call, call.target_folder(request, "m:ParentFolderId"), node))

    wanted = children(require(request, "m:Folders"))
    return answer("CreateFolder", batch("CreateFolder", wanted, create, when_failed=_NO_FOLDERS))


def update_folder(call: Call, request: Element) -> str:
    """Answer UpdateFolder."""

    def update(node: Element) -> str:
        folder = call.folder(next(children(node)))
        call.require_ownership(folder)
        for change in children(require(node, "t:Updates")):
            _apply(call, folder, change)
        return _shown(folder)

    wanted = children(require(request, "m:FolderChanges"))
    return answer("UpdateFolder", batch("UpdateFolder", wanted, update, when_failed=_NO_FOLDERS))


def move_folder(call: Call, request: Element) -> str:
    """Answer MoveFolder."""

    def move(node: Element) -> str:
        folder = call.folder(node)
        parent = call.target_folder(request, "m:ToFolderId")
        call.require_ownership(folder)
        call.require_subfolders(parent)
        if parent.mailbox is not folder.mailbox:
            raise EwsError("ErrorCrossMailboxMoveCopy")
        _refusing(lambda: folder.mailbox.move_folder(folder, parent))
        return _shown(folder)

    wanted = children(require(request, "m:FolderIds"))
    return answer("MoveFolder", batch("MoveFolder", wanted, move, when_failed=_NO_FOLDERS))


def delete_folder(call: Call, request: Element) -> str:
    """Answer DeleteFolder."""
    how = str(request.get("DeleteType"))

    def delete(node: Element) -> str:
        folder = call.folder(node)
        call.require_ownership(folder)
        _delete(folder, how)
        return ""

    wanted = children(require(request, "m:FolderIds"))
    return answer("DeleteFolder", batch("DeleteFolder", wanted, delete))


def empty_folder(call: Call, request: Element) -> str:
    """Answer EmptyFolder."""
    how = str(request.get("DeleteType"))
    with_subfolders = is_true(request.get("DeleteSubFolders"))

    def empty(node: Element) -> str:
        folder = call.folder(node)
        if folder.mailbox.is_public:
            raise EwsError("ErrorInvalidOperation", "Public folders cannot be emptied.")
        call.require_delete(folder)
        for item in folder.items:
            if not item.is_associated:
                dispose(item, how)
        for child in list(folder.children) if with_subfolders else ():
            _delete(child, how)
        return ""

    wanted = children(require(request, "m:FolderIds"))
    return answer("EmptyFolder", batch("EmptyFolder", wanted, empty))


def dispose(item: StoredItem, how: str) -> None:
    """Delete one item in one of the three ways."""
    mailbox = item.folder.mailbox
    if item.is_associated and how != "HardDelete":
        raise EwsError("ErrorCannotDeleteObject", "Hidden items can only be hard deleted.")
    if how == "MoveToDeletedItems":
        bin_folder = mailbox.find_folder_by_role("deleteditems")
        if bin_folder is not None:
            mailbox.move_item(item, bin_folder)
            return
    if how == "HardDelete":
        mailbox.hard_delete_item(item)
    else:
        mailbox.soft_delete_item(item)


def _create(call: Call, parent: Folder, node: Element) -> Folder:
    call.require_subfolders(parent)
    element = name_of(node)
    name = text_of(node, "t:DisplayName")
    if not name:
        raise EwsError("ErrorFolderSavePropertyError", "A folder needs a name.")
    kind = text_of(node, "t:FolderClass") or _CLASSES[element]
    for child in children(node):
        # What is refused is refused before there is a folder.
        if name_of(child) == "PermissionSet":
            permissions.read(call, child, is_calendar=element == "CalendarFolder")
    made = _refusing(
        lambda: parent.mailbox.add_folder(
            parent,
            name,
            kind,
            folder_type=TYPE_SEARCH if element == "SearchFolder" else TYPE_GENERIC,
        )
    )
    for child in children(node):
        if name_of(child) in {"PermissionSet", "ExtendedProperty"}:
            _set(call, made, child)
    return made


def _apply(call: Call, folder: Folder, change: Element) -> None:
    path, *rest = children(change)
    if name_of(change) == "DeleteFolderField":
        _delete_field(folder, path)
    elif name_of(change) == "SetFolderField":
        for child in children(rest[0]):
            _set(call, folder, child)
    else:
        raise EwsError("ErrorInvalidPropertyAppend")
    folder.mailbox.change_folder(folder)


def _set(call: Call, folder: Folder, node: Element) -> None:
    match name_of(node):
        case "DisplayName":
            name = node.text or ""
            _refusing(lambda: folder.mailbox.change_folder(folder, name=name))
        case "FolderClass":
            folder.kind = node.text or ""
        case "PermissionSet":
            is_calendar = folders.element_name(folder) == "CalendarFolder"
            folder.permissions = permissions.read(call, node, is_calendar=is_calendar)
        case "ExtendedProperty":
            _set_property(folder, node)
        case _:
            raise EwsError("ErrorInvalidPropertySet")


def _set_property(folder: Folder, node: Element) -> None:
    key, value = extended.read_property(node)
    if key == folders.PidTagAttributeHidden:
        folder.is_hidden = bool(value)
    elif key == folders.PidTagContainerClass:
        folder.kind = str(value)
    elif folders.is_computed(key):
        raise EwsError("ErrorInvalidPropertySet")
    else:
        folder.extra[key] = value


def _delete_field(folder: Folder, path: Element) -> None:
    if name_of(path) == "ExtendedFieldURI":
        folder.extra.pop(extended.key_of(path), None)
    elif path.get("FieldURI") == "folder:PermissionSet":
        folder.permissions = []
    else:
        raise EwsError("ErrorInvalidPropertyDelete")


def _delete(folder: Folder, how: str) -> None:
    mailbox = folder.mailbox
    if folder.role is not None:
        raise EwsError("ErrorDeleteDistinguishedFolder")
    bin_folder = mailbox.find_folder_by_role("deleteditems")
    if how == "MoveToDeletedItems" and bin_folder is not None:
        _rename_free(folder, bin_folder)
        _refusing(lambda: mailbox.move_folder(folder, bin_folder))
        return
    if how == "SoftDelete" or mailbox.is_on_hold:
        for one in [folder, *folder.descendants()]:
            for item in one.items:
                bury = mailbox.soft_delete_item if how == "SoftDelete" else mailbox.hard_delete_item
                bury(item)
    _refusing(lambda: mailbox.delete_folder(folder))


def _rename_free(folder: Folder, parent: Folder) -> None:
    """Give a folder a name that its new parent has not got, as the server does in the bin."""
    name, number = folder.name, 1
    while (there := parent.child(name)) is not None and there is not folder:
        name = f"{folder.name}{number}"
        number += 1
    if name != folder.name:
        folder.mailbox.change_folder(folder, name=name)


def _refusing(do: Callable[[], Result]) -> Result:
    """Run something of the estate and turn its refusals into codes."""
    try:
        return do()
    except FolderExists as error:
        values = {"FolderId": ids.folder_id(error.existing)}
        raise EwsError("ErrorFolderExists", values=values) from error
    except NotAllowed as error:
        raise EwsError("ErrorAccessDenied", str(error)) from error


def _shown(folder: Folder) -> str:
    return f"<m:Folders>{folders.short_xml(folder)}</m:Folders>"
