"""A backend in memory that keeps the contract (tests/contracts/backend.py runs on it).

A test may count the writes or end the world at one of them, and damage ``files`` on purpose.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from strongroom.errors import IntegrityError
from strongroom.store.backend import Data, NameTaken, NotStored, Stored
from strongroom.store.limits import TooLong, refuse_long


class MemoryBackend:
    """Keeps byte strings in a dictionary.

    Attributes:
        files: What is kept.
        on_write: Called with the name before anything is saved or deleted.
    """

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.on_write: Callable[[str], None] = lambda _: None

    def save(self, name: str, data: Data) -> None:
        _refuse(name)
        self.on_write(name)
        if self.files.setdefault(name, bytes(data)) != bytes(data):
            raise NameTaken(f"{name} is there already with other content.")

    def load(self, name: str) -> bytes:
        _refuse(name)
        try:
            data = self.files[name]
        except KeyError:
            raise NotStored(f"{name} is not there.") from None
        refuse_long(name, len(data))
        return data

    def load_range(self, name: str, offset: int, length: int) -> bytes:
        try:
            whole = self.load(name)
        except TooLong:
            whole = self.files[name]
        data = whole[offset : offset + length]
        if len(data) != length:
            raise IntegrityError(f"{name} ends too early.")
        return data

    def list(self, prefix: str) -> Iterator[Stored]:
        for name, data in sorted(self.files.items()):
            if name.startswith(prefix):
                yield Stored(name, len(data))

    def folders(self, prefix: str) -> Iterator[str]:
        rest = (name.removeprefix(prefix) for name in self.files if name.startswith(prefix))
        yield from sorted({name.partition("/")[0] for name in rest if "/" in name})

    def delete(self, name: str) -> None:
        _refuse(name)
        self.on_write(name)
        self.files.pop(name, None)


def _refuse(name: str) -> None:
    if any(part in {"", ".", ".."} for part in name.split("/")) or "\\" in name or "\0" in name:
        raise ValueError(f"not a name in a storage: {name!r}")
