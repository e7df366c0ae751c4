"""Large indexes, mapped from a file of this machine: told the same as from memory, or not used."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import random
import struct
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, BinaryIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strongroom.store import index
from strongroom.store.crypto import MasterKey, Tools
from strongroom.store.documents import Documents
from strongroom.store.index import Contents, Index, Location
from strongroom.store.index_cache import IndexCache, Mapped
from strongroom.store.pack import BlobId, Entry, Kind
from tests.fakes.hand_clock import HandClock
from tests.fakes.memory_backend import MemoryBackend
from tests.fakes.storages import content, new_storage, put

KEY = MasterKey.random()
KINDS: tuple[Kind, Kind] = ("data", "tree")


class CountingBackend(MemoryBackend):
    """Says which files were read."""

    def __init__(self) -> None:
        super().__init__()
        self.loaded: list[str] = []

    def load(self, name: str) -> bytes:
        self.loaded.append(name)
        return super().load(name)


class World:
    """A repository's index files, and a place for its mapped table."""

    def __init__(self, folder: Path) -> None:
        self.backend = CountingBackend()
        self.documents = Documents(self.backend, Tools(KEY))
        self.file = folder / "caches" / "one.index"
        self.clock = HandClock()
        self.known: list[Contents] = []

    def cache(self, key: MasterKey = KEY) -> IndexCache:
        return IndexCache(self.file, key, self.clock)

    def open(self) -> Index:
        """Open the index as a new process would, and have it read."""
        self.backend.loaded.clear()
        opened = Index(self.documents, self.cache())
        opened.refresh()
        return opened

    def store(self, *seeds: int, blobs: int = 8) -> None:
        """Have somebody store an index file for each pack."""
        for seed in seeds:
            contents = pack(seed, blobs=blobs)
            index.save_index(self.documents, [contents])
            self.known.append(contents)

    def assert_told(self, opened: Index) -> None:
        """Compare with what is stored."""
        for contents in self.known:
            for kind, blob_id, offset, length, raw_length in contents.entries:
                assert opened.has(kind, blob_id)
                other: Kind = "tree" if kind == "data" else "data"
                assert not opened.has(other, blob_id)
                place = Location(contents.pack, offset, length, raw_length)
                assert place in list(opened.locations(kind, blob_id))
        assert set(opened.pack_sizes()) == {contents.pack for contents in self.known}
        for one in (bytes(32), b"\xff" * 32, hashlib.sha256(b"nobody's").digest()):
            assert not any(opened.has(kind, one) for kind in KINDS)


def pack(seed: int, *, blobs: int = 8) -> Contents:
    chance = random.Random(seed)
    kind = KINDS[seed % 2]
    entries = tuple(
        Entry(kind, chance.randbytes(32), at * 100, 100, chance.randrange(2) * 200)
        for at in range(blobs)
    )
    return Contents(chance.randbytes(32), entries)


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(index, "MAPPED_BLOBS_MIN", 20)
    return World(tmp_path)


@pytest.fixture
def mapped(world: World) -> World:
    """A world whose table of 80 blobs is mapped."""
    world.store(*range(10))
    world.open()
    return world


def test_a_small_index_stays_in_memory(world: World) -> None:
    world.store(1, 2)
    world.assert_told(world.open())
    assert not world.file.exists()


def test_a_large_index_is_read_once(world: World) -> None:
    world.store(*range(10))
    world.assert_told(world.open())
    assert len(world.backend.loaded) == 10
    again = world.open()
    world.assert_told(again)
    assert world.backend.loaded == []
    assert len(again) == 80


@pytest.mark.skipif(os.name == "nt", reason="Windows inherits rights from the folder above")
def test_the_table_is_ours_alone(mapped: World, tmp_path: Path) -> None:
    assert all(not path.stat().st_mode & 0o077 for path in tmp_path.rglob("*"))
    assert mapped.file in set(tmp_path.rglob("*"))


def test_what_came_since_is_read_on_top(mapped: World) -> None:
    before = mapped.file.read_bytes()
    mapped.store(100, blobs=2)
    mapped.assert_told(mapped.open())
    assert len(mapped.backend.loaded) == 1
    assert mapped.file.read_bytes() == before, "two blobs are not worth the writing"


def test_much_that_came_since_is_mapped_as_well(mapped: World) -> None:
    mapped.store(100, 101)
    mapped.assert_told(mapped.open())
    again = mapped.open()
    assert mapped.backend.loaded == []
    mapped.assert_told(again)


def test_many_small_files_that_came_since_are_mapped_as_well(mapped: World) -> None:
    mapped.store(*range(1000, 1200), blobs=8)
    mapped.open()
    for seed in range(index._ON_TOP_FILES_MAX):
        mapped.store(seed + 2000, blobs=1)
    mapped.open()
    mapped.assert_told(mapped.open())
    assert mapped.backend.loaded == []


