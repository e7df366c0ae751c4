"""Folders of a mailbox: listing, one by one, making, changing and deleting.

Source:
    https://learn.microsoft.com/graph/api/resources/mailboxfolder
"""

from __future__ import annotations

from collections.abc import Mapping

from strongroom.lab.estate.folder import Folder
from strongroom.lab.exchange.shapes import folders as ews_folders
from strongroom.lab.graph.call import Call
from strongroom.lab.graph.errors import GraphError
from strongroom.lab.graph.mailbox import extended
from strongroom.lab.graph.mailbox.errors import bad_property, invalid, refusing
from strongroom.lab.graph.mailbox.extended import MULTI, SINGLE
from strongroom.lab.graph.mailbox.paging import page, read_options
from strongroom.lab.graph.mailbox.places import Reached
from strongroom.lab.graph.mailbox.reaching import (
    READ_FOLDERS,
    WRITE_FOLDERS,
    folder_named,
    reach,
    top_of,
)
from strongroom.lab.graph.mailbox.shapes import FolderView, Row, children_of, shown

_WRITABLE = frozenset({"displayName", "type", SINGLE, MULTI})
_NAME_CHARS_MAX = 255


def list_folders(call: Call) -> object:
    """List the folders right below the top, search folders among them."""
    reached = reach(call, READ_FOLDERS)
    return _list(call, reached, top_of(reached), f"{_home(reached)}/folders")


def list_children(call: Call) -> object:
    """List the folders right below one."""
    reached = reach(call, READ_FOLDERS)
    folder = folder_named(call, reached, call.path[1])
    context = f"{_home(reached)}/folders('{call.path[1]}')/childFolders"
    return _list(call, reached, folder, context)


def get(call: Call) -> object:
    """Describe one folder."""
    reached = reach(call, READ_FOLDERS)
    return _one(call, reached, folder_named(call, reached, call.path[1]))


def create(call: Call) -> object:
    """Make a folder right below the top."""
    reached = reach(call, WRITE_FOLDERS)
    return _create(call, reached, top_of(reached))


def create_child(call: Call) -> object:
    """Make a folder right below another one."""
    reached = reach(call, WRITE_FOLDERS)
    return _create(call, reached, folder_named(call, reached, call.path[1]))


def change(call: Call) -> object:
    """Change what the body names, and leave the rest."""
    reached = reach(call, WRITE_FOLDERS)
    folder = folder_named(call, reached, call.path[1])
    body = _body(call)
    properties = _properties(body)
    name = body.get("displayName", folder.name)
    with refusing():
        folder.mailbox.change_folder(folder, name=_name(name))
    if "type" in body:
        folder.kind = str(body["type"])
    _set(folder, properties)
    return _one(call, reached, folder)


def delete(call: Call) -> object:
    """Delete a folder with all that is in it: its items can still be recovered by their owner."""
    reached = reach(call, WRITE_FOLDERS)
    folder = folder_named(call, reached, call.path[1])
    mailbox = folder.mailbox
    if folder.role is not None:
        raise GraphError(
            400, "ErrorDeleteDistinguishedFolder", "Distinguished folders cannot be deleted."
        )
    with refusing():
        for one in [folder, *folder.descendants()]:
            for item in one.items:
                mailbox.soft_delete_item(item)
        mailbox.delete_folder(folder)
    return None


def _list(call: Call, reached: Reached, parent: Folder, context: str) -> object:
    below = children_of(call, parent)
    return page(call, context, below, lambda one: FolderView(call, reached, one))


def _one(call: Call, reached: Reached, folder: Folder) -> Row:
    context = f"{call.base}/$metadata#{_home(reached)}/folders/$entity"
    row = shown(FolderView(call, reached, folder), read_options(call))
    return {"@odata.context": context, **row}


def _create(call: Call, reached: Reached, parent: Folder) -> Row:
    body = _body(call)
    properties = _properties(body)
    kind = body.get("type")
    if not isinstance(kind, str) or not kind:
        raise invalid("A folder needs a displayName and a type.")
    with refusing():
        made = parent.mailbox.add_folder(parent, _name(body.get("displayName")), kind)
    _set(made, properties)
    return _one(call, reached, made)


def _body(call: Call) -> Mapping[str, object]:
    body = call.json()
    for name in body:
        if name not in _WRITABLE and not name.startswith("@odata."):
            raise invalid(f"The property '{name}' does not exist or cannot be set.")
    return body


def _name(value: object) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= _NAME_CHARS_MAX:
        raise invalid("A folder needs a displayName and a type.")
    return value


def _properties(body: Mapping[str, object]) -> list[tuple[extended.Wanted, object]]:
    """Read the extended properties of a body; what is refused changes nothing."""
    found = []
    for collection in (SINGLE, MULTI):
        rows = body.get(collection, [])
        for row in rows if isinstance(rows, list) else []:
            wanted = extended.read_id(str(row.get("id")) if isinstance(row, dict) else "")
            is_settable = wanted.key == ews_folders.PidTagAttributeHidden
            if ews_folders.is_computed(wanted.key) and not is_settable and not _is_name(wanted):
                raise bad_property(wanted.id)
            found.append((wanted, extended.read_value(wanted, row.get("value"))))
    return list(found)


def _is_name(wanted: extended.Wanted) -> bool:
    return wanted.id == "String 0x3001"


def _set(folder: Folder, properties: list[tuple[extended.Wanted, object]]) -> None:
    for wanted, value in properties:
        if wanted.key == ews_folders.PidTagAttributeHidden:
            folder.is_hidden = bool(value)
        elif wanted.key == ews_folders.PidTagContainerClass:
            folder.kind = str(value)
        elif not _is_name(wanted):
            folder.extra[wanted.key] = value  # type: ignore[assignment]  # read by its type


def _home(reached: Reached) -> str:
    return f"admin/exchange/mailboxes('{reached.id.replace(':', '%3A').replace('@', '%40')}')"
