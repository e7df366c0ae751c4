"""SyncFolderHierarchy: which folders came, changed and went below one folder.

Source:
    https://learn.microsoft.com/exchange/client-developer/web-service-reference/syncfolderhierarchy-operation
"""

from __future__ import annotations

from strongroom.lab.estate.folder import Folder
from strongroom.lab.estate.mailbox import FolderEvent
from strongroom.lab.exchange import ids
from strongroom.lab.exchange.answer import answer, failure, success
from strongroom.lab.exchange.call import Call
from strongroom.lab.exchange.errors import EwsError
from strongroom.lab.exchange.shapes.folders import FolderShape
from strongroom.lab.exchange.sync_state import HierarchyState
from strongroom.lab.exchange.xml import Element, find, require, text_of

_NAME = "SyncFolderHierarchy"
_WHEN_FAILED = "<m:SyncState/><m:IncludesLastFolderInRange>true</m:IncludesLastFolderInRange>"


def sync_folder_hierarchy(call: Call, request: Element) -> str:
    """Answer SyncFolderHierarchy."""
    try:
        return answer(_NAME, [success(_NAME, _changes(call, request))])
    except EwsError as error:
        return answer(_NAME, [failure(_NAME, error, _WHEN_FAILED)])


def _changes(call: Call, request: Element) -> str:
    shape = FolderShape(require(request, "m:FolderShape"), digits=call.quirks.fraction_digits)
    root = _root(call, request)
    if root.mailbox.is_public:
        raise EwsError("ErrorInvalidOperation", "Public folders cannot be synchronized this way.")
    given = text_of(request, "m:SyncState")
    known = HierarchyState.read(given, root).position if given else 0
    changes = "".join(_told(call, shape, root, known))
    state = HierarchyState(root.mailbox.guid, root.counter, root.mailbox.last_change)
    return (
        f"<m:SyncState>{state.text()}</m:SyncState>"
        "<m:IncludesLastFolderInRange>true</m:IncludesLastFolderInRange>"
        f"<m:Changes>{changes}</m:Changes>"
    )


def _root(call: Call, request: Element) -> Folder:
    if find(request, "m:SyncFolderId") is not None:
        return call.target_folder(request, "m:SyncFolderId")
    if call.mailbox is None:
        raise EwsError("ErrorMissingEmailAddress")
    return call.mailbox.folder_by_role("msgfolderroot")


def _told(call: Call, shape: FolderShape, root: Folder, known: int) -> list[str]:
    """Write what happened below ``root`` after change number ``known``."""
    here = {folder.counter: folder for folder in root.descendants()}
    first: dict[int, FolderEvent] = {}
    for event in root.mailbox.folder_events:
        if event.change > known:
            first.setdefault(event.counter, event)
    told = []
    for folder in here.values():
        if _is_new(folder.created, first.get(folder.counter), root, known):
            told.append(f"<t:Create>{shape.xml(call, folder)}</t:Create>")
        elif folder.changed > known:
            told.append(f"<t:Update>{shape.xml(call, folder)}</t:Update>")
    for event in first.values():
        if event.counter not in here and not _is_new(event.created, event, root, known):
            folder_id = ids.entry_item_id(root.mailbox.guid, event.entry_id, is_public=False)
            key = ids.change_key("Folder", event.change_key)
            told.append(f'<t:Delete><t:FolderId Id="{folder_id}" ChangeKey="{key}"/></t:Delete>')
    return told


def _is_new(created: int, moved: FolderEvent | None, root: Folder, known: int) -> bool:
    """Say whether a folder was not below ``root`` when change number ``known`` was the newest.

    The first move after that tells where it was then; without one it was where it is.
    """
    return created > known or (moved is not None and root.counter not in moved.above)
