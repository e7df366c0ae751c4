"""Verbs of holds: what must not be forgotten, whatever rules and people say."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from strongroom.control import holds as rows
from strongroom.control import storages as storage_rows
from strongroom.control.holds import Hold
from strongroom.control.records import StorageRecord
from strongroom.errors import OperatorError, StrongroomError
from strongroom.operations.points import choose, points
from strongroom.operations.retaining import GRACE
from strongroom.service.holds_in_time import look_after_holding, too_late
from strongroom.service.keeping import as_stored
from strongroom.service.locating import locate, named
from strongroom.service.rights import Right
from strongroom.service.shared import Shared
from strongroom.service.storages import Storages
from strongroom.service.verbs import Verbs, verb
from strongroom.store.holds import StoredHold
from strongroom.store.storage import Storage
from strongroom.words.json import Json

_REASON_MAX = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldView:
    """A hold as it is shown.

    Attributes:
        storage: The storage's name.
        kind: Kind of resource.
        resource_id: Which.
        resource: How it is called.
        point: Id of the one restore point; empty: all.
        at: Since when; None: its file cannot be read.
        released: When it was taken off; None: it stands.
        keeps_until: What it kept waits until then, once it was taken off; None: it stands.
        is_recorded_here: This home has it in its own database, not only the storage.
        is_in_storage: The storage has it, so that other homes see it.
        too_late: Just put there, it found these restore points gone.
        is_in_doubt: Just put there, it met somebody who has the repository for himself: a restore
            point may still go that was on its way already.
    """

    id: str
    storage: str
    kind: str
    resource_id: str
    resource: str
    point: str
    reason: str
    held_by: str
    at: datetime | None
    released: datetime | None
    released_by: str
    keeps_until: datetime | None
    is_recorded_here: bool
    is_in_storage: bool
    too_late: tuple[str, ...] = ()
    is_in_doubt: bool = False


class Holds(Verbs):
    """The verbs. Safe in many threads."""

    noun = "holds"

    def __init__(self, shared: Shared, storages: Storages) -> None:
        super().__init__(shared)
        self._storages = storages

    @verb(Right.MANAGE, is_audited=True)
    def add(
        self, storage: str, resource: str, *, reason: str, point: str | None = None
    ) -> HoldView:
        """Let nothing of a resource be forgotten, or one restore point of it.

        It is put into the storage first, and then here: once this returns, both have it.

        Raises:
            OperatorError: no such storage, resource or point; or no reason was given; or the one
                point went in that very moment.
        """
        if not reason.strip() or len(reason) > _REASON_MAX:
            raise OperatorError(
                "A hold needs a reason.",
                why="Whoever wants to take it off one day has to know why it is there.",
                hint=f"Give --reason TEXT, {_REASON_MAX} characters at most.",
            )
        record, opened = self._storages.record(storage), self._storages.open(storage)
        located, known = named(locate(opened, resource))
        chosen = "" if point is None else choose(located.repository, f"point:{_digits(point)}").id
        hold = Hold(
            id=secrets.token_hex(5),
            storage_id=storage_rows.own_id(record.id),
            kind=located.kind,
            resource_id=located.id,
            point=chosen,
            reason=reason.strip(),
            held_by=self._shared.session.caller.ids[0],
            at=self._shared.ports.clock.now(),
        )
        stored = StoredHold(
            id=hold.id, point=chosen, reason=hold.reason, by=hold.held_by, at=hold.at
        )
        beside, clock = opened.holds(located.kind, located.id), self._shared.ports.clock
        beside.add(stored)
        wanted = [chosen] if chosen else [one.id for one in known]
        found = look_after_holding(located.repository, wanted, clock)
        if chosen in found.gone:
            beside.release(hold.id, by=hold.held_by, at=clock.now())
            raise too_late(chosen)
        with self._shared.database.write() as db:
            rows.add_hold(db, hold)
        view = _view(record.name, located.reference, hold, stored)
        return replace(view, too_late=found.gone, is_in_doubt=found.is_in_doubt)

    @verb(Right.WATCH)
    def all(self, storage: str | None = None, *, is_whole: bool = False) -> list[HoldView]:
        """List what is held, in this home's database and in the storages themselves.

        Args:
            storage: Only there.
            is_whole: Those too that keep nothing any more.

        Raises:
            OperatorError: no such storage, or it cannot be opened.
        """
        records = self._records(storage)
        found = [view for record in records for view in self._of_storage(record)]
        now = self._shared.ports.clock.now()
        chosen = [
            one for one in found if is_whole or one.keeps_until is None or one.keeps_until > now
        ]
        return sorted(chosen, key=lambda one: (one.storage, one.resource, one.id))

    @verb(Right.MANAGE, is_audited=True)
    def remove(self, storage: str, hold_id: str, *, is_at_once: bool = False) -> HoldView:
        """Take a hold off. What it kept waits seven days; at once if a second person approves.

        Args:
            storage: Name of the storage.
            hold_id: The hold's id, as it is listed.
            is_at_once: Nothing waits; needs a second person.

        Raises:
            AccessDenied: nobody else has approved yet that nothing waits.
            OperatorError: there is no such hold, or it was taken off before.
        """
        shared, record = self._shared, self._storages.record(storage)
        found = [one for one in self._of_storage(record) if one.id == hold_id]
        if not found or (found[0].released is not None and not is_at_once):
            raise OperatorError(
                "There is no such hold in this storage."
                if not found
                else "It was taken off before.",
                hint="`strongroom hold list` lists those that there are, with their ids.",
            )
        (one,) = found
        if is_at_once:
            thing = f"{record.id}/{one.kind}:{one.resource_id}"
            about: dict[str, Json] = {"storage": storage, "hold_id": hold_id, "is_at_once": True}
            shared.guard.second_person(
                shared.session, "holds.remove", [thing], about, is_always=True
            )
        now, by = shared.ports.clock.now(), shared.session.caller.ids[0]
        if one.is_in_storage:
            opened = self._storages.open(storage)
            opened.holds(one.kind, one.resource_id).release(hold_id, by=by, at=now)
        with shared.database.write() as db:
            if not one.is_recorded_here:
                # So that this home, too, knows that it stood and when it ended.
                rows.add_hold(db, _recorded(one, record, now))
            rows.release(db, hold_id, by=by, now=now, is_at_once=is_at_once)
        return next(view for view in self._of_storage(record) if view.id == hold_id)

    def _records(self, storage: str | None) -> list[StorageRecord]:
        if storage is not None:
            return [self._storages.record(storage)]
        with self._shared.database.read() as db:
            return storage_rows.everything(db)

    def _of_storage(self, record: StorageRecord) -> list[HoldView]:
        own_id = storage_rows.own_id(record.id)
        with self._shared.database.read() as db:
            here = [one for one in rows.all_holds(db) if one.storage_id == own_id]
        opened = self._storages.open_by_id(record.id)
        found: list[HoldView] = []
        seen: set[str] = set()
        for kind, resource_id in opened.repositories():
            stored = opened.holds(kind, resource_id).all()
            its_own = [one for one in here if (one.kind, one.resource_id) == (kind, resource_id)]
            if stored or its_own:
                reference = _reference(opened, kind, resource_id)
                found += _views(record.name, reference, (kind, resource_id), its_own, stored)
                seen.update(one.id for one in its_own)
        # What it held is not there any more; the hold is.
        found += [
            _view(record.name, one.resource_id, one, None) for one in here if one.id not in seen
        ]
        return found


def _reference(storage: Storage, kind: str, resource_id: str) -> str:
    """Name a resource by its newest point, unless it is too damaged to tell."""
    try:
        known = points(storage.repository(kind, resource_id))
    except StrongroomError:
        return resource_id
    return known[0].resource if known else resource_id


def _views(
    storage: str,
    reference: str,
    resource: tuple[str, str],
    here: Sequence[Hold],
    stored: Sequence[StoredHold],
) -> list[HoldView]:
    by_id = {one.id: one for one in stored}
    views = [
        _view(storage, reference, one, by_id.pop(one.id, None)) for one in as_stored(here, stored)
    ]
    return views + [_elsewhere(storage, reference, resource, one) for one in by_id.values()]


def _view(storage: str, reference: str, hold: Hold, stored: StoredHold | None) -> HoldView:
    grace = timedelta() if hold.is_at_once else GRACE
    return HoldView(
        id=hold.id,
        storage=storage,
        kind=hold.kind,
        resource_id=hold.resource_id,
        resource=reference,
        point=hold.point,
        reason=hold.reason,
        held_by=hold.held_by,
        at=hold.at,
        released=hold.released,
        released_by=hold.released_by or "",
        keeps_until=None if hold.released is None else hold.released + grace,
        is_recorded_here=True,
        is_in_storage=stored is not None,
    )


def _elsewhere(
    storage: str, reference: str, resource: tuple[str, str], hold: StoredHold
) -> HoldView:
    return HoldView(
        id=hold.id,
        storage=storage,
        kind=resource[0],
        resource_id=resource[1],
        resource=reference,
        point=hold.point,
        reason=hold.reason,
        held_by=hold.by,
        at=hold.at,
        released=hold.released,
        released_by=hold.released_by,
        keeps_until=None if hold.released is None else hold.released + GRACE,
        is_recorded_here=False,
        is_in_storage=True,
    )


def _recorded(view: HoldView, record: StorageRecord, now: datetime) -> Hold:
    return Hold(
        id=view.id,
        storage_id=storage_rows.own_id(record.id),
        kind=view.kind,
        resource_id=view.resource_id,
        point=view.point,
        reason=view.reason,
        held_by=view.held_by,
        at=view.at or now,
    )


def _digits(point: str) -> str:
    return point.removeprefix("point:")
