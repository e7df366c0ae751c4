"""Verbs of jobs: add, edit, list, show, remove, and asking for a run."""

from __future__ import annotations

from dataclasses import replace

from strongroom.control import jobs as rows
from strongroom.control import runs as run_rows
from strongroom.control.records import Job, NewRun, Run
from strongroom.engine import permitted
from strongroom.engine.queue import enqueue_job, enqueue_or_continue
from strongroom.engine.schedule import Schedule
from strongroom.engine.standing import as_it_stands
from strongroom.errors import OperatorError
from strongroom.service.connections import Connections
from strongroom.service.export_jobs import ExportAsking, ExportOrder
from strongroom.service.job_runs import JobRuns
from strongroom.service.locating import locate
from strongroom.service.new_jobs import NewJob, keep_job, require_bin, require_groups
from strongroom.service.replicating import require_two_places
from strongroom.service.restores import RestoreAsking, RestoreOrder
from strongroom.service.retention import KeepRules
from strongroom.service.rights import Right
from strongroom.service.saved_sources import SavedSource
from strongroom.service.selections import (
    BackupSelection,
    PruneSelection,
    ReplicateSelection,
    SelectionEdit,
    VerifySelection,
)
from strongroom.service.shared import Shared
from strongroom.service.storages import Storages
from strongroom.service.verbs import Verbs, not_a_verb, verb
from strongroom.service.working import has_worker
from strongroom.words.job_kind import JobKind
from strongroom.words.json import Json
from strongroom.words.priority import Priority


