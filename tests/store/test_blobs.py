from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator

import pytest

from strongroom.errors import IntegrityError, StorageFull, TransientError
from strongroom.store import compression, index
from strongroom.store.blobs import StoredFile
from strongroom.store.crypto import Sealer
from strongroom.store.pack import PACK_BYTES
from strongroom.store.repository import Repository
from tests.fakes.faulty_backend import full_for
from tests.fakes.memory_backend import MemoryBackend
from tests.fakes.storages import HOME, content, new_repository, put, reopen

MIB = 1 << 20


def names(backend: MemoryBackend, folder: str) -> list[str]:
    return [name for name, _ in backend.list(f"{HOME}{folder}/")]


def noise(size: int, seed: int = 1) -> bytes:
    return random.Random(seed).randbytes(size)


def test_a_blob_is_named_by_its_hash_and_read_back(repository: Repository) -> None:
    with repository.lock():
        blob_id = repository.writer().save("data", b"hello")
        repository.writer().flush()
    assert blob_id == hashlib.sha256(b"hello").digest()
    assert repository.reader().load("data", blob_id) == b"hello"


def test_a_blob_is_readable_before_it_is_stored(
    repository: Repository, backend: MemoryBackend
) -> None:
    with repository.lock():
        blob_id = repository.writer().save("tree", b"not yet stored")
        assert names(backend, "data") == []
        assert repository.reader().load("tree", blob_id) == b"not yet stored"


def test_what_is_known_is_not_stored_again(repository: Repository, backend: MemoryBackend) -> None:
    with repository.lock():
        writer = repository.writer()
        first = writer.save("data", b"twice")
        assert writer.save("data", b"twice") == first  # waiting
        writer.flush()
        assert writer.save("data", b"twice") == first  # stored in this run
        writer.flush()
        assert writer.added.data_blobs == 1
    again = reopen(backend)
    with again.lock():
        assert again.writer().save("data", b"twice") == first  # stored in an earlier run
        again.writer().flush()
        assert again.writer().added.data_blobs == 0
    assert len(names(backend, "data")) == len(names(backend, "index")) == 1


def test_the_same_bytes_as_data_and_as_tree_are_two_blobs(
    repository: Repository, backend: MemoryBackend
) -> None:
    with repository.lock():
        for kind in ("data", "tree"):
            repository.writer().save(kind, b"same bytes")
        repository.writer().flush()
    assert len(names(backend, "data")) == 2, "data and trees never share a pack"
    assert repository.check(read_data=True) == []


def test_many_blobs_are_saved_in_order(repository: Repository) -> None:
    blobs = [b"blob %d" % (n % 40) for n in range(60)]
    with repository.lock():
        ids = repository.writer().save_many("data", blobs)
        assert repository.writer().added.data_blobs == 40
        repository.writer().flush()
    assert [repository.reader().load("data", blob_id) for blob_id in ids] == blobs


def test_an_empty_blob_is_kept(repository: Repository) -> None:
    with repository.lock():
        blob_id = repository.writer().save("data", b"")
        repository.writer().flush()
    assert repository.reader().load("data", blob_id) == b""
    assert repository.check(read_data=True) == []


def test_packs_are_closed_at_16_mib(repository: Repository, backend: MemoryBackend) -> None:
    with repository.lock():
        for number in range(40):
            repository.writer().save("data", noise(MIB, number))
        repository.writer().flush()
    sizes = sorted(size for _, size in backend.list(f"{HOME}data/"))
    assert len(sizes) == 3
    assert all(PACK_BYTES <= size < PACK_BYTES + 2 * MIB for size in sizes[1:])


def test_an_index_file_names_no_more_blobs_than_restic_wants(
    repository: Repository, backend: MemoryBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index, "BLOBS_PER_FILE", 100)
    monkeypatch.setattr("strongroom.store.blobs.BLOBS_PER_FILE", 100)
    monkeypatch.setattr("strongroom.store.pack.PACK_BLOBS_MAX", 30)
    with repository.lock():
        repository.writer().save_many("data", [b"%d" % n for n in range(500)])
        repository.writer().flush()
    documents = repository._documents
    counts = [
        sum(len(contents.entries) for contents in index.load_index(documents, file_id))
        for file_id in documents.ids("index")
    ]
    assert sum(counts) == 500
    assert max(counts) <= 120, "at most one pack more than asked for triggers the file"
    assert reopen(backend).check(read_data=True) == []


