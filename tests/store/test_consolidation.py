"""Consolidation: many small packs and index files become few, and nothing is forgotten."""

from __future__ import annotations

import pytest

from strongroom.errors import IntegrityError, Interrupted, ResourceLocked
from strongroom.store import index, prune, prune_plan
from strongroom.store.prune_plan import MERGE_MIN
from strongroom.store.repository import Repository
from strongroom.store.trees import TreePath
from tests.fakes.memory_backend import MemoryBackend
from tests.fakes.pruned import KEPT, all_files, names
from tests.fakes.storages import HOME, content, put, reopen


def runs(repository: Repository, number: int) -> dict[str, dict[TreePath, bytes]]:
    """Make so many small runs; give what each stored."""
    points: dict[str, dict[TreePath, bytes]] = {}
    for at in range(number):
        files: dict[TreePath, bytes] = {("mail", f"{at}"): b"%d" % at * 100}
        points[put(repository, files)] = files
    return points


def test_small_runs_become_one_pack_of_each_kind_and_one_index_file(
    repository: Repository, backend: MemoryBackend
) -> None:
    points = runs(repository, MERGE_MIN)
    done = repository.upkeep.consolidate()
    assert not done.is_dry_run
    assert done.packs_repacked == 2 * MERGE_MIN
    assert (done.index_files, done.index_files_replaced) == (1, MERGE_MIN)
    assert done.blobs_removed == 0
    assert len(names(backend, "data")) == 2
    assert len(names(backend, "index")) == 1
    assert names(backend, "locks") == set()
    again = reopen(backend)
    assert again.check(read_data=True) == []
    assert {one: content(again, one) for one in again.snapshot_ids()} == points


def test_eight_packs_are_not_worth_it_and_not_even_a_lock_is_written(
    repository: Repository, backend: MemoryBackend
) -> None:
    runs(repository, MERGE_MIN // 2 - 1)
    changes: list[str] = []
    backend.on_write = changes.append
    assert repository.upkeep.consolidate().packs_repacked == 0
    assert changes == []


def test_a_dry_run_says_what_would_be_merged(
    repository: Repository, backend: MemoryBackend
) -> None:
    runs(repository, MERGE_MIN)
    before = dict(backend.files)
    foretold = repository.upkeep.consolidate(dry_run=True)
    assert foretold.is_dry_run
    assert foretold.packs_repacked == 2 * MERGE_MIN
    assert backend.files == before


def test_many_index_files_of_packs_that_stay_become_few(
    repository: Repository, backend: MemoryBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prune_plan, "SMALL_BYTES", 0)
    points = runs(repository, MERGE_MIN + 1)
    packs = names(backend, "data")
    done = repository.upkeep.consolidate()
    assert (done.index_files, done.index_files_replaced) == (1, MERGE_MIN + 1)
    assert names(backend, "data") == packs
    assert all(content(reopen(backend), one) == files for one, files in points.items())


def test_an_index_file_names_no_more_blobs_than_it_may(
    repository: Repository, backend: MemoryBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (index, prune, prune_plan):
        monkeypatch.setattr(module, "BLOBS_PER_FILE", 8)
    monkeypatch.setattr(prune_plan, "SMALL_BYTES", 0)
    points = runs(repository, 2 * MERGE_MIN)
    assert len(repository._index) == 6 * MERGE_MIN
    repository.upkeep.consolidate()
    sizes = [
        sum(len(contents.entries) for contents in index.load_index(repository._documents, name))
        for name in names(backend, "index")
    ]
    assert sum(sizes) == 6 * MERGE_MIN
    assert max(sizes) <= 8
    assert len(sizes) <= 6 * MERGE_MIN / 7 + 1, "packs of two blobs leave room for one at most"
    assert all(content(reopen(backend), one) == files for one, files in points.items())


def test_what_nothing_refers_to_stays_and_so_do_packs_that_nobody_names(
    repository: Repository, backend: MemoryBackend
) -> None:
    """Whether anybody needs them is for a prune to find out, which reads the trees."""
    points = runs(repository, MERGE_MIN)
    with repository.lock():
        repository.delete_snapshot(next(iter(points)))
        repository.writer().save("data", b"never named")
        repository.writer()._store_pack("data")
    blobs = len(reopen(backend)._index)
    stored = names(backend, "data")
    named = {f"{pack.hex()[:2]}/{pack.hex()}" for pack in reopen(backend)._index.pack_sizes()}
    (stray,) = stored - named
    repository.upkeep.consolidate()
    assert stray in names(backend, "data")
    assert len(reopen(backend)._index) == blobs


def test_a_pack_that_is_missing_stops_it(repository: Repository, backend: MemoryBackend) -> None:
    runs(repository, MERGE_MIN)
    backend.delete(f"{HOME}data/{min(names(backend, 'data'))}")
    before = all_files(backend)
    with pytest.raises(IntegrityError, match="nothing was consolidated"):
        repository.upkeep.consolidate()
    assert all_files(backend) == before


def test_it_waits_for_no_writer(repository: Repository, backend: MemoryBackend) -> None:
    runs(repository, MERGE_MIN)
    before = all_files(backend)
    with reopen(backend).lock(), pytest.raises(ResourceLocked):
        repository.upkeep.consolidate()
    assert all_files(backend) == before


def test_it_stops_when_asked_and_is_run_again(
    repository: Repository, backend: MemoryBackend
) -> None:
    points = runs(repository, MERGE_MIN)
    with pytest.raises(Interrupted):
        repository.upkeep.consolidate(stop=lambda: True)
    repository.upkeep.consolidate()
    assert all(content(reopen(backend), one) == files for one, files in points.items())
    assert repository.upkeep.consolidate().packs_repacked == 0


def test_a_reader_that_knows_the_old_index_reads_on(
    repository: Repository, backend: MemoryBackend
) -> None:
    points = runs(repository, MERGE_MIN)
    reader = reopen(backend)
    first = next(iter(points))
    assert content(reader, first) == points[first]
    repository.upkeep.consolidate()
    assert all(content(reader, one) == files for one, files in points.items())


def test_a_writer_that_knew_the_old_index_stores_nothing_twice(
    repository: Repository, backend: MemoryBackend
) -> None:
    runs(repository, MERGE_MIN)
    kept = put(repository, KEPT)
    reopen(backend).upkeep.consolidate()
    again = put(repository, KEPT)
    assert content(repository, again) == content(repository, kept) == KEPT
    assert reopen(backend).upkeep.prune(dry_run=True).blobs_removed == 0
