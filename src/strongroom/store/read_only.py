"""A backend that can be looked at, and not changed: whoever tries has a bug, and is told so."""

from __future__ import annotations

from collections.abc import Iterator

from strongroom.store.backend import BlobBackend, Data, Stored


class ReadOnlyBackend:
    """Reads what another backend keeps.

    Args:
        backend: The backend below.
    """

    def __init__(self, backend: BlobBackend) -> None:
        self._backend = backend

    def save(self, name: str, data: Data) -> None:
        """Refuse."""
        del data
        raise _only_read(name)

    def load(self, name: str) -> bytes:
        """See ``BlobBackend``."""
        return self._backend.load(name)

    def load_range(self, name: str, offset: int, length: int) -> bytes:
        """See ``BlobBackend``."""
        return self._backend.load_range(name, offset, length)

    def list(self, prefix: str) -> Iterator[Stored]:
        """See ``BlobBackend``."""
        return self._backend.list(prefix)

    def folders(self, prefix: str) -> Iterator[str]:
        """See ``BlobBackend``."""
        return self._backend.folders(prefix)

    def delete(self, name: str) -> None:
        """Refuse."""
        raise _only_read(name)


def _only_read(name: str) -> RuntimeError:
    return RuntimeError(f"{name} was to be changed by what may only read")
