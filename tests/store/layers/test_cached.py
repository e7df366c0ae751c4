"""Small files of a far storage come once, and what is not there any more comes out of no copy."""

from __future__ import annotations

import hashlib
import os
import threading
import tracemalloc
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest

from strongroom.store.backend import BlobBackend, NotStored
from strongroom.store.layers.cached import (
    _SAVES_PER_LOOK,
    FILE_BYTES_MAX,
    Cached,
    DocumentCache,
)
from strongroom.store.repository import Repository
from strongroom.store.storage import Storage
from tests.contracts.backend import BackendContract
from tests.fakes.hand_clock import HandClock
from tests.fakes.memory_backend import MemoryBackend
from tests.fakes.storages import PASSWORD, content, new_repository, put


class TestCached(BackendContract):
    @pytest.fixture
    def backend(self, tmp_path: Path) -> BlobBackend:
        return Cached(MemoryBackend(), DocumentCache(tmp_path / "cache"))


class Watched(MemoryBackend):
    """Counts what is read."""

    def __init__(self) -> None:
        super().__init__()
        self.loaded: list[str] = []

    def load(self, name: str) -> bytes:
        self.loaded.append(name)
        return super().load(name)


def named(folder: str, content: bytes) -> str:
    return f"{folder}/{hashlib.sha256(content).hexdigest()}"


INDEX = named("repositories/mailbox/m/index", b"an index")


@pytest.fixture
def far() -> Watched:
    far = Watched()
    far.save(INDEX, b"an index")
    far.save("repositories/mailbox/m/config", b"config")
    return far


def opened(far: Watched, folder: Path) -> Cached:
    """Open it as another process would, which looks what is there first."""
    backend = Cached(far, DocumentCache(folder))
    list(backend.list(""))
    return backend


def test_a_file_comes_once_for_all_processes(far: Watched, tmp_path: Path) -> None:
    for _ in range(3):
        assert opened(far, tmp_path).load(INDEX) == b"an index"
    assert far.loaded == [INDEX]


def test_what_was_stored_here_never_comes_back_over_the_line(far: Watched, tmp_path: Path) -> None:
    snapshot = named("snapshots", b"a snapshot")
    opened(far, tmp_path).save(snapshot, b"a snapshot")
    assert opened(far, tmp_path).load(snapshot) == b"a snapshot"
    assert far.loaded == []


def test_only_what_is_named_by_its_content_is_kept(far: Watched, tmp_path: Path) -> None:
    for _ in range(2):
        opened(far, tmp_path).load("repositories/mailbox/m/config")
    assert len(far.loaded) == 2


def test_what_was_never_listed_is_asked_for(far: Watched, tmp_path: Path) -> None:
    opened(far, tmp_path).load(INDEX)
    Cached(far, DocumentCache(tmp_path)).load(INDEX)
    assert far.loaded == [INDEX, INDEX]


def test_what_somebody_else_deleted_is_gone_at_the_next_look(far: Watched, tmp_path: Path) -> None:
    backend = opened(far, tmp_path)
    backend.load(INDEX)
    far.delete(INDEX)
    assert INDEX not in {entry.name for entry in backend.list("repositories/")}
    with pytest.raises(NotStored):
        backend.load(INDEX)


def test_what_was_deleted_here_is_gone(far: Watched, tmp_path: Path) -> None:
    backend = opened(far, tmp_path)
    backend.load(INDEX)
    backend.delete(INDEX)
    with pytest.raises(NotStored):
        backend.load(INDEX)


@pytest.mark.parametrize("damage", [b"", b"an inde", b"an iNdex"])
def test_a_damaged_copy_is_fetched_anew(far: Watched, tmp_path: Path, damage: bytes) -> None:
    opened(far, tmp_path).load(INDEX)
    (copy,) = tmp_path.glob("??/*")
    copy.write_bytes(damage)
    assert opened(far, tmp_path).load(INDEX) == b"an index"
    assert opened(far, tmp_path).load(INDEX) == b"an index"
    assert len(far.loaded) == 2


def test_a_copy_that_has_grown_is_not_read_to_its_end(far: Watched, tmp_path: Path) -> None:
    opened(far, tmp_path).load(INDEX)
    (copy,) = (path for path in tmp_path.rglob("*") if path.is_file())
    os.truncate(copy, 10 << 30)  # a hole, and no room on the disk
    tracemalloc.start()
    try:
        assert opened(far, tmp_path).load(INDEX) == b"an index"
        assert tracemalloc.get_traced_memory()[1] < 3 * FILE_BYTES_MAX
    finally:
        tracemalloc.stop()
    assert copy.stat().st_size == len(b"an index")


def test_damage_of_the_storage_is_not_kept(far: Watched, tmp_path: Path) -> None:
    far.files[INDEX] = b"damaged"
    for _ in range(2):
        assert opened(far, tmp_path).load(INDEX) == b"damaged", "who reads it compares the name"
    assert len(far.loaded) == 2
    assert not list(tmp_path.glob("??/*"))


