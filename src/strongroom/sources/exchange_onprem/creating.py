"""Writing items back by CreateItem, from MIME and properties, where a server has no UploadItems.

A message comes back received and not as a draft, because its flags and times are set in the very
request that creates it. Appointments, contacts, tasks and lists are created as such from their
properties; changed occurrences of a series are changed again afterwards, deleted ones deleted.
Nothing is sent to anybody in any of these requests.

Source:
    https://learn.microsoft.com/exchange/client-developer/exchange-web-services/how-to-import-items-by-using-ews-in-exchange
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from strongroom.content import tags
from strongroom.errors import IntegrityError, ItemError
from strongroom.sources.exchange_onprem import (
    disarm,
    fates,
    kept_properties,
    limits,
    series,
    touching_up,
)
from strongroom.sources.exchange_onprem.document import SavedAttachment, SavedItem, read_document
from strongroom.sources.exchange_onprem.document import item_from as attached_item
from strongroom.sources.exchange_onprem.reading_mime import MIME_PART, PROPERTIES_PART
from strongroom.sources.exchange_onprem.sending import sent
from strongroom.sources.exchange_onprem.ways import goes_by_mime
from strongroom.sources.exchange_onprem.writable import created_as, writable
from strongroom.wire.ews.connection import EwsConnection
from strongroom.wire.ews.create_attachment import NewAttachment, create_attachments
from strongroom.wire.ews.create_item import NewItem, create_items
from strongroom.wire.ews.delete_item import delete_items
from strongroom.wire.ews.faults import EwsItemError
from strongroom.wire.ews.ids import ItemRef
from strongroom.wire.ews.nodes import Node
from strongroom.wire.ews.properties import ExtendedPath, PropertyValue
from strongroom.wire.ews.things import EwsItem, Field
from strongroom.words.restoring import Outgoing, Replaced, Written

Told = Callable[[Written], None]

# Bits of the message flags that a client may set; the others the server computes.
SETTABLE_FLAGS = tags.FLAG_READ | tags.FLAG_UNMODIFIED | tags.FLAG_UNSENT | tags.FLAG_FROM_ME

# What a server may refuse to be told; the item comes without it then, rather than not at all.
_WITHOUT = frozenset(
    {
        kept_properties.CREATION_TIME,
        kept_properties.SEARCH_KEY,
    }
)
_REFUSES_PROPERTY = frozenset(
    {
        "ErrorInvalidPropertySet",
        "ErrorInvalidExtendedProperty",
        "ErrorInvalidExtendedPropertyValue",
        "ErrorInvalidPropertyRequest",
    }
)

# Written by the server from the MIME, and differently by each.
FROM_MIME = frozenset(
    {
        kept_properties.CONTENT_CLASS,
        ExtendedPath.of_tag(tags.PidTagTransportMessageHeaders),
        ExtendedPath.of_tag(tags.PidTagInternetCodepage),
        ExtendedPath.of_tag(tags.PidTagNativeBody),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """A saved item, read out of its parts.

    Attributes:
        document: What the part ``properties`` says.
        mime: Its MIME, or None.
        attachments: The bytes of those kept beside it, by part.
    """

    document: SavedItem
    mime: bytes | None
    attachments: Mapping[str, bytes]

    @property
    def by_mime(self) -> bytes | None:
        """The MIME, if the item is created from it."""
        return self.mime if goes_by_mime(self.document.item) else None


def read_saved(outgoing: Outgoing) -> Saved:
    """Read an item's parts, whole.

    Raises:
        IntegrityError: there are no properties among them.
    """
    parts = {
        part.name: part.content if isinstance(part.content, bytes) else b"".join(part.content)
        for part in outgoing.content.parts
    }
    if PROPERTIES_PART not in parts:
        raise IntegrityError("A saved item lacks its properties.", why=outgoing.item.id)
    document = read_document(parts.pop(PROPERTIES_PART))
    return Saved(document=document, mime=parts.pop(MIME_PART, None), attachments=parts)


def write_by_create(
    connection: EwsConnection,
    folder_id: str,
    batch: Sequence[Outgoing],
    told: Told,
) -> None:
    """Create items one by one and tell what came of each.

    One by one, since each may need its attachments and occurrences written before the next, and a
    request without an answer then leaves one item open and not many.

    Raises:
        OutcomeUnknown: nobody knows about those not told yet.
    """
    for outgoing in batch:
        told(_write_one(connection, folder_id, outgoing))


def _write_one(connection: EwsConnection, folder_id: str, outgoing: Outgoing) -> Written:
    item = outgoing.item
    if item.is_associated and disarm.is_rule(item.kind):
        return Written(
            item_id=item.id,
            new_id=None,
            code="rule-not-written",
            why="Rules come back with the mailbox's settings, switched off.",
            is_permanent=True,
        )
    saved = read_saved(outgoing)
    try:
        ref = _create(connection, folder_id, new_item(saved, outgoing))
    except ItemError as error:
        return _not_written(item.id, error)
    try:
        _attach(connection, ref, saved)
        if saved.by_mime is None:
            touching_up.touch_up(connection, ref, saved.document)
            series.write_occurrences(connection, ref, saved.document)
        if outgoing.replaces is not None:
            old = outgoing.replaces
            remove_replaced(connection, Replaced(id=old.id, is_associated=old.is_associated))
    except ItemError as error:
        why = f"It is there, but not whole, or beside what it replaces: {error}"
        return Written(item_id=item.id, new_id=ref.id, code=error.code, why=why)
    return Written(item_id=item.id, new_id=ref.id)


def new_item(saved: Saved, outgoing: Outgoing) -> NewItem:
    """Say what to create: the saved fields that may be written, with the saved state on top."""
    item = saved.document.item
    fields = writable(item, by_mime=saved.by_mime is not None)
    is_read = outgoing.item.state.get("is_read")
    if "IsRead" in fields and isinstance(is_read, bool):
        fields["IsRead"] = "true" if is_read else "false"
    if outgoing.item.is_associated:
        fields["IsAssociated"] = "true"
    return NewItem(
        element=created_as(item.element),
        mime=saved.by_mime,
        fields=tuple(_node(name, value) for name, value in fields.items()),
        extended=_extended(item, saved, outgoing),
    )


def _extended(item: EwsItem, saved: Saved, outgoing: Outgoing) -> dict[ExtendedPath, PropertyValue]:
    values = {
        path: value
        for path, value in item.extended.items()
        if not (saved.by_mime is not None and path in FROM_MIME)
    }
    values[kept_properties.MESSAGE_FLAGS] = flags_to_set(values, outgoing)
    return values


def flags_to_set(values: Mapping[ExtendedPath, PropertyValue], outgoing: Outgoing) -> int:
    """Say which message flags the new item gets: as saved, never submitted, read as saved last."""
    flags = values.get(kept_properties.MESSAGE_FLAGS)
    known = flags if isinstance(flags, int) else tags.FLAG_READ
    if disarm.was_waiting(outgoing.item):
        known = disarm.draft_flags(known)
    is_read = outgoing.item.state.get("is_read")
    if isinstance(is_read, bool):
        known = known | tags.FLAG_READ if is_read else known & ~tags.FLAG_READ
    return known & SETTABLE_FLAGS


def _create(connection: EwsConnection, folder_id: str, item: NewItem) -> ItemRef:
    """Create one item; once more without what the server certainly refused to be told."""
    result = _created(connection, folder_id, item)
    if isinstance(result, EwsItemError) and result.code in _REFUSES_PROPERTY:
        fewer = {path: value for path, value in item.extended.items() if path not in _WITHOUT}
        result = _created(connection, folder_id, replace(item, extended=fewer))
    if isinstance(result, EwsItemError):
        raise _as_item_error(result)
    return result.ref


def _created(connection: EwsConnection, folder_id: str, item: NewItem) -> EwsItem | EwsItemError:
    pairs = sent([item], lambda some: create_items(connection, folder_id, some))
    return next(result for _, result in pairs)


def _attach(connection: EwsConnection, ref: ItemRef, saved: Saved) -> None:
    """Add the attachments that the MIME does not hold.

    Raises:
        ItemError: one of them was not taken.
    """
    wanted = list(_attachments(saved))
    if not wanted:
        return
    for _, result in sent(wanted, lambda some: create_attachments(connection, ref, some)):
        if isinstance(result, EwsItemError):
            raise _as_item_error(result)


def _attachments(saved: Saved) -> Iterator[NewAttachment]:
    for entry in saved.document.attachments:
        if entry.part and entry.part in saved.attachments:
            yield NewAttachment(
                name=entry.name,
                content=_attached_content(entry, saved.attachments[entry.part]),
                content_type=entry.content_type,
                content_id=entry.content_id,
                is_inline=entry.is_inline,
            )


def _attached_content(entry: SavedAttachment, data: bytes) -> bytes | NewItem:
    """Give a file's bytes, or the attached item as one to be created."""
    if entry.item is None:
        return data
    item = attached_item(entry.item)
    by_mime = data if data and goes_by_mime(item) else None
    fields = writable(item, by_mime=by_mime is not None)
    return NewItem(
        element=created_as(item.element),
        mime=by_mime,
        fields=tuple(_node(name, value) for name, value in fields.items()),
        extended={},
    )


def remove_replaced(connection: EwsConnection, old: Replaced) -> None:
    """Remove the item that a new one replaces; if it is gone already, all the better.

    Raises:
        ItemError: the server keeps it.
    """
    kind = "HardDelete" if old.is_associated else "SoftDelete"
    for _, result in sent([old.id], lambda some: delete_items(connection, some, delete_type=kind)):
        if isinstance(result, EwsItemError) and not result.is_gone:
            raise _as_item_error(result)


def _node(name: str, value: Field) -> Node:
    return value if isinstance(value, Node) else Node(name, value)


def _as_item_error(error: EwsItemError) -> ItemError:
    written = fates.unwritten("", error)
    return ItemError(
        "The server did not take it.",
        code=written.code,
        is_permanent=written.is_permanent,
        why=written.why,
    )


def _not_written(item_id: str, error: ItemError) -> Written:
    if error.code == limits.REQUEST_TOO_LARGE:
        return fates.too_large(item_id, error.why)
    return Written(
        item_id=item_id,
        new_id=None,
        code=error.code,
        why=str(error),
        is_permanent=error.is_permanent,
    )
