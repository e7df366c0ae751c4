"""Files that are far longer than any of their kind: told as damage, never read into memory.

The long files are holes: they take no room on the disk, and reading one would fill the memory.
"""

from __future__ import annotations

import os
import shutil
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from strongroom.errors import IntegrityError, StrongroomError
from strongroom.store import limits, repair
from strongroom.store.backend import NameTaken
from strongroom.store.files import FileBackend
from strongroom.store.limits import TooLong
from strongroom.store.storage import Storage
from strongroom.store.storage_upkeep import check_repository, repair_repository
from tests.fakes.answering_object_store import SERVICES, Open, answer, opened
from tests.fakes.canned_server import CannedServer
from tests.fakes.storages import content, new_storage, put

KIND, ID = "mailbox", "a1"
FILES: dict[tuple[str, ...], bytes] = {("one",): b"1" * 3000}
LONG = 10 << 30
AT_MOST = 8 << 20
"""So much memory may be taken beside such a file."""


@contextmanager
def little_memory() -> Iterator[None]:
    """Fail if much memory is taken meanwhile."""
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < AT_MOST
    finally:
        tracemalloc.stop()


@pytest.fixture(autouse=True)
def _nobody_else_reads_it(tmp_path: Path) -> Iterator[None]:
    """What tests leave is searched for secrets in the end: here that would never end."""
    yield
    shutil.rmtree(tmp_path)


def make_long(path: Path) -> None:
    os.truncate(path, LONG)


@pytest.mark.parametrize(
    "name",
    [
        "config",
        "repositories/mailbox/a1/config",
        "repositories/mailbox/a1/keys/" + "0" * 64,
        "repositories/mailbox/a1/locks/" + "0" * 64,
        "repositories/mailbox/a1/snapshots/" + "0" * 64,
        "repositories/mailbox/a1/index/" + "0" * 64,
        "repositories/mailbox/a1/data/00/" + "0" * 64,
        "repositories/mailbox/a1/strongroom/master-key.json",
        "strongroom/storage.json",
        "strongroom/home/0123456789abcdef/of-some-day.box",
        "README.txt",
    ],
)
def test_a_file_that_is_far_too_long_is_damage_of_that_name(tmp_path: Path, name: str) -> None:
    backend = FileBackend(tmp_path)
    backend.save(name, b"as it was")
    make_long(tmp_path / name)
    with little_memory(), pytest.raises(TooLong) as caught:
        backend.load(name)
    assert isinstance(caught.value, IntegrityError)
    assert name in caught.value.what
    assert f"{limits.bytes_max(name):,}" in caught.value.why
    assert caught.value.hint
    with little_memory(), pytest.raises(NameTaken):
        backend.save(name, b"as it was")


def test_each_kind_has_a_limit_of_its_own() -> None:
    below = "repositories/mailbox/config/"  # a folder's name says nothing
    told = {
        name: limits.bytes_max(below + name)
        for name in ("config", "keys/a", "locks/a", "snapshots/a", "index/a", "data/aa/a")
    }
    assert told == {
        "config": limits.CONFIG_BYTES_MAX,
        "keys/a": limits.KEY_BYTES_MAX,
        "locks/a": limits.LOCK_BYTES_MAX,
        "snapshots/a": limits.SNAPSHOT_BYTES_MAX,
        "index/a": limits.INDEX_BYTES_MAX,
        "data/aa/a": limits.BYTES_MAX,
    }
    assert limits.bytes_max("strongroom/set-aside/data/aa/a") == limits.BYTES_MAX


def test_a_file_that_never_ends_is_read_to_its_limit_only(tmp_path: Path) -> None:
    """What tells no length: a device, or a file that grows."""
    (tmp_path / "config").symlink_to("/dev/zero")
    with little_memory(), pytest.raises(TooLong, match="config"):
        FileBackend(tmp_path).load("config")


def test_a_pipe_in_the_place_of_a_file_keeps_nobody_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "config")
    backend = FileBackend(tmp_path)
    assert backend.load("config") == b"", "which is a config, but a damaged one"
    with pytest.raises(StrongroomError):
        backend.load_range("config", 0, 10)


@pytest.mark.parametrize("service", SERVICES)
def test_an_object_that_claims_to_be_long_is_not_fetched(service: Open) -> None:
    with CannedServer([answer(b"the beginning of much", length=LONG)]) as server:
        with pytest.raises(TooLong, match="config"):
            opened(server, service).load("config")
        assert len(server.seen) == 1


@pytest.fixture(autouse=True)
def _little_is_set_aside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repair, "_BEGINNING_BYTES", 1 << 20)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "storage"


@pytest.fixture
def storage(place: Path) -> Storage:
    made = new_storage(FileBackend(place))
    for name in (ID, "b2"):
        put(made.repository(KIND, name, create=True), FILES)
    return made


def first(place: Path, folder: str) -> Path:
    found = place / "repositories" / KIND / ID / folder
    return found if found.is_file() else min(one for one in found.rglob("*") if one.is_file())


@pytest.mark.parametrize(
    "folder",
    ["config", "keys", "snapshots", "index", "data", "strongroom/master-key.json"],
)
def test_check_names_it_and_a_repair_makes_the_storage_work_again(
    storage: Storage, place: Path, folder: str
) -> None:
    damaged = first(place, folder)
    make_long(damaged)
    with little_memory():
        assert storage.repositories() == [(KIND, ID), (KIND, "b2")]
        found = check_repository(storage, KIND, ID, read_data=True)
        assert any(damaged.name in one for one in found), found
        assert check_repository(storage, KIND, "b2", read_data=True) == []
        repair_repository(storage, KIND, ID, read_data=True)
    again = put(storage.repository(KIND, ID), FILES)
    assert content(storage.repository(KIND, ID), again) == FILES
    assert check_repository(storage, KIND, ID, read_data=True) == []


def test_a_lock_that_is_far_too_long_is_told_and_set_aside(storage: Storage, place: Path) -> None:
    lock = place / "repositories" / KIND / ID / "locks" / ("0" * 64)
    lock.parent.mkdir(exist_ok=True)
    lock.touch()
    make_long(lock)
    with little_memory():
        found = check_repository(storage, KIND, ID)
        assert any(lock.name in one for one in found), found
        repair_repository(storage, KIND, ID)
    assert not lock.exists()
    put(storage.repository(KIND, ID), FILES)


def test_the_record_s_copy_stands_in_for_one_that_is_far_too_long(
    storage: Storage, place: Path
) -> None:
    make_long(place / "strongroom" / "storage.json")
    with little_memory():
        assert any("storage.json" in one for one in storage.check())
        storage.mend()
        assert storage.check() == []
