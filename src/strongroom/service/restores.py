"""Restores: what is asked for, by whom, and what that means at this moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

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
from strongroom.service.rights import Right
from strongroom.service.saved_sources import SavedSource
from strongroom.service.shared import Shared
from strongroom.service.storages import Storages
from strongroom.service.verbs import Verbs, verb
from strongroom.words.job_kind import JobKind
from strongroom.words.json import Json
from strongroom.words.resource import ResourceKind

RESTORE = JobKind.RESTORE

_DAYS_MAX = 3650


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
        people: Who somebody is in the target, by the saved login or address: for sites, whose
            people left or are called otherwise there.
        version: Of sites: label of the version wanted of every item; empty: as it was last.
        fields: Of sites: columns wanted of every item, by name, into the items that are there.
        others: Further mailboxes, each into itself.
        is_all: Every mailbox that the storage holds; ``resource`` is empty then.
        newest_days: So many of everyone's newest days come first, then the rest; 0: all at once.
            None: as many as is usual if there are several mailboxes, and one mailbox all at once.

    Raises:
        OperatorError: values are to go into what is there, and that is to be left alone; or what is
            asked for cannot be asked of many at once.
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
    people: Mapping[str, str] = field(default_factory=dict)
    version: str = ""
    fields: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    is_all: bool = False
    newest_days: int | None = None

    @property
    def is_many(self) -> bool:
        """Whether it is a restore of many, if perhaps of one alone."""
        return self.is_all or bool(self.others) or self.newest_days is not None

    def __post_init__(self) -> None:
        if self.is_many:
            _refuse_what_is_for_one(self)
        if self.fields and self.conflict == "skip":
            raise OperatorError(
                "Values of columns go into the items that are there.",
                hint="Leave --conflict skip out.",
            )

    def to_json(self) -> dict[str, Json]:
        """Give it as it is kept with a job, which knows its storage and connection by itself."""
        return {
            "resource": self.resource,
            "at": self.at,
            "paths": list(self.paths),
            "items": list(self.items),
            "to": self.to,
            "folder": self.folder,
            "conflict": self.conflict,
            "settings": self.settings,
            "people": dict(self.people),
            "version": self.version,
            "fields": list(self.fields),
        }

    @classmethod
    def from_json(
        cls, document: Mapping[str, Any], *, storage: str, connection: str
    ) -> RestoreOrder:
        """Read what ``to_json`` wrote."""
        return cls(
            storage=storage,
            connection=connection,
            resource=document["resource"],
            at=document["at"],
            paths=tuple(document["paths"]),
            items=tuple(document["items"]),
            to=document["to"],
            folder=document["folder"],
            conflict=document["conflict"],
            settings=document["settings"],
            people=document.get("people") or {},
            version=document.get("version") or "",
            fields=tuple(document.get("fields") or ()),
        )


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
        found = self._found_many(order)
        limits = [self._permitted(one, name, needs_usable=True) for one in found]
        first = found[0]
        request = {
            **_request(order, first, None),
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
        for field_ in ("kind", "id", "resource", "target"):
            del request[field_]
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
        _require_site(order, located.kind)
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


def _refuse_what_is_for_one(order: RestoreOrder) -> None:
    """Refuse what cannot be asked of many at once.

    Raises:
        OperatorError: it was.
    """
    if order.is_all == bool(order.resource):
        raise OperatorError(
            "Name mailboxes, or say that all are meant.", hint="Give names, or --all without any."
        )
    if order.to or order.items or order.version or order.fields or order.people:
        raise OperatorError(
            "A restore of many mailboxes brings each one back into itself.",
            hint="Leave --to, --item, --version, --field and --people out, or name one mailbox "
            "and leave --newest-first out.",
        )
    if order.newest_days is not None and not 0 <= order.newest_days <= _DAYS_MAX:
        raise OperatorError(
            f"Not a number of days: {order.newest_days}.", hint="Give 0 to 3,650; 0: all at once."
        )


def _require_site(order: RestoreOrder, kind: str) -> None:
    if (order.version or order.fields) and kind not in {ResourceKind.SITE, ResourceKind.DRIVE}:
        raise OperatorError(
            "Items of mailboxes have neither versions nor columns.",
            hint="Leave --version and --field out.",
        )


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
