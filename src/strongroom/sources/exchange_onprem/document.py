"""The part ``properties`` of an item that was read without ExportItems: all that EWS gave, as JSON.

::

    {"format": 1, "element": "CalendarItem",
     "fields": {"Subject": "…", "Recurrence": {"name": …, "children": […]}, …},
     "extended": {"0x0e07:Integer": 1, "00062002-…/0x8216:Binary": "base64 …", …},
     "occurrences": [the same again, for each changed occurrence of a series],
     "attachments": [{"name": …, "content_type": …, "content_id": …, "is_inline": …,
                      "part": "attachment-01", "item": … for an attached item}]}

Readable with a text editor, complete enough to create the item anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from uuid import UUID

import msgspec
import orjson
import pybase64

from strongroom.errors import IntegrityError
from strongroom.wire.ews.nodes import Node
from strongroom.wire.ews.properties import ExtendedPath, PropertyValue, read_time, write_time
from strongroom.wire.ews.things import EwsItem, Field

FORMAT = 1
# Stands in a part of its own.
_MIME = "MimeContent"


class SavedAttachment(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One attachment as listed with its item.

    Attributes:
        name: Its name. Untrusted.
        content_type: Its media type, or an empty string.
        content_id: What a body refers to it by, or an empty string.
        is_inline: The body shows it.
        is_contact_photo: It is a contact's picture.
        size: As the server says, in bytes.
        kind: ``FileAttachment``, ``ItemAttachment`` or ``ReferenceAttachment``.
        part: The part that holds its bytes; empty where the MIME holds them.
        item: The attached item, as a document of this same format; None for a file.
    """

    name: str
    content_type: str = ""
    content_id: str = ""
    is_inline: bool = False
    is_contact_photo: bool = False
    size: int = 0
    kind: str = "FileAttachment"
    part: str = ""
    item: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedItem:
    """What the part ``properties`` says."""

    item: EwsItem
    occurrences: tuple[EwsItem, ...] = ()
    attachments: tuple[SavedAttachment, ...] = ()


def write_document(saved: SavedItem) -> bytes:
    """Write the part ``properties``: UTF-8 JSON, the same bytes for the same item."""
    document = {"format": FORMAT, **item_document(saved.item)}
    if saved.occurrences:
        document["occurrences"] = [item_document(each) for each in saved.occurrences]
    if saved.attachments:
        document["attachments"] = [msgspec.to_builtins(each) for each in saved.attachments]
    return orjson.dumps(document, option=orjson.OPT_INDENT_2)


def read_document(data: bytes) -> SavedItem:
    """Read the part ``properties``.

    Raises:
        IntegrityError: it is not what ``write_document`` writes.
    """
    try:
        document = orjson.loads(data)
        _check_format(document["format"])
        return SavedItem(
            item=item_from(document),
            occurrences=tuple(item_from(each) for each in document.get("occurrences", ())),
            attachments=msgspec.convert(
                document.get("attachments", ()), tuple[SavedAttachment, ...]
            ),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise IntegrityError(
            "The saved properties of an item cannot be read.",
            why=str(error),
            hint="Verify the storage; another restore point may hold the item intact.",
        ) from error


def item_document(item: EwsItem) -> dict[str, Any]:
    """Write one item element as plain values."""
    return {
        "element": item.element,
        "id": item.id,
        "change_key": item.change_key,
        "fields": {
            name: value.to_json() if isinstance(value, Node) else _clean(value)
            for name, value in item.fields.items()
            if name != _MIME
        },
        "extended": {
            path_key(path): _to_json(value)
            for path, value in sorted(item.extended.items(), key=lambda pair: path_key(pair[0]))
        },
    }


def item_from(document: Mapping[str, Any]) -> EwsItem:
    """Read what ``item_document`` wrote.

    Raises:
        ValueError, KeyError, TypeError: it is no such document.
    """
    return EwsItem(
        id=document["id"],
        change_key=document["change_key"],
        element=document["element"],
        fields={name: _field(value) for name, value in document["fields"].items()},
        extended=dict(_extended(document["extended"].items())),
    )


def path_key(path: ExtendedPath) -> str:
    """Name a MAPI property in JSON: ``0x0e07:Integer``, ``GUID/0x8216:Binary``, ``GUID/name:…``."""
    if path.id is not None:
        return f"0x{path.id:04x}:{path.type}"
    name = f"0x{path.name:04x}" if isinstance(path.name, int) else f"'{path.name}'"
    return f"{path.set}/{name}:{path.type}"


def path_from(key: str) -> ExtendedPath:
    """Read what ``path_key`` wrote.

    Raises:
        ValueError: it is no such name.
    """
    where, _, kind = key.rpartition(":")
    group, slash, name = where.partition("/")
    if not slash:
        return ExtendedPath(kind, id=int(where, 16))
    number = name[1:-1] if name.startswith("'") else int(name, 16)
    return ExtendedPath(kind, set=UUID(group), name=number)


def _check_format(told: object) -> None:
    if told != FORMAT:
        raise ValueError(f"format {told}, known is {FORMAT}")


def _extended(pairs: Iterable[tuple[str, Any]]) -> Iterable[tuple[ExtendedPath, PropertyValue]]:
    for key, value in pairs:
        path = path_from(key)
        if isinstance(value, list):
            yield path, [_from_json(path.type, each) for each in value]
        else:
            yield path, _from_json(path.type, value)


def _to_json(value: PropertyValue) -> Any:  # noqa: ANN401 - whatever JSON has for it
    match value:
        case list():
            return [_to_json(each) for each in value]
        case bytes():
            return pybase64.b64encode(value).decode("ascii")
        case datetime():
            return write_time(value)
        case UUID():
            return str(value)
        case str():
            return _clean(value)
        case _:
            return value


def _from_json(kind: str, value: Any) -> Any:  # noqa: ANN401 - whatever JSON had
    match kind.removesuffix("Array"):
        case "Binary":
            return pybase64.b64decode(value, validate=True)
        case "SystemTime":
            return read_time(value)
        case "CLSID":
            return UUID(value)
        case _:
            return value


def _field(value: Any) -> Field:  # noqa: ANN401 - a string or a node's document
    return value if isinstance(value, str) else Node.from_json(cast("dict[str, Any]", value))


def _clean(text: str) -> str:
    """Replace lone surrogates, which UTF-8 cannot carry."""
    return text.encode("utf-8", "replace").decode("utf-8")
