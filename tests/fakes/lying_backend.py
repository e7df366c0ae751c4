"""Backends that break one promise each, as servers were seen to or may."""

from __future__ import annotations

from collections.abc import Iterator

from strongroom.errors import AccessDenied
from strongroom.store.backend import Data, NameTaken, NotStored, Stored
from tests.fakes.memory_backend import MemoryBackend


class WritesOver(MemoryBackend):
    """Knows no conditional create: whoever comes last wins, and is told that all is well."""

    def save(self, name: str, data: Data) -> None:
        self.files[name] = bytes(data)


class KeepsTheFirstAndSaysNothing(MemoryBackend):
    def save(self, name: str, data: Data) -> None:
        self.files.setdefault(name, bytes(data))


class ComplainsAndWritesOver(MemoryBackend):
    def save(self, name: str, data: Data) -> None:
        is_taken = self.files.get(name, bytes(data)) != bytes(data)
        self.files[name] = bytes(data)
        if is_taken:
            raise NameTaken(f"{name} was there already.")


class RefusesTheSameAgain(MemoryBackend):
    def save(self, name: str, data: Data) -> None:
        if name in self.files:
            raise NameTaken(f"{name} is there already.")
        super().save(name, data)


class ReadsLate(MemoryBackend):
    """Lets nobody read what was saved until something else was saved after it."""

    _newest = ""

    def save(self, name: str, data: Data) -> None:
        super().save(name, data)
        self._newest = name

    def load(self, name: str) -> bytes:
        if name == self._newest:
            raise NotStored(f"{name} is not there.")
        return super().load(name)


class ReadsNothingAsEmpty(MemoryBackend):
    def load(self, name: str) -> bytes:
        return self.files.get(name, b"")


class IgnoresRanges(MemoryBackend):
    def load_range(self, name: str, offset: int, length: int) -> bytes:
        return self.load(name)


class CutsAtTheEnd(MemoryBackend):
    def load_range(self, name: str, offset: int, length: int) -> bytes:
        return self.load(name)[offset : offset + length]


class ListsLate(MemoryBackend):
    """Lists what was saved once something was read."""

    def __init__(self) -> None:
        super().__init__()
        self._listed: set[str] = set()

    def load(self, name: str) -> bytes:
        self._listed |= set(self.files)
        return super().load(name)

    def list(self, prefix: str) -> Iterator[Stored]:
        return (one for one in super().list(prefix) if one.name in self._listed)


class ListsPlusAsSpace(MemoryBackend):
    def list(self, prefix: str) -> Iterator[Stored]:
        for name, size in super().list(prefix):
            yield Stored(name.replace("+", " "), size)


class ListsByLetters(MemoryBackend):
    """Takes the prefix as letters, and not as a folder."""

    def list(self, prefix: str) -> Iterator[Stored]:
        return super().list(prefix.rstrip("/"))


class CutsWhatIsLong(MemoryBackend):
    def save(self, name: str, data: Data) -> None:
        super().save(name, bytes(data)[: 1 << 10])


class DeletesNothing(MemoryBackend):
    """Says that it did."""

    def delete(self, name: str) -> None: ...


class NeverFreesAName(MemoryBackend):
    def __init__(self) -> None:
        super().__init__()
        self._ever: dict[str, bytes] = {}

    def save(self, name: str, data: Data) -> None:
        if self._ever.setdefault(name, bytes(data)) != bytes(data):
            raise NameTaken(f"{name} was there once.")
        super().save(name, data)


class RefusesToDelete(MemoryBackend):
    """Append-only: who writes here may not delete."""

    def delete(self, name: str) -> None:
        raise AccessDenied(f"{name} may not be deleted.")
