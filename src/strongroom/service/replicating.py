"""Copying a storage to another place: what such a run does, repository by repository."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

from strongroom.control import storages as storage_rows
from strongroom.control import tasks as task_rows
from strongroom.control.records import (
    Fault,
    NewRun,
    Run,
    RunStatus,
    StorageRecord,
    Task,
)
from strongroom.engine.claims import Claims
from strongroom.engine.faults import fault_of
from strongroom.engine.work import Desk, Ending
from strongroom.errors import IntegrityError, Interrupted, OperatorError, StrongroomError
from strongroom.operations.points import is_checkpoint, points
from strongroom.service import storage_opening
from strongroom.service.lock_patience import when_free
from strongroom.service.outcomes import conclude
from strongroom.service.progress import Board
from strongroom.service.renewing import Renewing
from strongroom.service.selections import ReplicateSelection
from strongroom.service.shared import Shared
from strongroom.service.showing import shown_without_server
from strongroom.service.storage_tasks import Unfound, find_each, unfound_task, wanted_by
from strongroom.service.storages import Storages
from strongroom.service.tasks import TaskKeeper
from strongroom.store.replica import Replica
from strongroom.store.replica_words import Copied, Order
from strongroom.store.storage import Storage
from strongroom.words.coverage import Coverage, FolderCoverage
from strongroom.words.job_kind import JobKind

_TOLD = 20
"""So many files that did not arrive are named one by one."""

_PRUNED_S = 10 * 60.0
"""So long a repository is waited for that somebody has locked."""

_NOTHING = Fault(
    exit_code=OperatorError.exit_code,
    what="The storage holds nothing to copy.",
    hint="Run a backup into it first.",
)


def replicate_run(
    record: StorageRecord, to: StorageRecord, selection: ReplicateSelection
) -> NewRun:
    """Make a run that brings a copy up to date.

    Args:
        record: The storage.
        to: Its copy.
        selection: What of it.

    Raises:
        OperatorError: both are the same place.
    """
    require_two_places(record, to)
    claims = Claims(
        storage=to.id,
        repositories=frozenset({f"{record.id}/*"}),
        alone=frozenset({f"{to.id}/*"}),
    )
    return NewRun(
        kind=JobKind.REPLICATE,
        request={"storage": record.id, "to": to.id, "selection": selection.to_json()},
        claims=claims.to_json(),
    )


def require_two_places(record: StorageRecord, to: StorageRecord) -> None:
    """Refuse to copy a storage onto itself, or onto another one.

    Raises:
        OperatorError: as it says.
    """
    if record.id == to.id:
        raise OperatorError(
            "A storage cannot be copied onto itself.", hint="Give another place for the copy."
        )
    if storage_rows.own_id(record.id) != storage_rows.own_id(to.id):
        raise OperatorError(
            f"The storage '{to.name}' is no copy of '{record.name}', but one of its own.",
            hint="Give the URL of an empty place instead; the copy gets a name of its own.",
        )


class ReplicateWork:
    """The handler of replicate runs (see ``engine.work.Handler``)."""

    def __init__(self, shared: Shared, storages: Storages) -> None:
        self._shared = shared
        self._storages = storages

    def plan(self, run: Run, desk: Desk) -> None:
        """Find out what there is to copy, and mark the place as a copy in the making."""
        storage = self._storages.open_by_id(str(run.request["storage"]))
        self._replica(run, storage).begin()
        rows: list[Task] = []
        for found in _wanted(storage, run):
            if desk.stop():
                raise Interrupted("The run was stopped before all was listed.")
            rows.append(
                unfound_task(run.id, len(rows), found)
                if isinstance(found, Unfound)
                else _row(run.id, len(rows), storage, *found)
            )
        desk.tasks.plan(rows)

    def work(self, run: Run, desk: Desk) -> None:
        """Copy one repository after the other; one that is damaged keeps no other back."""
        storage = self._storages.open_by_id(str(run.request["storage"]))
        replica = self._replica(run, storage)
        keeper = TaskKeeper(shared=self._shared, run_id=run.id, tasks=desk.tasks)
        renewing = Renewing(self._shared, str(run.request["to"]), stop=desk.stop)
        clock = self._shared.ports.clock
        with shown_without_server(run, desk, clock) as board, desk.tasks.taken() as todo:
            for task in todo:
                keeper.perform(task, partial(self._copy, replica, task, desk, board, renewing))

    def conclude(self, run: Run) -> Ending:
        """Put the storage's record into the copy, and say how the run ended."""
        with self._shared.database.read() as db:
            tasks = task_rows.without_ledgers(db, run.id)
        ending = conclude(tasks, nothing=_NOTHING)
        try:
            self._finish(run, is_whole=ending.status is RunStatus.COMPLETE)
        except StrongroomError as error:
            return Ending(status=RunStatus.FAILED, fault=fault_of(error))
        return ending

    def _replica(self, run: Run, storage: Storage) -> Replica:
        with self._shared.database.read() as db:
            record = storage_rows.by_id(db, str(run.request["to"]))
        if record is None:
            raise OperatorError(
                "The storage that holds the copy is not known any more.",
                hint="See `strongroom storage list`.",
            )
        place = storage_opening.opened_backend(self._shared, record)
        return Replica(storage, place, self._shared.ports.clock)

    def _copy(
        self, replica: Replica, task: Task, desk: Desk, board: Board, renewing: Renewing
    ) -> Coverage:
        with board.resource(task.resource) as progress:
            order = Order(
                clock=self._shared.ports.clock,
                is_wanted=lambda one: not is_checkpoint(one),
                stop=desk.stop,
                progress=progress,
            )
            # A prune has a repository for itself, but not for long.
            copied = when_free(
                lambda: replica.copy(task.resource_kind, task.resource_id, order),
                clock=order.clock,
                stop=desk.stop,
                patience_s=_PRUNED_S,
            )
            copied.notes += renewing.after(task.resource_kind, task.resource_id)
        return _coverage(task, copied)

    def _finish(self, run: Run, *, is_whole: bool) -> None:
        storage = self._storages.open_by_id(str(run.request["storage"]))
        selection = _selection(run)
        is_all = not selection.resources and "only" not in run.request
        self._replica(run, storage).finish(
            whole=storage.repositories() if is_all and is_whole else None,
            began=run.started or run.created,
        )


