"""Extended properties: MAPI properties by tag or name, as EWS writes them, with typed values.

Source:
    https://learn.microsoft.com/exchange/client-developer/web-service-reference/extendedfielduri
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from uuid import UUID

import pybase64
from lxml import etree

from strongroom.wire.ews.xml import T, attribute, text, truth

Scalar = int | float | bool | str | bytes | datetime | UUID
PropertyValue = Scalar | list[Scalar]
"""Times are aware, UTC; binary is bytes; a currency is in ten-thousandths where it is whole."""

ARRAY = 0x1000
_MAPI_TYPES = {
    "Short": 0x0002,
    "Integer": 0x0003,
    "Float": 0x0004,
    "Double": 0x0005,
    "Currency": 0x0006,
    "ApplicationTime": 0x0007,
    "Error": 0x000A,
    "Boolean": 0x000B,
    "Object": 0x000D,
    "Long": 0x0014,
    "String": 0x001F,
    "SystemTime": 0x0040,
    "CLSID": 0x0048,
    "Binary": 0x0102,
}
_TYPE_NAMES = {number: name for name, number in _MAPI_TYPES.items()} | {0x001E: "String"}

PROPERTY_SETS = {
    "Meeting": UUID("6ed8da90-450b-101b-98da-00aa003f1305"),
    "Appointment": UUID("00062002-0000-0000-c000-000000000046"),
    "Common": UUID("00062008-0000-0000-c000-000000000046"),
    "PublicStrings": UUID("00020329-0000-0000-c000-000000000046"),
    "Address": UUID("00062004-0000-0000-c000-000000000046"),
    "InternetHeaders": UUID("00020386-0000-0000-c000-000000000046"),
    "CalendarAssistant": UUID("11000e07-b51b-40d6-af21-caa85edab1d0"),
    "UnifiedMessaging": UUID("4442858e-a9e3-4e80-b900-317a210cc15b"),
    "Task": UUID("00062003-0000-0000-c000-000000000046"),
    "Sharing": UUID("00062040-0000-0000-c000-000000000046"),
}
"""The sets that EWS calls by a name of its own ([MS-OXPROPS] §1.3.2)."""


@dataclass(frozen=True, slots=True)
class ExtendedPath:
    """Which MAPI property: by id, or by set and name. Make them with ``of_tag`` and ``of_name``.

    Attributes:
        type: EWS's name of the type: ``Integer``, ``StringArray`` …
        id: The property id (upper half of a tag), below 0x8000; None for a named one.
        set: The named property's set; None for one by id.
        name: Its number in the set (LID) or its string name.
    """

    type: str
    id: int | None = None
    set: UUID | None = None
    name: int | str | None = None

    @classmethod
    def of_tag(cls, tag: int) -> ExtendedPath:
        """Make the path of a 32-bit tag, ``(id << 16) | type``.

        Raises:
            ValueError: a named property's mapped id, or a type that EWS does not have.
        """
        if tag >> 16 >= 0x8000:
            raise ValueError(f"0x{tag:08x} is a mapped id; it means something else per mailbox")
        return cls(type_name(tag & 0xFFFF), id=tag >> 16)

    @classmethod
    def of_name(cls, property_set: UUID, name: int | str, mapi_type: int) -> ExtendedPath:
        """Make the path of a named property from its set, LID or name, and 16-bit type.

        Raises:
            ValueError: a type that EWS does not have.
        """
        return cls(type_name(mapi_type), set=property_set, name=name)

    @property
    def mapi_type(self) -> int:
        """The 16-bit type; strings are always 0x001F."""
        base, is_array = self.type.removesuffix("Array"), self.type.endswith("Array")
        return _MAPI_TYPES[base] | (ARRAY if is_array else 0)

    @property
    def tag(self) -> int:
        """The 32-bit tag of a property by id.

        Raises:
            ValueError: it is a named one.
        """
        if self.id is None:
            raise ValueError(f"a named property has no tag of its own: {self}")
        return self.id << 16 | self.mapi_type

    def to_xml(self) -> str:
        """Write the ``ExtendedFieldURI`` element."""
        if self.id is not None:
            which = f'PropertyTag="0x{self.id:04x}"'
        else:
            kind = "PropertyId" if isinstance(self.name, int) else "PropertyName"
            which = f'PropertySetId="{self.set}" {kind}="{attribute(str(self.name))}"'
        return f'<t:ExtendedFieldURI {which} PropertyType="{self.type}"/>'


def type_name(mapi_type: int) -> str:
    """Give EWS's name of a 16-bit MAPI type.

    Raises:
        ValueError: EWS has none.
    """
    name = _TYPE_NAMES.get(mapi_type & ~ARRAY)
    if name is None:
        raise ValueError(f"EWS has no name for the type 0x{mapi_type:04x}")
    return f"{name}Array" if mapi_type & ARRAY else name


def property_to_xml(path: ExtendedPath, value: PropertyValue) -> str:
    """Write an ``ExtendedProperty`` element with its value."""
    if isinstance(value, list):
        values = "".join(f"<t:Value>{value_to_text(each)}</t:Value>" for each in value)
        return (
            f"<t:ExtendedProperty>{path.to_xml()}<t:Values>{values}</t:Values></t:ExtendedProperty>"
        )
    inside = f"{path.to_xml()}<t:Value>{value_to_text(value)}</t:Value>"
    return f"<t:ExtendedProperty>{inside}</t:ExtendedProperty>"


_FIELD_URI = f"{T}ExtendedFieldURI"
_VALUE = f"{T}Value"
_VALUES = f"{T}Values"


def read_property(element: etree._Element) -> tuple[ExtendedPath, PropertyValue] | None:
    """Read an ``ExtendedProperty`` element; None if it is one that we cannot make sense of."""
    path: ExtendedPath | None = None
    raw: str | list[str] | None = None
    for child in element:
        tag = child.tag
        if tag == _VALUE:
            raw = child.text or ""
        elif tag == _FIELD_URI:
            # By tag is by far the most frequent; two questions cost half of a list of attributes.
            tag_number = child.get("PropertyTag")
            path = (
                _path(tuple(child.items()))
                if tag_number is None
                else _tag_path(tag_number, child.get("PropertyType", ""))
            )
        elif tag == _VALUES:
            raw = [each.text or "" for each in child if each.tag == _VALUE]
    if path is None or raw is None:
        return None
    try:
        if isinstance(raw, str):
            return path, _from_text(path.type, raw)
        return path, [_from_text(path.type, each) for each in raw]
    except ValueError:
        # A value that is not of its own type: better missing than wrong.
        return None


@lru_cache(maxsize=4096)
def _tag_path(number: str, kind: str) -> ExtendedPath | None:
    """Make the path once per distinct element; listings repeat the same few by the thousand."""
    if kind.removesuffix("Array") not in _MAPI_TYPES:
        return None
    try:
        return ExtendedPath(kind, id=int(number, 0))
    except ValueError:
        return None


@lru_cache(maxsize=4096)
def _path(attributes: tuple[tuple[str, str], ...]) -> ExtendedPath | None:
    """Make the path of a named property, likewise."""
    told = dict(attributes)
    kind = told.get("PropertyType", "")
    if kind.removesuffix("Array") not in _MAPI_TYPES:
        return None
    try:
        if "PropertySetId" in told:
            property_set = UUID(told["PropertySetId"])
        else:
            property_set = PROPERTY_SETS[told["DistinguishedPropertySetId"]]
        if "PropertyId" in told:
            return ExtendedPath(kind, set=property_set, name=int(told["PropertyId"], 0))
        return ExtendedPath(kind, set=property_set, name=told["PropertyName"])
    except (KeyError, ValueError):
        return None


def _from_text(kind: str, raw: str) -> Scalar:
    read = _READERS.get(kind) or _READERS.get(kind.removesuffix("Array"))
    if read is None:
        raise ValueError(f"no values of type {kind}")
    return read(raw)


def _read_currency(raw: str) -> int | float:
    return int(raw) if re.fullmatch(r"\s*-?\d+\s*", raw) else float(raw)


def _read_binary(raw: str) -> bytes:
    try:
        return pybase64.b64decode(raw, validate=True)
    except ValueError:
        # Line breaks are allowed in xs:base64Binary; anything else foreign is corruption.
        return pybase64.b64decode("".join(raw.split()), validate=True)


def _read_truth(raw: str) -> bool:
    return raw.strip().lower() in {"true", "1"}


def value_to_text(value: Scalar) -> str:
    """Write one value, escaped, as the content of an element."""
    match value:
        case bool():
            return truth(value)
        case bytes():
            return pybase64.b64encode(value).decode("ascii")
        case datetime():
            return write_time(value)
        case str():
            return text(value)
        case float():
            return repr(value)
        case _:
            return str(value)


def read_time(raw: str) -> datetime:
    """Read a time as servers write it: aware, UTC.

    Seen: ``Z``, an offset or nothing at the end (then it is UTC), none to nine fraction digits.
    Digits beyond microseconds are cut off.

    Raises:
        ValueError: it is no time.
    """
    when = datetime.fromisoformat(raw.strip())
    return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)


def write_time(when: datetime) -> str:
    """Write a time for a request, UTC, with microseconds only where there are any.

    Raises:
        ValueError: it is not aware.
    """
    if when.tzinfo is None:
        raise ValueError(f"a time without a zone says nothing: {when}")
    return when.astimezone(UTC).isoformat().replace("+00:00", "Z")


_READERS: dict[str, Callable[[str], Scalar]] = {
    "String": str,
    "Integer": int,
    "Short": int,
    "Long": int,
    "Error": int,
    "Binary": _read_binary,
    "Boolean": _read_truth,
    "SystemTime": read_time,
    "CLSID": UUID,
    "Currency": _read_currency,
    "Float": float,
    "Double": float,
    "ApplicationTime": float,
}
