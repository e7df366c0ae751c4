from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from strongroom.errors import IntegrityError, OperatorError
from strongroom.store.backend import Below
from strongroom.store.config import Config, save_config
from strongroom.store.crypto import Sealer
from strongroom.store.repository import Repository
from strongroom.store.snapshot import Snapshot, Summary, decode_snapshot, encode_snapshot
from strongroom.store.storage import Storage
from strongroom.store.trees import patch
from tests.fakes.memory_backend import MemoryBackend
from tests.fakes.storages import HOME, NOW, PASSWORD, content, put, reopen


def full_snapshot(tree: bytes) -> Snapshot:
    return Snapshot(
        time=NOW + timedelta(microseconds=120),
        tree=tree,
        host="lab.example",
        paths=("/mail/ada@lab.example",),
        tags=("mailbox", "a1b2"),
        parent="ab" * 32,
        summary=Summary(
            backup_start=NOW, backup_end=NOW + timedelta(minutes=2), files_new=3, data_added=99
        ),
        program_version="strongroom 0.1.0",
    )


def test_a_snapshot_comes_back_as_it_was_saved(
    repository: Repository, backend: MemoryBackend
) -> None:
    with repository.lock():
        tree = patch(repository.reader(), repository.writer(), None, {}, NOW)
        snapshot = full_snapshot(tree)
        snapshot_id = repository.save_snapshot(snapshot)
    assert reopen(backend).snapshots() == [replace(snapshot, id=snapshot_id)]


def test_a_snapshot_is_written_as_restic_does() -> None:
    assert encode_snapshot(full_snapshot(bytes(32))).startswith(
        b'{"time":"2026-11-22T09:00:00.00012Z","parent":"' + b"ab" * 32 + b'","tree":"'
    )
    bare = Snapshot(time=NOW, tree=bytes(32), host="h", paths=("/p",))
    assert encode_snapshot(bare) == (
        b'{"time":"2026-11-22T09:00:00Z","tree":"'
        + b"00" * 32
        + b'","paths":["/p"],"hostname":"h"}'
    )


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        {},
        {"time": "now", "tree": "00" * 32},
        {"time": "2026-11-22T09:00:00Z", "tree": "00"},
        {"time": "2026-11-22T09:00:00Z", "tree": "00" * 32, "summary": {"backup_start": 1}},
    ],
)
def test_what_is_no_snapshot_is_told(document: object) -> None:
    with pytest.raises(IntegrityError, match="not a snapshot"):
        decode_snapshot("ab" * 32, document)


def test_snapshots_are_told_oldest_first_and_can_be_chosen(repository: Repository) -> None:
    with repository.lock():
        tree = patch(repository.reader(), repository.writer(), None, {}, NOW)
        for hours, host, tags in ((3, "a", ("x", "y")), (1, "a", ("x",)), (2, "checkpoint:a", ())):
            repository.save_snapshot(
                Snapshot(
                    time=NOW + timedelta(hours=hours),
                    tree=tree,
                    host=host,
                    paths=(f"/{host}",),
                    tags=tags,
                )
            )

    def found(**chosen: object) -> list[int]:
        snapshots = repository.snapshots(**chosen)  # type: ignore[arg-type]
        return [snapshot.time.hour - NOW.hour for snapshot in snapshots]

    assert found() == [1, 2, 3]
    assert found(host="a") == [1, 3]
    assert found(paths=["/checkpoint:a"]) == [2]
    assert found(tags=["x"]) == [1, 3]
    assert found(tags=["y", "x"]) == [3]
    assert found(host="b") == []


def test_a_deleted_snapshot_is_gone_and_its_neighbours_stay(
    repository: Repository, backend: MemoryBackend
) -> None:
    first = put(repository, {("a",): b"a", ("b",): b"b"})
    second = put(repository, {("a",): b"a", ("c",): b"c"})
    with repository.lock():
        repository.delete_snapshot(first)
        repository.delete_snapshot(first)
    again = reopen(backend)
    assert again.snapshot_ids() == [second]
    assert content(again, second) == {("a",): b"a", ("c",): b"c"}
    assert again.check(read_data=True) == []


def test_snapshots_are_changed_only_under_the_lock(repository: Repository) -> None:
    snapshot_id = put(repository, {("a",): b"a"})
    snapshot = repository.load_snapshot(snapshot_id)
    with pytest.raises(RuntimeError, match="inside"):
        repository.delete_snapshot(snapshot_id)
    with pytest.raises(RuntimeError, match="inside"):
        repository.save_snapshot(snapshot)


