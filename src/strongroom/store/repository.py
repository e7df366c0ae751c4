"""One repository in the restic format, version 2: what there is to do with it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from strongroom.clock import Clock
from strongroom.errors import IntegrityError, ResourceLocked
from strongroom.store import check
from strongroom.store import snapshot as snapshots
from strongroom.store.backend import BlobBackend, NotStored
from strongroom.store.blob_reader import BlobReader
from strongroom.store.blobs import BlobWriter
from strongroom.store.chunks import Chunker, chunk_seed
from strongroom.store.config import NAME as CONFIG
from strongroom.store.config import load_config
from strongroom.store.crypto import MasterKey, Tools
from strongroom.store.documents import COPY_BACK, Documents
from strongroom.store.gojson import dumps
from strongroom.store.index import Index
from strongroom.store.index_cache import IndexCache
from strongroom.store.layers.cached import Cached, DocumentCache
from strongroom.store.locks import LockRecord, who_works_alone
from strongroom.store.memory import keep_freed_blocks
from strongroom.store.nested_lock import NestedLock
from strongroom.store.pack import list_packs, pack_name
from strongroom.store.snapshot import Snapshot
from strongroom.store.upkeep import Upkeep


class Repository:
    """One resource's backups; get it from ``Storage.repository``.

    The order of a run: ``lock`` → save blobs and trees → ``save_snapshot`` (packs, then the index,
    then the snapshot) → the lock ends. Killed anywhere, it holds every snapshot that was finished.
    Reading needs no lock and may go on in many threads; writing is for one thread at a time.

    Args:
        backend: The repository's own folder.
        key: Its master key.
        clock: Tells when locks must be renewed.
        look_at_door: Says what is wrong with what opens the repository, for ``check``.
        index_caches: A folder of this machine where large indexes may be kept at hand, those of
            many repositories; None: they are read out of the storage each time.
        documents: Where snapshots and indexes are kept at hand if the storage is far; None: they
            come from the storage each time. Looking for damage always reads the storage.
        resource: Kind and id of what is backed up here; None: nobody said.

    Attributes:
        config: What the repository says of itself.
        resource: Kind and id of what is backed up here, or None.
        upkeep: What is done to it as a whole: prune, examine, repair.

    Raises:
        NotStored: there is no config.
        IntegrityError: the config is damaged.
    """

    def __init__(
        self,
        backend: BlobBackend,
        key: MasterKey,
        *,
        clock: Clock,
        look_at_door: Callable[[], list[str]] = list,
        index_caches: Path | None = None,
        documents: DocumentCache | None = None,
        resource: tuple[str, str] | None = None,
    ) -> None:
        self._backend = backend
        self.resource = resource
        self._clock = clock
        keep_freed_blocks()
        self._tools = Tools(key)
        self.config = load_config(backend, self._tools.sealer)
        near = Cached(backend, documents) if documents else backend
        self._documents = Documents(near, self._tools)
        self._caches = index_caches
        index = self.at_hand("index")
        self._index = Index(self._documents, IndexCache(index, key, clock) if index else None)
        self._lock = NestedLock(self._documents, clock, before_release=self._drop_unflushed)
        chunker = Chunker(chunk_seed(key))
        self._writer = BlobWriter(
            backend, self._index, self._tools, chunker, self._lock.check, self._lock.confirm
        )
        self._reader = BlobReader(backend, self._index, self._tools, self._writer)
        self.upkeep = Upkeep(
            backend=backend,
            documents=self._documents,
            tools=self._tools,
            index=self._index,
            writer=self._writer,
            lock=self._lock,
            look_at_door=look_at_door,
            copies=documents,
        )

    @contextmanager
    def lock(self, *, exclusive: bool = False) -> Iterator[None]:
        """Hold restic's lock; needed for every write. May be nested.

        What was saved and not flushed when the lock ends belongs to nothing and is forgotten.

        Raises:
            ResourceLocked: somebody else's lock stands in the way.
            IntegrityError: an index is damaged, or packs that it names are missing or cut; nothing
                was written.
        """
        with self._lock.hold(exclusive=exclusive) as is_first:
            if is_first:
                self._refuse_gone()
                self._index.refresh()  # a prune may have been here since we last looked
                self._refuse_lost_packs()
            yield

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
        chosen = [
            snapshot
            for snapshot in self._all_snapshots()
            if host in {None, snapshot.host}
            and (paths is None or set(paths) == set(snapshot.paths))
            and set(tags) <= set(snapshot.tags)
        ]
        return sorted(chosen, key=lambda snapshot: (snapshot.time, snapshot.id))

    def snapshot_documents(self) -> Iterator[tuple[str, Any]]:
        """Give all snapshots as their JSON has them, with their ids.

        Raises:
            IntegrityError: one of the snapshot files is damaged; it is named.
        """
        for snapshot_id in self.snapshot_ids():
            with suppress(NotStored):  # deleted by somebody since it was listed
                yield snapshot_id, self._documents.load(snapshots.FOLDER, snapshot_id)

    def save_snapshot_document(self, document: Any) -> str:  # noqa: ANN401 - JSON
        """Store a snapshot as ``save_snapshot`` does, with all that its JSON says."""
        self._writer.flush()
        self._lock.confirm()
        snapshots.decode_snapshot("", document)
        return self._documents.save(snapshots.FOLDER, dumps(document))

    def require_lock(self) -> None:
        """See to it that our lock is still there.

        Raises:
            ResourceLocked: somebody removed it, or it could not be renewed.
        """
        self._lock.confirm()

    def who_works_alone(self) -> LockRecord | None:
        """Say who has the repository for himself now, a prune for example; None: nobody.

        Raises:
            ResourceLocked: a lock cannot be read, so nobody knows.
        """
        return who_works_alone(self._documents, self._clock)

    def snapshot_ids(self) -> list[str]:
        """Name all snapshots without reading them, so that a damaged one hides no other."""
        return self._documents.ids(snapshots.FOLDER)

    def load_snapshot(self, snapshot_id: str) -> Snapshot:
        """Read one snapshot.

        Raises:
            IntegrityError: it is missing or damaged.
        """
        document = self._documents.load(snapshots.FOLDER, snapshot_id)
        return snapshots.decode_snapshot(snapshot_id, document)

    def save_snapshot(self, snapshot: Snapshot) -> str:
        """Flush the writer, then store the snapshot; say its id. Durable when this returns.

        Raises:
            IntegrityError: its tree is not in the repository.
            ResourceLocked: the lock is lost, so that a prune may have deleted what the snapshot
                needs; it was not stored.
        """
        self._writer.flush()
        self._lock.confirm()
        if not self._index.has("tree", snapshot.tree):
            raise IntegrityError(
                f"The snapshot's tree {snapshot.tree.hex()} is not in the repository; "
                "the snapshot was not stored.",
                hint="Run the backup again.",
            )
        document = snapshots.encode_snapshot(replace(snapshot, id=""))
        snapshot_id = self._documents.save(snapshots.FOLDER, document)
        try:
            self._lock.held().must_be_there()
        except ResourceLocked:  # lost while the snapshot was on its way
            self._documents.delete(snapshots.FOLDER, snapshot_id)
            raise
        return snapshot_id

    def delete_snapshot(self, snapshot_id: str) -> None:
        """Remove a snapshot; its data stay until a prune. Not there is fine."""
        self._lock.check()
        self._documents.delete(snapshots.FOLDER, snapshot_id)

    def writer(self) -> BlobWriter:
        """Give the repository's one writer (always the same)."""
        return self._writer

    def reader(self) -> BlobReader:
        """Give the repository's reader."""
        return self._reader

    def at_hand(self, what: str) -> Path | None:
        """Say where something of this repository that can be had again is kept on this machine.

        Returns:
            A file that may not be there, nor its folder; None if nothing is kept.
        """
        return self._caches / f"{self.config.id}.{what}" if self._caches else None

    def check(self, *, read_data: bool = False) -> list[str]:
        """Look for damage; say each problem in a sentence (see ``Upkeep.examine``).

        Args:
            read_data: Read and verify every byte, instead of names, sizes and structure alone.
        """
        return list(self.upkeep.examine(sample=check.ALL if read_data else None).problems)

    def _all_snapshots(self) -> Iterator[Snapshot]:
        for snapshot_id in self.snapshot_ids():
            try:
                snapshot = self.load_snapshot(snapshot_id)
            except NotStored:  # deleted by somebody since it was listed
                continue
            yield snapshot

    def _drop_unflushed(self) -> None:
        if not self._writer.is_flushed:
            self._writer.drop()
            self._index.forget()

    def _refuse_gone(self) -> None:
        """Refuse to write to what was a repository when it was opened.

        One that was given another master key lies elsewhere now, and nobody would read what was
        put here.
        """
        try:
            self._backend.load(CONFIG)
        except NotStored:
            raise ResourceLocked(
                "The repository is not where it was when it was opened.",
                why="It was given another master key meanwhile, or its config was deleted.",
                hint="Run again.",
            ) from None

    def _refuse_lost_packs(self) -> None:
        """Refuse to build on packs that are gone: what the index knows is not stored again."""
        stored = list_packs(self._backend)
        for pack, size in self._index.pack_sizes().items():
            found = stored.get(pack)
            if found != size:
                state = "is missing" if found is None else f"has {found} bytes instead of {size}"
                raise IntegrityError(
                    f"The pack {pack_name(pack)} {state}; nothing was written on top of it.",
                    hint=f"{COPY_BACK} The next backup then stores anew what the server still has.",
                )
