"""SyncFolderItems: what happened to the items of a folder, since a sync state.

The busiest listing of a backup. Its answer is read in one pass.

Source:
    https://learn.microsoft.com/exchange/client-developer/web-service-reference/syncfolderitems-operation
"""

from __future__ import annotations

from dataclasses import dataclass

from lxml import etree

from strongroom.wire.ews.answers import Answer
from strongroom.wire.ews.connection import EwsConnection
from strongroom.wire.ews.ids import FolderRef, folder_ids
from strongroom.wire.ews.listed_item import ListedItem, read_listed
from strongroom.wire.ews.operation import Operation
from strongroom.wire.ews.shapes import Shape, item_shape
from strongroom.wire.ews.xml import M, T, text

SYNC_ITEMS_MAX = 512
"""The largest page that the schema takes."""


@dataclass(frozen=True, slots=True)
class ItemChanged:
    """An item is new here, or something in it changed.

    Attributes:
        item: As asked by the shape.
        is_new: Told as created, not as updated.
    """

    item: ListedItem
    is_new: bool


@dataclass(frozen=True, slots=True)
class ReadFlagChanged:
    """Only the read flag changed."""

    id: str
    change_key: str
    is_read: bool


@dataclass(frozen=True, slots=True)
class ItemRemoved:
    """The item was deleted, or moved out of the folder."""

    id: str


SyncChange = ItemChanged | ReadFlagChanged | ItemRemoved


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemsPage:
    """Some changes, and the state behind them.

    Attributes:
        changes: In the server's order (newest first on newer servers).
        sync_state: Opaque, tens of kilobytes for large folders.
        is_last: Nothing more is waiting now.
    """

    changes: tuple[SyncChange, ...]
    sync_state: str
    is_last: bool


def sync_folder_items(
    connection: EwsConnection,
    folder: FolderRef,
    shape: Shape,
    sync_state: str | None = None,
    *,
    changes_max: int = SYNC_ITEMS_MAX,
    has_associated: bool = True,
) -> ItemsPage:
    """Ask for one page of changes.

    Args:
        connection: The mailbox's.
        folder: Which; not a search folder.
        shape: What to tell of each item.
        sync_state: Where to go on; None lists all there is.
        changes_max: Page size, 1 to 512.
        has_associated: Tell hidden (folder-associated) items too.

    Raises:
        CursorExpired: the server does not take this state; ask without one.
        ItemError: the folder is not there any more (code ``ErrorSyncFolderNotFound``).
        StrongroomError: as ``EwsConnection.read``.
    """
    return connection.read(
        operation(
            folder,
            shape,
            sync_state,
            changes_max=changes_max,
            has_associated=has_associated,
            mailbox=connection.delegate_mailbox,
        )
    )


def operation(
    folder: FolderRef,
    shape: Shape,
    sync_state: str | None,
    *,
    changes_max: int,
    has_associated: bool,
    mailbox: str | None,
) -> Operation[ItemsPage]:
    """Build the request.

    Raises:
        ValueError: a page size that the schema refuses.
    """
    if not 1 <= changes_max <= SYNC_ITEMS_MAX:
        raise ValueError(f"a page holds 1 to {SYNC_ITEMS_MAX} changes, not {changes_max}")
    state = f"<m:SyncState>{text(sync_state)}</m:SyncState>" if sync_state else ""
    scope = "NormalAndAssociatedItems" if has_associated else "NormalItems"
    return Operation(
        name="SyncFolderItems",
        body=(
            f"<m:SyncFolderItems>{item_shape(shape)}"
            f"<m:SyncFolderId>{folder_ids([folder], mailbox)}</m:SyncFolderId>{state}"
            f"<m:MaxChangesReturned>{changes_max}</m:MaxChangesReturned>"
            f"<m:SyncScope>{scope}</m:SyncScope></m:SyncFolderItems>"
        ),
        parse=parse,
    )


def parse(answer: Answer) -> ItemsPage:
    """Read one page."""
    return answer.one(_page)


_CREATE, _UPDATE, _DELETE = f"{T}Create", f"{T}Update", f"{T}Delete"
_READ_FLAG = f"{T}ReadFlagChange"


def _page(message: etree._Element) -> ItemsPage:
    changes: list[SyncChange] = []
    group = message.find(f"{M}Changes")
    for change in () if group is None else group:
        tag = change.tag
        if len(change) == 0:
            continue
        if tag in (_CREATE, _UPDATE):
            changes.append(ItemChanged(read_listed(change[0]), tag == _CREATE))
        elif tag == _DELETE:
            changes.append(ItemRemoved(change[0].get("Id", "")))
        elif tag == _READ_FLAG:
            changes.append(_read_flag(change))
    return ItemsPage(
        changes=tuple(changes),
        sync_state=message.findtext(f"{M}SyncState", ""),
        is_last=message.findtext(f"{M}IncludesLastItemInRange", "true") in {"true", "1"},
    )


def _read_flag(change: etree._Element) -> ReadFlagChanged:
    item_id = change[0]
    is_read = change.findtext(f"{T}IsRead", "").strip() in {"true", "1"}
    return ReadFlagChanged(item_id.get("Id", ""), item_id.get("ChangeKey", ""), is_read)
