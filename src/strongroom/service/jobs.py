"""Verbs of jobs: add, list, show, remove, and asking for a run."""

from __future__ import annotations

import uuid

import sqlalchemy as sa

from strongroom.control import connections as connection_rows
from strongroom.control import jobs as rows
from strongroom.control import storages as storage_rows
from strongroom.control.records import Job, NewRun, Run
from strongroom.engine.claims import Claims
from strongroom.engine.filelock import FileLock
from strongroom.engine.orphans import put_back_orphans
from strongroom.engine.queue import enqueue_job
from strongroom.errors import OperatorError
from strongroom.service.connections import Connections
from strongroom.service.rights import Right
from strongroom.service.selections import BackupSelection
from strongroom.service.shared import Shared, checked_name
from strongroom.service.storages import Storages
from strongroom.service.verbs import Verbs, not_a_verb, verb

BACKUP = "backup"


class Jobs(Verbs):
    """The verbs. Safe in many threads."""

    noun = "jobs"

    def __init__(self, shared: Shared, connections: Connections, storages: Storages) -> None:
        super().__init__(shared)
        self._connections = connections
        self._storages = storages

    @verb(Right.MANAGE, is_audited=True)
    def add_backup(
        self, name: str, *, connection: str, storage: str, selection: BackupSelection
    ) -> Job:
        """Keep a new backup job. Neither server nor storage is asked; the run does that.

        Raises:
            OperatorError: the name is taken; connection or storage are not known; nothing of the
                connection's kind can be backed up yet.
            Locked: the connection is guarded, and neither unlocked nor granted.
        """
        self._connections.require_usable(self._connections.record(connection), "jobs.add_backup")
        self._storages.record(storage)
        with self._shared.database.write() as db:
            return self.add_within(
                db, name, connection=connection, storage=storage, selection=selection
            )

    @not_a_verb
    def add_within(
        self,
        db: sa.Connection,
        name: str,
        *,
        connection: str,
        storage: str,
        selection: BackupSelection,
    ) -> Job:
        """Keep a new backup job, inside a transaction of somebody else."""
        over = connection_rows.by_name(db, connection)
        into = storage_rows.by_name(db, storage)
        if over is None or into is None:
            missing = f"connection '{connection}'" if over is None else f"storage '{storage}'"
            raise OperatorError(f"The job '{name}' needs the {missing}, which is not here.")
        self._connections.require_built(over)
        job = Job(
            id=uuid.uuid4().hex,
            name=checked_name("job", name),
            kind=BACKUP,
            connection_id=over.id,
            storage_id=into.id,
            connection=connection,
            storage=storage,
            selection=selection.to_json(),
            created=self._shared.ports.clock.now(),
        )
        if rows.by_name(db, name) is not None:
            raise OperatorError(
                f"There is a job named '{name}' already.", hint="Choose another name."
            )
        rows.add(db, job)
        return job

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

        Returns:
            The run, and whether it was there already.
        """
        job = self._job(name)
        put_back_orphans(self._shared.database, FileLock(self._shared.home.worker_lock))
        selection = BackupSelection.from_json(job.selection)
        if job.connection_id is None:
            raise AssertionError("a backup job has a connection")
        connection = self._connections.record_by_id(job.connection_id)
        claims = Claims(
            connection=job.connection_id,
            storage=job.storage_id,
            server=self._connections.server_key(connection),
            resources=None
            if selection.is_all
            else frozenset(reference.lower() for reference in selection.resources),
        )
        new = NewRun(
            kind=BACKUP,
            job_id=job.id,
            job=job.name,
            request={
                "connection": job.connection_id,
                "storage": job.storage_id,
                "selection": job.selection,
            },
            claims=claims.to_json(),
        )
        return enqueue_job(self._shared.database, new, clock=self._shared.ports.clock)
