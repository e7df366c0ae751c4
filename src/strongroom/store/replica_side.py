"""One of the two sides of a copy: a repository's files as they lie there, and its lock."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from strongroom.clock import Clock
from strongroom.store import index, keys, snapshot
from strongroom.store.backend import BlobBackend
from strongroom.store.blob_reader import BlobReader
from strongroom.store.crypto import MasterKey, Tools
from strongroom.store.documents import Documents
from strongroom.store.locks import HeldLock
from strongroom.store.pack import list_packs
from strongroom.store.repository import Repository


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What a repository holds: ids with sizes.

    Snapshots are listed before indexes and those before packs, as every reader does: whoever writes
    meanwhile does it the other way round, so what a listed snapshot needs is listed as well.
    """

    snapshots: dict[str, int]
    indexes: dict[str, int]
    keys: dict[str, int]
    packs: dict[bytes, int]

    @property
    def files(self) -> int:
        """Count them all."""
        return len(self.snapshots) + len(self.indexes) + len(self.keys) + len(self.packs)


class Side:
    """A repository at one of the two places.

    Args:
        backend: Its own folder.
        master: Its master key, the same at both places.
        clock: Tells when locks must be renewed.
        index_caches: See ``Repository``.
    """

    def __init__(
        self,
        backend: BlobBackend,
        master: MasterKey,
        clock: Clock,
        *,
        index_caches: Path | None = None,
    ) -> None:
        self._master = master
        self._caches = index_caches
        self.backend = backend
        self.tools = Tools(master)
        self.documents = Documents(backend, self.tools)
        self._clock = clock

    def list(self) -> Listing:
        """List what is there."""
        return Listing(
            snapshots=self.documents.sizes(snapshot.FOLDER),
            indexes=self.documents.sizes(index.FOLDER),
            keys=self.documents.sizes(keys.FOLDER),
            packs=list_packs(self.backend),
        )

    def reader(self) -> BlobReader:
        """Give what reads blobs here."""
        return Repository(
            self.backend, self._master, clock=self._clock, index_caches=self._caches
        ).reader()

    @contextmanager
    def locked(self, *, exclusive: bool = False) -> Iterator[HeldLock]:
        """Hold restic's lock.

        Raises:
            ResourceLocked: somebody else's stands in the way.
        """
        lock = HeldLock(self.documents, self._clock, exclusive=exclusive)
        lock.acquire()
        try:
            yield lock
        finally:
            lock.release()
