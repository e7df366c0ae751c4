"""restic's locks: they keep an administrator's ``restic prune`` from a running backup's new packs.

A lock is a sealed file in ``locks/``. Taking one: look for locks that stand in the way → put ours →
wait 200 ms → look again, and take ours back if somebody came at the same moment. A holder renews
its lock every 5 minutes by putting a new one and deleting the old; after 22.5 minutes without a
renewal it must not write any more, because from 30 minutes on others may take the lock for dead.

Source:
    https://restic.readthedocs.io/en/stable/100_references.html#locks
"""

from __future__ import annotations

import getpass
import os
import socket
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta

from strongroom.clock import Clock
from strongroom.errors import IntegrityError, ResourceLocked, StrongroomError
from strongroom.store.backend import NotStored
from strongroom.store.documents import Documents
from strongroom.store.gojson import dumps, format_time, parse_time
from strongroom.store.processes import is_alive

FOLDER = "locks"
RACE_WAIT_S = 0.2
REFRESH_S = 5 * 60.0
TRUST_S = 22.5 * 60.0
STALE = timedelta(minutes=30)
_WAKE_S = 60.0

_HINT = (
    "Wait until it is done. If nothing works on the repository any more, remove dead locks with "
    "`restic unlock`."
)

_held: set[str] = set()
"""Locks this process holds: one with our process id that is not here is of an earlier life."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LockRecord:
    """What a lock file says.

    Attributes:
        time: When it was put, aware, UTC.
        exclusive: Nobody else may do anything.
        host: Where its holder runs.
        user: Who holds it.
        pid: Its holder's process id.
    """

    time: datetime
    exclusive: bool
    host: str
    user: str
    pid: int

    def __str__(self) -> str:
        return (
            f"{self.user}@{self.host} (process {self.pid}, since {self.time:%Y-%m-%d %H:%M:%S} UTC)"
        )


class HeldLock:
    """A lock of ours. Safe in many threads.

    Args:
        documents: Of the repository.
        clock: Tells when to renew.
        exclusive: Which kind of lock.
        breaks_stale: Also remove locks of other machines that are older than 30 minutes, as
            ``restic unlock`` does; whoever held one stops writing at 22.5 minutes.

    Attributes:
        removed: Dead locks that stood in the way and were removed, each in a sentence.
    """

    def __init__(
        self, documents: Documents, clock: Clock, *, exclusive: bool, breaks_stale: bool = False
    ) -> None:
        self._documents = documents
        self._clock = clock
        self.exclusive = exclusive
        self.removed: list[str] = []
        self._breaks_stale = breaks_stale
        self._renewing = threading.Lock()
        self._released = threading.Event()
        self._id = ""
        self._since = (clock.now(), clock.monotonic_s())

    def acquire(self) -> None:
        """Take the lock and keep it fresh in a thread from now on.

        Raises:
            ResourceLocked: somebody else's stands in the way.
        """
        self._refuse_conflict()
        try:
            self._put()
            self._clock.sleep(RACE_WAIT_S)
            self._refuse_conflict()
        except BaseException:
            self._remove(self._id)
            raise
        threading.Thread(target=self._keep_fresh, name="repository lock", daemon=True).start()

    def release(self) -> None:
        """Give the lock back."""
        self._released.set()
        with self._renewing:
            self._remove(self._id)

    def check(self) -> None:
        """Renew the lock if it is time; to be called before every write.

        Raises:
            ResourceLocked: it was not renewed for 22.5 minutes, or somebody removed it. Nothing may
                be written any more.
        """
        with self._renewing:
            age_s = self._age_s()
            if age_s >= TRUST_S:
                raise ResourceLocked(
                    f"Our lock on the repository was not renewed for {age_s / 60:.0f} minutes; "
                    "writing stopped.",
                    why="The storage did not answer, or the machine slept.",
                    hint="Run again; what was finished is kept.",
                )
            if age_s >= REFRESH_S:
                self._renew()

    def confirm(self) -> None:
        """The same as ``check``, and look whether the lock is still there.

        For what others must not have touched since: ``check`` looks only when it renews. A holder
        who finds it there knows that until this moment no prune had the repository.
        """
        self.check()
        self.must_be_there()

    def must_be_there(self) -> None:
        """Raise ``ResourceLocked`` if somebody removed the lock."""
        with self._renewing:
            if not self._is_there():
                raise _removed()

    def _is_there(self) -> bool:
        try:
            self._documents.load(FOLDER, self._id)
        except NotStored:
            return False
        return True

    def _renew(self) -> None:
        """Put a new lock, then delete the old, so that there is always one."""
        old = self._id
        if not self._is_there():
            raise _removed()
        try:
            self._put()
        finally:
            if self._id != old:
                self._remove(old)

    def _keep_fresh(self) -> None:
        """Renew between writes, however far apart. What goes wrong, ``check`` will tell."""
        while not self._released.wait(_WAKE_S):
            try:
                self.check()
            except StrongroomError:
                continue

    def _age_s(self) -> float:
        """Tell the time since the last renewal; the clocks differ when the machine has slept."""
        now, monotonic_s = self._since
        return max(
            (self._clock.now() - now).total_seconds(), self._clock.monotonic_s() - monotonic_s
        )

    def _put(self) -> None:
        since = (self._clock.now(), self._clock.monotonic_s())
        document = {
            "time": format_time(since[0]),
            "exclusive": self.exclusive,
            "hostname": socket.gethostname(),
            "username": _user(),
            "pid": os.getpid(),
            "uid": getattr(os, "getuid", int)(),
            "gid": getattr(os, "getgid", int)(),
        }
        self._id = self._documents.save(FOLDER, dumps(document))
        self._since = since
        _held.add(self._id)

    def _remove(self, lock_id: str) -> None:
        _held.discard(lock_id)
        if lock_id:
            self._documents.delete(FOLDER, lock_id)

    def _refuse_conflict(self) -> None:
        for lock_id, size in sorted(self._documents.sizes(FOLDER).items()):
            if lock_id == self._id or not size:  # restic, too, ignores empty ones
                continue
            record = _read(self._documents, lock_id)
            if record is None:
                continue
            now = self._clock.now()
            if _is_dead(lock_id, record, now) or (self._breaks_stale and _is_stale(record, now)):
                self._documents.settle()  # whoever held it was killed in the middle of something
                self._documents.delete(FOLDER, lock_id)
                self.removed.append(f"A dead lock of {record} was removed.")
            elif self.exclusive or record.exclusive:
                raise ResourceLocked(
                    f"The repository is locked by {record}.", why=_why(record), hint=_HINT
                )


def who_works_alone(documents: Documents, clock: Clock) -> LockRecord | None:
    """Say who has the repository for himself now; None: nobody, dead locks aside.

    Raises:
        ResourceLocked: a lock cannot be read, so nobody knows.
    """
    for lock_id, size in sorted(documents.sizes(FOLDER).items()):
        record = _read(documents, lock_id) if size else None
        now = clock.now()
        is_over = record is None or _is_dead(lock_id, record, now) or _is_stale(record, now)
        if record is not None and record.exclusive and not is_over:
            return record
    return None


def _read(documents: Documents, lock_id: str) -> LockRecord | None:
    """Read a lock; None if it went away in the meantime."""
    try:
        document = documents.load(FOLDER, lock_id)
        return LockRecord(
            time=parse_time(document["time"]),
            exclusive=document["exclusive"],
            host=document["hostname"],
            user=document["username"],
            pid=document["pid"],
        )
    except NotStored:
        return None
    except (IntegrityError, KeyError, TypeError, ValueError) as error:
        raise ResourceLocked(
            f"The lock {FOLDER}/{lock_id} cannot be read, so nobody knows who holds it.",
            why=str(error),
            hint="If nothing works on the repository, remove it with `restic unlock --remove-all`.",
        ) from error


def _is_dead(lock_id: str, record: LockRecord, now: datetime) -> bool:
    """Say whether the holder is certainly gone; of another machine's we cannot know."""
    if record.host != socket.gethostname():
        return False
    if record.pid == os.getpid():
        return lock_id not in _held
    return _is_stale(record, now) or not is_alive(record.pid)


def _is_stale(record: LockRecord, now: datetime) -> bool:
    return now - record.time > STALE


def _removed() -> ResourceLocked:
    return ResourceLocked(
        "Our lock on the repository was removed by somebody else; writing stopped.",
        why="A prune may have deleted what this run has stored so far.",
        hint="Do not unlock a repository while a backup runs. Run again.",
    )


def _why(record: LockRecord) -> str:
    return "It works alone (prune, repair)." if record.exclusive else "It reads or writes."


def _user() -> str:
    try:
        return getpass.getuser()
    except (
        KeyError,
        OSError,
        ImportError,
    ):  # an account without a name, in a container for example
        return ""
