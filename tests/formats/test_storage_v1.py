"""The storage that the first version wrote opens with every later one (see make_storage_v1.py)."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from strongroom.store.files import FileBackend
from strongroom.store.snapshot import Summary
from strongroom.store.storage import Storage
from tests.fakes.hand_clock import HandClock
from tests.fakes.storages import NOW, content, put
from tests.formats.make_storage_v1 import FIRST, LARGE, PASSWORD, SECOND

RECOVERY_KEY = "IJN7G-3QVEU-H6ZZD-PWJ6J-6VYX3-NSIMO-JB722-LLIE6"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy, for a test may write into it."""
    return Path(shutil.copytree(Path(__file__).parent / "storage-v1", tmp_path / "storage"))


@pytest.fixture(params=["password", "recovery key"])
def storage(folder: Path, request: pytest.FixtureRequest) -> Storage:
    backend = FileBackend(folder)
    if request.param == "password":
        return Storage.open_with_password(backend, PASSWORD, clock=HandClock())
    return Storage.open_with_recovery_key(backend, RECOVERY_KEY, clock=HandClock())


def test_it_opens_and_holds_what_was_put_in(storage: Storage) -> None:
    assert storage.repositories() == [("mailbox", "a1b2")]
    repository = storage.repository("mailbox", "a1b2")
    first, second = repository.snapshots()
    assert content(repository, first.id) == FIRST
    assert content(repository, second.id) == SECOND
    assert second.parent == first.id
    assert second.tags == ("mailbox", "a1b2")
    assert second.summary == Summary(backup_start=NOW, backup_end=NOW, files_new=1)
    assert second.time == NOW.replace(day=23)


def test_it_is_sound(storage: Storage) -> None:
    assert storage.check() == []
    assert storage.repository("mailbox", "a1b2").check(read_data=True) == []


def test_it_can_be_written_on_and_known_content_is_cut_and_known_again(storage: Storage) -> None:
    repository = storage.repository("mailbox", "a1b2")
    again = put(repository, {("large again",): LARGE, ("new",): b"new"})
    assert content(repository, again) == {("large again",): LARGE, ("new",): b"new"}
    assert repository.writer().added.data_blobs == 1, "all of LARGE is there already"


@pytest.mark.restic
@pytest.mark.skipif(
    shutil.which("restic") is None, reason="NOT SHOWN: restic is not installed to judge the format"
)
def test_restic_finds_it_clean(folder: Path) -> None:
    home = folder / "repositories" / "mailbox" / "a1b2"
    done = subprocess.run(
        ["restic", "--no-cache", "--repo", str(home), "check", "--read-data"],
        env={"PATH": os.environ["PATH"], "HOME": str(folder), "RESTIC_PASSWORD": PASSWORD},
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert b"no errors were found" in done.stdout