class Jobs(Verbs):
    """The verbs. Safe in many threads."""

    noun = "jobs"

    def __init__(self, shared: Shared, connections: Connections, storages: Storages) -> None:
        super().__init__(shared)
        self._connections = connections
        self._storages = storages
        self._restores = RestoreAsking(shared, connections, storages)
        self._exports = ExportAsking(shared, storages)
        self._runs = JobRuns(shared, connections, storages)

    @verb(Right.MANAGE, is_audited=True)
    def add_backup(
        self,
        name: str,
        *,
        connection: str,
        storage: str,
        selection: BackupSelection,
        schedule: Schedule | None = None,
        priority: Priority = Priority.NORMAL,
        keep: KeepRules | None = None,
    ) -> Job:
        """Keep a new backup job. Neither server nor storage is asked; the run does that.

        Raises:
            OperatorError: the name is taken; connection or storage are not known; nothing of the
                connection's kind can be backed up yet.
            Locked: the connection is guarded, and neither unlocked nor granted.
        """
        record = self._connections.record(connection)
        self._connections.require_usable(record, "jobs.add_backup")
        require_bin(record, selection.to_json())
        self._storages.record(storage)
        return self._add(
            NewJob(
                name=name,
                kind=JobKind.BACKUP,
                connection=connection,
                storage=storage,
                selection=selection.to_json(),
                schedule=schedule,
                priority=priority,
                keep=keep,
            )
        )

    @verb(Right.MANAGE, is_audited=True)
    def add_restore(
        self,
        name: str,
        *,
        order: RestoreOrder,
        schedule: Schedule | None = None,
        priority: Priority = Priority.NORMAL,
    ) -> Job:
        """Keep a restore, to be run as often as anybody likes.

        Whoever adds it must be allowed to restore this into that, now; so must whoever runs it.

        Raises:
            OperatorError: the name is taken; storage, connection, resource or restore point are
                not there.
            AccessDenied: it is not the caller's to restore.
            Locked: the connection is guarded, and neither unlocked nor granted.
        """
        source, only_target = self._restores.saved(order, "jobs.add_restore")
        return self._add(
            NewJob(
                name=name,
                kind=JobKind.RESTORE,
                connection=order.connection,
                storage=order.storage,
                selection={
                    **order.to_json(),
                    "source": source.to_json(),
                    "only_target": only_target,
                },
                schedule=schedule,
                priority=priority,
            )
        )

    @verb(Right.MANAGE, is_audited=True)
    def add_verify(
        self,
        name: str,
        *,
        storage: str,
        selection: VerifySelection,
        schedule: Schedule | None = None,
        priority: Priority = Priority.NORMAL,
    ) -> Job:
        """Keep a new job that reads back what a storage holds; the storage is not read yet.

        Raises:
            OperatorError: the name is taken, or the storage is not known.
        """
        return self._add_without_server(
            JobKind.VERIFY, name, storage, selection, schedule=schedule, priority=priority
        )

    @verb(Right.MANAGE, is_audited=True)
    def add_prune(
        self,
        name: str,
        *,
        storage: str,
        selection: PruneSelection,
        schedule: Schedule | None = None,
        priority: Priority = Priority.NORMAL,
    ) -> Job:
        """Keep a new job that forgets what rules let go, and frees what nothing refers to.

        Raises:
            OperatorError: the name is taken, or the storage is not known.
        """
        return self._add_without_server(
            JobKind.PRUNE, name, storage, selection, schedule=schedule, priority=priority
        )

    @verb(Right.MANAGE, is_audited=True)
    def add_replicate(
        self,
        name: str,
        *,
        storage: str,
        selection: ReplicateSelection,
        schedule: Schedule | None = None,
        priority: Priority = Priority.NORMAL,
    ) -> Job:
        """Keep a new job that copies a storage to another place; neither is asked yet.

        Raises:
            OperatorError: the name is taken, a storage is not known, or both are the same place.
        """
        require_two_places(self._storages.record(storage), self._storages.record(selection.to))
        return self._add_without_server(
            JobKind.REPLICATE, name, storage, selection, schedule=schedule, priority=priority
        )

    @verb(Right.MANAGE, is_audited=True)
    def add_export(
        self,
        name: str,
        *,
        order: ExportOrder,
        schedule: Schedule | None = None,
        priority: Priority = Priority.NORMAL,
    ) -> Job:
        """Keep an export into a folder of the service account, each run into a new one below it.

        Whoever adds it must be allowed to read what is exported, now; so must whoever runs it.

        Raises:
            OperatorError: the name is taken; storage, resource, restore point or folder are not
                there, or the folder is not the service account's own.
            AccessDenied: it is not the caller's to read.
        """
        source = self._exports.saved(order, "jobs.add_export")
        return self._add(
            NewJob(
                name=name,
                kind=JobKind.EXPORT,
                storage=order.storage,
                selection={**order.to_json(), "source": source.to_json()},
                schedule=schedule,
                priority=priority,
            )
        )

    def _add_without_server(
        self,
        kind: JobKind,
        name: str,
        storage: str,
        selection: VerifySelection | PruneSelection | ReplicateSelection,
        *,
        schedule: Schedule | None,
        priority: Priority,
    ) -> Job:
        self._storages.record(storage)
        return self._add(
            NewJob(
                name=name,
                kind=kind,
                storage=storage,
                selection=selection.to_json(),
                schedule=schedule,
                priority=priority,
            )
        )

    def _add(self, new: NewJob) -> Job:
        with self._shared.database.write() as db:
            return keep_job(db, new, self._shared.ports.clock.now())

    @not_a_verb
    def source_of(self, storage: str, resource: str) -> SavedSource:
        """Find what a saved restore or export is about, for who may have all of it.

        Raises:
            OperatorError: the storage does not hold it.
        """
        return SavedSource.of(locate(self._storages.open(storage), resource))

    @verb(Right.MANAGE, is_audited=True)
    def edit(self, name: str, edit: SelectionEdit) -> Job:
        """Change what a backup or a verify job covers; a run that was asked for before is not.

        Raises:
            OperatorError: there is no such job, it is of another kind, or it would cover nothing.
            Locked: its connection is guarded, and neither unlocked nor granted.
        """
        job = self._job(name)
        record = None if job.connection is None else self._connections.record(job.connection)
        if record is not None:
            self._connections.require_usable(record, "jobs.edit")
        with self._shared.database.write() as db:
            now = rows.by_name(db, name) or job
            selection = _edited(now, edit)
            if record is not None:
                require_groups(record, selection)
                require_bin(record, selection)
            rows.set_selection(db, now.id, selection)
            return replace(now, selection=selection)

    @verb(Right.LIST)
    def all(self) -> list[Job]:
        """List all jobs by name."""
        with self._shared.database.read() as db:
            return rows.everything(db)

    @verb(Right.LIST)
    def show(self, name: str) -> Job:
        """Show one job.

        Raises:
            OperatorError: there is none of that name.
        """
        return self._job(name)

    def _job(self, name: str) -> Job:
        with self._shared.database.read() as db:
            job = rows.by_name(db, name)
        if job is None:
            raise OperatorError(
                f"There is no job named '{name}'.", hint="See `strongroom job list`."
            )
        return job

    @verb(Right.MANAGE, is_audited=True)
    def remove(self, name: str) -> None:
        """Forget a job; its runs and restore points stay."""
        job = self._job(name)
        with self._shared.database.write() as db:
            rows.remove(db, job.id)

    @verb(Right.RUN, is_audited=True)
    def ask_run(self, name: str) -> tuple[Run, bool]:
        """Put a run of the job into the queue, or join the one that is there.

        A restore that did not come to its end goes on, as if it were asked for without a job.

        Returns:
            The run, and whether it was there already.

        Raises:
            OperatorError: there is no such job, or what it needs is not there any more.
            AccessDenied: what it restores or exports is not the caller's, or needs a second person.
        """
        job, clock = self._job(name), self._shared.ports.clock
        new = self._runs.by_person(job, "jobs.ask_run")
        enqueue = enqueue_or_continue if job.kind == JobKind.RESTORE else enqueue_job
        run, was_there = enqueue(self._shared.database, new, clock=clock)
        with self._shared.database.write() as db:
            permitted.confine(db, job.id, clock.now())
            run = run_rows.by_id(db, run.id) or run
        return as_it_stands(run, has_worker=has_worker(self._shared)), was_there

    @not_a_verb
    def run_by_schedule(self, job: Job) -> NewRun:
        """Make the run that a job's schedule asks for (see ``scheduling.MakeRun``)."""
        return self._runs.by_schedule(job)


def _edited(job: Job, edit: SelectionEdit) -> dict[str, Json]:
    match job.kind:
        case JobKind.BACKUP:
            return edit.of_backup(BackupSelection.from_json(job.selection)).to_json()
        case JobKind.VERIFY:
            return edit.of_verify(VerifySelection.from_json(job.selection)).to_json()
        case _:
            raise OperatorError(
                f"What a {job.kind} job covers cannot be changed.",
                hint="Remove the job and add it anew: `strongroom job remove`, then `job add`.",
            )
