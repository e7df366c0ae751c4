"""Verbs of retention: restore points that go by hand, in seven days or by a second person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from strongroom.control import holds as hold_rows
from strongroom.control.holds import Forgetting
from strongroom.errors import OperatorError
from strongroom.operations.points import RestorePoint
from strongroom.operations.retaining import GRACE, Fate, Verdict
from strongroom.service.keeping import judged
from strongroom.service.locating import locate, named
from strongroom.service.rights import Right
from strongroom.service.shared import Shared
from strongroom.service.storages import Storages
from strongroom.service.verbs import Verbs, verb
from strongroom.store.keeping import load_keeping
from strongroom.words.json import Json

_HEX = frozenset("0123456789abcdef")


@dataclass(frozen=True, slots=True, kw_only=True)
class ToForget:
    """A restore point that is to go, as it is shown.

    Attributes:
        storage: The storage's name; its id where it has none any more.
        resource: ``KIND:ID``.
        point: Its whole id.
    """

    storage: str
    resource: str
    point: str
    asked_by: str
    asked: datetime
    not_before: datetime


class ForgettingByHand(Verbs):
    """The part of the verbs of retention that is about single restore points."""

    noun = "retention"

    def __init__(self, shared: Shared, storages: Storages) -> None:
        super().__init__(shared)
        self._storages = storages

    @verb(Right.MANAGE, is_audited=True)
    def forget(
        self, storage: str, resource: str, points: tuple[str, ...], *, is_at_once: bool = False
    ) -> list[ToForget]:
        """Let restore points go: in seven days, or at once if a second person approves.

        A prune does it then; until then it can be taken back.

        Args:
            storage: Name of the storage.
            resource: Whose they are.
            points: Their ids; eight digits are enough.
            is_at_once: Nothing waits; needs a second person.

        Raises:
            AccessDenied: nobody else has approved yet that nothing waits.
            OperatorError: one of them is not there, is held, or is the last good one.
        """
        shared, record = self._shared, self._storages.record(storage)
        opened = self._storages.open(storage)
        located, known = named(locate(opened, resource))
        now = shared.ports.clock.now()
        chosen = [_by_id(known, one) for one in points]
        verdicts = judged(
            shared.database,
            record.id,
            opened,
            located,
            known,
            protected=load_keeping(opened.place),
            now=now,
        )
        _refuse_what_must_stay(chosen, verdicts)
        if is_at_once:
            about: dict[str, Json] = {
                "storage": storage,
                "resource": f"{located.kind}:{located.id}",
                "points": [*sorted(one.id for one in chosen)],
                "is_at_once": True,
            }
            thing = f"{record.id}/{located.kind}:{located.id}"
            shared.guard.second_person(
                shared.session, "retention.forget", [thing], about, is_always=True
            )
        wait = timedelta() if is_at_once else GRACE
        wanted = [
            Forgetting(
                storage_id=record.id,
                kind=located.kind,
                resource_id=located.id,
                point=one.id,
                asked_by=shared.session.caller.ids[0],
                asked=now,
                not_before=now + wait,
            )
            for one in chosen
        ]
        with shared.database.write() as db:
            for one in wanted:
                hold_rows.put_forgetting(db, one)
        return [_to_forget(one, {record.id: record.name}) for one in wanted]

    @verb(Right.MANAGE, is_audited=True)
    def keep_after_all(self, storage: str, resource: str, points: tuple[str, ...] = ()) -> int:
        """Take back that restore points are to go; none named: all of the resource.

        Returns:
            How many stay that would have gone.

        Raises:
            OperatorError: no such storage or resource.
        """
        record = self._storages.record(storage)
        located = locate(self._storages.open(storage), resource)
        with self._shared.database.write() as db:
            known = hold_rows.forgetting_of(db, record.id, located.kind, located.id)
            chosen = [
                one.point
                for one in known
                if not points or any(_is_named(one.point, wanted) for wanted in points)
            ]
            return hold_rows.remove_forgetting(db, record.id, located.kind, located.id, chosen)

    @verb(Right.WATCH)
    def forgetting(self) -> list[ToForget]:
        """List the restore points that are to go by hand, the first to go first."""
        names = {one.id: one.name for one in self._storages.all()}
        with self._shared.database.read() as db:
            return [_to_forget(one, names) for one in hold_rows.all_forgetting(db)]


def _refuse_what_must_stay(chosen: list[RestorePoint], verdicts: list[Verdict]) -> None:
    """Refuse what would never go, so that nobody believes it will."""
    why_of = {
        one.point.id: one.why
        for one in verdicts
        if one.fate is Fate.STAYS and one.why.startswith(("held: ", "the last good"))
    }
    for one in chosen:
        if one.id in why_of:
            raise OperatorError(
                f"The restore point {one.id[:12]} cannot be forgotten.",
                why=f"It is {why_of[one.id].removeprefix('is ')}.",
                hint="A hold is taken off with `strongroom hold remove`; the last good restore "
                "point goes when there is a newer one.",
            )


def _by_id(known: list[RestorePoint], wanted: str) -> RestorePoint:
    found = [one for one in known if _is_named(one.id, wanted)]
    if len(found) != 1:
        raise OperatorError(
            f"This resource has no restore point {wanted!a}."
            if not found
            else f"{wanted} is too short to name one restore point.",
            hint="`strongroom points STORAGE --resource R` lists them; give eight digits or more.",
        )
    return found[0]


def _is_named(point_id: str, wanted: str) -> bool:
    digits = wanted.lower().removeprefix("point:")
    return len(digits) >= 4 and set(digits) <= _HEX and point_id.startswith(digits)


def _to_forget(one: Forgetting, names: dict[str, str]) -> ToForget:
    return ToForget(
        storage=names.get(one.storage_id, one.storage_id),
        resource=f"{one.kind}:{one.resource_id}",
        point=one.point,
        asked_by=one.asked_by,
        asked=one.asked,
        not_before=one.not_before,
    )