def _selection(run: Run) -> ReplicateSelection:
    document: Any = run.request["selection"]
    return ReplicateSelection.from_json(document)


def _wanted(storage: Storage, run: Run) -> Iterator[tuple[str, str] | Unfound]:
    """Name the repositories that are to be copied; they need not open to be."""
    references = wanted_by(run, _selection(run).resources)
    if references is None:
        yield from storage.repositories()
        return
    for found in find_each(storage, references):
        yield found if isinstance(found, Unfound) else (found.kind, found.id)


def _row(run_id: str, number: int, storage: Storage, kind: str, resource_id: str) -> Task:
    task = Task(
        run_id=run_id,
        number=number,
        resource_kind=kind,
        resource_id=resource_id,
        resource=resource_id,
    )
    try:
        known = points(storage.repository(kind, resource_id))
    except (OperatorError, IntegrityError):
        return task  # copied as far as it goes; it tells what is wrong with it
    if not known:
        return task
    return replace(task, resource=known[0].resource, weight=sum(one.bytes for one in known))


def _coverage(task: Task, copied: Copied) -> Coverage:
    """Write the ledger of one repository, whose items are its files.

    Raises:
        IntegrityError: something of it is damaged, or did not arrive.
    """
    if copied.failed:
        raise _damage(task, copied)
    unchanged = copied.unchanged
    folder = FolderCoverage(
        path=("repository",),
        on_server=copied.files + unchanged,
        saved=copied.files,
        unchanged=unchanged,
    )
    return Coverage(
        resource=task.resource,
        folders=(folder,),
        notes=(_told(copied), *copied.notes),
        bytes_read=copied.bytes,
        bytes_stored=copied.bytes,
    )


def _told(copied: Copied) -> str:
    told = (
        f"Items are files of the repository: {copied.files:,} were copied and read back. The copy "
        f"has {copied.snapshots:,} restore point{'' if copied.snapshots == 1 else 's'}."
    )
    if copied.missed:
        told += f" {copied.missed:,} of them are not in the storage any more."
    if copied.removed:
        told += f" {copied.removed:,} files were taken out, as in the storage."
    return told


def _damage(task: Task, copied: Copied) -> IntegrityError:
    told = [f"{one.name}: {one.why}" for one in copied.failed[:_TOLD]]
    if len(copied.failed) > _TOLD:
        told.append(f"and {len(copied.failed) - _TOLD:,} more")
    return IntegrityError(
        f"Of {task.resource}, {len(copied.failed):,} files could not be copied; "
        f"{copied.files:,} were, and the copy holds {copied.snapshots:,} whole restore points.",
        why="; ".join(told),
        hint="`strongroom storage check STORAGE --read-data` tells what is damaged. What the copy "
        "has of it already is whole there.",
    )
