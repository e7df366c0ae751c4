"""Reading the content of items by ``exportItems``, of those only that changed."""

from __future__ import annotations

from collections.abc import Sequence

from strongroom.errors import ItemError
from strongroom.sources.exchange_online.reading.listing import MODIFIED
from strongroom.sources.exchange_onprem.reading import STREAM, Keep, exported, notes
from strongroom.sources.exchange_onprem.ways import EXPORT
from strongroom.wire.ews.faults import EwsItemError
from strongroom.wire.ews.fetched import Fetched
from strongroom.wire.graph.mailbox.export_items import export_items
from strongroom.wire.graph.mailbox.line import MailboxLine
from strongroom.wire.graph.refusals import GraphDenied, GraphRefused
from strongroom.words.item import SAME, Content, Item, Kept, Part

_SECONDS = len("2026-03-05T10:15:00")


def read_by_export(line: MailboxLine, items: Sequence[Item], keep: Keep) -> None:
    """Export items and hand each to ``keep`` as the answer comes in; large ones in pieces.

    Raises:
        ItemError: the mailbox is shut to us by now: none of those not handed over can be had.
        TransientError, SignInEnded: the same for other reasons.
    """
    by_id = {}
    for item in items:
        if item.kept is not None and is_same(item, item.kept):
            part = Part(name=STREAM, suffix=".fts", content=SAME)
            keep(Content(item_id=item.id, way=EXPORT, parts=(part,), notes=notes(item)))
        else:
            by_id[item.id] = item

    def take(result: Fetched | EwsItemError, item_id: str) -> None:
        keep(exported(by_id[item_id], result))

    if not by_id:
        return
    try:
        export_items(line, list(by_id), take, lambda item_id: by_id[item_id].size)
    except (GraphDenied, GraphRefused) as error:
        raise ItemError(
            "Microsoft Graph does not export from this mailbox any more.",
            code=error.code or f"http-{error.status}",
            why=str(error),
        ) from error


def is_same(item: Item, kept: Kept) -> bool:
    """Say whether what is kept is provably what the server has.

    It is the same version. Or it was last changed at the very same time, since a read flag is no
    change of the content: with all digits of the second, within which there may have been another
    one; for the same item under another id, that its size is the same says as much.
    """
    if kept.parts != (STREAM,):
        return False
    if kept.change_key == item.change_key:
        return True
    now, before = str(item.state.get(MODIFIED, "")), str(kept.state.get(MODIFIED, ""))
    if kept.is_by_search_key:
        is_one_second = bool(now) and now[:_SECONDS] == before[:_SECONDS]
        return is_one_second and kept.size == item.size
    return now == before and "." in now
