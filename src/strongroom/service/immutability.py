"""Verbs that keep what a storage holds from deletion, and bring back what somebody deleted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from strongroom.errors import OperatorError
from strongroom.service import storage_opening
from strongroom.service.renewing import OWN, Renewing
from strongroom.service.rights import Right
from strongroom.service.shared import Shared
from strongroom.service.storages import Storages
from strongroom.service.verbs import Verbs, verb
from strongroom.store.backend import Below
from strongroom.store.folders import folders_in_use
from strongroom.store.keeping import (
    GOVERNANCE,
    BroughtBack,
    Keeping,
    load_keeping,
    locked_until,
    save_keeping,
)
from strongroom.store.renewal import Renewed


@dataclass(frozen=True, slots=True, kw_only=True)
class Protected:
    """How a storage is kept from deletion.

    Attributes:
        keeping: What was decided.
        renewed: What was locked just now.
    """

    keeping: Keeping
    renewed: Renewed = field(default_factory=Renewed)


class Immutability(Verbs):
    """The verbs. Safe in many threads."""

    noun = "immutability"

    def __init__(self, shared: Shared, storages: Storages) -> None:
        super().__init__(shared)
        self._storages = storages

    @verb(Right.MANAGE, is_audited=True)
    def protect(
        self,
        storage: str,
        *,
        append_only: bool | None = None,
        lock_mode: str | None = None,
        lock_days: int | None = None,
    ) -> Protected:
        """Decide how a storage is kept from deletion from now on, and lock what is there.

        What is locked stays locked, whatever is decided later.

        Args:
            storage: Its name.
            append_only: Strongroom deletes nothing in it but its own locks; None: as it is.
            lock_mode: ``governance``, ``compliance``, or empty: locked no more; None: as it is.
            lock_days: For how long; None: as it is.

        Raises:
            OperatorError: it does not lie where objects can be locked, or makes no sense.
        """
        record = self._storages.record(storage)
        opened = storage_opening.opened(self._shared, record)
        before = load_keeping(opened.place)
        mode = before.lock_mode if lock_mode is None else lock_mode
        days = before.lock_days if lock_days is None else lock_days
        keeping = Keeping(
            append_only=before.append_only if append_only is None else append_only,
            lock_mode=mode,
            lock_days=days if mode else 0,
            at=_after(before, self._shared.ports.clock.now()),
            is_new=not opened.repositories(),
        )
        if mode:
            storage_opening.opened_retention(self._shared, record, mode).require()
        save_keeping(opened.place, keeping)
        return Protected(keeping=keeping, renewed=self._renew(record.id) if mode else Renewed())

    @verb(Right.LIST)
    def shown(self, storage: str) -> Keeping:
        """Say how a storage is kept from deletion."""
        record = self._storages.record(storage)
        return load_keeping(storage_opening.opened_backend(self._shared, record))

    @verb(Right.WATCH)
    def until(self, storage: str) -> Mapping[str, datetime]:
        """Say until when no restore point of a resource can be deleted, by ``KIND/ID``.

        The earliest end of all that its restore points need, or an earlier time: a bound that costs
        little. Resources that are not in it can be deleted now.
        """
        opened = self._storages.open(storage)
        keeping = load_keeping(opened.place)
        if not keeping.lock_mode:
            return {}
        own = locked_until(opened.place, keeping)
        now = self._shared.ports.clock.now()
        found: dict[str, datetime] = {}
        for kind, resource_id in opened.repositories():
            there = [
                locked_until(Below(opened.place, folder), keeping)
                for folder in folders_in_use(opened.place, kind, resource_id)
            ]
            ends = [own, *there]
            known = [one for one in ends if one is not None]
            if len(known) == len(ends) and min(known) > now:
                found[f"{kind}/{resource_id}"] = min(known)
        return found

    @verb(Right.MAINTAIN, is_audited=True)
    def renew(self, storage: str) -> Renewed:
        """Lock anew all that a storage has in use, whether it is time or not.

        Raises:
            OperatorError: nothing in it is locked, or something could not be.
        """
        record = self._storages.record(storage)
        if not self.shown(storage).lock_mode:
            raise OperatorError(
                f"What the storage '{storage}' holds is not locked.",
                hint="Give it a lock: `strongroom storage protect NAME --lock-mode governance "
                "--lock-days 30`.",
            )
        return self._renew(record.id)

    @verb(Right.MANAGE, is_audited=True)
    def bring_back(self, storage: str, *, since: datetime | None = None) -> BroughtBack:
        """Show again what was deleted, or written over, in a bucket that keeps versions.

        Nothing is lost by it: what a prune had taken away comes back as well, and the next one
        takes it away again.

        Args:
            storage: Its name.
            since: Only what was deleted at this time or later.

        Raises:
            OperatorError: it lies where no versions are kept.
        """
        record = self._storages.record(storage)
        return storage_opening.opened_retention(self._shared, record, GOVERNANCE).bring_back(
            since=since
        )

    def _renew(self, storage_id: str) -> Renewed:
        renewing = Renewing(self._shared, storage_id)
        opened = self._storages.open_by_id(storage_id)
        folders = [
            folder
            for kind, one in opened.repositories()
            for folder in folders_in_use(opened.place, kind, one)
        ]
        done = [renewing.renew(folder) for folder in (OWN, *folders)]
        return Renewed(
            files=sum(one.files for one in done),
            requests=sum(one.requests for one in done),
            until=min((one.until for one in done if one.until is not None), default=None),
            longer=sum(one.longer for one in done),
            longest=max((one.longest for one in done if one.longest is not None), default=None),
        )


def _after(before: Keeping, now: datetime) -> datetime:
    """Say when: later than the last word, for the newest one counts whosever clock was behind."""
    return now if before.at is None else max(now, before.at + timedelta(seconds=1))
