"""Where the bytes of a storage lie: named, immutable byte strings in folders.

A name is a relative path with forward slashes (``repositories/mailbox/ID/data/ab/abcd…``). Nothing
above this seam
knows whether it is a directory, a bucket, or memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, Protocol, runtime_checkable

from strongroom.errors import IntegrityError, OperatorError

Data = bytes | bytearray | memoryview


class Stored(NamedTuple):
    """One entry of a listing: the whole name, and how many bytes lie under it."""

    name: str
    size: int


class NotStored(IntegrityError):
    """Nothing lies under this name; whoever only asks whether it is there catches this."""


class NameTaken(IntegrityError):
    """Other bytes lie under this name already; nothing was written over."""


class Unreadable(IntegrityError):
    """The disk does not give what lies there: a bad sector, or a share that is ill.

    Whoever reads takes it for damage, so that all else is still had. Whoever mends must stop: what
    cannot be read now may be sound (``layers.sure_reads``).
    """


class DeleteRefused(OperatorError):
    """What lies there stays, for now or for good: the storage lets nobody delete it."""


class BlobBackend(Protocol):
    """Keeps named, immutable byte strings. Every method is safe to call from many threads.

    What ``save`` has returned from survives a power cut. Errors that every method may raise besides
    its own: ``OperatorError`` when the operating system or the service refuses (rights, a disk that
    is not there).
    """

    def save(self, name: str, data: Data) -> None:
        """Store ``data`` under ``name``, all or nothing; saving the same bytes again is allowed.

        Raises:
            StorageFull: nothing was stored.
            NameTaken: other bytes are there already, and stay.
        """

    def load(self, name: str) -> bytes:
        """Read all bytes under ``name``.

        Raises:
            NotStored: nothing is there.
            IntegrityError: there is more than any such file has (``limits``); it was not read.
            Unreadable: the disk does not give it.
        """

    def load_range(self, name: str, offset: int, length: int) -> bytes:
        """Read exactly ``length`` bytes from ``offset`` on.

        Raises:
            NotStored: nothing is there.
            IntegrityError: it ends earlier.
            Unreadable: the disk does not give it.
        """

    def list(self, prefix: str) -> Iterator[Stored]:
        """List everything below the folder ``prefix`` (ends with ``/``, or empty), in any order.

        A folder that is not there is empty. What is only half written is not listed.
        """

    def folders(self, prefix: str) -> Iterator[str]:
        """Name the folders directly below the folder ``prefix``, without the prefix, in order."""

    def delete(self, name: str) -> None:
        """Remove what lies under ``name``; nothing there is fine."""


@runtime_checkable
class RefusesDeletes(Protocol):
    """A backend in which things may be only ever added."""

    def require_deletes(self) -> None:
        """Say whether things can be deleted at all.

        Raises:
            DeleteRefused: they cannot.
        """


@runtime_checkable
class Settles(Protocol):
    """A backend in which something may be seen before it is durable, if its writer was killed."""

    def settle(self, folder: str) -> None:
        """Make all durable that can be seen below a folder (without a slash; empty: everything)."""


class Below:
    """A backend seen from one of its folders: what it stores as ``a`` lies there as ``FOLDER/a``.

    Args:
        backend: The backend below.
        folder: Name of the folder, without a slash at the end.

    Attributes:
        folder: The same.
    """

    def __init__(self, backend: BlobBackend, folder: str) -> None:
        self.folder = folder
        self._backend = backend
        self._prefix = f"{folder}/"

    @property
    def inner(self) -> BlobBackend:
        """The backend below."""
        return self._backend

    def save(self, name: str, data: Data) -> None:
        """See ``BlobBackend``."""
        self._backend.save(self._prefix + name, data)

    def load(self, name: str) -> bytes:
        """See ``BlobBackend``."""
        return self._backend.load(self._prefix + name)

    def load_range(self, name: str, offset: int, length: int) -> bytes:
        """See ``BlobBackend``."""
        return self._backend.load_range(self._prefix + name, offset, length)

    def list(self, prefix: str) -> Iterator[Stored]:
        """See ``BlobBackend``."""
        for name, size in self._backend.list(self._prefix + prefix):
            yield Stored(name.removeprefix(self._prefix), size)

    def folders(self, prefix: str) -> Iterator[str]:
        """See ``BlobBackend``."""
        return self._backend.folders(self._prefix + prefix)

    def delete(self, name: str) -> None:
        """See ``BlobBackend``."""
        self._backend.delete(self._prefix + name)


def require_deletes(backend: BlobBackend) -> None:
    """Find out, before anything else is done, whether things can be deleted at all.

    Raises:
        DeleteRefused: they cannot.
    """
    while isinstance(backend, Below):
        backend = backend.inner
    if isinstance(backend, RefusesDeletes):
        backend.require_deletes()


def settle(backend: BlobBackend) -> None:
    """Make all durable that can be seen in a backend, whoever stored it and was killed.

    Between the moment in which a file can be seen and the one in which it is durable its writer may
    be killed. Whoever builds on what such a one left asks for this first, or a power cut could
    still take it.
    """
    folders: list[str] = []
    while isinstance(backend, Below):
        folders.insert(0, backend.folder)
        backend = backend.inner
    if isinstance(backend, Settles):
        backend.settle("/".join(folders))
