"""What a restore run does (see ``service.restores`` for how it is asked for)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from strongroom.control.records import (
    Run,
    Task,
    TaskStatus,
)
from strongroom.engine.work import Desk, Ending
from strongroom.errors import AccessDenied, OperatorError
from strongroom.operations.interfaces import Server
from strongroom.operations.pacing import working_in
from strongroom.operations.restore import RestoreRequest, restore
from strongroom.pace.crew import Crew
from strongroom.service.connections import Connections
from strongroom.service.locating import Located
from strongroom.service.outcomes import conclude
from strongroom.service.pausing import told_how_to_go_on
from strongroom.service.ports import Purpose
from strongroom.service.progress import Board
from strongroom.service.restorers import told_who_restores
from strongroom.service.shared import Shared
from strongroom.service.showing import shown
from strongroom.service.storages import Storages
from strongroom.service.tasks import InUse, TaskKeeper
from strongroom.words.coverage import Coverage
from strongroom.words.paths import path_names
from strongroom.words.resource import Resource
from strongroom.words.restoring import ConflictPolicy

_DONE = {TaskStatus.COMPLETE, TaskStatus.PARTIAL}


class RestoreWork:
    """The handler of restore runs (see ``engine.work.Handler``)."""

    def __init__(
        self, shared: Shared, connections: Connections, storages: Storages, in_use: InUse
    ) -> None:
        self._shared = shared
        self._connections = connections
        self._storages = storages
        self._in_use = in_use

    def __call__(self, run: Run, desk: Desk) -> Ending:
        """Restore what is not yet back; the journal knows what that is."""
        keeper = TaskKeeper(shared=self._shared, run_id=run.id)
        if not any(task.status in _DONE for task in keeper.known()):
            self._perform(run, desk, keeper)
        ending = conclude(keeper.known())
        if ending.fault is None:
            # Kept only as long as the restore may have to go on. Who is killed between here and the
            # end of the run finds the task done: without a journal, all would be written again.
            self._shared.journals.remove(run.id)
        return ending

    def _perform(self, run: Run, desk: Desk, keeper: TaskKeeper) -> None:
        request: Mapping[str, Any] = run.request
        connection = self._connections.record_by_id(request["connection"])
        storage = self._storages.open_by_id(request["storage"])
        repository = storage.repository(request["kind"], request["id"])
        saved = Located(
            kind=request["kind"],
            id=request["id"],
            reference=request["resource"],
            repository=repository,
        )
        details = self._connections.details(connection)
        with (
            told_how_to_go_on(run.id, connection.name, details, Purpose.RESTORE),
            self._connections.open(connection, Purpose.RESTORE, run_id=run.id) as server,
            keeper.counted(server),
            shown(run, desk, connection, server, self._shared.ports.clock) as board,
            told_who_restores(connection.name, details),
        ):
            target = _resolve_target(server, request)
            task = Task(
                run_id=run.id,
                number=0,
                resource_kind=str(target.kind),
                resource_id=target.id,
                resource=target.reference,
                name=target.name,
            )

            def work() -> Coverage:
                with told_who_restores(connection.name, details):
                    return self._restore(server, target, saved, run, desk, board)

            keeper.perform(task, work)

    def _restore(
        self,
        server: Server,
        target: Resource,
        saved: Located,
        run: Run,
        desk: Desk,
        board: Board,
    ) -> Coverage:
        opened = server.target(target)
        with (
            self._in_use.hold(target, desk.stop),
            board.resource(target.reference) as progress,
            self._shared.journals.open(run.id) as journal,
            working_in(opened.pacing),
            Crew(opened.pacing.may_begin, name="restore") as crew,
        ):
            return restore(
                opened,
                saved.repository,
                _operation_request(run, target),
                journal=journal,
                crew=crew,
                clock=self._shared.ports.clock,
                progress=progress,
                stop=desk.stop,
            )


def _operation_request(run: Run, target: Resource) -> RestoreRequest:
    request: Mapping[str, Any] = run.request
    pinned: Mapping[str, Any] = run.pinned or {}
    folder = request["folder"]
    settings = request.get("settings")
    same = (request["id"].lower(), request["resource"].lower())
    if settings is None and not {target.id.lower(), target.reference.lower()} & set(same):
        # Whose rules and delegates they were is known; that they shall be another's is not.
        settings = False
    return RestoreRequest(
        at=request["at"],
        point=pinned.get("point"),
        paths=tuple(path_names(path) for path in request["paths"]),
        items=tuple(request["items"]),
        folder=None if folder is None else path_names(folder),
        conflict=ConflictPolicy(request["conflict"]),
        settings=settings,
    )


def _resolve_target(server: Server, request: Mapping[str, Any]) -> Resource:
    """Find the resource to restore into; without ``--to`` it must be the very one that was saved.

    Raises:
        OperatorError: it is not there, or its address belongs to somebody else now.
    """
    target = server.resolve(request["target"])
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
