"""SyncFolderItems: what came, changed and went in one folder, page by page.

Source:
    https://learn.microsoft.com/exchange/client-developer/web-service-reference/syncfolderitems-operation
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from strongroom.lab.estate.folder import TYPE_SEARCH, Folder
from strongroom.lab.estate.item import StoredItem
from strongroom.lab.estate.journal import Removal
from strongroom.lab.exchange import ids
from strongroom.lab.exchange.answer import answer, failure, success
from strongroom.lab.exchange.call import Call
from strongroom.lab.exchange.errors import EwsError
from strongroom.lab.exchange.shapes.items import ItemShape
from strongroom.lab.exchange.shapes.view import element_of_class
from strongroom.lab.exchange.sync_state import ItemsState
from strongroom.lab.exchange.xml import Element, children, find, require, text_of

_NAME = "SyncFolderItems"
_WHEN_FAILED = "<m:SyncState/><m:IncludesLastItemInRange>true</m:IncludesLastItemInRange>"


def sync_folder_items(call: Call, request: Element) -> str:
    """Answer SyncFolderItems."""
    try:
        return answer(_NAME, [success(_NAME, _page(call, request))])
    except EwsError as error:
        return answer(_NAME, [failure(_NAME, error, _WHEN_FAILED)])


def _page(call: Call, request: Element) -> str:
    folder = _folder(call, request)
    scope = "" if call.quirks.without_sync_scope else text_of(request, "m:SyncScope")
    with_associated = scope == "NormalAndAssociatedItems"
    given = text_of(request, "m:SyncState")
    newest = folder.mailbox.last_change
    if given:
        state = ItemsState.read(given, folder)
        if state.with_associated != with_associated:
            raise EwsError("ErrorInvalidSyncStateData")
    else:
        state = ItemsState.round(0, newest, with_associated=with_associated)
    if _is_over(state):
        state = ItemsState.round(state.high, newest, with_associated=with_associated)
    shape = ItemShape(find(request, "m:ItemShape"), call, in_list=True)
    limit = int(require(request, "m:MaxChangesReturned").text or "0")
    ignored = _ignored(request)
    told, state = _tell(folder, state, limit, shape, ignored)
    # What happened while the client was paging through this round is told in the next one.
    is_last = _is_over(state) and folder.newest_change <= state.high
    return (
        f"<m:SyncState>{state.text(folder)}</m:SyncState>"
        f"<m:IncludesLastItemInRange>{'true' if is_last else 'false'}</m:IncludesLastItemInRange>"
        f"<m:Changes>{''.join(told)}</m:Changes>"
    )


def _folder(call: Call, request: Element) -> Folder:
    try:
        folder = call.target_folder(request, "m:SyncFolderId")
    except EwsError as error:
        if error.code == "ErrorFolderNotFound":
            raise EwsError("ErrorSyncFolderNotFound") from error
        raise
    if folder.folder_type == TYPE_SEARCH:
        raise EwsError("ErrorInvalidOperation", "Search folders cannot be synchronized.")
    if call.rights(folder).read_items != "FullDetails":
        raise EwsError("ErrorAccessDenied")
    return folder


def _is_over(state: ItemsState) -> bool:
    return state.removals_below == 0 and state.items_below == 0


def _tell(
    folder: Folder, state: ItemsState, limit: int, shape: ItemShape, ignored: frozenset[str]
) -> tuple[list[str], ItemsState]:
    """Write one page and say how far the round has come with it."""
    told: list[str] = []
    for removal in folder.journal.removals_between(state.low, state.removals_below - 1):
        if _is_news(removal, state):
            if len(told) == limit:
                return told, state
            told.append(_removal_xml(folder, removal))
        state = replace(state, removals_below=removal.change)
    state = replace(state, removals_below=0)
    for item in _items(folder, state):
        if len(told) == limit:
            return told, state
        state = replace(state, items_below=item.arrived)
        if ignored and ids.item_id(item) in ignored:
            continue
        told.append(_item_xml(item, state.low, shape))
    return told, replace(state, items_below=0)


def _is_news(removal: Removal, state: ItemsState) -> bool:
    """Say whether the client knows the removed item, so must be told."""
    if removal.is_associated and not state.with_associated:
        return False
    return removal.arrived <= state.low


def _items(folder: Folder, state: ItemsState) -> Iterator[StoredItem]:
    """Give the items of the round that are not told yet, newest arrival first."""
    if state.low == 0:
        candidates = folder.items_arrived_before(state.items_below)
    else:
        arrivals = set(folder.items_arrived_since(state.low))
        arrivals |= folder.journal.arrivals_changed_since(state.low)
        found = (folder.item_arrived_at(number) for number in sorted(arrivals, reverse=True))
        candidates = (item for item in found if item and item.arrived < state.items_below)
    for item in candidates:
        if state.with_associated or not item.is_associated:
            yield item


def _item_xml(item: StoredItem, low: int, shape: ItemShape) -> str:
    if item.arrived > low:
        return f"<t:Create>{shape.xml(item)}</t:Create>"
    if item.changed > low:
        return f"<t:Update>{shape.xml(item)}</t:Update>"
    key = ids.change_key(element_of_class(item.item_class), item.change_key)
    return (
        f'<t:ReadFlagChange><t:ItemId Id="{ids.item_id(item)}" ChangeKey="{key}"/>'
        f"<t:IsRead>{'true' if item.is_read else 'false'}</t:IsRead></t:ReadFlagChange>"
    )


def _removal_xml(folder: Folder, removal: Removal) -> str:
    mailbox = folder.mailbox
    item_id = ids.entry_item_id(mailbox.guid, removal.entry_id, is_public=mailbox.is_public)
    key = ids.change_key(element_of_class(removal.item_class), removal.change_key)
    return f'<t:Delete><t:ItemId Id="{item_id}" ChangeKey="{key}"/></t:Delete>'


def _ignored(request: Element) -> frozenset[str]:
    node = find(request, "m:Ignore")
    return (
        frozenset(str(one.get("Id")) for one in children(node)) if node is not None else frozenset()
    )