def test_a_table_of_files_that_are_gone_is_not_used(mapped: World) -> None:
    lost = mapped.known.pop()
    for name in list(mapped.backend.files):
        mapped.backend.delete(name)
    index.save_index(mapped.documents, mapped.known)  # as a prune leaves them
    opened = mapped.open()
    mapped.assert_told(opened)
    assert not any(opened.has(entry.kind, entry.id) for entry in lost.entries)
    mapped.assert_told(mapped.open())
    assert mapped.backend.loaded == []


def test_a_running_index_follows_a_prune_by_somebody_else(mapped: World) -> None:
    opened = mapped.open()
    lost = mapped.known.pop()
    for name in list(mapped.backend.files):
        mapped.backend.delete(name)
    index.save_index(mapped.documents, mapped.known)
    assert opened.refresh()
    mapped.assert_told(opened)
    assert not any(opened.has(entry.kind, entry.id) for entry in lost.entries)


def test_every_damage_is_noticed_and_mended(mapped: World) -> None:
    whole = mapped.file.read_bytes()
    damaged = [b"", whole[:-1], whole[: len(whole) // 2], whole + b"\0", whole[:40]]
    damaged += [
        whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :] for at in range(0, len(whole), 37)
    ]
    for one in damaged:
        mapped.file.write_bytes(one)
        assert mapped.cache().open() is None
    mapped.file.write_bytes(damaged[-1])
    mapped.assert_told(mapped.open())
    assert mapped.file.read_bytes() == whole


def test_a_stolen_table_tells_no_blob_s_id(mapped: World) -> None:
    """An id is the hash of the content: it tells of a well-known file that it is kept."""
    stolen = mapped.file.read_bytes()
    ids = [entry.id for contents in mapped.known for entry in contents.entries]
    assert not any(one in stolen or one[:8] in stolen or one[7::-1] in stolen for one in ids)


def test_a_table_that_another_key_sealed_is_not_used(mapped: World) -> None:
    assert mapped.cache(MasterKey.random()).open() is None


def test_a_table_that_lies_about_its_length_is_not_used(mapped: World) -> None:
    """The sum would be right if somebody with the key had made a mistake."""
    view = bytearray(mapped.file.read_bytes())
    struct.pack_into("=Q", view, 16, 1 << 60)
    with pytest.raises(ValueError, match="not a table"):
        Mapped(memoryview(view), bytes)


def test_without_room_for_the_table_everything_works(world: World) -> None:
    world.file.parent.write_bytes(b"a file where the folder should be")
    world.store(*range(10))
    world.assert_told(world.open())


def test_a_table_that_cannot_be_written_leaves_nothing(
    mapped: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(IndexCache, "_write", full)
    mapped.store(100, 101)
    mapped.assert_told(mapped.open())
    assert [file.name for file in mapped.file.parent.iterdir()] == [mapped.file.name]


def test_a_folder_that_nobody_may_write_to_keeps_nothing_and_harms_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> int:
        raise OSError(errno.EROFS, "Read-only file system")

    world.store(*range(10))
    monkeypatch.setattr(os, "open", refuse)
    world.assert_told(world.open())
    assert not world.file.exists()


@pytest.mark.parametrize("step", ["write", "close", "replace", "unlink"])
def test_a_disk_that_is_full_at_any_step_harms_nothing(
    mapped: World, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    before = mapped.file.read_bytes()

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    class Full(io.FileIO):
        def write(self, data: object) -> int:
            if step == "write":
                full()
            return super().write(data)  # type: ignore[arg-type]

        def close(self) -> None:
            is_open = not self.closed
            super().close()
            if is_open and step == "close":
                full()

    def fdopen(descriptor: int, mode: str) -> object:
        assert mode == "wb"
        return io.BufferedWriter(Full(descriptor, "wb"))

    with monkeypatch.context() as patched:
        patched.setattr(os, "fdopen", fdopen)
        if step in {"replace", "unlink"}:
            patched.setattr(Path, "replace", full)
        if step == "unlink":
            patched.setattr(Path, "unlink", full)
        mapped.store(100, 101)
        mapped.assert_told(mapped.open())
        assert mapped.file.read_bytes() == before
    left = mapped.file.with_suffix(".part")
    assert left.exists() == (step == "unlink")
    if left.exists():
        now_s = mapped.clock.now().timestamp()
        os.utime(left, (now_s, now_s))
        mapped.clock.move(hours=2)  # so that whoever was writing it is dead
    mapped.assert_told(mapped.open())
    mapped.assert_told(mapped.open())
    assert mapped.backend.loaded == []


def test_a_writer_that_slept_while_another_took_its_place_leaves_no_wrong_table(
    mapped: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It wakes in the middle of writing, and gives the other one's half file the real name."""
    write = IndexCache._write
    depth: list[int] = []

    def slow(self: IndexCache, file: BinaryIO, *rest: Any) -> None:
        depth.append(1)
        if len(depth) == 1:
            file.write(b"half")
            file.flush()
            mapped.clock.move(hours=2)
            now_s = mapped.clock.now().timestamp()
            os.utime(mapped.file.with_suffix(".part"), (now_s - 7200, now_s - 7200))
            mapped.assert_told(mapped.open())  # another process, which takes it for dead
            file.seek(0)
        write(self, file, *rest)

    monkeypatch.setattr(IndexCache, "_write", slow)
    mapped.store(100, 101)
    mapped.assert_told(mapped.open())
    assert len(depth) == 2
    mapped.assert_told(mapped.open())


def test_what_another_process_is_writing_is_left_alone(mapped: World) -> None:
    part = mapped.file.with_suffix(".part")
    part.write_bytes(b"half a table")
    now_s = mapped.clock.now().timestamp()
    os.utime(part, (now_s, now_s))
    mapped.store(100, 101)
    mapped.assert_told(mapped.open())
    assert part.read_bytes() == b"half a table"
    mapped.clock.move(hours=2)
    mapped.assert_told(mapped.open())
    assert not part.exists(), "whoever was writing it is dead"
    mapped.open()
    assert mapped.backend.loaded == []


def test_many_at_once_read_and_write_the_same_table(world: World) -> None:
    world.store(*range(20))
    with ThreadPoolExecutor(8) as pool:
        for opened in pool.map(lambda _: Index(world.documents, world.cache()), range(16)):
            world.assert_told(opened)
    world.assert_told(world.open())
    assert world.backend.loaded == []


def test_a_pack_that_no_index_file_names_yet_is_never_mapped(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index, "_ON_TOP_BLOBS_MAX", 10)
    opened = world.open()
    first, second = pack(1), pack(3)
    opened.add(first)
    opened.add(second)
    opened.save([first])
    assert not world.file.exists()
    opened.save([second])
    world.known = [first, second]
    world.assert_told(opened)
    assert world.file.exists()
    world.assert_told(world.open())
    assert world.backend.loaded == []


def test_a_long_run_holds_little_in_memory(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "_ON_TOP_BLOBS_MAX", 30)
    opened = world.open()
    for seed in range(40):
        contents = pack(seed)
        opened.add(contents)
        opened.save([contents])
        world.known.append(contents)
        table = opened._loaded
        assert table is not None
        assert table.on_top() < 40
    world.assert_told(opened)
    assert len(opened) == 320


class Bare(IndexCache):
    """Leaves ids what they are, so that a test can choose how they begin."""

    def _disguise(self, blob_id: BlobId) -> bytes:
        return blob_id


@given(
    prefixes=st.lists(st.sampled_from([b"", bytes(8), b"\xff" * 8, b"\x7f" * 8]), max_size=40),
    parts=st.integers(1, 3),
    seed=st.integers(0, 1000),
)
def test_the_table_is_a_dictionary_of_lists(
    prefixes: list[bytes], parts: int, seed: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Ids with the same beginning, and blobs that lie in several packs, included."""
    chance = random.Random(seed)
    cache = Bare(tmp_path_factory.mktemp("cache") / "one.index", KEY, HandClock())
    rows: list[tuple[Kind, BlobId, int]] = []
    for prefix in prefixes:
        blob_id = prefix + chance.randbytes(32 - len(prefix))
        rows += [
            (chance.choice(KINDS), blob_id, chance.getrandbits(128))
            for _ in range(chance.randrange(1, 4))
        ]
    table: Mapped | None = None
    files: list[str] = []
    for part in range(parts):
        more = {
            kind: [(blob_id, row) for one, blob_id, row in rows[part::parts] if one == kind]
            for kind in KINDS
        }
        files.append(bytes([part]).hex() * 32)
        packs = [(bytes([number]) * 32, number) for number in range(part + 1)]
        table = cache.save(files, packs, more, table)
        assert table is not None
    assert table is not None
    assert table.files == set(files)
    assert table.packs == packs
    assert len(table) == len(rows)
    for kind in KINDS:
        for _, blob_id, _ in rows:
            wanted = Counter(row for one, other, row in rows if (one, other) == (kind, blob_id))
            assert Counter(table.rows(kind, blob_id)) == wanted
            assert table.has(kind, blob_id) == bool(wanted)


def test_a_storage_keeps_its_repositories_tables_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index, "MAPPED_BLOBS_MIN", 1)
    storage = new_storage(MemoryBackend())
    storage.index_caches = tmp_path / "caches"
    saved = {}
    for name in ("a", "b"):
        repository = storage.repository("mailbox", name, create=True)
        saved[name] = put(repository, {("file",): name.encode()})
    for name, snapshot in saved.items():
        repository = storage.repository("mailbox", name)
        assert content(repository, snapshot) == {("file",): name.encode()}
    files = [storage.repository("mailbox", name).config.id for name in saved]
    assert {file.stem for file in storage.index_caches.iterdir()} == set(files)
