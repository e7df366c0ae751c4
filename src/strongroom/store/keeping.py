"""How a place keeps what it holds from being deleted; a property of the place, not of a home.

``strongroom/keeping/HASH.json``: {"version": 1, "at", "append_only", "lock_mode", "lock_days",
"is_new"}; the newest one counts, nothing is written over. ``…/strongroom/locked/HASH.json``, of the
storage and of each repository: {"version": 1, "at", "until", "files"}: every file that was in use
then is locked until then at least.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

import orjson

from strongroom.errors import IntegrityError, OperatorError
from strongroom.store.backend import BlobBackend, DeleteRefused
from strongroom.store.gojson import dumps, format_time, parse_time

FOLDER = "strongroom/keeping/"
LOCKED = "strongroom/locked/"
GOVERNANCE = "governance"
COMPLIANCE = "compliance"
DAYS_MAX = 36_500
VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeping:
    """What is done against deletion.

    Attributes:
        append_only: Strongroom deletes nothing but its own locks.
        lock_mode: ``governance``, ``compliance``, or empty: files are not locked.
        lock_days: For so long a file is locked from the moment it is stored, or renewed.
        at: Since when; None: nothing was ever said.
        is_new: The storage was empty then: no file in it is older than the lock.
    """

    append_only: bool = False
    lock_mode: str = ""
    lock_days: int = 0
    at: datetime | None = None
    is_new: bool = False

    def __post_init__(self) -> None:
        if self.lock_mode not in {"", GOVERNANCE, COMPLIANCE}:
            raise OperatorError(
                "This way of locking is not known.", hint="Give governance or compliance."
            )
        if bool(self.lock_mode) != bool(self.lock_days) or not 0 <= self.lock_days <= DAYS_MAX:
            raise OperatorError(
                "A lock has a mode and a number of days, from 1 to 36,500.",
                hint="Give both --lock-mode and --lock-days.",
            )

    @property
    def duration(self) -> timedelta:
        """How long a file is locked."""
        return timedelta(days=self.lock_days)

    def until(self, now: datetime) -> datetime:
        """Say until when a file is locked that is stored now."""
        return now + self.duration


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewal:
    """A note that everything in use was locked anew.

    Attributes:
        at: When that began.
        until: Until when each of the files is locked, or longer.
        files: How many.
    """

    at: datetime
    until: datetime
    files: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BroughtBack:
    """What came of bringing back.

    Attributes:
        undeleted: Files that had been deleted.
        restored: Files that others had written over.
        stuck: Files that others had written over and locked; their older version is there still.
    """

    undeleted: int = 0
    restored: int = 0
    stuck: tuple[str, ...] = ()


class Retention(Protocol):
    """Locks objects of a storage's place. Safe in many threads."""

    @property
    def requests(self) -> int:
        """How many requests it has sent."""

    def require(self) -> None:
        """Make sure that the place can lock objects.

        Raises:
            OperatorError: it cannot.
        """

    def lock(self, name: str, until: datetime) -> datetime:
        """Let nobody delete what lies there now before ``until``.

        Returns:
            Until when it is locked now. A later end than ``until`` that was there stays; nobody is
            asked for an earlier one.

        Raises:
            NotStored: nothing lies there.
            OperatorError: it could not be locked.
        """

    def locked_until(self, name: str) -> datetime | None:
        """Say until when what lies there is locked; None: it is not.

        Raises:
            NotStored: nothing lies there.
        """

    def bring_back(self, *, since: datetime | None = None) -> BroughtBack:
        """Show again what was deleted or written over: older versions come back to the top.

        Args:
            since: Only what was deleted at this time or later.
        """


def stays(name: str) -> bool:
    """Say whether a file of a storage is to stay: all but locks, and what tries the place."""
    parts = name.split("/")
    return not (
        (parts[0] == "repositories" and len(parts) > 3 and parts[3] == "locks")
        or name.startswith(("strongroom/locks/", "strongroom/probe/"))
    )


