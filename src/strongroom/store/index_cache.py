"""A repository's index as one sorted file on this machine, mapped into memory and never read whole.

A table of a million blobs takes 165 MB and several seconds to read out of the index files; mapped,
it takes next to nothing and the time of a checksum. The file is a copy: which index files there are
is always asked of the storage, and a copy that was made of others, is damaged, or was written by
somebody who has not the repository's key is not looked at. It may be deleted at any time. A blob's
id is the hash of its content and would tell whoever steals the file which well-known files are
kept; so what stands there is a hash of the id that takes the repository's key.

::

    magic (16) ‖ counts: index files, packs, data blobs, tree blobs (u64 each)
    ‖ ids of the index files (32 each) ‖ packs: id (32), length of its file (u64)
    ‖ data blobs ‖ tree blobs        sorted records: hash of the id (32), row (16, see ``index``)
    ‖ the same blobs' first 8 bytes (u64 each), to be searched by halving
    ‖ BLAKE2b of all of it, keyed (32)

Numbers lie in the machine's own byte order, which the magic names, except for rows.
"""

from __future__ import annotations

import hashlib
import hmac
import mmap
import os
import struct
import sys
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from strongroom.clock import Clock
from strongroom.disk import make_own_folder
from strongroom.store.crypto import MasterKey
from strongroom.store.pack import BlobId, Kind

Rows = Mapping[Kind, Iterable[tuple[BlobId, int]]]
"""Blobs in any order, each with its row; one that lies in several packs comes several times."""

Disguise = Callable[[BlobId], bytes]
"""Makes of a blob's id what stands for it in the file, 32 bytes."""

_MAGIC = f"strongroom {sys.byteorder[0]}2".encode().ljust(16)
_HEAD = struct.Struct("=16s4Q")
_PACK = struct.Struct("=32sQ")
_ID_BYTES = 32
_ROW_BYTES = 16
_RECORD_BYTES = _ID_BYTES + _ROW_BYTES
_PREFIX_BYTES = 8
_MAC_BYTES = 32
_KINDS: tuple[Kind, Kind] = ("data", "tree")
_UNFINISHED_S = 3600.0
_BINARY = getattr(os, "O_BINARY", 0)


class Mapped:
    """A table of blobs that lies in a file. Never changes; safe in many threads.

    Args:
        view: All bytes of the file.
        disguise: Makes of an id what stands for it there.

    Raises:
        ValueError: they are not as long as they must be.

    Attributes:
        files: Ids of the index files that it was made of, hexadecimal.
        packs: For each pack its id and how long its file is; rows name packs by their number here.
    """

    def __init__(self, view: memoryview, disguise: Disguise) -> None:
        self._disguise = disguise
        magic, files, packs, data, tree = _HEAD.unpack_from(view)
        counts = {"data": data, "tree": tree}
        sizes = [files * _ID_BYTES, packs * _PACK.size]
        sizes += [counts[kind] * _RECORD_BYTES for kind in _KINDS]
        sizes += [counts[kind] * _PREFIX_BYTES for kind in _KINDS]
        if magic != _MAGIC or _HEAD.size + sum(sizes) + _MAC_BYTES != len(view):
            raise ValueError("not a table of blobs")
        parts, at = [], _HEAD.size
        for size in sizes:
            parts.append(view[at : at + size])
            at += size
        ids = parts[0].tobytes()
        self.files = frozenset(
            ids[at : at + _ID_BYTES].hex() for at in range(0, len(ids), _ID_BYTES)
        )
        self.packs: list[tuple[bytes, int]] = list(_PACK.iter_unpack(parts[1]))
        self._records = dict(zip(_KINDS, parts[2:4], strict=True))
        self._prefixes = {
            kind: part.cast("Q") for kind, part in zip(_KINDS, parts[4:6], strict=True)
        }

    def __len__(self) -> int:
        return sum(map(len, self._prefixes.values()))

    def rows(self, kind: Kind, blob_id: BlobId) -> Iterator[int]:
        """Give a blob's rows; none if it is not there."""
        prefixes, records = self._prefixes[kind], self._records[kind]
        wanted = self._disguise(blob_id)
        at = bisect_left(prefixes, int.from_bytes(wanted[:_PREFIX_BYTES])) * _RECORD_BYTES
        while at < len(records):
            found = records[at : at + _RECORD_BYTES].tobytes()
            if found[:_ID_BYTES] == wanted:
                yield int.from_bytes(found[_ID_BYTES:])
            elif found[:_PREFIX_BYTES] != wanted[:_PREFIX_BYTES]:
                return
            at += _RECORD_BYTES

    def has(self, kind: Kind, blob_id: BlobId) -> bool:
        """Say whether a blob is there."""
        return next(self.rows(kind, blob_id), None) is not None

    def below(self, kind: Kind, first_byte: int) -> bytes:
        """Give all records whose ids begin with a byte, in order."""
        prefixes = self._prefixes[kind]
        start = bisect_left(prefixes, first_byte << 56)
        end = len(prefixes) if first_byte == 255 else bisect_left(prefixes, first_byte + 1 << 56)
        return self._records[kind][start * _RECORD_BYTES : end * _RECORD_BYTES].tobytes()

    def count(self, kind: Kind) -> int:
        """Say how many rows there are."""
        return len(self._prefixes[kind])


