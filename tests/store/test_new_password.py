"""Another password: for Strongroom and for restic, at any kill one of the two opens everything."""

from __future__ import annotations

import pytest

from strongroom.errors import AccessDenied, OperatorError
from strongroom.store.backend import BlobBackend
from strongroom.store.keys import save_key
from strongroom.store.storage import Storage
from strongroom.store.storage_keys import StorageKeys
from strongroom.store.storage_upkeep import check_repository
from strongroom.store.trees import TreePath
from tests.fakes.faults import PowerCut
from tests.fakes.faulty_backend import crashing_at
from tests.fakes.hand_clock import HandClock
from tests.fakes.memory_backend import MemoryBackend
from tests.fakes.storages import CHEAP, PASSWORD, content, put

NEW = "another staple"
FILES: dict[TreePath, bytes] = {("hello.txt",): b"hello"}


def make(backend: BlobBackend) -> tuple[Storage, str, str]:
    """Make a storage with two repositories; give it, its recovery key and a snapshot's id."""
    storage, recovery_key = Storage.create(backend, PASSWORD, clock=HandClock(), cost=CHEAP)
    storage.repository("archive", "c3d4", create=True)
    snapshot = put(storage.repository("mailbox", "a1b2", create=True), FILES)
    return storage, recovery_key, snapshot


def key_files(backend: BlobBackend) -> list[str]:
    return [name for name, _ in backend.list("repositories/") if "/keys/" in name]


def test_only_the_new_password_opens_and_everything_is_there() -> None:
    backend = MemoryBackend()
    _, recovery_key, snapshot = make(backend)
    recovered = Storage.open_with_recovery_key(backend, recovery_key, clock=HandClock())
    assert StorageKeys(recovered).set_password(NEW, cost=CHEAP) == []
    with pytest.raises(AccessDenied):
        Storage.open_with_password(backend, PASSWORD)
    again = Storage.open_with_password(backend, NEW, clock=HandClock())
    assert content(again.repository("mailbox", "a1b2"), snapshot) == FILES
    assert again.check() == []
    for kind, resource_id in again.repositories():
        assert check_repository(again, kind, resource_id, read_data=True) == []
    assert len(key_files(backend)) == 2, "the old password opens nothing in restic either"
    Storage.open_with_recovery_key(backend, recovery_key)


def test_who_had_the_storage_open_or_its_key_goes_on() -> None:
    backend = MemoryBackend()
    storage, recovery_key, snapshot = make(backend)
    recovered = Storage.open_with_recovery_key(backend, recovery_key)
    StorageKeys(recovered).set_password(NEW, cost=CHEAP)
    assert content(storage.repository("mailbox", "a1b2"), snapshot) == FILES
    by_key = Storage.open_with_key(backend, storage.key, clock=HandClock())
    by_key.repository("mailbox", "new", create=True)
    assert check_repository(by_key, "mailbox", "new") == []


def test_a_key_that_a_person_added_with_restic_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    backend = MemoryBackend()
    storage, _, _ = make(backend)
    door = storage.door("mailbox", "a1b2")
    with monkeypatch.context() as patched:
        patched.setattr("strongroom.store.keys.USERNAME", "ann")
        save_key(door.backend, door._any_key(), door.users[0], HandClock().now())
    StorageKeys(storage).set_password(NEW, cost=CHEAP)
    assert len(key_files(backend)) == 3


def test_an_empty_password_changes_nothing() -> None:
    backend = MemoryBackend()
    storage, _, _ = make(backend)
    with pytest.raises(OperatorError):
        StorageKeys(storage).set_password("", cost=CHEAP)
    Storage.open_with_password(backend, PASSWORD)


CHANGES = 11
"""The lock, two key files, two records (refused, deleted, saved), two old key files."""


@pytest.mark.parametrize("at", range(1, CHANGES + 1))
def test_cut_short_anywhere_one_of_the_passwords_opens_and_it_can_be_done_again(
    at: int,
) -> None:
    backend = MemoryBackend()
    _, recovery_key, snapshot = make(backend)
    dying = Storage.open_with_recovery_key(
        crashing_at(backend, at), recovery_key, clock=HandClock()
    )
    with pytest.raises(PowerCut):
        StorageKeys(dying).set_password(NEW, cost=CHEAP)
    opened = 0
    for password in (PASSWORD, NEW):
        try:
            storage = Storage.open_with_password(backend, password, clock=HandClock())
        except AccessDenied:
            continue
        opened += 1
        assert content(storage.repository("mailbox", "a1b2"), snapshot) == FILES
    assert opened == 1
    recovered = Storage.open_with_recovery_key(backend, recovery_key, clock=HandClock())
    assert StorageKeys(recovered).set_password(NEW, cost=CHEAP) == []
    again = Storage.open_with_password(backend, NEW, clock=HandClock())
    assert check_repository(again, "mailbox", "a1b2") == []
    assert len(key_files(backend)) == 2
