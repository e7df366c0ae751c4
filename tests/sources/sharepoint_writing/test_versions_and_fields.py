"""One version of an item, or some values: into what is there, beside it, and elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from strongroom.lab.server import LabServer
from strongroom.lab.sharepoint.content.items import ListItem
from strongroom.lab.sharepoint.content.lists import SpList
from strongroom.operations.restore import RestoreRequest
from strongroom.words.coverage import Coverage
from strongroom.words.restoring import ConflictPolicy
from tests.sources.sharepoint_writing.test_restoring_a_site import missing
from tests.sources.sharepoint_writing.world import FULL, SiteWorld, Told, make

NOTES, PAPERS = ("Lists", "Notes"), ("Papers",)
FILE = (*PAPERS, "plan.txt")
SIZE = '<Field ID="{6d3c6f0e-0000-4000-8000-000000000001}" Type="Number" Name="Size"'
COPY, REPLACE = ConflictPolicy.COPY, ConflictPolicy.REPLACE


@pytest.fixture(scope="module")
def server_world(server: LabServer) -> Iterator[SiteWorld]:
    made = make(server)
    full = made.collection(FULL)
    with full.lock:
        notes = full.root.add_list("Notes", by=1)
        papers = full.root.add_list("Papers", by=1, base_template=101)
        for one in (notes, papers):
            one.change_settings(by=1, has_versioning=True)
            one.parse_field(f'{SIZE} DisplayName="How large" />', by=1)
        notes.add_item({"Title": "Other"}, by=1)
    yield made
    made.close()


@pytest.fixture
def world(server_world: SiteWorld) -> SiteWorld:
    """Give a world whose note and paper have three versions, and are kept."""
    full = server_world.collection(FULL)
    notes, papers = of_title(server_world, FULL, "Notes"), of_title(server_world, FULL, "Papers")
    with full.lock:
        for one in [one for one in notes.items.values() if one.title != "Other"]:
            notes.delete_item(one, by=1)
        for one in list(papers.items.values()):
            papers.delete_item(one, by=1)
        note = notes.add_item({"Title": "First", "Size": 1}, by=1)
        notes.update_item(note, {"Title": "Second", "Size": 2}, by=1)
        notes.update_item(note, {"Title": "Third", "Size": None}, by=1)
        paper = papers.upload("plan.txt", b"first", by=1, values={"Title": "One", "Size": 1})
        papers.save_content(paper, b"second", by=1, values={"Title": "Two", "Size": 2})
        papers.save_content(paper, b"third", by=1, values={"Title": "Three", "Size": 3})
    server_world.back_up()
    return server_world


def of_title(world: SiteWorld, site: str, title: str) -> SpList:
    found = world.collection(site).root.list_by_title(title)
    assert found is not None
    return found


def the_note(world: SiteWorld) -> ListItem:
    notes = of_title(world, FULL, "Notes")
    return max(notes.items.values(), key=lambda one: one.id)


def the_paper(world: SiteWorld, site: str = FULL, name: str = "plan.txt") -> ListItem:
    papers = of_title(world, site, "Papers")
    return next(one for one in papers.items.values() if one.leaf_name == name)


def content(item: ListItem) -> bytes:
    assert item.file is not None
    return item.file.content


def restored(
    world: SiteWorld,
    tmp_path: Path,
    *,
    paths: tuple[tuple[str, ...], ...] = (),
    items: tuple[str, ...] = (),
    to: str = FULL,
    told: Told | None = None,
    **more: object,
) -> Coverage:
    made = {"folder": (), "conflict": REPLACE, **more}
    request = RestoreRequest(paths=paths, items=items, **made)  # type: ignore[arg-type]
    tmp_path.mkdir(exist_ok=True)
    return world.restore(tmp_path / "journal", request, to=to, told=told)


def name_of(item: ListItem) -> str:
    return f"{item.parent_list.id}/{item.id}"


def test_a_version_of_an_item_becomes_its_newest_one(world: SiteWorld, tmp_path: Path) -> None:
    note = the_note(world)
    coverage = restored(world, tmp_path, items=(name_of(note),), version="1.0")
    assert missing(coverage) == []
    assert (note.title, note.values.get("Size")) == ("First", 1)
    assert note.label == "4.0"
    # Nothing is written once more that is so already.
    restored(world, tmp_path / "again", items=(name_of(note),), version="1.0")
    assert note.label == "4.0"


def test_what_a_version_did_not_have_is_emptied(world: SiteWorld, tmp_path: Path) -> None:
    note = the_note(world)
    notes = of_title(world, FULL, "Notes")
    notes.update_item(note, {"Title": "Fourth", "Size": 4}, by=1)
    world.back_up()
    assert missing(restored(world, tmp_path, items=(name_of(note),), version="3.0")) == []
    assert (note.title, note.values.get("Size")) == ("Third", None)


def test_a_version_of_a_file_becomes_its_newest_one(world: SiteWorld, tmp_path: Path) -> None:
    paper = the_paper(world)
    told = Told()
    coverage = restored(world, tmp_path, paths=(FILE,), version="2.0", told=told)
    assert missing(coverage) == []
    assert (content(paper), paper.values.get("Title")) == (b"second", "Two")
    assert (paper.label, len(paper.history)) == ("4.0", 3)
    assert not any("numbers of" in note for note in told.notes)
    restored(world, tmp_path / "again", paths=(FILE,), version="2.0")
    assert paper.label == "4.0"


def test_a_version_of_a_file_goes_beside_it_or_into_another_site(
    world: SiteWorld, tmp_path: Path
) -> None:
    restored(world, tmp_path / "copy", paths=(FILE,), version="1.0", conflict=COPY)
    copy = the_paper(world, name="plan (restored).txt")
    assert (content(copy), copy.label, copy.values.get("Title")) == (b"first", "1.0", "One")
    assert content(the_paper(world)) == b"third"
    world.make_empty()
    world.collection(world.empty).root.add_list("Papers", by=1, base_template=101)
    coverage = restored(world, tmp_path / "away", paths=(FILE,), version="2.0", to=world.empty)
    # The list there has no such column, and its settings were not asked for.
    assert [one.partition("Size")[2] for one in missing(coverage)] == [
        ": the target has no such column"
    ]
    there = the_paper(world, world.empty)
    assert (content(there), there.values.get("Title")) == (b"second", "Two")


def test_a_version_that_nobody_kept_is_said_and_nothing_is_written(
    world: SiteWorld, tmp_path: Path
) -> None:
    coverage = restored(world, tmp_path, paths=(FILE,), version="7.0")
    (left,) = missing(coverage)
    assert "no-version" in left
    assert "1.0, 2.0, 3.0" in left
    assert the_paper(world).label == "3.0"


def test_a_field_goes_into_the_item_that_is_there_and_nothing_else_does(
    world: SiteWorld, tmp_path: Path
) -> None:
    note, paper = the_note(world), the_paper(world)
    notes, papers = of_title(world, FULL, "Notes"), of_title(world, FULL, "Papers")
    notes.update_item(note, {"Title": "Later", "Size": 9}, by=1)
    papers.save_content(paper, b"later", by=1, values={"Title": "Later", "Size": 9})
    told = Told()
    coverage = restored(world, tmp_path, paths=(NOTES, PAPERS), fields=("How large",), told=told)
    assert missing(coverage) == []
    assert (note.title, note.values.get("Size")) == ("Later", None)
    assert (paper.values.get("Title"), paper.values.get("Size")) == ("Later", 3)
    assert (content(paper), paper.label) == (b"later", "5.0")
    assert [one for one in told.notes if "numbers" in one or "made" in one] == []


def test_a_field_as_it_was_in_a_version(world: SiteWorld, tmp_path: Path) -> None:
    note = the_note(world)
    coverage = restored(world, tmp_path, items=(name_of(note),), fields=("Title",), version="2.0")
    assert missing(coverage) == []
    assert (note.title, note.values.get("Size")) == ("Second", None)


def test_a_field_of_what_is_not_there_is_skipped(world: SiteWorld, tmp_path: Path) -> None:
    note = the_note(world)
    of_title(world, FULL, "Notes").delete_item(note, by=1)
    coverage = restored(world, tmp_path, items=(name_of(note),), fields=("Title",))
    (left,) = missing(coverage)
    assert "not-there" in left
    coverage = restored(world, tmp_path / "b", paths=(FILE,), fields=("Nothing",))
    assert "no column 'Nothing'" in missing(coverage)[0]
    lists = len(world.collection(world.make_empty()).root.lists)
    coverage = restored(world, tmp_path / "c", paths=(FILE,), fields=("Title",), to=world.empty)
    assert "is not there" in missing(coverage)[0]
    assert len(world.collection(world.empty).root.lists) == lists


def test_where_no_versions_are_kept_what_was_there_goes_into_the_recycle_bin(
    world: SiteWorld, tmp_path: Path
) -> None:
    papers = of_title(world, FULL, "Papers")
    papers.change_settings(by=1, has_versioning=False)
    papers.save_content(the_paper(world), b"newest", by=1)
    before = the_paper(world)
    try:
        coverage = restored(world, tmp_path, paths=(FILE,), version="2.0")
        assert missing(coverage) == []
        assert content(the_paper(world)) == b"second"
        assert the_paper(world).id != before.id
        assert content(before) == b"newest"
        # What is so already stays.
        after = the_paper(world).id
        restored(world, tmp_path / "again", paths=(FILE,), version="2.0")
        assert the_paper(world).id == after
    finally:
        papers.change_settings(by=1, has_versioning=True)


def test_values_that_no_version_keeps_are_named_before_they_are_written_over(
    world: SiteWorld, tmp_path: Path
) -> None:
    told = Told()
    notes = of_title(world, FULL, "Notes")
    note = the_note(world)
    note_that = "keeps no versions: the values"
    restored(world, tmp_path, items=(name_of(note),), fields=("Title",), told=told)
    assert not any(note_that in one for one in told.notes)
    notes.change_settings(by=1, has_versioning=False)
    try:
        restored(world, tmp_path / "b", items=(name_of(note),), fields=("Title",), told=told)
    finally:
        notes.change_settings(by=1, has_versioning=True)
    assert any(note_that in one for one in told.notes)
