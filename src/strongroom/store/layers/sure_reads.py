"""A backend for whoever mends: what the disk does not give now is no reason to write it anew."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from strongroom.errors import OperatorError
from strongroom.store.backend import BlobBackend, Data, Stored, Unreadable


class SureReads:
    """Ends the work at the first file that cannot be read, and passes on all else.

    Args:
        inner: The backend.
    """

    def __init__(self, inner: BlobBackend) -> None:
        self._inner = inner

    def save(self, name: str, data: Data) -> None:
        """See ``BlobBackend``."""
        self._inner.save(name, data)

    def load(self, name: str) -> bytes:
        """See ``BlobBackend``.

        Raises:
            OperatorError: the disk does not give it.
        """
        with _told():
            return self._inner.load(name)

    def load_range(self, name: str, offset: int, length: int) -> bytes:
        """See ``load``."""
        with _told():
            return self._inner.load_range(name, offset, length)

    def list(self, prefix: str) -> Iterator[Stored]:
        """See ``BlobBackend``."""
        return self._inner.list(prefix)

    def folders(self, prefix: str) -> Iterator[str]:
        """See ``BlobBackend``."""
        return self._inner.folders(prefix)

    def delete(self, name: str) -> None:
        """See ``BlobBackend``."""
        self._inner.delete(name)


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except Unreadable as error:
        raise OperatorError(
            f"Nothing is mended. {error.what}",
            why=f"{error.why}: what cannot be read now may be sound.",
            hint="Copy the storage to a disk that is well, as far as it can be read, and mend that "
            "copy.",
        ) from error
