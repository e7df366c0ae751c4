"""The same stories serve a site, which is nothing like a mailbox."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import orjson
import pytest

from strongroom.errors import OperatorError
from strongroom.operations.browse import browse, show
from strongroom.operations.export import ExportFormat, ExportRequest, export
from strongroom.operations.interfaces import Quiet
from strongroom.operations.restore import RestoreRequest
from strongroom.operations.saved import SavedItem, contents, read_all
from strongroom.operations.shards import FolderItems
from strongroom.operations.verify import verify
from strongroom.store import trees
from strongroom.store.blob_reader import BlobReader
from strongroom.words.item import Content, Item, Missed, Part
from tests.fakes.site import LIBRARY, LIST, FakeList, FakeSite
from tests.fakes.site_target import FakeSiteTarget
from tests.fakes.storages import PASSWORD
from tests.operations.site_support import TEAM, SiteWorld


@pytest.fixture
def world() -> SiteWorld:
    return new_world()


def new_world() -> SiteWorld:
    """A team's site: what describes it, two lists that look at each other, and a library."""
    world = SiteWorld()
    site = world.site
    site.define("column", "Colour", "red or blue")
    site.define("group", "Owners", ["ada"])
    people = site.add_list("Lists", "People", kind=LIST)
    tasks = site.add_list("Lists", "Tasks", kind=LIST)
    ada = site.add_item(people, "Ada")
    for number in range(4):
        site.add_item(tasks, f"Task {number}", Who=f"{people.id}/{ada}")
    site.define("view", "All", {"order": "ID"}, tasks)
    site.define("column", "Who", "lookup", tasks)
    docs = site.add_list("Shared Documents")
    site.add_folder(docs, "Reports")
    site.add_folder(docs, "Reports", "2024")
    site.upload(docs, "Reports", "2024", "budget.xlsx", body=b"one")
    site.upload(docs, "Reports", "2024", "budget.xlsx", body=b"two")
    site.upload(docs, "Plan.docx", body=b"the plan")
    site.upload(docs, "a:b?.txt", body=b"odd name")
    site.upload(docs, "folder.json", body=b"a person's own")
    return world


def library(site: FakeSite) -> FakeList:
    """Find the library."""
    return next(one for one in site.lists.values() if one.kind == LIBRARY)


def test_documents_lie_in_their_real_folders_and_the_rest_beside_the_rows(world: SiteWorld) -> None:
    assert world.back_up().is_complete
    files = world.real_files()
    (odd,) = [path for path, body in files.items() if body == b"odd name"]
    (own,) = [path for path, body in files.items() if body == b"a person's own"]
    assert odd[:1] == own[:1] == ("Shared Documents",)
    assert (odd[1][:5], odd[1][-5:]) == ("a_b_ ", "].txt")
    assert (own[1][:8], own[1][-6:]) == ("folder [", "].json")
    assert files.keys() - {odd, own} == {
        ("Shared Documents", "Reports", "2024", "budget.xlsx"),
        ("Shared Documents", "Plan.docx"),
    }
    tree = world.tree()
    assert {
        (folder.folder.path, item.shard): [part.name for part in item.parts]
        for folder in tree.folders()
        for item in tree.items(folder)
        if len(item.parts) == 2 or item.item.kind == "view"
    } == {
        (("Shared Documents",), ("00000000-00019999", "00000000-00000199")): ["file", "version-1"],
        (("Lists", "Tasks", "_list"), ("view", "all")): ["definition"],
    }
    assert world.is_counted_as_restic_counts()


def test_what_is_the_same_is_not_read_again(world: SiteWorld) -> None:
    world.back_up()
    world.source.given.clear()
    docs = library(world.site)
    budget = next(number for number, one in docs.entries.items() if one.versions)
    world.site.set_fields(docs, budget, Colour="blue")
    plan = world.site.upload(docs, "Plan.docx", body=b"another plan")
    coverage = world.back_up()
    assert coverage.is_complete
    assert coverage.totals.saved == 2
    assert dict(world.source.given) == {
        (f"{docs.id}/{plan}", "file"): 1,
        (f"{docs.id}/{plan}", "version-1"): 1,
    }
    assert world.saved_files()[docs.path] == docs.files()
    assert verify(world.repository(), progress=Quiet()).problems == ()


