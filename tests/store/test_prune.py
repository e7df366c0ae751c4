"""Pruning: what nobody needs goes, what anybody needs stays, and a second prune finds nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from strongroom.errors import Interrupted, ResourceLocked, StorageFull
from strongroom.store.index import Contents, load_index, save_index
from strongroom.store.pack import PackBuilder, pack_name
from strongroom.store.repository import Repository
from strongroom.store.snapshot import Snapshot, encode_snapshot
from strongroom.store.trees import FileEntry, FolderEntry, TreePath, patch
from tests.fakes.faults import Faults
from tests.fakes.faulty_backend import FaultyBackend
from tests.fakes.memory_backend import MemoryBackend
from tests.fakes.pruned import GONE, KEPT, all_files, names
from tests.fakes.storages import HOME, NOW, content, put, reopen


def test_what_only_forgotten_snapshots_had_goes_and_the_rest_reads_as_before(
    repository: Repository, backend: MemoryBackend
) -> None:
    gone, kept = put(repository, GONE), put(repository, KEPT)
    done = repository.upkeep.prune([gone])
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
    repository.upkeep.prune([gone])
    before = all_files(backend)
    again = repository.upkeep.prune([gone])
    assert again.forgotten == ()
    assert again.bytes_freed == again.packs_repacked == again.index_files_replaced == 0
    assert all_files(backend) == before


def test_a_dry_run_changes_nothing_and_foretells_what_happens(
    repository: Repository, backend: MemoryBackend
) -> None:
    gone, _ = put(repository, GONE), put(repository, KEPT)
    before = dict(backend.files)
    foretold = repository.upkeep.prune([gone], dry_run=True)
    assert backend.files == before
    done = repository.upkeep.prune([gone])
    assert foretold.is_dry_run
    assert not done.is_dry_run
    alike = replace(
        foretold,
        is_dry_run=False,
        bytes=done.bytes,
        bytes_freed=done.bytes_freed,
        index_files=done.index_files,
    )
    assert alike == done
    assert 0 <= done.bytes - foretold.bytes < 1000, "the headers of new packs"


def test_a_dry_run_lets_writers_work(repository: Repository, backend: MemoryBackend) -> None:
    gone = put(repository, GONE)
    with reopen(backend).lock():
        assert repository.upkeep.prune([gone], dry_run=True).forgotten == (gone,)
        with pytest.raises(ResourceLocked):
            repository.upkeep.prune([gone])
    assert repository.snapshot_ids() == [gone]


def test_forgetting_everything_leaves_an_empty_repository_that_works(
    repository: Repository, backend: MemoryBackend
) -> None:
    ids = [put(repository, GONE), put(repository, KEPT)]
    done = repository.upkeep.prune(ids)
    assert done.blobs == done.bytes == done.snapshots == 0
    assert names(backend, "data") == names(backend, "index") == set()
    again = put(repository, KEPT)
    assert content(reopen(backend), again) == KEPT
    assert reopen(backend).check(read_data=True) == []


def test_packs_that_a_killed_run_left_go(repository: Repository, backend: MemoryBackend) -> None:
    kept = put(repository, KEPT)
    with repository.lock():
        repository.writer().save("data", b"never named")
        repository.writer()._store_pack("data")
        stray = names(backend, "data")
    done = repository.upkeep.prune()
    assert done.packs_stray == 1
    assert len(names(backend, "data")) == len(stray) - 1
    assert done.bytes_freed > 0
    assert content(reopen(backend), kept) == KEPT


def test_strange_files_are_left_alone(repository: Repository, backend: MemoryBackend) -> None:
    put(repository, KEPT)
    strange = ("data/notes.txt", "data/ab/readme", "index/README", "snapshots/README", "x/y")
    for name in strange:
        backend.save(HOME + name, b"not ours")
    repository.upkeep.prune()
    assert all(HOME + name in backend.files for name in strange)


def test_of_a_blob_that_lies_twice_one_copy_stays(
    repository: Repository, backend: MemoryBackend
) -> None:
    """Two writers at once, an administrator's restic for one, store the same."""
    other = reopen(backend)
    with repository.lock(), other.lock():
        for each in (repository, other):
            each.writer().save_file(KEPT["mail", "kept"])
            each.writer().flush()
    kept = put(reopen(backend), KEPT)
    done = repository.upkeep.prune()
    assert done.blobs_removed == 1
    assert done.packs_removed == 1
    assert content(reopen(backend), kept) == KEPT
    assert repository.check(read_data=True) == []
    assert repository.upkeep.prune().packs_repacked == 0


def test_a_pack_of_data_and_trees_is_taken_apart(
    repository: Repository, backend: MemoryBackend
) -> None:
    kept = put(repository, KEPT)
    _mix(repository)
    assert any("data and trees" in problem for problem in repository.check())
    assert repository.upkeep.prune().packs_repacked == 1
    assert repository.check(read_data=True) == []
    assert content(reopen(backend), kept) == KEPT


def _mix(repository: Repository) -> None:
    """Put all blobs into one pack, as no program should."""
    tools, backend, documents = repository._tools, repository._backend, repository._documents
    mixed = PackBuilder("data")
    for file_id in documents.ids("index"):
        for pack, entries in list(load_index(documents, file_id)):
            content = backend.load(pack_name(pack))
            for entry in entries:
                box = content[entry.offset : entry.offset + entry.length]
                mixed.add(entry.id, (box[:16], box[16:-16], box[-16:]), entry.raw_length)
                mixed.entries[entry.id] = mixed.entries[entry.id]._replace(kind=entry.kind)
            backend.delete(pack_name(pack))
        documents.delete("index", file_id)
    pack_id, content = mixed.finish(tools.sealer)
    backend.save(pack_name(pack_id), content)
    save_index(documents, [Contents(pack_id, tuple(mixed.entries.values()))])
    repository._index.forget()


