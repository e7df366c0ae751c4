"""Extended properties: any MAPI property, by its tag or name, one value or many.

``String 0x0037`` · ``SystemTime 0x3008`` · ``Integer {GUID} Id 0x8233`` ·
``StringArray {GUID} Name Keywords``. Tags are answered in short lower-case hexadecimal.

Source:
    https://learn.microsoft.com/graph/api/resources/extended-properties-overview
"""

from __future__ import annotations

import binascii
import re
import uuid
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import cast

from strongroom.content import tags
from strongroom.content.message import FileTime, NamedTag, PropertyKey, Scalar, Value
from strongroom.lab.exchange.shapes import times
from strongroom.lab.graph.mailbox.errors import bad_property

SINGLE, MULTI = "singleValueExtendedProperties", "multiValueExtendedProperties"

_NAME = re.compile(
    r"(?P<type>[A-Za-z]+)\s+"
    r"(?:(?P<tag>0[xX][0-9A-Fa-f]{1,4})"
    r"|\{(?P<set>[0-9A-Fa-f-]{36})\}\s+(?:(?i:Name)\s+(?P<name>.{1,254})"
    r"|(?i:Id)\s+(?P<number>0[xX][0-9A-Fa-f]{1,8}|\d{1,10})))"
)
_TYPES = {
    "applicationtime": tags.APP_TIME,
    "binary": tags.BINARY,
    "boolean": tags.BOOLEAN,
    "clsid": tags.GUID,
    "currency": tags.CURRENCY,
    "double": tags.FLOAT64,
    "float": tags.FLOAT32,
    "integer": tags.INTEGER32,
    "long": tags.INTEGER64,
    "short": tags.INTEGER16,
    "string": tags.STRING,
    "systemtime": tags.TIME,
}
_FIRST_NAMED_ID = 0x8000


@dataclass(frozen=True, slots=True)
class Wanted:
    """One property that a client names.

    Attributes:
        key: Which property.
        id: How the server names it.
    """

    key: PropertyKey
    id: str

    @property
    def is_multiple(self) -> bool:
        """Whether it holds a list."""
        return bool(tags.type_of(self.key) & tags.MULTIPLE)


@lru_cache(maxsize=4096)
def read_id(text: str) -> Wanted:
    """Say which property an id means.

    Raises:
        GraphError: 400, it is no such id.
    """
    match = _NAME.fullmatch(text.strip())
    if match is None:
        raise bad_property(text)
    name = match["type"].casefold()
    single = name.removesuffix("array")
    if single not in _TYPES:
        raise bad_property(text)
    kind = _TYPES[single] | (tags.MULTIPLE if single != name else 0)
    if match["tag"] is not None:
        identifier = int(match["tag"], 16)
        if identifier >= _FIRST_NAMED_ID:
            raise bad_property(text)
        return Wanted((identifier << 16) | kind, f"{match['type']} {identifier:#x}")
    guid = uuid.UUID(match["set"])
    if match["name"] is not None:
        told = f"{match['type']} {{{guid}}} Name {match['name']}"
        return Wanted(NamedTag(guid, match["name"], kind), told)
    number = int(match["number"], 0)
    return Wanted(NamedTag(guid, number, kind), f"{match['type']} {{{guid}}} Id {number:#x}")


def shape(wanted: Wanted, value: Value, digits: int) -> dict[str, object]:
    """Write one property."""
    if isinstance(value, list):
        return {"id": wanted.id, "value": [written(one, digits) for one in value]}
    return {"id": wanted.id, "value": written(value, digits)}


def written(value: Value, digits: int) -> str:
    """Write one value as text, as all are."""
    if isinstance(value, str):
        return value
    if isinstance(value, bytes):
        return b64encode(value).decode("ascii")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, FileTime):
        return times.written(value, digits)
    return str(value)


def read_value(wanted: Wanted, value: object) -> Value:
    """Read what a client wants a property to be.

    Raises:
        GraphError: 400, it is nothing of that type.
    """
    kind = tags.type_of(wanted.key)
    try:
        if not wanted.is_multiple:
            return _value(value, kind)
        if not isinstance(value, list):
            raise bad_property(wanted.id)
        return cast("Value", [_value(one, kind & ~tags.MULTIPLE) for one in value])
    except (ValueError, binascii.Error) as error:
        raise bad_property(wanted.id) from error


def _value(value: object, kind: int) -> Scalar:
    # Every value is written as text; a number, say, is not taken for one.
    text = value if isinstance(value, str) else "?"
    return text if kind == tags.STRING else _READ.get(kind, int)(text.strip())


_READ: dict[int, Callable[[str], Scalar]] = {
    tags.BINARY: lambda text: b64decode(text, validate=True),
    tags.BOOLEAN: lambda text: text.casefold() in {"true", "1"},
    tags.TIME: times.read,
    tags.GUID: uuid.UUID,
    tags.FLOAT32: float,
    tags.FLOAT64: float,
    tags.APP_TIME: float,
}