def test_calling_a_part_the_same_that_is_not_kept_fails_that_item(world: SiteWorld) -> None:
    docs = library(world.site)
    world.site.lying.add(f"{docs.id}/4")
    coverage = world.back_up()
    (failed,) = [one for line in coverage.folders for one in line.failed]
    assert (failed.item_id, failed.code) == (f"{docs.id}/4", "not-kept")
    assert "file" in failed.why
    world.site.lying.clear()
    assert world.back_up().is_complete
    assert world.saved_files()[docs.path] == docs.files()


def test_a_site_is_restored_in_the_order_that_it_needs(world: SiteWorld, tmp_path: Path) -> None:
    world.back_up()
    held = world.site.contents()
    target = world.target = FakeSiteTarget(FakeSite("another"))
    assert world.restore(tmp_path / "journal").is_complete
    back = target.site.contents()
    people = next(one for one in target.site.lists.values() if one.path == ("Lists", "People"))
    tasks = next(one for one in target.site.lists.values() if one.path == ("Lists", "Tasks"))
    assert {one.fields["Who"] for one in tasks.entries.values()} == {f"{people.id}/1"}
    held.pop(("Lists", "Tasks"))
    back.pop(("Lists", "Tasks"))
    assert back == held
    kinds = [one.partition(" ")[0] for one in target.order]
    assert kinds[:4] == ["column", "column", "folder", "folder"]
    assert kinds[-2:] == ["view", "group"] or kinds[-2:] == ["group", "view"]
    assert all(all(one.settings.values()) for one in target.site.lists.values())


def test_a_single_item_and_a_real_folder_can_be_chosen(world: SiteWorld, tmp_path: Path) -> None:
    world.back_up()
    tasks = next(one for one in world.site.lists.values() if one.path == ("Lists", "Tasks"))
    item = f"{tasks.id}/3"
    folder, saved, content = show(world.repository(), item)
    assert (folder.folder.path, saved.item.name, content.parts) == (tasks.path, "Task 2", ())
    assert show(world.repository(), saved.key)[1] == saved
    below = browse(world.repository(), ("Shared Documents", "Reports"))
    assert [one.item.name for one in below.items] == ["Reports", "2024", "budget.xlsx"]
    target = world.target = FakeSiteTarget(FakeSite("another"))
    target.site.define("column", "Colour", "red or blue")
    request = RestoreRequest(folder=(), paths=(("Shared Documents", "Reports"),), items=(item,))
    coverage = world.restore(tmp_path / "journal", request)
    assert coverage.is_complete
    assert sorted(target.order) == [
        "file budget.xlsx",
        "folder 2024",
        "folder Reports",
        "item Task 2",
    ]
    with pytest.raises(OperatorError):
        browse(world.repository(), ("Shared Documents", "Report"))
    with pytest.raises(OperatorError):
        show(world.repository(), f"{tasks.id}/999")


def test_files_are_exported_into_their_real_folders(world: SiteWorld, tmp_path: Path) -> None:
    world.back_up()
    request = ExportRequest(output=tmp_path / "out")
    assert export(world.repository(), request, progress=Quiet()).is_complete
    docs = tmp_path / "out" / "folders" / "Shared Documents"
    assert (docs / "Reports" / "2024" / "budget.xlsx").read_bytes() == b"two"
    assert (docs / "Plan.docx").read_bytes() == b"the plan"
    written = {
        path.relative_to(tmp_path / "out").parts: path.read_bytes()
        for path in (tmp_path / "out").rglob("*")
        if path.is_file()
    }
    assert {name[1:]: body for name, body in written.items() if ".items" not in name}.items() >= (
        world.real_files().items()
    )


