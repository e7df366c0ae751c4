"""What a run of a job is asked for with, kind by kind: by a person now, or by its schedule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from strongroom.control.records import Job, NewRun
from strongroom.engine.claims import Claims
from strongroom.errors import OperatorError
from strongroom.service.connections import Connections
from strongroom.service.export_jobs import ExportAsking, ExportOrder
from strongroom.service.prune_work import prune_run
from strongroom.service.replicating import replicate_run
from strongroom.service.restores import RestoreAsking, RestoreOrder
from strongroom.service.saved_sources import SavedSource
from strongroom.service.selections import (
    BackupSelection,
    PruneSelection,
    ReplicateSelection,
    VerifySelection,
)
from strongroom.service.shared import Shared
from strongroom.service.storages import Storages
from strongroom.service.verifying import verify_run
from strongroom.words.job_kind import JobKind


class JobRuns:
    """Makes runs of jobs; whoever asks puts them into the queue. Safe in many threads."""

    def __init__(self, shared: Shared, connections: Connections, storages: Storages) -> None:
        self._connections = connections
        self._storages = storages
        self._restores = RestoreAsking(shared, connections, storages)
        self._exports = ExportAsking(shared, storages)

    def by_person(self, job: Job, name: str) -> NewRun:
        """Make the run that a person asks for now.

        A restore or an export is looked at as if it were asked for without a job: who may run jobs
        may not for that reason read or restore what is somebody else's.

        Args:
            job: The job.
            name: The verb, for the audit log.

        Raises:
            OperatorError: what it needs is not there (any more).
            AccessDenied: it is not the caller's to restore or to read, or needs a second person.
        """
        match job.kind:
            case JobKind.BACKUP:
                new = self._backup(job)
            case JobKind.RESTORE:
                new = self._restores.by_person(
                    _named_by_id(restore_order(job), source_of(job)),
                    name,
                    is_saved=True,
                    only_target=_only_target(job),
                )
            case JobKind.VERIFY:
                record = self._storages.record(job.storage)
                selection = VerifySelection.from_json(job.selection)
                new = verify_run(record, selection, self._storages.open(job.storage))
            case JobKind.REPLICATE:
                new = self._replicate(job)
            case JobKind.PRUNE:
                new = self._prune(job, is_by_person=True)
            case JobKind.EXPORT:
                new = self._exports.by_person(
                    replace(export_order(job), resource=source_of(job).name), name
                )
            case _:
                raise _unknown(job)
        return _of_job(new, job)

    def by_schedule(self, job: Job) -> NewRun:
        """Make the run that a job's schedule asks for: no server and no storage is asked.

        It is the worker's loop that asks, and waits for it.

        Raises:
            OperatorError: what it needs is not there (any more).
            AccessDenied: it needs a second person, so a person must ask.
        """
        match job.kind:
            case JobKind.BACKUP:
                new = self._backup(job)
            case JobKind.RESTORE:
                new = self._restores.by_schedule(
                    restore_order(job), source=source_of(job), only_target=_only_target(job)
                )
            case JobKind.VERIFY:
                record = self._storages.record(job.storage)
                new = verify_run(record, VerifySelection.from_json(job.selection))
            case JobKind.REPLICATE:
                new = self._replicate(job)
            case JobKind.PRUNE:
                new = self._prune(job, is_by_person=False)
            case JobKind.EXPORT:
                new = self._exports.by_schedule(export_order(job), source=source_of(job))
            case _:
                raise _unknown(job)
        return _of_job(new, job)

    def _prune(self, job: Job, *, is_by_person: bool) -> NewRun:
        """Only for a person the storage is opened, to claim no more than what is named."""
        resources = PruneSelection.from_json(job.selection).resources
        storage = self._storages.open(job.storage) if is_by_person and resources else None
        return prune_run(self._storages.record(job.storage), resources, storage=storage)

    def _replicate(self, job: Job) -> NewRun:
        selection = ReplicateSelection.from_json(job.selection)
        return replicate_run(
            self._storages.record(job.storage), self._storages.record(selection.to), selection
        )

    def _backup(self, job: Job) -> NewRun:
        selection = BackupSelection.from_json(job.selection)
        if job.connection_id is None:
            raise AssertionError("a backup job has a connection")
        connection = self._connections.record_by_id(job.connection_id)
        claims = Claims(
            connection=job.connection_id,
            storage=job.storage_id,
            server=self._connections.server_key(connection),
            resources=None
            if selection.is_open
            else frozenset(reference.lower() for reference in selection.resources),
        )
        return NewRun(
            kind=JobKind.BACKUP,
            request={
                "connection": job.connection_id,
                "storage": job.storage_id,
                "selection": job.selection,
            },
            claims=claims.to_json(),
        )


def restore_order(job: Job) -> RestoreOrder:
    """Read what a restore job restores."""
    connection = job.connection or ""
    return RestoreOrder.from_json(job.selection, storage=job.storage, connection=connection)


def export_order(job: Job) -> ExportOrder:
    """Read what an export job exports."""
    return ExportOrder.from_json(job.selection, storage=job.storage)


def source_of(job: Job) -> SavedSource:
    """Say which resource a restore or an export job is about."""
    document: Any = job.selection["source"]
    return SavedSource.from_json(document)


def _only_target(job: Job) -> str | None:
    selection: Mapping[str, Any] = job.selection
    only: str | None = selection["only_target"]
    return only


def _named_by_id(order: RestoreOrder, source: SavedSource) -> RestoreOrder:
    """Ask for the very resource that was meant, whoever has its name by now."""
    return replace(order, resource=source.name)


def _of_job(new: NewRun, job: Job) -> NewRun:
    return replace(new, job_id=job.id, job=job.name, priority=job.priority)


def _unknown(job: Job) -> OperatorError:
    return OperatorError(
        f"The job '{job.name}' is of a kind that this version does not know: {job.kind}.",
        hint="It was made by a later version of Strongroom.",
    )
