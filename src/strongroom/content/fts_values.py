"""Property values and property lists inside a FastTransfer stream, read and written.

A property is ``u16 type, u16 id``, for named ones (id from 0x8000) its name, then the value. All
numbers are little-endian. What the reader meets may be damaged in any way; every length is held
against what is really there before anything is read or reserved.

Source:
    [MS-OXCFXICS] 2.2.4.1, as far as it goes; code page types and widths as seen in export streams.
"""

from __future__ import annotations

import struct
import uuid
from codecs import utf_16_le_decode
from functools import lru_cache
from typing import Any

from strongroom.content import tags
from strongroom.content.codepages import UTF16, WESTERN, codec_of
from strongroom.content.message import FileTime, NamedTag, Properties, PropertyKey, Value
from strongroom.errors import ItemError

Buffer = bytes | bytearray | memoryview

NEW_ATTACH = 0x40000003
START_EMBED = 0x40010003
END_EMBED = 0x40020003
START_RECIPIENT = 0x40030003
END_RECIPIENT = 0x40040003
END_ATTACH = 0x400E0003
EC_WARNING = 0x400F0003
DELETE_PROPERTIES = 0x40160003
ERROR_INFO = 0x40180003
DN_PREFIX_ID = 0x4008

# Whatever ends a property list: the markers above, and those of folders and synchronisation, which
# may not stand in an item and are refused where they turn up.
STOPS = frozenset(
    {
        *(NEW_ATTACH, START_EMBED, END_EMBED, START_RECIPIENT, END_RECIPIENT, END_ATTACH),
        *(EC_WARNING, DELETE_PROPERTIES, ERROR_INFO),
        *((number << 16) | 0x0003 for number in range(0x4009, 0x400E)),
        *((number << 16) | 0x0003 for number in (0x4010, 0x4012, 0x4013, 0x4014, 0x4015, 0x402F)),
        *((number << 16) | 0x0003 for number in (0x403A, 0x403B, 0x4074, 0x4075, 0x407B, 0x407D)),
    }
)

_NAMED = 0x8000_0000
_CODEPAGE = 0x8000
_UTF16_STRING = _CODEPAGE | UTF16
# A name is at most 254 bytes ([MS-OXCDATA] 2.6.1); a roomy limit keeps hostile ones from making us
# search through megabytes again and again.
_NAME_BYTES_MAX = 1024

_U16 = struct.Struct("<H")
_U32 = struct.Struct("<I")
_HEAD = struct.Struct("<II")
_NUMBERS = {
    tags.INTEGER16: struct.Struct("<h"),
    tags.INTEGER32: struct.Struct("<i"),
    tags.FLOAT32: struct.Struct("<f"),
    tags.FLOAT64: struct.Struct("<d"),
    tags.CURRENCY: struct.Struct("<q"),
    tags.APP_TIME: struct.Struct("<d"),
    tags.ERROR: struct.Struct("<I"),
    tags.BOOLEAN: struct.Struct("<H"),
    tags.INTEGER64: struct.Struct("<q"),
    tags.TIME: struct.Struct("<Q"),
    tags.GUID: struct.Struct("<16s"),
}
_BYTES = frozenset({tags.BINARY, tags.OBJECT, tags.SERVER_ID})
_MULTIPLE = frozenset(
    {
        *(tags.INTEGER16, tags.INTEGER32, tags.INTEGER64, tags.FLOAT32, tags.FLOAT64),
        *(tags.CURRENCY, tags.APP_TIME, tags.TIME, tags.GUID),
        *(tags.STRING, tags.STRING8, tags.BINARY),
    }
)


class FtsError(ItemError):
    """This stream is damaged, cut short, or says something that the format does not know.

    An `ItemError`, since it concerns one item: that one is told in the ledger, the rest goes on.

    Attributes:
        offset: Where in the FastTransfer stream (or, for the envelope, in the data), in bytes.
    """

    def __init__(self, why: str, *, offset: int) -> None:
        super().__init__(
            "This item's export stream cannot be read.",
            code="stream-damaged",
            why=f"{why} (at byte {offset}).",
        )
        self.offset = offset


def read_tag(view: memoryview, offset: int) -> int:
    """Read the tag or marker that stands here.

    Raises:
        FtsError: the stream ends here.
    """
    if offset + 4 > len(view):
        raise FtsError("The stream ends too early", offset=offset)
    tag: int = _U32.unpack_from(view, offset)[0]
    return tag