def test_trees_that_snapshots_share_are_read_once(
    repository: Repository, backend: MemoryBackend
) -> None:
    root = None
    for number in range(5):
        path = ("folder", str(number), "file")
        root = repository.load_snapshot(put(repository, {path: b"%d" % number}, root=root)).tree
    reads: list[str] = []
    watched = FaultyBackend(backend, Faults())
    real = watched.load_range

    def load_range(name: str, offset: int, length: int) -> bytes:
        reads.append(name)
        return real(name, offset, length)

    watched.load_range = load_range  # type: ignore[method-assign]
    reopen(watched).upkeep.prune(dry_run=True)
    # Three levels; the five roots lie in five packs, the folders with them.
    assert len(reads) == 15


def test_a_folder_that_lies_in_several_depths_is_read_once(
    repository: Repository, backend: MemoryBackend
) -> None:
    with repository.lock():
        reader, writer = repository.reader(), repository.writer()
        file = FileEntry(writer.save_file(b"file"), NOW)
        shared = patch(reader, writer, None, {("file",): file}, NOW)
        deep: dict[TreePath, FolderEntry] = {
            (*("folder",) * depth, "shared"): FolderEntry(shared, NOW) for depth in range(4)
        }
        root = patch(reader, writer, None, deep, NOW)
        repository.save_snapshot(Snapshot(time=NOW, tree=root, host="h", paths=("/p",)))
    reads = 0
    watched = FaultyBackend(backend, Faults())
    real = watched.load_range

    def load_range(name: str, offset: int, length: int) -> bytes:
        nonlocal reads
        reads += 1
        return real(name, offset, length)

    watched.load_range = load_range  # type: ignore[method-assign]
    reopen(watched).upkeep.prune(dry_run=True)
    assert reads == 4, "one for each level; the shared folder is read with the first"


def test_without_room_for_new_packs_what_needs_none_goes_and_nothing_new_is_left(
    repository: Repository, backend: MemoryBackend
) -> None:
    gone = put(repository, {("a", "x"): b"x" * 50, ("b", "y"): b"y" * 50})
    root = repository.load_snapshot(gone).tree
    kept = put(repository, {("b", "y"): b"z" * 50}, root=root)
    alone = put(repository, {("alone",): b"alone" * 100})
    before = names(backend, "data")
    faults = Faults()
    faults.fail("save", lambda: StorageFull("The storage is full."), names="data/", passes=1)
    with faults, pytest.raises(StorageFull):
        reopen(FaultyBackend(backend, faults)).upkeep.prune([gone, alone])
    after = names(backend, "data")
    assert after < before, "the packs of what lay alone"
    assert len(after) == len(before) - 2
    assert reopen(backend).snapshot_ids() == [kept]
    assert reopen(backend).check(read_data=True) == []
    assert repository.upkeep.prune().packs_repacked == 2, "with room"
    assert content(reopen(backend), kept) == {("a", "x"): b"x" * 50, ("b", "y"): b"z" * 50}
    assert repository.upkeep.prune().bytes_freed == 0


def test_a_prune_that_is_asked_to_stop_is_run_again(
    repository: Repository, backend: MemoryBackend
) -> None:
    gone, kept = put(repository, GONE), put(repository, KEPT)
    asked = 0
    for at in range(1, 100):
        asked = 0

        def stop(at: int = at) -> bool:
            nonlocal asked
            asked += 1
            return asked == at

        try:
            repository.upkeep.prune([gone], stop=stop)
        except Interrupted:
            assert names(backend, "locks") == set()
            assert content(reopen(backend), kept) == KEPT
            assert reopen(backend).check(read_data=True) == []
        else:
            break
    assert repository.upkeep.prune([gone], dry_run=True).bytes_freed == 0


def test_what_somebody_wrote_in_spite_of_the_lock_stops_a_prune(
    repository: Repository, backend: MemoryBackend
) -> None:
    """A program that asks for no lock, or one whose lock was taken away."""
    gone, kept = put(repository, GONE), put(repository, KEPT)
    once: list[str] = []

    def write_beside(name: str) -> None:
        if "/data/" in name and not once:
            once.append(name)
            snapshot = repository.load_snapshot(kept)
            again = encode_snapshot(replace(snapshot, id="", time=NOW + timedelta(days=1)))
            repository._documents.save("snapshots", again)

    backend.on_write = write_beside
    with pytest.raises(ResourceLocked, match="had it alone"):
        repository.upkeep.prune([gone])
    assert once
    assert all(content(reopen(backend), one) == KEPT for one in repository.snapshot_ids())
    assert reopen(backend).check(read_data=True) == []
    repository.upkeep.prune()
    assert all(content(reopen(backend), one) == KEPT for one in repository.snapshot_ids())


def test_what_was_not_flushed_is_no_stray_pack(repository: Repository) -> None:
    with repository.lock(exclusive=True):
        repository.writer().save("data", b"in the making")
        with pytest.raises(RuntimeError, match="flushed"):
            repository.upkeep.prune()
        repository.writer().flush()
        assert repository.upkeep.prune().blobs_removed == 1


def test_an_id_that_is_not_there_is_fine(repository: Repository) -> None:
    put(repository, KEPT)
    assert repository.upkeep.prune(["0" * 64]).forgotten == ()
