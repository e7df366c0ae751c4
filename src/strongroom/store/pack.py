"""Packs: many sealed blobs in one file, with a sealed header at the end that says what is where.

    blob₁ ‖ … ‖ blobₙ ‖ sealed(entry₁ ‖ … ‖ entryₙ) ‖ length of the sealed header (u32,
    little-endian)

An entry is ``type (u8) ‖ length as stored (u32) [‖ length of the content (u32)] ‖ id (32)``; types
2 and 3 are compressed and carry the second length, 0 and 1 are not and do not. A pack holds data or
trees, never both. Its name is the SHA-256 of all of it.

Source:
    https://restic.readthedocs.io/en/stable/100_references.html#pack-format
"""

from __future__ import annotations

import hashlib
import re
import struct
from collections.abc import Iterable
from typing import Literal, NamedTuple

from strongroom.errors import IntegrityError
from strongroom.store.backend import BlobBackend, Data
from strongroom.store.crypto import OVERHEAD_BYTES, Sealer, Unauthenticated

Kind = Literal["data", "tree"]
BlobId = bytes

PACK_BYTES = 16 << 20
"""A pack is closed when it holds this much."""

PACK_BLOBS_MAX = 50_000
"""As many as an index file may name, so that no pack has to be split between two."""

_PLAIN = struct.Struct("<BI32s")
_COMPRESSED = struct.Struct("<BII32s")
_LENGTH = struct.Struct("<I")
_TYPES: dict[Kind, int] = {"data": 0, "tree": 1}
_KINDS: tuple[Kind, Kind] = ("data", "tree")


class Entry(NamedTuple):
    """Where a blob lies in its pack.

    Attributes:
        kind: ``data`` or ``tree``.
        id: SHA-256 of its content, 32 bytes.
        offset: From the start of the pack.
        length: As stored, sealing included.
        raw_length: Of its content; 0 if it is stored uncompressed.
    """

    kind: Kind
    id: BlobId
    offset: int
    length: int
    raw_length: int


def pack_name(pack_id: bytes) -> str:
    """Say where a pack lies in its repository."""
    name = pack_id.hex()
    return f"data/{name[:2]}/{name}"


def pack_id_of(name: str) -> bytes | None:
    """Say which pack a file is; None if it is none: restic leaves strange files alone, so do we."""
    digits = name.rpartition("/")[2]
    is_pack = re.fullmatch(r"[0-9a-f]{64}", digits) and name == f"data/{digits[:2]}/{digits}"
    return bytes.fromhex(digits) if is_pack else None


def list_packs(backend: BlobBackend) -> dict[bytes, int]:
    """Tell for each pack that is stored how long its file is."""
    listed = ((pack_id_of(name), size) for name, size in backend.list("data/"))
    return {pack_id: size for pack_id, size in listed if pack_id is not None}


def pack_size(entries: Iterable[Entry]) -> int:
    """Say how long the file of a pack with these blobs is."""
    size = OVERHEAD_BYTES + _LENGTH.size
    for entry in entries:
        size += entry.length + (_COMPRESSED.size if entry.raw_length else _PLAIN.size)
    return size


class PackBuilder:
    """A pack in the making, in memory. Call it from one thread at a time."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self.entries: dict[BlobId, Entry] = {}
        self._bytes = bytearray()

    @property
    def is_full(self) -> bool:
        """Whether it should be stored now."""
        return len(self._bytes) >= PACK_BYTES or len(self.entries) >= PACK_BLOBS_MAX

    def add(self, blob_id: BlobId, parts: tuple[bytes, bytes, bytes], raw_length: int) -> int:
        """Append a sealed blob; say its length as stored."""
        offset = len(self._bytes)
        for part in parts:
            self._bytes += part
        length = len(self._bytes) - offset
        self.entries[blob_id] = Entry(self.kind, blob_id, offset, length, raw_length)
        return length

    def read(self, entry: Entry) -> bytes:
        """Give a blob back, sealed, before the pack is stored."""
        return bytes(self._bytes[entry.offset : entry.offset + entry.length])

    def finish(self, sealer: Sealer) -> tuple[bytes, bytes]:
        """Give the pack's id and content, header included. Again, if storing failed."""
        header = encode_header(self.entries.values())
        box = sealer.box(header)
        if sealer.open(box) != header:
            raise IntegrityError(
                "A pack's header does not open again after sealing; nothing was stored.",
                why="The memory or the processor of this machine makes mistakes.",
                hint="Test the memory of this machine before the next backup.",
            )
        content = b"".join((self._bytes, box, _LENGTH.pack(len(box))))
        return hashlib.sha256(content).digest(), content


