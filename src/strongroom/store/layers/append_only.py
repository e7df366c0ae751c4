"""A backend in which things are only ever added: whoever deletes is refused, ourselves included."""

from __future__ import annotations

from collections.abc import Iterator

from strongroom.store.backend import BlobBackend, Data, DeleteRefused, Stored
from strongroom.store.keeping import stays


class AppendOnly:
    """Does everything with another backend but delete what is to stay.

    Locks are deleted, for whoever takes one must give it back.

    Args:
        inner: The backend, from the root of the storage.
    """

    def __init__(self, inner: BlobBackend) -> None:
        self._inner = inner

    def save(self, name: str, data: Data) -> None:
        """See ``BlobBackend``."""
        self._inner.save(name, data)

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
        """Delete a lock, and refuse everything else, whether it is there or not.

        Raises:
            DeleteRefused: it is to stay.
        """
        if stays(name):
            raise _refusal(f"It stays: {name}.")
        self._inner.delete(name)

    def require_deletes(self) -> None:
        """See ``RefusesDeletes``.

        Raises:
            DeleteRefused: always.
        """
        raise _refusal("")


def _refusal(why: str) -> DeleteRefused:
    return DeleteRefused(
        "The storage is append-only: nothing in it is deleted.",
        why=why,
        hint="To forget restore points and to free room, end that first: `strongroom storage "
        "protect NAME --no-append-only`.",
    )
