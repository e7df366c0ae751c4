"""The envelope of an export stream: operations of the server's move protocol, one after another.

``u32 operation, u32 length, data``, little-endian, until the end; there is no header and no end
mark. Microsoft does not document it; what is here was read off samples in Microsoft's own
documentation (docs/formats/export-stream.md).
"""

from __future__ import annotations

import struct
import uuid
from collections.abc import Iterable, Iterator

from strongroom.content.fts_values import Buffer, FtsError

_CONFIG, _BUFFER, _INTERFACE, _VERSION = 1, 2, 3, 4
SLICE_BYTES_MAX = 31_680
"""Longest slice of the stream in one operation 2, as Exchange Online cuts it."""

_IID_IMESSAGE = uuid.UUID("00020307-0000-0000-c000-000000000046")
_COPY_TO = 1
_HEAD = struct.Struct("<II")
_CONFIG_OPERATION = struct.pack("<IIII", _CONFIG, 8, 0, _COPY_TO)
_INTERFACE_OPERATION = (
    struct.pack("<III", _INTERFACE, 24, _COPY_TO)
    + _IID_IMESSAGE.bytes_le
    + struct.pack("<I", 0x80002400)
)
_VERSION_HEAD = _HEAD.pack(_VERSION, 6)
_FULL_SLICE_HEAD = _HEAD.pack(_BUFFER, SLICE_BYTES_MAX)
# Operations that may follow each one; 3 is missing in one published sample, so it may be left out.
_NEXT = {
    0: frozenset({_CONFIG}),
    _CONFIG: frozenset({_INTERFACE, _VERSION}),
    _INTERFACE: frozenset({_VERSION}),
    _VERSION: frozenset({_BUFFER}),
    _BUFFER: frozenset({_BUFFER}),
}


def looks_like_stream(first_bytes: Buffer) -> bool:
    """Say by the first 48 bytes whether this can be an export stream; cheap enough for all."""
    head = bytes(first_bytes[:48])
    if not head.startswith(_CONFIG_OPERATION):
        return False
    rest = head[len(_CONFIG_OPERATION) :]
    return rest == _INTERFACE_OPERATION or rest.startswith(_VERSION_HEAD)


def slices(data: Buffer) -> Iterator[memoryview]:
    """Give the slices of the FastTransfer stream in order, without copying them.

    Raises:
        FtsError: an operation is unknown, out of order, of the wrong length, or cut short.
    """
    view = memoryview(data)
    offset, before = 0, 0
    while offset < len(view):
        if offset + _HEAD.size > len(view):
            raise FtsError("The data ends inside the head of an operation", offset=offset)
        operation, length = _HEAD.unpack_from(view, offset)
        begin = offset + _HEAD.size
        if operation not in _NEXT[before]:
            raise FtsError(f"Operation {operation} has no place here", offset=offset)
        if begin + length > len(view):
            raise FtsError(f"Operation {operation} is cut short", offset=offset)
        if operation == _BUFFER:
            yield view[begin : begin + length]
        else:
            _check_preamble(view[offset : begin + length], operation, offset)
        offset, before = begin + length, operation
    if before != _BUFFER:
        raise FtsError("There is no content", offset=offset)


def _check_preamble(whole: memoryview, operation: int, offset: int) -> None:
    if operation == _VERSION:
        is_right = whole[: _HEAD.size] == _VERSION_HEAD
    else:
        is_right = whole == (_CONFIG_OPERATION if operation == _CONFIG else _INTERFACE_OPERATION)
    if not is_right:
        raise FtsError(f"Operation {operation} does not announce one copied item", offset=offset)


def wrap(pieces: Iterable[Buffer], version: tuple[int, int, int, int]) -> Iterator[bytes]:
    """Put a FastTransfer stream, given in pieces of any length, into its envelope.

    Each byte is copied once, into the slice that is yielded.

    Raises:
        ValueError: a part of the version does not fit.
    """
    yield _CONFIG_OPERATION + _INTERFACE_OPERATION + _VERSION_HEAD + _version(*version)
    waiting: list[Buffer] = []
    waiting_bytes = 0
    for piece in pieces:
        rest: Buffer = piece
        while waiting_bytes + len(rest) >= SLICE_BYTES_MAX:
            view = memoryview(rest)
            taken = SLICE_BYTES_MAX - waiting_bytes
            yield b"".join((_FULL_SLICE_HEAD, *waiting, view[:taken]))
            rest = view[taken:]
            waiting.clear()
            waiting_bytes = 0
        waiting.append(rest)
        waiting_bytes += len(rest)
    if waiting_bytes:
        yield b"".join((_HEAD.pack(_BUFFER, waiting_bytes), *waiting))


def _version(major: int, minor: int, build: int, revision: int) -> bytes:
    """Encode as seen: 14.1.139.0 → ``01 0E 8B 80 00 00``."""
    if not (major < 0x100 and minor < 0x100 and build < 0x8000 and revision < 0x10000):
        raise ValueError(f"not a server version: {major}.{minor}.{build}.{revision}")
    return struct.pack("<HHH", (major << 8) | minor, build | 0x8000, revision)