def test_small_content_is_one_blob_and_none_is_none(repository: Repository) -> None:
    with repository.lock():
        writer = repository.writer()
        assert writer.save_file(b"") == writer.save_file([]) == StoredFile((), 0)
        whole = noise(512 * 1024)
        stored = writer.save_file(whole)
        assert stored == StoredFile((hashlib.sha256(whole).digest(),), len(whole))
        pieces = (whole[at : at + 1000] for at in range(0, len(whole), 1000))
        assert writer.save_file(pieces) == stored


def test_large_content_is_cut_and_comes_back(repository: Repository) -> None:
    data = noise(20 * MIB + 3)
    with repository.lock():
        writer = repository.writer()
        stored = writer.save_file(data[at : at + 70_000] for at in range(0, len(data), 70_000))
        assert stored.size == len(data)
        assert len(stored.content) > 3
        assert writer.save_file(data) == stored, "pieces or whole, the cuts are the same"
        writer.flush()
    assert b"".join(repository.reader().load_file(stored.content)) == data


def test_an_error_out_of_the_pieces_passes_through_and_harms_nothing(
    repository: Repository,
) -> None:
    def breaks() -> Iterator[bytes]:
        yield noise(9 * MIB)
        raise TransientError("The connection broke.")

    with repository.lock():
        with pytest.raises(TransientError):
            repository.writer().save_file(breaks())
        stored = repository.writer().save_file(noise(9 * MIB))
        repository.writer().flush()
    assert b"".join(repository.reader().load_file(stored.content)) == noise(9 * MIB)
    assert repository.check(read_data=True) == []


