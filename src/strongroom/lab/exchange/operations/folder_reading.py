"""GetFolder and FindFolder.

Source:
    https://learn.microsoft.com/exchange/client-developer/web-service-reference/getfolder-operation
    https://learn.microsoft.com/exchange/client-developer/web-service-reference/findfolder-operation
"""

from __future__ import annotations

from strongroom.lab.estate.folder import Folder
from strongroom.lab.exchange.answer import answer, batch
from strongroom.lab.exchange.call import Call
from strongroom.lab.exchange.errors import EwsError
from strongroom.lab.exchange.operations.paging import Page
from strongroom.lab.exchange.operations.restriction import Condition, condition
from strongroom.lab.exchange.shapes.extended import key_of
from strongroom.lab.exchange.shapes.folders import FolderShape, property_value
from strongroom.lab.exchange.xml import Element, children, find, name_of, require

_GET = "GetFolder"
_FIND = "FindFolder"


def get_folder(call: Call, request: Element) -> str:
    """Answer GetFolder."""
    shape = FolderShape(require(request, "m:FolderShape"), digits=call.quirks.fraction_digits)

    def show(node: Element) -> str:
        return f"<m:Folders>{shape.xml(call, call.folder(node))}</m:Folders>"

    wanted = children(require(request, "m:FolderIds"))
    return answer(_GET, batch(_GET, wanted, show, when_failed="<m:Folders/>"))


def find_folder(call: Call, request: Element) -> str:
    """Answer FindFolder."""
    shape = FolderShape(require(request, "m:FolderShape"), digits=call.quirks.fraction_digits)
    traversal = str(request.get("Traversal"))
    restriction = find(request, "m:Restriction")
    wanted = None if restriction is None else condition(restriction, _folder_value)

    def show(node: Element) -> str:
        found = _below(call, call.folder(node), traversal, wanted)
        page = Page.of(request, len(found))
        if call.quirks.without_root_folder and not found:
            return ""
        inner = "".join(shape.xml(call, one) for one in found[page.start : page.end])
        return f"<m:RootFolder {page.attributes()}><t:Folders>{inner}</t:Folders></m:RootFolder>"

    parents = children(require(request, "m:ParentFolderIds"))
    return answer(_FIND, batch(_FIND, parents, show))


def _below(call: Call, parent: Folder, traversal: str, wanted: Condition | None) -> list[Folder]:
    if traversal == "Deep":
        if parent.mailbox.is_public:
            raise EwsError("ErrorInvalidOperation", "Public folders take shallow traversal only.")
        found = list(parent.descendants())
    elif traversal == "Shallow":
        found = parent.children
    else:
        # Deleted folders of a mailbox are not kept apart: they lie in Deleted Items or are gone.
        found = []
    return [
        one
        for one in found
        if call.rights(one).is_folder_visible and (wanted is None or wanted(one))
    ]


def _folder_value(folder: Folder, path: Element) -> object:
    if name_of(path) == "ExtendedFieldURI":
        return property_value(folder, key_of(path))
    match str(path.get("FieldURI")).rpartition(":")[2]:
        case "DisplayName":
            return folder.name
        case "FolderClass":
            return folder.kind
        case "TotalCount":
            return folder.content_count
        case "UnreadCount":
            return folder.unread_count
        case "ChildFolderCount":
            return len(folder.children)
        case _:
            raise EwsError("ErrorUnsupportedPathForQuery")
