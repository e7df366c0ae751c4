"""A prune refuses where anything is missing or damaged that it would have to rely on."""

from __future__ import annotations

import pytest

from strongroom.errors import IntegrityError
from strongroom.store.pack import pack_name
from strongroom.store.repository import Repository
from tests.fakes.memory_backend import MemoryBackend
from tests.fakes.pruned import GONE, KEPT, all_files, names
from tests.fakes.storages import HOME, content, put, reopen


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
                repository.upkeep.prune([gone])
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
        repository.upkeep.prune()
    assert all_files(backend) == before
    assert repository.upkeep.prune([damaged]).forgotten == (damaged,)
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
        repository.upkeep.prune([gone])
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
        repository.upkeep.prune([gone])
    assert names(backend, "data") >= before
    assert repository.snapshot_ids() == [kept]
    backend.files[name] = bytes(damaged[: location.offset + 20]) + bytes(
        [damaged[location.offset + 20] ^ 1, *damaged[location.offset + 21 :]]
    )
    repository.upkeep.prune()
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
    repository.upkeep.prune([gone])
    assert repository.check(read_data=True) == []
    again = put(repository, GONE)
    assert content(reopen(backend), again) == GONE
    assert content(reopen(backend), kept) == KEPT
