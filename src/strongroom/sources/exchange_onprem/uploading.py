"""Writing items back by UploadItems: the stream as it was saved, then what changed after it.

The stream carries everything, the read flag of its day included; only where the saved state says
otherwise does an item cost a second request. The stream itself is changed in one case: where it
would make the server send something (``disarm``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from strongroom.content import fts, tags
from strongroom.content.fts import FtsError
from strongroom.content.message import Message, Properties
from strongroom.errors import ItemError
from strongroom.sources.exchange_onprem import disarm, fates, limits
from strongroom.sources.exchange_onprem.sending import sent
from strongroom.wire.ews.changes import FieldChange
from strongroom.wire.ews.connection import EwsConnection
from strongroom.wire.ews.faults import EwsItemError
from strongroom.wire.ews.ids import ItemRef
from strongroom.wire.ews.update_item import ItemUpdate, update_items
from strongroom.wire.ews.upload_items import UploadItem, request_bytes, upload_items
from strongroom.words.item import Item
from strongroom.words.json import Json
from strongroom.words.restoring import Outgoing, Written

Told = Callable[[Written], None]

# Far below the limit of a server as installed: a refused or broken request costs less.
REQUEST_BYTES = 8 * 1024 * 1024
REQUEST_ITEMS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """One item ready to be uploaded.

    Attributes:
        outgoing: As asked for.
        upload: What is sent.
        state: What the stream's own read flag is, if the stream could be read.
    """

    outgoing: Outgoing
    upload: UploadItem
    state: Mapping[str, Json]


def write_by_upload(
    connection: EwsConnection,
    folder_id: str,
    batch: Sequence[Outgoing],
    told: Told,
) -> None:
    """Upload items in requests of bearable size and tell what came of each.

    Args:
        connection: The mailbox's.
        folder_id: Where to.
        batch: Items whose way is ``export``.
        told: Called once per item.

    Raises:
        OutcomeUnknown: nobody knows about those not told yet.
    """
    ready = _all_ready(batch, told)
    for group in _groups(connection, folder_id, ready):
        _send(connection, folder_id, group, told)


def stream_of(outgoing: Outgoing) -> bytes:
    """Give the item's export stream, whole."""
    content = outgoing.content.parts[0].content
    return content if isinstance(content, bytes) else b"".join(content)


def expected(message: Message, item: Item) -> Message:
    """Say how a saved message must look once it is restored: disarmed, with its saved state."""
    armed = disarm.disarmed(message, item)
    is_read = item.state.get("is_read")
    if isinstance(is_read, bool):
        armed.properties[tags.PidTagMessageFlags] = _with_read(armed.properties, is_read=is_read)
    return armed


def is_restored_as_it_is(data: bytes, item: Item) -> bool:
    """Say whether a saved stream goes back as it is: nothing to disarm, its state still its own.

    Else the very same bytes on the server mean that a change which was due did not happen.
    """
    return not disarm.needs_disarming(item) and not _is_other_state(item, _streamed_state(data))


def _is_other_state(item: Item, streamed: Mapping[str, Json]) -> bool:
    is_read = item.state.get("is_read")
    return isinstance(is_read, bool) and streamed.get("is_read", is_read) != is_read


def _all_ready(batch: Sequence[Outgoing], told: Told) -> Iterator[Ready]:
    """Make items ready; one that cannot be made harmless is told and not sent."""
    for outgoing in batch:
        try:
            yield _ready(outgoing)
        except FtsError as error:
            told(_not_written(outgoing.item.id, error))


def _ready(outgoing: Outgoing) -> Ready:
    data = stream_of(outgoing)
    item = outgoing.item
    if disarm.needs_disarming(item):
        data = fts.build(disarm.disarmed(fts.parse(data), item))
    replaces = outgoing.replaces
    return Ready(
        outgoing=outgoing,
        upload=UploadItem(
            data=data,
            is_associated=item.is_associated,
            replaces=ItemRef(replaces.id, replaces.change_key) if replaces else None,
        ),
        state=_streamed_state(data),
    )


def _streamed_state(data: bytes) -> dict[str, Json]:
    """Read the state that an upload will bring with it; empty if the stream cannot be read."""
    try:
        flags = fts.summary(data).get(tags.PidTagMessageFlags)
    except FtsError:
        return {}
    return {"is_read": bool(flags & tags.FLAG_READ)} if isinstance(flags, int) else {}


def _groups(
    connection: EwsConnection, folder_id: str, ready: Iterator[Ready]
) -> Iterator[list[Ready]]:
    """Group items so that no request grows too large; a large item goes alone."""
    group: list[Ready] = []
    for each in ready:
        uploads = [one.upload for one in (*group, each)]
        is_full = len(uploads) > REQUEST_ITEMS
        if group and (is_full or request_bytes(connection, folder_id, uploads) > REQUEST_BYTES):
            yield group
            group = []
        group.append(each)
    if group:
        yield group


def _send(connection: EwsConnection, folder_id: str, group: Sequence[Ready], told: Told) -> None:
    def write(some: Sequence[Ready]) -> list[ItemRef | EwsItemError]:
        return upload_items(connection, folder_id, [each.upload for each in some])

    waiting = {id(each): each for each in group}
    done: list[tuple[Ready, ItemRef]] = []
    try:
        for each, result in sent(group, write):
            del waiting[id(each)]
            if isinstance(result, EwsItemError):
                told(fates.unwritten(each.outgoing.item.id, result))
            else:
                told(Written(item_id=each.outgoing.item.id, new_id=result.id))
                done.append((each, result))
    except ItemError as error:
        for each in waiting.values():
            told(_refused(each, error))
    _bring_up_to_date(connection, done)


def _refused(each: Ready, error: ItemError) -> Written:
    item_id = each.outgoing.item.id
    if error.code == limits.REQUEST_TOO_LARGE:
        size = limits.base64_length(len(each.upload.data))
        return fates.too_large(item_id, f"{size:,} bytes in one request. {error.why}")
    return _not_written(item_id, error)


def _not_written(item_id: str, error: ItemError) -> Written:
    return Written(
        item_id=item_id,
        new_id=None,
        code=error.code,
        why=str(error),
        is_permanent=error.is_permanent,
    )


def _bring_up_to_date(connection: EwsConnection, done: Sequence[tuple[Ready, ItemRef]]) -> None:
    """Set the read flag where it changed after the content was saved; nobody gets a receipt."""
    updates = [
        ItemUpdate(
            item=ref,
            changes=(FieldChange("message:IsRead", each.outgoing.item.state["is_read"] is True),),
        )
        for each, ref in done
        if _is_other_state(each.outgoing.item, each.state)
    ]
    for _ in sent(updates, lambda some: update_items(connection, some)) if updates else ():
        pass


def _with_read(properties: Properties, *, is_read: bool) -> int:
    flags = properties.get(tags.PidTagMessageFlags)
    known = flags if isinstance(flags, int) else 0
    return known | tags.FLAG_READ if is_read else known & ~tags.FLAG_READ
