"""Holds beside a repository: seen by whoever has the storage, and never lost by damage."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from strongroom.store.holds import StoredHold, StoredHolds
from strongroom.store.storage import Storage
from tests.fakes.hand_clock import HandClock
from tests.fakes.memory_backend import MemoryBackend
from tests.fakes.storages import PASSWORD, new_storage

AT = datetime(2026, 3, 5, 10, 15, tzinfo=UTC)
HOLD = StoredHold(id="a1b2c3", reason="case 4711", by="uid:1000", at=AT)
FILE = "repositories/mailbox/a1b2/strongroom/hold-a1b2c3.json"
RELEASED = "repositories/mailbox/a1b2/strongroom/hold-a1b2c3-released.json"


@pytest.fixture
def holds(backend: MemoryBackend) -> StoredHolds:
    return new_storage(backend).holds("mailbox", "a1b2")


def elsewhere(backend: MemoryBackend) -> Storage:
    """Open the storage as another home would."""
    return Storage.open_with_password(backend, PASSWORD, clock=HandClock())


def test_another_home_sees_a_hold_and_its_release(
    backend: MemoryBackend, holds: StoredHolds
) -> None:
    assert holds.all() == []
    holds.add(HOLD)
    other = elsewhere(backend).holds("mailbox", "a1b2")
    assert other.all() == [HOLD]
    other.release(HOLD.id, by="uid:7", at=AT)
    (found,) = holds.all()
    assert (found.released, found.released_by) == (AT, "uid:7")


def test_nothing_is_written_over(holds: StoredHolds) -> None:
    holds.add(HOLD)
    holds.add(StoredHold(id=HOLD.id, reason="another", by="uid:7", at=AT))
    holds.release(HOLD.id, by="uid:7", at=AT)
    holds.release(HOLD.id, by="uid:8", at=AT.replace(year=2020))
    (found,) = holds.all()
    assert (found.reason, found.released, found.released_by) == ("case 4711", AT, "uid:7")


def test_a_hold_lies_sealed_and_tells_nobody_what_it_is_about(
    backend: MemoryBackend, holds: StoredHolds
) -> None:
    holds.add(HOLD)
    assert b"4711" not in backend.load(FILE)


def damage(backend: MemoryBackend, name: str, content: bytes) -> None:
    backend.delete(name)
    backend.save(name, content)


@pytest.mark.parametrize("content", [b"", b"{}", b'{"version":1,"sealed":"AAAA"}', b"[1]"])
def test_a_hold_that_cannot_be_read_holds_everything(
    backend: MemoryBackend, holds: StoredHolds, content: bytes
) -> None:
    holds.add(StoredHold(id=HOLD.id, point="ab" * 32, reason="r", by="uid:1", at=AT))
    damage(backend, FILE, content)
    (found,) = holds.all()
    assert (found.point, found.released, found.is_readable) == ("", None, False)


def test_a_release_that_cannot_be_read_releases_nothing(
    backend: MemoryBackend, holds: StoredHolds
) -> None:
    holds.add(HOLD)
    holds.release(HOLD.id, by="uid:7", at=AT)
    damage(backend, RELEASED, b"{}")
    assert [one.released for one in holds.all()] == [None]


def test_a_release_of_one_hold_is_not_that_of_another(
    backend: MemoryBackend, holds: StoredHolds
) -> None:
    holds.add(HOLD)
    holds.release("d4e5f6", by="uid:7", at=AT)
    taken = backend.load(RELEASED.replace("a1b2c3", "d4e5f6"))
    backend.save(RELEASED, taken)
    assert [one.released for one in holds.all()] == [None]


def test_a_hold_of_another_repository_is_not_taken_for_ours(
    backend: MemoryBackend, holds: StoredHolds
) -> None:
    elsewhere(backend).holds("mailbox", "other").add(HOLD)
    backend.save(FILE, backend.load(FILE.replace("a1b2/", "other/")))
    assert [one.is_readable for one in holds.all()] == [False]
