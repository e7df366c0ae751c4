"""Locking anew what is in use, before the locks end: old packs are needed by new restore points.

What is listed is what is in use: a prune takes the rest out of the listing (below its markers the
old versions stay until their locks end). Every file costs two requests; so it is done once per half
of the time that locks last, and a note says that it was done for all (``keeping.Renewal``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta

from strongroom.errors import Interrupted
from strongroom.store.backend import Below, BlobBackend, NotStored
from strongroom.store.keeping import (
    Keeping,
    Renewal,
    Retention,
    last_renewal,
    save_renewal,
    stays,
)

BATCH = 500
LANES = 8
_SECOND = timedelta(seconds=1)
"""Services keep whole seconds, rounded up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewed:
    """What came of it.

    Attributes:
        files: That are locked anew.
        requests: That it took.
        until: Until when nothing in use can be deleted.
        longer: Of the files, those that had a later end and keep it: locks were set for more days.
        longest: The last of those ends.
    """

    files: int = 0
    requests: int = 0
    until: datetime | None = None
    longer: int = 0
    longest: datetime | None = None

    def of_longer(self) -> str:
        """Say in a sentence what keeps a later end; empty: nothing does."""
        if self.longest is None:
            return ""
        return (
            f"{self.longer:,} of them stay locked for longer, {self.longest:%Y-%m-%d} at the "
            "latest: a lock is never shortened."
        )


def is_due(folder: BlobBackend, keeping: Keeping, now: datetime) -> bool:
    """Say whether it is time to lock anew what is in use in a folder.

    Args:
        folder: The storage's own folder, or a repository's.
        keeping: How it is kept.
        now: Aware, UTC.
    """
    if not keeping.lock_mode or keeping.at is None:
        return False
    last = last_renewal(folder, since=keeping.at)
    if last is not None:
        until = last.until
    elif keeping.is_new:
        until = keeping.until(keeping.at)
    else:
        return True
    return until - now < keeping.duration / 2


def renew(
    place: BlobBackend,
    prefix: str,
    retention: Retention,
    keeping: Keeping,
    *,
    now: datetime,
    stop: Callable[[], bool] = lambda: False,
) -> Renewed:
    """Lock anew everything that is in use in one folder of a storage.

    Args:
        place: The storage's place.
        prefix: ``repositories/KIND/ID``, or empty: the storage's own few files.
        retention: Locks them.
        keeping: For how long.
        now: Aware, UTC.
        stop: Says whether to end after the batch in hand.

    Raises:
        OperatorError: one could not be locked.
        Interrupted: ``stop`` said so; it begins anew the next time.
    """
    before = retention.requests
    until = keeping.until(now)
    names = _in_use(place, prefix)
    longer: list[datetime] = []
    with ThreadPoolExecutor(LANES, "lock") as lanes:
        for start in range(0, len(names), BATCH):
            if stop():
                raise Interrupted("Locking anew was stopped.")
            batch = names[start : start + BATCH]
            ends = lanes.map(lambda name: _lock(retention, name, until), batch)
            longer += [one for one in ends if one is not None and one - until >= _SECOND]
    folder = Below(place, prefix) if prefix else place
    save_renewal(folder, Renewal(at=now, until=until, files=len(names)))
    return Renewed(
        files=len(names),
        requests=retention.requests - before,
        until=until,
        longer=len(longer),
        longest=max(longer, default=None),
    )


def _in_use(place: BlobBackend, prefix: str) -> Sequence[str]:
    if prefix:
        return [name for name, _ in place.list(f"{prefix}/") if stays(name)]
    own = [name for name, _ in place.list("strongroom/") if stays(name)]
    return [*own, "README.txt"]


def _lock(retention: Retention, name: str, until: datetime) -> datetime | None:
    try:
        return retention.lock(name, until)
    except NotStored:  # a prune took it meanwhile
        return None
