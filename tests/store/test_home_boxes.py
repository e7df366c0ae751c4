"""Sealed copies of homes: found by anybody, opened by whoever opens the storage, few of them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from strongroom.errors import IntegrityError, OperatorError
from strongroom.store import home_boxes
from strongroom.store.home_boxes import FOLDER, KEPT, KEPT_DAYS, boxes, open_box, save_box
from strongroom.store.layers.append_only import AppendOnly
from strongroom.store.storage import Storage
from tests.fakes.hand_clock import HandClock
from tests.fakes.memory_backend import MemoryBackend
from tests.fakes.storages import NOW, PASSWORD, new_storage

HOME, OTHER = "0123456789abcdef", "fedcba9876543210"


def test_a_copy_opens_by_every_way_into_the_storage_and_no_other() -> None:
    backend = MemoryBackend()
    name = save_box(new_storage(backend), HOME, b"content", NOW)
    storage = Storage.open_with_password(backend, PASSWORD, clock=HandClock())
    (box,) = boxes(backend)
    assert (box.name, box.home_id, box.made) == (name, HOME, NOW)
    assert open_box(storage, box) == b"content"
    assert b"content" not in backend.files[name]


def test_no_copy_is_stored_that_would_not_be_read_back(monkeypatch: pytest.MonkeyPatch) -> None:
    backend = MemoryBackend()
    storage = new_storage(backend)
    monkeypatch.setattr(home_boxes, "BYTES_MAX", 1000)
    with pytest.raises(OperatorError) as caught:
        save_box(storage, HOME, bytes(1000), NOW)
    assert caught.value.why
    assert caught.value.hint
    assert boxes(backend) == []


def test_a_copy_in_anothers_place_does_not_open() -> None:
    backend = MemoryBackend()
    storage = new_storage(backend)
    name = save_box(storage, HOME, b"content", NOW)
    backend.save(name.replace(HOME, OTHER), backend.files[name])
    (moved,) = [one for one in boxes(backend) if one.home_id == OTHER]
    with pytest.raises(IntegrityError):
        open_box(storage, moved)


def test_files_that_are_no_copies_are_passed_over() -> None:
    backend = MemoryBackend()
    save_box(new_storage(backend), HOME, b"content", NOW)
    for strange in ("note.txt", f"{HOME}/note.txt", f"{HOME}/20269999T000000000000Z-{HOME}.box"):
        backend.save(FOLDER + strange, b"x")
    assert len(boxes(backend)) == 1


def test_old_copies_go_and_the_last_of_each_day_stays() -> None:
    backend = MemoryBackend()
    storage = new_storage(backend)
    save_box(storage, OTHER, b"another home's", NOW - timedelta(days=900))
    for number in range(3 * KEPT_DAYS):
        save_box(storage, HOME, b"%d" % number, NOW + number * timedelta(hours=12))
    left = [one for one in boxes(backend) if one.home_id == HOME]
    assert KEPT_DAYS <= len(left) <= KEPT_DAYS + KEPT
    assert len({one.made.date() for one in left}) == KEPT_DAYS
    assert open_box(storage, left[0]) == b"%d" % (3 * KEPT_DAYS - 1)
    assert len(boxes(backend)) == len(left) + 1


def test_where_nothing_can_be_deleted_they_all_stay() -> None:
    backend = MemoryBackend()
    new_storage(backend)
    storage = Storage.open_with_password(AppendOnly(backend), PASSWORD, clock=HandClock())
    for number in range(KEPT + KEPT_DAYS + 2):
        save_box(storage, HOME, b"content", NOW + timedelta(days=number))
    assert len(boxes(backend)) == KEPT + KEPT_DAYS + 2
