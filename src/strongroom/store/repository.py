"""One repository in the restic format, version 2: what there is to do with it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from strongroom.clock import Clock
from strongroom.errors import IntegrityError, ResourceLocked, StrongroomError
from strongroom.store import check, index, repair
from strongroom.store import prune_planning as planning
from strongroom.store import snapshot as snapshots
from strongroom.store.backend import BlobBackend, NotStored, require_deletes
from strongroom.store.blobs import BlobReader, BlobWriter
from strongroom.store.check import Examined, Watch
from strongroom.store.chunks import Chunker, chunk_seed
from strongroom.store.config import NAME as CONFIG
from strongroom.store.config import load_config
from strongroom.store.crypto import MasterKey, Tools
from strongroom.store.documents import COPY_BACK, Documents
from strongroom.store.gojson import dumps
from strongroom.store.index import Index
from strongroom.store.index_cache import IndexCache
from strongroom.store.layers.cached import Cached, DocumentCache
from strongroom.store.layers.sure_reads import SureReads
from strongroom.store.locks import HeldLock
from strongroom.store.memory import keep_freed_blocks
from strongroom.store.pack import list_packs, pack_name
from strongroom.store.prune import execute
from strongroom.store.prune_plan import MERGE_MIN, SMALL_INDEX_BYTES, Pruned
from strongroom.store.prune_planning import MakeSure, Stop, never, no_doubt
from strongroom.store.repair import Repaired
from strongroom.store.repair import Workplace as RepairPlace
from strongroom.store.sampling import Sample
from strongroom.store.snapshot import Snapshot


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
    ) -> None:
        self._backend = backend
        self._clock = clock
        self._look_at_door = look_at_door
        keep_freed_blocks()
        self._tools = Tools(key)
        self.config = load_config(backend, self._tools.sealer)
        self._copies = documents
        near = Cached(backend, documents) if documents else backend
        self._documents = Documents(near, self._tools)
        self._caches = index_caches
        index = self.at_hand("index")
        self._index = Index(self._documents, IndexCache(index, key, clock) if index else None)
        chunker = Chunker(chunk_seed(key))
        self._writer = BlobWriter(
            backend, self._index, self._tools, chunker, self._may_write, self._confirm_lock
        )
        self._reader = BlobReader(backend, self._index, self._tools, self._writer)
        self._lock: HeldLock | None = None
        self._lock_depth = 0
        self._locking = threading.Lock()

    @contextmanager
    def lock(self, *, exclusive: bool = False) -> Iterator[None]:
        """Hold restic's lock; needed for every write. May be nested.

        What was saved and not flushed when the lock ends belongs to nothing and is forgotten.

        Raises:
            ResourceLocked: somebody else's lock stands in the way.
            IntegrityError: an index is damaged, or packs that it names are missing or cut; nothing
                was written.
        """
        with self._hold(exclusive=exclusive) as is_first:
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
        self._confirm_lock()
        snapshots.decode_snapshot("", document)
        return self._documents.save(snapshots.FOLDER, dumps(document))

    def require_lock(self) -> None:
        """See to it that our lock is still there.

        Raises:
            ResourceLocked: somebody removed it, or it could not be renewed.
        """
        self._confirm_lock()

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
        self._confirm_lock()
        if not self._index.has("tree", snapshot.tree):
            raise IntegrityError(
                f"The snapshot's tree {snapshot.tree.hex()} is not in the repository; "
                "the snapshot was not stored.",
                hint="Run the backup again.",
            )
        document = snapshots.encode_snapshot(replace(snapshot, id=""))
        snapshot_id = self._documents.save(snapshots.FOLDER, document)
        try:
            self._held().must_be_there()
        except ResourceLocked:  # lost while the snapshot was on its way
            self._documents.delete(snapshots.FOLDER, snapshot_id)
            raise
        return snapshot_id

    def delete_snapshot(self, snapshot_id: str) -> None:
        """Remove a snapshot; its data stay until a prune. Not there is fine."""
        self._may_write()
        self._documents.delete(snapshots.FOLDER, snapshot_id)

    def prune(
        self,
        forget: Collection[str] = (),
        *,
        dry_run: bool = False,
        stop: Stop = never,
        make_sure: MakeSure = no_doubt,
    ) -> Pruned:
        """Forget snapshots and free what no snapshot refers to any more; see ``store.prune``.

        Takes the exclusive lock by itself, and removes dead locks that stand in the way. Killed
        or stopped anywhere, it is simply run again. Ids that are not there are fine; a checkpoint
        that the next backup goes on from, and the snapshot below it, stay and are told.

        Args:
            forget: Ids of the snapshots that go, 64 digits each.
            dry_run: Change nothing and say what would be done. Writers may work meanwhile.
            stop: Asked between steps; once it says True, the prune ends early.
            make_sure: Called under the lock, right before snapshots are deleted: to look around may
                take long. What it raises ends the prune with nothing changed.

        Raises:
            IntegrityError: something that a snapshot needs is missing or damaged; nothing was
                removed.
            ResourceLocked: somebody works on the repository, or did in spite of our lock.
            StorageFull: there was no room for all of it; nothing is lost, and what could be freed
                was freed.
            Interrupted: ``stop`` said so.
        """
        place = replace(self._workplace(stop), make_sure=make_sure)
        if not dry_run:
            require_deletes(self._backend)
        with self._hold(exclusive=not dry_run, breaks_stale=not dry_run):
            plan = planning.plan_prune(place, forget)
            return planning.outlook(plan) if dry_run else self._execute(place, plan)

    def is_scattered(self) -> bool:
        """Say from one listing whether many small runs were here, so ``consolidate`` may pay."""
        sizes = self._documents.sizes(index.FOLDER).values()
        return sum(size < SMALL_INDEX_BYTES for size in sizes) > MERGE_MIN

    def consolidate(self, *, dry_run: bool = False, stop: Stop = never) -> Pruned:
        """Merge small packs and index files, if there are ten or more too many; forget nothing.

        Takes the exclusive lock by itself, once it knows that there is something to do. Reads no
        tree, so it costs little more than reading the index.

        Args:
            dry_run: Change nothing and say what would be done.
            stop: Asked between steps; once it says True, it ends early.

        Raises:
            IntegrityError, ResourceLocked, StorageFull, Interrupted: as ``prune``.
        """
        place = self._workplace(stop)
        plan = planning.plan_consolidation(place)
        if dry_run or not plan.has_work:
            return replace(planning.outlook(plan), is_dry_run=dry_run)
        require_deletes(self._backend)
        with self._hold(exclusive=True, breaks_stale=True):
            return self._execute(place, planning.plan_consolidation(place))

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
        """Look for damage; say each problem in a sentence (see ``examine``).

        Args:
            read_data: Read and verify every byte, instead of names, sizes and structure alone.
        """
        return list(self.examine(sample=check.ALL if read_data else None).problems)

    def examine(self, *, sample: Sample | None = None, watch: Watch | None = None) -> Examined:
        """Look for damage. Damage never makes it raise.

        Packs that no index names are no problem: a run that was killed leaves them, a prune removes
        them.

        Args:
            sample: Which packs to read, byte for byte; None: none, structure alone.
            watch: Who is told how far it is.
        """
        found = check.examine(self._backend, self._tools, sample=sample, watch=watch)
        try:
            door = self._look_at_door()
        except StrongroomError as error:  # the storage itself does not answer
            door = [str(error)]
        return replace(found, problems=(*door, *found.problems))

    def rebuild_index(self) -> list[str]:
        """Write a new index from the packs' own headers, replacing the old one.

        Takes the exclusive lock by itself. Blobs of packs that are gone are gone; the next backup
        stores those again that its resource still has.

        Returns:
            What is lost with packs that are damaged or gone, each in a sentence.
        """
        with self._hold(exclusive=True):
            found = repair.rebuild_index(self._repair_place())
            self._index.forget()
        return list(found.lost)

    def repair(self, *, read_data: bool = False, watch: Watch | None = None) -> Repaired:
        """Make a damaged repository work again; see ``store.repair``. Takes the exclusive lock.

        One that is sound is left as it is, without any lock.

        What is lost of single files in a snapshot shows when that is read; the next backup stores
        again what its resource still has, once ``operations.mending`` was here.

        Args:
            read_data: Read every pack byte for byte; else damage inside of packs is not seen.
            watch: Who is told how far it is.

        Raises:
            ResourceLocked: somebody works on the repository.
            OperatorError: the disk does not give all of it; nothing was taken for damaged.
        """
        if not self.examine(sample=check.ALL if read_data else None, watch=watch).problems:
            return Repaired(was_sound=True)
        done = repair.set_aside_locks(self._repair_place(is_locked=False))
        with self._hold(exclusive=True):
            found = repair.repair(self._repair_place(), read_data=read_data, watch=watch)
            self._index.forget()
        return replace(found, done=(*done, *found.done))

    def _repair_place(self, *, is_locked: bool = True) -> RepairPlace:
        backend = SureReads(self._backend)
        place = RepairPlace(backend, Documents(backend, self._tools), self._tools)
        if self._copies is not None:
            place = replace(place, copy_at_hand=self._copies.load)
        return replace(place, may_write=self._may_write) if is_locked else place

    def _all_snapshots(self) -> Iterator[Snapshot]:
        for snapshot_id in self.snapshot_ids():
            try:
                snapshot = self.load_snapshot(snapshot_id)
            except NotStored:  # deleted by somebody since it was listed
                continue
            yield snapshot

    def _workplace(self, stop: Stop) -> planning.Workplace:
        return planning.Workplace(
            backend=self._backend,
            documents=self._documents,
            tools=self._tools,
            stop=stop,
            make_sure=no_doubt,
        )

    def _execute(self, place: planning.Workplace, plan: planning.Plan) -> Pruned:
        if not self._writer.is_flushed:
            raise RuntimeError(
                "what was saved must be flushed before a prune: it belongs to nothing"
            )
        lock = self._held()
        try:
            done = execute(place, plan, lock)
        finally:
            self._index.forget()
        return replace(done, locks_removed=tuple(lock.removed))

    @contextmanager
    def _hold(self, *, exclusive: bool, breaks_stale: bool = False) -> Iterator[bool]:
        with self._locking:
            if self._lock is None:
                lock = HeldLock(
                    self._documents, self._clock, exclusive=exclusive, breaks_stale=breaks_stale
                )
                lock.acquire()
                self._lock = lock
            elif exclusive and not self._lock.exclusive:
                raise RuntimeError("a lock that others may share cannot become exclusive")
            self._lock_depth += 1
            is_first = self._lock_depth == 1
        try:
            yield is_first
        finally:
            with self._locking:
                self._lock_depth -= 1
                if not self._lock_depth:
                    self._let_go()

    def _let_go(self) -> None:
        if not self._writer.is_flushed:
            self._writer.drop()
            self._index.forget()
        lock, self._lock = self._lock, None
        if lock is not None:
            lock.release()

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

    def _may_write(self) -> None:
        self._held().check()

    def _confirm_lock(self) -> None:
        self._held().confirm()

    def _held(self) -> HeldLock:
        if self._lock is None:
            raise RuntimeError("a repository is written only inside `with repository.lock():`")
        return self._lock

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
