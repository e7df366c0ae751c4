"""Reading the content of items by ExportItems: the server's own bytes, untouched."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from strongroom.sources.exchange_onprem import fates, limits, protection
from strongroom.sources.exchange_onprem.ways import EXPORT
from strongroom.wire.ews.connection import EwsConnection
from strongroom.wire.ews.export_items import export_items
from strongroom.wire.ews.faults import EwsItemError
from strongroom.wire.ews.fetched import Fetched
from strongroom.words.item import Content, Item, Missed, Part

Keep = Callable[[Content | Missed], None]

STREAM = "fts"
_NOTHING = "The server gave an empty stream for it."


def read_by_export(connection: EwsConnection, items: Sequence[Item], keep: Keep) -> None:
    """Export items and hand each to ``keep`` as the answer comes in; large ones in pieces."""
    by_id = {item.id: item for item in items}

    def take(result: Fetched | EwsItemError, item_id: str) -> None:
        if isinstance(result, EwsItemError):
            keep(fates.missed(item_id, result))
            return
        if result.content == b"":
            # Not even an empty item has an empty stream; kept, it could never be put back.
            keep(Missed(item_id=item_id, fate="failed", code="no-content", why=_NOTHING))
            return
        keep(
            Content(
                item_id=item_id,
                way=EXPORT,
                parts=(Part(name=STREAM, suffix=".fts", content=result.content),),
                notes=notes(by_id[item_id]),
            )
        )

    export_items(connection, list(by_id), take)


def notes(item: Item, *, content_class: str | None = None) -> tuple[str, ...]:
    """Say what a person should know of an item that is kept."""
    found = protection.notes(item.kind, content_class=content_class)
    if limits.is_over_limit(item.size):
        found = (*found, limits.over_limit_note(item.size))
    return found
