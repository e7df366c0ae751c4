"""Attachments and changed occurrences of items that are read without ExportItems."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import msgspec
import pybase64

from strongroom.content import mime as mime_reader
from strongroom.content import tags
from strongroom.content.message import Attachment, get, text
from strongroom.errors import ItemError
from strongroom.sources.exchange_onprem import kept_properties
from strongroom.sources.exchange_onprem.document import SavedAttachment, SavedItem, item_document
from strongroom.wire.ews.connection import EwsConnection
from strongroom.wire.ews.faults import EwsItemError
from strongroom.wire.ews.get_attachment import EwsAttachment, get_attachments
from strongroom.wire.ews.get_item import get_items
from strongroom.wire.ews.nodes import Node
from strongroom.wire.ews.shapes import Shape
from strongroom.wire.ews.things import EwsItem
from strongroom.words.item import Part

FILE, ITEM = "FileAttachment", "ItemAttachment"
_OPAQUE_CLASS = "IPM.Note.SMIME"
# What a server counts into an attachment's size beside its content: name, type, other properties.
_AROUND_BYTES = 4096


def listed(item: EwsItem) -> tuple[SavedAttachment, ...]:
    """List an item's attachments as they came with it."""
    node = item.node("Attachments")
    return tuple(_listed(child) for child in node.children) if node else ()


def read_attachments(
    connection: EwsConnection, saved: SavedItem, *, mime: bytes | None
) -> tuple[SavedItem, tuple[Part, ...]]:
    """Read the attachments that the MIME does not hold; all of them if there is no MIME.

    Args:
        connection: The mailbox's.
        saved: The item so far.
        mime: What it is created again from, or None.

    Raises:
        ItemError: an attachment cannot be had, so neither can the item.
    """
    ids = _ids(saved.item)
    entries = list(listed(saved.item))
    missing = list(_not_in(mime, saved.item, entries))
    wanted = [n for n in missing if entries[n].kind in {FILE, ITEM} and ids[n]]
    if not wanted:
        return replace(saved, attachments=tuple(entries)), ()
    parts = []
    answers = get_attachments(connection, [ids[n] for n in wanted])
    for number, (place, answer) in enumerate(zip(wanted, answers, strict=True), start=1):
        if isinstance(answer, EwsItemError):
            raise _unreadable(answer)
        entry, part = _fetched(entries[place], answer, f"attachment-{number:02}")
        entries[place] = entry
        parts.append(part)
    return replace(saved, attachments=tuple(entries)), tuple(parts)


def with_occurrences(connection: EwsConnection, saved: SavedItem) -> SavedItem:
    """Read the changed occurrences of a series, which are items of their own.

    Raises:
        ItemError: one of them cannot be had, so neither can the series.
    """
    node = saved.item.node("ModifiedOccurrences")
    if node is None:
        return saved
    ids = [found for each in node.children if (found := _item_id(each))]
    if not ids:
        return saved
    shape = Shape(base="AllProperties", extended=_OCCURRENCE_PATHS)
    answers = get_items(connection, ids, shape)
    for answer in answers:
        if isinstance(answer, EwsItemError):
            raise _unreadable(answer)
    return replace(saved, occurrences=tuple(a for a in answers if isinstance(a, EwsItem)))


_OCCURRENCE_PATHS = kept_properties.asked_for("IPM.Appointment")


def _item_id(occurrence: Node) -> str:
    node = occurrence.child("ItemId")
    return node.attributes.get("Id", "") if node else ""


def _ids(item: EwsItem) -> list[str]:
    node = item.node("Attachments")
    ids = (child.child("AttachmentId") for child in (node.children if node else ()))
    return [id_.attributes.get("Id", "") if id_ else "" for id_ in ids]


def _listed(node: Node) -> SavedAttachment:
    size = node.text_of("Size")
    return SavedAttachment(
        name=node.text_of("Name"),
        content_type=node.text_of("ContentType"),
        content_id=node.text_of("ContentId"),
        is_inline=node.text_of("IsInline") == "true",
        is_contact_photo=node.text_of("IsContactPhoto") == "true",
        size=int(size) if size.isdecimal() else 0,
        kind=node.name,
    )


def _not_in(mime: bytes | None, item: EwsItem, entries: Sequence[SavedAttachment]) -> Iterator[int]:
    """Say the places of the attachments that the MIME does not hold.

    Files are matched by name, and by size where a server writes a strange name differently into
    MIME. Attached messages are counted: their names are subjects, which servers cut at will.
    """
    if mime is None:
        yield from range(len(entries))
        return
    if not entries or item.text("ItemClass").startswith(_OPAQUE_CLASS):
        return
    inside = mime_reader.from_mime(mime).attachments
    files = [each for each in inside if each.embedded is None]
    messages = len(inside) - len(files)
    for place, entry in enumerate(entries):
        if entry.kind == ITEM:
            messages -= 1
            if messages < 0:
                yield place
        else:
            found = _matching(entry, files)
            if found is None:
                yield place
            else:
                files.remove(found)


def _matching(entry: SavedAttachment, files: Sequence[Attachment]) -> Attachment | None:
    named = (each for each in files if _name(each) == entry.name)
    sized = (each for each in files if 0 <= entry.size - _length(each) <= _AROUND_BYTES)
    return next(named, None) or next(sized, None)


def _length(attachment: Attachment) -> int:
    return len(get(attachment.properties, tags.PidTagAttachDataBinary, bytes, b""))


def _name(attachment: Attachment) -> str:
    return text(
        attachment.properties,
        tags.PidTagAttachLongFilename,
        tags.PidTagAttachFilename,
        tags.PidTagDisplayName,
    )


def _fetched(
    entry: SavedAttachment, answer: EwsAttachment, part: str
) -> tuple[SavedAttachment, Part]:
    if answer.item is None:
        content = _bytes(answer.facts.text_of("Content"))
        return msgspec.structs.replace(entry, part=part), Part(
            name=part, suffix=".bin", content=content
        )
    document = item_document(answer.item)
    node = answer.item.node("MimeContent")
    mime = _bytes(node.text if node else answer.item.text("MimeContent"))
    return (
        msgspec.structs.replace(entry, part=part, item=document),
        Part(name=part, suffix=".eml", content=mime),
    )


def _bytes(content: str) -> bytes:
    try:
        return pybase64.b64decode("".join(content.split()), validate=True)
    except ValueError as error:
        raise ItemError(
            "An attachment came damaged.", code="damaged-answer", why=str(error)
        ) from error


def _unreadable(error: EwsItemError) -> ItemError:
    return ItemError(
        "A part of the item cannot be read.",
        code=error.code,
        is_permanent=error.is_permanent,
        why=error.why,
    )