def read_properties(view: memoryview, offset: int) -> tuple[Properties, int]:
    """Read properties up to a marker or the end.

    Returns:
        The properties, with strings of whatever code page under type 0x001F, and the offset of
        what comes after them.

    Raises:
        FtsError: damage, or a type that is not known, so that nobody could find the next property.
    """
    properties: Properties = {}
    size = len(view)
    while offset < size:
        found = _read_plain(view, offset, size)
        if found is None:
            if read_tag(view, offset) in STOPS:
                break
            found = read_property(view, offset)
        key, value, offset = found
        properties[key] = value
    return properties, offset


def read_property(view: memoryview, offset: int) -> tuple[PropertyKey, Value, int]:
    """Read one property of any kind; give its key, its value, and where the next begins.

    Raises:
        FtsError: as ``read_properties``.
    """
    tag, start = read_tag(view, offset), offset
    offset += 4
    try:
        name, offset = _read_name(view, offset) if tag & _NAMED else (None, offset)
        value, offset, kind = _read_value(view, offset, tag & 0xFFFF)
    except struct.error as error:
        raise FtsError("The stream ends inside a property", offset=start) from error
    return (tag & 0xFFFF0000) | kind if name is None else _named_tag(*name, kind), value, offset


def _read_plain(view: memoryview, offset: int, size: int) -> tuple[PropertyKey, Value, int] | None:
    """Read a numbered text, bytes or 32-bit number: nearly all of an item, in half the time.

    Gives what ``read_property`` gives, or None for all else, damage included, which is told there.
    """
    if offset + 8 > size:
        return None
    tag, length = _HEAD.unpack_from(view, offset)
    kind = tag & 0xFFFF
    begin = offset + 8
    end = begin + length
    if tag & _NAMED or tag in STOPS:
        return None
    if kind == tags.INTEGER32:
        return tag, length - (length >> 31 << 32), begin
    if kind == tags.BINARY and end <= size:
        return tag, bytes(view[begin:end]), end
    is_text = kind == _UTF16_STRING and end <= size and length and not length % 2
    if is_text and not (view[end - 1] or view[end - 2]):
        text: str = utf_16_le_decode(view[begin : end - 2], "surrogatepass", True)[0]
        return tag & 0xFFFF0000 | tags.STRING, text, end
    return None


def skip_string(view: memoryview, offset: int) -> int:
    """Step over a length and the bytes that it counts; `FtsError` if they are not all there."""
    return _read_bytes(view, offset)[1]


def _read_value(view: memoryview, offset: int, kind: int) -> tuple[Value, int, int]:
    """Read one value; give it, where the next begins, and the type that it has in our model."""
    number = _NUMBERS.get(kind)
    if number is not None:
        return _number(kind, number.unpack_from(view, offset)[0]), offset + number.size, kind
    if kind in _BYTES:
        piece, offset = _read_bytes(view, offset)
        return bytes(piece), offset, kind
    if kind & _CODEPAGE or kind in {tags.STRING, tags.STRING8}:
        text, offset = _read_string(view, offset, kind)
        return text, offset, tags.STRING
    if kind & tags.MULTIPLE and kind & ~tags.MULTIPLE in _MULTIPLE:
        return _read_multiple(view, offset, kind & ~tags.MULTIPLE)
    raise FtsError(f"Property type 0x{kind:04X} is not known", offset=offset)


def _number(kind: int, raw: Any) -> Value:  # noqa: ANN401 - struct gives int, float or bytes
    if kind == tags.TIME:
        return FileTime(raw)
    if kind == tags.BOOLEAN:
        return bool(raw)
    if kind == tags.GUID:
        return uuid.UUID(bytes_le=raw)
    value: int | float = raw
    return value


def _read_bytes(view: memoryview, offset: int) -> tuple[memoryview, int]:
    begin = offset + 4
    end = begin + read_tag(view, offset)
    if end > len(view):
        raise FtsError("A value is longer than the stream", offset=offset)
    return view[begin:end], end


def _read_string(view: memoryview, offset: int, kind: int) -> tuple[str, int]:
    """Read text with its terminator.

    Surrogates pass unpaired through UTF-16; bytes that another code page does not know become lone
    surrogates, so that nothing is lost and nothing raises.
    """
    piece, end = _read_bytes(view, offset)
    if kind in {_UTF16_STRING, tags.STRING}:
        if len(piece) % 2 or (piece and (piece[-1] or piece[-2])):
            raise FtsError("A Unicode string without its end", offset=offset)
        return str(piece[:-2], "utf-16-le", "surrogatepass"), end
    codec = codec_of(kind & ~_CODEPAGE if kind & _CODEPAGE else WESTERN) or codec_of(kind)
    if codec is None:
        raise FtsError(f"String type 0x{kind:04X} names no code page", offset=offset)
    if piece and piece[-1]:
        raise FtsError("A string without its end", offset=offset)
    try:
        return str(piece[:-1], codec, "surrogateescape"), end
    except UnicodeError as error:
        raise FtsError(f"A string is not text in {codec}", offset=offset) from error