def test_single_items_are_exported_with_their_fields(world: SiteWorld, tmp_path: Path) -> None:
    world.back_up()
    tasks = next(one for one in world.site.lists.values() if one.path == ("Lists", "Tasks"))
    request = ExportRequest(output=tmp_path, items=(f"{tasks.id}/2",))
    assert export(world.repository(), request, progress=Quiet()).totals.saved == 1
    (path,) = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert path.name.startswith("000002 Task 1 [")
    row, state = map(orjson.loads, path.read_bytes().splitlines())
    assert (row["id"], row["name"]) == (f"{tasks.id}/2", "Task 1")
    assert state["state"]["fields"]["Who"].endswith("/1")


def test_a_site_is_no_internet_messages(world: SiteWorld, tmp_path: Path) -> None:
    world.back_up()
    request = ExportRequest(output=tmp_path, format=ExportFormat.EML)
    with pytest.raises(OperatorError):
        export(world.repository(), request, progress=Quiet())


def test_a_list_that_moves_takes_its_documents_along(world: SiteWorld) -> None:
    world.back_up()
    docs = library(world.site)
    world.site.move_list(docs, "Archive")
    other = world.site.add_list("Shared Documents")
    world.site.upload(other, "Plan.docx", body=b"the other plan")
    world.source.given.clear()
    assert world.back_up().is_complete
    assert sum(world.source.given.values()) == 1
    files = world.real_files()
    assert files["Archive", "Reports", "2024", "budget.xlsx"] == b"two"
    assert files["Archive", "Plan.docx"] == b"the plan"
    assert [path for path in files if path[0] == "Shared Documents"] == [
        ("Shared Documents", "Plan.docx")
    ]
    world.site.delete_list(docs)
    assert world.back_up().is_complete
    assert world.real_files() == {("Shared Documents", "Plan.docx"): b"the other plan"}
    assert verify(world.repository(), progress=Quiet()).problems == ()
    assert world.is_counted_as_restic_counts()


@pytest.mark.restic
@pytest.mark.skipif(
    shutil.which("restic") is None, reason="NOT SHOWN: restic is not installed to judge the layout"
)
def test_restic_restores_the_documents_as_plain_files(world: SiteWorld, tmp_path: Path) -> None:
    world.back_up()
    docs = library(world.site)
    first, second = [number for number, one in docs.entries.items() if one.kind == "file"][:2]
    world.site.swap(docs, first, second)
    world.back_up()
    for name, body in world.backend.files.items():
        path = tmp_path / "storage" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
    home = tmp_path / "storage" / "repositories" / str(TEAM.kind) / TEAM.id
    done = subprocess.run(
        [
            "restic",
            "--no-cache",
            "--no-lock",
            "--repo",
            str(home),
            "restore",
            "latest",
            "--target",
            str(tmp_path / "back"),
        ],
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "RESTIC_PASSWORD": PASSWORD},
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    folder = tmp_path / "back" / "folders" / "Shared Documents"
    assert (folder / "Reports" / "2024" / "budget.xlsx").read_bytes() == b"the plan"
    assert (folder / "Plan.docx").read_bytes() == b"two"


