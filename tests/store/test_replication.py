"""A copy of a repository: incremental, verified, whole for whoever looks at any moment."""

from __future__ import annotations

from datetime import timedelta

import pytest

from strongroom.errors import (
    Interrupted,
    OperatorError,
    ResourceLocked,
)
from strongroom.store.home_boxes import save_box
from strongroom.store.layers.append_only import AppendOnly
from strongroom.store.replica import Replica
from strongroom.store.replica_record import copy_of, whole_as_of
from strongroom.store.snapshot import Snapshot
from strongroom.store.storage import Storage
from strongroom.store.storage_keys import StorageKeys
from tests.fakes.copied_storage import ID, KIND, ONE, TWO, Places
from tests.fakes.marked import canary
from tests.fakes.storages import CHEAP, HOME, NOW, new_storage, put


def test_a_copy_opens_with_the_same_password_and_holds_the_same(places: Places) -> None:
    copied = places.copy()
    assert copied.is_whole
    assert copied.snapshots == 1
    assert copied.files == sum(
        1 for name in places.there.files if name.startswith(HOME) and _is_named_by_content(name)
    )
    places.assert_sound(places.there, places.saved)
    assert places.opened().id == places.storage.id
    assert places.opened().check() == []
    assert copy_of(places.there) == [places.storage.id]
    assert whole_as_of(places.there) == NOW + timedelta(hours=1, seconds=0.2 * 1)
    assert not [name for name in (*places.here.files, *places.there.files) if "/locks/" in name]


def _is_named_by_content(name: str) -> bool:
    return len(name.rpartition("/")[2]) == 64


def test_a_copy_that_is_append_only_goes_on_after_a_password_was_changed(places: Places) -> None:
    places.copy(there=AppendOnly(places.there))
    StorageKeys(places.storage, places.clock).set_password(canary("another"), cost=CHEAP)
    places.back_up(TWO)
    storage = Storage.open_with_password(places.here, canary("another"), clock=places.clock)
    replica = Replica(storage, AppendOnly(places.there), places.clock)
    copied = replica.copy(KIND, ID, places.order())
    assert (copied.is_whole, copied.snapshots) == (True, 2)
    assert "former password" in " ".join(copied.notes)


def test_only_what_is_new_is_copied(places: Places) -> None:
    places.copy()
    writes: list[str] = []
    places.there.on_write = writes.append
    again = places.copy()
    assert (again.files, again.bytes, again.is_whole) == (0, 0, True)
    assert [name for name in writes if HOME in name] == [], "not even a lock, where all is the same"
    places.back_up(ONE | TWO)
    third = places.copy()
    assert third.files == 4, "a data pack, a tree pack, an index, a snapshot"
    assert third.unchanged > 0
    places.assert_sound(places.there, places.saved)


def test_a_backup_goes_on_meanwhile_and_a_prune_waits(places: Places) -> None:
    tried: list[str] = []

    def meanwhile(name: str) -> None:
        if "/data/" in name and not tried:
            tried.append(name)
            other = places.opened(places.here).repository(KIND, ID)
            with pytest.raises(ResourceLocked), other.lock(exclusive=True):
                pass
            places.repository = other
            places.back_up(TWO, minutes=1)

    places.there.on_write = meanwhile
    copied = places.copy()
    assert tried
    assert copied.is_whole
    assert copied.snapshots == 1, "what came later is for the next time"
    assert places.copy().snapshots == 2
    places.assert_sound(places.there, places.saved)


def test_a_lost_storage_comes_back_from_its_copy(places: Places) -> None:
    places.copy()
    places.here.files.clear()
    storage = places.opened()
    replica = Replica(storage, places.here, places.clock)
    replica.begin()
    assert replica.copy(KIND, ID, places.order()).is_whole
    replica.finish(whole=[(KIND, ID)], began=places.clock.now())
    places.assert_sound(places.here, places.saved)
    places.repository = places.opened(places.here).repository(KIND, ID)
    places.back_up(TWO)
    assert places.copy().is_whole
    places.assert_sound(places.there, places.saved)


def test_copies_of_homes_come_along(places: Places) -> None:
    old = save_box(places.storage, "a" * 16, b"home", places.clock.now())
    places.copy()
    assert places.there.files[old] == places.here.files[old]
    del places.here.files[old]
    places.copy()
    assert old in places.there.files, "its home has none left: nobody knows why"
    new = save_box(places.storage, "a" * 16, b"home", places.clock.now() + timedelta(days=1))
    places.copy()
    assert new in places.there.files
    assert old not in places.there.files


def test_many_packs_at_once_arrive_as_one_by_one(places: Places) -> None:
    for number in range(12):
        places.back_up({("mail", str(number)): bytes([number]) * 500}, minutes=1)
    assert places.copy(lanes=4).is_whole
    places.assert_sound(places.there, places.saved)


def test_a_lock_that_somebody_took_away_ends_the_copying(places: Places) -> None:
    def unlock(name: str) -> None:
        if "/index/" in name:
            for one in [one for one in places.here.files if "/locks/" in one]:
                del places.here.files[one]

    places.there.on_write = unlock
    with pytest.raises(ResourceLocked):
        places.copy()
    places.there.on_write = lambda _: None
    assert not [name for name in places.there.files if "/snapshots/" in name]
    assert places.copy().is_whole


def test_a_new_password_reaches_the_copy(places: Places) -> None:
    places.copy()
    StorageKeys(places.storage).set_password("another", cost=CHEAP)
    storage = Storage.open_with_password(places.here, "another", clock=places.clock)
    replica = Replica(storage, places.there, places.clock)
    replica.copy(KIND, ID, places.order())
    replica.finish(whole=[(KIND, ID)], began=places.clock.now())
    twin = Storage.open_with_password(places.there, "another", clock=places.clock)
    assert twin.check() == []
    assert twin.repository(KIND, ID).check(read_data=True) == []
    with pytest.raises(OperatorError):
        places.opened()


def test_nothing_is_copied_onto_something_else(places: Places) -> None:
    new_storage(places.there, places.clock)
    with pytest.raises(OperatorError, match="Another storage"):
        places.copy()
    places.there.files.clear()
    places.there.files["holiday.jpg"] = b"sun"
    with pytest.raises(OperatorError, match="not empty"):
        places.copy()
    places.there.files.clear()
    places.copy()
    other = places.opened().repository(KIND, "c3d4", create=True)
    put(other, ONE)
    places.storage.repository(KIND, "c3d4", create=True)
    replica = Replica(places.storage, places.there, places.clock)
    with pytest.raises(OperatorError, match="Another repository"):
        replica.copy(KIND, "c3d4", places.order())


def test_it_stops_where_it_is_asked_to_and_goes_on(places: Places) -> None:
    asked = iter([False] * 5)
    with pytest.raises(Interrupted):
        places.copy(stop=lambda: next(asked, True))
    assert not [name for name in (*places.here.files, *places.there.files) if "/locks/" in name]
    places.copy()
    places.assert_sound(places.there, places.saved)


def test_only_wanted_snapshots_are_copied(places: Places) -> None:
    def is_wanted(snapshot: Snapshot) -> bool:
        return snapshot.time > NOW + timedelta(hours=1, minutes=30)

    two = places.back_up(TWO)
    assert places.copy(is_wanted=is_wanted).snapshots == 1
    places.assert_sound(places.there, {two: TWO})
