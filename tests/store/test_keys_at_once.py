"""Two homes that use one storage change its keys at the same moment: nobody's change is lost."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator

import pytest

from strongroom.errors import ResourceLocked
from strongroom.store.backend import BlobBackend, Data, Stored
from strongroom.store.keeping import stays
from strongroom.store.storage import Storage
from strongroom.store.storage_keys import StorageKeys
from tests.fakes.hand_clock import HandClock
from tests.fakes.marked import canary
from tests.fakes.memory_backend import MemoryBackend
from tests.fakes.storages import CHEAP, PASSWORD

ANN, BOB = canary("ann's password"), canary("bob's password")


class Meanwhile:
    """Lets something happen before the n-th request for the storage's own files, once.

    Args:
        inner: The backend.
        at: Before which request, from 1 on.
        act: What happens.
    """

    def __init__(self, inner: BlobBackend, at: int, act: Callable[[], None]) -> None:
        self._inner = inner
        self._left = at
        self._act = act

    @property
    def has_happened(self) -> bool:
        return self._left <= 0

    def save(self, name: str, data: Data) -> None:
        self._count(name)
        self._inner.save(name, data)

    def load(self, name: str) -> bytes:
        self._count(name)
        return self._inner.load(name)

    def load_range(self, name: str, offset: int, length: int) -> bytes:
        return self._inner.load_range(name, offset, length)

    def list(self, prefix: str) -> Iterator[Stored]:
        self._count(prefix)
        return self._inner.list(prefix)

    def folders(self, prefix: str) -> Iterator[str]:
        return self._inner.folders(prefix)

    def delete(self, name: str) -> None:
        self._count(name)
        self._inner.delete(name)

    def _count(self, name: str) -> None:
        if name.startswith("strongroom/"):
            self._left -= 1
            if self._left == 0:
                self._act()


def opened(backend: BlobBackend, password: str = PASSWORD) -> Storage:
    return Storage.open_with_password(backend, password, clock=HandClock())


def adds(backend: BlobBackend, name: str, password: str) -> bool:
    """Add a password as a home of its own; say if that was told to be done."""
    try:
        keys = StorageKeys(opened(backend), HandClock())
        assert keys.add_password(name, password, cost=CHEAP) == []
    except ResourceLocked as error:
        return is_told(error)
    return True


def is_told(error: ResourceLocked) -> bool:
    assert error.what == "Somebody else changes the keys of this storage at the same time."
    assert error.why
    assert "storage password list" in error.hint
    return False


def test_whatever_was_told_to_be_done_is_there_wherever_the_two_meet() -> None:
    at, seen = 0, set()
    while True:
        at += 1
        backend = MemoryBackend()
        storage, _ = Storage.create(backend, PASSWORD, clock=HandClock(), cost=CHEAP)
        storage.repository("mailbox", "a1b2", create=True)
        done: dict[str, bool] = {}

        def other(backend: MemoryBackend = backend, done: dict[str, bool] = done) -> None:
            done["bob"] = adds(backend, "bob", BOB)

        meanwhile = Meanwhile(backend, at, other)
        done["ann"] = adds(meanwhile, "ann", ANN)
        if not meanwhile.has_happened:
            break
        seen.add((done["ann"], done["bob"]))
        told = [name for name, is_done in sorted(done.items()) if is_done]
        there = [one.name for one in StorageKeys(opened(backend)).passwords()]
        assert sorted(there) == [*told, "main"], f"at request {at}"
        for name in told:
            opened(backend, {"ann": ANN, "bob": BOB}[name])
        assert opened(backend).check() == []
        keys = [name for name in backend.files if "/keys/" in name]
        assert len(keys) == 1 + len(told), f"at request {at}: no key file is left, none is missing"
        assert not [name for name in backend.files if "/locks/" in name]
    assert (True, False) in seen
    assert (True, True) in seen


def test_a_home_that_died_in_the_middle_keeps_others_out_for_half_an_hour_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    backend, clock = MemoryBackend(), HandClock()
    Storage.create(backend, PASSWORD, clock=clock, cost=CHEAP)
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(socket, "gethostname", lambda: "elsewhere.example")
        keys = StorageKeys(opened(backend), clock)
        dead = keys._alone()
        dead.__enter__()
    mine = StorageKeys(opened(backend), clock)
    with pytest.raises(ResourceLocked) as refused:
        mine.renew_recovery_key()
    assert "elsewhere.example" in refused.value.why
    clock.move(minutes=31)
    mine.renew_recovery_key()


def test_who_slept_in_the_middle_changes_nothing() -> None:
    backend, clock = MemoryBackend(), HandClock()
    storage, _ = Storage.create(backend, PASSWORD, clock=clock, cost=CHEAP)
    storage.repository("mailbox", "a1b2", create=True)
    before = backend.files["strongroom/storage.json"]

    def sleeps(name: str) -> None:
        if "/keys/" in name:
            clock.move(minutes=31)

    backend.on_write = sleeps
    with pytest.raises(ResourceLocked):
        StorageKeys(storage, clock).add_password("ann", ANN, cost=CHEAP)
    assert backend.files["strongroom/storage.json"] == before


def test_where_objects_are_locked_the_lock_of_the_keys_is_not() -> None:
    backend = MemoryBackend()
    Storage.create(backend, PASSWORD, clock=HandClock(), cost=CHEAP)
    written: list[str] = []
    backend.on_write = written.append
    StorageKeys(opened(backend), HandClock()).renew_recovery_key()
    of_the_lock = [name for name in written if "/locks/" in name]
    assert len(of_the_lock) == 2, "put and taken away"
    assert not any(map(stays, of_the_lock))
