"""What a backup run does: find its resources, back each one up, keep the ledgers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from strongroom.control.job_history import earlier_tasks
from strongroom.control.records import Connection, Run, Task, TaskStatus
from strongroom.engine.work import Desk, Ending
from strongroom.operations.backup import back_up
from strongroom.operations.interfaces import Server
from strongroom.operations.pacing import working_in
from strongroom.pace.crew import Crew
from strongroom.service.connections import Connections
from strongroom.service.outcomes import conclude
from strongroom.service.pausing import SignInWatch, told_how_to_go_on
from strongroom.service.planning import Planned, Wanted, planned
from strongroom.service.ports import Purpose
from strongroom.service.progress import Board
from strongroom.service.selections import BackupSelection
from strongroom.service.shared import Shared
from strongroom.service.showing import shown
from strongroom.service.standing import standings_of
from strongroom.service.storages import Storages
from strongroom.service.tasks import InUse, TaskKeeper
from strongroom.store.storage import Storage
from strongroom.words.coverage import Coverage
from strongroom.words.resource import Resource

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
        standings = standings_of(
            run,
            connection=connection.name,
            database=self._shared.database,
            clock=self._shared.ports.clock,
        )
        keeper = TaskKeeper(shared=self._shared, run_id=run.id, standings=standings)
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
            wanted = Wanted(
                selection=BackupSelection.from_json(request["selection"]),
                only=request.get("only"),
                before=self._before(run),
            )
            found = planned(run.id, server, wanted, storage=storage, connection=connection.name)
            self._work(site, found, is_whole=wanted.only is None)
        return conclude(keeper.known())

    def _before(self, run: Run) -> list[Task]:
        with self._shared.database.read() as db:
            return earlier_tasks(db, run)

    def _work(self, site: _Site, found: Sequence[Planned], *, is_whole: bool) -> None:
        """Do the tasks, as many side by side as the server has slots for."""
        done = {
            (task.resource_kind, task.resource_id)
            for task in site.keeper.known()
            if task.status in {TaskStatus.COMPLETE, TaskStatus.PARTIAL}
        }
        left = [one for one in found if (one.task.resource_kind, one.task.resource_id) not in done]
        for one in left:
            site.keeper.keep(one.task)
        if is_whole:
            site.keeper.settle()
        todo = [(one.task, one.resource) for one in left if one.resource is not None]

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
