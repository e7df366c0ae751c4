"""A backend that nothing can be changed in, whatever is called by mistake."""

from __future__ import annotations

from collections.abc import Iterator

from strongroom.errors import OperatorError
from strongroom.store.backend import BlobBackend, Data, Stored


class ReadOnly:
    """Reads from another backend and refuses every change.

    Args:
        inner: The backend.
    """

    def __init__(self, inner: BlobBackend) -> None:
        self._inner = inner

    def save(self, name: str, data: Data) -> None:
        """Refuse.

        Raises:
            OperatorError: always.
        """
        del data
        raise _refusal(name, "stored")

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
        """Refuse.

        Raises:
            OperatorError: always.
        """
        raise _refusal(name, "deleted")


def _refusal(name: str, done: str) -> OperatorError:
    return OperatorError(
        f"{name} was not {done}: the storage was opened for reading alone.",
        hint="Do what changes the storage where it was added.",
    )
