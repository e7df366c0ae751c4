"""What happened in a folder, page by page, in our own words."""

from __future__ import annotations

from collections.abc import Iterator

from strongroom.errors import TransientError
from strongroom.sources.exchange_onprem import listing
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
) -> Iterator[ChangePage]:
    """Tell what happened since the cursor; each page's cursor stands behind that page.

    Raises:
        CursorExpired: the server does not take the cursor any more.
        ItemError: the folder is not there any more.
        TransientError: the server says "more" and tells the same page for ever.
    """
    while True:
        page = sync_folder_items(connection, folder_id, listing.LISTED, cursor)
        if page.sync_state == cursor and not page.is_last:
            raise TransientError("The server's list of changes does not get on.")
        cursor = page.sync_state
        yield ChangePage(
            changes=tuple(_change(change, folder_role) for change in page.changes),
            cursor=cursor,
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
