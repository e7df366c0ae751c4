"""Killed between any two changes of the storage, a repository holds all finished snapshots."""

from __future__ import annotations

import pytest

from strongroom.store.repository import Repository
from strongroom.store.trees import TreePath
from tests.fakes.faults import PowerCut
from tests.fakes.faulty_backend import crashing_at
from tests.fakes.memory_backend import MemoryBackend
from tests.fakes.storages import content, new_repository, put, reopen

FIRST: dict[TreePath, bytes] = {("mail", "one"): b"one" * 50, ("mail", "two"): b"two" * 50}
SECOND: dict[TreePath, bytes] = {("mail", "three"): b"three" * 50}
CHANGES_OF_A_RUN = 6
"""Lock, data pack, tree pack, index, snapshot, lock away."""


def run(repository: Repository, base: str) -> str:
    return put(repository, SECOND, root=repository.load_snapshot(base).tree)


@pytest.mark.parametrize("at", range(1, CHANGES_OF_A_RUN + 2))
def test_a_run_killed_anywhere_harms_nothing(at: int) -> None:
    survives = MemoryBackend()
    first = put(new_repository(survives), FIRST)
    crashing = crashing_at(survives, at)
    repository = reopen(crashing)
    if at <= CHANGES_OF_A_RUN:
        with pytest.raises(PowerCut):
            run(repository, first)
    else:
        run(repository, first)
    assert crashing.faults.is_dead == (at <= CHANGES_OF_A_RUN)

    after = reopen(survives)
    assert after.check(read_data=True) == []
    assert content(after, first) == FIRST
    finished = [snapshot_id for snapshot_id in after.snapshot_ids() if snapshot_id != first]
    assert len(finished) == (1 if at >= CHANGES_OF_A_RUN else 0)
    for snapshot_id in finished:
        assert content(after, snapshot_id) == FIRST | SECOND

    second = run(after, first)
    assert content(reopen(survives), second) == FIRST | SECOND
    assert reopen(survives).check(read_data=True) == []
    assert not [name for name in survives.files if "/locks/" in name and at > CHANGES_OF_A_RUN]


@pytest.mark.parametrize("at", range(1, 8))
def test_rebuilding_the_index_may_be_killed_anywhere(at: int) -> None:
    survives = MemoryBackend()
    repository = new_repository(survives)
    ids = [put(repository, {("f",): b"%d" % n * 50}) for n in range(3)]
    changes = 1 + 1 + 3 + 1
    try:
        reopen(crashing_at(survives, at)).upkeep.rebuild_index()
    except PowerCut:
        assert at <= changes
    else:
        assert at > changes
    after = reopen(survives)
    assert after.check(read_data=True) == []
    for n, snapshot_id in enumerate(ids):
        assert content(after, snapshot_id) == {("f",): b"%d" % n * 50}
    assert after.upkeep.rebuild_index() == []


def test_a_lock_that_a_crash_left_does_not_bar_the_next_run() -> None:
    survives = MemoryBackend()
    new_repository(survives)
    crashing = crashing_at(survives, 2)
    repository = reopen(crashing)
    with pytest.raises(PowerCut):
        put(repository, {("x",): b"x"})
    assert [name for name in survives.files if "/locks/" in name], "it could not be taken away"
    with reopen(survives).lock(exclusive=True):
        assert len([name for name in survives.files if "/locks/" in name]) == 1
