"""Outlook's .msg files into the message model.

A .msg file is a small file system (a compound file): a storage per recipient and attachment, a
stream per long value, and in each storage one stream of 16-byte entries that holds the short ones.
Files come from anywhere, so what is read in all is bounded by what the file can honestly hold.

Source:
    [MS-OXMSG]
"""

from __future__ import annotations

import io
import re
import struct
import uuid
from typing import Any

import olefile

from strongroom.content import codepages, tags
from strongroom.content.fts import EMBEDDED_DEPTH_MAX
from strongroom.content.fts_values import STOPS
from strongroom.content.message import (
    Attachment,
    FileTime,
    Message,
    NamedTag,
    Properties,
    PropertyKey,
    Value,
    get,
)
from strongroom.errors import ItemError

_PROPERTIES = "__properties_version1.0"
_NAMES = "__nameid_version1.0"
_RECIPIENT = "__recip_version1.0_#"
_ATTACHMENT = "__attach_version1.0_#"
_EMBEDDED = "__substg1.0_3701000d"
_STREAM = re.compile(r"__substg1\.0_([0-9a-f]{4})([0-9a-f]{4})(?:-([0-9a-f]{8}))?")
# Streams may share sectors, so a small file could claim to hold any amount.
_BYTES_READ_MAX_TIMES = 4

_SHORT: dict[int, struct.Struct] = {
    tags.INTEGER16: struct.Struct("<h6x"),
    tags.INTEGER32: struct.Struct("<i4x"),
    tags.FLOAT32: struct.Struct("<f4x"),
    tags.FLOAT64: struct.Struct("<d"),
    tags.CURRENCY: struct.Struct("<q"),
    tags.APP_TIME: struct.Struct("<d"),
    tags.ERROR: struct.Struct("<I4x"),
    tags.BOOLEAN: struct.Struct("<H6x"),
    tags.INTEGER64: struct.Struct("<q"),
    tags.TIME: struct.Struct("<Q"),
}
_IN_LISTS: dict[int, struct.Struct] = {
    tags.INTEGER16: struct.Struct("<h"),
    tags.INTEGER32: struct.Struct("<i"),
    tags.FLOAT32: struct.Struct("<f"),
    tags.FLOAT64: struct.Struct("<d"),
    tags.CURRENCY: struct.Struct("<q"),
    tags.APP_TIME: struct.Struct("<d"),
    tags.INTEGER64: struct.Struct("<q"),
    tags.TIME: struct.Struct("<Q"),
    tags.GUID: struct.Struct("<16s"),
}
_TOP_HEADER, _EMBEDDED_HEADER, _SMALL_HEADER = 32, 24, 8
# Languages whose eight-bit text is not Western, by primary language id.
_LANGUAGE_CODEPAGES = {
    **dict.fromkeys((0x02, 0x19, 0x22, 0x23, 0x2F), 1251),
    **dict.fromkeys((0x05, 0x0E, 0x15, 0x18, 0x1A, 0x1B, 0x24), 1250),
    0x01: 1256,
    0x08: 1253,
    0x0D: 1255,
    0x11: 932,
    0x12: 949,
    0x1E: 874,
    0x1F: 1254,
}
_CHINESE, _CHINESE_TRADITIONAL_LOCALES = 0x04, frozenset({0x0404, 0x0C04, 0x1404})

_Path = tuple[str, ...]


class MsgError(ItemError):
    """This file is not an Outlook message, or it is damaged."""

    def __init__(self, why: str) -> None:
        super().__init__(
            "This Outlook file cannot be read.", code="msg-damaged", why=why, is_permanent=True
        )


def read_msg(data: bytes) -> Message:
    """Read a .msg file; of one with lesser damage, what is whole in it.

    Raises:
        MsgError: there is no message to be had from it; nothing else is raised for any bytes.
    """
    try:
        # Lesser defects (an entry listed twice or of an unknown type) leave the rest readable.
        with olefile.OleFileIO(io.BytesIO(data), raise_defects=olefile.DEFECT_FATAL) as container:
            return _Reader(container, len(data)).message((), _TOP_HEADER, depth=0)
    except (
        OSError,
        EOFError,
        struct.error,
        LookupError,
        ValueError,
        TypeError,
        OverflowError,
    ) as error:
        # What olefile raises where a compound file is damaged depends on where the damage is.
        raise MsgError(f"The compound file is damaged ({type(error).__name__}).") from error
    except (AttributeError, RecursionError) as error:
        raise MsgError(f"The compound file is damaged ({type(error).__name__}).") from error


