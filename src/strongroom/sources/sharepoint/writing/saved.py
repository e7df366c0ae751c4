"""What a saved item of a list carries: its state and its parts, read out as they are wanted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import orjson

from strongroom.errors import IntegrityError
from strongroom.words.item import Item, Part
from strongroom.words.json import Json
from strongroom.words.restoring import Outgoing

FILE, VERSIONS, PERMISSIONS, PAGE, WEB_PARTS = "file", "versions", "permissions", "page", "webparts"
DEFINITION = "definition"
ATTACHMENT, VERSION = "attachment-", "version-"

KIND_FILE, KIND_FOLDER, KIND_ITEM, KIND_PAGE = "file", "folder", "item", "page"
IN_LIBRARY = frozenset({KIND_FILE, KIND_PAGE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """An older version.

    Attributes:
        id: ``512 * major + minor``.
        label: ``2.1``.
        comment: Of its check-in.
        size: Bytes of the file.
        is_current: It is the newest one: that which the item itself tells.
        fields: Values of the columns then; empty where they were not saved.
        created: When it came about (RFC 3339, UTC); empty: that was not told.
        by: The person who made it.
    """

    id: int
    label: str
    comment: str
    size: int
    is_current: bool
    fields: Mapping[str, Json]
    created: str = ""
    by: Json = None

    @property
    def is_major(self) -> bool:
        """Whether everybody could see it."""
        return self.label.endswith(".0")


def fields_of(item: Item) -> Mapping[str, Json]:
    """Give the values of an item's columns, by meaning."""
    return _mapping(item.state.get("fields"))


def path_of(item: Item) -> tuple[str, ...]:
    """Give the real path of an item inside its list: folders and its own name."""
    path = item.state.get("path")
    if isinstance(path, Sequence) and not isinstance(path, str):
        return tuple(str(one) for one in path)
    return (item.name,)


def number_of(item_id: str) -> int:
    """Give the id in its list out of an item's id."""
    number = item_id.rpartition("/")[2]
    return int(number) if number.isascii() and number.isdigit() else 0


def is_unique(item: Item) -> bool:
    """Say whether it has permissions of its own."""
    return bool(item.state.get("unique_permissions"))


def attachment_names(item: Item) -> list[str]:
    """Name its attachments, in the order of their parts."""
    told = item.state.get("attachments")
    rows = told if isinstance(told, Sequence) and not isinstance(told, str) else ()
    return [str(one.get("name") or "") for one in rows if isinstance(one, Mapping)]


def moderation_of(item: Item) -> int:
    """Say whether it was approved (0), rejected (1), pending (2), a draft (3) or scheduled (4)."""
    told = item.state.get("moderation")
    if isinstance(told, Mapping):
        told = told.get("status")
    return told if isinstance(told, int) and not isinstance(told, bool) else 0


def parts_of(outgoing: Outgoing) -> dict[str, Part]:
    """Give the parts of an item by name."""
    return {part.name: part for part in outgoing.content.parts}


def bytes_of(part: Part) -> bytes:
    """Read a part whole."""
    content = part.content
    return content if isinstance(content, bytes) else b"".join(_pieces(part))


def pieces_of(part: Part) -> Iterable[bytes]:
    """Read a part piece by piece, once."""
    content = part.content
    return (content,) if isinstance(content, bytes) else _pieces(part)


def _pieces(part: Part) -> Iterable[bytes]:
    content = part.content
    assert not isinstance(content, bytes)
    return content


def document_of(outgoing: Outgoing, name: str) -> Json:
    """Read a part that is JSON; None where the item has none of that name.

    Raises:
        IntegrityError: it is no JSON.
    """
    part = parts_of(outgoing).get(name)
    if part is None:
        return None
    try:
        found: Json = orjson.loads(bytes_of(part))
    except orjson.JSONDecodeError as error:
        raise IntegrityError(
            f"What was saved of an item ({name}) cannot be read.", why=outgoing.item.id
        ) from error
    return found


def versions_of(item: Item, document: Json) -> list[Version]:
    """Give the versions of an item, oldest first, the current one last.

    Args:
        item: The item; its state says which versions there are.
        document: The part ``versions``: values by version; None if there is none.
    """
    values = _values_by_id(document)
    told = item.state.get("versions")
    rows = told if isinstance(told, Sequence) and not isinstance(told, str) else ()
    found = [
        Version(
            id=_number(row.get("id")),
            label=str(row.get("label") or ""),
            comment=str(row.get("comment") or ""),
            size=_number(row.get("size")),
            is_current=bool(row.get("current")),
            fields=values.get(_number(row.get("id")), {}),
            created=str(row.get("created") or ""),
            by=row.get("by"),
        )
        for row in rows
        if isinstance(row, Mapping)
    ]
    return sorted(found, key=lambda one: one.id)


def _values_by_id(document: Json) -> dict[int, Mapping[str, Json]]:
    """Read the values of older versions: a list of ``{"id", "fields"}``, or a map by id."""
    if isinstance(document, Mapping):
        inner = document.get("versions", document)
        if isinstance(inner, Mapping):
            return {_number(key): _fields(value) for key, value in inner.items()}
        document = inner
    if not isinstance(document, Sequence) or isinstance(document, str):
        return {}
    return {_number(one.get("id")): _fields(one) for one in document if isinstance(one, Mapping)}


def _fields(value: Json) -> Mapping[str, Json]:
    inner = _mapping(value).get("fields")
    return _mapping(inner) if inner is not None else _mapping(value)


def _mapping(value: Json) -> Mapping[str, Json]:
    return value if isinstance(value, Mapping) else {}


def _number(value: Json) -> int:
    if isinstance(value, int):
        return value
    text = str(value or "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else 0