def test_a_cache_that_cannot_be_written_is_none(far: Watched, tmp_path: Path) -> None:
    (tmp_path / "cache").write_bytes(b"a file in its place")
    for _ in range(2):
        assert opened(far, tmp_path / "cache").load(INDEX) == b"an index"
    assert len(far.loaded) == 2


def test_no_more_is_kept_than_the_bound_and_those_used_last_stay(tmp_path: Path) -> None:
    cache = DocumentCache(tmp_path, bytes_max=1000)
    contents = [b"%03d" % number * 10 for number in range(_SAVES_PER_LOOK + 1)]
    ids = [hashlib.sha256(content).hexdigest() for content in contents]
    for number, (file_id, one) in enumerate(zip(ids, contents, strict=True)):
        cache.save(file_id, one)
        path = tmp_path / file_id[:2] / file_id
        if path.exists():
            os.utime(path, (number, number))
    assert sum(path.stat().st_size for path in tmp_path.glob("??/*")) <= 1000
    assert cache.load(ids[-2]) == contents[-2]
    assert cache.load(ids[0]) is None


def test_many_threads_may_use_one_cache(far: Watched, tmp_path: Path) -> None:
    wrong: list[bytes] = []

    def use() -> None:
        for _ in range(20):
            content = opened(far, tmp_path).load(INDEX)
            if content != b"an index":
                wrong.append(content)

    threads = [threading.Thread(target=use) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert len(list(tmp_path.glob("??/*"))) == 1


def test_a_copy_that_another_thread_throws_away_is_no_harm(tmp_path: Path) -> None:
    contents = {hashlib.sha256(b"%d" % n).hexdigest(): b"%d" % n for n in range(150)}
    wrong: list[bytes] = []

    def use() -> None:
        cache = DocumentCache(tmp_path, bytes_max=100)
        for file_id, one in contents.items():
            cache.save(file_id, one)
            kept = cache.load(file_id)
            if kept not in {None, one}:
                wrong.append(one)

    threads = [threading.Thread(target=use) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert len(list(tmp_path.glob("??/*"))) < len(contents)


def reopened(far: BlobBackend, folder: Path) -> Repository:
    """Open a storage's one repository as another process would."""
    storage = Storage.open_with_password(far, PASSWORD, clock=HandClock())
    storage.documents = DocumentCache(folder)
    return storage.repository("mailbox", "a1b2")


def small_files(names: list[str]) -> list[str]:
    return [name for name in names if "/index/" in name or "/snapshots/" in name]


def test_a_repository_reads_no_small_file_twice(tmp_path: Path) -> None:
    far = Watched()
    new_repository(far)
    for number in range(3):
        put(reopened(far, tmp_path), {("f",): b"%d" % number * 100})
    far.loaded.clear()
    repository = reopened(far, tmp_path)
    found = [content(repository, one.id)["f",] for one in repository.snapshots()]
    assert sorted(found) == [b"%d" % number * 100 for number in range(3)]
    assert small_files(far.loaded) == []
    assert len(small_files(list(far.files))) == 6


@pytest.mark.parametrize("folder", ["index", "snapshots"])
def test_a_check_looks_at_the_storage_and_not_at_a_copy(tmp_path: Path, folder: str) -> None:
    far = Watched()
    new_repository(far)
    put(reopened(far, tmp_path), {("f",): b"x" * 100})
    (name,) = [name for name in far.files if f"/{folder}/" in name]
    far.files[name] = far.files[name][:-1] + bytes([far.files[name][-1] ^ 1])
    repository = reopened(far, tmp_path)
    assert len(repository.snapshots()) == 1, "there is a sound copy"
    assert any(name.rpartition("/")[2] in problem for problem in repository.check())


class Counted:
    """Lets everything through and remembers what was asked, as an object store would bill it."""

    def __init__(self, inner: BlobBackend) -> None:
        self._inner = inner
        self.asked: list[str] = []

    def __getattr__(self, verb: str) -> Callable[..., Any]:
        call = getattr(self._inner, verb)

        def counted(*arguments: Any) -> Any:
            self.asked.append(verb)
            return call(*arguments)

        return counted


REQUESTS_OF_A_RUN = 30


def test_a_small_run_asks_for_no_more_after_many_runs_than_after_few(tmp_path: Path) -> None:
    far = MemoryBackend()
    new_repository(far)
    root, asked = None, []
    for number in range(12):
        counted = Counted(far)
        repository = reopened(cast("BlobBackend", counted), tmp_path)
        saved = put(repository, {("mail", "inbox", str(number)): b"%d" % number}, root=root)
        root = repository.load_snapshot(saved).tree
        asked.append(Counter(counted.asked))
    assert asked[2] == asked[-1]
    assert asked[-1].total() <= REQUESTS_OF_A_RUN
