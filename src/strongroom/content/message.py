"""The MAPI message model: properties, recipients, attachments.

Everything that Exchange keeps of an item is a bag of properties, each known by a *tag* (what it
is, and of which type). Export streams, Outlook files and MIME are three ways to write the same
bag down, so they all read into and write from the classes here.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TypeVar

Tag = int
"""A property tag of 32 bits: ``(id << 16) | type`` with ``id < 0x8000``. Strings are 0x001F."""

_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)
_LAST = datetime.max.replace(tzinfo=UTC)
_TICKS_PER_MICROSECOND = 10


class FileTime(int):
    """A moment as Windows counts it: unsigned 64-bit number of 100 ns ticks since 1601, UTC.

    Not a ``datetime``, because a datetime knows microseconds only and ends in the year 9999: a
    stamp that went through one would come back changed in its last digit, and a comparison after
    a restore would call that a difference. A subclass of ``int``, because streams hold thousands
    of them and an int costs nothing to make, hash and compare.
    """

    __slots__ = ()

    @classmethod
    def from_datetime(cls, when: datetime) -> FileTime:
        """Convert an aware time; what lies before 1601 becomes the year 1601.

        Raises:
            ValueError: the time is naive, so nobody knows which moment it means.
        """
        if when.tzinfo is None:
            raise ValueError(f"a time without zone: {when!r}")
        microseconds = (when - _EPOCH) // timedelta(microseconds=1)
        return cls(max(microseconds, 0) * _TICKS_PER_MICROSECOND)

    def to_datetime(self) -> datetime:
        """Convert to an aware UTC time, cut to the microsecond and to the end of year 9999."""
        try:
            return _EPOCH + timedelta(microseconds=int(self) // _TICKS_PER_MICROSECOND)
        except OverflowError:
            return _LAST

    def __repr__(self) -> str:
        return f"FileTime({int(self)})"


@dataclass(frozen=True, slots=True)
class NamedTag:
    """The name of a property that has no fixed id: ids of 0x8000 up differ from mailbox to mailbox.

    Attributes:
        guid: The property set.
        name: A number (LID) or a string.
        type: Property type, 16 bits; strings are 0x001F.
    """

    guid: uuid.UUID
    name: int | str
    type: int


PropertyKey = Tag | NamedTag

Scalar = bool | int | float | str | bytes | FileTime | uuid.UUID
Value = (
    Scalar | list[int] | list[float] | list[str] | list[bytes] | list[FileTime] | list[uuid.UUID]
)
"""By type: 0x0002, 0x0003, 0x0006, 0x000A, 0x0014 int · 0x0004, 0x0005, 0x0007 float · 0x000B bool
· 0x001F str · 0x0040 FileTime · 0x0048 UUID · 0x000D, 0x00FB, 0x0102 bytes · 0x1000|type a list."""

Properties = dict[PropertyKey, Value]


@dataclass(slots=True)
class Attachment:
    """One attachment.

    Attributes:
        properties: Its properties; the bytes of a file are in 0x37010102.
        embedded: The message inside, if that is what is attached (method 5).
    """

    properties: Properties = field(default_factory=dict)
    embedded: Message | None = None


@dataclass(slots=True)
class Message:
    """One item of a mailbox: mail, appointment, contact, task, note, or hidden settings.

    Strings may hold lone surrogates, since servers keep what is not valid UTF-16; whoever writes
    them as UTF-8 must say what to do with those.

    Attributes:
        properties: The message's own properties.
        recipients: One bag per recipient, in order.
        attachments: In order.
    """

    properties: Properties = field(default_factory=dict)
    recipients: list[Properties] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)


_V = TypeVar("_V", bound=Scalar)


def get(properties: Properties, key: PropertyKey, kind: type[_V], default: _V) -> _V:
    """Give a property's value if it is there and of the expected Python type, else the default.

    Property bags come from outside: a tag promises a type, but only the check makes it safe.
    """
    value = properties.get(key)
    return value if isinstance(value, kind) else default


def text(properties: Properties, *keys: PropertyKey) -> str:
    """Give the first of these string properties that is there and not empty, else ``""``."""
    for key in keys:
        value = properties.get(key)
        if isinstance(value, str) and value:
            return value
    return ""


def moment(properties: Properties, *keys: PropertyKey) -> datetime | None:
    """Give the first of these time properties that is there, aware, UTC."""
    for key in keys:
        value = properties.get(key)
        if isinstance(value, FileTime):
            return value.to_datetime()
    return None


def key_order(key: PropertyKey) -> tuple[int, int, str, str, int]:
    """Give a sort key that puts numbered properties before named ones and never fails on a mix."""
    if isinstance(key, NamedTag):
        number = key.name if isinstance(key.name, int) else 0xFFFFFFFF
        return (1, number, key.guid.hex, str(key.name), key.type)
    return (0, key, "", "", 0)
