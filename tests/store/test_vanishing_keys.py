"""A key file is taken away between the listing and the reading of it: a password was removed."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

from strongroom.store.backend import Stored
from strongroom.store.check import ALL, examine
from strongroom.store.crypto import Tools
from strongroom.store.pack import pack_name
from strongroom.store.replica import Replica
from strongroom.store.replica_words import Order
from strongroom.store.storage import Storage
from strongroom.store.storage_keys import StorageKeys
from strongroom.store.storage_upkeep import repair_repository
from tests.fakes.copied_storage import ID, KIND, ONE, Places
from tests.fakes.hand_clock import HandClock
from tests.fakes.marked import canary
from tests.fakes.memory_backend import MemoryBackend
from tests.fakes.storages import CHEAP, HOME, NOW, PASSWORD

KEYS = f"{HOME}keys/"


class Vanishing(MemoryBackend):
    """Has a file that is taken away right before it is read for the n-th time.

    Args:
        files: What is there.
        name: Of the file; it is listed last.
        left: How often it will be asked for.
    """

    def __init__(self, files: dict[str, bytes], name: str, left: int) -> None:
        super().__init__()
        self.files = files
        self.name = name
        self.left = left

    def load(self, name: str) -> bytes:
        if name == self.name:
            self.left -= 1
            if not self.left:
                del self.files[name]
        return super().load(name)

    def list(self, prefix: str) -> Iterator[Stored]:
        yield from sorted(super().list(prefix), key=lambda one: (one.name == self.name, one.name))


def vanishing() -> Iterator[Vanishing]:
    """Give a storage with the key file of a second password that vanishes when it is first read.

    Then one where it does when it is read for the second time, and so on, until it was not read so
    often.
    """
    for number in count(1):
        places = Places()
        places.back_up(ONE)
        first = {name for name in places.here.files if name.startswith(KEYS)}
        StorageKeys(places.storage, places.clock).add_password("ann", canary("ann's"), cost=CHEAP)
        (second,) = {name for name in places.here.files if name.startswith(KEYS)} - first
        backend = Vanishing(places.here.files, second, number)
        yield backend
        if backend.left > 0:
            assert number > 1, "it was read at all"
            return


def opened(backend: Vanishing) -> Storage:
    return Storage.open_with_password(backend, PASSWORD, clock=HandClock(NOW))


def test_a_check_goes_on_and_finds_what_is_wrong_behind() -> None:
    for backend in vanishing():
        (pack, *_) = [name for name in backend.files if name.startswith(f"{HOME}data/")]
        damaged = bytearray(backend.files[pack])
        damaged[20] ^= 1
        backend.files[pack] = bytes(damaged)
        door = opened(backend).door(KIND, ID)
        problems = examine(door.backend, Tools(door.master_key()), sample=ALL).problems
        assert not [one for one in problems if "key" in one or "stopped" in one]
        name = pack_name(bytes.fromhex(pack.rpartition("/")[2]))
        assert any(name in one for one in problems)


def test_a_repair_goes_on() -> None:
    for backend in vanishing():
        (snapshot,) = [name for name in backend.files if name.startswith(f"{HOME}snapshots/")]
        backend.files[snapshot] = b"damaged"
        repaired = repair_repository(opened(backend), KIND, ID)
        assert any("snapshot" in one for one in repaired.lost)
        assert not [one for one in repaired.done if "is not what was stored" in one]


def test_a_copy_is_whole_without_it() -> None:
    for backend in vanishing():
        clock = HandClock(NOW)
        replica = Replica(opened(backend), MemoryBackend(), clock)
        replica.begin()
        copied = replica.copy(KIND, ID, Order(clock=clock, lanes=1))
        assert (copied.failed, copied.snapshots) == ([], 1)