def test_a_snapshot_of_a_tree_that_is_not_there_is_refused(repository: Repository) -> None:
    with repository.lock(), pytest.raises(IntegrityError, match="not in the repository"):
        repository.save_snapshot(Snapshot(time=NOW, tree=bytes(32), host="h", paths=("/p",)))
    assert repository.snapshot_ids() == []


def test_one_damaged_snapshot_is_named_and_the_others_can_still_be_had(
    repository: Repository, backend: MemoryBackend
) -> None:
    damaged, sound = put(repository, {("a",): b"a"}), put(repository, {("b",): b"b"})
    backend.files[f"{HOME}snapshots/{damaged}"] += b"x"
    with pytest.raises(IntegrityError, match=damaged):
        repository.snapshots()
    assert set(repository.snapshot_ids()) == {damaged, sound}
    assert content(repository, sound) == {("b",): b"b"}


def test_a_snapshot_that_is_deleted_while_they_are_read_is_left_out(
    repository: Repository, backend: MemoryBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = put(repository, {("a",): b"a"})
    monkeypatch.setattr(repository, "snapshot_ids", lambda: [kept, "ab" * 32])
    assert [snapshot.id for snapshot in repository.snapshots()] == [kept]


def test_a_second_run_stores_only_what_is_new(
    repository: Repository, backend: MemoryBackend
) -> None:
    first = put(repository, {("2024-03", str(day), "x"): b"%d" % day * 500 for day in range(30)})
    before = sum(map(len, backend.files.values()))
    again = reopen(backend)
    put(again, {("2024-03", "7", "new"): b"new"}, root=again.load_snapshot(first).tree)
    assert sum(map(len, backend.files.values())) - before < 3000
    added = again.writer().added
    assert (added.data_blobs, added.tree_blobs) == (1, 3)


def test_everything_that_is_opened_is_version_2(
    repository: Repository, backend: MemoryBackend
) -> None:
    assert repository.config.version == 2
    below = Below(backend, HOME.rstrip("/"))
    storage = Storage.open_with_password(backend, PASSWORD)
    backend.delete(f"{HOME}config")
    master = storage.door("mailbox", "a1b2")._any_key()
    save_config(below, replace(Config.random(), version=1), Sealer(master))
    with pytest.raises(OperatorError, match="version 1") as caught:
        storage.repository("mailbox", "a1b2")
    assert "migrate" in caught.value.hint


def test_the_order_of_a_run_is_packs_then_index_then_snapshot(
    repository: Repository, backend: MemoryBackend
) -> None:
    story: list[str] = []
    backend.on_write = lambda name: story.append(name.removeprefix(HOME).partition("/")[0])
    put(repository, {("a", "b"): b"x"})
    assert story == ["locks", "data", "data", "index", "snapshots", "locks"]


def test_a_lost_index_can_be_rebuilt_from_the_packs(
    repository: Repository, backend: MemoryBackend
) -> None:
    snapshot_ids = [put(repository, {("f",): b"%d" % n * 50}) for n in range(3)]
    for name in [name for name in backend.files if name.startswith(f"{HOME}index/")]:
        backend.delete(name)
    broken = reopen(backend)
    assert broken.check() != []
    assert broken.upkeep.rebuild_index() == []
    for repaired in (broken, reopen(backend)):
        assert repaired.check(read_data=True) == []
        for n, snapshot_id in enumerate(snapshot_ids):
            assert content(repaired, snapshot_id) == {("f",): b"%d" % n * 50}


def test_rebuilding_consolidates_and_leaves_out_what_cannot_be_read(
    repository: Repository, backend: MemoryBackend
) -> None:
    first = put(repository, {("a",): b"a" * 50})
    lost = {name for name in backend.files if name.startswith(f"{HOME}data/")}
    second = put(repository, {("b",): b"b" * 50})
    for name in lost:
        backend.files[name] = backend.files[name][:30]
    broken = reopen(backend)
    with pytest.raises(IntegrityError, match="bytes instead of"), broken.lock():
        pass
    problems = broken.upkeep.rebuild_index()
    assert len(problems) == len(lost)
    assert len([name for name in backend.files if name.startswith(f"{HOME}index/")]) == 1
    assert content(broken, second) == {("b",): b"b" * 50}
    with pytest.raises(IntegrityError):
        content(broken, first)
    third = put(broken, {("a",): b"a" * 50})
    assert content(broken, third) == {("a",): b"a" * 50}, (
        "what the server still has is stored again"
    )
