"""A backend whose files are locked as they come, for a time in which nobody can delete them."""

from __future__ import annotations

from collections.abc import Iterator

from strongroom.clock import Clock
from strongroom.store.backend import BlobBackend, Data, Stored
from strongroom.store.keeping import Keeping, Retention, stays


class Locking:
    """Stores with another backend, then locks.

    Between the two a file is there and not locked, if we are killed then: the next renewal locks
    it.

    Args:
        inner: The backend, from the root of the storage.
        retention: Locks objects of the same place.
        keeping: For how long.
        clock: Time.
    """

    def __init__(
        self, inner: BlobBackend, retention: Retention, keeping: Keeping, clock: Clock
    ) -> None:
        self._inner = inner
        self._retention = retention
        self._keeping = keeping
        self._clock = clock

    def save(self, name: str, data: Data) -> None:
        """See ``BlobBackend``.

        Raises:
            OperatorError: it was stored and could not be locked.
        """
        self._inner.save(name, data)
        if stays(name):
            self._retention.lock(name, self._keeping.until(self._clock.now()))

    def load(self, name: str) -> bytes:
        """See ``BlobBackend``."""
        return self._inner.load(name)

    def load_range(self, name: str, offset: int, length: int) -> bytes:
        """See ``BlobBackend``."""
        return self._inner.load_range(name, offset, length)

    def list(self, prefix: str) -> Iterator[Stored]:
        """See ``BlobBackend``."""
        return self._inner.list(prefix)

    def folders(self, prefix: str) -> Iterator[str]:
        """See ``BlobBackend``."""
        return self._inner.folders(prefix)

    def delete(self, name: str) -> None:
        """See ``BlobBackend``. What is locked stays below as an older version."""
        self._inner.delete(name)
