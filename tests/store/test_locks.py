from __future__ import annotations

import os
import socket
import subprocess
import sys

import orjson
import pytest

from strongroom.errors import OperatorError, ResourceLocked
from strongroom.store import locks, processes
from strongroom.store.backend import Data
from strongroom.store.documents import Documents
from strongroom.store.gojson import format_time
from strongroom.store.repository import Repository
from tests.fakes.hand_clock import HandClock
from tests.fakes.memory_backend import MemoryBackend
from tests.fakes.storages import HOME, new_repository, reopen

MINUTE_S = 60.0


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def repository(backend: MemoryBackend, clock: HandClock) -> Repository:
    return new_repository(backend, clock)


def lock_files(backend: MemoryBackend) -> list[str]:
    return [name for name in backend.files if name.startswith(f"{HOME}locks/")]


def documents(repository: Repository) -> Documents:
    return repository._documents


def put_lock(
    repository: Repository,
    clock: HandClock,
    *,
    host: str = "elsewhere.example",
    pid: int = 4711,
    exclusive: bool = False,
) -> str:
    """Lock the repository as somebody else."""
    document = {
        "time": format_time(clock.now()),
        "exclusive": exclusive,
        "hostname": host,
        "username": "ada",
        "pid": pid,
    }
    return documents(repository).save("locks", orjson.dumps(document))


