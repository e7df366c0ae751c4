"""A storage with one repository and a place for its copy: what tests of second copies share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from strongroom.store.backend import BlobBackend
from strongroom.store.replica import Replica
from strongroom.store.replica_words import Copied, Order
from strongroom.store.storage import Storage
from strongroom.store.trees import TreePath
from tests.fakes.hand_clock import HandClock
from tests.fakes.memory_backend import MemoryBackend
from tests.fakes.storages import NOW, PASSWORD, content, new_storage, put

ONE: dict[TreePath, bytes] = {("mail", "one"): b"one" * 50, ("mail", "two"): b"two" * 50}
TWO: dict[TreePath, bytes] = {("mail", "three"): b"three" * 50}
KIND, ID = "mailbox", "a1b2"


class Places:
    """A storage with one repository, and an empty place for its copy."""

    def __init__(self) -> None:
        self.clock = HandClock(NOW)
        self.here = MemoryBackend()
        self.there = MemoryBackend()
        self.storage = new_storage(self.here, self.clock)
        self.repository = self.storage.repository(KIND, ID, create=True)
        self.saved: dict[str, dict[TreePath, bytes]] = {}

    def back_up(self, files: dict[TreePath, bytes], *, minutes: int = 60) -> str:
        self.clock.move(minutes=minutes)
        one = put(self.repository, files, time=self.clock.now())
        self.saved[one] = files
        return one

    def order(self, **more: object) -> Order:
        return replace(Order(clock=self.clock, lanes=1), **more)  # type: ignore[arg-type]

    def copy(
        self,
        *,
        here: BlobBackend | None = None,
        there: BlobBackend | None = None,
        **more: object,
    ) -> Copied:
        """Copy as another process would."""
        storage = Storage.open_with_password(here or self.here, PASSWORD, clock=self.clock)
        replica = Replica(storage, there or self.there, self.clock)
        began = self.clock.now()
        replica.begin()
        copied = replica.copy(KIND, ID, self.order(**more))
        replica.finish(whole=[(KIND, ID)] if copied.is_whole else None, began=began)
        return copied

    def opened(self, backend: BlobBackend | None = None) -> Storage:
        return Storage.open_with_password(backend or self.there, PASSWORD, clock=self.clock)

    def assert_sound(
        self, backend: MemoryBackend, wanted: Mapping[str, dict[TreePath, bytes]]
    ) -> None:
        """Everything that it shows can be read, and it shows this."""
        repository = self.opened(backend).repository(KIND, ID)
        assert repository.check(read_data=True) == []
        assert sorted(repository.snapshot_ids()) == sorted(wanted)
        for one, files in wanted.items():
            assert content(repository, one) == files


def forget_first(places: Places) -> None:
    """Forget the oldest restore point of the original, and free what it alone used."""
    first = min(places.saved, key=lambda one: places.repository.load_snapshot(one).time)
    places.repository.upkeep.prune([first])
    del places.saved[first]
