"""Another master key for a repository: all is sealed anew beside it, and then the old one goes."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from strongroom.errors import IntegrityError, OperatorError, ResourceLocked
from strongroom.store import rekeying
from strongroom.store.backend import BlobBackend, DeleteRefused
from strongroom.store.files import FileBackend
from strongroom.store.holds import StoredHold
from strongroom.store.layers.append_only import AppendOnly
from strongroom.store.rekeying import Rekeyed, rekey
from strongroom.store.storage import Storage
from strongroom.store.storage_keys import StorageKeys
from strongroom.store.storage_upkeep import check_repository, mend_repository
from strongroom.store.trees import TreePath
from tests.fakes.faults import Faults, PowerCut
from tests.fakes.faulty_backend import FaultyBackend, crashing_at
from tests.fakes.hand_clock import HandClock
from tests.fakes.marked import canary
from tests.fakes.memory_backend import MemoryBackend
from tests.fakes.restics import ResticProgram
from tests.fakes.storages import CHEAP, NOW, PASSWORD, content, new_storage, put

KIND, ID = "mailbox", "a1b2"
OWN = f"repositories/{KIND}/{ID}"
ANCHORS = {f"{OWN}/strongroom/master-key.json", f"{OWN}/strongroom/master-key-copy.json"}
FIRST: dict[TreePath, bytes] = {
    ("hello.txt",): b"hello",
    ("folders", "Inbox", "large"): bytes(range(256)) * 9000,
    ("empty",): b"",
}
SECOND: dict[TreePath, bytes] = {("new",): b"new"}


def make(backend: BlobBackend) -> tuple[Storage, list[str]]:
    """Make a storage whose repository has two snapshots; give it, and their ids."""
    storage = new_storage(backend)
    repository = storage.repository(KIND, ID, create=True)
    first = put(repository, FIRST, is_counted=True)
    tree = repository.load_snapshot(first).tree
    second = put(repository, SECOND, root=tree, time=NOW + timedelta(days=1), is_counted=True)
    return storage, [first, second]


def reopened(backend: BlobBackend) -> Storage:
    return Storage.open_with_password(backend, PASSWORD, clock=HandClock())


def require_whole(storage: Storage, snapshots: list[str]) -> None:
    """Every snapshot is there, by its id or by the one that it had, and holds what it held."""
    assert storage.repositories() == [(KIND, ID)]
    assert check_repository(storage, KIND, ID, read_data=True) == []
    repository = storage.repository(KIND, ID)
    found = dict(repository.snapshot_documents())
    by_original = {one.get("original", key): key for key, one in found.items()}
    assert set(by_original) == set(snapshots)
    assert content(repository, by_original[snapshots[0]]) == FIRST
    assert content(repository, by_original[snapshots[1]]) == FIRST | SECOND


def test_everything_is_there_under_another_key_and_nothing_under_the_old_one() -> None:
    backend = MemoryBackend()
    storage, snapshots = make(backend)
    old_key = storage.door(KIND, ID).master_key()
    trees = [one.tree for one in storage.repository(KIND, ID).snapshots()]
    done = rekey(storage, KIND, ID)
    assert done.folder == f"{ID}~k2"
    assert (set(done.snapshots), done.left) == (set(snapshots), 0)
    assert storage.door(KIND, ID).master_key() != old_key
    for again in (storage, reopened(backend)):
        require_whole(again, snapshots)
    assert [one.tree for one in storage.repository(KIND, ID).snapshots()] == trees
    left = {name for name in backend.files if name.startswith(f"{OWN}/")}
    assert left == ANCHORS


def test_it_goes_on_being_written_read_and_given_another_key_again() -> None:
    backend = MemoryBackend()
    storage, snapshots = make(backend)
    rekey(storage, KIND, ID)
    repository = reopened(backend).repository(KIND, ID, create=True)
    before = repository.snapshots()[-1]
    put(repository, {("more",): b"more"}, root=before.tree, time=NOW + timedelta(days=2))
    assert rekey(reopened(backend), KIND, ID).folder == f"{ID}~k3"
    again = reopened(backend)
    assert len(again.repository(KIND, ID).snapshots()) == 3
    assert check_repository(again, KIND, ID, read_data=True) == []
    assert not [name for name in backend.files if "~k2" in name]
    assert len(snapshots) == 2


def test_who_had_it_open_writes_nothing_to_what_is_no_more() -> None:
    backend = MemoryBackend()
    storage, _ = make(backend)
    before = reopened(backend)
    opened = before.repository(KIND, ID)
    rekey(storage, KIND, ID)
    with pytest.raises(ResourceLocked, match="not where it was"):
        put(opened, SECOND)
    put(before.repository(KIND, ID), {("more",): b"more"}, time=NOW + timedelta(days=3))
    assert len(reopened(backend).repository(KIND, ID).snapshots()) == 3


def test_what_a_password_could_open_that_was_removed_meanwhile_is_not_gone_on_with() -> None:
    backend = MemoryBackend()
    storage, snapshots = make(backend)
    StorageKeys(storage, HandClock()).add_password("ann", canary("ann's"), cost=CHEAP)
    with pytest.raises(PowerCut):
        rekey(reopened(crashing_at(backend, 8)), KIND, ID)
    begun = storage.door_at(KIND, ID, f"{ID}~k2").master_key()
    StorageKeys(reopened(backend), HandClock()).remove_password("ann")
    for name in [one for one in backend.files if "/locks/" in one]:
        del backend.files[name]  # of whoever was cut short
    rekey(reopened(backend), KIND, ID)
    again = reopened(backend)
    assert again.door(KIND, ID).master_key() != begun
    require_whole(again, snapshots)
    assert len([name for name in backend.files if "/keys/" in name]) == 1


def test_nobody_may_be_at_work_on_it() -> None:
    backend = MemoryBackend()
    storage, snapshots = make(backend)
    with reopened(backend).repository(KIND, ID).lock(), pytest.raises(ResourceLocked):
        rekey(storage, KIND, ID)
    require_whole(reopened(backend), snapshots)


def test_holds_go_on_holding_the_same_points() -> None:
    backend = MemoryBackend()
    storage, snapshots = make(backend)
    at = datetime(2026, 5, 1, tzinfo=UTC)
    holds = storage.holds(KIND, ID)
    holds.add(StoredHold(id="ever", reason="all", by="uid:1", at=at))
    holds.add(StoredHold(id="once", point=snapshots[0], reason="one", by="uid:1", at=at))
    holds.add(StoredHold(id="over", point=snapshots[1], reason="was", by="uid:1", at=at))
    holds.release("over", by="uid:2", at=at)
    before = {one.id: one for one in holds.all()}
    done = rekey(storage, KIND, ID)
    after = {one.id: one for one in reopened(backend).holds(KIND, ID).all()}
    assert after.keys() == before.keys()
    assert after["ever"] == before["ever"]
    assert after["once"].point == done.snapshots[snapshots[0]]
    assert after["over"].released == at


def test_a_hold_goes_on_holding_what_restic_gave_another_id_with_a_tag() -> None:
    backend = MemoryBackend()
    storage, snapshots = make(backend)
    repository = storage.repository(KIND, ID)
    with repository.lock():
        one = repository.load_snapshot(snapshots[0])
        tagged = repository.save_snapshot(replace(one, id="", original=one.id))
        repository.delete_snapshot(one.id)
    hold = StoredHold(id="once", point=one.id, reason="one", by="uid:1", at=NOW)
    storage.holds(KIND, ID).add(hold)
    done = rekey(storage, KIND, ID)
    (found,) = reopened(backend).holds(KIND, ID).all()
    assert found.point == done.snapshots[tagged]


def test_a_damaged_repository_stays_as_it_is() -> None:
    backend = MemoryBackend()
    storage, _ = make(backend)
    pack = next(name for name in backend.files if "/data/" in name)
    backend.files[pack] = b"x" * len(backend.files[pack])
    before = {k: v for k, v in backend.files.items() if "~k" not in k and "/locks/" not in k}
    with pytest.raises(IntegrityError):
        rekey(storage, KIND, ID)
    after = {k: v for k, v in backend.files.items() if "~k" not in k and "/locks/" not in k}
    assert after == before


def test_a_copy_that_is_not_whole_never_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    backend = MemoryBackend()
    storage, snapshots = make(backend)
    save = backend.save

    def spoiled(name: str, data: bytes) -> None:
        is_copy = "~k2/data/" in name
        save(name, data)
        if is_copy:
            backend.files[name] = backend.files[name][:-40] + b"x" * 40

    monkeypatch.setattr(backend, "save", spoiled)
    with pytest.raises(IntegrityError):
        rekey(storage, KIND, ID)
    monkeypatch.undo()
    require_whole(reopened(backend), snapshots)


def test_where_nothing_can_be_deleted_nothing_is_begun() -> None:
    backend = MemoryBackend()
    make(backend)
    before = dict(backend.files)
    with pytest.raises(DeleteRefused):
        rekey(reopened(AppendOnly(backend)), KIND, ID)
    assert backend.files == before


def test_what_has_no_repository_is_said_to_have_none() -> None:
    storage, _ = make(MemoryBackend())
    with pytest.raises(OperatorError, match="no backup"):
        rekey(storage, KIND, "other")


def test_what_a_kill_left_of_the_old_key_is_told() -> None:
    backend = MemoryBackend()
    storage, _ = make(backend)
    pack, content_of_it = next((k, v) for k, v in backend.files.items() if "/data/" in k)
    rekey(storage, KIND, ID)
    assert storage.check() == []
    backend.files[pack] = content_of_it
    (told,) = reopened(backend).check()
    assert "former master key" in told
    rekey(reopened(backend), KIND, ID)
    assert reopened(backend).check() == []


@pytest.mark.parametrize("lost", [[0], [1], [0, 1]])
@pytest.mark.parametrize("how", ["deleted", "cut"])
def test_what_says_where_it_lies_may_be_lost(lost: list[int], how: str) -> None:
    backend = MemoryBackend()
    storage, snapshots = make(backend)
    rekey(storage, KIND, ID)
    for number in lost:
        name = sorted(ANCHORS)[number]
        backend.files[name] = backend.files[name][:30]
        if how == "deleted":
            del backend.files[name]
    again = reopened(backend)
    assert again.repositories() == [(KIND, ID)]
    assert check_repository(again, KIND, ID) != []
    assert len(again.repository(KIND, ID).snapshots()) == 2
    assert mend_repository(again, KIND, ID) != []
    require_whole(reopened(backend), snapshots)


def test_names_that_end_like_a_folder_beside_are_no_resources() -> None:
    storage, _ = make(MemoryBackend())
    with pytest.raises(ValueError, match="not the id"):
        storage.repository(KIND, "a~k2", create=True)


def count_steps(files: dict[str, bytes]) -> int:
    backend = MemoryBackend()
    backend.files = dict(files)
    counting = FaultyBackend(backend, Faults())
    rekey(reopened(counting), KIND, ID)
    return counting.faults.changes


@pytest.mark.parametrize(
    "before",
    [pytest.param(0, id="first"), pytest.param(1, id="second", marks=pytest.mark.soak)],
)
def test_cut_short_at_every_step_all_restore_points_are_there_and_it_can_be_done_again(
    before: int,
) -> None:
    backend = MemoryBackend()
    storage, _ = make(backend)
    for _ in range(before):
        rekey(storage, KIND, ID)
    files = dict(backend.files)
    steps = count_steps(files)
    assert steps > 20
    for at in range(1, steps + 1):
        backend.files = dict(files)
        crashing = crashing_at(backend, at)
        with pytest.raises(PowerCut):
            rekey(reopened(crashing), KIND, ID)
        assert crashing.faults.is_dead
        require_contents(reopened(backend))
        done: Rekeyed = rekey(reopened(backend), KIND, ID)
        require_contents(reopened(backend))
        folders = {name.split("/")[2] for name in backend.files if name.startswith("repositories")}
        assert folders == {ID, done.folder}, "nothing of what was cut short is left"
        assert {name for name in backend.files if name.startswith(f"{OWN}/")} == ANCHORS


def require_contents(storage: Storage) -> None:
    assert storage.repositories() == [(KIND, ID)]
    repository = storage.repository(KIND, ID)
    first, second = repository.snapshots()
    assert content(repository, first.id) == FIRST
    assert content(repository, second.id) == FIRST | SECOND
    mend_repository(storage, KIND, ID)
    assert check_repository(storage, KIND, ID, read_data=True) == []


@pytest.mark.restic
def test_restic_finds_it_clean_and_the_old_folder_empty(
    tmp_path: Path, restic_program: ResticProgram
) -> None:
    storage, snapshots = make(FileBackend(tmp_path / "storage"))
    done = rekey(storage, KIND, ID)
    folder = tmp_path / "storage" / "repositories" / KIND
    restic = restic_program.on(folder / done.folder)
    assert b"no errors were found" in restic("check", "--read-data")
    listed = json.loads(restic("snapshots", "--json"))
    assert [one["original"] for one in listed] == snapshots
    restic("restore", "latest", "--target", str(tmp_path / "out"))
    assert (tmp_path / "out" / "folders" / "Inbox" / "large").read_bytes() == FIRST[
        "folders", "Inbox", "large"
    ]
    assert restic_program.on(folder / ID).run("cat", "config").returncode != 0


class Watching:
    """Adds up what it is told."""

    def __init__(self) -> None:
        self.expected: list[tuple[int, int]] = []
        self.advanced: list[tuple[int, int]] = []

    def expect(self, items: int, byte_count: int) -> None:
        self.expected.append((items, byte_count))

    def advance(self, items: int, byte_count: int) -> None:
        self.advanced.append((items, byte_count))


def test_it_tells_how_far_it_is_and_comes_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rekeying, "_AT_ONCE", 5)
    storage = new_storage(MemoryBackend())
    put(
        storage.repository("mailbox", "a1", create=True),
        {(f"{number}",): random.Random(number).randbytes(1000) for number in range(30)},
    )
    watching = Watching()
    rekey(storage, "mailbox", "a1", watch=watching)
    assert len(watching.expected) == 2, "what is copied, and what is read back"
    for at in (0, 1):
        assert sum(one[at] for one in watching.expected) == sum(
            one[at] for one in watching.advanced
        )
    assert len([one for one in watching.advanced if one[1] >= 5000]) >= 6