def read_header(backend: BlobBackend, pack_id: bytes, size: int, sealer: Sealer) -> list[Entry]:
    """Read what a stored pack says it holds.

    Args:
        backend: The repository.
        pack_id: 32 bytes.
        size: Length of the file.
        sealer: Of the repository's key.

    Raises:
        IntegrityError: there is no header there that this key opens.
    """
    name = pack_name(pack_id)
    tail = backend.load_range(name, max(size - _LENGTH.size, 0), min(size, _LENGTH.size))
    length = _header_length(tail, size, name)
    box = backend.load_range(name, size - _LENGTH.size - length, length)
    return _opened_header(box, size, name, sealer)


def open_header(content: memoryview, name: str, sealer: Sealer) -> list[Entry]:
    """Read what a whole pack says it holds.

    Raises:
        IntegrityError: there is no header there that this key opens.
    """
    size = len(content)
    length = _header_length(content[max(size - _LENGTH.size, 0) :], size, name)
    box = content[size - _LENGTH.size - length : size - _LENGTH.size]
    return _opened_header(box, size, name, sealer)


def _header_length(tail: Data, size: int, name: str) -> int:
    if size < _LENGTH.size + OVERHEAD_BYTES:
        raise _damaged(name, "it is too short")
    (length,) = _LENGTH.unpack(tail)
    if not OVERHEAD_BYTES <= length <= size - _LENGTH.size:
        raise _damaged(name, "its header has an impossible length")
    return int(length)


def _opened_header(box: Data, size: int, name: str, sealer: Sealer) -> list[Entry]:
    try:
        header = sealer.open(box)
    except Unauthenticated:
        raise _damaged(name, "its header is not what was stored") from None
    entries = decode_header(header)
    if entries is None or pack_size(entries) != size:
        raise _damaged(name, "its header does not fit its content")
    return entries


def encode_header(entries: Iterable[Entry]) -> bytes:
    """Say what a pack holds; the entries in the order of their blobs, without gaps."""
    return b"".join(map(_encode, entries))


def decode_header(header: bytes) -> list[Entry] | None:
    """Take a header apart; None if it makes no sense."""
    entries = []
    at = offset = 0
    while at < len(header):
        layout = _COMPRESSED if header[at] >= 2 else _PLAIN
        if header[at] > 3 or at + layout.size > len(header):
            return None
        kind, length, *raw_length, blob_id = layout.unpack_from(header, at)
        entries.append(
            Entry(_KINDS[kind % 2], blob_id, offset, length, raw_length[0] if raw_length else 0)
        )
        at += layout.size
        offset += length
    return entries


def _encode(entry: Entry) -> bytes:
    code = _TYPES[entry.kind]
    if entry.raw_length:
        return _COMPRESSED.pack(code + 2, entry.length, entry.raw_length, entry.id)
    return _PLAIN.pack(code, entry.length, entry.id)


def _damaged(name: str, why: str) -> IntegrityError:
    return IntegrityError(
        f"The pack {name} is damaged: {why}.",
        hint="Put the file back from a copy of the storage; without one, `strongroom storage "
        "repair` makes the storage work again.",
    )