def dead_pid() -> int:
    """Say the id of a process that has just ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_a_lock_says_who_holds_it_and_ends_with_the_block(
    repository: Repository, backend: MemoryBackend, clock: HandClock
) -> None:
    with repository.lock():
        (lock_id,) = documents(repository).ids("locks")
        document = documents(repository).load("locks", lock_id)
        assert document["pid"] == os.getpid()
        assert document["hostname"] == socket.gethostname()
        assert document["exclusive"] is False
    assert lock_files(backend) == []


def test_taking_a_lock_waits_200_ms_for_those_who_come_at_the_same_moment(
    repository: Repository, clock: HandClock
) -> None:
    before = clock.monotonic_s()
    with repository.lock():
        assert clock.monotonic_s() - before == pytest.approx(0.2)


def test_many_may_share_a_lock(backend: MemoryBackend, repository: Repository) -> None:
    with repository.lock(), reopen(backend).lock():
        assert len(lock_files(backend)) == 2
    assert lock_files(backend) == []


@pytest.mark.parametrize(("ours", "theirs"), [(True, False), (False, True), (True, True)])
def test_an_exclusive_lock_goes_with_no_other(
    repository: Repository, clock: HandClock, *, ours: bool, theirs: bool
) -> None:
    put_lock(repository, clock, exclusive=theirs)
    with pytest.raises(ResourceLocked) as caught, repository.lock(exclusive=ours):
        pass
    assert "ada@elsewhere.example (process 4711" in caught.value.what
    assert "restic unlock" in caught.value.hint
    assert len(documents(repository).ids("locks")) == 1, "ours is not left behind"


def test_who_comes_in_the_same_moment_is_seen_at_the_second_look(
    repository: Repository, backend: MemoryBackend, clock: HandClock
) -> None:
    real_sleep = clock.sleep

    def sleep(wait_s: float) -> None:
        clock.sleep = real_sleep  # type: ignore[method-assign]
        put_lock(repository, clock, exclusive=True)

    clock.sleep = sleep  # type: ignore[method-assign]
    with pytest.raises(ResourceLocked), repository.lock():
        pass
    assert len(lock_files(backend)) == 1, "theirs stays, ours is taken back"


def test_a_lock_may_be_nested_but_not_become_exclusive(
    repository: Repository, backend: MemoryBackend
) -> None:
    with repository.lock():
        with repository.lock():
            assert len(lock_files(backend)) == 1
        assert len(lock_files(backend)) == 1
        with pytest.raises(RuntimeError, match="exclusive"), repository.lock(exclusive=True):
            pass
        assert len(lock_files(backend)) == 1
    with repository.lock(exclusive=True), repository.lock():
        assert len(lock_files(backend)) == 1


def test_a_lock_ends_when_the_block_fails(repository: Repository, backend: MemoryBackend) -> None:
    with pytest.raises(ZeroDivisionError), repository.lock():
        raise ZeroDivisionError
    assert lock_files(backend) == []


def test_the_lock_of_a_dead_process_of_this_machine_is_removed(
    repository: Repository, backend: MemoryBackend, clock: HandClock
) -> None:
    put_lock(repository, clock, host=socket.gethostname(), pid=dead_pid(), exclusive=True)
    with repository.lock(exclusive=True):
        assert len(lock_files(backend)) == 1


def test_the_lock_of_a_living_process_of_this_machine_stands_until_it_is_stale(
    repository: Repository, clock: HandClock
) -> None:
    put_lock(repository, clock, host=socket.gethostname(), pid=os.getppid(), exclusive=True)
    with pytest.raises(ResourceLocked), repository.lock():
        pass
    clock.move(minutes=31)
    with repository.lock():
        pass


def test_our_own_lock_from_before_a_restart_is_removed(
    repository: Repository, backend: MemoryBackend, clock: HandClock
) -> None:
    """In a container the program has the same process id every time."""
    put_lock(repository, clock, host=socket.gethostname(), pid=os.getpid(), exclusive=True)
    with repository.lock():
        assert len(lock_files(backend)) == 1
        with pytest.raises(ResourceLocked), reopen(backend, clock).lock(exclusive=True):
            pass


def test_a_stale_lock_of_another_machine_is_left_for_a_person(
    repository: Repository, clock: HandClock
) -> None:
    put_lock(repository, clock, exclusive=True)
    clock.move(hours=24)
    with pytest.raises(ResourceLocked) as caught, repository.lock():
        pass
    assert "restic unlock" in caught.value.hint


def test_an_empty_lock_file_is_nobodys(repository: Repository, backend: MemoryBackend) -> None:
    backend.save(f"{HOME}locks/{'0' * 64}", b"")
    with repository.lock(exclusive=True):
        pass


def test_a_lock_that_cannot_be_read_stands_in_the_way(
    repository: Repository, backend: MemoryBackend
) -> None:
    backend.save(f"{HOME}locks/{'0' * 64}", b"damaged")
    with pytest.raises(ResourceLocked, match="cannot be read") as caught, repository.lock():
        pass
    assert "--remove-all" in caught.value.hint


def test_a_lock_is_renewed_every_five_minutes(
    repository: Repository, backend: MemoryBackend, clock: HandClock
) -> None:
    with repository.lock():
        first = lock_files(backend)
        clock.move(seconds=locks.REFRESH_S - 1)
        repository.writer().save("data", b"1")
        repository.writer().flush()
        assert lock_files(backend) == first
        clock.move(seconds=1)
        repository.writer().save("data", b"2")
        repository.writer().flush()
        renewed = lock_files(backend)
        assert len(renewed) == 1
        assert renewed != first
    assert lock_files(backend) == []


def test_who_could_not_renew_for_too_long_stops_writing(
    repository: Repository, backend: MemoryBackend, clock: HandClock
) -> None:
    with repository.lock():
        repository.writer().save("data", b"too late")
        clock.move(minutes=23)
        with pytest.raises(ResourceLocked, match="23 minutes"):
            repository.writer().flush()
    assert not [name for name in backend.files if name.startswith(f"{HOME}data/")]
    assert lock_files(backend) == []


def test_a_renewal_that_fails_is_tried_again_until_the_lock_is_not_to_be_trusted(
    repository: Repository,
    backend: MemoryBackend,
    clock: HandClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(name: str, data: Data) -> None:
        raise OperatorError("The storage does not answer.")

    with repository.lock():
        held = repository._lock.held()
        with monkeypatch.context() as broken:
            broken.setattr(backend, "save", refuse)
            clock.move(minutes=6)
            with pytest.raises(OperatorError, match="does not answer"):
                held.check()
        clock.move(minutes=6)
        held.check()
        clock.move(minutes=20)
        held.check()
    assert lock_files(backend) == []


def test_who_lost_the_lock_to_an_unlock_stops_writing(
    repository: Repository, backend: MemoryBackend, clock: HandClock
) -> None:
    with repository.lock():
        (name,) = lock_files(backend)
        backend.delete(name)
        clock.move(minutes=5)
        repository.writer().save("data", b"in danger")
        with pytest.raises(ResourceLocked, match="removed by somebody else"):
            repository.writer().flush()
    assert lock_files(backend) == []


def test_a_thread_renews_the_lock_while_nothing_is_written(
    backend: MemoryBackend, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locks, "_WAKE_S", 0.001)
    repository = new_repository(backend, clock)
    with repository.lock():
        first = lock_files(backend)
        backend_changed = False
        clock.move(minutes=6)
        held = repository._lock.held()
        while not backend_changed:  # the thread is awake a thousand times a second
            backend_changed = held._released.wait(0.001) or lock_files(backend) != first
    assert lock_files(backend) == []


def test_processes_are_asked_about_without_harming_them() -> None:
    assert processes.is_alive(os.getpid())
    assert processes.is_alive(1)
    assert processes.is_alive(0)
    assert not processes.is_alive(dead_pid())