class _Reader:
    """Reads the storages of one file."""

    def __init__(self, container: Any, size: int) -> None:  # noqa: ANN401 - olefile has no types
        self._container = container
        self._size = size
        self._bytes_left = size * _BYTES_READ_MAX_TIMES
        self._children: dict[_Path, dict[str, str]] = {}
        for path in container.listdir(streams=True, storages=True):
            folded = tuple(name.lower() for name in path)
            self._children.setdefault(folded[:-1], {})[folded[-1]] = path[-1]
        self._names = self._read_names()

    def message(self, path: _Path, header: int, depth: int) -> Message:
        """Read the message in a storage with all that it holds."""
        if depth > EMBEDDED_DEPTH_MAX:
            raise MsgError("Messages are nested too deeply.")
        here = self._children.get(path, {})
        if _PROPERTIES not in here:
            raise MsgError("There is no message in it.")
        codepage = self._codepage(path, header)
        message = Message(self._bag(path, header, codepage))
        for name in sorted(here):
            if name.startswith(_RECIPIENT):
                message.recipients.append(self._bag((*path, name), _SMALL_HEADER, codepage))
            elif name.startswith(_ATTACHMENT):
                attachment = self._attachment((*path, name), codepage, depth)
                attachment.properties.setdefault(tags.PidTagAttachNumber, len(message.attachments))
                message.attachments.append(attachment)
        return message

    def _attachment(self, path: _Path, codepage: int, depth: int) -> Attachment:
        attachment = Attachment(self._bag(path, _SMALL_HEADER, codepage))
        inside = (*path, _EMBEDDED)
        if _PROPERTIES in self._children.get(inside, {}):
            attachment.embedded = self.message(inside, _EMBEDDED_HEADER, depth + 1)
        return attachment

    def _bag(self, path: _Path, header: int, codepage: int) -> Properties:
        bag: Properties = {}
        lists: dict[tuple[int, int], dict[int, bytes]] = {}
        for tag, value in self._short_values(path, header):
            self._put(bag, tag >> 16, tag & 0xFFFF, value)
        for name in sorted(self._children.get(path, {})):
            match = _STREAM.fullmatch(name)
            if match is None or (*path, name) in self._children:
                continue
            number, kind = int(match[1], 16), int(match[2], 16)
            raw = self._stream((*path, name))
            if match[3]:
                lists.setdefault((number, kind), {})[int(match[3], 16)] = raw
            else:
                self._put(bag, number, kind, _long_value(kind, raw, codepage))
        for (number, kind), elements in lists.items():
            values = [
                _long_value(kind & ~tags.MULTIPLE, raw, codepage) for raw in elements.values()
            ]
            self._put(bag, number, kind, [value for value in values if value is not None])
        return bag

    def _put(self, bag: Properties, number: int, kind: int, value: Any) -> None:  # noqa: ANN401
        if value is None:
            return
        if kind & ~tags.MULTIPLE == tags.STRING8:
            kind |= 1  # our model knows one kind of string, 0x001F
        key: PropertyKey | None = (number << 16) | kind
        if number >= 0x8000:
            named = self._names.get(number - 0x8000)
            key = NamedTag(*named, kind) if named else None
        # The tags of stream markers mean nothing in a file and would break a stream.
        if key is not None and key not in STOPS and number != 0x4008:
            bag[key] = value

    def _short_values(self, path: _Path, header: int) -> list[tuple[int, Value]]:
        if _PROPERTIES not in self._children.get(path, {}):
            return []
        data = self._stream((*path, _PROPERTIES))[header:]
        found: list[tuple[int, Value]] = []
        for offset in range(0, len(data) - 15, 16):
            (tag,) = struct.unpack_from("<I", data, offset)
            form = _SHORT.get(tag & 0xFFFF)
            if form is not None:
                found.append((tag, _converted(tag & 0xFFFF, form.unpack_from(data, offset + 8)[0])))
        return found

    def _codepage(self, path: _Path, header: int) -> int:
        """Find out how eight-bit strings are meant: by the message, else by its language."""
        bag: Properties = dict(self._short_values(path, header))
        codepage = get(bag, tags.PidTagMessageCodepage, int, 0)
        if codepage not in {0, codepages.UTF16} and codepages.codec_of(codepage):
            return codepage
        locale = get(bag, tags.PidTagMessageLocaleId, int, 0)
        if locale & 0x3FF == _CHINESE:
            return 950 if locale in _CHINESE_TRADITIONAL_LOCALES else 936
        return _LANGUAGE_CODEPAGES.get(locale & 0x3FF, codepages.WESTERN)

    def _read_names(self) -> dict[int, tuple[uuid.UUID, int | str]]:
        """Read which name each id from 0x8000 up stands for in this file."""
        if (_NAMES,) not in self._children:
            return {}
        guids, entries, strings = (
            self._stream((_NAMES, f"__substg1.0_{number}0102"))
            for number in ("0002", "0003", "0004")
        )
        names: dict[int, tuple[uuid.UUID, int | str]] = {}
        for name, index in struct.iter_unpack("<II", entries[: len(entries) // 8 * 8]):
            guid = _guid(guids, (index & 0xFFFF) >> 1)
            if guid is None:
                continue
            if index & 1:
                (size,) = struct.unpack_from("<I", strings, name)
                raw = strings[name + 4 : name + 4 + size]
                names[index >> 16] = (guid, raw.decode("utf-16-le", "replace").replace("\0", ""))
            else:
                names[index >> 16] = (guid, name)
        return names

    def _stream(self, path: _Path) -> bytes:
        parent = self._children.get(path[:-1], {})
        if path[-1] not in parent:
            return b""
        size = self._container.get_size("/".join(path))
        if size > self._size:
            # Its length is damaged: no bytes are its own, and the rest is still a message.
            return b""
        self._bytes_left -= size
        if self._bytes_left < 0:
            raise MsgError("It claims to hold more than it can.")
        with self._container.openstream("/".join(path)) as stream:
            raw: bytes = stream.read()
            return raw


def _guid(guids: bytes, index: int) -> uuid.UUID | None:
    if index in {1, 2}:
        return tags.PS_MAPI if index == 1 else tags.PS_PUBLIC_STRINGS
    raw = guids[(index - 3) * 16 : (index - 2) * 16] if index > 2 else b""
    return uuid.UUID(bytes_le=raw) if len(raw) == 16 else None


def _converted(kind: int, raw: Any) -> Value:  # noqa: ANN401 - struct gives int, float or bytes
    if kind == tags.TIME:
        return FileTime(raw)
    if kind == tags.BOOLEAN:
        return bool(raw)
    if kind == tags.GUID:
        return uuid.UUID(bytes_le=raw)
    value: int | float = raw
    return value


def _long_value(kind: int, raw: bytes, codepage: int) -> Value | None:
    """Read the value of a stream; None for types that do not stand in one, and list lengths."""
    if kind == tags.STRING:
        return raw[: len(raw) // 2 * 2].decode("utf-16-le", "surrogatepass").rstrip("\0")
    if kind == tags.STRING8:
        return codepages.decode(raw, codepage).rstrip("\0")
    if kind == tags.BINARY:
        return raw
    if kind == tags.GUID and len(raw) == 16:
        return uuid.UUID(bytes_le=raw)
    element = _IN_LISTS.get(kind & ~tags.MULTIPLE) if kind & tags.MULTIPLE else None
    if element is None:
        return None
    whole = raw[: len(raw) // element.size * element.size]
    values: Any = [_converted(kind & ~tags.MULTIPLE, v) for (v,) in element.iter_unpack(whole)]
    listed: Value = values
    return listed