def test_a_blob_that_does_not_open_again_is_never_stored(
    repository: Repository, backend: MemoryBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A flipped bit in the compressor, in the cipher, in the memory between: each is noticed."""
    writer = repository.writer()
    real_seal, real_compress = Sealer.seal, compression.Compressor.compress

    def bad_seal(sealer: Sealer, plain: bytes) -> tuple[bytes, bytes, bytes]:
        nonce, ciphertext, tag = real_seal(sealer, plain)
        return nonce, bytes([ciphertext[0] ^ 1]) + ciphertext[1:], tag

    def bad_compress(compressor: compression.Compressor, data: bytes) -> bytes:
        return real_compress(compressor, bytes([data[0] ^ 1]) + data[1:])

    with repository.lock():
        for owner, name, bad in (
            (Sealer, "seal", bad_seal),
            (compression.Compressor, "compress", bad_compress),
        ):
            with monkeypatch.context() as broken:
                broken.setattr(owner, name, bad)
                with pytest.raises(IntegrityError, match="after sealing"):
                    writer.save("data", b"precious")
        assert not writer.has("data", hashlib.sha256(b"precious").digest())
        writer.flush()
    assert names(backend, "data") == []


@pytest.mark.parametrize("what", ["data/", "index/"])
def test_a_full_storage_loses_nothing_and_the_run_can_go_on_with_more_room(what: str) -> None:
    inner = MemoryBackend()
    new_repository(inner)
    full = full_for(inner, what)
    repository = reopen(full)
    with repository.lock():
        blob_id = repository.writer().save("data", b"kept in memory")
        with pytest.raises(StorageFull):
            repository.writer().flush()
        full.faults.end()
        repository.writer().flush()
    assert full.faults.came == 1
    assert reopen(inner).reader().load("data", blob_id) == b"kept in memory"
    assert reopen(inner).check(read_data=True) == []


def test_what_was_not_flushed_when_the_lock_ended_is_forgotten(repository: Repository) -> None:
    with repository.lock():
        blob_id = repository.writer().save("data", b"never flushed")
    assert not repository.writer().has("data", blob_id)
    with pytest.raises(IntegrityError, match="is missing"):
        repository.reader().load("data", blob_id)


def test_a_pack_that_no_index_named_is_not_relied_upon_by_the_next_run() -> None:
    """Between the runs a prune may delete it, so its blobs must be stored again."""
    inner = MemoryBackend()
    new_repository(inner)
    full = full_for(inner, "index/")
    repository = reopen(full)
    with repository.lock():
        repository.writer().save("data", b"packed, not indexed")
        with pytest.raises(StorageFull):
            repository.writer().flush()
    for name in names(inner, "data"):  # the prune
        inner.delete(name)
    full.faults.end()
    with repository.lock():
        blob_id = repository.writer().save("data", b"packed, not indexed")
        repository.writer().flush()
    assert reopen(inner).reader().load("data", blob_id) == b"packed, not indexed"


def test_nothing_is_written_without_the_lock(repository: Repository) -> None:
    repository.writer().save("data", b"only in memory yet")
    with pytest.raises(RuntimeError, match="inside"):
        repository.writer().flush()


def test_many_blobs_are_read_once_each_in_few_reads(
    repository: Repository, backend: MemoryBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    blobs = {hashlib.sha256(data).digest(): data for data in (b"%d" % n * 9 for n in range(300))}
    with repository.lock():
        repository.writer().save_many("data", list(blobs.values()))
        repository.writer().flush()
    reads: list[str] = []
    real = backend.load_range

    def load_range(name: str, offset: int, length: int) -> bytes:
        reads.append(name)
        return real(name, offset, length)

    monkeypatch.setattr(backend, "load_range", load_range)
    wanted = list(blobs) * 2
    random.Random(1).shuffle(wanted)
    read = list(reopen(backend).reader().load_many(wanted))
    assert dict(read) == blobs
    assert len(read) == len(blobs)
    assert len(reads) == 1


def test_far_apart_blobs_are_not_read_together(
    repository: Repository, backend: MemoryBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    blobs = [b"first", noise(3 * MIB), b"last"]
    with repository.lock():
        ids = repository.writer().save_many("data", blobs)
        repository.writer().flush()
    lengths: list[int] = []
    real = backend.load_range

    def load_range(name: str, offset: int, length: int) -> bytes:
        lengths.append(length)
        return real(name, offset, length)

    monkeypatch.setattr(backend, "load_range", load_range)
    assert dict(reopen(backend).reader().load_many([ids[0], ids[2]])) == {
        ids[0]: b"first",
        ids[2]: b"last",
    }
    assert sum(lengths) < 1000


def test_a_damaged_blob_is_told_and_its_neighbours_are_read(
    repository: Repository, backend: MemoryBackend
) -> None:
    with repository.lock():
        ids = repository.writer().save_many("data", [b"first" * 9, b"second" * 9, b"third" * 9])
        repository.writer().flush()
    pack = names(backend, "data")[0]
    content = bytearray(backend.files[pack])
    content[20] ^= 1
    backend.files[pack] = bytes(content)
    reader = reopen(backend).reader()
    with pytest.raises(IntegrityError, match=ids[0].hex()):
        reader.load("data", ids[0])
    assert reader.load("data", ids[1]) == b"second" * 9
    with pytest.raises(IntegrityError, match=ids[0].hex()):
        list(reader.load_many(ids))
    assert len(list(reader.load_many(ids[1:]))) == 2


def test_another_pack_that_holds_the_same_blob_saves_it(backend: MemoryBackend) -> None:
    """Two machines stored it at the same time; then one of the packs is damaged."""
    new_repository(backend)
    first, second = reopen(backend), reopen(backend)
    with first.lock(), second.lock():
        for repository in (first, second):
            blob_id = repository.writer().save("data", b"stored twice")
            repository.writer().flush()
    packs = names(backend, "data")
    assert len(packs) == 2
    for pack in packs:
        sound = backend.files[pack]
        backend.files[pack] = sound[:20] + bytes([sound[20] ^ 1]) + sound[21:]
        assert reopen(backend).reader().load("data", blob_id) == b"stored twice"
        assert dict(reopen(backend).reader().load_many([blob_id])) == {blob_id: b"stored twice"}
        backend.files[pack] = sound


def test_a_reader_finds_what_another_process_wrote_since(backend: MemoryBackend) -> None:
    early = new_repository(backend)
    early.reader().size("data", bytes(32))
    snapshot_id = put(reopen(backend), {("new.txt",): b"new"})
    tree = early.load_snapshot(snapshot_id).tree
    assert b"new.txt" in early.reader().load("tree", tree)


def test_a_reader_follows_blobs_that_a_prune_moved(backend: MemoryBackend) -> None:
    early = new_repository(backend)
    snapshot_id = put(early, {("file",): b"moved" * 9})
    moved = [name for name in backend.files if "/data/" in name or "/index/" in name]
    for name in moved:
        backend.delete(name)
    put(reopen(backend), {("file",): b"moved" * 9})
    assert content(early, snapshot_id) == {("file",): b"moved" * 9}
