"""The lock of a storage's keys: of all homes that use the storage, one changes them at a time.

It is a lock as a repository has them (``locks``), in ``strongroom/locks/`` of the storage, sealed
under a key made of the storage key. Without it two homes would read the same record, and the later
one would write over what the earlier one had changed.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from strongroom.clock import Clock
from strongroom.errors import ResourceLocked
from strongroom.store.backend import Below, BlobBackend
from strongroom.store.crypto import MasterKey, Tools
from strongroom.store.documents import Documents
from strongroom.store.locks import HeldLock

FOLDER = "strongroom"
_INFO = b"strongroom: lock of the storage's keys"


class KeysLock:
    """The lock, held by us.

    Args:
        lock: The lock.
    """

    def __init__(self, lock: HeldLock) -> None:
        self._lock = lock

    def confirm(self) -> None:
        """Make sure that nobody else can have changed the keys since; ask before changing them.

        Raises:
            ResourceLocked: it is ours no more.
        """
        try:
            self._lock.confirm()
        except ResourceLocked as error:
            raise changed_by_others(error) from error


@contextmanager
def keys_lock(place: BlobBackend, storage_key: bytes, clock: Clock) -> Iterator[KeysLock]:
    """Hold the lock; one that nobody renewed for half an hour is taken away.

    Args:
        place: The storage's.
        storage_key: 32 bytes.
        clock: Tells when it must be renewed.

    Raises:
        ResourceLocked: somebody else holds it.
    """
    raw = HKDF(hashes.SHA256(), 64, salt=None, info=_INFO).derive(storage_key)
    documents = Documents(Below(place, FOLDER), Tools(MasterKey.from_bytes(raw)))
    lock = HeldLock(documents, clock, exclusive=True, breaks_stale=True)
    try:
        lock.acquire()
    except ResourceLocked as error:
        raise changed_by_others(error) from error
    try:
        yield KeysLock(lock)
    finally:
        lock.release()


def changed_by_others(cause: ResourceLocked | None = None) -> ResourceLocked:
    """Say that somebody else is at it, and that nothing was changed by us."""
    return ResourceLocked(
        "Somebody else changes the keys of this storage at the same time.",
        why="What we began from is not what is there any more."
        if cause is None
        else str(cause).replace("The repository is locked", "They are locked"),
        hint="Wait until they are done (half an hour, if they died in the middle), look at what "
        "there is now with `strongroom storage password list`, and run it again.",
    )
