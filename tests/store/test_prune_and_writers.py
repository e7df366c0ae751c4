"""Prunes beside writers: nobody loses anything, or whoever would is told before it is too late."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from strongroom.errors import ResourceLocked
from strongroom.store import locks
from strongroom.store.backend import BlobBackend
from strongroom.store.files import FileBackend
from strongroom.store.objects import memory_backend
from strongroom.store.repository import Repository
from strongroom.store.snapshot import Snapshot
from strongroom.store.trees import FileEntry, TreePath, patch
from tests.fakes.hand_clock import HandClock
from tests.fakes.memory_backend import MemoryBackend
from tests.fakes.storages import HOME, NOW, content, new_repository, new_storage, put, reopen

KEPT: dict[TreePath, bytes] = {("mail", "kept"): b"kept" * 100}
GONE: dict[TreePath, bytes] = {("mail", "gone"): b"gone" * 100}
NEW: dict[TreePath, bytes] = {("mail", "new"): b"new" * 100}


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def repository(backend: MemoryBackend, clock: HandClock) -> Repository:
    return new_repository(backend, clock)


@contextmanager
def machine(monkeypatch: pytest.MonkeyPatch, name: str) -> Iterator[None]:
    """Be on another machine, for taking locks."""
    with monkeypatch.context() as patched:
        patched.setattr(socket, "gethostname", lambda: name)
        yield


def lock_count(backend: MemoryBackend) -> int:
    return sum(name.startswith(f"{HOME}locks/") for name in backend.files)


def finish(repository: Repository) -> str:
    """End a backup of ``NEW`` and of what was there before."""
    writer = repository.writer()
    files = {**NEW, **GONE}
    changes = {path: FileEntry(writer.save_file(data), NOW) for path, data in files.items()}
    tree = patch(repository.reader(), writer, None, changes, NOW)
    return repository.save_snapshot(Snapshot(time=NOW, tree=tree, host="h", paths=("/p",)))


def test_a_prune_waits_for_no_writer_and_harms_none(
    repository: Repository, backend: MemoryBackend, clock: HandClock
) -> None:
    gone = put(repository, GONE)
    with repository.lock():
        with pytest.raises(ResourceLocked, match="locked by"):
            reopen(backend, clock).upkeep.prune([gone])
        new = finish(repository)
    assert content(reopen(backend), new) == NEW | GONE


def test_a_lock_of_another_machine_is_broken_by_a_prune_once_it_is_stale_and_not_before(
    repository: Repository,
    backend: MemoryBackend,
    clock: HandClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gone, kept = put(repository, GONE), put(repository, KEPT)
    with machine(monkeypatch, "elsewhere.example"):
        lock = locks.HeldLock(repository._documents, clock, exclusive=False)
        lock.acquire()
    lock._released.set()  # nobody renews it
    clock.move(minutes=29)
    with pytest.raises(ResourceLocked, match=r"elsewhere\.example"):
        repository.upkeep.prune([gone])
    clock.move(minutes=2)
    with pytest.raises(ResourceLocked), repository.lock(exclusive=True):
        pass  # who only works alone and is no prune leaves it to a person
    done = repository.upkeep.prune([gone])
    (told,) = done.locks_removed
    assert "elsewhere.example" in told
    assert lock_count(backend) == 0
    assert content(reopen(backend), kept) == KEPT


def test_a_writer_that_slept_through_a_prune_writes_nothing_more(
    repository: Repository,
    backend: MemoryBackend,
    clock: HandClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """First the writer, then the prune: its pack is gone, and so must be its snapshot."""
    gone, kept = put(repository, GONE), put(repository, KEPT)
    writer = reopen(backend, clock)
    with machine(monkeypatch, "elsewhere.example"):
        holding = writer.lock()
        holding.__enter__()
    writer.writer().save("data", b"in a pack that no index names yet")
    writer.writer()._store_pack("data")
    clock.move(minutes=31)  # its machine sleeps
    done = repository.upkeep.prune([gone])
    assert done.packs_stray == 1
    before = dict(backend.files)
    with pytest.raises(ResourceLocked, match="not renewed for 31 minutes"):
        finish(writer)
    holding.__exit__(None, None, None)
    assert backend.files == before
    assert content(reopen(backend), kept) == KEPT
    assert reopen(backend).check(read_data=True) == []
    with writer.lock():
        assert content(reopen(backend), finish(writer)) == NEW | GONE, "its next run"


def test_a_prune_that_slept_takes_nothing_from_a_writer_who_came_meanwhile(
    repository: Repository, backend: MemoryBackend, clock: HandClock
) -> None:
    """First the prune, then the writer, which builds on what the prune was about to remove."""
    gone, kept = put(repository, GONE), put(repository, KEPT)
    changes = 0

    def count(_: str) -> None:
        nonlocal changes
        changes += 1

    backend.on_write = count
    files = dict(backend.files)
    reopen(backend, clock).upkeep.prune([gone])
    for number in range(2, changes):
        backend.files.clear()
        backend.files.update(files)
        new = _sleep_at(backend, clock, gone, number)
        assert content(reopen(backend), new) == NEW | GONE
        assert content(reopen(backend), kept) == KEPT
        assert reopen(backend).check(read_data=True) == []
        reopen(backend, clock).upkeep.prune([gone])
        assert content(reopen(backend), new) == NEW | GONE


def _sleep_at(backend: MemoryBackend, clock: HandClock, gone: str, number: int) -> str:
    """Prune, and sleep for 31 minutes in the midst of this change; a writer comes meanwhile."""
    left = number
    new: list[str] = []

    def sleep(_: str) -> None:
        nonlocal left
        left -= 1
        if left or new:
            return
        backend.on_write = lambda _: None
        clock.move(minutes=31)
        _break_locks(backend)
        writer = reopen(backend, clock)
        with writer.lock():
            new.append(finish(writer))

    backend.on_write = sleep
    with suppress(ResourceLocked):  # in its last step nothing is left to be stopped
        reopen(backend, clock).upkeep.prune([gone])
    assert new
    return new[0]


def _break_locks(backend: MemoryBackend) -> None:
    """Remove all locks, as ``restic unlock`` removes stale ones."""
    for name in [name for name in backend.files if name.startswith(f"{HOME}locks/")]:
        backend.delete(name)


@pytest.mark.parametrize("lost_while", ["storing its second pack", "storing its index"])
def test_a_writer_whose_fresh_lock_was_removed_stores_no_snapshot_and_bars_nobody(
    repository: Repository, backend: MemoryBackend, clock: HandClock, lost_while: str
) -> None:
    """An administrator's ``restic unlock --remove-all`` while a backup runs, and a prune."""
    gone, kept = put(repository, GONE), put(repository, KEPT)
    writer = reopen(backend, clock)
    passes = 1 if "pack" in lost_while else 2

    def unlock_and_prune(name: str) -> None:
        nonlocal passes
        if name.startswith((f"{HOME}data/", f"{HOME}index/")):
            passes -= 1
            if passes < 0:
                backend.on_write = lambda _: None
                _break_locks(backend)
                repository.upkeep.prune([gone])

    backend.on_write = unlock_and_prune
    with pytest.raises(ResourceLocked, match="removed by somebody else"), writer.lock():
        finish(writer)
    assert reopen(backend).snapshot_ids() == [kept]
    if "pack" in lost_while:  # else a lost pack is named, which the next prune heals
        assert reopen(backend).check(read_data=True) == []
    repository.upkeep.prune()
    assert reopen(backend).check(read_data=True) == []
    assert content(reopen(backend), put(reopen(backend), NEW)) == NEW


