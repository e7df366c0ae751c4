"""Writing and reading blobs: the one way bytes get in and out of a repository."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

BlobId = bytes
Kind = Literal["data", "tree"]


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
    """

    def save(self, kind: Kind, data: bytes) -> BlobId:
        """Store one blob unless it is known; it is durable after the next ``flush``."""
        raise NotImplementedError

    def save_many(self, kind: Kind, blobs: Sequence[bytes]) -> list[BlobId]:
        """Store many small blobs; cheaper than ``save`` for each."""
        raise NotImplementedError

    def save_file(self, pieces: bytes | Iterable[bytes]) -> StoredFile:
        """Store a file's content: one blob up to 512 KiB, else cut into chunks by content.

        Pieces are read once, in order, and a few chunks are in memory at most. An error that comes
        out of the pieces passes through; what was stored until then belongs to nothing and does no
        harm.
        """
        raise NotImplementedError

    def flush(self) -> None:
        """Make everything saved so far durable: packs first, then the index that names them."""
        raise NotImplementedError

    def has(self, kind: Kind, blob_id: BlobId) -> bool:
        """Say whether the blob is in the repository or was saved in this run."""
        raise NotImplementedError

    @property
    def added(self) -> Added:
        """What was new, for the snapshot's summary."""
        raise NotImplementedError


class BlobReader:
    """Reads blobs and checks each by its hash. Safe in many threads."""

    def load(self, kind: Kind, blob_id: BlobId) -> bytes:
        """Read one blob (also one saved in this run and not yet flushed, in the writer's thread).

        Raises:
            IntegrityError: it is not there, or not what was stored.
        """
        raise NotImplementedError

    def load_many(self, blob_ids: Iterable[BlobId]) -> Iterator[tuple[BlobId, bytes]]:
        """Read data blobs in the order they lie in the packs, each different one once.

        Raises:
            IntegrityError: one of them is not there, or not what was stored.
        """
        raise NotImplementedError

    def load_file(self, content: Sequence[BlobId]) -> Iterator[bytes]:
        """Read a file's content blob by blob, in its own order."""
        raise NotImplementedError
