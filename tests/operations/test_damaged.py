"""A storage that is damaged anywhere: the rest comes back, what is lost is named, nothing is wrong.

Every blob of a repository is damaged in turn. After a repair the next backup has all of it again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pytest

from strongroom.errors import IntegrityError
from strongroom.operations.damage import DAMAGED
from strongroom.operations.export import ExportRequest, export
from strongroom.operations.interfaces import Quiet
from strongroom.operations.mending import mend
from strongroom.operations.restore import RestoreRequest
from strongroom.operations.salvage import Salvaged, salvage
from strongroom.operations.verify import Problem, verify
from strongroom.store.backend import Unreadable
from strongroom.store.index import load_index
from strongroom.store.pack import Entry, pack_name
from strongroom.store.repository import Repository
from strongroom.words.coverage import Coverage, Status
from tests.fakes.mailbox import FakeMailbox, FakeTarget
from tests.fakes.site_target import FakeSiteTarget
from tests.operations.site_support import TEAM, SiteWorld
from tests.operations.support import ADA, World
from tests.operations.test_site import new_world as new_site_world

IN_PLACE = RestoreRequest(folder=())
DAYS = [datetime(2024, 3, day, 10, tzinfo=UTC) for day in (1, 1, 1, 2, 2, 9)]
HOMES = {
    World: f"repositories/{ADA.kind}/{ADA.id}/",
    SiteWorld: f"repositories/{TEAM.kind}/{TEAM.id}/",
}


class Place(NamedTuple):
    """Where a blob lies."""

    name: str
    entry: Entry


def new_world() -> World:
    world = World()
    box = world.mailbox
    inbox = box.add_folder("Inbox", role="inbox")
    deep = box.add_folder("Deep", inbox)
    for number, when in enumerate(DAYS):
        box.add_item(inbox, f"Letter {number}", when=when)
    for number in range(3):
        box.add_item(deep, f"Deep {number}", when=DAYS[number])
    box.add_item(deep, "Large", bytes(range(256)) * 36_000, when=DAYS[5])
    world.back_up()
    return world


def places(world: World | SiteWorld) -> list[Place]:
    """Name every blob of the repository, in order."""
    documents = world.repository()._documents
    home = HOMES[type(world)]
    return [
        Place(home + pack_name(contents.pack), entry)
        for file_id in documents.ids("index")
        for contents in load_index(documents, file_id)
        for entry in contents.entries
    ]


def flip(world: World | SiteWorld, place: Place) -> None:
    files, at = world.backend.files, place.entry.offset + 17
    files[place.name] = (
        files[place.name][:at] + bytes([files[place.name][at] ^ 1]) + files[place.name][at + 1 :]
    )


def repaired(world: World | SiteWorld) -> Repository:
    repository = world.repository()
    repository.upkeep.repair(read_data=True)
    return repository


def place_of(world: World | SiteWorld, choose: Callable[[bytes], bool], kind: str) -> Place:
    """Find the one blob whose content is meant."""
    reader = world.repository().reader()
    (found,) = {
        place
        for place in places(world)
        if place.entry.kind == kind and choose(reader.load(place.entry.kind, place.entry.id))
    }
    return found


def names_of(coverage: Coverage) -> list[str]:
    return sorted(one.name for folder in coverage.folders for one in folder.failed)


def elsewhere(world: World) -> FakeMailbox:
    world.target = FakeTarget(FakeMailbox())
    return world.target.mailbox


def held(box: FakeMailbox) -> Counter[tuple[tuple[str, ...], tuple[str, bytes, str]]]:
    return Counter((path, item) for path, items in box.contents().items() for item in items)


def looked_at(world: World, *, read_data: bool = False) -> list[Salvaged]:
    return list(salvage(world.repository(), read_data=read_data, progress=Quiet()))


def problems(repository: Repository) -> tuple[Problem, ...]:
    """Read the newest restore point back."""
    newest = repository.snapshots()[-1].id
    found = verify(repository, at=f"point:{newest}", is_parsed=False, progress=Quiet())
    return found.problems


@pytest.fixture
def world() -> World:
    return new_world()


def test_a_damaged_item_fails_by_name_and_all_others_come_back(
    world: World, tmp_path: Path
) -> None:
    flip(world, place_of(world, lambda data: data.startswith(b"Letter 3"), "data"))
    other = elsewhere(world)
    coverage = world.restore(tmp_path / "journal", IN_PLACE)
    assert names_of(coverage) == ["Letter 3"]
    (failed,) = [one for folder in coverage.folders for one in folder.failed]
    assert failed.code == DAMAGED
    assert coverage.status() is Status.FAILED or coverage.status() is Status.PARTIAL
    assert (coverage.totals.on_server, coverage.totals.saved) == (10, 9)
    assert held(world.mailbox) - held(other) == Counter(
        [one for one in held(world.mailbox) if one[1][0] == "Letter 3"]
    )
    assert any("storage repair" in note for note in coverage.notes)
    exported = export(world.repository(), ExportRequest(output=tmp_path / "out"), progress=Quiet())
    assert names_of(exported) == ["Letter 3"]
    assert (exported.totals.on_server, exported.totals.saved) == (10, 9)


def test_what_lies_in_a_bad_sector_fails_by_name_and_all_others_come_back(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = place_of(world, lambda data: data.startswith(b"Letter 3"), "data")
    load_range = world.backend.load_range

    def fails(name: str, offset: int, length: int) -> bytes:
        if name == place.name and offset <= place.entry.offset + 17 < offset + length:
            raise Unreadable("The disk does not give it.")
        return load_range(name, offset, length)

    monkeypatch.setattr(world.backend, "load_range", fails)
    coverage = world.restore(tmp_path / "journal", IN_PLACE)
    assert names_of(coverage) == ["Letter 3"]
    assert coverage.totals.saved == 9
    (point,) = looked_at(world, read_data=True)
    assert (point.items, point.lost) == (9, 1)


def test_a_large_item_that_is_damaged_in_its_last_piece_is_not_begun(
    world: World, tmp_path: Path
) -> None:
    large = [one for one in places(world) if one.entry.raw_length > 400_000]
    flip(world, large[-1])
    other = elsewhere(world)
    assert names_of(world.restore(tmp_path / "journal", IN_PLACE)) == ["Large"]
    assert all(item[0] != "Large" for _, item in held(other))
    coverage = export(world.repository(), ExportRequest(output=tmp_path / "out"), progress=Quiet())
    assert names_of(coverage) == ["Large"]
    assert not [path for path in (tmp_path / "out").rglob("*") if "Large" in path.name]


def test_the_rows_of_a_day_are_lost_and_its_items_are_named_by_their_files(
    world: World, tmp_path: Path
) -> None:
    rows = place_of(world, lambda data: b'"Letter 3"' in data and b"change_key" not in data, "data")
    flip(world, rows)
    coverage = world.restore(tmp_path / "journal", IN_PLACE)
    assert len(names_of(coverage)) == 2
    for name, subject in zip(names_of(coverage), ("Letter 3", "Letter 4"), strict=True):
        assert subject in name
    assert coverage.totals.saved == 8
    told = verify(world.repository(), is_parsed=False, progress=Quiet())
    assert len([one for one in told.problems if "Letter" in one.what]) == 2
    assert (told.coverage.totals.saved, told.coverage.totals.failed) == (8, 2)
    (point,) = looked_at(world, read_data=True)
    assert (point.items, point.lost) == (8, 2)
    assert sorted(one.name for one in point.damage) == names_of(coverage)


def test_the_tree_of_a_day_is_lost_and_the_day_is_named(world: World, tmp_path: Path) -> None:
    flip(
        world, place_of(world, lambda data: b"Letter 5" in data and b"items.jsonl" in data, "tree")
    )
    coverage = world.restore(tmp_path / "journal", IN_PLACE)
    assert coverage.totals.saved == 9
    (problem,) = [folder.problem for folder in coverage.folders if folder.problem]
    assert "2024-03/09" in problem
    assert not coverage.is_complete
    (point,) = looked_at(world)
    assert (point.items, point.lost) == (9, 1)


def test_an_item_that_may_be_lost_is_not_said_never_to_have_been(
    world: World, tmp_path: Path
) -> None:
    ids = [item for folder in world.mailbox.folders.values() for item in folder.items]
    flip(
        world, place_of(world, lambda data: b"Letter 5" in data and b"items.jsonl" in data, "tree")
    )
    with pytest.raises(IntegrityError, match="Not found in what can be read") as caught:
        world.restore(tmp_path / "journal", RestoreRequest(items=(ids[5],), folder=()))
    assert "salvage" in caught.value.hint


def test_without_the_list_of_folders_their_own_files_tell(world: World, tmp_path: Path) -> None:
    flip(
        world,
        place_of(
            world, lambda data: data.startswith(b'{"cursor":"') and b'"folders"' in data, "data"
        ),
    )
    other = elsewhere(world)
    coverage = world.restore(tmp_path / "journal", IN_PLACE)
    assert coverage.totals.saved == 10
    assert held(other) == held(world.mailbox)
    assert any("list of folders" in note for note in coverage.notes)


def test_a_point_whose_first_tree_is_lost_is_named_as_a_whole(world: World) -> None:
    flip(world, place_of(world, lambda data: b'"hierarchy-cursor.json"' in data, "tree"))
    (point,) = looked_at(world)
    assert (point.items, point.lost) == (0, 10)
    assert "nothing can be found" in point.damage[0].what


def test_a_damaged_snapshot_is_named_and_hides_no_other(world: World) -> None:
    world.mailbox.add_item("folder-2", "Another")
    world.back_up()
    (snapshot,) = [one for one in world.repository().snapshots() if one.parent is None]
    name = f"{HOMES[World]}snapshots/{snapshot.id}"
    world.backend.files[name] = world.backend.files[name][:40]
    sound, lost = looked_at(world)
    assert sound.is_whole
    assert (lost.point, lost.time, lost.items) == (snapshot.id, None, 0)


def test_what_is_whole_is_said_to_be_whole(world: World) -> None:
    (point,) = looked_at(world, read_data=True)
    assert point.is_whole
    assert point.items == 10
    assert mend(world.repository(), world.clock) is None


def every(blobs: list[Place], step: int) -> Iterator[Place]:
    """Give every so many-th data blob, and every so many-th tree."""
    for kind in ("data", "tree"):
        yield from [one for one in blobs if one.entry.kind == kind][::step]


@pytest.mark.parametrize("step", [6, pytest.param(1, marks=pytest.mark.soak)])
def test_whichever_blob_of_a_mailbox_is_damaged(step: int, tmp_path: Path) -> None:
    count = len(places(new_world()))
    assert count > 30
    for number, _ in enumerate(every(places(new_world()), step)):
        world = new_world()
        place = list(every(places(world), step))[number]
        flip(world, place)
        _restores_what_is_left(world, tmp_path / f"{number}")
        _the_next_backup_has_all_again(world)


def _restores_what_is_left(world: World, journal: Path) -> None:
    saved = held(world.mailbox)
    whole_target, target = world.target, elsewhere(world)
    try:
        coverage = world.restore(journal, IN_PLACE)
    except IntegrityError:
        coverage = None
    world.target = whole_target
    assert not held(target) - saved, "no wrong byte"
    (point,) = looked_at(world, read_data=True)
    assert point.items + point.lost == 10
    assert len(point.damage) > 0 or point.is_whole
    verified = verify(world.repository(), is_parsed=False, progress=Quiet())
    # Salvage asks for what a restore needs; a cursor that is lost, for example, is another matter.
    assert verified.problems or point.is_whole
    if coverage is None:
        assert point.items == 0
        return
    assert held(target).total() == coverage.totals.saved == point.items
    lost = held(world.mailbox).total() - coverage.totals.saved
    if lost:
        assert not coverage.is_complete
    named = len(names_of(coverage))
    problems = [folder.problem for folder in coverage.folders if folder.problem]
    assert named == lost or problems, "each is named, or its day or folder is"


def _the_next_backup_has_all_again(world: World) -> None:
    lost = mend(repaired(world), world.clock)
    world.mailbox.add_item("folder-2", "New since")
    coverage = world.back_up()
    assert coverage.is_complete, coverage
    assert world.saved() == world.mailbox.contents()
    assert world.is_counted_as_restic_counts()
    fetched = coverage.totals.saved - 1
    assert fetched <= max(lost or 0, 0) + 10
    repository = world.repository()
    assert problems(repository) == ()


@pytest.mark.parametrize("step", [20, pytest.param(1, marks=pytest.mark.soak)])
def test_whichever_blob_of_a_site_is_damaged(step: int, tmp_path: Path) -> None:
    def begun() -> SiteWorld:
        world = new_site_world()
        world.back_up()
        return world

    first = begun()
    expected, real = first.saved_files(), first.real_files()
    for number, _ in enumerate(every(places(begun()), step)):
        world = begun()
        flip(world, list(every(places(world), step))[number])
        world.target = FakeSiteTarget(type(world.site)())
        try:
            coverage = world.restore(tmp_path / f"{number}")
        except IntegrityError:
            coverage = None
        world.target = FakeSiteTarget(world.site)
        mend(repaired(world), world.clock)
        assert world.back_up().is_complete
        assert world.saved_files() == expected
        assert {path: world.real_files()[path] for path in real} == real
        repository = world.repository()
        assert problems(repository) == ()
        # Lists cannot come back where the columns of their web are lost: that is told, too.
        assert coverage is None or coverage.totals.saved == 15 or not coverage.is_complete


def test_only_what_is_lost_is_fetched_again(world: World) -> None:
    flip(world, place_of(world, lambda data: data.startswith(b"Letter 3"), "data"))
    assert mend(repaired(world), world.clock) == 1
    coverage = world.back_up()
    assert (coverage.totals.saved, coverage.totals.unchanged) == (1, 9)
    assert [one.tags[2] for one in world.repository().snapshots()].count("checkpoint") == 0


def test_a_repository_that_was_not_repaired_is_not_mended(world: World) -> None:
    name = place_of(world, lambda data: data.startswith(b"Letter 3"), "data").name
    del world.backend.files[name]
    with pytest.raises(IntegrityError, match="nothing was written"):
        mend(world.repository(), world.clock)
