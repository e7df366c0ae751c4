"""Damage on either side of a copy: it does not travel, is told, and what is sound comes over."""

from __future__ import annotations

import hashlib

import pytest

from strongroom.errors import (
    IntegrityError,
)
from strongroom.store.replica_record import whole_as_of
from tests.fakes.copied_storage import ID, KIND, ONE, TWO, Places, forget_first
from tests.fakes.memory_backend import MemoryBackend
from tests.fakes.storages import HOME, content


@pytest.mark.parametrize("how", ["delete", "cut", "flip"])
def test_damage_does_not_travel_and_sound_restore_points_do(places: Places, how: str) -> None:
    places.back_up(TWO)
    names = [name for name in places.here.files if "/data/" in name]
    lost = _pack_of(places, b"one" * 50, names)
    _damage(places.here, lost, how)
    copied = places.copy()
    assert not copied.is_whole
    assert any(lost.endswith(one.name) for one in copied.failed)
    assert copied.snapshots == 1
    assert whole_as_of(places.there) is None
    repository = places.opened().repository(KIND, ID)
    (only,) = repository.snapshot_ids()
    assert content(repository, only) == TWO


def _pack_of(places: Places, data: bytes, names: list[str]) -> str:
    index = places.repository._index
    (location,) = index.locations("data", hashlib.sha256(data).digest())
    return next(name for name in names if name.endswith(location.pack.hex()))


@pytest.mark.parametrize("folder", ["index", "snapshots"])
def test_a_lost_or_damaged_document_holds_back_what_it_tells_of(
    places: Places, folder: str
) -> None:
    places.copy()
    places.back_up(TWO)
    before = {name for name in places.there.files if f"/{folder}/" in name}
    new = next(n for n in places.here.files if f"/{folder}/" in n and n not in before)
    for how in ("flip", "delete"):
        _damage(places.here, new, how)
        copied = places.copy()
        repository = places.opened().repository(KIND, ID)
        assert repository.check(read_data=True) == []
        assert len(repository.snapshot_ids()) == 1
        if folder == "index" or how == "flip":
            assert not copied.is_whole, (folder, how)


def test_what_arrives_otherwise_than_it_was_sent_is_told(places: Places) -> None:
    class Twisting(MemoryBackend):
        def save(self, name: str, data: bytes | bytearray | memoryview) -> None:
            super().save(name, bytes(data)[:-1] + b"?" if "/data/" in name else data)

    there = Twisting()
    copied = places.copy(there=there)
    assert copied.failed[0].why == "it did not arrive as it was sent"
    assert copied.snapshots == 0


def test_a_damaged_copy_is_mended_by_the_next_attempt(places: Places) -> None:
    places.copy()
    pack = next(name for name in places.there.files if "/data/" in name)
    _damage(places.there, pack, "cut")
    assert places.opened().repository(KIND, ID).check()
    assert places.copy().is_whole
    places.assert_sound(places.there, places.saved)


def test_the_config_comes_again_where_the_copy_lost_it_alone(places: Places) -> None:
    places.copy()
    lost = places.there.files.pop(f"{HOME}config")
    places.copy()
    assert places.there.files.get(f"{HOME}config") == lost
    places.assert_sound(places.there, places.saved)


def test_what_an_attempt_that_was_cut_off_left_is_read_before_it_is_trusted(places: Places) -> None:
    pack = next(name for name in places.here.files if "/data/" in name)
    places.there.files["strongroom/copy-of/" + places.storage.id + ".json"] = b"{}"
    places.there.files[pack] = bytes(len(places.here.files[pack]))
    assert places.copy().is_whole
    places.assert_sound(places.there, places.saved)


def test_a_damaged_original_takes_nothing_from_its_copy(places: Places) -> None:
    places.back_up(TWO)
    places.copy()
    old = dict(places.saved)
    forget_first(places)
    places.copy()
    places.clock.move(days=8)
    before = {name for name in places.here.files if "/data/" in name}
    new = places.back_up(ONE | TWO)
    pack = next(name for name in places.here.files if "/data/" in name and name not in before)
    sound = places.here.files[pack]
    _damage(places.here, pack, "flip")
    copied = places.copy()
    assert (copied.is_whole, copied.removed) == (False, 0)
    assert set(old) <= set(places.opened().repository(KIND, ID).snapshot_ids())
    places.here.files[pack] = sound
    assert places.copy().missed == 0
    assert new in places.opened().repository(KIND, ID).snapshot_ids()


@pytest.mark.parametrize("folder", ["/index/", "/data/"])
def test_what_was_lost_in_the_original_stays_in_its_copy(places: Places, folder: str) -> None:
    places.back_up(TWO)
    places.copy()
    for name in [name for name in places.here.files if folder in name]:
        del places.here.files[name]
    for _ in range(2):
        places.clock.move(days=8)
        places.copy()
    places.assert_sound(places.there, places.saved)


def test_an_original_that_does_not_open_is_told(places: Places) -> None:
    places.copy()
    for name in list(places.here.files):
        if "/keys/" in name or "master-key" in name:
            del places.here.files[name]
    with pytest.raises(IntegrityError, match="cannot be opened"):
        places.copy()
    places.assert_sound(places.there, places.saved)


def _damage(backend: MemoryBackend, name: str, how: str) -> None:
    if how == "delete":
        del backend.files[name]
    elif how == "cut":
        backend.files[name] = backend.files[name][:-1]
    else:
        backend.files[name] = bytes([backend.files[name][0] ^ 1]) + backend.files[name][1:]
