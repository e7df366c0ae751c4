"""Reading the content of items without ExportItems: MIME, all properties, attachments.

One GetItem per kind of item reads MIME and properties together; a GetAttachment follows only where
the MIME does not hold an attachment.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import pybase64

from strongroom.errors import ItemError
from strongroom.sources.exchange_onprem import attached, fates, kept_properties, reading
from strongroom.sources.exchange_onprem.document import SavedItem, write_document
from strongroom.sources.exchange_onprem.reading import Keep
from strongroom.sources.exchange_onprem.ways import MIME, goes_by_mime
from strongroom.wire.ews.connection import EwsConnection
from strongroom.wire.ews.faults import EwsItemError
from strongroom.wire.ews.fetched import Fetched
from strongroom.wire.ews.get_item import get_items
from strongroom.wire.ews.get_mime import get_mime
from strongroom.wire.ews.properties import ExtendedPath
from strongroom.wire.ews.shapes import Shape
from strongroom.wire.ews.things import EwsItem
from strongroom.words.item import Content, Item, Part

MIME_PART = "mime"
PROPERTIES_PART = "properties"

# How the wire tells that an answer held an item and no MIME.
NO_CONTENT = "no-content"

# MIME of larger items is read by a request of its own, in pieces.
WHOLE_BYTES_MAX = 8 * 1024 * 1024

_CONTENT_FIELDS = ("MimeContent",)
# With the MIME kept, the body would be kept twice.
_IN_MIME_TOO = ("Body", "TextBody", "UniqueBody", "NormalizedBody")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One item as read, before it is handed over.

    Attributes:
        item: Its element, MIME taken out.
        mime: Its MIME; None if the server has none for it, or it is to be read in pieces.
    """

    item: EwsItem
    mime: bytes | None


def read_by_mime(connection: EwsConnection, items: Sequence[Item], keep: Keep) -> None:
    """Read items by GetItem and hand each to ``keep``."""
    for group, paths in _groups(items):
        for wanted, result in zip(group, _get(connection, group, paths), strict=True):
            if isinstance(result, EwsItemError):
                keep(fates.missed(wanted.id, result))
                continue
            try:
                _hand_over(connection, wanted, taken_apart(result), keep)
            except ItemError as error:
                keep(fates.missed_by(wanted.id, error))


def shape_for(paths: tuple[ExtendedPath, ...], *, has_mime: bool) -> Shape:
    """Say what to ask of an item."""
    return Shape(base="AllProperties", extended=paths, has_mime=has_mime)


def _groups(items: Sequence[Item]) -> Iterator[tuple[list[Item], tuple[ExtendedPath, ...]]]:
    """Put items together that are asked the same properties, large ones alone."""
    groups: dict[tuple[tuple[ExtendedPath, ...], bool], list[Item]] = {}
    for item in items:
        paths = kept_properties.asked_for(item.kind, is_associated=item.is_associated)
        groups.setdefault((paths, item.size > WHOLE_BYTES_MAX), []).append(item)
    for (paths, _), group in groups.items():
        yield group, paths


def _get(
    connection: EwsConnection, group: Sequence[Item], paths: tuple[ExtendedPath, ...]
) -> list[EwsItem | EwsItemError]:
    """Read a group; items without MIME once more without asking for it."""
    is_large = group[0].size > WHOLE_BYTES_MAX
    shape = shape_for(paths, has_mime=not is_large)
    results = get_items(connection, [item.id for item in group], shape)
    without = [n for n, result in enumerate(results) if _has_no_mime(result)]
    if without:
        again = get_items(
            connection, [group[n].id for n in without], shape_for(paths, has_mime=False)
        )
        for n, result in zip(without, again, strict=True):
            results[n] = result
    return results


def _has_no_mime(result: EwsItem | EwsItemError) -> bool:
    return isinstance(result, EwsItemError) and result.code in fates.NO_MIME


def taken_apart(item: EwsItem) -> Reading:
    """Separate an item's MIME from the rest.

    Raises:
        ItemError: the MIME is not base64, so the answer was damaged.
    """
    node = item.node("MimeContent")
    text = node.text if node else item.text("MimeContent")
    try:
        mime = pybase64.b64decode("".join(text.split()), validate=True) if text else None
    except ValueError as error:
        raise ItemError("The item came damaged.", code="damaged-answer", why=str(error)) from error
    fields = {name: value for name, value in item.fields.items() if name not in _CONTENT_FIELDS}
    return Reading(item=replace(item, fields=fields), mime=mime)


def _hand_over(connection: EwsConnection, wanted: Item, reading_: Reading, keep: Keep) -> None:
    if wanted.size > WHOLE_BYTES_MAX and goes_by_mime(reading_.item):
        _hand_over_large(connection, wanted, reading_.item, keep)
    else:
        _hand_over_whole(connection, wanted, reading_, keep)


def _hand_over_whole(
    connection: EwsConnection, wanted: Item, reading_: Reading, keep: Keep
) -> None:
    item, mime = reading_.item, reading_.mime
    by_mime = mime if goes_by_mime(item) else None
    saved = SavedItem(item=item if by_mime is None else _slim(item))
    saved, parts = attached.read_attachments(connection, saved, mime=by_mime)
    keep(_content(wanted, attached.with_occurrences(connection, saved), mime, parts))


def _hand_over_large(connection: EwsConnection, wanted: Item, item: EwsItem, keep: Keep) -> None:
    """Hand over an item whose MIME comes in pieces; all of its attachments are taken to be in it.

    Looking into the MIME for them would need it whole in memory.
    """
    saved = SavedItem(item=_slim(item), attachments=attached.listed(item))
    errors: list[EwsItemError] = []

    def take(result: Fetched | EwsItemError, _item_id: str) -> None:
        if isinstance(result, EwsItemError):
            errors.append(result)
        else:
            keep(_content(wanted, saved, result.content, ()))

    get_mime(connection, [wanted.id], take)
    for error in errors:
        if error.code in fates.NO_MIME or error.code == NO_CONTENT:
            _hand_over_whole(connection, wanted, Reading(item=item, mime=None), keep)
        else:
            keep(fates.missed(wanted.id, error))


def _slim(item: EwsItem) -> EwsItem:
    fields = {name: value for name, value in item.fields.items() if name not in _IN_MIME_TOO}
    return replace(item, fields=fields)


def _content(
    wanted: Item, saved: SavedItem, mime: bytes | Iterator[bytes] | None, parts: tuple[Part, ...]
) -> Content:
    document = Part(name=PROPERTIES_PART, suffix=".json", content=write_document(saved))
    content_class = saved.item.extended.get(kept_properties.CONTENT_CLASS)
    notes = reading.notes(
        wanted, content_class=content_class if isinstance(content_class, str) else None
    )
    if mime is None:
        return Content(item_id=wanted.id, way=MIME, parts=(document, *parts), notes=notes)
    text = Part(name=MIME_PART, suffix=suffix_of(saved.item), content=mime)
    return Content(item_id=wanted.id, way=MIME, parts=(text, document, *parts), notes=notes)


_SUFFIXES = {"CalendarItem": ".ics", "Contact": ".vcf"}


def suffix_of(item: EwsItem) -> str:
    """Say what a file with the item's MIME is called; calendars and cards have no mail around."""
    return _SUFFIXES.get(item.element, ".eml")