def _read_multiple(view: memoryview, offset: int, kind: int) -> tuple[Value, int, int]:
    count: int = read_tag(view, offset)
    offset += 4
    values: list[Any] = []
    number = _NUMBERS.get(kind)
    if number is not None:
        end = offset + count * number.size
        if end > len(view):
            raise FtsError("A list is longer than the stream", offset=offset)
        values = [_number(kind, raw) for (raw,) in number.iter_unpack(view[offset:end])]
        return values, end, kind | tags.MULTIPLE
    # Every element takes four bytes at least, so a false count runs into the end and stops there.
    for _ in range(count):
        value, offset, _ = _read_value(view, offset, kind)
        values.append(value)
    kept = tags.STRING if kind == tags.STRING8 else kind
    return values, offset, kept | tags.MULTIPLE


def _read_name(view: memoryview, offset: int) -> tuple[tuple[bytes, int | str], int]:
    guid = bytes(view[offset : offset + 16])
    flavour = view[offset + 16] if offset + 16 < len(view) else 0
    offset += 17
    if flavour == 0:
        number: int = _U32.unpack_from(view, offset)[0]
        return (guid, number), offset + 4
    if flavour != 1:
        raise FtsError("A named property of unknown kind", offset=offset - 1)
    window = bytes(view[offset : offset + _NAME_BYTES_MAX])
    end = window.find(b"\0\0")
    while end % 2 == 1 and end >= 0:
        end = window.find(b"\0\0", end + 1)
    if end < 0:
        raise FtsError("The name of a property has no end", offset=offset)
    return (guid, window[:end].decode("utf-16-le", "surrogatepass")), offset + end + 2


@lru_cache(maxsize=4096)
def _named_tag(guid: bytes, name: int | str, kind: int) -> NamedTag:
    # The same few dozen names come with every item, and making a UUID costs more than reading one.
    return NamedTag(uuid.UUID(bytes_le=guid), name, kind)


@lru_cache(maxsize=4096)
def _named_head(key: NamedTag, position: int) -> bytes:
    kind = _UTF16_STRING if key.type == tags.STRING else key.type
    head = struct.pack("<HH", kind, 0x8000 | position) + key.guid.bytes_le
    if isinstance(key.name, int):
        return head + struct.pack("<BI", 0, key.name)
    name = key.name.encode("utf-16-le", "surrogatepass")
    if "\0" in key.name or len(name) > _NAME_BYTES_MAX - 2:
        raise ValueError("a property's name holds a NUL or is too long")
    return head + b"\1" + name + b"\0\0"


def write_properties(properties: Properties, out: list[bytes]) -> None:
    """Append the pieces of a property list; long values are appended themselves, not copied.

    Raises:
        ValueError: a value is not of its property's type, or a tag cannot stand in a stream.
    """
    named = 0
    for key, value in properties.items():
        try:
            if isinstance(key, NamedTag):
                kind = key.type
                # In a stream the name says it all; ids only have to differ, as a server's do.
                out.append(_named_head(key, named & 0x7FFF))
                named += 1
            else:
                kind = key & 0xFFFF
                out.append(_plain_head(key))
            _write_value(kind, value, out)
        except (struct.error, TypeError, AttributeError, ValueError) as error:
            raise ValueError(f"{tags.property_name(key)} cannot be written: {error}") from error


def _plain_head(tag: int) -> bytes:
    if tag & _NAMED or tag in STOPS or tag >> 16 == DN_PREFIX_ID:
        raise ValueError("this tag has a meaning of its own in a stream")
    if tag & 0xFFFF == tags.STRING:
        tag = (tag & 0xFFFF0000) | _UTF16_STRING
    return _U32.pack(tag)


def _write_value(kind: int, value: Any, out: list[bytes]) -> None:  # noqa: ANN401 - checked here
    if kind == tags.STRING:
        raw = value.encode("utf-16-le", "surrogatepass")
        out += (_U32.pack(len(raw) + 2), raw, b"\0\0")
    elif kind in _NUMBERS:
        out.append(_NUMBERS[kind].pack(value.bytes_le if kind == tags.GUID else value))
    elif kind in _BYTES:
        if not isinstance(value, bytes):
            raise TypeError(f"bytes expected, not {type(value).__name__}")
        out += (_U32.pack(len(value)), value)
    elif kind & tags.MULTIPLE and (kind & ~tags.MULTIPLE) in _MULTIPLE:
        if not isinstance(value, list):
            raise TypeError(f"a list expected, not {type(value).__name__}")
        out.append(_U32.pack(len(value)))
        for element in value:
            _write_value(kind & ~tags.MULTIPLE, element, out)
    else:
        raise ValueError(f"type 0x{kind:04X} is not known")
