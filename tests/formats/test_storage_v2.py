"""The storage of the second record opens with every later version (see make_storage_v2.py)."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from strongroom.store.files import FileBackend
from strongroom.store.home_boxes import boxes, open_box
from strongroom.store.storage import Storage
from strongroom.store.storage_keys import StorageKeys
from strongroom.store.storage_upkeep import check_repository
from tests.fakes.hand_clock import HandClock
from tests.fakes.restics import ResticProgram
from tests.fakes.storages import content, put
from tests.formats.make_storage_v2 import ANN, FILES, HOME, HOME_ID, PASSWORD

RECOVERY_KEY = "I4WE4-T4M7R-BSGHJ-F3TPH-RBZ3Z-KYAMM-WC66Q-IEPBN"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy, for a test may write into it."""
    return Path(shutil.copytree(Path(__file__).parent / "storage-v2", tmp_path / "storage"))


@pytest.fixture(params=["main", "ann", "recovery key"])
def storage(folder: Path, request: pytest.FixtureRequest) -> Storage:
    backend = FileBackend(folder)
    if request.param == "recovery key":
        return Storage.open_with_recovery_key(backend, RECOVERY_KEY, clock=HandClock())
    password = {"main": PASSWORD, "ann": ANN}[request.param]
    return Storage.open_with_password(backend, password, clock=HandClock())


def test_it_opens_and_holds_what_was_put_in(storage: Storage) -> None:
    assert [one.name for one in StorageKeys(storage).passwords()] == ["main", "ann"]
    assert storage.repositories() == [("mailbox", "plain"), ("mailbox", "rekeyed")]
    for kind, resource_id in storage.repositories():
        repository = storage.repository(kind, resource_id)
        (snapshot,) = repository.snapshots()
        assert content(repository, snapshot.id) == FILES
        assert (snapshot.original is not None) == (resource_id == "rekeyed")
    (hold,) = storage.holds("mailbox", "rekeyed").all()
    assert (hold.id, hold.reason, hold.is_readable) == ("held", "case 4711", True)


def test_it_is_sound_and_can_be_written_on(storage: Storage) -> None:
    assert storage.check() == []
    for kind, resource_id in storage.repositories():
        put(storage.repository(kind, resource_id), {("new",): b"new"})
        assert check_repository(storage, kind, resource_id, read_data=True) == []


def test_the_copy_of_a_home_opens(storage: Storage) -> None:
    (box,) = boxes(storage.place)
    assert box.home_id == HOME_ID
    assert open_box(storage, box) == HOME


@pytest.mark.restic
@pytest.mark.parametrize("password", [PASSWORD, ANN], ids=["main", "ann"])
def test_restic_finds_it_clean(folder: Path, restic_program: ResticProgram, password: str) -> None:
    for name in ("plain", "rekeyed~k2"):
        home = folder / "repositories" / "mailbox" / name
        restic = restic_program.on(home, RESTIC_PASSWORD=password)
        assert b"no errors were found" in restic("check", "--read-data")
