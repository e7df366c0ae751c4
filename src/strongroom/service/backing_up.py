"""What a backup run does: find its resources, back each one up, keep the ledgers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from strongroom.control.records import Connection, Fault, Run, Task, TaskStatus
from strongroom.engine.work import Desk, Ending
from strongroom.engine.worker import fault_of
from strongroom.errors import OperatorError, SignInEnded, StrongroomError, TransientError
from strongroom.operations.backup import back_up
from strongroom.operations.interfaces import Server
from strongroom.operations.pacing import working_in
from strongroom.pace.crew import Crew
from strongroom.service.connections import Connections
from strongroom.service.jobs import BackupSelection
from strongroom.service.no_longer_listed import no_longer_listed
from strongroom.service.outcomes import conclude
from strongroom.service.pausing import SignInWatch, told_how_to_go_on
from strongroom.service.ports import Purpose
from strongroom.service.progress import Board
from strongroom.service.shared import Shared
from strongroom.service.showing import shown
from strongroom.service.storages import Storages
from strongroom.service.tasks import InUse, TaskKeeper
from strongroom.store.storage import Storage
from strongroom.words.coverage import Coverage
from strongroom.words.resource import Resource, ResourceKind

_UNRESOLVED = "unresolved"
_TASKS_FIRST = 2
"""So many resources are worked on at once from the beginning: while one is being listed, another
is being read."""

_TASKS_MAX = 16
"""And at most so many, each time one more when slots stay open that nobody wants: each holds its
folders' rows and a pack of its repository in memory, some 40 MB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Site:
    """All that the tasks of one run have in common."""

    server: Server
    storage: Storage
    connection: Connection
    keeper: TaskKeeper
    board: Board
    watch: SignInWatch


class BackupWork:
    """The handler of backup runs (see ``engine.work.Handler``)."""

    def __init__(
        self, shared: Shared, connections: Connections, storages: Storages, in_use: InUse
    ) -> None:
        self._shared = shared
        self._connections = connections
        self._storages = storages
        self._in_use = in_use

    def __call__(self, run: Run, desk: Desk) -> Ending:
        """Back up what is not yet backed up in this run."""
        request: Mapping[str, Any] = run.request
        connection = self._connections.record_by_id(request["connection"])
        storage = self._storages.open_by_id(request["storage"])
        selection = BackupSelection.from_json(request["selection"])
        keeper = TaskKeeper(shared=self._shared, run_id=run.id)
        details = self._connections.details(connection)
        watch = SignInWatch(desk.stop)
        with (
            told_how_to_go_on(run.id, connection.name, details, Purpose.BACKUP),
            self._connections.open(connection, Purpose.BACKUP, run_id=run.id) as server,
            keeper.counted(server),
            shown(run, desk, connection, server, self._shared.ports.clock) as board,
            watch.whole(),
        ):
            site = _Site(
                server=server,
                storage=storage,
                connection=connection,
                keeper=keeper,
                board=board,
                watch=watch,
            )
            planned = list(_plan(run.id, server, selection))
            if selection.is_all:
                gone = no_longer_listed(storage, connection.name, [task for task, _ in planned])
                planned += [(task, None) for task in gone]
            self._work(site, planned)
        return conclude(keeper.known())

    def _work(self, site: _Site, planned: Sequence[tuple[Task, Resource | None]]) -> None:
        """Do the tasks, as many side by side as the server has slots for."""
        done = {
            (task.resource_kind, task.resource_id)
            for task in site.keeper.known()
            if task.status in {TaskStatus.COMPLETE, TaskStatus.PARTIAL}
        }
        left = [
            (task, resource)
            for task, resource in planned
            if (task.resource_kind, task.resource_id) not in done
        ]
        for task, _ in left:
            site.keeper.keep(task)
        todo = [(task, resource) for task, resource in left if resource is not None]

        def may_begin(undone: int) -> bool:
            return undone < _TASKS_FIRST or (undone < _TASKS_MAX and site.server.pace.take_spare())

        with Crew(may_begin, name="task") as crew, site.server.pace.listened(crew.look_again):
            for _ in crew.run(partial(self._perform, site, *one) for one in todo):
                pass

    def _perform(self, site: _Site, task: Task, resource: Resource) -> Task:
        with site.watch.task():
            return site.keeper.perform(task, partial(self._back_up, site, resource))

    def _back_up(self, site: _Site, resource: Resource) -> Coverage:
        source = site.server.source(resource)
        with (
            self._in_use.hold(resource, site.watch.stop),
            site.board.resource(resource.reference) as progress,
            working_in(source.pacing),
            Crew(source.pacing.may_begin, name=f"fetch-{resource.id[:8]}") as crew,
        ):
            return back_up(
                source,
                resource,
                site.storage.repository(str(resource.kind), resource.id, create=True),
                crew=crew,
                clock=self._shared.ports.clock,
                progress=progress,
                host=site.connection.name,
                stop=site.watch.stop,
            )


def _plan(
    run_id: str, server: Server, selection: BackupSelection
) -> Iterator[tuple[Task, Resource | None]]:
    """Say which tasks the run has; those without a resource have ended before they began."""
    found = server.resources() if selection.is_all else _named(server, selection.resources)
    for number, one in enumerate(found):
        if isinstance(one, Resource):
            task = _planned(run_id, number, one, selection)
            yield task, one if task.status is TaskStatus.WAITING else None
        else:
            yield _unresolved(run_id, number, *one), None


def _named(
    server: Server, references: Sequence[str]
) -> Iterator[Resource | tuple[str, StrongroomError]]:
    """Look up what the operator named; one that is not there, or shut, does not hide the others.

    Raises:
        SignInEnded: we may not ask at all, which is no matter of one name.
    """
    seen: set[tuple[ResourceKind, str]] = set()
    for reference in references:
        try:
            resource = server.resolve(reference)
        except SignInEnded:
            raise
        except (OperatorError, TransientError) as error:
            yield reference, error
            continue
        if (resource.kind, resource.id) not in seen:
            seen.add((resource.kind, resource.id))
            yield resource


def _planned(run_id: str, number: int, resource: Resource, selection: BackupSelection) -> Task:
    """Say what is to become of a resource: backed up, left out, or missed because it is shut."""
    task = Task(
        run_id=run_id,
        number=number,
        resource_kind=str(resource.kind),
        resource_id=resource.id,
        resource=resource.reference,
        name=resource.name,
    )
    pattern = selection.pattern_that_excludes(resource)
    if pattern is not None:
        reason = f"excluded by the job: --exclude {pattern}"
        return replace(task, status=TaskStatus.EXCLUDED, reason=reason)
    if resource.excluded is None:
        return task
    if not resource.is_missing:
        return replace(task, status=TaskStatus.EXCLUDED, reason=resource.excluded)
    fault = Fault(
        exit_code=OperatorError.exit_code,
        what=f"{resource.reference} could not be opened, so nothing of it was saved.",
        why=resource.excluded,
        hint="If it is not to be backed up, leave it out with --exclude.",
    )
    return replace(task, status=TaskStatus.FAILED, error=fault)


def _unresolved(run_id: str, number: int, reference: str, error: StrongroomError) -> Task:
    return Task(
        run_id=run_id,
        number=number,
        resource_kind=_UNRESOLVED,
        resource_id=reference,
        resource=reference,
        status=TaskStatus.FAILED,
        error=fault_of(error),
    )
