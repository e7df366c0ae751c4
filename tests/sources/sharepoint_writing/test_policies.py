"""Into the same place, another list, a site of Online: what becomes of what is there already."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from strongroom.errors import OperatorError
from strongroom.lab.server import LabServer
from strongroom.lab.sharepoint.content.lists import SpList
from strongroom.lab.sharepoint.content.seed import Amounts, Seeded, fill
from strongroom.operations.journal import FileJournal
from strongroom.operations.restore import RestoreRequest
from strongroom.operations.restore_log import RestoreLog
from strongroom.sources.sharepoint.writing import uploading
from strongroom.sources.sharepoint.writing.places import LIST_STRUCTURE, Place
from strongroom.words.restoring import ConflictPolicy, Outgoing, Written
from tests.sources.sharepoint_writing.test_restoring_a_site import missing
from tests.sources.sharepoint_writing.world import FULL, SiteWorld, make

DOCUMENTS = (("Shared Documents",),)
CUSTOMERS = (("Lists", "Customers"),)


@pytest.fixture(scope="module")
def filled(server: LabServer) -> Iterator[SiteWorld]:
    made = make(server)
    yield made
    made.close()


@pytest.fixture
def world(filled: SiteWorld, seeded: Seeded) -> SiteWorld:
    filled.make_empty()
    return filled


@pytest.fixture(scope="module")
def seeded(filled: SiteWorld) -> Seeded:
    world = filled
    full = world.collection(FULL)
    with full.lock:
        found = fill(full, Amounts(items=40, files=0, pages=1, people=4))
    world.back_up()
    return found


def paths(of: SpList) -> list[str]:
    root = of.root_path
    return sorted(one.path[len(root) + 1 :] for one in of.items.values() if one.file)


def of_title(world: SiteWorld, site: str, title: str) -> SpList:
    lists = world.collection(site).root.lists.values()
    return next(one for one in lists if one.title == title)


def test_in_the_same_place_nothing_that_never_changed_is_written(
    world: SiteWorld, seeded: Seeded, tmp_path: Path
) -> None:
    before = paths(seeded.documents)
    request = RestoreRequest(folder=(), paths=DOCUMENTS, conflict=ConflictPolicy.SKIP)
    coverage = world.restore(tmp_path / "journal", request, to=FULL)
    assert missing(coverage) == []
    assert paths(seeded.documents) == before
    assert sum(one.saved for one in coverage.folders if one.path == DOCUMENTS[0]) == 0


def test_a_file_that_was_deleted_comes_back_and_one_that_changed_stays(
    world: SiteWorld, seeded: Seeded, tmp_path: Path
) -> None:
    files = [one for one in seeded.documents.items.values() if one.file and not one.file.check_out]
    deleted, changed = files[0], files[1]
    gone, kept = deleted.path, changed.path
    seeded.documents.delete_item(deleted, by=1)
    seeded.documents.save_content(changed, b"newer", by=1)
    request = RestoreRequest(folder=(), paths=DOCUMENTS, conflict=ConflictPolicy.SKIP)
    world.restore(tmp_path / "journal", request, to=FULL)
    there = {one.path: one for one in seeded.documents.items.values() if one.file}
    assert gone in there
    newer = there[kept].file
    assert newer is not None
    assert newer.content == b"newer"
    world.back_up()


def test_another_file_of_the_name_is_left_copied_beside_or_replaced(
    world: SiteWorld, seeded: Seeded, tmp_path: Path
) -> None:
    name = "Contract 0.docx"
    assert name in paths(seeded.contracts)
    library = world.collection(world.empty).root.add_list("Contracts", base_template=101, by=1)
    counts = {}
    for policy in (ConflictPolicy.SKIP, ConflictPolicy.COPY, ConflictPolicy.REPLACE):
        for item in list(library.items.values()):
            if item.parent is None:
                library.delete_item(item, by=1)
        library.upload(name, b"somebody else's", by=1)
        request = RestoreRequest(folder=(), paths=(("Contracts",),), conflict=policy)
        world.restore(tmp_path / str(policy), request)
        found = {one.path.rpartition("/")[2]: one.file for one in library.items.values()}
        file = found[name]
        assert file is not None
        stem, dot, suffix = name.rpartition(".")
        has_copy = f"{stem} (restored){dot}{suffix}" in found
        counts[policy] = (file.content == b"somebody else's", has_copy)
    assert counts == {
        ConflictPolicy.SKIP: (True, False),
        ConflictPolicy.COPY: (True, True),
        ConflictPolicy.REPLACE: (False, False),
    }


def test_a_list_goes_into_another_list_of_another_site(
    world: SiteWorld, seeded: Seeded, tmp_path: Path
) -> None:
    empty = world.collection(world.empty).root
    other = empty.add_list("Partners", base_template=100, by=1)
    request = RestoreRequest(folder=("Lists", "Partners"), paths=CUSTOMERS)
    coverage = world.restore(tmp_path / "journal", request)
    assert missing(coverage) == []
    saved = sorted(str(one.values.get("Code")) for one in seeded.customers.items.values())
    assert sorted(str(one.values.get("Code")) for one in other.items.values()) == saved
    assert [one.title for one in empty.lists.values()].count("Customers") == 0


def test_without_a_place_a_web_of_its_own_is_made(
    world: SiteWorld, seeded: Seeded, tmp_path: Path
) -> None:
    coverage = world.restore(tmp_path / "journal", RestoreRequest(paths=CUSTOMERS), to=FULL)
    assert missing(coverage) == []
    (web,) = [one for one in world.collection(FULL).webs() if "Restored" in one.title]
    (customers,) = [one for one in web.lists.values() if one.title == "Customers"]
    assert len(customers.items) == len(seeded.customers.items)


def test_whoever_left_is_somebody_else_now(
    world: SiteWorld, seeded: Seeded, tmp_path: Path
) -> None:
    heir = seeded.crew.boss.login
    people = {seeded.departed.login: heir}
    request = RestoreRequest(folder=(), paths=CUSTOMERS, people=people)
    coverage = world.restore(tmp_path / "journal", request)
    assert not any(seeded.departed.login in note for note in coverage.notes)
    there = of_title(world, world.empty, "Customers")
    principals = world.collection(world.empty).principals
    authors = {principals.by_id(one.author_id).login for one in there.items.values()}
    assert seeded.departed.login not in authors


def test_a_large_file_goes_in_pieces(
    world: SiteWorld, seeded: Seeded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploading, "CHUNK_BYTES", 100)
    monkeypatch.setattr(uploading, "WHOLE_BYTES_MAX", 200)
    coverage = world.restore(tmp_path / "journal", RestoreRequest(folder=(), paths=DOCUMENTS))
    assert world.face.rest.asked["finishupload"] > 0
    differing = [one for one in missing(coverage) if "file: " in one or "version" in one]
    assert differing == []
    assert len(paths(seeded.documents)) > 5


def test_a_server_that_takes_utc_is_told_so(world: SiteWorld, tmp_path: Path) -> None:
    world.farm.profile = "online"
    request = RestoreRequest(folder=(), paths=(("Lists", "News"), *CUSTOMERS, *DOCUMENTS))
    coverage = world.restore(tmp_path / "journal", request, is_online=True)
    # Of the groups of the other site none is here.
    world.farm.profile = "se"
    assert [one for one in missing(coverage) if "permissions" not in one] == []


def test_where_no_file_of_a_page_is_taken_its_editor_makes_it(
    world: SiteWorld, seeded: Seeded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(*args: object, **_: object) -> Written:
        outgoing = next(one for one in args if isinstance(one, Outgoing))
        code = "-2147024891, System.UnauthorizedAccessException"
        return Written(item_id=outgoing.item.id, new_id=None, code=code, is_permanent=True)

    monkeypatch.setattr("strongroom.sources.sharepoint.writing.pages.write_file", denied)
    request = RestoreRequest(folder=(), paths=(("SitePages",),))
    world.restore(tmp_path / "journal", request)
    there = of_title(world, world.empty, "Site Pages")
    found = {one.leaf_name: one for one in there.items.values() if one.file}
    page = next(one for one in seeded.pages.items.values() if one.leaf_name == "Handbook.aspx")
    made = found["Handbook.aspx"]
    assert str(made.values.get("CanvasContent1")).startswith("<div>")
    assert (made.file is not None and made.file.check_out) is None
    assert (made.label, made.modified) == ("1.0", page.modified)


def test_a_site_that_is_not_there_any_more_is_explained(world: SiteWorld) -> None:
    with pytest.raises(OperatorError) as caught:
        world.resource("/sites/gone")
    assert "recycle bin" in caught.value.hint


def test_what_describes_a_list_never_counts_as_arrived(
    world: SiteWorld, seeded: Seeded, tmp_path: Path
) -> None:
    target = world.sharepoint().target(world.resource(FULL))
    place = Place(kind=LIST_STRUCTURE, web=FULL, list_id=seeded.customers.id)
    with FileJournal(tmp_path / "journal") as journal:
        target.begin(RestoreLog(journal))
        assert list(target.arrivals(place.id, target.mark(place.id))) == []
        there = [item.kind for item in target.arrivals(place.id, None)]
    assert {"list", "permissions", "column", "view"} <= set(there)


def test_a_row_that_a_label_keeps_gets_no_second_one_beside_it(
    world: SiteWorld, seeded: Seeded, tmp_path: Path
) -> None:
    customers = seeded.customers
    # Two that nothing looks up: what is replaced gets another number.
    with world.collection(FULL).lock:
        kept, other = (customers.add_item({"Title": one, "Code": one}, by=1) for one in "AB")
    world.back_up()
    count = len(customers.items)
    for one in (kept, other):
        customers.update_item(one, {"Title": "Newer"}, by=1)
    kept.compliance_tag = "Record"
    try:
        request = RestoreRequest(folder=(), paths=CUSTOMERS, conflict=ConflictPolicy.REPLACE)
        coverage = world.restore(tmp_path / "journal", request, to=FULL)
    finally:
        kept.compliance_tag = ""
    assert len(customers.items) == count
    assert kept.values["Title"] == "Newer"
    assert len(missing(coverage)) == 1
    assert "stays as it is" in missing(coverage)[0]
