"""A backend whose calls fail as planned; what was done before a fault stays."""

from __future__ import annotations

from collections.abc import Iterator

from strongroom.errors import StorageFull
from strongroom.store.backend import BlobBackend, Data, Stored
from tests.fakes.faults import Faults, Step


class FaultyBackend:
    """Does everything with another backend, unless a fault is planned.

    Args:
        inner: What survives.
        faults: The plan. Its steps are ``save`` and ``delete``.

    Attributes:
        faults: The same.
    """

    def __init__(self, inner: BlobBackend, faults: Faults) -> None:
        self._inner = inner
        self.faults = faults

    def save(self, name: str, data: Data) -> None:
        step = self._before("save", name)
        self._inner.save(name, data)
        self._after(step)

    def load(self, name: str) -> bytes:
        step = self._before("load", name)
        data = self._inner.load(name)
        self._after(step)
        return data

    def load_range(self, name: str, offset: int, length: int) -> bytes:
        step = self._before("load_range", name)
        data = self._inner.load_range(name, offset, length)
        self._after(step)
        return data

    def list(self, prefix: str) -> Iterator[Stored]:
        step = self._before("list", prefix)
        yield from self._inner.list(prefix)
        self._after(step)

    def folders(self, prefix: str) -> Iterator[str]:
        step = self._before("folders", prefix)
        yield from self._inner.folders(prefix)
        self._after(step)

    def delete(self, name: str) -> None:
        step = self._before("delete", name)
        self._inner.delete(name)
        self._after(step)

    def _before(self, verb: str, name: str) -> Step:
        step = Step(verb, name)
        self.faults.before(step, no_room=_no_room)
        return step

    def _after(self, step: Step) -> None:
        self.faults.after(step, no_room=_no_room)


def crashing_at(inner: BlobBackend, number: int) -> FaultyBackend:
    """Give a backend that dies instead of doing the n-th change, and stays dead, if it comes."""
    faults = Faults()
    faults.stop_at(number)
    return FaultyBackend(inner, faults)


def full_for(inner: BlobBackend, names: str) -> FaultyBackend:
    """Give a backend that has no room for anything named like this, until its faults end."""
    faults = Faults()
    faults.fail("save", lambda: _no_room(names), names=names, times=None)
    return FaultyBackend(inner, faults)


def _no_room(name: str) -> Exception:
    return StorageFull(f"The storage is full: {name} could not be stored.")
