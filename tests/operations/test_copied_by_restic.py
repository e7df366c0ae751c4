"""What ``restic copy`` brings from one resource's repository into another's, with the program."""

from __future__ import annotations

from pathlib import Path

from strongroom.operations.points import is_finished, points
from strongroom.store.files import FileBackend
from strongroom.store.repository import Repository
from strongroom.store.snapshot import Snapshot
from strongroom.store.trees import FileEntry, patch
from tests.fakes.restics import ResticProgram
from tests.fakes.storages import NOW, PASSWORD, new_storage


def save(repository: Repository, resource_id: str) -> str:
    """Make a restore point as a backup would."""
    with repository.lock():
        writer = repository.writer()
        entry = FileEntry(writer.save_file(resource_id.encode() * 50), NOW)
        tree = patch(repository.reader(), writer, None, {("message",): entry}, NOW)
        tags = ("mailbox", resource_id, "complete", "job:j1")
        return repository.save_snapshot(
            Snapshot(time=NOW, tree=tree, host="office", paths=(resource_id,), tags=tags)
        )


def test_it_looks_like_a_restore_point_and_is_none_of_this_resource(
    restic_program: ResticProgram, tmp_path: Path
) -> None:
    storage = new_storage(FileBackend(tmp_path))
    ann, bob = (storage.repository("mailbox", one, create=True) for one in ("ann", "bob"))
    own, foreign = save(ann, "ann"), save(bob, "bob")
    home = tmp_path / "repositories" / "mailbox"
    restic = restic_program.on(
        home / "ann", RESTIC_FROM_REPOSITORY=str(home / "bob"), RESTIC_FROM_PASSWORD=PASSWORD
    )
    restic("copy")
    again = storage.repository("mailbox", "ann")
    (copied,) = [one for one in again.snapshots() if one.id != own]
    assert is_finished(copied)
    assert (copied.original, copied.tags[:2]) == (foreign, ("mailbox", "bob"))
    assert [one.id for one in points(again)] == [own]
    assert again.upkeep.prune(dry_run=True).bytes_freed == 0, "it is kept, though it is not ours"
