"""What a restore run does (see ``service.restores`` for how it is asked for)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from typing import Any

from strongroom.control import runs as run_rows
from strongroom.control import tasks as task_rows
from strongroom.control.records import (
    Connection,
    Run,
    Task,
    TaskStatus,
)
from strongroom.engine.faults import fault_of
from strongroom.engine.work import Desk, Ending
from strongroom.errors import (
    AccessDenied,
    IntegrityError,
    Interrupted,
    OperatorError,
    SignInEnded,
    StrongroomError,
    TransientError,
)
from strongroom.operations.defined import defined
from strongroom.operations.interfaces import Server, Target
from strongroom.operations.pacing import working_in
from strongroom.operations.points import choose
from strongroom.operations.restore import RestoreRequest, give_up, restore, still_relaxed
from strongroom.pace.crew import Crew
from strongroom.service import many_restores
from strongroom.service.connections import Connections
from strongroom.service.outcomes import STOPPERS, conclude
from strongroom.service.pausing import SignInWatch, require_same_server, told_how_to_go_on
from strongroom.service.ports import KnowsAbsent, LimitsUploads, Purpose
from strongroom.service.progress import Board
from strongroom.service.restorers import told_who_restores
from strongroom.service.shared import Shared
from strongroom.service.showing import shown
from strongroom.service.storages import Storages
from strongroom.service.tasks import TaskKeeper
from strongroom.words.coverage import Coverage
from strongroom.words.json import Json
from strongroom.words.paths import path_names
from strongroom.words.resource import Resource, ResourceKind
from strongroom.words.restoring import ConflictPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class _Site:
    """What a restore works with."""

    server: Server
    connection: Connection
    keeper: TaskKeeper
    board: Board
    watch: SignInWatch


class RestoreWork:
    """The handler of restore runs (see ``engine.work.Handler``)."""

    def __init__(self, shared: Shared, connections: Connections, storages: Storages) -> None:
        self._shared = shared
        self._connections = connections
        self._storages = storages

    def plan(self, run: Run, desk: Desk) -> None:
        """Settle the restore point, if nobody has, and find the resource to restore into."""
        if many_restores.MANY in run.request:
            self._plan_many(run, desk)
            return
        request = self._settled(run)
        with self._site(run, desk) as site:
            target = self._found(site.server, request, run)
            task = Task(
                run_id=run.id,
                number=0,
                resource_kind=str(target.kind),
                resource_id=target.id,
                resource=target.reference,
                name=target.name,
                place=target.to_json(),
            )
            desk.tasks.plan([task])

    def _plan_many(self, run: Run, desk: Desk) -> None:
        """Find each of many; one that cannot be restored is a task that failed."""
        tasks: list[Task] = []
        pinned: Mapping[str, Any] = run.pinned or {}
        storage = self._storages.open_by_id(str(run.request["storage"]))
        with self._site(run, desk) as site:
            limit = site.server.upload_limit if isinstance(site.server, LimitsUploads) else None
            for number, request in enumerate(many_restores.requests_of(run.request)):
                if desk.stop():
                    raise Interrupted("The restore was asked to stop.")
                point = pinned["points"].get(f"{request['kind']}:{request['id']}")
                try:
                    repository = storage.repository(request["kind"], request["id"])
                    found = many_restores.Found(
                        number=number,
                        target=self._found(site.server, request, run),
                        repository=repository,
                        point=choose(repository, f"point:{point}" if point else request["at"]),
                    )
                    tasks += found.tasks(run.id, request, limit)
                except (Interrupted, SignInEnded, TransientError, *STOPPERS):
                    raise
                except StrongroomError as error:
                    tasks.append(_failed(run.id, number, request, error))
        desk.tasks.plan(many_restores.in_order(tasks))

    def _found(self, server: Server, request: Mapping[str, Any], run: Run) -> Resource:
        """Find the resource to restore into; one that is gone is told with what brings it back."""

        def saved() -> Mapping[str, Json]:
            storage = self._storages.open_by_id(str(request["storage"]))
            point = self._pinned(run)
            repository = storage.repository(str(request["kind"]), str(request["id"]))
            return defined(repository, f"point:{point}" if point else None)

        try:
            return _resolve_target(server, request)
        except OperatorError as error:
            if not isinstance(server, KnowsAbsent):
                raise
            is_below = not request["is_target_named"] and "," in request["id"]
            fuller = server.absent(error, request["target"], is_below=is_below, saved=saved)
            if fuller is error:
                raise
            raise fuller from error

    def work(self, run: Run, desk: Desk) -> None:
        """Restore what is not yet back; the journal knows what that is."""
        with desk.tasks.taken() as todo:
            first = next(todo, None)
            if first is None:
                return
            with self._site(run, desk) as site:
                self._work(site, run, chain([first], todo))

    def _work(self, site: _Site, run: Run, todo: Iterable[Task]) -> None:
        """Restore resources, as many side by side as the server has slots for."""

        def may_begin(undone: int) -> bool:
            is_room = undone < many_restores.TASKS_MAX and site.server.pace.take_spare()
            return undone < _TASKS_FIRST or is_room

        def perform(task: Task) -> Task:
            with site.watch.task():
                return site.keeper.perform(task, partial(self._restore, site, task, run))

        with Crew(may_begin, name="task") as crew, site.server.pace.listened(crew.look_again):
            for _ in crew.run(partial(perform, task) for task in todo):
                pass

    def conclude(self, run: Run) -> Ending:
        """Say how it ended, and throw the journal away if it is done."""
        with self._shared.database.read() as db:
            ending = conclude(task_rows.without_ledgers(db, run.id))
        if ending.fault is None:
            # Kept only as long as the restore may have to go on. Who is killed between here and the
            # end of the run finds the task done: without a journal, all would be written again.
            self._shared.journals.remove(run.id)
        return ending

    def has_to_give_up(self, run: Run) -> bool:
        """Say whether a restore into a site left settings of its lists relaxed."""
        if run.request.get("kind") not in _WITHOUT_A_FOLDER or not run.attempts:
            return False  # in a mailbox nothing is relaxed
        try:
            return bool(self._left_relaxed(run))
        except IntegrityError:
            return True  # nobody knows; and whoever gives it up says why

    def give_up(self, run: Run, desk: Desk) -> None:
        """Put back what a restore relaxed; what it wrote stays, and so does its journal."""
        with self._shared.database.read() as db:
            (task,) = task_rows.of_run(db, run.id)
        with (
            self._told_what_is_left(run),
            self._site(run, desk, is_given_up=True) as site,
            site.board.resource(task.resource) as progress,
            self._shared.journals.open(run.id) as journal,
        ):
            progress.note("Settings of lists that were relaxed are put back.")
            opened = self._target(site, _place(task))
            with working_in(opened.pacing):
                notes = give_up(opened, journal)
            for note in notes:
                progress.note(note)

    @contextmanager
    def _told_what_is_left(self, run: Run) -> Iterator[None]:
        """Name what is still relaxed in what went wrong."""
        try:
            yield
        except StrongroomError as error:
            places = ", ".join(self._left_relaxed(run))
            error.what = (
                "Approval, required columns, check-out or validation are still relaxed for lists "
                f"in {places}. {error.what}"
            )
            raise

    def _left_relaxed(self, run: Run) -> tuple[str, ...]:
        if not self._shared.journals.is_there(run.id):
            return ()
        with self._shared.journals.open(run.id) as journal:
            return still_relaxed(journal)

    def _settled(self, run: Run) -> Mapping[str, Any]:
        """Pin the restore point of a run that a schedule asked for; give its request as it is now.

        Without ``--to`` it goes back where it came from: by the newest name of that, which may have
        been renamed since the restore was saved.
        """
        request: Mapping[str, Any] = run.request
        if run.pinned is not None:
            return request
        storage = self._storages.open_by_id(request["storage"])
        point = choose(storage.repository(request["kind"], request["id"]), request["at"])
        with self._shared.database.write() as db:
            run_rows.pin(db, run.id, {"point": point.id})
        return request if request["is_target_named"] else {**request, "target": point.resource}

    def _pinned(self, run: Run) -> str | None:
        """Say which restore point is meant; None: an older version asked, and its journal says."""
        with self._shared.database.read() as db:
            now = run_rows.by_id(db, run.id) or run
        pinned: Mapping[str, Any] = now.pinned or {}
        return pinned.get("point")

    @contextmanager
    def _site(self, run: Run, desk: Desk, *, is_given_up: bool = False) -> Iterator[_Site]:
        """Open the server of a run."""
        request: Mapping[str, Any] = run.request
        connection = self._connections.record_by_id(request["connection"])
        keeper = TaskKeeper(shared=self._shared, run_id=run.id, tasks=desk.tasks)
        require_same_server(run, connection, self._connections.server_key(connection))
        details = self._connections.details(connection)
        watch = SignInWatch(desk.stop)
        with (
            told_how_to_go_on(
                run.id, connection.name, details, Purpose.RESTORE, is_given_up=is_given_up
            ),
            self._connections.open(connection, Purpose.RESTORE, run_id=run.id) as server,
            keeper.counted(server),
            shown(run, desk, connection, server, self._shared.ports.clock) as board,
            told_who_restores(connection.name, details),
            watch.whole(),
        ):
            yield _Site(
                server=server, connection=connection, keeper=keeper, board=board, watch=watch
            )

    def _restore(self, site: _Site, task: Task, run: Run) -> Coverage:
        target = _place(task)
        request = many_restores.request_of(run.request, task)
        storage = self._storages.open_by_id(str(request["storage"]))
        saved = storage.repository(str(request["kind"]), str(request["id"]))
        point = many_restores.point_of(task) or self._pinned(run)
        wanted = replace(
            _operation_request(request, target, point), portion=many_restores.portion_of(task)
        )
        details = self._connections.details(site.connection)
        opened = self._target(site, target)
        with (
            told_who_restores(site.connection.name, details),
            site.board.resource(task.resource) as progress,
            self._shared.journals.open(run.id, many_restores.journal_of(task)) as journal,
            working_in(opened.pacing),
            Crew(opened.pacing.may_begin, name="restore", spent=site.board.spent) as crew,
        ):
            return restore(
                opened,
                saved,
                wanted,
                journal=journal,
                crew=crew,
                clock=self._shared.ports.clock,
                progress=progress,
                stop=site.watch.stop,
            )

    def _target(self, site: _Site, resource: Resource) -> Target:
        details = self._connections.details(site.connection)
        with told_who_restores(site.connection.name, details):
            return site.server.target(resource)


def _failed(run_id: str, number: int, request: Mapping[str, Any], error: StrongroomError) -> Task:
    """Make the task of one of many that cannot be restored, or not as it was asked for."""
    return Task(
        run_id=run_id,
        number=number,
        resource_kind=request["kind"],
        resource_id=request["id"],
        resource=request["resource"],
        status=TaskStatus.FAILED,
        error=fault_of(error),
    )


def _place(task: Task) -> Resource:
    if task.place is None:
        raise AssertionError("a restore's task has its resource")
    return Resource.from_json(task.place)


_TASKS_FIRST = 2
"""So many resources are written at once from the beginning: while one is read from the storage,
another is sent."""

_WITHOUT_A_FOLDER = {ResourceKind.SITE, ResourceKind.DRIVE}
"""What is in a site has its place there: webs and lists do not lie in folders."""


def _operation_request(
    request: Mapping[str, Any], target: Resource, point: str | None
) -> RestoreRequest:
    folder = request["folder"]
    if folder is None and request["kind"] in _WITHOUT_A_FOLDER:
        folder = "/"
    settings = request.get("settings")
    narrow: Mapping[str, Any] = request.get("narrow") or {}
    fields = tuple(narrow.get("fields") or ())
    same = (request["id"].lower(), request["resource"].lower())
    if settings is None and not {target.id.lower(), target.reference.lower()} & set(same):
        # Whose rules and delegates they were is known; that they shall be another's is not.
        settings = False
    return RestoreRequest(
        at=request["at"],
        point=point,
        paths=tuple(path_names(path) for path in request["paths"]),
        items=tuple(request["items"]),
        folder=None if folder is None else path_names(folder),
        # Values go into what is there: whatever else is said, that must be looked for.
        conflict=ConflictPolicy.REPLACE if fields else ConflictPolicy(request["conflict"]),
        settings=settings,
        people=request.get("people") or {},
        version=narrow.get("version") or "",
        fields=fields,
    )


def _resolve_target(server: Server, request: Mapping[str, Any]) -> Resource:
    """Find the resource to restore into; without ``--to`` it must be the very one that was saved.

    Raises:
        OperatorError: it is not there, or its address belongs to somebody else now.
    """
    target = _by_name_or_id(server, request)
    only = request.get("only_target")
    if only is not None and only != f"{target.kind}:{target.id}":
        raise AccessDenied(
            "This address belongs to another mailbox or site than when the restore was asked for.",
            why=f"Allowed was {only}, but {request['target']} is {target.kind}:{target.id}.",
            hint="Ask for the restore again.",
        )
    if not request["is_target_named"] and target.id != request["id"]:
        raise OperatorError(
            "This address belongs to another mailbox or site now.",
            why=f"Saved was {request['id']}, but {request['target']} is {target.id}.",
            hint="If it is to go there all the same, say so with --to.",
        )
    return target


def _by_name_or_id(server: Server, request: Mapping[str, Any]) -> Resource:
    """Find the target by its name; a site that has another address now, by its id.

    Raises:
        OperatorError: it is not there.
    """
    is_moving = request["kind"] == ResourceKind.SITE and not request["is_target_named"]
    try:
        found = server.resolve(request["target"])
    except AccessDenied:
        raise
    except OperatorError:
        moved = _by_id(server, request) if is_moving else None
        if moved is None:
            raise
        return moved
    if is_moving and found.id != request["id"]:
        return _by_id(server, request) or found
    return found


def _by_id(server: Server, request: Mapping[str, Any]) -> Resource | None:
    try:
        return server.resolve(request["id"])
    except OperatorError:
        return None
