"""A disk that does not give everything: the rest is still had, and nothing is mended blindly."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from strongroom.errors import IntegrityError, OperatorError
from strongroom.store import files
from strongroom.store.backend import BlobBackend, Unreadable
from strongroom.store.files import FileBackend
from strongroom.store.holds import StoredHold, is_held
from strongroom.store.layers.sure_reads import SureReads
from strongroom.store.replica_words import Order
from strongroom.store.replication import copy_repository
from strongroom.store.storage import Storage
from strongroom.store.storage_upkeep import check_repository, repair_repository
from tests.contracts.backend import BackendContract
from tests.fakes.hand_clock import HandClock
from tests.fakes.memory_backend import MemoryBackend
from tests.fakes.storages import NOW, new_storage, put

KIND, ID = "mailbox", "a1"
FILES: dict[tuple[str, ...], bytes] = {("one",): b"1" * 3000}


class BadSector(MemoryBackend):
    """Does not give files whose name begins so."""

    bad: str = "nothing"

    def load(self, name: str) -> bytes:
        self._look(name)
        return super().load(name)

    def load_range(self, name: str, offset: int, length: int) -> bytes:
        self._look(name)
        return super().load_range(name, offset, length)

    def _look(self, name: str) -> None:
        if name.startswith(self.bad):
            raise Unreadable(f"The disk does not give {name}.", why="Input/output error")


class TestSureReads(BackendContract):
    @pytest.fixture
    def backend(self) -> BlobBackend:
        return SureReads(MemoryBackend())


@pytest.fixture
def place() -> BadSector:
    return BadSector()


@pytest.fixture
def storage(place: BadSector) -> Storage:
    made = new_storage(place)
    for name in (ID, "b2"):
        put(made.repository(KIND, name, create=True), FILES)
    return made


def test_an_error_of_the_disk_is_damage_of_that_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend = FileBackend(tmp_path)
    backend.save("data/one", b"1")

    def fails(*_: object) -> bytes:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(files, "_read_range", fails)
    with pytest.raises(Unreadable, match="does not give data/one"):
        backend.load_range("data/one", 0, 1)
    monkeypatch.setattr(files, "_read_whole", fails)
    with pytest.raises(Unreadable, match="does not give data/one"):
        backend.load("data/one")


@pytest.mark.parametrize("folder", ["data/", "snapshots/", "index/", "keys/"])
def test_check_names_it_and_a_repair_takes_nothing_for_damaged(
    place: BadSector, storage: Storage, folder: str
) -> None:
    place.bad = f"repositories/{KIND}/{ID}/{folder}"
    found = check_repository(storage, KIND, ID, read_data=True)
    assert any("The disk does not give" in one for one in found), found
    assert check_repository(storage, KIND, "b2", read_data=True) == []
    before = dict(place.files)
    with pytest.raises((OperatorError, IntegrityError), match="does not give"):
        repair_repository(storage, KIND, ID, read_data=True)
    kept = {name: data for name, data in place.files.items() if "/locks/" not in name}
    assert kept == before
    place.bad = "nothing"
    assert check_repository(storage, KIND, ID, read_data=True) == []


@pytest.mark.parametrize("name", ["config", "strongroom/master-key.json"])
def test_a_file_that_is_not_given_hides_no_repository(
    place: BadSector, storage: Storage, name: str
) -> None:
    place.bad = f"repositories/{KIND}/{ID}/{name}"
    assert storage.repositories() == [(KIND, ID), (KIND, "b2")]
    assert any(name in one for one in check_repository(storage, KIND, ID))
    assert check_repository(storage, KIND, "b2") == []


def test_a_hold_that_is_not_given_holds_everything(place: BadSector, storage: Storage) -> None:
    holds = storage.holds(KIND, ID)
    holds.add(StoredHold(id="abcd", point="0" * 64, reason="a trial", by="ada", at=NOW))
    place.bad = f"repositories/{KIND}/{ID}/strongroom/hold-"
    assert is_held(storage.holds(KIND, ID).all(), "1" * 64)


def test_a_copy_goes_on_past_a_file_that_is_not_given(place: BadSector, storage: Storage) -> None:
    data = min(one for one in place.files if f"/{ID}/data/" in one)
    place.bad = data
    copy = storage.elsewhere(MemoryBackend())
    order = Order(clock=HandClock())
    done = copy_repository(storage.door(KIND, ID), copy.door(KIND, ID), order)
    assert [one.name for one in done.failed][:1] == [data.partition(f"/{ID}/")[2]]
    assert "does not give" in done.failed[0].why
    assert done.files
