"""What a copy forgets, and when: a week later, unless it is held or was never told to."""

from __future__ import annotations

from dataclasses import replace

import pytest

from strongroom.store.holds import StoredHold
from strongroom.store.rekeying import rekey
from tests.fakes.copied_storage import ID, KIND, ONE, TWO, Places, forget_first
from tests.fakes.memory_backend import MemoryBackend
from tests.fakes.storages import content, put


def test_a_forgotten_restore_point_stays_a_week_in_the_copy(places: Places) -> None:
    places.back_up(TWO)
    places.copy()
    old = dict(places.saved)
    forget_first(places)
    for days in (0, 3, 3):
        places.clock.move(days=days)
        assert places.copy().missed == 1
        places.assert_sound(places.there, old)
    places.clock.move(days=1)
    copied = places.copy()
    assert copied.removed >= 1
    assert copied.missed == 0
    places.assert_sound(places.there, places.saved)
    assert _data_of(places.there) == _data_of(places.here), "the prune's new packs and no others"


def _data_of(backend: MemoryBackend) -> set[str]:
    folders = ("/data/", "/index/", "/snapshots/")
    return {name for name in backend.files if any(one in name for one in folders)}


def test_a_hold_keeps_it(places: Places) -> None:
    places.back_up(TWO)
    places.copy()
    forget_first(places)
    places.copy()
    places.clock.move(days=8)
    copied = places.copy(may_go=lambda _: False)
    assert (copied.missed, copied.removed) == (1, 0)
    assert any("held" in note for note in copied.notes)


@pytest.mark.parametrize("where", ["here", "there"])
@pytest.mark.parametrize("point", [False, True])
def test_a_hold_at_either_place_keeps_it_until_it_is_released(
    places: Places, where: str, *, point: bool
) -> None:
    places.back_up(TWO)
    places.copy()
    first = min(places.saved, key=lambda one: places.repository.load_snapshot(one).time)
    side = places.storage if where == "here" else places.opened()
    at = places.clock.now()
    hold = StoredHold(id="h1234", point=first if point else "", reason="court", by="x", at=at)
    side.holds(KIND, ID).add(hold)
    forget_first(places)
    places.copy()
    places.clock.move(days=30)
    copied = places.copy()
    assert (copied.missed, copied.removed) == (1, 0)
    for name in list(places.here.files):
        if where == "here" and "/hold-" in name:
            del places.here.files[name]  # the copy has it, whoever took it away here
    assert places.copy().missed == 1
    places.opened().holds(KIND, ID).release("h1234", by="x", at=places.clock.now())
    assert places.copy().missed == 0


def test_a_hold_keeps_what_restic_gave_another_id_with_a_tag(places: Places) -> None:
    with places.repository.lock():
        (one,) = places.repository.snapshots()
        tagged = places.repository.save_snapshot(replace(one, id="", original=one.id))
        places.repository.delete_snapshot(one.id)
    places.back_up(TWO)
    at = places.clock.now()
    hold = StoredHold(id="h1234", point=one.id, reason="court", by="x", at=at)
    places.storage.holds(KIND, ID).add(hold)
    places.copy()
    with places.repository.lock(exclusive=True):
        places.repository.delete_snapshot(tagged)
    for _ in range(2):
        places.copy()
        places.clock.move(days=8)
    assert tagged in places.opened().repository(KIND, ID).snapshot_ids()


def test_a_week_begins_anew_for_what_was_missed_and_came_back(places: Places) -> None:
    one = next(iter(places.saved))
    name = f"repositories/{KIND}/{ID}/snapshots/{one}"
    places.back_up(TWO)
    places.copy()
    sealed = places.here.files.pop(name)
    places.copy()
    places.clock.move(days=1)
    places.here.files[name] = sealed
    places.copy()
    places.clock.move(days=8)
    del places.here.files[name]
    assert places.copy().missed == 1


def test_an_emptied_original_empties_no_copy(places: Places) -> None:
    places.copy()
    before = dict(places.saved)
    with places.repository.lock(exclusive=True):
        for one in places.repository.snapshot_ids():
            places.repository.delete_snapshot(one)
    for _ in range(3):
        places.clock.move(days=8)
        places.copy()
    places.assert_sound(places.there, before)


def test_what_was_backed_up_into_the_copy_itself_is_never_deleted(places: Places) -> None:
    places.copy()
    twin = places.opened().repository(KIND, ID)
    own = put(twin, {("own",): b"own" * 20}, time=places.clock.now())
    places.back_up(TWO)
    for _ in range(3):
        places.clock.move(days=8)
        assert places.copy().is_whole
    places.assert_sound(places.there, places.saved | {own: {("own",): b"own" * 20}})


def test_with_another_key_a_copy_keeps_what_it_alone_has(places: Places) -> None:
    first = places.back_up(TWO)
    held, into_copy = places.back_up(ONE | TWO), ""
    places.back_up(TWO)
    places.copy()
    into_copy = put(places.opened().repository(KIND, ID), ONE, time=places.clock.now())
    hold = StoredHold(id="h1234", point=held, reason="court", by="x", at=places.clock.now())
    places.opened().holds(KIND, ID).add(hold)
    with places.repository.lock(exclusive=True):
        for one in (first, held):
            places.repository.delete_snapshot(one)
    rekey(places.storage, KIND, ID)
    for days in (0, 8):
        places.clock.move(days=days)
        assert places.copy().is_whole
    twin = places.opened().repository(KIND, ID)
    kept = {one.original: one.id for one in twin.snapshots() if one.original}
    assert content(twin, kept[held]) == ONE | TWO
    assert content(twin, kept[into_copy]) == ONE
    assert first not in kept, "its week is over"
