"""Writing blobs: the one way bytes get into a repository (``blob_reader``: out of it)."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from strongroom.store import compression
from strongroom.store.backend import BlobBackend
from strongroom.store.chunks import WHOLE_BYTES_MAX, Chunker
from strongroom.store.crypto import Tools, Unauthenticated
from strongroom.store.documents import unreliable_machine
from strongroom.store.index import BLOBS_PER_FILE, Contents, Index
from strongroom.store.pack import BlobId, Kind, PackBuilder, pack_name

_SLICE_BYTES = 1 << 20
"""Large content that comes whole is fed to the chunker in slices, so that no whole copy is made."""


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file's content as blobs.

    Attributes:
        content: Ids of its blobs in order; empty for an empty file.
        size: Bytes in all.
    """

    content: tuple[BlobId, ...]
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """What a writer has put into the repository that was not there before, since it was made.

    Attributes:
        data_blobs: Number of data blobs.
        tree_blobs: Number of tree blobs.
        bytes_added: Bytes before compression.
        bytes_packed: Bytes as stored, without pack headers.
    """

    data_blobs: int = 0
    tree_blobs: int = 0
    bytes_added: int = 0
    bytes_packed: int = 0


class BlobWriter:
    """Puts blobs into packs; get it from ``Repository.writer()`` while the lock is held.

    Call it from one thread at a time: one sealing thread fed by the fetching ones costs a quarter
    less CPU than a lock around every save. ``has`` may be called from any thread.

    Args:
        backend: The repository.
        index: Of the repository.
        tools: Of the repository's key.
        chunker: With the repository's seed.
        may_write: Called before anything is stored; raises unless the lock is held and fresh.
        may_name: Called before packs are named in the index; raises also if the lock was removed,
            since a prune may then have deleted them.
    """

    def __init__(
        self,
        backend: BlobBackend,
        index: Index,
        tools: Tools,
        chunker: Chunker,
        may_write: Callable[[], None],
        may_name: Callable[[], None],
    ) -> None:
        self._backend = backend
        self._index = index
        self._tools = tools
        self._chunker = chunker
        self._may_write = may_write
        self._may_name = may_name
        self._packs: dict[Kind, PackBuilder] = {
            "data": PackBuilder("data"),
            "tree": PackBuilder("tree"),
        }
        self._not_indexed: list[Contents] = []
        self._added = {"data": 0, "tree": 0, "bytes": 0, "packed": 0}

    def save(self, kind: Kind, data: bytes) -> BlobId:
        """Store one blob unless it is known; it is durable after the next ``flush``."""
        blob_id = hashlib.sha256(data).digest()
        if not self.has(kind, blob_id):
            self._add(kind, blob_id, data)
        return blob_id

    def save_many(self, kind: Kind, blobs: Sequence[bytes]) -> list[BlobId]:
        """Store many blobs; the same as ``save`` for each."""
        return [self.save(kind, data) for data in blobs]

    def save_file(self, pieces: bytes | Iterable[bytes]) -> StoredFile:
        """Store a file's content: one blob up to 512 KiB, else cut into chunks by content.

        Pieces are read once, in order, and a few chunks are in memory at most. An error that comes
        out of the pieces passes through; what was stored until then belongs to nothing and does no
        harm.
        """
        if isinstance(pieces, bytes):
            view = pieces
            pieces = (view[at : at + _SLICE_BYTES] for at in range(0, len(view), _SLICE_BYTES))
        rest = iter(pieces)
        start = bytearray()
        for piece in rest:
            start += piece
            if len(start) > WHOLE_BYTES_MAX:
                break
        else:
            content = (self.save("data", bytes(start)),) if start else ()
            return StoredFile(content, len(start))
        ids: list[BlobId] = []
        size = 0
        for chunk in self._chunker.cut(itertools.chain((bytes(start),), rest)):
            start.clear()
            ids.append(self.save("data", chunk))
            size += len(chunk)
        return StoredFile(tuple(ids), size)

    def flush(self) -> None:
        """Make everything saved so far durable: packs first, then the index that names them."""
        for kind in self._packs:
            if self._packs[kind].entries:
                self._store_pack(kind)
        self._store_index()

    def has(self, kind: Kind, blob_id: BlobId) -> bool:
        """Say whether the blob is in the repository or was saved in this run."""
        return blob_id in self._packs[kind].entries or self._index.has(kind, blob_id)

    @property
    def added(self) -> Added:
        """What was new, for the snapshot's summary."""
        return Added(
            data_blobs=self._added["data"],
            tree_blobs=self._added["tree"],
            bytes_added=self._added["bytes"],
            bytes_packed=self._added["packed"],
        )

    @property
    def is_flushed(self) -> bool:
        """Whether everything that was saved is durable."""
        return not (self._not_indexed or any(pack.entries for pack in self._packs.values()))

    def waiting(self, kind: Kind, blob_id: BlobId) -> tuple[bytes, int] | None:
        """Give a blob that is not stored yet: sealed, and the length of its content (or 0)."""
        pack = self._packs[kind]
        entry = pack.entries.get(blob_id)
        return (pack.read(entry), entry.raw_length) if entry else None

    def drop(self) -> None:
        """Forget what was not flushed: it belongs to nothing."""
        self._packs = {kind: PackBuilder(kind) for kind in self._packs}
        self._not_indexed.clear()

    def _add(self, kind: Kind, blob_id: BlobId, data: bytes) -> None:
        """Compress, seal, open again, compare, and put into the pack.

        What is compared after opening are the bytes themselves and not their hash again: compressor
        and seal are proven either way, comparing costs a hundredth of hashing, and hashing is the
        dearest of what a blob needs on a processor without instructions for it. A mistake made
        while the id was computed is left to every reader, who hashes what it opens: it can show as
        damage, never as wrong content.
        """
        tools = self._tools
        # restic's way to say "not compressed" is a content length of 0, so that is how nothing at
        # all must be stored.
        plain = tools.compressor.compress(data) if data else data
        box = tools.sealer.seal(plain)
        try:
            opened = tools.sealer.open_parts(*box)
            content = compression.decompress(opened, len(data)) if data else opened
        except (Unauthenticated, compression.Damaged):
            raise unreliable_machine("A blob") from None
        if content != data:
            raise unreliable_machine("A blob")
        pack = self._packs[kind]
        length = pack.add(blob_id, box, len(data))
        added = self._added
        added[kind] += 1
        added["bytes"] += len(data)
        added["packed"] += length
        if pack.is_full:
            self._store_pack(kind)

    def _store_pack(self, kind: Kind) -> None:
        self._may_write()
        pack = self._packs[kind]
        pack_id, content = pack.finish(self._tools.sealer)
        self._backend.save(pack_name(pack_id), content)
        contents = Contents(pack_id, tuple(pack.entries.values()))
        # First known as stored, then no longer as waiting: ``has`` in another thread never misses
        # it between.
        self._index.add(contents)
        self._packs[kind] = PackBuilder(kind)
        self._not_indexed.append(contents)
        if sum(len(pack.entries) for pack in self._not_indexed) >= BLOBS_PER_FILE:
            self._store_index()

    def _store_index(self) -> None:
        if self._not_indexed:
            self._may_name()
            self._index.save(self._not_indexed)
            self._not_indexed.clear()
