"""ExportItems and UploadItems: whole items as opaque streams.

Source:
    https://learn.microsoft.com/exchange/client-developer/web-service-reference/exportitems-operation
    https://learn.microsoft.com/exchange/client-developer/web-service-reference/uploaditems-operation
"""

from __future__ import annotations

from collections.abc import Iterator

import pybase64

from strongroom.content import fts
from strongroom.content.message import Message
from strongroom.lab.estate.folder import Folder
from strongroom.lab.estate.item import StoredItem
from strongroom.lab.estate.source import WholeMessage
from strongroom.lab.exchange import answer, ids
from strongroom.lab.exchange.call import Call
from strongroom.lab.exchange.errors import BATCH_STOPPING, EwsError
from strongroom.lab.exchange.operations.item_creation import put
from strongroom.lab.exchange.shapes.view import element_of_class
from strongroom.lab.exchange.streams import encoded, message_in, spoilt
from strongroom.lab.exchange.xml import Element, children, find, require

_EXPORT = "ExportItems"
_UPLOAD = "UploadItems"

Piece = str | bytes


def export_items(call: Call, request: Element) -> Iterator[Piece]:
    """Answer ExportItems, piece by piece: nothing as large as an item is held as a whole.

    The items are looked up at once, while the estate is locked; their streams are made while the
    answer is on its way.
    """
    spoils = call.spoils_first_export
    messages: list[Piece | StoredItem] = [answer.opening(_EXPORT)]
    is_stopped = False
    for node in children(require(request, "m:ItemIds")):
        if is_stopped:
            messages.append(answer.stopped(_EXPORT))
            continue
        try:
            messages.append(_exportable(call, node))
        except EwsError as error:
            is_stopped = error.code in BATCH_STOPPING
            messages.append(answer.failure(_EXPORT, error))
    messages.append(answer.closing(_EXPORT))
    version = call.quirks.version
    heads = [_head(one) if isinstance(one, StoredItem) else one for one in messages]
    streams = [
        one.export_pieces(version) if isinstance(one, StoredItem) else None for one in messages
    ]
    return _pieces(heads, streams, spoils=spoils)


def upload_items(call: Call, request: Element) -> str:
    """Answer UploadItems."""
    wanted = children(require(request, "m:Items"))
    return answer.answer(_UPLOAD, answer.batch(_UPLOAD, wanted, lambda one: _upload(call, one)))


def _exportable(call: Call, node: Element) -> StoredItem:
    item = call.item(node)
    key = node.get("ChangeKey")
    if key and ids.version_of(str(key)) != item.version:
        raise EwsError("ErrorInvalidChangeKey")
    if call.corrupts_first_item:
        call.corrupts_first_item = False
        raise EwsError("ErrorItemCorrupt")
    return item


def _head(item: StoredItem) -> str:
    return (
        f"<m:{_EXPORT}ResponseMessage {answer.SUCCESS_ATTRIBUTE}>{answer.NO_ERROR}"
        f'<m:ItemId Id="{ids.item_id(item)}" ChangeKey="{_key(item)}"/><m:Data>'
    )


def _pieces(
    heads: list[Piece], streams: list[Iterator[bytes] | None], *, spoils: bool
) -> Iterator[Piece]:
    for head, stream in zip(heads, streams, strict=True):
        yield head
        if stream is None:
            continue
        yield from spoilt(stream) if spoils else encoded(stream)
        spoils = False
        yield f"</m:Data></m:{_EXPORT}ResponseMessage>"


def _upload(call: Call, node: Element) -> str:
    folder = call.folder(require(node, "t:ParentFolderId"), as_name="FolderId")
    message = _message(require(node, "t:Data"))
    action = str(node.get("CreateAction"))
    is_associated = node.get("IsAssociated") in ("true", "1")
    given = find(node, "t:ItemId")
    if action == "CreateNew" and given is not None:
        raise EwsError("ErrorInvalidRequest", "CreateNew takes no item id.")
    try:
        existing = None if given is None else _existing(call, given, folder)
    except EwsError as error:
        if action != "UpdateOrCreate" or error.code != "ErrorItemNotFound":
            raise
        existing = None
    if action == "Update" and existing is None:
        raise EwsError("ErrorItemNotFound")
    if existing is not None:
        call.require_edit(folder)
        folder.change_item(existing, source=WholeMessage(message))
        return f'<m:ItemId Id="{ids.item_id(existing)}" ChangeKey="{_key(existing)}"/>'
    item = put(call, folder, message, is_associated=is_associated)
    return f'<m:ItemId Id="{ids.item_id(item)}" ChangeKey="{_key(item)}"/>'


def _existing(call: Call, given: Element, folder: Folder) -> StoredItem:
    item = call.item(given)
    if item.folder is not folder:
        raise EwsError("ErrorItemNotFound")
    key = given.get("ChangeKey")
    if key and ids.version_of(str(key)) != item.version:
        raise EwsError("ErrorInvalidChangeKey")
    return item


def _message(node: Element) -> Message:
    text = (node.text or "").encode("ascii", "replace")
    try:
        return message_in(pybase64.b64decode(text))
    except fts.FtsError as error:
        raise EwsError("ErrorCorruptData", str(error)) from error


def _key(item: StoredItem) -> str:
    return ids.change_key(element_of_class(item.item_class), item.change_key)
