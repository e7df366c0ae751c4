"""A copy that is cut short or full at any change: both sides stay fine, the next one goes on."""

from __future__ import annotations

import pytest

from strongroom.errors import (
    OperatorError,
    StorageFull,
)
from strongroom.store.rekeying import rekey
from tests.fakes.copied_storage import ID, KIND, ONE, TWO, Places, forget_first
from tests.fakes.faults import Faults, PowerCut
from tests.fakes.faulty_backend import FaultyBackend
from tests.fakes.memory_backend import MemoryBackend
from tests.fakes.storages import content


def test_a_cut_anywhere_leaves_both_fine_and_the_next_attempt_goes_on() -> None:
    """Every change of a first copy, of one that goes on, and of one that takes out what went."""
    for name, prepare in (("first", _nothing), ("next", _copied_before), ("trim", _forgotten)):
        with Faults() as faults:
            model = prepare()
            model.copy(there=FaultyBackend(model.there, faults))
        assert faults.changes > 6
        for number in range(1, faults.changes + 1):
            _cut_at(number, prepare(), name)


def _nothing() -> Places:
    places = Places()
    places.back_up(ONE)
    places.back_up(ONE | TWO)
    return places


def _copied_before() -> Places:
    places = _nothing()
    places.copy()
    places.back_up(TWO)
    return places


def _forgotten() -> Places:
    """Its first restore point was forgotten, its data were pruned, and a week has gone by."""
    places = _copied_before()
    places.copy()
    forget_first(places)
    places.copy()
    places.clock.move(days=8)
    return places


def _cut_at(number: int, places: Places, name: str) -> None:
    with Faults() as faults:
        faults.stop_at(number)
        with pytest.raises(PowerCut):
            places.copy(there=FaultyBackend(places.there, faults))
    where = f"{name}, change {number}: {faults.steps[-1]}"
    assert places.opened(places.here).repository(KIND, ID).check(read_data=True) == [], where
    if "strongroom/storage.json" in places.there.files:
        twin = places.opened()
    else:  # half a first copy is no storage
        with pytest.raises(OperatorError, match="no storage here"):
            places.opened()
        twin = places.storage.elsewhere(places.there)
    for kind, resource in twin.repositories():
        repository = twin.repository(kind, resource)
        for one in repository.snapshot_ids():
            content(repository, one)
        assert repository.check(read_data=True) == [], where
    places.copy()
    assert not [one for one in (*places.here.files, *places.there.files) if "/locks/" in one], where
    places.assert_sound(places.there, places.saved)


def test_a_copy_that_is_full_at_any_moment_goes_on_when_there_is_room() -> None:
    for name, prepare in (("first", _nothing), ("next", _copied_before)):
        with Faults() as counted:
            model = prepare()
            model.copy(there=FaultyBackend(model.there, counted))
        saves = [at for at, step in enumerate(counted.steps, 1) if step.verb == "save"]
        for number in saves:
            places = prepare()
            with Faults() as faults:
                faults.full_at(number)
                with pytest.raises(StorageFull):
                    places.copy(there=FaultyBackend(places.there, faults))
            where = f"{name}, change {number}"
            assert not [one for one in places.there.files if "/locks/" in one], where
            twin = places.storage.elsewhere(places.there)
            for kind, resource in twin.repositories():
                assert twin.repository(kind, resource).check(read_data=True) == [], where
            places.copy()
            places.assert_sound(places.there, places.saved)


def test_a_cut_of_the_original_meanwhile_harms_neither(places: Places) -> None:
    with Faults() as counted:
        places.copy(here=FaultyBackend(places.here, counted))
    for number in range(1, counted.changes + 1):
        fresh = _nothing()
        with Faults() as faults:
            faults.stop_at(number)
            with pytest.raises(PowerCut):
                fresh.copy(here=FaultyBackend(fresh.here, faults))
        fresh.copy()
        fresh.assert_sound(fresh.there, fresh.saved)
        fresh.assert_sound(fresh.here, fresh.saved)


def test_a_repository_with_another_key_is_copied_anew_and_the_former_copy_goes_last(
    places: Places,
) -> None:
    places.copy()
    before = set(places.there.files)
    mapped = rekey(places.storage, KIND, ID).snapshots
    wanted = {mapped[one]: files for one, files in places.saved.items()}
    with Faults() as faults:
        places_there = MemoryBackend()
        places_there.files = dict(places.there.files)
        places.copy(there=FaultyBackend(places_there, faults))
    for number in range(1, faults.changes + 1):
        there = MemoryBackend()
        there.files = dict(places.there.files)
        with Faults() as cut:
            cut.stop_at(number)
            with pytest.raises(PowerCut):
                places.copy(there=FaultyBackend(there, cut))
        shown = places.opened(there).repository(KIND, ID)
        assert sorted(shown.snapshot_ids()) in (sorted(wanted), sorted(places.saved))
        for one in shown.snapshot_ids():
            content(shown, one)
    assert places.copy().is_whole
    places.assert_sound(places.there, wanted)
    assert not {one for one in before if "/data/" in one} & set(places.there.files)
    assert places.copy().files == 0
