"""A field, a version, an item, a file, a folder: by the command line, to each kind of place."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from strongroom.lab.lab import Lab, Wishes
from strongroom.lab.sharepoint.content.items import ListItem
from strongroom.lab.sharepoint.content.lists import SpList
from strongroom.lab.sharepoint.face import SharePointFace
from tests.journeys.site_support import collection, connect_farm, connect_online
from tests.journeys.support import Strongroom

pytestmark = pytest.mark.in_process


@pytest.fixture
def lab() -> Iterator[Lab]:
    with Lab(Wishes(seed=3)) as running:
        yield running
    assert running.farm_face.crashes == running.cloud.farm_face.crashes == []


def library(
    face: SharePointFace, title: str = "Documents", path: str = "/sites/marketing"
) -> SpList:
    found = collection(face, path).root.list_by_title(title)
    assert found is not None
    return found


def called(of: SpList, name: str) -> ListItem:
    return next(one for one in of.items.values() if one.leaf_name == name)


def content(item: ListItem) -> bytes:
    assert item.file is not None
    return item.file.content


def test_each_part_goes_to_each_kind_of_place(strongroom: Strongroom, lab: Lab) -> None:
    face, by = lab.cloud.farm_face, 1
    connect_online(strongroom, lab)
    connect_farm(strongroom, lab)
    strongroom.add_storage()
    with collection(face).lock:
        papers = library(face)
        papers.change_settings(by=by, has_versioning=True)
        plans = papers.add_folder("Plans", by=by)
        plan = papers.upload("plan.txt", b"first", by=by, folder=plans, values={"Title": "One"})
        papers.save_content(plan, b"second", by=by, values={"Title": "Two"})
        papers.upload("other.txt", b"other", by=by)
        other = collection(face).root.add_list("Papers", by=by, base_template=101)
        tasks = library(face, "Tasks")
        task = tasks.add_item({"Title": "Paint"}, by=by)
    site = f"{lab.cloud.sites.url}/sites/marketing"
    strongroom("job", "add", "backup", "site", "--connection", "online", "--storage", "disk",
               "--resource", site)  # fmt: skip
    assert strongroom("job", "run", "site", "--wait")["status"] == "complete"

    def restore(*words: object, connection: str = "online", expect: int = 0) -> str:
        done = strongroom.run("restore", "disk", site, "--connection", connection, *words,
                              "--wait", "--json")  # fmt: skip
        why = [
            short["why"]
            for task in (done.document["tasks"] if done.stdout else ())
            for folder in task["folders"]
            for short in (*folder["failed"], *folder["skipped"])
        ]
        assert (done.code, why) == (expect, []), done.stderr[-2000:]
        return done.stderr

    with collection(face).lock:
        papers.save_content(plan, b"spoilt", by=by, values={"Title": "Spoilt"})
        tasks.update_item(task, {"Title": "Spoilt"}, by=by)
    file = ("--path", "Shared Documents/Plans/plan.txt")
    # A field, and a version, of a file that is there: it keeps its history.
    restore(*file, "--field", "Title")
    assert (content(plan), plan.values.get("Title")) == (b"spoilt", "Two")
    restore(*file, "--version", "1.0", "--conflict", "replace")
    assert (content(plan), plan.values.get("Title"), plan.label) == (b"first", "One", "5.0")
    # An item, and its field.
    restore("--item", f"{tasks.id}/{task.id}", "--field", "Title")
    assert task.title == "Paint"
    # A file, a folder, a version: into another library.
    restore(*file, "--folder", "Papers")
    assert content(called(other, "plan.txt")) == b"second"
    restore("--path", "Shared Documents/Plans", "--folder", "Papers", "--version", "1.0")
    assert content(called(other, "plan (restored).txt")) == b"first"
    # To a site of another server, and an item there.
    farm, there = f"{lab.url}/sites/marketing", library(lab.farm_face)
    told = restore(*file, "--to", farm, connection="farm")
    assert "older versions (1): the list that they go into keeps none" in told
    assert content(called(there, "plan.txt")) == b"second"
    assert [one.leaf_name for one in there.items.values()] == ["Plans", "plan.txt"]
    restore("--item", f"{tasks.id}/{task.id}", "--to", farm, connection="farm")
    assert [one.title for one in library(lab.farm_face, "Tasks").items.values()] == ["Paint"]
    restore(*file, "--field", "Title", "--to", farm, connection="farm")
    restore(*file, "--field", "Title", "--conflict", "skip", expect=2)
