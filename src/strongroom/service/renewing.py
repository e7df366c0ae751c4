"""Locking anew what a storage has in use, as part of the runs that write to it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime

from strongroom.control import storages as rows
from strongroom.control.records import StorageRecord
from strongroom.errors import OperatorError
from strongroom.service import storage_opening
from strongroom.service.shared import Shared
from strongroom.store.backend import Below, BlobBackend
from strongroom.store.folders import folders_in_use
from strongroom.store.keeping import Keeping, Retention, load_keeping
from strongroom.store.renewal import Renewed, is_due, renew

OWN = ""
"""The storage's own few files, beside its repositories."""


class Renewing:
    """Of one storage, for one run in one worker. Safe in many threads; asks nothing before it must.

    Args:
        shared: The home.
        storage_id: Of the storage's row.
        stop: Says whether the run is to end.
    """

    def __init__(
        self, shared: Shared, storage_id: str, *, stop: Callable[[], bool] = lambda: False
    ) -> None:
        self._shared = shared
        self._id = storage_id
        self._stop = stop
        self._opening = threading.Lock()
        self._opened: tuple[BlobBackend, Keeping] | None = None
        self._retention: Retention | None = None

    def after(self, kind: str, resource_id: str) -> tuple[str, ...]:
        """Lock anew what a repository has in use, and the storage's own files, if it is time.

        Returns:
            What was done, for the ledger.

        Raises:
            OperatorError: something could not be locked.
            Interrupted: as ``stop`` said.
        """
        place, keeping = self._place()
        if not keeping.lock_mode:
            return ()
        told: list[str] = []
        for prefix in (OWN, *folders_in_use(place, kind, resource_id)):
            if is_due(Below(place, prefix) if prefix else place, keeping, self._now()):
                done = self.renew(prefix)
                if prefix and done.until is not None:
                    told.append(
                        f"Locked anew until {done.until:%Y-%m-%d}: {done.files:,} files, "
                        f"{done.requests:,} requests. {done.of_longer()}".rstrip()
                    )
        return tuple(told)

    def renew(self, prefix: str) -> Renewed:
        """Lock anew what is in use in a folder, whether it is time or not.

        Raises:
            OperatorError: something could not be locked.
            Interrupted: as ``stop`` said.
        """
        place, keeping = self._place()
        return renew(place, prefix, self._locks(keeping), keeping, now=self._now(), stop=self._stop)

    def _now(self) -> datetime:
        return self._shared.ports.clock.now()

    def _place(self) -> tuple[BlobBackend, Keeping]:
        with self._opening:
            if self._opened is None:
                place = storage_opening.opened_backend(self._shared, self._record())
                self._opened = (place, load_keeping(place))
            return self._opened

    def _locks(self, keeping: Keeping) -> Retention:
        with self._opening:
            if self._retention is None:
                self._retention = storage_opening.opened_retention(
                    self._shared, self._record(), keeping.lock_mode
                )
            return self._retention

    def _record(self) -> StorageRecord:
        with self._shared.database.read() as db:
            record = rows.by_id(db, self._id)
        if record is None:
            raise OperatorError("The storage is not known any more.")
        return record


def told_of_locks(place: BlobBackend, now: datetime) -> tuple[str, ...]:
    """Say what becomes of deleted files where objects are locked; nothing to say elsewhere."""
    keeping = load_keeping(place)
    if not keeping.lock_mode:
        return ()
    told = (
        "What was deleted stays below, locked, each file until its own day "
        f"({keeping.until(now):%Y-%m-%d} at the latest, as locks are set now); no room is freed "
        "before."
    )
    return (told,)
