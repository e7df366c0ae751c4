"""@pnp/sp, a client that others wrote for Node.js, writes to a site of the lab."""

from __future__ import annotations

import random
from base64 import b64encode
from dataclasses import dataclass, field
from typing import Any

import pytest

from strongroom.lab.sharepoint.content.collection import SiteCollection
from strongroom.lab.sharepoint.content.items import ListItem
from strongroom.lab.sharepoint.content.lists import SpList
from tests.judges.sharepoint import HAS_PNP, NO_PNP, SharePointJudge, Task

pytestmark = pytest.mark.skipif(not HAS_PNP, reason=NO_PNP)
PATH = "/sites/board"
SMALL, LARGE = b"little\n", random.Random(3).randbytes(250_000)


@dataclass(slots=True, kw_only=True)
class Written:
    """What was there, and what the server answered by the name of the task."""

    collection: SiteCollection
    files: SpList
    secret: ListItem
    rows: SpList
    thrown: SpList
    login: str
    told: dict[str, Any] = field(default_factory=dict)

    def list(self, title: str) -> SpList:
        """Find a list behind the server's back."""
        found = self.collection.root.list_by_title(title)
        assert found is not None
        return found


@pytest.fixture(scope="module")
def written(sharepoint: SharePointJudge) -> Written:
    """A site, after all tasks are done."""
    collection = sharepoint.collection(PATH)
    root, by = collection.root, collection.owner_id
    with collection.lock:
        secrets = root.add_list("Secrets", by=by)
        rows = root.add_list("To throw away", by=by)
        thrown = root.add_list("Files to throw away", by=by, base_template=101)
        files = root.add_list("Files from Node", by=by, base_template=101)
        one = Written(
            collection=collection, files=files, rows=rows, thrown=thrown,
            secret=secrets.add_item({"Title": "Secret"}, by=by),
            login=collection.login_of("gil@lab.example"),
        )  # fmt: skip
        gone = [rows.add_item({"Title": name}, by=by).id for name in "ab"]
        thrown_file = thrown.upload("gone.txt", b"gone", by=by)
    made = {"title": "From Node", "template": 100, "description": "By hand"}
    place = {"folder": files.root_path, "chunk": 65536}
    content = {"small": b64encode(SMALL).decode(), "large": b64encode(LARGE).decode()}
    bin_ = {"title": rows.title, "ids": gone, "path": thrown_file.path}
    tasks = (
        Task("makeList", made),
        Task("writeItem", {"title": "From Node", "attachment": b64encode(b"\x00\x01").decode()}),
        Task("writeFiles", {**place, **content}),
        Task("permit", {"title": "Secrets", "id": one.secret.id, "login": one.login}),
        Task("throwAway", bin_),
        Task("makePage", {"name": "made.aspx"}),
    )
    answers = sharepoint.pnp(PATH, *tasks)
    one.told = dict(zip((task.name for task in tasks), answers, strict=True))
    return one


def test_a_list_is_made(written: Written) -> None:
    made = written.list("From Node")
    assert written.told["makeList"]["Id"] == made.id
    assert made.settings.description == "By hand, changed"
    assert made.settings.major_limit == 11
    assert made.fields["Nick"].title == "Nick name"
    assert made.fields["Nick"].id == "5d0fa2a6-0d20-4c22-9c0f-c0ffee000001"
    assert made.fields["Shade"].choices == ("light", "dark")
    view = next(one for one in made.views.values() if one.title == "Heavy ones")
    assert view.row_limit == 9
    assert "Weight" in view.fields


def test_items_are_written(written: Written) -> None:
    told, made = written.told["writeItem"], written.list("From Node")
    item = made.items[told["id"]]
    assert item.title == "second"
    assert {one["FieldName"]: one["HasException"] for one in told["validated"]} == {
        "Nick": False, "Weight": True,
    }  # fmt: skip
    assert item.values["Weight"] == 7.25
    assert [one.content for one in item.attachments.values()] == [b"\x00\x01"]
    assert told["stale"] == 412
    assert [made.items[number].title for number in told["more"]] == ["x", "y", "z"]


def test_files_are_written(written: Written) -> None:
    told = written.told["writeFiles"]
    big, one = written.files.at(["large.bin"]), written.files.at(["small #1.txt"])
    assert written.files.at(["New & old 100%"]) is not None
    assert big is not None
    assert big.file is not None
    assert big.file.content == LARGE
    assert told["big"]["UniqueId"] == big.unique_id
    assert told["stages"] == ["starting", "continue", "continue", "finishing"]
    assert one is not None
    assert one.file is not None
    assert one.file.content == LARGE
    assert one.history[0].content == SMALL
    assert one.title == "named"
    assert one.comment == "come in"
    assert one.file.check_out is None
    assert told["again"] in {400, 409, 423}


def test_rights_are_given_and_taken(written: Written) -> None:
    told, principals = written.told["permit"], written.collection.principals
    user = principals.by_login(written.login)
    assert user is not None
    assert told["person"] == user.id
    assert written.secret.permissions is not None
    assert user.id in written.secret.permissions.assignments
    assert told["group"] in told["before"]
    assert told["group"] not in written.secret.permissions.assignments
    assert principals.groups[told["group"]].members == [user.id]


def test_what_is_thrown_away_is_in_the_bin(written: Written) -> None:
    told = written.told["throwAway"]
    assert {told["recycled"], told["file"]} <= {entry["Id"] for entry in told["bin"]}
    assert written.thrown.items == {}
    assert [one.title for one in written.rows.items.values()] == ["a"]
    assert written.collection.root.list_by_title("To throw away") is None


def test_a_modern_page_is_made(written: Written) -> None:
    page = written.list("Site Pages").at(["made.aspx"])
    assert page is not None
    assert page.title == "A page"
    assert page.values["PageLayoutType"] == "Article"
