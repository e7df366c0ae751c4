"""UploadItems: put items back exactly as ExportItems gave them.

The server has no way to tell a repeated upload from a new one: after ``OutcomeUnknown`` look into
the folder before sending again. The stream carries the old read flag; the item gets new ids.

Source:
    https://learn.microsoft.com/exchange/client-developer/web-service-reference/uploaditems-operation
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lxml import etree

from strongroom.errors import OutcomeUnknown
from strongroom.wire.ews.answers import Answer
from strongroom.wire.ews.connection import EwsConnection
from strongroom.wire.ews.envelope import envelope_bytes
from strongroom.wire.ews.faults import EwsItemError
from strongroom.wire.ews.ids import ItemRef
from strongroom.wire.ews.operation import Operation
from strongroom.wire.ews.parts import Part, base64_length, pieces
from strongroom.wire.ews.xml import M, attribute, truth

_HEAD = "<m:UploadItems><m:Items>"
_TAIL = "</m:Items></m:UploadItems>"


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadItem:
    """One item to upload.

    Attributes:
        data: The stream as exported (FTS).
        is_associated: It is a hidden item; the stream does not say so by itself.
        replaces: Put it in the place of this item, which must lie in the same folder; None makes a
            new one.
    """

    data: bytes
    is_associated: bool = False
    replaces: ItemRef | None = None


def upload_items(
    connection: EwsConnection, folder_id: str, items: Sequence[UploadItem]
) -> list[ItemRef | EwsItemError]:
    """Upload items into a folder; the new id of each, or its error, in order.

    Args:
        connection: The mailbox's.
        folder_id: A real folder id: the schema takes no fixed names here.
        items: Keep ``request_bytes`` under what the server accepts.

    Raises:
        OutcomeUnknown: no answer; any of them may be there or not.
        ItemError: the request was larger than the server accepts (code ``request-too-large``).
        StrongroomError: as ``EwsConnection.write``.
    """
    return connection.write(operation(folder_id, items))


def request_bytes(connection: EwsConnection, folder_id: str, items: Sequence[UploadItem]) -> int:
    """Say how large the request would be at most, envelope included, without making it."""
    data = sum(base64_length(len(item.data)) for item in items)
    xml = sum(len(_item_head(folder_id, item).encode()) + len(_ITEM_TAIL) for item in items)
    around = envelope_bytes(connection.mailbox if connection.is_impersonating else None)
    return around + len(_HEAD) + len(_TAIL) + xml + data


def operation(
    folder_id: str, items: Sequence[UploadItem]
) -> Operation[list[ItemRef | EwsItemError]]:
    """Build the request; its base64 is made while it is sent."""
    parts: list[Part] = [_HEAD]
    for item in items:
        parts += [_item_head(folder_id, item), item.data, _ITEM_TAIL]
    parts.append(_TAIL)
    return Operation(
        name="UploadItems",
        body=pieces(parts),
        parse=lambda answer: parse(answer, len(items)),
        item_count=len(items),
    )


def parse(answer: Answer, count: int) -> list[ItemRef | EwsItemError]:
    """Read the answer: the new ids."""
    return answer.results(_new_id, count)


_ITEM_TAIL = "</t:Data></t:Item>"


def _item_head(folder_id: str, item: UploadItem) -> str:
    action, which = "CreateNew", ""
    if item.replaces is not None:
        action = "Update"
        key = item.replaces.change_key
        key = f' ChangeKey="{attribute(key)}"' if key else ""
        which = f'<t:ItemId Id="{attribute(item.replaces.id)}"{key}/>'
    return (
        f'<t:Item CreateAction="{action}" IsAssociated="{truth(item.is_associated)}">'
        f'<t:ParentFolderId Id="{attribute(folder_id)}"/>{which}<t:Data>'
    )


def _new_id(message: etree._Element) -> ItemRef:
    told = message.find(f"{M}ItemId")
    if told is None:
        raise OutcomeUnknown("The server told that it took an item, and not under which id.")
    return ItemRef(told.get("Id", ""), told.get("ChangeKey", ""))
