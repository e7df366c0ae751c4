"""Hidden items where the server's list of changes leaves them out.

SyncFolderItems tells them only where the server heeds SyncScope, and some tell visible items
whatever is asked for. FindItem lists the hidden ones then, as they stand: what changed comes out by
comparison with the list of the last time, which for that rides in front of the cursor.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from dataclasses import replace

import msgspec

from strongroom.errors import CursorExpired, ItemError
from strongroom.sources.exchange_onprem import listing
from strongroom.sources.exchange_onprem.ways import is_unknown_operation
from strongroom.wire.ews.connection import EwsConnection
from strongroom.wire.ews.faults import RequestRefused
from strongroom.wire.ews.find_item import find_items
from strongroom.words.item import Change, Changed, Item, Removed

Known = Mapping[str, str]
"""Hidden items by id, with their change keys."""

# No sync state holds a line break: it is base64.
_MARK = "hidden\n"


def written(known: Known | None, state: str) -> str:
    """Make a cursor of a sync state and of what FindItem listed last (None: it is not asked)."""
    if known is None:
        return state
    return f"{_MARK}{msgspec.json.encode(known).decode()}\n{state}"


def opened(cursor: str | None) -> tuple[Known | None, str | None]:
    """Take a cursor apart again.

    Raises:
        CursorExpired: it is damaged.
    """
    if cursor is None or not cursor.startswith(_MARK):
        return None, cursor
    known, _, state = cursor.removeprefix(_MARK).partition("\n")
    try:
        return msgspec.json.decode(known, type=dict[str, str]), state
    except msgspec.DecodeError as error:
        raise CursorExpired("The list of hidden items in the cursor cannot be read.") from error


def find_hidden(connection: EwsConnection, folder_id: str) -> list[Item] | None:
    """List a folder's hidden items; None if the server does not know how.

    Raises:
        StrongroomError: as ``EwsConnection.read``.
    """
    try:
        found = list(
            find_items(
                connection,
                folder_id,
                listing.LISTED,
                traversal="Associated",
                sort_by="item:DateTimeCreated",
            )
        )
    except (RequestRefused, ItemError) as error:
        if not is_unknown_operation(error):
            raise
        # The sums of the ledger will not meet: what is missing is told there.
        return None
    return [replace(listing.listed(item), is_associated=True) for item in found]


def changes(found: list[Item], known: Known, told: Container[str]) -> Iterator[Change]:
    """Say what the list shows that was not known, leaving out what the server told by itself."""
    now = {item.id for item in found}
    for item in found:
        if known.get(item.id) != item.change_key and item.id not in told:
            yield Changed(item=item)
    for gone in known:
        if gone not in now and gone not in told:
            yield Removed(item_id=gone)
