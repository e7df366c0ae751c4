"""A place that is kept from deletion: what it was told to be, and what append-only refuses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from strongroom.errors import IntegrityError, OperatorError
from strongroom.store.backend import DeleteRefused, Stored
from strongroom.store.keeping import (
    FOLDER,
    Keeping,
    Renewal,
    last_renewal,
    load_keeping,
    locked_until,
    save_keeping,
    save_renewal,
    stays,
)
from strongroom.store.layers.append_only import AppendOnly
from strongroom.store.renewal import is_due
from strongroom.store.replica import Replica
from strongroom.store.replica_words import Order
from strongroom.store.storage_keys import StorageKeys
from tests.contracts.backend import BackendContract
from tests.fakes.hand_clock import HandClock
from tests.fakes.memory_backend import MemoryBackend
from tests.fakes.storages import CHEAP, NOW, content, new_storage, put

A = Keeping(append_only=True, at=NOW)
B = Keeping(lock_mode="compliance", lock_days=30, at=NOW + timedelta(hours=1), is_new=True)


def test_the_newest_word_counts_whatever_the_order() -> None:
    for order in ((A, B), (B, A)):
        place = MemoryBackend()
        assert load_keeping(place) == Keeping()
        for one in order:
            save_keeping(place, one)
        assert load_keeping(place) == B


def test_a_word_that_cannot_be_read_is_not_taken_for_none() -> None:
    place = MemoryBackend()
    save_keeping(place, A)
    place.files[f"{FOLDER}x.json"] = b"{"
    with pytest.raises(IntegrityError, match="kept from deletion"):
        load_keeping(place)


@pytest.mark.parametrize(
    ("mode", "days"), [("legal", 3), ("governance", 0), ("", 3), ("governance", 40_000)]
)
def test_a_lock_that_makes_no_sense_is_refused(mode: str, days: int) -> None:
    with pytest.raises(OperatorError):
        Keeping(lock_mode=mode, lock_days=days)


def test_the_bound_is_honest() -> None:
    folder = MemoryBackend()
    assert locked_until(folder, A) is None
    assert locked_until(folder, replace(B, is_new=False)) is None, "older files may not be locked"
    assert B.at is not None
    assert locked_until(folder, B) == B.at + timedelta(days=30)
    later = NOW + timedelta(days=20)
    for at in (later, NOW):
        save_renewal(folder, Renewal(at=at, until=at + timedelta(days=30), files=7))
        renewal = last_renewal(folder, since=NOW)
        assert renewal is not None
    save_renewal(folder, Renewal(at=later, until=later + timedelta(days=30), files=7))
    assert locked_until(folder, B) == later + timedelta(days=30)


def test_what_was_locked_before_another_word_was_said_tells_nothing_of_what_came_since() -> None:
    """Off, a backup, and on again; or shorter: and the renewal that belongs to it was cut short."""
    folder = MemoryBackend()
    save_renewal(folder, Renewal(at=NOW, until=NOW + timedelta(days=90), files=7))
    now = Keeping(lock_mode="compliance", lock_days=10, at=NOW + timedelta(days=1))
    assert locked_until(folder, now) is None
    assert is_due(folder, now, NOW + timedelta(days=2))


def test_locks_go_and_everything_else_stays() -> None:
    assert not stays("repositories/mailbox/a1/locks/abcd")
    assert not stays("strongroom/probe/x/once")
    for name in ("README.txt", "strongroom/storage.json", "repositories/mailbox/a1/config"):
        assert stays(name)
    assert stays("repositories/mailbox/locks/data/ab/cd"), "a mailbox may have any id"


class Emptied(AppendOnly):
    """For the contract, in which things are deleted: their names are locks."""

    def delete(self, name: str) -> None:
        self._inner.delete(name)


class TestAppendOnly(BackendContract):
    @pytest.fixture
    def backend(self) -> AppendOnly:
        return Emptied(MemoryBackend())


def test_an_append_only_storage_takes_backups_and_gives_nothing_away() -> None:
    place = MemoryBackend()
    storage = new_storage(AppendOnly(place), HandClock(NOW))
    repository = storage.repository("mailbox", "a1b2", create=True)
    first = put(repository, {("one",): b"1" * 50})
    second = put(repository, {("two",): b"2" * 50})
    before = dict(place.files)
    assert not [name for name in before if "/locks/" in name], "its own locks it gives back"
    with pytest.raises(DeleteRefused, match="append-only"), repository.lock():
        repository.delete_snapshot(first)
    with pytest.raises(DeleteRefused, match="append-only"):
        repository.upkeep.prune([first])
    with pytest.raises(DeleteRefused, match="append-only"):
        StorageKeys(storage).set_password("another", cost=CHEAP)
    assert place.files == before
    assert content(repository, first)
    assert content(repository, second)


def test_an_append_only_copy_takes_what_is_new_and_keeps_what_was_forgotten() -> None:
    clock = HandClock(NOW)
    here, there = MemoryBackend(), MemoryBackend()
    storage = new_storage(here, clock)
    repository = storage.repository("mailbox", "a1b2", create=True)
    first = put(repository, {("one",): b"1" * 50}, time=NOW)
    copy = Replica(storage, AppendOnly(there), clock)
    copy.begin()
    assert copy.copy("mailbox", "a1b2", Order(clock=clock)).is_whole
    put(repository, {("two",): b"2" * 50}, time=NOW + timedelta(hours=1))
    repository.upkeep.prune([first])
    for days in (0, 8):
        clock.move(days=days)
        copied = copy.copy("mailbox", "a1b2", Order(clock=clock))
        assert (copied.is_whole, copied.removed) == (True, 0)
        assert copied.missed == 1
    twin = storage.elsewhere(there).repository("mailbox", "a1b2")
    assert len(twin.snapshot_ids()) == 2
    assert content(twin, first) == {("one",): b"1" * 50}
    assert twin.check(read_data=True) == []


class Backwards(MemoryBackend):
    """Lists the other way round, as a directory may."""

    def list(self, prefix: str) -> Iterator[Stored]:
        yield from reversed(list(super().list(prefix)))


@pytest.mark.parametrize(
    ("less", "more"),
    [
        (Keeping(at=NOW), Keeping(append_only=True, at=NOW)),
        (Keeping(at=NOW), Keeping(lock_mode="governance", lock_days=1, at=NOW)),
        (replace(B, lock_days=29), B),
        (B, replace(B, is_new=False)),
    ],
)
def test_of_two_decisions_of_the_same_instant_everybody_reads_the_one_that_keeps_more(
    less: Keeping, more: Keeping
) -> None:
    for place in (MemoryBackend(), Backwards()):
        save_keeping(place, less)
        save_keeping(place, more)
        assert load_keeping(place) == more