def test_opening_a_snapshot_reads_no_real_folders(
    world: SiteWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    docs = library(world.site)
    for number in range(40):
        world.site.upload(docs, f"folder {number}", "deep", "deeper", f"{number}.txt", body=b"x")
    world.back_up()
    read: list[bytes] = []
    reading = trees.read_tree

    def counted(reader: BlobReader, tree: bytes) -> list[trees.Node]:
        read.append(tree)
        return reading(reader, tree)

    monkeypatch.setattr(trees, "read_tree", counted)
    folders = world.tree().folders()
    # The top, /folders, the place of each folder, and the one of "Lists", which is none of ours.
    assert len(read) <= len(folders) + 3
    assert {folder.folder.path for folder in folders} >= {docs.path, (*docs.path, "_list")}


def test_a_file_of_nobody_is_found_and_so_are_two_items_in_one_place(world: SiteWorld) -> None:
    world.back_up()
    repository = world.repository()
    newest = repository.snapshots()[-1]
    tree = world.tree()
    folder = next(one for one in tree.folders() if one.folder.kind == LIBRARY)
    ((shard, day),) = tree.shards(folder)
    rows_file = trees.find(tree.reader, day, ("items.jsonl",))
    assert isinstance(rows_file, trees.FileNode)
    text = read_all(tree.reader, rows_file.content)
    plan, budget = b'["Plan.docx"]', b'["Reports","2024","budget.xlsx"]'
    assert plan in text
    assert budget in text
    with repository.lock():
        writer = repository.writer()
        changes = {
            ("folders", *folder.place, ".items", *shard, "items.jsonl"): trees.FileEntry(
                writer.save_file(text.replace(budget, plan)), newest.time
            )
        }
        root = trees.patch(repository.reader(), writer, newest.tree, changes, newest.time)
        repository.save_snapshot(replace(newest, tree=root, time=newest.time + timedelta(hours=1)))
    problems = verify(repository, at="2030-01-01", progress=Quiet()).problems
    assert {one.what for one in problems} >= {
        "Two items are said to lie at Plan.docx.",
        "The file Reports/2024/budget.xlsx belongs to no item.",
    }


def test_parts_whose_files_would_have_the_same_name_are_told_apart(
    world: SiteWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two attachments, ``a:b`` and ``a?b``, that both become ``a_b``."""
    attachments = tuple(
        Part(name=f"attachment-{number:02}", suffix=suffix, content=b"%d" % number)
        for number, suffix in enumerate([" a_b", " a_b", " A_B"])
    )
    fetched = world.source._fetched

    def with_attachments(item: Item) -> Content | Missed:
        content = fetched(item)
        if item.kind == "item" and isinstance(content, Content):
            return replace(content, parts=attachments)
        return content

    monkeypatch.setattr(world.source, "_fetched", with_attachments)
    assert world.back_up().is_complete
    tasks = next(one for one in world.site.lists.values() if one.path == ("Lists", "Tasks"))
    tree = world.tree()
    for _, content in contents(tree.reader, items_of(world, tasks)):
        assert [part.content for part in content.parts] == [b"0", b"1", b"2"]
    assert verify(world.repository(), progress=Quiet()).problems == ()


def test_what_is_removed_is_found_by_its_id_without_a_search(
    world: SiteWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    tasks = next(one for one in world.site.lists.values() if one.path == ("Lists", "Tasks"))
    tasks.next_id = 40_000
    late = world.site.add_item(tasks, "Late")
    world.back_up()
    assert {item.shard for item in items_of(world, tasks)} == {
        ("00000000-00019999", "00000000-00000199"),
        ("00040000-00059999", "00040000-00040199"),
    }
    world.site.delete(tasks, late)
    world.site.delete(tasks, 1)
    monkeypatch.setattr(FolderItems, "_newest_first", lambda *_: pytest.fail("it was searched"))
    assert world.back_up().is_complete
    assert [item.item.id for item in items_of(world, tasks)] == [
        f"{tasks.id}/{number}" for number in sorted(tasks.entries)
    ]


def items_of(world: SiteWorld, place: FakeList) -> list[SavedItem]:
    tree = world.tree()
    (folder,) = [one for one in tree.folders() if one.folder.id == place.id]
    return list(tree.items(folder))


def test_the_page_for_a_person_with_restic_says_where_the_documents_are(world: SiteWorld) -> None:
    world.back_up()
    page = world.tree().read_file("README.txt").decode()
    assert "restic -r REPOSITORY restore" in page
    assert "below a library its documents as they were, in their real folders" in page
    assert all(len(line) <= 100 for line in page.splitlines())
