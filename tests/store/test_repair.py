"""What is sound survives a repair, what is not is set aside, and restic agrees with the result."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from strongroom.errors import IntegrityError, ResourceLocked
from strongroom.store import index
from strongroom.store.files import FileBackend
from strongroom.store.pack import Kind, PackBuilder, pack_name
from strongroom.store.repair import SET_ASIDE
from strongroom.store.repository import Repository
from strongroom.store.storage import Storage
from strongroom.store.storage_upkeep import repair_repository
from strongroom.store.trees import FileNode, TreePath, walk
from tests.fakes.hand_clock import HandClock
from tests.fakes.memory_backend import MemoryBackend
from tests.fakes.restics import ResticProgram
from tests.fakes.storages import HOME, PASSWORD, content, new_storage, put, reopen

FILES: dict[TreePath, bytes] = {
    ("mail", f"{number}"): hashlib.shake_128(b"%d" % number).digest(2_000) for number in range(20)
}


class Ended(Exception):
    """The machine stopped."""


def pack_of(repository: Repository, kind: Kind) -> str:
    """Name the one pack of a kind."""
    documents = repository._documents
    (pack,) = {
        contents.pack
        for file_id in documents.ids("index")
        for contents in index.load_index(documents, file_id)
        if contents.entries[0].kind == kind
    }
    return f"{HOME}{pack_name(pack)}"


def flip(backend: MemoryBackend, name: str, at: int = 20) -> None:
    data = backend.files[name]
    backend.files[name] = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def cut_in_half(backend: MemoryBackend, name: str) -> None:
    backend.files[name] = backend.files[name][: len(backend.files[name]) // 2]


def cut_the_end_off(backend: MemoryBackend, name: str) -> None:
    backend.files[name] = backend.files[name][:-1]


def readable(repository: Repository, snapshot_id: str) -> dict[TreePath, bytes]:
    """Read what can be read of a snapshot."""
    reader = repository.reader()
    found: dict[TreePath, bytes] = {}
    for path, node in walk(reader, repository.load_snapshot(snapshot_id).tree):
        if isinstance(node, FileNode):
            try:
                found[path] = b"".join(reader.load_file(node.content))
            except IntegrityError:
                continue
    return found


@pytest.mark.parametrize(("damage", "lost"), [(flip, 1), (cut_in_half, 10), (cut_the_end_off, 0)])
def test_of_a_damaged_pack_every_blob_that_opens_is_kept(
    repository: Repository,
    backend: MemoryBackend,
    damage: Callable[[MemoryBackend, str], None],
    lost: int,
) -> None:
    snapshot_id = put(repository, FILES)
    name = pack_of(repository, "data")
    damage(backend, name)
    damaged = backend.files[name]
    again = reopen(backend)
    found = again.upkeep.repair(read_data=True)
    assert bool(found.lost) == bool(lost)
    kept = readable(again, snapshot_id)
    assert len(FILES) - len(kept) == pytest.approx(lost, abs=1 if lost > 1 else 0)
    assert kept.items() <= FILES.items(), "no wrong byte"
    assert backend.files[f"{HOME}{SET_ASIDE}{name.removeprefix(HOME)}"] == damaged
    problems = again.check(read_data=True)
    assert len(problems) == len(FILES) - len(kept)
    assert all("misses the blob" in one for one in problems)
    second = put(again, FILES)
    assert content(reopen(backend), second) == FILES, "what the server still has is stored again"


def test_without_reading_all_data_the_inside_of_a_pack_is_taken_for_sound(
    repository: Repository, backend: MemoryBackend
) -> None:
    put(repository, FILES)
    flip(backend, pack_of(repository, "data"))
    assert reopen(backend).upkeep.repair().lost == ()
    assert reopen(backend).check(read_data=True)


def test_a_damaged_snapshot_hides_no_other_any_more(
    repository: Repository, backend: MemoryBackend
) -> None:
    first = put(repository, FILES)
    second = put(repository, {("other",): b"other"})
    flip(backend, f"{HOME}snapshots/{first}")
    with pytest.raises(IntegrityError):
        reopen(backend).snapshots()
    found = reopen(backend).upkeep.repair()
    assert first in found.lost[0]
    assert [one.id for one in reopen(backend).snapshots()] == [second]
    assert reopen(backend).check(read_data=True) == []


def test_a_lock_that_nobody_can_read_keeps_nobody_out_any_more(
    repository: Repository, backend: MemoryBackend
) -> None:
    with repository.lock():
        (name,) = (name for name in backend.files if name.startswith(f"{HOME}locks/"))
        box = backend.files[name]
    backend.files[name] = box[:50]
    with pytest.raises(ResourceLocked, match="cannot be read"), reopen(backend).lock():
        pass
    assert "was set aside" in reopen(backend).upkeep.repair().done[0]
    with reopen(backend).lock():
        pass


def test_a_repair_waits_for_whoever_works_there(
    repository: Repository, backend: MemoryBackend
) -> None:
    put(repository, FILES)
    cut_in_half(backend, pack_of(repository, "data"))
    opened, before = reopen(backend), dict(backend.files)
    with repository._lock.hold(exclusive=False), pytest.raises(ResourceLocked):
        opened.upkeep.repair()
    assert backend.files == before


def test_a_repair_of_what_is_sound_changes_nothing_that_counts(
    repository: Repository, backend: MemoryBackend
) -> None:
    snapshot_id = put(repository, FILES)
    packs = {name for name in backend.files if "/data/" in name}
    before = dict(backend.files)
    found = repository.upkeep.repair(read_data=True)
    assert (found.done, found.lost, found.was_sound) == ((), (), True)
    assert backend.files == before
    repository.upkeep.rebuild_index()
    assert {name for name in backend.files if "/data/" in name} == packs
    assert content(reopen(backend), snapshot_id) == FILES


def test_killed_anywhere_a_repair_loses_nothing_and_can_be_called_again(
    repository: Repository, backend: MemoryBackend
) -> None:
    snapshot_id = put(repository, FILES)
    cut_in_half(backend, pack_of(repository, "data"))
    for name in [name for name in backend.files if name.startswith(f"{HOME}index/")][1:]:
        del backend.files[name]
    damaged = dict(backend.files)
    reopen(backend).upkeep.repair(read_data=True)
    expected = readable(reopen(backend), snapshot_id)
    assert 5 < len(expected) < len(FILES)
    writes = 0
    while True:
        again = MemoryBackend()
        again.files = dict(damaged)
        left = [writes]

        def count(_: str, left: list[int] = left) -> None:
            if not left[0]:
                raise Ended
            left[0] -= 1

        opened = reopen(again)
        again.on_write = count
        try:
            opened.upkeep.repair(read_data=True)
        except Ended:
            again.on_write = lambda _: None
            later = reopen(again)
            for lock in [name for name in again.files if name.startswith(f"{HOME}locks/")]:
                del again.files[lock]
            later.upkeep.repair(read_data=True)
            assert readable(reopen(again), snapshot_id) == expected
            writes += 1
        else:
            break
    assert writes >= 7, "every write and delete was the last one once"


@pytest.mark.restic
def test_restic_finds_a_repaired_repository_in_order(
    tmp_path: Path, restic_program: ResticProgram
) -> None:
    backend = FileBackend(tmp_path)
    repository = new_storage(backend).repository("mailbox", "a1b2", create=True)
    put(repository, FILES)
    again = put(repository, {("other",): b"other" * 50})
    pack = next(
        path
        for path in (tmp_path / HOME / "data").rglob("*")
        if path.is_file() and path.stat().st_size > 20_000
    )
    pack.chmod(0o600)
    pack.write_bytes(pack.read_bytes()[:-1])
    storage = Storage.open_with_password(backend, PASSWORD, clock=HandClock())
    assert repair_repository(storage, "mailbox", "a1b2", read_data=True).lost == ()
    restic = restic_program.on(tmp_path / HOME)
    assert b"no errors were found" in restic("check", "--read-data")
    assert restic("dump", again, "/other") == b"other" * 50


def test_an_index_is_rebuilt_from_packs_that_hold_data_and_trees(
    repository: Repository, backend: MemoryBackend
) -> None:
    """Version 2 forbids them; other programs may have left some."""
    snapshot_id = put(repository, FILES)
    tools = repository._tools
    builder = PackBuilder("data")
    kinds: tuple[Kind, Kind] = ("data", "tree")
    for kind in kinds:
        name = pack_of(repository, kind)
        pack = bytes.fromhex(name.rpartition("/")[2])
        for file_id in repository._documents.ids("index"):
            for contents in index.load_index(repository._documents, file_id):
                for entry in contents.entries if contents.pack == pack else ():
                    box = backend.files[name][entry.offset : entry.offset + entry.length]
                    builder.kind = entry.kind
                    builder.add(entry.id, (box, b"", b""), entry.raw_length)
        del backend.files[name]
    pack, whole = builder.finish(tools.sealer)
    backend.files[f"{HOME}{pack_name(pack)}"] = whole
    again = reopen(backend)
    assert again.upkeep.rebuild_index() == []
    assert reopen(backend).check(read_data=True) == []
    assert content(reopen(backend), snapshot_id) == FILES
