"""Reading the content of items by ExportItems: the server's own bytes, untouched."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from strongroom.content import fts, tags
from strongroom.errors import ItemError
from strongroom.sources.exchange_onprem import fates, limits, protection
from strongroom.sources.exchange_onprem.ways import EXPORT
from strongroom.wire.ews.connection import EwsConnection
from strongroom.wire.ews.export_items import export_items
from strongroom.wire.ews.faults import EwsItemError
from strongroom.wire.ews.fetched import Fetched
from strongroom.words.item import Content, Item, Missed, Part

Keep = Callable[[Content | Missed], None]

STREAM = "fts"
_RIGHTS_CLASS = protection.RIGHTS_CONTENT_CLASS.encode("utf-16-le")
_NOTHING = "The server gave an empty stream for it."


def read_by_export(connection: EwsConnection, items: Sequence[Item], keep: Keep) -> None:
    """Export items and hand each to ``keep`` as the answer comes in; large ones in pieces."""
    by_id = {item.id: item for item in items}

    def take(result: Fetched | EwsItemError, item_id: str) -> None:
        keep(exported(by_id[item_id], result))

    export_items(connection, list(by_id), take, lambda item_id: by_id[item_id].size)


def exported(item: Item, result: Fetched | EwsItemError) -> Content | Missed:
    """Make what is kept of an item that was exported, or why nothing is."""
    if isinstance(result, EwsItemError):
        return fates.missed(item.id, result)
    if result.content == b"":
        # Not even an empty item has an empty stream; kept, it could never be put back.
        return Missed(item_id=item.id, fate="failed", code="no-content", why=_NOTHING)
    return Content(
        item_id=item.id,
        way=EXPORT,
        parts=(Part(name=STREAM, suffix=".fts", content=result.content),),
        notes=notes(item, content_class=_content_class(result.content)),
    )


def _content_class(stream: object) -> str | None:
    """Look the content class up in a stream, where it may be the one that is told of.

    Only streams that hold its name are read at all: looking for that costs microseconds, reading
    an item a hundred times as much. Large ones come in pieces and are not looked into.
    """
    if not isinstance(stream, bytes | bytearray) or _RIGHTS_CLASS not in stream:
        return None
    try:
        found = fts.parse(bytes(stream)).properties.get(tags.PidNameContentClass)
    except ItemError:
        return None  # kept as it is all the same; verifying and comparing tell of the damage
    return found if isinstance(found, str) else None


def notes(item: Item, *, content_class: str | None = None) -> tuple[str, ...]:
    """Say what a person should know of an item that is kept."""
    found = protection.notes(item.kind, content_class=content_class)
    if limits.is_over_limit(item.size):
        found = (*found, limits.over_limit_note(item.size))
    return found
