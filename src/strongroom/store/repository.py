"""One repository in the restic format, version 2: what there is to do with it."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import AbstractContextManager

from strongroom.store.blobs import BlobReader, BlobWriter
from strongroom.store.snapshot import Snapshot


class Repository:
    """One resource's backups; get it from ``Storage.repository``.

    The order of a run: ``lock`` → save blobs and trees → ``save_snapshot`` (packs, then the index,
    then the snapshot) → the lock ends. Killed anywhere, it holds every snapshot that was finished.
    """

    def lock(self, *, exclusive: bool = False) -> AbstractContextManager[None]:
        """Hold restic's lock; needed for every write. May be nested in one thread.

        Raises:
            ResourceLocked: somebody else's lock stands in the way.
            IntegrityError: packs that the index names are missing or cut; nothing was written.
        """
        raise NotImplementedError

    def snapshots(
        self,
        *,
        host: str | None = None,
        paths: Collection[str] | None = None,
        tags: Collection[str] = (),
    ) -> list[Snapshot]:
        """Read all snapshots, oldest first; only those of this host, these paths, all these tags.

        Raises:
            IntegrityError: one of the snapshot files is damaged; it is named.
        """
        raise NotImplementedError

    def snapshot_ids(self) -> list[str]:
        """Name all snapshots without reading them, so that a damaged one hides no other."""
        raise NotImplementedError

    def load_snapshot(self, snapshot_id: str) -> Snapshot:
        """Read one snapshot.

        Raises:
            IntegrityError: it is missing or damaged.
        """
        raise NotImplementedError

    def save_snapshot(self, snapshot: Snapshot) -> str:
        """Flush the writer, then store the snapshot; say its id. Durable when this returns."""
        raise NotImplementedError

    def delete_snapshot(self, snapshot_id: str) -> None:
        """Remove a snapshot; its data stay until a prune. Not there is fine."""
        raise NotImplementedError

    def writer(self) -> BlobWriter:
        """Give the repository's one writer (always the same)."""
        raise NotImplementedError

    def reader(self) -> BlobReader:
        """Give the repository's reader."""
        raise NotImplementedError

    def check(self, *, read_data: bool = False) -> list[str]:
        """Look for damage; say each problem in a sentence. Damage never makes it raise.

        Args:
            read_data: Read and verify every byte, instead of names, sizes and structure alone.
        """
        raise NotImplementedError

    def rebuild_index(self) -> list[str]:
        """Write a new index from the packs' own headers, replacing the old one; say what was found.

        Needs the exclusive lock.
        """
        raise NotImplementedError
