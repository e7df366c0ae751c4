"""Check and repair of what lies in an object store: as on a disk, and copies at hand are of use."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from strongroom.store.backend import BlobBackend
from strongroom.store.layers.cached import DocumentCache
from strongroom.store.objects import memory_backend
from strongroom.store.repository import Repository
from strongroom.store.storage import Storage
from strongroom.store.trees import FileNode, TreePath, walk
from tests.fakes.hand_clock import HandClock
from tests.fakes.object_stores import S3Service
from tests.fakes.storages import HOME, PASSWORD, new_storage, put

FILES: dict[TreePath, bytes] = {
    ("mail", f"{number}"): hashlib.shake_128(b"%d" % number).digest(2_000) for number in range(5)
}


@pytest.fixture(params=["memory", "s3"])
def place(request: pytest.FixtureRequest) -> BlobBackend:
    if request.param == "memory":
        return memory_backend()
    service: S3Service = request.getfixturevalue("s3_service")
    return service.backend(service.new_bucket())


def opened(place: BlobBackend, folder: Path | None = None) -> Repository:
    """Open the repository as a machine would that keeps copies in a folder."""
    storage = Storage.open_with_password(place, PASSWORD, clock=HandClock())
    storage.documents = DocumentCache(folder) if folder else None
    return storage.repository("mailbox", "a1b2")


def change(place: BlobBackend, folder: str, how: Callable[[bytes], bytes]) -> str:
    """Put something else in the place of the one file of a folder."""
    (name,) = [one.name for one in place.list(f"{HOME}{folder}/")]
    content = place.load(name)
    place.delete(name)
    place.save(name, how(content))
    return name


def flipped(data: bytes) -> bytes:
    return data[:40] + bytes([data[40] ^ 1]) + data[41:]


def files_in(repository: Repository, snapshot_id: str) -> int:
    tree = repository.load_snapshot(snapshot_id).tree
    nodes = [node for _, node in walk(repository.reader(), tree) if isinstance(node, FileNode)]
    read = [b"".join(repository.reader().load_file(node.content)) for node in nodes]
    assert set(read) <= set(FILES.values())
    return len(read)


def test_a_repair_keeps_what_is_sound_in_an_object_store(place: BlobBackend) -> None:
    new_storage(place).repository("mailbox", "a1b2", create=True)
    snapshot_id = put(opened(place), FILES)
    change(place, "index", flipped)
    assert any("index/" in one for one in opened(place).check())
    opened(place).upkeep.repair()
    assert opened(place).check(read_data=True) == []
    assert files_in(opened(place), snapshot_id) == len(FILES)
    assert [one.name for one in place.list(f"{HOME}strongroom/set-aside/")] == []


def test_a_damaged_snapshot_is_written_anew_from_the_copy_at_hand(
    place: BlobBackend, tmp_path: Path
) -> None:
    new_storage(place).repository("mailbox", "a1b2", create=True)
    here = opened(place, tmp_path / "copies")
    snapshot_id = put(here, FILES)
    change(place, "snapshots", flipped)
    assert opened(place, tmp_path / "copies").check()
    repaired = opened(place, tmp_path / "copies").upkeep.repair()
    assert repaired.lost == ()
    assert any("from the copy at hand" in one for one in repaired.done)
    assert opened(place).check(read_data=True) == []
    assert files_in(opened(place), snapshot_id) == len(FILES), "any other machine reads it too"


def test_a_damaged_snapshot_that_nobody_has_a_copy_of_is_told(
    place: BlobBackend, tmp_path: Path
) -> None:
    new_storage(place).repository("mailbox", "a1b2", create=True)
    snapshot_id = put(opened(place), FILES)
    change(place, "snapshots", lambda data: data[:30])
    repaired = opened(place, tmp_path / "copies").upkeep.repair()
    assert snapshot_id in repaired.lost[0]
    assert opened(place).snapshots() == []
    assert opened(place).check() == []
