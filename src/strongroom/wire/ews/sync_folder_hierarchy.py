"""SyncFolderHierarchy: what happened to the folders below one, since a sync state.

Source:
    https://learn.microsoft.com/exchange/client-developer/web-service-reference/syncfolderhierarchy-operation
"""

from __future__ import annotations

from dataclasses import dataclass

from lxml import etree

from strongroom.wire.ews.answers import Answer
from strongroom.wire.ews.connection import EwsConnection
from strongroom.wire.ews.ids import FolderRef, folder_ids
from strongroom.wire.ews.operation import Operation
from strongroom.wire.ews.shapes import Shape, folder_shape
from strongroom.wire.ews.things import EwsFolder, read_folder
from strongroom.wire.ews.xml import M, T, text


@dataclass(frozen=True, slots=True, kw_only=True)
class HierarchyPage:
    """Some changes, and the state behind them.

    Attributes:
        changed: New and changed folders, in the server's order; the root itself is not among them.
        removed_ids: Folders that are gone.
        sync_state: Opaque.
        is_last: Nothing more is waiting now.
    """

    changed: tuple[EwsFolder, ...]
    removed_ids: tuple[str, ...]
    sync_state: str
    is_last: bool


def sync_folder_hierarchy(
    connection: EwsConnection, root: FolderRef, shape: Shape, sync_state: str | None = None
) -> HierarchyPage:
    """Ask for one page of changes; always below the same root for the same state.

    Raises:
        CursorExpired: the server does not take this state; ask without one.
        StrongroomError: as ``EwsConnection.read``.
    """
    return connection.read(operation(root, shape, sync_state, mailbox=connection.delegate_mailbox))


def operation(
    root: FolderRef, shape: Shape, sync_state: str | None, *, mailbox: str | None
) -> Operation[HierarchyPage]:
    """Build the request."""
    state = f"<m:SyncState>{text(sync_state)}</m:SyncState>" if sync_state else ""
    return Operation(
        name="SyncFolderHierarchy",
        body=(
            f"<m:SyncFolderHierarchy>{folder_shape(shape)}"
            f"<m:SyncFolderId>{folder_ids([root], mailbox)}</m:SyncFolderId>{state}"
            "</m:SyncFolderHierarchy>"
        ),
        parse=parse,
    )


def parse(answer: Answer) -> HierarchyPage:
    """Read one page."""
    return answer.one(_page)


def _page(message: etree._Element) -> HierarchyPage:
    changed: list[EwsFolder] = []
    removed: list[str] = []
    changes = message.find(f"{M}Changes")
    for change in () if changes is None else changes:
        if len(change) == 0:
            continue
        if change.tag in {f"{T}Create", f"{T}Update"}:
            changed.append(read_folder(change[0]))
        elif change.tag == f"{T}Delete":
            removed.append(change[0].get("Id", ""))
    return HierarchyPage(
        changed=tuple(changed),
        removed_ids=tuple(removed),
        sync_state=message.findtext(f"{M}SyncState", ""),
        is_last=message.findtext(f"{M}IncludesLastFolderInRange", "true") in {"true", "1"},
    )