def test_a_prune_whose_lock_is_lost_removes_nothing_more(
    repository: Repository, backend: MemoryBackend, clock: HandClock
) -> None:
    """At whatever change it sleeps too long: all that comes after is to name packs again."""
    gone, kept = put(repository, GONE), put(repository, KEPT)
    files = dict(backend.files)
    changed: list[str] = []
    backend.on_write = changed.append
    reopen(backend, clock).upkeep.prune([gone])
    for number in range(2, len(changed) - 1):
        backend.files.clear()
        backend.files.update(files)
        left = number
        late: list[str] = []

        def sleep(name: str) -> None:
            nonlocal left
            left -= 1
            if not left:
                clock.move(minutes=23)
            elif left < 0:
                late.append(name.removeprefix(HOME).partition("/")[0])  # noqa: B023 - called in this turn

        backend.on_write = sleep
        with pytest.raises(ResourceLocked, match="23 minutes"):
            reopen(backend, clock).upkeep.prune([gone])
        backend.on_write = lambda _: None
        assert set(late) <= {"index", "locks"}
        assert late.count("index") <= 1
        assert content(reopen(backend), kept) == KEPT
        assert reopen(backend).check(read_data=True) == []


def test_a_snapshot_that_was_on_its_way_while_its_lock_was_removed_is_taken_back(
    repository: Repository, backend: MemoryBackend, clock: HandClock
) -> None:
    gone, kept = put(repository, GONE), put(repository, KEPT)
    writer = reopen(backend, clock)

    def unlock_and_prune(name: str) -> None:
        if name.startswith(f"{HOME}snapshots/"):
            backend.on_write = lambda _: None
            _break_locks(backend)
            repository.upkeep.prune([gone])

    backend.on_write = unlock_and_prune
    with pytest.raises(ResourceLocked, match="removed by somebody else"), writer.lock():
        finish(writer)
    assert reopen(backend).snapshot_ids() == [kept]
    assert reopen(backend).check(read_data=True) == []


