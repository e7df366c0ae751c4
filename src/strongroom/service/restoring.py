"""Restores: asking for one, and what a restore run does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from strongroom.control.records import (
    Connection,
    NewRun,
    Run,
    StorageRecord,
    Task,
    TaskStatus,
)
from strongroom.engine.claims import Claims
from strongroom.engine.queue import enqueue_or_continue
from strongroom.engine.work import Desk, Ending
from strongroom.errors import AccessDenied, OperatorError
from strongroom.operations.interfaces import Server
from strongroom.operations.journal import Journal
from strongroom.operations.pacing import working_in
from strongroom.operations.points import choose
from strongroom.operations.restore import RestoreRequest, restore
from strongroom.pace.crew import Crew
from strongroom.service.connections import Connections
from strongroom.service.locating import Located, locate
from strongroom.service.outcomes import conclude
from strongroom.service.pausing import told_how_to_go_on
from strongroom.service.ports import Purpose
from strongroom.service.progress import Board
from strongroom.service.restorers import told_who_restores
from strongroom.service.rights import Right
from strongroom.service.shared import Shared
from strongroom.service.showing import shown
from strongroom.service.storages import Storages
from strongroom.service.tasks import InUse, TaskKeeper
from strongroom.service.verbs import Verbs, verb
from strongroom.words.coverage import Coverage
from strongroom.words.json import Json
from strongroom.words.paths import path_names
from strongroom.words.resource import Resource
from strongroom.words.restoring import ConflictPolicy

RESTORE = "restore"
_DONE = {TaskStatus.COMPLETE, TaskStatus.PARTIAL}


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreOrder:
    """What a person wants back, as typed.

    Attributes:
        storage: Name of the storage.
        resource: Whose restore point (see ``locating.locate``).
        connection: Name of the connection to restore through.
        at: ``point:ID``, a time, or None for the newest point.
        paths: Folders wanted, as text; empty: all.
        items: Items wanted, by id.
        to: The resource to restore into; None: the one it was saved from.
        folder: The folder to restore into, as text; ``/`` is the root, in place. None: a new one.
        conflict: ``copy``, ``skip`` or ``replace``.
        settings: Rules, automatic replies, delegates and categories too, or not; None: only if
            a whole mailbox goes back in place.
    """

    storage: str
    resource: str
    connection: str
    at: str | None = None
    paths: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    to: str | None = None
    folder: str | None = None
    conflict: str = "copy"
    settings: bool | None = None


class Restores(Verbs):
    """Asks for restore runs. Safe in many threads."""

    noun = "restores"

    def __init__(self, shared: Shared, connections: Connections, storages: Storages) -> None:
        super().__init__(shared)
        self._connections = connections
        self._storages = storages

    @verb(Right.RESTORE, is_audited=True)
    def ask(self, order: RestoreOrder) -> tuple[Run, bool]:
        """Put a restore into the queue, or go on with the same one that did not come to its end.

        Returns:
            The run, and whether it was there already.

        Raises:
            OperatorError: storage, connection, resource or restore point are not there.
            AccessDenied: this source or this target is not the caller's to restore, or needs a
                second person.
            Locked: the connection is guarded, and neither unlocked nor granted.
        """
        connection = self._connections.record(order.connection)
        self._connections.require_built(connection)
        storage = self._storages.record(order.storage)
        located = locate(self._storages.open(order.storage), order.resource)
        point = choose(located.repository, order.at)  # refuse now what cannot work later
        # Whatever it was asked for by (its id, an address from before it was renamed): the server
        # knows it by its newest name.
        target = order.to or located.reference
        claims = Claims(
            connection=connection.id,
            storage=storage.id,
            server=self._connections.server_key(connection),
            resources=frozenset({target.lower(), located.reference.lower()}),
        )
        request = _request(order, connection.id, storage.id, located, target)
        only_target = self._permitted(connection, storage, located, point.host, target)
        if only_target is not None:
            request["only_target"] = only_target
        self._ask_second_person(request, only_target)
        new = NewRun(kind=RESTORE, request=request, claims=claims.to_json())
        return enqueue_or_continue(self._shared.database, new, clock=self._shared.ports.clock)

    def _permitted(
        self,
        connection: Connection,
        storage: StorageRecord,
        located: Located,
        saved_through: str,
        target: str,
    ) -> str | None:
        """Look whether the caller may restore this into that.

        Whoever may restore everything everywhere is not looked at. For others the server is asked
        who the target is, and the run writes to nobody else.

        Returns:
            The one target that the run may write to, as ``KIND:ID``; None: whatever it finds.

        Raises:
            AccessDenied, Locked: the caller may not.
        """
        shared, guard, name = self._shared, self._shared.guard, "restores.ask"
        source = f"{storage.id}/{located.kind}:{located.id}"
        guard.confine(shared.session, name, Right.RESTORE, source=source, target=None)
        self._connections.require_usable(connection, name)
        if guard.is_home(shared.session) and not guard.has_marks():
            return None
        if not guard.may_reach_place(shared.session, Right.RESTORE, source, connection.id):
            # Before the server is asked: whoever may restore nothing there learns nothing of it.
            about: dict[str, Json] = {"source": source, "target": f"{connection.id}/?"}
            raise guard.refused(shared.session, name, Right.RESTORE, about)
        with self._connections.open(connection, Purpose.RESTORE) as server:
            found = server.resolve(target)
        only = f"{found.kind}:{found.id}"
        into = f"{connection.id}/{only}"
        guard.confine(shared.session, name, Right.RESTORE, source=source, target=into)
        is_same = only == f"{located.kind}:{located.id}" and saved_through == connection.name
        if not is_same:
            elsewhere = Right.RESTORE_ELSEWHERE
            guard.confine(shared.session, name, elsewhere, source=source, target=into)
        return only

    def _ask_second_person(self, request: Mapping[str, Any], only_target: str | None) -> None:
        source = f"{request['storage']}/{request['kind']}:{request['id']}"
        target = f"{request['connection']}/{only_target or '*'}"
        self._shared.guard.second_person(
            self._shared.session, "restores.ask", [source, target], request
        )


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
        """Restore what is not yet back; the journal in the home knows what that is."""
        keeper = TaskKeeper(shared=self._shared, run_id=run.id)
        if not any(task.status in _DONE for task in keeper.known()):
            self._perform(run, desk, keeper)
        ending = conclude(keeper.known())
        if ending.fault is None:
            # Kept only as long as the restore may have to go on. Who is killed between here and the
            # end of the run finds the task done: without a journal, all would be written again.
            self._journal(run.id).unlink(missing_ok=True)
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
            Journal(self._journal(run.id)) as journal,
            working_in(opened.pacing),
            Crew(opened.pacing.may_begin, name="restore") as crew,
        ):
            return restore(
                opened,
                saved.repository,
                _operation_request(run.request, target),
                journal=journal,
                crew=crew,
                clock=self._shared.ports.clock,
                progress=progress,
                stop=desk.stop,
            )

    def _journal(self, run_id: str) -> Path:
        return self._shared.home.journal(run_id)


def _request(
    order: RestoreOrder, connection_id: str, storage_id: str, located: Located, target: str
) -> dict[str, Json]:
    """Describe the restore so that the same command gives the same description."""
    return {
        "connection": connection_id,
        "storage": storage_id,
        "kind": located.kind,
        "id": located.id,
        "resource": located.reference,
        "target": target,
        "is_target_named": order.to is not None,
        "at": order.at,
        "paths": list(order.paths),
        "items": list(order.items),
        "folder": order.folder,
        "conflict": order.conflict,
        "settings": order.settings,
    }


def _operation_request(request: Mapping[str, Any], target: Resource) -> RestoreRequest:
    folder = request["folder"]
    settings = request.get("settings")
    same = (request["id"].lower(), request["resource"].lower())
    if settings is None and not {target.id.lower(), target.reference.lower()} & set(same):
        # Whose rules and delegates they were is known; that they shall be another's is not.
        settings = False
    return RestoreRequest(
        at=request["at"],
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
