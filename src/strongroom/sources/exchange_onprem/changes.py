"""What happened in a folder, page by page, in our own words."""

from __future__ import annotations

from collections.abc import Iterator

from strongroom.errors import TransientError
from strongroom.sources.exchange_onprem import hidden, listing
from strongroom.wire.ews.connection import EwsConnection
from strongroom.wire.ews.sync_folder_items import (
    ItemChanged,
    ItemRemoved,
    SyncChange,
    sync_folder_items,
)
from strongroom.words.item import Change, Changed, ChangePage, Removed, StateChanged


def read_changes(
    connection: EwsConnection,
    folder_id: str,
    cursor: str | None,
    *,
    folder_role: str | None = None,
    hidden_count: int | None = None,
) -> Iterator[ChangePage]:
    """Tell what happened since the cursor; each page's cursor stands behind that page.

    Args:
        connection: The mailbox's.
        folder_id: Which folder.
        cursor: None lists all there is.
        folder_role: As ``listing.listed`` wants it.
        hidden_count: How many hidden items the folder has by its own count; None: not known. A
            first listing that tells none of them is completed by another request.

    Raises:
        CursorExpired: the server does not take the cursor any more.
        ItemError: the folder is not there any more.
        TransientError: the server says "more" and tells the same page for ever.
    """
    known, state = hidden.opened(cursor)
    is_heeding_scope = False
    told: set[str] = set()
    while True:
        page = sync_folder_items(connection, folder_id, listing.LISTED, state)
        if page.sync_state == state and not page.is_last:
            raise TransientError("The server's list of changes does not get on.")
        state = page.sync_state
        changes = tuple(_change(change, folder_role) for change in page.changes)
        is_heeding_scope = is_heeding_scope or any(map(_is_hidden, changes))
        if known is not None:
            told.update(map(_id_of, changes))
        if page.is_last and not is_heeding_scope:
            if cursor is None and hidden_count != 0:
                known = {}
            found = None if known is None else hidden.find_hidden(connection, folder_id)
            if known is not None and found is not None:
                changes = (*changes, *hidden.changes(found, known, told))
                known = {item.id: item.change_key for item in found}
        yield ChangePage(
            changes=changes,
            cursor=hidden.written(known, state),
            is_last=page.is_last,
        )
        if page.is_last:
            return


def _change(change: SyncChange, folder_role: str | None) -> Change:
    match change:
        case ItemChanged():
            return Changed(item=listing.listed(change.item, folder_role))
        case ItemRemoved():
            return Removed(item_id=change.id)
        case _:
            # The one change that the server tells apart; all others say "updated".
            return StateChanged(
                item_id=change.id, change_key=change.change_key, state={"is_read": change.is_read}
            )


def _is_hidden(change: Change) -> bool:
    return isinstance(change, Changed) and change.item.is_associated


def _id_of(change: Change) -> str:
    return change.item.id if isinstance(change, Changed) else change.item_id