def load_keeping(place: BlobBackend) -> Keeping:
    """Read how a place keeps what it holds.

    Raises:
        IntegrityError: a file that says so cannot be read: nobody may take it for nothing.
    """
    newest = Keeping()
    for name, document in _documents(place, FOLDER):
        try:
            found = Keeping(
                append_only=document["append_only"],
                lock_mode=document["lock_mode"],
                lock_days=document["lock_days"],
                at=parse_time(document["at"]),
                is_new=document["is_new"],
            )
        except (KeyError, TypeError, ValueError, OperatorError):
            raise IntegrityError(
                f"The file {name} does not say how the storage is kept from deletion.",
                hint="Put it back from a copy of the storage, or delete it if it is not ours.",
            ) from None
        if newest.at is None or _weight(found) > _weight(newest):
            newest = found
    return newest


def _weight(keeping: Keeping) -> tuple[float, bool, int, bool, str]:
    """Say what counts more: what is newer, and of two of the same instant what keeps more.

    Two homes may decide at once, and everybody who reads must come to the same.
    """
    at_s = keeping.at.timestamp() if keeping.at else 0.0
    return at_s, keeping.append_only, keeping.lock_days, not keeping.is_new, keeping.lock_mode


def save_keeping(place: BlobBackend, keeping: Keeping) -> None:
    """Keep how a place is kept from now on; ``keeping.at`` must be given."""
    if keeping.at is None:
        raise ValueError("when?")
    document = {
        "version": VERSION,
        "at": format_time(keeping.at),
        "append_only": keeping.append_only,
        "lock_mode": keeping.lock_mode,
        "lock_days": keeping.lock_days,
        "is_new": keeping.is_new,
    }
    _save(place, FOLDER, document)


def last_renewal(folder: BlobBackend, *, since: datetime) -> Renewal | None:
    """Read when everything in a storage's own folder, or in a repository, was locked last.

    Args:
        folder: It.
        since: When it was said how the storage is kept: what was locked before tells nothing of
            what came in between.
    """
    found: list[Renewal] = []
    for _, document in _documents(folder, LOCKED):
        with suppress(KeyError, TypeError, ValueError):
            found.append(
                Renewal(
                    at=parse_time(document["at"]),
                    until=parse_time(document["until"]),
                    files=int(document["files"]),
                )
            )
    counts = (one for one in found if one.at >= since)
    return max(counts, key=lambda one: one.until, default=None)


def save_renewal(folder: BlobBackend, renewal: Renewal) -> None:
    """Keep that everything was locked."""
    old = [name for name, _ in folder.list(LOCKED)]
    document = {
        "version": VERSION,
        "at": format_time(renewal.at),
        "until": format_time(renewal.until),
        "files": renewal.files,
    }
    name = _save(folder, LOCKED, document)
    for one in old:
        if one != name:
            with suppress(DeleteRefused):
                folder.delete(one)


def locked_until(folder: BlobBackend, keeping: Keeping) -> datetime | None:
    """Say until when nothing that is in use in a repository can be deleted; None: it can be.

    A bound that costs two small reads, not the truth of each file: what was in use at the last
    renewal is locked so long, and what came later is locked for longer.
    """
    if not keeping.lock_mode or keeping.at is None:
        return None
    renewal = last_renewal(folder, since=keeping.at)
    if renewal is not None:
        return renewal.until
    return keeping.until(keeping.at) if keeping.is_new else None


def _save(folder: BlobBackend, below: str, document: Any) -> str:  # noqa: ANN401 - JSON
    raw = dumps(document)
    name = f"{below}{hashlib.sha256(raw).hexdigest()}.json"
    folder.save(name, raw)
    return name


def _documents(folder: BlobBackend, below: str) -> Iterator[tuple[str, Any]]:
    for name, _ in folder.list(below):
        try:
            yield name, orjson.loads(folder.load(name))
        except orjson.JSONDecodeError:
            yield name, {}
