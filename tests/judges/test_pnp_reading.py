"""@pnp/sp, a client that others wrote for Node.js, reads a site of the lab."""

from __future__ import annotations

from base64 import b64decode
from typing import Any

import pytest

from tests.judges.sharepoint import HAS_PNP, NO_PNP, Refused, SharePointJudge, Task
from tests.judges.staged_site import INVOICE, Staged

pytestmark = pytest.mark.skipif(not HAS_PNP, reason=NO_PNP)
PATH = "/sites/marketing"
JOBS = "Jobs & chores"
URGENT = (
    "<View Scope='RecursiveAll'><ViewFields><FieldRef Name='Title'/><FieldRef Name='Project'/>"
    "<FieldRef Name='Helper'/><FieldRef Name='Due'/></ViewFields><Query><Where><Eq>"
    "<FieldRef Name='Urgent'/><Value Type='Boolean'>1</Value></Eq></Where></Query>"
    "<RowLimit>10</RowLimit></View>"
)


@pytest.fixture(scope="module")
def found(sharepoint: SharePointJudge, staged: Staged) -> dict[str, Any]:
    """What it found, by the name of the question."""
    begin = str(staged.projects.current_token)
    with staged.collection.lock:
        made = staged.projects.add_item({"Title": "Vostok"}, by=staged.ann.id)
        staged.projects.delete_item(made, by=staged.ann.id)
    task = {"title": JOBS, "id": staged.task.id, "attachment": "colours & more.txt"}
    questions = {
        "web": Task("web"),
        "lists": Task("lists"),
        "papers": Task("list", {"title": "Papers"}),
        "jobs": Task("list", {"title": JOBS}),
        "items": Task("items", {"title": JOBS, "top": 4}),
        "item": Task("item", task),
        "caml": Task("caml", {"title": JOBS, "xml": URGENT}),
        "changes": Task("changes", {"title": "Projects", "token": begin}),
        "file": Task("file", {"path": staged.report.path}),
        "folder": Task("folder", {"path": f"{PATH}/Papers/2025"}),
        "inner": Task("folder", {"path": f"{PATH}/Papers/2025/Q1 & Q2"}),
        "people": Task("people"),
        "navigation": Task("navigation"),
        "page": Task("page", {"path": staged.page.path}),
        "batch": Task("batch", {"title": "Projects", "ids": [1, 2, 4711]}),
        "nothing": Task("nothing", {"title": "No such list"}),
    }
    answers = sharepoint.pnp(PATH, *questions.values())
    return dict(zip(questions, answers, strict=True))


def bare(value: Any) -> Any:
    """Leave out what minimal metadata says of types and addresses."""
    if isinstance(value, dict):
        return {key: bare(one) for key, one in value.items() if "odata." not in key}
    return [bare(one) for one in value] if isinstance(value, list) else value


def test_a_web(found: dict[str, Any], staged: Staged) -> None:
    web, root = found["web"], staged.collection.root
    assert web["info"]["Id"] == root.id
    assert web["info"]["Title"] == root.title
    assert web["info"]["ServerRelativeUrl"] == PATH
    assert [one["Title"] for one in web["below"]] == ["People & pay"]
    assert web["regional"]["LocaleId"] == 1031
    assert web["zone"]["Id"] == 4
    assert web["properties"]["Department"] == "Records & archives"
    assert web["site"]["Id"] == staged.collection.id
    assert web["context"]["FormDigestValue"].startswith("0x")
    assert web["context"]["WebFullUrl"].endswith(PATH)


def test_lists(found: dict[str, Any], staged: Staged) -> None:
    shown = [one for one in staged.collection.root.lists.values() if not one.settings.is_hidden]
    lists = found["lists"]
    assert [one["Title"] for one in lists] == sorted((o.title for o in shown), key=str.casefold)
    assert {one["RootFolder"]["ServerRelativeUrl"] for one in lists} == {o.root_path for o in shown}
    assert {one["Id"]: one["ItemCount"] for one in lists} == {o.id: len(o.items) for o in shown}


def test_a_list(found: dict[str, Any], staged: Staged) -> None:
    papers, jobs = found["papers"], found["jobs"]
    assert papers["info"]["Id"] == staged.papers.id
    assert papers["info"]["HasUniqueRoleAssignments"] is True
    assert papers["byId"]["Title"] == "Papers"
    invoice = next(one for one in papers["types"] if one["Name"] == "Invoice")
    assert invoice["StringId"].startswith(INVOICE)
    assert "Amount" in [one["Name"] for one in invoice["FieldLinks"]]
    assert {one["InternalName"] for one in papers["fields"]} >= set(staged.papers.fields)
    assert papers["standard"]["DefaultView"] is True
    assert jobs["info"]["ValidationMessage"] == "Not thirteen"
    urgent = next(one for one in jobs["views"] if one["Title"] == "Urgent ones")
    assert urgent["ViewFields"]["Items"] == ["LinkTitle", "Due", "Project"]
    assert urgent["RowLimit"] == 17


