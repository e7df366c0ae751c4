"""Pruning: what nobody needs goes, what anybody needs stays, and a second prune finds nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from strongroom.errors import IntegrityError, Interrupted, ResourceLocked
from strongroom.store import prune_plan
from strongroom.store.pack import pack_name
from strongroom.store.repository import Repository
from strongroom.store.snapshot import Snapshot
from strongroom.store.trees import TreePath
from tests.fakes.memory_backend import MemoryBackend
from tests.fakes.storages import HOME, NOW, content, new_repository, put, reopen

KEPT: dict[TreePath, bytes] = {("mail", "kept"): b"kept" * 100, ("mail", "both"): b"both" * 100}
GONE: dict[TreePath, bytes] = {("mail", "gone"): b"gone" * 100, ("mail", "both"): b"both" * 100}


@pytest.fixture
def backend() -> MemoryBackend:
    return MemoryBackend()


@pytest.fixture
def repository(backend: MemoryBackend) -> Repository:
    return new_repository(backend)


def names(backend: MemoryBackend, folder: str) -> set[str]:
    """Name what lies in a folder of the repository."""
    below = f"{HOME}{folder}/"
    return {name.removeprefix(below) for name in backend.files if name.startswith(below)}


def all_files(backend: MemoryBackend) -> dict[str, bytes]:
    return {name: data for name, data in backend.files.items() if "/locks/" not in name}


def test_what_only_forgotten_snapshots_had_goes_and_the_rest_reads_as_before(
    repository: Repository, backend: MemoryBackend
) -> None:
    gone, kept = put(repository, GONE), put(repository, KEPT)
    done = repository.prune([gone])
    assert done.forgotten == (gone,)
    assert done.snapshots == 1
    assert repository.snapshot_ids() == [kept]
    assert content(repository, kept) == KEPT
    assert content(reopen(backend), kept) == KEPT
    assert reopen(backend).check(read_data=True) == []
    assert done.blobs_removed == 3, "gone, and the two trees above it"
    assert done.blobs == len(repository._index) == 4
    assert done.bytes == sum(repository._index.pack_sizes().values())
    assert done.bytes_unused == 0
    assert names(backend, "locks") == set()


def test_a_second_prune_writes_nothing(repository: Repository, backend: MemoryBackend) -> None:
    gone, _ = put(repository, GONE), put(repository, KEPT)
    repository.prune([gone])
    before = all_files(backend)
    again = repository.prune([gone])
    assert again.forgotten == ()
    assert again.bytes_freed == again.packs_repacked == again.index_files_replaced == 0
    assert all_files(backend) == before


def test_a_dry_run_changes_nothing_and_foretells_what_happens(
    repository: Repository, backend: MemoryBackend
) -> None:
    gone, _ = put(repository, GONE), put(repository, KEPT)
    before = dict(backend.files)
    foretold = repository.prune([gone], dry_run=True)
    assert backend.files == before
    done = repository.prune([gone])
    assert foretold.is_dry_run
    assert not done.is_dry_run
    same = {"is_dry_run": False, "bytes": done.bytes, "bytes_freed": done.bytes_freed}
    assert replace(foretold, **same, index_files=done.index_files) == done
    assert 0 <= done.bytes - foretold.bytes < 1000, "the headers of new packs"


def test_a_dry_run_lets_writers_work(repository: Repository, backend: MemoryBackend) -> None:
    gone = put(repository, GONE)
    with reopen(backend).lock():
        assert repository.prune([gone], dry_run=True).forgotten == (gone,)
        with pytest.raises(ResourceLocked):
            repository.prune([gone])
    assert repository.snapshot_ids() == [gone]


def test_forgetting_everything_leaves_an_empty_repository_that_works(
    repository: Repository, backend: MemoryBackend
) -> None:
    ids = [put(repository, GONE), put(repository, KEPT)]
    done = repository.prune(ids)
    assert done.blobs == done.bytes == done.snapshots == 0
    assert names(backend, "data") == names(backend, "index") == set()
    again = put(repository, KEPT)
    assert content(reopen(backend), again) == KEPT
    assert reopen(backend).check(read_data=True) == []
