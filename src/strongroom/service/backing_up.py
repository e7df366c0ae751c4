"""What a backup run does: find its resources, back each one up, keep the ledgers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from typing import Any

from strongroom.control import jobs as job_rows
from strongroom.control import protected
from strongroom.control import tasks as task_rows
from strongroom.control.job_history import earlier_tasks
from strongroom.control.records import Connection, Run, Task
from strongroom.engine.work import Desk, Ending
from strongroom.operations.backup import back_up
from strongroom.operations.consolidating import consolidate_if_scattered
from strongroom.operations.interfaces import KeepsRecycleBin, Server
from strongroom.operations.pacing import working_in
from strongroom.pace.crew import Crew
from strongroom.service.connections import Connections
from strongroom.service.lock_patience import when_free
from strongroom.service.outcomes import conclude
from strongroom.service.pausing import SignInWatch, require_same_server, told_how_to_go_on
from strongroom.service.planning import Wanted, planned
from strongroom.service.ports import Purpose
from strongroom.service.progress import Board
from strongroom.service.renewing import Renewing
from strongroom.service.selections import BackupSelection
from strongroom.service.shared import Shared
from strongroom.service.showing import shown
from strongroom.service.standing import Standings, standings_of
from strongroom.service.storages import Storages
from strongroom.service.tasks import TaskKeeper
from strongroom.service.weighing import weighed
from strongroom.store.storage import Storage
from strongroom.words.coverage import Coverage
from strongroom.words.resource import Resource

_TASKS_FIRST = 2
"""So many resources are worked on at once from the beginning: while one is being listed, another
is being read."""

_TASKS_MAX = 32
"""And at most so many, each time one more when slots stay open that nobody wants: each holds its
folders' rows and a pack of its repository in memory, some 40 MB."""


_PRUNED_S = 10 * 60.0
"""So long a repository is waited for that somebody has locked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Site:
    """All that the tasks of one run have in common."""

    server: Server
    storage: Storage
    connection: Connection
    keeper: TaskKeeper
    board: Board
    watch: SignInWatch
    keeps_recycle_bin: bool
    job: str | None
    renewing: Renewing


class BackupWork:
    """The handler of backup runs (see ``engine.work.Handler``)."""

    def __init__(self, shared: Shared, connections: Connections, storages: Storages) -> None:
        self._shared = shared
        self._connections = connections
        self._storages = storages

    def plan(self, run: Run, desk: Desk) -> None:
        """Find out what the run covers."""
        request: Mapping[str, Any] = run.request
        wanted = Wanted(
            selection=BackupSelection.from_json(request["selection"]),
            only=request.get("only"),
            before=self._before(run),
        )
        with self._site(run, desk) as site:
            name = site.connection.name
            found = planned(
                run.id,
                site.server,
                wanted,
                storage=site.storage,
                connection=name,
                stop=desk.stop,
            )
            standings = self._standings(run, site.connection)
            note = standings.keep_all if wanted.only is None else standings.keep
            rows = weighed([one.row for one in found], self._sizes(run))
            desk.tasks.plan(rows, note)

    def work(self, run: Run, desk: Desk) -> None:
        """Back up resources, as many side by side as the server has slots for."""
        with desk.tasks.taken() as todo:
            first = next(todo, None)
            if first is None:
                return
            with self._site(run, desk) as site:
                self._work(site, chain([first], todo))

    def conclude(self, run: Run) -> Ending:
        """Say how it ended, from the ledgers."""
        with self._shared.database.read() as db:
            return conclude(task_rows.without_ledgers(db, run.id))

    @contextmanager
    def _site(self, run: Run, desk: Desk) -> Iterator[_Site]:
        """Open the server and the storage of a run."""
        request: Mapping[str, Any] = run.request
        connection = self._connections.record_by_id(request["connection"])
        storage = self._storages.open_by_id(request["storage"])
        keeper = TaskKeeper(
            shared=self._shared,
            run_id=run.id,
            tasks=desk.tasks,
            standings=self._standings(run, connection),
        )
        require_same_server(run, connection, self._connections.server_key(connection))
        details = self._connections.details(connection)
        watch = SignInWatch(desk.stop)
        with (
            told_how_to_go_on(run.id, connection.name, details, Purpose.BACKUP),
            self._connections.open(connection, Purpose.BACKUP, run_id=run.id) as server,
            keeper.counted(server),
            shown(run, desk, connection, server, self._shared.ports.clock) as board,
            watch.whole(),
        ):
            yield _Site(
                server=server,
                storage=storage,
                connection=connection,
                keeper=keeper,
                board=board,
                watch=watch,
                job=self._job_id(run),
                renewing=Renewing(self._shared, request["storage"], stop=watch.stop),
                keeps_recycle_bin=request["selection"].get("recycle_bin") is True,
            )

    def _standings(self, run: Run, connection: Connection) -> Standings:
        shared = self._shared
        return standings_of(
            run, connection=connection.name, database=shared.database, clock=shared.ports.clock
        )

    def _job_id(self, run: Run) -> str | None:
        """Say whose rules the restore points are kept by; of a run that retries, its job's too."""
        if run.job_id is not None or run.job is None:
            return run.job_id
        with self._shared.database.read() as db:
            job = job_rows.by_name(db, run.job)
        return None if job is None else job.id

    def _sizes(self, run: Run) -> Mapping[tuple[str, str], int]:
        with self._shared.database.read() as db:
            return protected.sizes(db, str(run.request["storage"]))

    def _before(self, run: Run) -> list[Task]:
        with self._shared.database.read() as db:
            return earlier_tasks(db, run)

    def _work(self, site: _Site, todo: Iterable[Task]) -> None:
        def may_begin(undone: int) -> bool:
            return undone < _TASKS_FIRST or (undone < _TASKS_MAX and site.server.pace.take_spare())

        with Crew(may_begin, name="task") as crew, site.server.pace.listened(crew.look_again):
            for _ in crew.run(partial(self._perform, site, task) for task in todo):
                pass

    def _perform(self, site: _Site, task: Task) -> Task:
        if task.place is None:
            raise AssertionError("a backup's task has its resource")
        resource = Resource.from_json(task.place)
        with site.watch.task():
            return site.keeper.perform(task, partial(self._back_up, site, resource))

    def _back_up(self, site: _Site, resource: Resource) -> Coverage:
        source = site.server.source(resource)
        if site.keeps_recycle_bin and isinstance(source, KeepsRecycleBin):
            source.keep_recycle_bin()
        with (
            site.board.resource(resource.reference) as progress,
            working_in(source.pacing),
            Crew(
                source.pacing.may_begin, name=f"fetch-{resource.id[:8]}", spent=site.board.spent
            ) as crew,
        ):
            # A prune has the repository for itself, but not for long.
            coverage = when_free(
                lambda: back_up(
                    source,
                    resource,
                    site.storage.repository(str(resource.kind), resource.id, create=True),
                    crew=crew,
                    clock=self._shared.ports.clock,
                    progress=progress,
                    host=site.connection.name,
                    job=site.job,
                    stop=site.watch.stop,
                ),
                clock=self._shared.ports.clock,
                stop=site.watch.stop,
                patience_s=_PRUNED_S,
            )
            repository = site.storage.repository(str(resource.kind), resource.id)
            merged = consolidate_if_scattered(repository, site.watch.stop)
        locked = site.renewing.after(str(resource.kind), resource.id)
        return replace(coverage, notes=(*coverage.notes, *merged, *locked))