@pytest.mark.parametrize("kind", ["memory", "objects", "files"])
def test_two_writers_and_a_prune_work_on_one_storage_at_once(kind: str, tmp_path: Path) -> None:
    backends: dict[str, Callable[[], BlobBackend]] = {
        "memory": MemoryBackend,
        "objects": memory_backend,
        "files": lambda: FileBackend(tmp_path / "storage"),
    }
    backend = backends[kind]()
    storage = new_storage(backend)
    pruned = storage.repository("mailbox", "pruned", create=True)
    gone, kept = put(pruned, GONE), put(pruned, KEPT)
    writers = [storage.repository("mailbox", name, create=True) for name in ("one", "two")]
    together = threading.Barrier(3)
    points: dict[int, list[str]] = {0: [], 1: []}

    def write(at: int) -> None:
        together.wait()
        for number in range(10):
            points[at].append(put(writers[at], {("f", str(number)): b"%d" % number * 100}))

    def prune() -> None:
        together.wait()
        pruned.upkeep.prune([gone])
        for _ in range(5):
            pruned.upkeep.prune()
            pruned.upkeep.consolidate()

    threads = [threading.Thread(target=write, args=(at,)) for at in (0, 1)]
    threads.append(threading.Thread(target=prune))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert pruned.snapshot_ids() == [kept]
    assert content(pruned, kept) == KEPT
    for at, writer in enumerate(writers):
        assert writer.check(read_data=True) == []
        for number, point in enumerate(points[at]):
            assert content(writer, point) == {("f", str(number)): b"%d" % number * 100}
    assert not [name for name, _ in backend.list("") if "/locks/" in name]


def test_a_prune_whose_fresh_lock_was_removed_stops_before_it_takes_anything_away(
    repository: Repository, backend: MemoryBackend, clock: HandClock
) -> None:
    gone, kept = put(repository, GONE | KEPT), put(repository, KEPT)
    before = {name for name in backend.files if name.startswith((HOME + "data", HOME + "index"))}

    def unlock(name: str) -> None:
        if name.startswith(f"{HOME}index/"):
            backend.on_write = lambda _: None
            _break_locks(backend)

    backend.on_write = unlock
    with pytest.raises(ResourceLocked, match="removed by somebody else"):
        reopen(backend, clock).upkeep.prune([gone])
    assert before <= set(backend.files)
    repository.upkeep.prune()
    assert content(reopen(backend), kept) == KEPT
