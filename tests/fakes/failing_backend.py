"""Backends that fail as planned, and tell whether the plan came true."""

from __future__ import annotations

from collections.abc import Iterator

from strongroom.errors import StorageFull
from strongroom.store.backend import BlobBackend, Data, Stored
from tests.fakes.faults import PowerCut


class CrashingBackend:
    """Dies instead of doing the n-th change (save or delete, from 1 on), and stays dead.

    Args:
        inner: What survives.
        at: The change that never happens.
    """

    def __init__(self, inner: BlobBackend, at: int) -> None:
        self._inner = inner
        self._left = at
        self.is_dead = False

    def save(self, name: str, data: Data) -> None:
        self._change()
        self._inner.save(name, data)

    def delete(self, name: str) -> None:
        self._change()
        self._inner.delete(name)

    def load(self, name: str) -> bytes:
        self._live()
        return self._inner.load(name)

    def load_range(self, name: str, offset: int, length: int) -> bytes:
        self._live()
        return self._inner.load_range(name, offset, length)

    def list(self, prefix: str) -> Iterator[Stored]:
        self._live()
        return self._inner.list(prefix)

    def folders(self, prefix: str) -> Iterator[str]:
        self._live()
        return self._inner.folders(prefix)

    def _change(self) -> None:
        self._left -= 1
        self.is_dead = self.is_dead or self._left <= 0
        self._live()

    def _live(self) -> None:
        if self.is_dead:
            raise PowerCut


class FullBackend(CrashingBackend):
    """Has no room for anything named like this, until it gets some."""

    def __init__(self, inner: BlobBackend, *, for_names: str) -> None:
        super().__init__(inner, at=1 << 62)
        self._for_names = for_names
        self.is_full = True
        self.refused = 0

    def save(self, name: str, data: Data) -> None:
        if self.is_full and self._for_names in name:
            self.refused += 1
            raise StorageFull(f"The storage is full: {name} could not be stored.")
        super().save(name, data)
