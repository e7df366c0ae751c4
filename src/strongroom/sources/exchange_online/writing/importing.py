"""Writing items back by import: the stream as it was saved, with what changed after it put in.

Graph has no request that sets the read flag of an item of an import, so where the saved state says
otherwise than the stream, the stream is changed; else only where it would make the server send
something (``disarm``). One item, one request: nothing is told before it is certain.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from strongroom.content import fts
from strongroom.content.fts import FtsError
from strongroom.errors import StrongroomError
from strongroom.sources.exchange_online.reading.listing import LISTED
from strongroom.sources.exchange_onprem.uploading import (
    expected,
    is_restored_as_it_is,
    stream_of,
)
from strongroom.sources.exchange_onprem.ways import EXPORT
from strongroom.wire.ews.faults import EwsItemError, Meaning, meaning_of
from strongroom.wire.ews.ids import ItemRef
from strongroom.wire.graph.mailbox.import_item import Importer, ImportItem
from strongroom.wire.graph.mailbox.items import get_items
from strongroom.wire.graph.mailbox.line import MailboxLine
from strongroom.wire.graph.refusals import GraphDenied, GraphRefused
from strongroom.words.item import Item
from strongroom.words.restoring import Outgoing, Written

Told = Callable[[Written], None]

_ROUNDS = 3
_NOT_FOUND = 404

HIDDEN, NO_STREAM = "hidden-item", "no-stream"
"""Codes of items that Graph has no way for."""

WHY = {
    HIDDEN: "Microsoft Graph's import makes visible items only, and this one was a hidden one "
    "(folder-associated).",
    NO_STREAM: "It was saved without an export stream, and Microsoft Graph imports nothing else.",
}


def why_not(item: Item, way: str) -> str:
    """Say, by a code, why an item cannot be imported; empty: it can.

    Args:
        item: Its row.
        way: How its content was read.
    """
    if way != EXPORT:
        return NO_STREAM
    return HIDDEN if item.is_associated else ""


def write_by_import(
    importer: Importer,
    line: MailboxLine,
    folder_id: str,
    batch: Sequence[Outgoing],
    told: Told,
) -> None:
    """Import items one after another and tell what came of each.

    Args:
        importer: Brings them.
        line: The mailbox's.
        folder_id: Where to.
        batch: The items.
        told: Called once per item.

    Raises:
        OutcomeUnknown: nobody knows about the first that was not told yet; the rest is not sent.
        StrongroomError: as ``Importer.bring``; those not told yet are not written.
    """
    for outgoing in batch:
        item_id = outgoing.item.id
        if code := why_not(outgoing.item, outgoing.content.way):
            told(_unwritten(item_id, code, WHY[code], is_permanent=True))
            continue
        try:
            data = _made_ready(outgoing)
        except FtsError as error:
            told(_unwritten(item_id, error.code, str(error), is_permanent=error.is_permanent))
            continue
        there = outgoing.replaces
        old = ItemRef(there.id, there.change_key) if there else None
        item = ImportItem(folder_id=folder_id, data=data, replaces=old)
        result = _brought(importer, line, item)
        if isinstance(result, EwsItemError):
            told(_refused(item_id, result, len(data)))
        else:
            told(Written(item_id=item_id, new_id=result.id))


def _brought(importer: Importer, line: MailboxLine, item: ImportItem) -> ItemRef | EwsItemError:
    """Bring an item; what it replaces may have changed meanwhile (by ourselves), or be gone."""
    result = importer.bring(item)
    for _ in range(_ROUNDS):
        if not isinstance(result, EwsItemError) or item.replaces is None:
            break
        if result.meaning is Meaning.CONFLICT:
            try:
                item = replace(item, replaces=_as_it_is_now(line, item.folder_id, item.replaces))
            except (GraphDenied, GraphRefused):
                # Sent as a new one, it would lie beside the old one.
                break
        elif result.is_gone:
            item = replace(item, replaces=None)
        else:
            break
        result = importer.bring(item)
    return result


def _as_it_is_now(line: MailboxLine, folder_id: str, old: ItemRef) -> ItemRef | None:
    """Read which version of an item the server has; None: it has it no more.

    Raises:
        StrongroomError: it does not say.
    """
    (found,) = get_items(line, folder_id, [old.id], LISTED[:1])
    if isinstance(found, GraphRefused) and (
        found.status == _NOT_FOUND or meaning_of(found.code) is Meaning.GONE
    ):
        return None
    if isinstance(found, StrongroomError):
        raise found
    return ItemRef(found.id, found.change_key)


def _made_ready(outgoing: Outgoing) -> bytes:
    data = stream_of(outgoing)
    if is_restored_as_it_is(data, outgoing.item):
        return data
    return fts.build(expected(fts.parse(data), outgoing.item))


def _refused(item_id: str, error: EwsItemError, size: int) -> Written:
    if error.meaning is Meaning.TOO_LARGE:
        why = f"Exchange Online does not take an item of {size:,} bytes: {error.why}"
        return _unwritten(item_id, "too-large", why, is_permanent=True)
    return _unwritten(item_id, error.code, error.why, is_permanent=error.is_permanent)


def _unwritten(item_id: str, code: str, why: str, *, is_permanent: bool) -> Written:
    return Written(item_id=item_id, new_id=None, code=code, why=why, is_permanent=is_permanent)
