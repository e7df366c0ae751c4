"""A copy of a repository: incremental, verified, whole for whoever looks at any moment."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest

from strongroom.errors import (
    IntegrityError,
    Interrupted,
    OperatorError,
    ResourceLocked,
    StorageFull,
)
from strongroom.store.backend import BlobBackend
from strongroom.store.holds import StoredHold
from strongroom.store.home_boxes import save_box
from strongroom.store.layers.append_only import AppendOnly
from strongroom.store.rekeying import rekey
from strongroom.store.replica import Replica
from strongroom.store.replica_record import copy_of, whole_as_of
from strongroom.store.replica_words import Copied, Order
from strongroom.store.snapshot import Snapshot
from strongroom.store.storage import Storage
from strongroom.store.storage_keys import StorageKeys
from strongroom.store.trees import TreePath
from tests.fakes.faults import Faults, PowerCut
from tests.fakes.faulty_backend import FaultyBackend
from tests.fakes.hand_clock import HandClock
from tests.fakes.marked import canary
from tests.fakes.memory_backend import MemoryBackend
from tests.fakes.storages import CHEAP, HOME, NOW, PASSWORD, content, new_storage, put

ONE: dict[TreePath, bytes] = {("mail", "one"): b"one" * 50, ("mail", "two"): b"two" * 50}
TWO: dict[TreePath, bytes] = {("mail", "three"): b"three" * 50}
KIND, ID = "mailbox", "a1b2"


class Places:
    """A storage with one repository, and an empty place for its copy."""

    def __init__(self) -> None:
        self.clock = HandClock(NOW)
        self.here = MemoryBackend()
        self.there = MemoryBackend()
        self.storage = new_storage(self.here, self.clock)
        self.repository = self.storage.repository(KIND, ID, create=True)
        self.saved: dict[str, dict[TreePath, bytes]] = {}

    def back_up(self, files: dict[TreePath, bytes], *, minutes: int = 60) -> str:
        self.clock.move(minutes=minutes)
        one = put(self.repository, files, time=self.clock.now())
        self.saved[one] = files
        return one

    def order(self, **more: object) -> Order:
        return replace(Order(clock=self.clock, lanes=1), **more)  # type: ignore[arg-type]

    def copy(
        self,
        *,
        here: BlobBackend | None = None,
        there: BlobBackend | None = None,
        **more: object,
    ) -> Copied:
        """Copy as another process would."""
        storage = Storage.open_with_password(here or self.here, PASSWORD, clock=self.clock)
        replica = Replica(storage, there or self.there, self.clock)
        began = self.clock.now()
        replica.begin()
        copied = replica.copy(KIND, ID, self.order(**more))
        replica.finish(whole=[(KIND, ID)] if copied.is_whole else None, began=began)
        return copied

    def opened(self, backend: BlobBackend | None = None) -> Storage:
        return Storage.open_with_password(backend or self.there, PASSWORD, clock=self.clock)

    def assert_sound(
        self, backend: MemoryBackend, wanted: Mapping[str, dict[TreePath, bytes]]
    ) -> None:
        """Everything that it shows can be read, and it shows this."""
        repository = self.opened(backend).repository(KIND, ID)
        assert repository.check(read_data=True) == []
        assert sorted(repository.snapshot_ids()) == sorted(wanted)
        for one, files in wanted.items():
            assert content(repository, one) == files


@pytest.fixture
def places() -> Places:
    made = Places()
    made.back_up(ONE)
    return made


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


def test_the_config_comes_again_where_the_copy_lost_it_alone(places: Places) -> None:
    places.copy()
    lost = places.there.files.pop(f"{HOME}config")
    places.copy()
    assert places.there.files.get(f"{HOME}config") == lost
    places.assert_sound(places.there, places.saved)


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
    _forget_first(places)
    places.copy()
    places.clock.move(days=8)
    return places


def _forget_first(places: Places) -> None:
    first = min(places.saved, key=lambda one: places.repository.load_snapshot(one).time)
    places.repository.upkeep.prune([first])
    del places.saved[first]


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


def _damage(backend: MemoryBackend, name: str, how: str) -> None:
    if how == "delete":
        del backend.files[name]
    elif how == "cut":
        backend.files[name] = backend.files[name][:-1]
    else:
        backend.files[name] = bytes([backend.files[name][0] ^ 1]) + backend.files[name][1:]


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


def test_what_an_attempt_that_was_cut_off_left_is_read_before_it_is_trusted(places: Places) -> None:
    pack = next(name for name in places.here.files if "/data/" in name)
    places.there.files["strongroom/copy-of/" + places.storage.id + ".json"] = b"{}"
    places.there.files[pack] = bytes(len(places.here.files[pack]))
    assert places.copy().is_whole
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


def test_a_forgotten_restore_point_stays_a_week_in_the_copy(places: Places) -> None:
    places.back_up(TWO)
    places.copy()
    old = dict(places.saved)
    _forget_first(places)
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
    _forget_first(places)
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
    _forget_first(places)
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


def test_a_damaged_original_takes_nothing_from_its_copy(places: Places) -> None:
    places.back_up(TWO)
    places.copy()
    old = dict(places.saved)
    _forget_first(places)
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


def test_an_original_that_does_not_open_is_told(places: Places) -> None:
    places.copy()
    for name in list(places.here.files):
        if "/keys/" in name or "master-key" in name:
            del places.here.files[name]
    with pytest.raises(IntegrityError, match="cannot be opened"):
        places.copy()
    places.assert_sound(places.there, places.saved)


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
