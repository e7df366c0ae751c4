"""restic as the judge of our prune, in two versions, and its own prune on what we wrote."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path

import pytest

from strongroom.store.files import FileBackend
from strongroom.store.repository import Repository
from strongroom.store.trees import TreePath
from tests.fakes.restics import Restic, ResticProgram, prove_trees
from tests.fakes.storages import HOME, NOW, content, new_repository, put, reopen

pytestmark = pytest.mark.restic

RUNS = 12


@pytest.fixture
def backend(tmp_path: Path) -> FileBackend:
    return FileBackend(tmp_path / "storage")


@pytest.fixture
def repository(backend: FileBackend) -> Repository:
    return new_repository(backend)


@pytest.fixture
def restic(tmp_path: Path, restic_program: ResticProgram) -> Restic:
    return restic_program.on(tmp_path / "storage" / HOME)


def runs(repository: Repository) -> dict[str, dict[TreePath, bytes]]:
    """Make runs on top of each other, in which items come and go; give what each point holds."""
    points: dict[str, dict[TreePath, bytes]] = {}
    for at in range(RUNS):
        files: dict[TreePath, bytes] = {
            ("mail", f"{number}"): b"%d" % number * 3000 for number in range(at, at + 5)
        }
        points[put(repository, files, time=NOW + timedelta(days=at), is_counted=True)] = files
    return points


def assert_nothing_to_do(restic: Restic) -> None:
    """See that restic's own prune would change nothing."""
    said = restic("prune", "--dry-run", "-v").decode()
    told = r"^(?:to repack|this removes|to delete|total prune):\s+(\d+) blobs"
    numbers = re.findall(told, said, re.MULTILINE)
    assert len(numbers) == 4, said
    assert set(numbers) == {"0"}, said
    assert "unused size after prune: 0 B" in re.sub(" +", " ", said), said


def test_restic_finds_our_prune_clean_and_nothing_left_to_do(
    repository: Repository, restic: Restic
) -> None:
    points = runs(repository)
    gone = list(points)[:3]
    done = repository.upkeep.prune(gone)
    assert done.packs_repacked > 0
    assert b"no errors were found" in restic("check", "--read-data")
    assert_nothing_to_do(restic)
    listed = {one["id"] for one in json.loads(restic("snapshots", "--json"))}
    assert listed == set(points) - set(gone)
    again = put(repository, {("new",): b"new"})
    assert content(repository, again) == {("new",): b"new"}
    assert b"no errors were found" in restic("check", "--read-data")


def test_restic_restores_after_our_prune_what_was_stored(
    repository: Repository, restic: Restic, tmp_path: Path
) -> None:
    points = runs(repository)
    repository.upkeep.prune(list(points)[1:9])
    for snapshot_id in repository.snapshot_ids():
        target = tmp_path / "restored" / snapshot_id
        restic("restore", snapshot_id, "--target", str(target))
        restored = {
            path.relative_to(target).parts: path.read_bytes()
            for path in target.rglob("*")
            if path.is_file()
        }
        assert restored == points[snapshot_id]


def test_restic_finds_our_consolidation_clean_and_nothing_left_to_do(
    repository: Repository, restic: Restic
) -> None:
    points = runs(repository)
    assert repository.upkeep.consolidate().packs_repacked == 2 * RUNS
    assert b"no errors were found" in restic("check", "--read-data")
    assert_nothing_to_do(restic)
    assert all(content(repository, one) == files for one, files in points.items())


def test_our_trees_are_restics_own_byte_for_byte_after_a_prune(
    repository: Repository, tmp_path: Path, restic_that_proves_trees: ResticProgram
) -> None:
    points = runs(repository)
    repository.upkeep.prune(list(points)[:8])
    prove_trees(restic_that_proves_trees.on(tmp_path / "storage" / HOME))


def test_after_restics_forget_and_prune_we_read_write_and_prune_on(
    repository: Repository, restic: Restic, backend: FileBackend
) -> None:
    points = runs(repository)
    restic("forget", "--keep-last", "4", "--prune", "--max-unused", "0")
    left = set(list(points)[8:])
    assert set(repository.snapshot_ids()) == left
    ours = reopen(backend)
    assert ours.check(read_data=True) == []
    nothing = ours.upkeep.prune()
    assert nothing.blobs_removed == nothing.packs_repacked == 0
    again = put(repository, {("again",): b"again" * 100})
    done = repository.upkeep.prune(sorted(left)[:2])
    assert len(done.forgotten) == 2
    for one in (*sorted(left)[2:], again):
        assert content(ours, one) == {**points, again: {("again",): b"again" * 100}}[one]
    assert b"no errors were found" in restic("check", "--read-data")
    assert_nothing_to_do(restic)


def test_we_prune_what_restic_stored_and_it_goes_on(
    repository: Repository, restic: Restic, tmp_path: Path
) -> None:
    source = tmp_path / "source"
    (source / "deep").mkdir(parents=True)
    for number in range(3):
        (source / "deep" / "file").write_bytes(b"%d" % number * 20_000)
        (source / f"only in {number}").write_bytes(b"only %d" % number * 500)
        restic("backup", str(source))
        (source / f"only in {number}").unlink()
    points = repository.snapshots()
    kept = content(repository, points[2].id)
    done = repository.upkeep.prune([points[0].id, points[1].id])
    assert done.snapshots == 1
    assert done.blobs_removed > 4
    assert content(repository, points[2].id) == kept
    assert b"no errors were found" in restic("check", "--read-data")
    assert_nothing_to_do(restic)
    restic("backup", str(source))
    assert b"no errors were found" in restic("check", "--read-data")
    assert repository.upkeep.prune([points[2].id]).snapshots == 1


def test_restics_lock_keeps_our_prune_out_and_ours_keeps_restic_out(
    repository: Repository, restic: Restic, backend: FileBackend
) -> None:
    points = runs(repository)
    with repository.lock(exclusive=True):
        assert restic.run("backup", "/dev/null").returncode != 0
    assert set(repository.snapshot_ids()) == set(points)