class IndexCache:
    """The place of one repository's mapped table. Many processes may use it at once.

    Args:
        file: Where it lies; the folder comes into being with it.
        key: The repository's, for nobody else shall be able to say what is stored.
        clock: Tells whether a half written file is still being written.
    """

    def __init__(self, file: Path, key: MasterKey, clock: Clock) -> None:
        self._file = file
        self._key = hmac.digest(key.encrypt, b"strongroom: cached index", hashlib.sha256)
        self._id_key = hmac.digest(
            key.encrypt, b"strongroom: ids in a cached index", hashlib.sha256
        )
        self._clock = clock

    def open(self) -> Mapped | None:
        """Map the table; None if there is none, or none that can be trusted."""
        try:
            with self._file.open("rb") as file:
                view = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
            mac = hashlib.blake2b(view[:-_MAC_BYTES], digest_size=_MAC_BYTES, key=self._key)
            is_whole = hmac.compare_digest(mac.digest(), view[-_MAC_BYTES:])
            if is_whole:
                self._note_use()
            return Mapped(view, self._disguise) if is_whole else None
        except (OSError, ValueError, struct.error):  # not there, empty, or not what we write
            return None

    def save(
        self, files: Iterable[str], packs: list[tuple[bytes, int]], more: Rows, old: Mapped | None
    ) -> Mapped | None:
        """Write a table of the rows of an old one and more, in place of what is there; map it.

        Args:
            files: The index files that all of it is from.
            packs: All packs by number, those of the old table first.
            more: The rows that the old one has not.
            old: The table that they come on top of.

        Returns:
            None if it could not be written, or somebody else is writing it: nothing is lost.
        """
        unfinished = self._file.with_suffix(".part")
        with suppress(OSError):
            make_own_folder(self._file.parent)
            self._drop_leftover(unfinished)
            descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, 0o600)
            try:
                with os.fdopen(descriptor, "wb") as file:
                    self._write(file, sorted(files), packs, more, old)
                unfinished.replace(self._file)
            except BaseException:
                unfinished.unlink()
                raise
            return self.open()
        return None

    def _write(
        self,
        file: BinaryIO,
        files: list[str],
        packs: list[tuple[bytes, int]],
        more: Rows,
        old: Mapped | None,
    ) -> None:
        mac = hashlib.blake2b(digest_size=_MAC_BYTES, key=self._key)

        def write(piece: bytes) -> None:
            mac.update(piece)
            file.write(piece)

        fresh = {kind: sorted(self._records(more[kind])) for kind in _KINDS}
        counts = [len(fresh[kind]) + (old.count(kind) if old else 0) for kind in _KINDS]
        write(_HEAD.pack(_MAGIC, len(files), len(packs), *counts))
        write(b"".join(map(bytes.fromhex, files)))
        write(b"".join(_PACK.pack(*pack) for pack in packs))
        prefixes: list[array[int]] = []
        for kind in _KINDS:
            prefixes.append(array("Q"))
            for records in _merged(kind, fresh[kind], old):
                write(b"".join(records))
                prefixes[-1].frombytes(b"".join(one[:_PREFIX_BYTES] for one in records))
        for one in prefixes:
            if sys.byteorder == "little":
                one.byteswap()
            write(one.tobytes())
        file.write(mac.digest())

    def _records(self, rows: Iterable[tuple[BlobId, int]]) -> Iterator[bytes]:
        return (self._disguise(blob_id) + row.to_bytes(_ROW_BYTES) for blob_id, row in rows)

    def _disguise(self, blob_id: BlobId) -> bytes:
        return hashlib.blake2b(blob_id, digest_size=_ID_BYTES, key=self._id_key).digest()

    def _note_use(self) -> None:
        """Have the file's time say when it was used last (see ``cache_trim``)."""
        used = self._clock.now().timestamp()
        with suppress(OSError):
            os.utime(self._file, (used, used))

    def _drop_leftover(self, unfinished: Path) -> None:
        """Remove what a killed process was writing, once nobody can be writing it any more."""
        with suppress(FileNotFoundError):
            age_s = self._clock.now().timestamp() - unfinished.stat().st_mtime
            if age_s > _UNFINISHED_S:
                unfinished.unlink()


def _merged(kind: Kind, fresh: list[bytes], old: Mapped | None) -> Iterator[list[bytes]]:
    """Put sorted records in between old ones, some at a time."""
    start = 0
    for first_byte in range(256):
        end = len(fresh) if first_byte == 255 else bisect_left(fresh, bytes([first_byte + 1]))
        records = fresh[start:end]
        start = end
        if old is not None:
            known = old.below(kind, first_byte)
            records += [
                known[at : at + _RECORD_BYTES] for at in range(0, len(known), _RECORD_BYTES)
            ]
            records.sort()
        yield records
