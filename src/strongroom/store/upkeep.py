"""What is done to a repository as a whole, now and then: free what is not needed, check, repair."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

from strongroom.errors import StrongroomError
from strongroom.store import check, index, repair
from strongroom.store import prune_planning as planning
from strongroom.store.backend import BlobBackend, require_deletes
from strongroom.store.blobs import BlobWriter
from strongroom.store.check import Examined, Watch
from strongroom.store.crypto import Tools
from strongroom.store.documents import Documents
from strongroom.store.index import Index
from strongroom.store.layers.cached import DocumentCache
from strongroom.store.layers.sure_reads import SureReads
from strongroom.store.nested_lock import NestedLock
from strongroom.store.prune import execute
from strongroom.store.prune_plan import MERGE_MIN, SMALL_INDEX_BYTES, Pruned
from strongroom.store.prune_planning import MakeSure, Stop, never, no_doubt
from strongroom.store.repair import Repaired
from strongroom.store.repair import Workplace as RepairPlace
from strongroom.store.sampling import Sample


@dataclass(frozen=True, slots=True, kw_only=True)
class Upkeep:
    """The upkeep of one repository; get it from ``Repository.upkeep``.

    Attributes:
        backend: The repository's own folder.
        documents: Its JSON files.
        tools: Of its key.
        index: Which blob lies where; told when that has changed.
        writer: Must have flushed what was saved before anything is freed.
        lock: Of the repository.
        look_at_door: Says what is wrong with what opens the repository.
        copies: Sound copies of its documents on this machine, if it keeps any.
    """

    backend: BlobBackend
    documents: Documents
    tools: Tools
    index: Index
    writer: BlobWriter
    lock: NestedLock
    look_at_door: Callable[[], list[str]]
    copies: DocumentCache | None

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
            make_sure: Called under the lock, right before each snapshot is deleted: to look around
                may take long. What it raises ends the prune with nothing more changed.

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
            require_deletes(self.backend)
        with self.lock.hold(exclusive=not dry_run, breaks_stale=not dry_run):
            plan = planning.plan_prune(place, forget)
            return planning.outlook(plan) if dry_run else self._execute(place, plan)

    def is_scattered(self) -> bool:
        """Say from one listing whether many small runs were here, so ``consolidate`` may pay."""
        sizes = self.documents.sizes(index.FOLDER).values()
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
        require_deletes(self.backend)
        with self.lock.hold(exclusive=True, breaks_stale=True):
            return self._execute(place, planning.plan_consolidation(place))

    def examine(self, *, sample: Sample | None = None, watch: Watch | None = None) -> Examined:
        """Look for damage. Damage never makes it raise.

        Packs that no index names are no problem: a run that was killed leaves them, a prune removes
        them.

        Args:
            sample: Which packs to read, byte for byte; None: none, structure alone.
            watch: Who is told how far it is.
        """
        found = check.examine(self.backend, self.tools, sample=sample, watch=watch)
        try:
            door = self.look_at_door()
        except StrongroomError as error:  # the storage itself does not answer
            door = [str(error)]
        return replace(found, problems=(*door, *found.problems))

    def rebuild_index(self) -> list[str]:
        """Write a new index from the packs' own headers, replacing the old one.

        Takes the exclusive lock by itself. Blobs of packs that are gone are gone; the next backup
        stores those again that its resource still has.

        Returns:
            What is lost with packs that are damaged or gone, each in a sentence.

        Raises:
            ResourceLocked: somebody works on the repository.
        """
        with self.lock.hold(exclusive=True):
            found = repair.rebuild_index(self._repair_place())
            self.index.forget()
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
        with self.lock.hold(exclusive=True):
            found = repair.repair(self._repair_place(), read_data=read_data, watch=watch)
            self.index.forget()
        return replace(found, done=(*done, *found.done))

    def _workplace(self, stop: Stop) -> planning.Workplace:
        return planning.Workplace(
            backend=self.backend,
            documents=self.documents,
            tools=self.tools,
            stop=stop,
            make_sure=no_doubt,
        )

    def _execute(self, place: planning.Workplace, plan: planning.Plan) -> Pruned:
        if not self.writer.is_flushed:
            raise RuntimeError(
                "what was saved must be flushed before a prune: it belongs to nothing"
            )
        lock = self.lock.held()
        try:
            done = execute(place, plan, lock)
        finally:
            self.index.forget()
        return replace(done, locks_removed=tuple(lock.removed))

    def _repair_place(self, *, is_locked: bool = True) -> RepairPlace:
        backend = SureReads(self.backend)
        place = RepairPlace(backend, Documents(backend, self.tools), self.tools)
        if self.copies is not None:
            place = replace(place, copy_at_hand=self.copies.load)
        return replace(place, may_write=self.lock.check) if is_locked else place
