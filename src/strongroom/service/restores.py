"""Restores: what is asked for, by whom, and what that means at this moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from strongroom.control.journals import JOURNALS_MAX
from strongroom.control.records import Connection, NewRun, Run, StorageRecord
from strongroom.engine.claims import Claims
from strongroom.engine.queue import enqueue_or_continue
from strongroom.errors import AccessDenied, IntegrityError, OperatorError
from strongroom.operations.points import RestorePoint, choose
from strongroom.service.connections import Connections
from strongroom.service.locating import Located, everything, locate, named
from strongroom.service.many_restores import KINDS, MANY, NEWEST_DAYS
from strongroom.service.ports import Purpose
from strongroom.service.restore_orders import (
    RestoreOrder,
    refuse_what_is_for_one,
    require_site,
)
from strongroom.service.rights import Right
from strongroom.service.saved_sources import SavedSource
from strongroom.service.shared import Shared
from strongroom.service.storages import Storages
from strongroom.service.verbs import Verbs, verb
from strongroom.words.job_kind import JobKind
from strongroom.words.json import Json

__all__ = ["RestoreAsking", "RestoreOrder", "Restores"]

RESTORE = JobKind.RESTORE


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """What an order means at this moment."""

    connection: Connection
    storage: StorageRecord
    source: SavedSource
    point: RestorePoint | None
    target: str

    @property
    def granted_as(self) -> str:
        """The source as grants name it."""
        return f"{self.storage.id}/{self.source.name}"


class RestoreAsking:
    """Makes runs of orders, for whoever may have them. Safe in many threads."""

    def __init__(self, shared: Shared, connections: Connections, storages: Storages) -> None:
        self._shared = shared
        self._connections = connections
        self._storages = storages

    def by_person(
        self,
        order: RestoreOrder,
        name: str,
        *,
        is_saved: bool = False,
        only_target: str | None = None,
    ) -> NewRun:
        """Make the run that a person asks for now.

        Args:
            order: What they want.
            name: The verb.
            is_saved: Somebody saved it who might use the connection; a guard is not asked again.
            only_target: The one target that a saved order may write to, as ``KIND:ID``.

        Raises:
            OperatorError: storage, connection, resource or restore point are not there.
            AccessDenied: this source or this target is not the caller's to restore, or needs a
                second person.
            Locked: the connection is guarded, and neither unlocked nor granted.
        """
        if order.is_many:
            return self._many_by_person(order, name)
        found = self._found(order)
        own = self._permitted(found, name, needs_usable=not is_saved)
        limit = only_target or own
        request = _request(order, found, limit)
        things = [found.granted_as, f"{found.connection.id}/{limit or '*'}"]
        self._shared.guard.second_person(self._shared.session, name, things, request)
        return self._new_run(found, request, is_urgent=True)

    def by_schedule(
        self, order: RestoreOrder, *, source: SavedSource, only_target: str | None
    ) -> NewRun:
        """Make the run that a saved order's schedule asks for; nobody is there to be asked.

        No storage is read: the worker's loop waits for this. The restore point is the newest when
        the run begins.

        Args:
            order: What was saved.
            source: What it is about.
            only_target: The one target that it may write to, as ``KIND:ID``; None: any.

        Raises:
            OperatorError: storage or connection are not there.
            AccessDenied: it needs a second person, so a person must ask.
        """
        connection = self._connections.record(order.connection)
        storage = self._storages.record(order.storage)
        marked = [f"{storage.id}/{source.name}", f"{connection.id}/{only_target or '*'}"]
        if self._shared.guard.marked(marked):
            raise AccessDenied(
                "This restore needs a second person, so no schedule can begin it.",
                hint="Run the job by hand: `strongroom job run`.",
            )
        found = _Found(
            connection=connection,
            storage=storage,
            source=source,
            point=None,
            target=order.to or source.reference,
        )
        return self._new_run(found, _request(order, found, only_target), is_urgent=False)

    def saved(self, order: RestoreOrder, name: str) -> tuple[SavedSource, str | None]:
        """Look whether the caller may have this restored whenever they or others like.

        Returns:
            What it is about, and the one target that it may write to, as ``KIND:ID``; None:
            whatever it finds.

        Raises:
            As ``by_person``, but for the second person, who is asked when it runs.
        """
        if order.is_many:
            raise OperatorError(
                "A job restores one mailbox or site.",
                hint="Restore many with `strongroom restore`.",
            )
        found = self._found(order)
        return found.source, self._permitted(found, name, needs_usable=True)

    def _many_by_person(self, order: RestoreOrder, name: str) -> NewRun:
        """Make the run of a restore of many (see ``many_restores``)."""
        shared = self._shared
        refuse_what_is_for_one(order)
        found = self._found_many(order)
        limits = [self._permitted(one, name, needs_usable=True) for one in found]
        first = found[0]
        common = _request(order, first, None)
        for each in ("kind", "id", "resource", "target"):
            del common[each]
        request = {
            **common,
            MANY: [
                {
                    "kind": one.source.kind,
                    "id": one.source.id,
                    "resource": one.source.reference,
                    "target": one.target,
                    **({} if limit is None else {"only_target": limit}),
                }
                for one, limit in zip(found, limits, strict=True)
            ],
            "newest_days": NEWEST_DAYS if order.newest_days is None else order.newest_days,
        }
        things = [
            thing
            for one, limit in zip(found, limits, strict=True)
            for thing in (one.granted_as, f"{one.connection.id}/{limit or '*'}")
        ]
        shared.guard.second_person(shared.session, name, things, request)
        claims = Claims(
            connection=first.connection.id,
            storage=first.storage.id,
            server=self._connections.server_key(first.connection),
            resources=frozenset(
                name.lower() for one in found for name in (one.target, one.source.reference)
            ),
        )
        points = {one.source.name: one.point.id for one in found if one.point is not None}
        return NewRun(
            kind=RESTORE,
            request=request,
            claims=claims.to_json(),
            is_urgent=True,
            pinned={"points": points},
        )

    def _found_many(self, order: RestoreOrder) -> list[_Found]:
        """Find what a restore of many is about, each once.

        Raises:
            OperatorError: one of them is not there or no mailbox, there is none, or too many.
        """
        storage = self._storages.open(order.storage)
        found: dict[str, _Found] = {}
        if order.is_all:
            wanted = [one for one in everything(storage) if one.kind in KINDS]
        else:
            wanted = [locate(storage, one) for one in (order.resource, *order.others)]
        for located in wanted:
            one = self._one_of_many(order, located)
            if one is not None:
                found[one.source.name] = one
        if not found:
            raise OperatorError(
                "The storage holds no mailbox with a restore point.",
                hint="See `strongroom points STORAGE` for what it holds.",
            )
        if len(found) > JOURNALS_MAX - 1:
            raise OperatorError(
                f"These are more than {JOURNALS_MAX - 1:,} mailboxes.",
                hint="Restore them in several runs, each with the names of some.",
            )
        return list(found.values())

    def _one_of_many(self, order: RestoreOrder, located: Located) -> _Found | None:
        """Find one of many; None: of all, one that has nothing to restore."""
        if located.kind not in KINDS:
            raise OperatorError(
                f"Only mailboxes are restored many at once, and this is another thing: "
                f"{located.kind}:{located.id}.",
                hint="Restore it by a command of its own.",
            )
        point: RestorePoint | None = None
        try:
            located, known = named(located)
            if order.is_all and not known:
                return None
            point = choose(located.repository, order.at)
        except OperatorError:
            if order.is_all and order.at is not None:
                return None  # it was not there yet then
            raise
        except IntegrityError:
            # The run says so, of this one; it is in nobody else's way.
            point = None
        return _Found(
            connection=self._connections.record(order.connection),
            storage=self._storages.record(order.storage),
            source=SavedSource.of(located),
            point=point,
            target=located.reference,
        )

    def _found(self, order: RestoreOrder) -> _Found:
        connection = self._connections.record(order.connection)
        storage = self._storages.record(order.storage)
        located = locate(self._storages.open(order.storage), order.resource)
        require_site(order, located.kind)
        return _Found(
            connection=connection,
            storage=storage,
            source=SavedSource.of(located),
            # Refuse now what cannot work later; and what it means now, it means until it is done.
            point=choose(located.repository, order.at),
            # Whatever it was asked for by (its id, an address from before it was renamed): the
            # server knows it by its newest name.
            target=order.to or located.reference,
        )

    def _new_run(self, found: _Found, request: Mapping[str, Json], *, is_urgent: bool) -> NewRun:
        claims = Claims(
            connection=found.connection.id,
            storage=found.storage.id,
            server=self._connections.server_key(found.connection),
            # A set: what is restored into its own source is claimed once, and waits for nobody.
            resources=frozenset({found.target.lower(), found.source.reference.lower()}),
        )
        return NewRun(
            kind=RESTORE,
            request=request,
            claims=claims.to_json(),
            is_urgent=is_urgent,
            pinned=None if found.point is None else {"point": found.point.id},
        )

    def _permitted(self, found: _Found, name: str, *, needs_usable: bool) -> str | None:
        """Look whether the caller may restore this into that.

        Whoever may restore everything everywhere is not looked at. For others the server is asked
        who the target is, and the run writes to nobody else.

        Returns:
            The one target that the run may write to, as ``KIND:ID``; None: whatever it finds.

        Raises:
            AccessDenied, Locked: the caller may not.
        """
        shared, guard = self._shared, self._shared.guard
        source, connection = found.granted_as, found.connection
        guard.confine(shared.session, name, Right.RESTORE, source=source, target=None)
        if needs_usable:
            self._connections.require_usable(connection, name)
        if guard.is_home(shared.session) and not guard.has_marks():
            return None
        if not guard.may_reach_place(shared.session, Right.RESTORE, source, connection.id):
            # Before the server is asked: whoever may restore nothing there learns nothing of it.
            about: dict[str, Json] = {"source": source, "target": f"{connection.id}/?"}
            raise guard.refused(shared.session, name, Right.RESTORE, about)
        with self._connections.open(connection, Purpose.RESTORE) as server:
            target = server.resolve(found.target)
        only = f"{target.kind}:{target.id}"
        into = f"{connection.id}/{only}"
        guard.confine(shared.session, name, Right.RESTORE, source=source, target=into)
        saved_through = None if found.point is None else found.point.host
        if only != found.source.name or saved_through != connection.name:
            elsewhere = Right.RESTORE_ELSEWHERE
            guard.confine(shared.session, name, elsewhere, source=source, target=into)
        return only


class Restores(Verbs):
    """Asks for restore runs. Safe in many threads."""

    noun = "restores"

    def __init__(self, shared: Shared, connections: Connections, storages: Storages) -> None:
        super().__init__(shared)
        self._asking = RestoreAsking(shared, connections, storages)

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
        new = self._asking.by_person(order, "restores.ask")
        return enqueue_or_continue(self._shared.database, new, clock=self._shared.ports.clock)


def _request(order: RestoreOrder, found: _Found, only_target: str | None) -> dict[str, Json]:
    """Describe the restore so that the same command gives the same description."""
    request: dict[str, Json] = {
        "connection": found.connection.id,
        "storage": found.storage.id,
        "kind": found.source.kind,
        "id": found.source.id,
        "resource": found.source.reference,
        "target": found.target,
        "is_target_named": order.to is not None,
        "at": order.at,
        "paths": list(order.paths),
        "items": list(order.items),
        "folder": order.folder,
        "conflict": order.conflict,
        "settings": order.settings,
    }
    if order.people:
        request["people"] = dict(order.people)
    if order.version or order.fields:
        request["narrow"] = {"version": order.version, "fields": list(order.fields)}
    if only_target is not None:
        request["only_target"] = only_target
    return request
