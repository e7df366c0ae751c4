"""What is beside the packs of a copy: it arrives as it was sent, and what is lost comes again."""

from __future__ import annotations

import re

import pytest

from strongroom.errors import IntegrityError
from strongroom.store.backend import Data
from strongroom.store.door import MASTER_KEY, MASTER_KEY_COPY
from strongroom.store.holds import StoredHold
from strongroom.store.home_boxes import boxes, open_box, problems, save_box
from strongroom.store.rekeying import rekey
from tests.fakes.copied_storage import ID, KIND, TWO, Places
from tests.fakes.memory_backend import MemoryBackend
from tests.fakes.storages import HOME, NOW

HOME_ID = "a" * 16
GARBLED = {
    "record": r"strongroom/storage\.json",
    "record's copy": r"strongroom/storage-copy\.json",
    "hold": r".*/strongroom/hold-.*",
    "home": r"strongroom/home/.*",
    "master key": rf".*/{MASTER_KEY}",
    "config": r".*/config",
}


class Garbling(MemoryBackend):
    """Stores one file otherwise than it was sent, once.

    Args:
        name: A pattern for its name.
    """

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = re.compile(name)
        self.garbled = ""

    def save(self, name: str, data: Data) -> None:
        super().save(name, data)
        if not self.garbled and self._name.fullmatch(name):
            self.garbled = name
            self.files[name] = flipped(self.files[name])


def flipped(data: bytes) -> bytes:
    return data[:-9] + bytes([data[-9] ^ 1]) + data[-8:]


@pytest.fixture
def held(places: Places) -> Places:
    """Give a storage that has all that a copy needs: a hold, and a copy of a home too."""
    (point,) = places.repository.snapshot_ids()
    hold = StoredHold(id="1" * 16, point=point, reason="a lawsuit", by="ann", at=NOW)
    places.storage.holds(KIND, ID).add(hold)
    save_box(places.storage, HOME_ID, b"home", NOW)
    return places


def assert_all_there(places: Places) -> None:
    places.assert_sound(places.there, places.saved)
    copy = places.opened()
    assert copy.check() == []
    (hold,) = copy.holds(KIND, ID).all()
    assert (hold.is_readable, hold.reason) == (True, "a lawsuit")
    (box,) = boxes(places.there)
    assert open_box(copy, box) == b"home"


@pytest.mark.parametrize("what", GARBLED)
def test_what_did_not_arrive_as_it_was_sent_is_told_and_sent_again(held: Places, what: str) -> None:
    held.there = garbling = Garbling(GARBLED[what])
    try:
        told = " ".join(f"{one.name}: {one.why}" for one in held.copy().failed)
    except IntegrityError as error:
        told = f"{error} {error.hint}"
    assert garbling.garbled.removeprefix(HOME) in told
    assert "did not arrive" in told
    assert held.copy().is_whole
    assert_all_there(held)


@pytest.mark.parametrize("how", ["lost", "damaged"])
def test_a_master_key_that_the_copy_lost_is_told_and_comes_again(places: Places, how: str) -> None:
    places.copy()
    name = f"{HOME}{MASTER_KEY}"
    before = places.there.files.pop(name)
    if how == "damaged":
        places.there.files[name] = flipped(before)
    (problem,) = places.opened().repository(KIND, ID).check()
    assert MASTER_KEY in problem
    assert places.copy().is_whole
    places.assert_sound(places.there, places.saved)


@pytest.mark.parametrize("name", [MASTER_KEY, MASTER_KEY_COPY])
def test_so_is_one_of_the_two_that_say_where_the_repository_lies(places: Places, name: str) -> None:
    rekey(places.storage, KIND, ID)
    places.repository = places.storage.repository(KIND, ID)
    places.saved = {places.repository.snapshot_ids()[0]: next(iter(places.saved.values()))}
    places.back_up(TWO)
    places.copy()
    del places.there.files[f"{HOME}{name}"]
    assert places.opened().repository(KIND, ID).check() != []
    assert places.copy().is_whole
    places.assert_sound(places.there, places.saved)


def test_a_damaged_copy_of_a_home_does_not_travel_and_is_told_where_it_is(held: Places) -> None:
    (box,) = boxes(held.here)
    held.here.files[box.name] = flipped(held.here.files[box.name])
    sound = save_box(held.storage, HOME_ID, b"home later", NOW.replace(year=NOW.year + 1))
    assert held.copy().is_whole
    assert [one.name for one in boxes(held.there)] == [sound]
    (problem,) = problems(held.here)
    assert box.name in problem
    assert problems(held.there) == []


def test_a_copy_of_a_home_that_its_home_lets_go_meanwhile_keeps_nothing_up(held: Places) -> None:
    (box,) = boxes(held.here)
    load = held.here.load

    def gone(name: str) -> bytes:
        if name == box.name:
            held.here.files.pop(name, None)
        return load(name)

    held.here.load = gone  # type: ignore[method-assign]
    assert held.copy().is_whole
    assert boxes(held.there) == []