def test_items(found: dict[str, Any], staged: Staged) -> None:
    ids = sorted(staged.tasks.items)
    assert [[one["Id"] for one in page] for page in found["items"]["pages"]] == [
        ids[n : n + 4] for n in range(0, len(ids), 4)
    ]
    (task,) = bare(found["items"]["expanded"])
    assert task["Author"] == {"Title": "Bob Brewer", "EMail": "bob@lab.example"}
    assert task["Project"] == {"Title": "Gemini", "Id": 2}
    assert task["Related"] == [{"Title": "Apollo"}, {"Title": "Mercury"}]
    assert task["Helper"] == {"Name": staged.bob.login}


def test_an_item(found: dict[str, Any], staged: Staged) -> None:
    item = bare(found["item"])
    info = item["info"]
    assert info["Title"] == "Paint the whole fence"
    assert info["Colours"] == ["red", "grey"]
    assert info["WatchersId"] == [staged.ann.id, staged.bob.id]
    assert info["RelatedId"] == [1, 3]
    assert info["Due"] == "2026-11-20T14:30:00Z"
    assert info["Link"] == {"Description": "Look, here", "Url": "https://elsewhere.example/?a=1,2"}
    assert item["shown"]["Helper"] == "Bob Brewer"
    assert item["shown"]["Project"] == "Gemini"
    assert item["shown"]["Room"] == "Cellar"
    assert [one["VersionLabel"] for one in item["versions"]] == ["2.0", "1.0"]
    assert [one["FileName"] for one in item["attachments"]] == ["colours & more.txt"]
    assert b64decode(item["content"]) == b"green #4a7"
    assert item["isUnique"]["HasUniqueRoleAssignments"] is True
    held = {
        one["Member"]["LoginName"]: [role["Name"] for role in one["RoleDefinitionBindings"]]
        for one in item["roles"]
    }
    assert held[staged.bob.login] == ["Contribute"]
    assert held["Auditors"] == ["Look closely"]
    assert item["type"] == {"ContentType": {"Name": "Item"}}


def test_caml(found: dict[str, Any], staged: Staged) -> None:
    assert [one["Id"] for one in found["caml"]["found"]] == [staged.task.id]
    (row,) = found["caml"]["stream"]["Row"]
    assert row["ID"] == str(staged.task.id)
    assert row["Title"] == "Paint the whole fence"
    assert row["Project"][0]["lookupValue"] == "Gemini"
    assert row["Helper"][0]["email"] == "bob@lab.example"


def test_changes(found: dict[str, Any], staged: Staged) -> None:
    told = found["changes"]["found"]
    number = told[0]["ItemId"]
    assert [(one["ItemId"], one["ChangeType"]) for one in told] == [(number, 1), (number, 3)]
    assert number not in staged.projects.items
    assert {one["ListId"] for one in told} == {staged.projects.id}
    tokens = [one["ChangeToken"]["StringValue"].split(";") for one in told]
    assert [token[:3] for token in tokens] == [["1", "3", staged.projects.id]] * 2


def test_a_file(found: dict[str, Any], staged: Staged) -> None:
    file, before = found["file"], staged.report.history
    assert file["exists"] is True
    assert file["info"]["Name"] == "report 100%#1.txt"
    assert file["info"]["UIVersionLabel"] == "1.1"
    assert b64decode(file["content"]) == b"second draft\r\n"
    assert [one["VersionLabel"] for one in file["versions"]] == [one.label for one in before]
    assert [b64decode(one) for one in file["older"]] == [one.content for one in before]
    assert {one["CreatedBy"]["LoginName"] for one in file["versions"]} == {staged.ann.login}
    assert file["fields"]["Title"] == "The report"


def test_a_folder(found: dict[str, Any]) -> None:
    assert found["folder"]["info"]["Name"] == "2025"
    assert [one["Name"] for one in found["folder"]["folders"]] == ["Q1 & Q2"]
    assert [one["Name"] for one in found["folder"]["files"]] == ["draft.txt"]
    assert [(one["Name"], one["Length"]) for one in found["inner"]["files"]] == [
        ("report 100%#1.txt", "14")
    ]


def test_people_and_menus(found: dict[str, Any], staged: Staged) -> None:
    people, root = found["people"], staged.collection.root
    auditors = next(one for one in people["groups"] if one["Title"] == "Auditors")
    assert [one["LoginName"] for one in auditors["Users"]] == [staged.bob.login]
    assert {one["Name"] for one in people["roles"]} == {
        one.name for one in staged.collection.role_definitions.values()
    }
    assert {one["PrincipalId"] for one in people["assignments"]} == set(root.assignments)
    assert people["owners"]["Id"] == root.owner_group_id
    papers = next(one for one in found["navigation"]["quick"] if one["Title"] == "Papers")
    assert [one["Url"] for one in papers["Children"]] == ["https://elsewhere.example/x"]


def test_a_modern_page(found: dict[str, Any]) -> None:
    page = found["page"]
    assert page["title"] == "News"
    assert page["sections"] == 1
    (control,) = page["controls"]
    assert "Welcome &amp; hello" in control["innerHTML"]


def test_a_batch(found: dict[str, Any]) -> None:
    assert [one for one in found["batch"] if "title" in one] == [
        {"id": 1, "title": "Apollo"},
        {"id": 2, "title": "Gemini"},
    ]
    assert [one["id"] for one in found["batch"] if one.get("status") == 404] == [4711]


def test_what_is_not_there(found: dict[str, Any]) -> None:
    assert isinstance(found["nothing"], Refused)
    assert found["nothing"].status == 404
