"""A copy of a whole storage at another place: the same storage, opened by the same secrets.

The record of the storage comes last, so half a first copy is no storage that anybody could add; the
repositories before it are whole one by one (``replication``). A copy that was whole says as of when
(``replica_record``).
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import replace
from datetime import datetime

from strongroom.clock import Clock
from strongroom.errors import IntegrityError, OperatorError
from strongroom.store import record as records
from strongroom.store import replica_record
from strongroom.store.arrival import arrives, did_not_arrive, reads_back
from strongroom.store.backend import BlobBackend, DeleteRefused, NameTaken, NotStored
from strongroom.store.door import Door
from strongroom.store.founding import README
from strongroom.store.holds import StoredHolds, copy_holds, is_held
from strongroom.store.home_boxes import boxes, sound_box
from strongroom.store.rekeying import carry_over, delete_sealed_by, move_holds
from strongroom.store.replica_words import Copied, Order
from strongroom.store.replication import copy_repository
from strongroom.store.repository import Repository
from strongroom.store.snapshot import Snapshot
from strongroom.store.storage import Storage


class Replica:
    """A copy in the making, or to be brought up to date.

    Args:
        storage: What is copied.
        place: Where to.
        clock: Time.

    Raises:
        OperatorError: another storage lies there, or something else.
        IntegrityError: the record of the storage is damaged.
    """

    def __init__(self, storage: Storage, place: BlobBackend, clock: Clock) -> None:
        _refuse_others(storage, place)
        self._storage = storage
        self._place = place
        self._clock = clock
        self._twin = storage.elsewhere(place)

    def begin(self) -> None:
        """Mark the place as a copy in the making, before anything else is put there."""
        replica_record.begin(self._place, self._storage.id, self._clock.now())

    def copy(self, kind: str, resource_id: str, order: Order) -> Copied:
        """Bring the copy of one repository up to date (see ``replication.copy_repository``).

        What is on hold here or there is deleted nowhere.
        """
        original = self._storage.door(kind, resource_id)
        former = self._twin.door(kind, resource_id)
        copy = former
        if original.at != former.at:  # given another master key, it lies beside
            copy = self._twin.door_at(kind, resource_id, original.at or resource_id)
        copy_holds(original.backend, copy.backend)
        sides = [side.holds(kind, resource_id) for side in (self._storage, self._twin)]

        def may_go(snapshot: Snapshot) -> bool:
            # Read each time: copying may have taken hours, and a hold may have come meanwhile.
            holds = [one for side in sides for one in side.all()]
            is_kept = is_held(holds, snapshot.id, snapshot.original)
            return not is_kept and order.may_go(snapshot)

        copied = copy_repository(original, copy, replace(order, may_go=may_go))
        if copy is not former and copied.is_whole:
            self._replace(kind, resource_id, (former, copy), copied)
        return copied

    def _replace(
        self, kind: str, resource_id: str, doors: tuple[Door, Door], copied: Copied
    ) -> None:
        """Have the copy under the new key count, with all that the former one alone has."""
        former, copy = doors
        with ExitStack() as held:
            is_carried = True
            if former.is_there():
                try:
                    old = former.open()
                    held.enter_context(old.lock(exclusive=True))
                    self._carry_over(old, self._twin.holds(kind, resource_id), doors, copied)
                except IntegrityError as error:
                    is_carried = False
                    copied.notes.append(
                        f"The former copy, under its former key, stays where it is: {error}"
                    )
            copy.point_here(copy.master_key())
            self._twin.folders.look_again(kind, resource_id)
            if is_carried:
                delete_sealed_by(former)

    def _carry_over(
        self, old: Repository, holds: StoredHolds, doors: tuple[Door, Door], copied: Copied
    ) -> None:
        """Bring along what was backed up into the copy, is held there, or waits for its week."""
        former, copy = doors
        new = copy.open()
        with new.lock():
            mapped = carry_over(old, new)
        move_holds(holds, copy.backend, mapped)
        before, now = replica_record.load_known(former.backend), self._clock.now()
        missed = {id_: before[one] or now for one, id_ in mapped.items() if one in before}
        if missed:
            known = replica_record.load_known(copy.backend)
            replica_record.save_known(copy.backend, {**known, **missed})
        copied.snapshots += len(mapped)
        copied.missed += len(mapped)

    def finish(self, *, whole: Sequence[tuple[str, str]] | None, began: datetime) -> None:
        """Put the record, so that the copy opens with the storage's password and recovery key.

        Args:
            whole: All repositories of the storage, if each of them was copied whole; else None.
            began: When the copying began.

        Raises:
            IntegrityError: something did not arrive as it was sent, or the record of the storage is
                damaged.
        """
        self._copy_homes()
        self._save_readme()
        self._save_record()
        if whole is not None:
            ended = self._clock.now()
            replica_record.say_whole(self._place, began=began, ended=ended, repositories=len(whole))

    def _copy_homes(self) -> None:
        """Bring the sealed copies of homes along, and let those go that their home let go."""
        here, there = (
            {one.name: one for one in boxes(place)} for place in (self._storage.place, self._place)
        )
        for name in sorted(here.keys() - there.keys()):
            content = sound_box(self._storage.place, name)
            if content is not None and not arrives(self._place, name, content):
                raise did_not_arrive(name)
        known = {one.home_id for one in here.values()}
        for name, box in there.items():
            if name not in here and box.home_id in known:
                with suppress(DeleteRefused):
                    self._place.delete(name)

    def _save_record(self) -> None:
        record = records.load_record(self._storage.place)
        is_sound = records.has_record(self._place) and not records.problems(self._place)
        if is_sound and records.load_record(self._place) == record:
            return
        try:
            records.replace_record(self._place, record)
        except DeleteRefused:  # it still opens with the password that it had
            return
        sent = record.to_json()
        for name in (records.NAME, records.COPY_NAME):
            if not reads_back(self._place, name, sent):
                raise did_not_arrive(name)

    def _save_readme(self) -> None:
        try:
            self._place.load(README)
        except NotStored:
            with suppress(NameTaken, NotStored):
                self._place.save(README, self._storage.place.load(README))


def _refuse_others(storage: Storage, place: BlobBackend) -> None:
    if records.has_record(place):
        there = records.load_record(place)
        if there.id != storage.id:
            raise OperatorError(
                "Another storage lies where the copy should be; nothing was changed.",
                hint="Give the copy an empty place of its own.",
            )
        return
    copy_of = replica_record.copy_of(place)
    if copy_of == [storage.id]:
        return
    strange = next((one.name for one in place.list("") if one.name != README), None)
    if strange is not None:
        raise OperatorError(
            "The place for the copy is not empty; nothing was changed.",
            why="A copy of another storage was begun there."
            if copy_of
            else f"There is {strange!r}, for example.",
            hint="Give the copy an empty place of its own.",
        )
