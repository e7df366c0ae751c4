"""Verbs of jobs: add, list, show, remove, and asking for a run."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatch
from typing import Any

from strongroom.control import jobs as rows
from strongroom.control.records import Job, NewRun, Run
from strongroom.engine.claims import Claims
from strongroom.engine.filelock import FileLock
from strongroom.engine.orphans import put_back_orphans
from strongroom.engine.queue import enqueue_job
from strongroom.errors import OperatorError
from strongroom.service.connections import Connections
from strongroom.service.shared import Shared, checked_name
from strongroom.service.storages import Storages
from strongroom.words.json import Json
from strongroom.words.resource import Resource

BACKUP = "backup"


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupSelection:
    """What a backup job covers.

    Attributes:
        resources: As the operator named them; empty if ``is_all``.
        is_all: Everything that the server's directory lists when the run begins.
        exclude: Patterns (``*`` and ``?``) of addresses to leave out.
    """

    resources: tuple[str, ...] = ()
    is_all: bool = False
    exclude: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if bool(self.resources) == self.is_all:
            raise OperatorError(
                "A backup job covers either named resources or all of them.",
                hint="Give --resource (as often as you like), or --all.",
            )

    def pattern_that_excludes(self, resource: Resource) -> str | None:
        """Say which pattern leaves a resource out, if one does. Case does not count."""
        names = (resource.address.lower(), resource.reference.lower())
        for pattern in self.exclude:
            if any(fnmatch(name, pattern.lower()) for name in names):
                return pattern
        return None

    def to_json(self) -> dict[str, Json]:
        """Give it as it is kept with the job and its runs."""
        return {
            "resources": list(self.resources),
            "all": self.is_all,
            "exclude": list(self.exclude),
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> BackupSelection:
        """Read what ``to_json`` wrote."""
        return cls(
            resources=tuple(document["resources"]),
            is_all=document["all"],
            exclude=tuple(document["exclude"]),
        )


class Jobs:
    """The verbs. Safe in many threads."""

    def __init__(self, shared: Shared, connections: Connections, storages: Storages) -> None:
        self._shared = shared
        self._connections = connections
        self._storages = storages

    def add_backup(
        self, name: str, *, connection: str, storage: str, selection: BackupSelection
    ) -> Job:
        """Keep a new backup job. Neither server nor storage is asked; the run does that.

        Raises:
            OperatorError: the name is taken; connection or storage are not known.
        """
        job = Job(
            id=uuid.uuid4().hex,
            name=checked_name("job", name),
            kind=BACKUP,
            connection_id=self._connections.record(connection).id,
            storage_id=self._storages.record(storage).id,
            connection=connection,
            storage=storage,
            selection=selection.to_json(),
            created=self._shared.ports.clock.now(),
        )
        with self._shared.database.write() as db:
            if rows.by_name(db, name) is not None:
                raise OperatorError(
                    f"There is a job named '{name}' already.", hint="Choose another name."
                )
            rows.add(db, job)
        return job

    def all(self) -> list[Job]:
        """List all jobs by name."""
        with self._shared.database.read() as db:
            return rows.everything(db)

    def show(self, name: str) -> Job:
        """Show one job.

        Raises:
            OperatorError: there is none of that name.
        """
        with self._shared.database.read() as db:
            job = rows.by_name(db, name)
        if job is None:
            raise OperatorError(
                f"There is no job named '{name}'.", hint="See `strongroom job list`."
            )
        return job

    def remove(self, name: str) -> None:
        """Forget a job; its runs and restore points stay."""
        job = self.show(name)
        with self._shared.database.write() as db:
            rows.remove(db, job.id)

    def ask_run(self, name: str) -> tuple[Run, bool]:
        """Put a run of the job into the queue, or join the one that is there.

        Returns:
            The run, and whether it was there already.
        """
        job = self.show(name)
        put_back_orphans(self._shared.database, FileLock(self._shared.home.worker_lock))
        selection = BackupSelection.from_json(job.selection)
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
