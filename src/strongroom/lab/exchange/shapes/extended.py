"""Extended properties: any MAPI property, asked for and written by its tag or name."""

from __future__ import annotations

import uuid
from base64 import b64decode, b64encode
from collections.abc import Callable
from functools import lru_cache
from typing import cast

from strongroom.content import tags
from strongroom.content.message import FileTime, NamedTag, PropertyKey, Scalar, Value
from strongroom.lab.exchange.errors import EwsError
from strongroom.lab.exchange.shapes import times
from strongroom.lab.exchange.xml import Element, children, escape, name_of, require

_TYPES = {
    "ApplicationTime": tags.APP_TIME,
    "Binary": tags.BINARY,
    "Boolean": tags.BOOLEAN,
    "CLSID": tags.GUID,
    "Currency": tags.CURRENCY,
    "Double": tags.FLOAT64,
    "Float": tags.FLOAT32,
    "Integer": tags.INTEGER32,
    "Long": tags.INTEGER64,
    "Short": tags.INTEGER16,
    "String": tags.STRING,
    "SystemTime": tags.TIME,
}
_SETS = {
    "Meeting": tags.PSETID_MEETING,
    "Appointment": tags.PSETID_APPOINTMENT,
    "Common": tags.PSETID_COMMON,
    "PublicStrings": tags.PS_PUBLIC_STRINGS,
    "Address": tags.PSETID_ADDRESS,
    "InternetHeaders": tags.PS_INTERNET_HEADERS,
    "CalendarAssistant": uuid.UUID("11000e07-b51b-40d6-af21-caa85edab1d0"),
    "UnifiedMessaging": uuid.UUID("4442858e-a9e3-4e80-b900-317a210cc15b"),
    "Task": tags.PSETID_TASK,
    "Sharing": uuid.UUID("00062040-0000-0000-c000-000000000046"),
}
_FIRST_NAMED_ID = 0x8000


def key_of(path: Element) -> PropertyKey:
    """Say which property an ExtendedFieldURI means.

    Raises:
        EwsError: ErrorInvalidExtendedProperty.
    """
    return _key(*(path.get(name) for name in _ATTRIBUTES))


_ATTRIBUTES = (
    "PropertyTag",
    "DistinguishedPropertySetId",
    "PropertySetId",
    "PropertyName",
    "PropertyId",
    "PropertyType",
)


@lru_cache(maxsize=4096)
def _key(
    tag: str | None,
    distinguished: str | None,
    set_id: str | None,
    name: str | None,
    number: str | None,
    type_name: str,
) -> PropertyKey:
    kind = _type_number(type_name)
    if tag is not None:
        identifier = int(tag, 0)
        if identifier >= _FIRST_NAMED_ID or distinguished or set_id or name or number:
            raise EwsError("ErrorInvalidExtendedProperty")
        return (identifier << 16) | kind
    if (distinguished is None) == (set_id is None) or (name is None) == (number is None):
        raise EwsError("ErrorInvalidExtendedProperty")
    guid = _SETS[distinguished] if distinguished else uuid.UUID(set_id)
    return NamedTag(guid, name if name is not None else int(number or "0"), kind)


def _type_number(type_name: str) -> int:
    single = type_name.removesuffix("Array")
    if single not in _TYPES:
        raise EwsError("ErrorInvalidExtendedProperty")
    return _TYPES[single] | (tags.MULTIPLE if single != type_name else 0)


@lru_cache(maxsize=4096)
def _opening(attributes: tuple[tuple[str, str], ...]) -> str:
    written = "".join(f' {name}="{escape(value)}"' for name, value in attributes)
    return f"<t:ExtendedProperty><t:ExtendedFieldURI{written}/>"


def opening_of(path: Element) -> str:
    """Write the start of an answered property, with the path as the client wrote it.

    A tag is answered as the server writes tags, in short lower-case hexadecimal.
    """
    attributes = []
    for name, value in path.items():
        text = value if isinstance(value, str) else value.decode()
        is_tag = name == "PropertyTag"
        attributes.append((str(name), hex(int(text, 0)) if is_tag else text))
    return _opening(tuple(attributes))


def property_xml(opening: str, value: Value, digits: int) -> str:
    """Write one extended property."""
    if isinstance(value, list):
        inner = "".join(f"<t:Value>{_text(one, digits)}</t:Value>" for one in value)
        return f"{opening}<t:Values>{inner}</t:Values></t:ExtendedProperty>"
    return f"{opening}<t:Value>{_text(value, digits)}</t:Value></t:ExtendedProperty>"


def read_property(node: Element) -> tuple[PropertyKey, Value]:
    """Read an ExtendedProperty element.

    Raises:
        EwsError: ErrorInvalidExtendedProperty, ErrorInvalidExtendedPropertyValue.
    """
    key = key_of(require(node, "t:ExtendedFieldURI"))
    kind = tags.type_of(key)
    value = next(one for one in children(node) if name_of(one) != "ExtendedFieldURI")
    try:
        if kind & tags.MULTIPLE:
            if name_of(value) != "Values":
                raise EwsError("ErrorInvalidExtendedPropertyValue")
            single = kind & ~tags.MULTIPLE
            many = [_value(one.text or "", single) for one in children(value)]
            return key, cast("Value", many)  # all of one type, by the tag
        if name_of(value) != "Value":
            raise EwsError("ErrorInvalidExtendedPropertyValue")
        return key, _value(value.text or "", kind)
    except ValueError as error:
        raise EwsError("ErrorInvalidExtendedPropertyValue") from error


def _text(value: Value, digits: int) -> str:
    if isinstance(value, str):
        return escape(value)
    if isinstance(value, bytes):
        return b64encode(value).decode("ascii")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, FileTime):
        return times.written(value, digits)
    return str(value)


def _value(text: str, kind: int) -> Scalar:
    return text if kind == tags.STRING else _READ.get(kind, int)(text.strip())


def _binary(text: str) -> bytes:
    return b64decode(text, validate=True)


def _boolean(text: str) -> bool:
    return text in {"true", "1"}


_READ: dict[int, Callable[[str], Scalar]] = {
    tags.BINARY: _binary,
    tags.BOOLEAN: _boolean,
    tags.TIME: times.read,
    tags.GUID: uuid.UUID,
    tags.FLOAT32: float,
    tags.FLOAT64: float,
    tags.APP_TIME: float,
}
