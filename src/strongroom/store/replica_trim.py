"""Taking out of a copy what a forget and a prune took out of the original.

A snapshot goes only if it came from the original, is missed there for seven days, and the original
has a newer one: an original that somebody emptied empties no copy, and there is a week to stop the
job. Index files and packs go only when every snapshot that the copy holds then needs them no more.
All of it is done under the copy's exclusive lock, after everything new has arrived.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from strongroom.clock import Clock
from strongroom.errors import IntegrityError, ResourceLocked
from strongroom.store import index, replica_record, snapshot
from strongroom.store.backend import DeleteRefused, NotStored
from strongroom.store.locks import HeldLock
from strongroom.store.pack import pack_name
from strongroom.store.places import Places
from strongroom.store.replica_needs import needs
from strongroom.store.replica_side import Listing, Side
from strongroom.store.snapshot import Snapshot

KEPT_FOR = timedelta(days=7)
"""So long a copy keeps a snapshot that the original has no more."""


class Trim:
    """One repository's. The original's lock is held by the caller.

    Args:
        original: The repository.
        copy: Its copy.
        clock: Time.
        may_go: Which snapshots may be deleted; asked again right before.

    Attributes:
        snapshots: How many the copy holds afterwards.
        missed: How many of those the original has no more.
        notes: What a person should know.
    """

    def __init__(
        self,
        original: Side,
        copy: Side,
        clock: Clock,
        may_go: Callable[[Snapshot], bool],
    ) -> None:
        self._from = original
        self._to = copy
        self._clock = clock
        self._may_go = may_go
        self._removed = 0
        self.snapshots = 0
        self.missed = 0
        self.notes: list[str] = []

    def run(self, here: Listing, *, is_sound: bool) -> int:
        """Delete what may go; say how many files did.

        Args:
            here: What the original held when the copying began.
            is_sound: All of that has arrived; otherwise nothing is deleted.
        """
        there = self._to.list()
        gone = self._going(here, there)
        has_more = set(there.indexes) > set(here.indexes) or set(there.packs) > set(here.packs)
        if is_sound and (gone or has_more):
            try:
                with self._to.locked(exclusive=True) as lock:
                    self._delete(gone, here, lock)
            except (DeleteRefused, ResourceLocked) as error:
                self.notes.append(f"Nothing more was taken out of the copy: {error}")
        left = set(self._to.documents.ids(snapshot.FOLDER))
        self.snapshots, self.missed = len(left), len(left - set(here.snapshots))
        return self._removed

    def _going(self, here: Listing, there: Listing) -> list[Snapshot]:
        """Name the snapshots whose time has come, and keep in mind which are missed since today."""
        known, now = replica_record.load_known(self._to.backend), self._clock.now()
        missing = [one for one in there.snapshots if one not in here.snapshots and one in known]
        since = {one: known[one] or now for one in missing}
        then: dict[str, datetime | None] = {
            one: since.get(one) for one in known if one in there.snapshots or one in here.snapshots
        }
        if then != known:
            replica_record.save_known(self._to.backend, then)
        due = [one for one in missing if now - since[one] >= KEPT_FOR]
        if not due:
            return []
        newest = self._newest(here)
        gone: list[Snapshot] = []
        for one in due:
            try:
                found = self._load(self._to, one)
            except IntegrityError:  # damaged: for a person to look at
                continue
            if newest is not None and found.time < newest and self._may_go(found):
                gone.append(found)
        self._tell_staying(len(due) - len(gone))
        return gone

    def _tell_staying(self, count: int) -> None:
        if count:
            self.notes.append(
                f"{count:,} restore points that the storage has no more stay in the copy: they are "
                "newer than all that it has, or held."
            )

    def _newest(self, here: Listing) -> datetime | None:
        """Say when the newest snapshot was made that both sides have."""
        times: list[datetime] = []
        for one in set(here.snapshots) & set(self._to.documents.ids(snapshot.FOLDER)):
            try:
                times.append(self._load(self._from, one).time)
            except (IntegrityError, NotStored):
                continue
        return max(times, default=None)

    def _load(self, side: Side, one: str) -> Snapshot:
        return snapshot.decode_snapshot(one, side.documents.load(snapshot.FOLDER, one))

    def _delete(self, gone: list[Snapshot], here: Listing, lock: HeldLock) -> None:
        kept = 0
        for one in gone:
            if self._may_go(one):  # a hold may have come since
                self._drop(f"{snapshot.FOLDER}/{one.id}", lock)
            else:
                kept += 1
        self._tell_staying(kept)
        there = self._to.list()
        try:
            old = self._old_indexes(here, there)
        except (IntegrityError, ValueError) as error:
            self.notes.append(f"Nothing was taken out of the copy's data: {error}")
            return
        lock.confirm()
        for file_id in sorted(old):
            self._drop(f"{index.FOLDER}/{file_id}", lock)
        named: set[bytes] = set()
        for file_id in sorted(set(there.indexes) - old):
            named |= {one.pack for one in index.load_index(self._to.documents, file_id)}
        for pack in sorted(set(there.packs) - set(here.packs) - named):
            self._drop(pack_name(pack), lock)

    def _old_indexes(self, here: Listing, there: Listing) -> set[str]:
        """Name the copy's index files that the original has no more and that nothing needs.

        Raises:
            IntegrityError, ValueError: something that a snapshot needs is nowhere: nothing goes.
        """
        if not set(here.indexes) <= set(there.indexes):
            raise IntegrityError("an index of the original is not there.")
        own = sorted(set(there.indexes) - set(here.indexes))
        if not own:
            return set()
        places = Places(there.packs)
        for file_id in (*sorted(here.indexes), *own):
            places.add(self._to.documents, file_id)
        readers = [side.reader() for side in (self._from, self._to)]
        roots = [self._load(self._to, one).tree for one in there.snapshots]
        kept: set[str] = set()
        for blob in needs(readers, roots):
            files = places.files_that_name(blob)
            if not files:
                raise IntegrityError(f"the blob {blob[1].hex()} is missing in the copy.")
            if files[0] not in here.indexes:
                kept.add(files[0])
        return set(own) - kept

    def _drop(self, name: str, lock: HeldLock) -> None:
        lock.check()
        self._to.backend.delete(name)
        self._removed += 1
