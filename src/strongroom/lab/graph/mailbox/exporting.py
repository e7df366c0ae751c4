"""``exportItems``: whole items as opaque streams, the very bytes that EWS exports.

Source:
    https://learn.microsoft.com/graph/api/mailbox-exportitems
"""

from __future__ import annotations

from collections.abc import Iterator

import orjson

from strongroom.lab.estate.item import StoredItem
from strongroom.lab.estate.source import Version
from strongroom.lab.exchange.streams import encoded, spoilt
from strongroom.lab.faults import FaultKind
from strongroom.lab.graph.answer import Answer
from strongroom.lab.graph.call import Call
from strongroom.lab.graph.errors import GraphError
from strongroom.lab.graph.mailbox import ids
from strongroom.lab.graph.mailbox.errors import invalid, no_such_object
from strongroom.lab.graph.mailbox.places import Reached, mailbox_id
from strongroom.lab.graph.mailbox.reaching import EXPORT, reach

ITEMS_MAX = 20
VERSION: Version = (15, 20, 9412, 12)

_Row = tuple[bytes, Iterator[bytes] | None]


def export_items(call: Call) -> object:
    """Export items of one mailbox, piece by piece: nothing as large as an item is held.

    The items are looked up at once, while the estate is locked; their streams are made while the
    answer is on its way.
    """
    reached = reach(call, EXPORT)
    if call.is_in_batch and not call.mail.habits.exports_in_batch:
        raise GraphError(400, "BadRequest", "exportItems cannot be part of a batch.")
    wanted = call.parameters().get("itemids")
    if not isinstance(wanted, list) or not all(isinstance(one, str) for one in wanted):
        raise invalid("itemIds must be a list of ids.")
    if not 0 < len(wanted) <= ITEMS_MAX:
        raise invalid(f"itemIds must name at least one and at most {ITEMS_MAX} items.")
    kind = call.fault.kind if call.fault is not None else None
    rows = [_row(call, reached, text) for text in wanted]
    if kind is FaultKind.ITEM_CORRUPT:
        corrupt = GraphError(500, "ErrorItemCorrupt", "The item is corrupt.")
        rows[0] = _refused(call, wanted[0], corrupt)
    if kind is FaultKind.BATCH_STOPPED:
        away = GraphError(503, "ErrorMailboxStoreUnavailable", "The mailbox database is away.")
        rows = [_refused(call, text, away) for text in wanted]
    context = f"{call.base}/$metadata#Collection(microsoft.graph.exportItemResponse)"
    is_spoilt = kind is FaultKind.TRUNCATED_EXPORT
    return Answer(pieces=_pieces(context, rows, is_spoilt=is_spoilt))


def _row(call: Call, reached: Reached, text: str) -> _Row:
    try:
        item = ids.find_item(reached.mailbox, text)
        if item.is_associated and not call.mail.habits.hidden_items:
            raise no_such_object()
    except GraphError as error:
        return _refused(call, text, error)
    home = call.mail.home_of(item.folder)
    if home != reached.guid:
        right = mailbox_id(home, reached.tenant_id)
        url = f"{call.base}/admin/exchange/mailboxes/{right}/exportItems"
        moved = GraphError(308, "ErrorArchiveFolderMovedPermanently", url)
        return _refused(call, text, moved)
    return _head(text, item), item.export_pieces(VERSION)


def _head(text: str, item: StoredItem) -> bytes:
    told = orjson.dumps({"itemId": text, "changeKey": ids.item_change_key(item)})
    return told.removesuffix(b"}") + b',"data":"'


def _refused(call: Call, text: str, error: GraphError) -> _Row:
    name = "Error" if call.mail.habits.old_error_name else "error"
    told = {"code": error.code, "message": error.message}
    return orjson.dumps({"itemId": text, name: told}), None


def _pieces(context: str, rows: list[_Row], *, is_spoilt: bool) -> Iterator[bytes]:
    yield b'{"@odata.context":' + orjson.dumps(context) + b',"value":['
    for number, (head, stream) in enumerate(rows):
        yield (b"," if number else b"") + head
        if stream is not None:
            yield from spoilt(stream) if is_spoilt else encoded(stream)
            is_spoilt = False
            yield b'"}'
    yield b"]}"
