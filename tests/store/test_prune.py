"""Pruning: what nobody needs goes, what anybody needs stays, and a second prune finds nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from strongroom.errors import IntegrityError, Interrupted, ResourceLocked
from strongroom.store.index import Contents, load_index, save_index
from strongroom.store.pack import PackBuilder, pack_name
from strongroom.store.repository import Repository
from strongroom.store.snapshot import Snapshot, encode_snapshot
from strongroom.store.trees import TreePath
from tests.fakes.faults import Faults
from tests.fakes.faulty_backend import FaultyBackend
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


def test_packs_that_a_killed_run_left_go(repository: Repository, backend: MemoryBackend) -> None:
    kept = put(repository, KEPT)
    with repository.lock():
        repository.writer().save("data", b"never named")
        repository.writer()._store_pack("data")
        stray = names(backend, "data")
    done = repository.prune()
    assert done.packs_stray == 1
    assert len(names(backend, "data")) == len(stray) - 1
    assert done.bytes_freed > 0
    assert content(reopen(backend), kept) == KEPT


def test_strange_files_are_left_alone(repository: Repository, backend: MemoryBackend) -> None:
    put(repository, KEPT)
    strange = ("data/notes.txt", "data/ab/readme", "index/README", "snapshots/README", "x/y")
    for name in strange:
        backend.save(HOME + name, b"not ours")
    repository.prune()
    assert all(HOME + name in backend.files for name in strange)


@pytest.mark.parametrize("folder", ["index", "data"])
def test_while_anything_that_is_needed_is_missing_nothing_is_removed(
    repository: Repository, backend: MemoryBackend, folder: str
) -> None:
    """An index that was lost makes everything it named look as if nobody needed it."""
    gone, _ = put(repository, GONE), put(repository, KEPT)
    put(repository, {("other",): b"other" * 20})
    for name in sorted(names(backend, folder)):
        with_it = dict(backend.files)
        backend.delete(f"{HOME}{folder}/{name}")
        if _needs(backend, gone):
            before = all_files(backend)
            with pytest.raises(IntegrityError, match="missing"):
                repository.prune([gone])
            assert all_files(backend) == before
        backend.files.clear()
        backend.files.update(with_it)


def _needs(backend: MemoryBackend, gone: str) -> bool:
    """Say whether the snapshots that stay cannot be read any more."""
    repository = reopen(backend)
    for snapshot_id in set(repository.snapshot_ids()) - {gone}:
        try:
            content(repository, snapshot_id)
        except IntegrityError:
            return True
    return False


def test_a_snapshot_that_cannot_be_read_stops_a_prune_unless_it_is_to_go(
    repository: Repository, backend: MemoryBackend
) -> None:
    damaged, kept = put(repository, GONE), put(repository, KEPT)
    backend.files[f"{HOME}snapshots/{damaged}"] = b"damaged"
    before = all_files(backend)
    with pytest.raises(IntegrityError, match="damaged"):
        repository.prune()
    assert all_files(backend) == before
    assert repository.prune([damaged]).forgotten == (damaged,)
    assert content(reopen(backend), kept) == KEPT


def test_a_damaged_tree_stops_a_prune(repository: Repository, backend: MemoryBackend) -> None:
    gone, kept = put(repository, GONE), put(repository, KEPT)
    root = repository.load_snapshot(kept).tree
    location = next(repository._index.locations("tree", root))
    name = HOME + pack_name(location.pack)
    damaged = bytearray(backend.files[name])
    damaged[location.offset + 20] ^= 1
    backend.files[name] = bytes(damaged)
    before = all_files(backend)
    with pytest.raises(IntegrityError, match="damaged"):
        repository.prune([gone])
    assert all_files(backend) == before


def test_a_damaged_blob_is_not_carried_into_a_new_pack(
    repository: Repository, backend: MemoryBackend
) -> None:
    gone, kept = put(repository, GONE), put(repository, KEPT)
    blob = repository.writer().save_file(GONE["mail", "both"]).content[0]
    location = next(repository._index.locations("data", blob))
    name = HOME + pack_name(location.pack)
    damaged = bytearray(backend.files[name])
    damaged[location.offset + 20] ^= 1
    backend.files[name] = bytes(damaged)
    before = names(backend, "data")
    with pytest.raises(IntegrityError, match=r"blob .* is damaged"):
        repository.prune([gone])
    assert names(backend, "data") >= before
    assert repository.snapshot_ids() == [kept]
    backend.files[name] = bytes(damaged[: location.offset + 20]) + bytes(
        [damaged[location.offset + 20] ^ 1, *damaged[location.offset + 21 :]]
    )
    repository.prune()
    assert content(reopen(backend), kept) == KEPT, "once the pack was put back"


def test_a_lost_pack_that_nobody_needs_vanishes_from_the_index(
    repository: Repository, backend: MemoryBackend
) -> None:
    kept = put(repository, KEPT)
    needed = names(backend, "data")
    gone = put(repository, {("alone",): b"alone" * 50})
    for name in names(backend, "data") - needed:
        backend.delete(f"{HOME}data/{name}")
    with pytest.raises(IntegrityError, match="is missing"):
        put(repository, GONE)
    repository.prune([gone])
    assert repository.check(read_data=True) == []
    again = put(repository, GONE)
    assert content(reopen(backend), again) == GONE
    assert content(reopen(backend), kept) == KEPT


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
    done = repository.prune()
    assert done.blobs_removed == 1
    assert done.packs_removed == 1
    assert content(reopen(backend), kept) == KEPT
    assert repository.check(read_data=True) == []
    assert repository.prune().packs_repacked == 0


def test_a_pack_of_data_and_trees_is_taken_apart(
    repository: Repository, backend: MemoryBackend
) -> None:
    kept = put(repository, KEPT)
    _mix(repository)
    assert any("data and trees" in problem for problem in repository.check())
    assert repository.prune().packs_repacked == 1
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
    reopen(watched).prune(dry_run=True)
    # Three levels; the five roots lie in five packs, the folders with them.
    assert len(reads) == 15


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
            repository.prune([gone], stop=stop)
        except Interrupted:
            assert names(backend, "locks") == set()
            assert content(reopen(backend), kept) == KEPT
            assert reopen(backend).check(read_data=True) == []
        else:
            break
    assert repository.prune([gone], dry_run=True).bytes_freed == 0


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
        repository.prune([gone])
    assert once
    assert all(content(reopen(backend), one) == KEPT for one in repository.snapshot_ids())
    assert reopen(backend).check(read_data=True) == []
    repository.prune()
    assert all(content(reopen(backend), one) == KEPT for one in repository.snapshot_ids())


def test_what_was_not_flushed_is_no_stray_pack(repository: Repository) -> None:
    with repository.lock(exclusive=True):
        repository.writer().save("data", b"in the making")
        with pytest.raises(RuntimeError, match="flushed"):
            repository.prune()
        repository.writer().flush()
        assert repository.prune().blobs_removed == 1


def test_an_id_that_is_not_there_is_fine(repository: Repository) -> None:
    put(repository, KEPT)
    assert repository.prune(["0" * 64]).forgotten == ()


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
    done = repository.prune([old, below, cut_short])
    assert done.forgotten == (old,)
    assert set(done.staying) == {below, cut_short}
    assert "cut short" in done.staying[below]
    assert "goes on" in done.staying[cut_short]
    assert content(repository, cut_short) == KEPT | GONE


def test_checkpoints_that_were_overtaken_go_by_themselves(repository: Repository) -> None:
    first = checkpoint(repository, GONE, None, 0)
    second = checkpoint(repository, GONE | {("x",): b"x"}, None, 1)
    assert repository.prune().forgotten == (first,)
    done = point(repository, KEPT, None, 2)
    assert repository.prune().forgotten == (second,)
    assert repository.snapshot_ids() == [done]


def test_a_snapshot_of_somebody_elses_overtakes_no_checkpoint(repository: Repository) -> None:
    cut_short = checkpoint(repository, GONE, None, 0)
    theirs = put(repository, KEPT, time=NOW + timedelta(days=1))
    assert repository.prune().forgotten == ()
    assert set(repository.snapshot_ids()) == {cut_short, theirs}
