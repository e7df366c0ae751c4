"""After many small runs their files are merged, and whatever prevents it harms no backup."""

from __future__ import annotations

import pytest

from strongroom.errors import StorageFull
from strongroom.operations.consolidating import consolidate_if_scattered
from strongroom.store.layers.append_only import AppendOnly
from strongroom.store.prune_plan import MERGE_MIN
from strongroom.store.repository import Repository
from tests.fakes.faults import Faults
from tests.fakes.faulty_backend import FaultyBackend
from tests.fakes.memory_backend import MemoryBackend
from tests.fakes.pruned import all_files, names
from tests.fakes.storages import content, new_repository, put, reopen


def never() -> bool:
    return False


@pytest.fixture
def backend() -> MemoryBackend:
    return MemoryBackend()


@pytest.fixture
def repository(backend: MemoryBackend) -> Repository:
    return new_repository(backend)


def run(repository: Repository, times: int) -> dict[str, bytes]:
    """Make so many runs; give what each stored."""
    data = {number: b"%d" % number * 100 for number in range(times)}
    return {put(repository, {("f",): content}): content for content in data.values()}


def test_after_eleven_runs_little_is_left_of_many_files(
    repository: Repository, backend: MemoryBackend
) -> None:
    points = run(repository, MERGE_MIN)
    before = dict(backend.files)
    assert consolidate_if_scattered(repository, never) == ()
    assert backend.files == before
    points |= {put(repository, {("f",): b"last"}): b"last"}
    assert consolidate_if_scattered(repository, never) == ("22 small packs were merged.",)
    assert len(names(backend, "data")) == 2
    assert len(names(backend, "index")) == 1
    again = reopen(backend)
    assert {one: content(again, one)["f",] for one in again.snapshot_ids()} == points


def test_where_nothing_may_be_deleted_nothing_is_written(backend: MemoryBackend) -> None:
    run(new_repository(backend), MERGE_MIN + 1)
    before = all_files(backend)
    assert consolidate_if_scattered(reopen(AppendOnly(backend)), never) == ()
    assert all_files(backend) == before


def test_somebody_who_works_there_is_not_disturbed(
    repository: Repository, backend: MemoryBackend
) -> None:
    run(repository, MERGE_MIN + 1)
    before = all_files(backend)
    with reopen(backend).lock():
        assert consolidate_if_scattered(repository, never) == ()
    assert consolidate_if_scattered(repository, lambda: True) == ()
    assert all_files(backend) == before


def test_that_there_is_no_room_for_it_is_told_and_harms_nothing(
    repository: Repository, backend: MemoryBackend
) -> None:
    points = run(repository, MERGE_MIN + 1)
    packs = names(backend, "data")
    faults = Faults()
    faults.fail("save", lambda: StorageFull("The storage is full."), names="data/")
    with faults:
        (said,) = consolidate_if_scattered(reopen(FaultyBackend(backend, faults)), never)
    assert "full" in said
    assert names(backend, "data") == packs
    again = reopen(backend)
    assert {one: content(again, one)["f",] for one in again.snapshot_ids()} == points
    assert again.check(read_data=True) == []
