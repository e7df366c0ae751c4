"""A prune leaves alone what the next attempt of a backup goes on from."""

from __future__ import annotations

from datetime import timedelta

from strongroom.store.repository import Repository
from strongroom.store.snapshot import Snapshot
from strongroom.store.trees import TreePath
from tests.fakes.pruned import GONE, KEPT
from tests.fakes.storages import NOW, content, put


def checkpoint(
    repository: Repository, files: dict[TreePath, bytes], parent: str | None, days: int
) -> str:
    """Make a checkpoint as a backup does."""
    return _snapshot(repository, files, "checkpoint:lab", "checkpoint", parent, days)


def point(
    repository: Repository, files: dict[TreePath, bytes], parent: str | None, days: int
) -> str:
    """Make a restore point as a backup does."""
    return _snapshot(repository, files, "lab", "complete", parent, days)


def _snapshot(
    repository: Repository,
    files: dict[TreePath, bytes],
    host: str,
    tag: str,
    parent: str | None,
    days: int,
) -> str:
    bare = put(repository, files)
    with repository.lock():
        snapshot = Snapshot(
            time=NOW + timedelta(days=days),
            tree=repository.load_snapshot(bare).tree,
            host=host,
            paths=("/p",),
            tags=("mailbox", "a1b2", tag),
            parent=parent,
        )
        repository.delete_snapshot(bare)
        return repository.save_snapshot(snapshot)


def test_a_checkpoint_that_the_next_backup_goes_on_from_stays_and_so_does_what_is_below(
    repository: Repository,
) -> None:
    old = point(repository, GONE, None, 0)
    below = point(repository, KEPT, old, 1)
    cut_short = checkpoint(repository, KEPT | GONE, below, 2)
    done = repository.upkeep.prune([old, below, cut_short])
    assert done.forgotten == (old,)
    assert set(done.staying) == {below, cut_short}
    assert "cut short" in done.staying[below]
    assert "goes on" in done.staying[cut_short]
    assert content(repository, cut_short) == KEPT | GONE


def test_checkpoints_that_were_overtaken_go_by_themselves(repository: Repository) -> None:
    first = checkpoint(repository, GONE, None, 0)
    second = checkpoint(repository, GONE | {("x",): b"x"}, None, 1)
    assert repository.upkeep.prune().forgotten == (first,)
    done = point(repository, KEPT, None, 2)
    assert repository.upkeep.prune().forgotten == (second,)
    assert repository.snapshot_ids() == [done]


def test_a_snapshot_of_somebody_elses_overtakes_no_checkpoint(repository: Repository) -> None:
    cut_short = checkpoint(repository, GONE, None, 0)
    theirs = put(repository, KEPT, time=NOW + timedelta(days=1))
    assert repository.upkeep.prune().forgotten == ()
    assert set(repository.snapshot_ids()) == {cut_short, theirs}
