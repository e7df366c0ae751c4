"""What is asked of a SharePoint, to the letter, and what its answers mean."""

from __future__ import annotations

import orjson
import pytest

from strongroom.errors import CursorExpired, ItemError, OperatorError
from strongroom.lab.server import LabServer
from strongroom.wire.reply import Body
from strongroom.wire.sharepoint import files, items, lists, page_parts, permissions, webs
from strongroom.wire.sharepoint.changes import (
    ChangeType,
    Token,
    change_query,
    logged,
    read_changes,
    read_token,
    token_at,
    token_of,
)
from strongroom.wire.sharepoint.items import Columns
from strongroom.wire.sharepoint.old_versions import column_history, history_in
from strongroom.wire.sharepoint.question import Question
from tests.fakes.hand_clock import HandClock
from tests.wire_sharepoint.asking import Scripted, connected, json, no

WEB, LIST, FILE = "/sites/a b", "0f0e0d0c-0b0a-4908-8706-050403020100", "web/x"
API = "/sites/a%20b/_api"
COLUMNS = Columns(select=("*", "Look/Id", "Look/Title"), expand=("Look",))
START = Token(scope=1, of=LIST, ticks=1, number=-1)
TOKEN = Token(scope=1, of=LIST, ticks=638_011_588_626_800_000, number=699_143_817)


@pytest.mark.parametrize(
    ("question", "target"),
    [
        (webs.site(WEB), f"{API}/site?$select=Id,Url,ServerRelativeUrl,ReadOnly"),
        (
            items.page(WEB, LIST, COLUMNS, after=5000, count=1000),
            (
                f"{API}/web/lists(guid'{LIST}')/items?$select=*,Look/Id,Look/Title&$expand=Look"
                "&$top=1000&$skiptoken=Paged%3DTRUE%26p_ID%3D5000"
            ),
        ),
        (lists.counts(WEB), f"{API}/web/lists?$select=Id,ItemCount&$top=5000"),
        (
            permissions.assignments(f"{API}/web"),
            f"{API}/web/roleassignments?$expand=Member,RoleDefinitionBindings&$top=5000",
        ),
        (
            page_parts.old_export(WEB, "https://a.example/p.aspx", LIST),
            (
                "/sites/a%20b/_vti_bin/exportwp.aspx?pageurl=https%3A%2F%2Fa.example%2Fp.aspx"
                f"&guidstring={LIST}"
            ),
        ),
    ],
)
def test_each_question_asks_for_what_it_says(question: Question, target: str) -> None:
    assert question.target == target
    assert not question.is_write


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        (files.content(files.file_by_id(WEB, LIST)), f"{API}/web/GetFileById('{LIST}')/$value"),
        (
            files.file_by_path(WEB, "/sites/a b/O'Neil #1.docx"),
            f"{API}/web/GetFileByServerRelativeUrl('/sites/a%20b/O%27%27Neil%20%231.docx')",
        ),
        (files.version_content(FILE, 512), "web/x/versions(512)/$value"),
        (
            files.old_version_content(WEB, "/sites/a b/Docs/a 1.docx", 512),
            "/sites/a%20b/_vti_history/512/Docs/a%201.docx",
        ),
        (
            files.attachment_content(WEB, LIST, 7, "O'Neil & 100%.txt"),
            (
                f"{API}/web/lists(guid'{LIST}')/items(7)/AttachmentFiles"
                "('O%27%27Neil%20%26%20100%25.txt')/$value"
            ),
        ),
    ],
)
def test_files_are_named_as_servers_want_them(target: str, expected: str) -> None:
    assert target == expected


def test_items_by_number_are_asked_for_in_their_order_whatever_folder_they_are_in() -> None:
    question = items.by_ids(WEB, LIST, COLUMNS, [3, 9])
    assert not isinstance(question.body, Body)
    query = orjson.loads(question.body)["query"]
    assert query == {
        "__metadata": {"type": "SP.CamlQuery"},
        "ViewXml": "<View Scope='RecursiveAll'><Query><Where><In><FieldRef Name='ID'/><Values>"
        "<Value Type='Counter'>3</Value><Value Type='Counter'>9</Value></Values></In></Where>"
        "<OrderBy Override='TRUE'><FieldRef Name='ID'/></OrderBy></Query><RowLimit>2</RowLimit>"
        "</View>",
    }
    below = items.below(WEB, LIST, COLUMNS, "/sites/a b/Docs/x", after=9, count=5)
    assert not isinstance(below.body, Body)
    query = orjson.loads(below.body)["query"]
    assert query["FolderServerRelativeUrl"] == "/sites/a b/Docs/x"
    assert "<Gt><FieldRef Name='ID'/><Value Type='Counter'>9</Value></Gt>" in query["ViewXml"]


def test_everything_that_can_happen_is_asked_for() -> None:
    query = change_query(TOKEN)["query"]
    assert query["ChangeTokenStart"]["StringValue"] == f"1;1;{LIST};638011588626800000;699143817"
    wanted = {name for name, value in query.items() if value is True}
    assert wanted >= {"Item", "List", "Web", "Field", "ContentType", "View", "User", "Group"}
    assert wanted >= {"Add", "Update", "SystemUpdate", "DeleteObject", "Move", "Rename", "Restore"}
    assert wanted >= {"RoleAssignmentAdd", "RoleAssignmentDelete", "Navigation", "SecurityPolicy"}


def test_a_recorded_change_is_read() -> None:
    found = logged(
        {
            "ChangeToken": {"StringValue": str(TOKEN)},
            "ChangeType": 1,
            "SiteId": LIST,
            "Time": "2022-10-12T08:07:43Z",
            "Editor": "Bert",
            "ItemId": 1164,
            "ListId": LIST.upper(),
            "ServerRelativeUrl": "/sites/prov-2/Shared Documents/x.docx",
            "UniqueId": LIST,
            "WebId": LIST,
        }
    )
    assert (found.what, found.kind, found.item_id) == ("item", ChangeType.ADD, 1164)
    assert (found.list_id, found.token) == (LIST, TOKEN)


@pytest.mark.parametrize("told", ["", "1;1;x;1;1", f"2;1;{LIST};1;1", f"1;9;{LIST};1;1", "é"])
def test_what_is_no_token_is_none(told: str) -> None:
    with pytest.raises(ValueError, match="token"):
        token_of(told)


def test_a_token_may_be_made_of_a_time(clock: HandClock) -> None:
    made = token_at(clock.now(), LIST)
    assert token_of(str(made)) == made
    assert made.number == -1
    assert 630_000_000_000_000_000 < made.ticks < 660_000_000_000_000_000


def test_a_log_is_read_until_nothing_more_comes(server: LabServer, clock: HandClock) -> None:
    rows = [
        {"ChangeToken": {"StringValue": f"1;1;{LIST};1;{number}"}, "ChangeType": 2}
        for number in range(1000)
    ]
    more = [{"ChangeToken": {"StringValue": f"1;1;{LIST};1;2000"}, "ChangeType": 2}]
    script = Scripted(
        json(orjson.dumps({"value": rows})),
        json(orjson.dumps({"value": more})),
        json(b'{"value":[]}'),
    )
    with connected(server, clock, script) as rest:
        pages = list(read_changes(rest, "/sites/a/_api/site", START))
    assert [len(page) for page in pages] == [1000, 1]
    assert len(script.heard) == 3
    second = orjson.loads(script.heard[1].body)["query"]["ChangeTokenStart"]["StringValue"]
    assert second.endswith(";999")


@pytest.mark.parametrize(
    "code",
    ["-2130575258, Microsoft.SharePoint.SPException", "-2147024809, System.ArgumentException"],
)
@pytest.mark.parametrize("status", [400, 500])
def test_a_token_that_is_too_old_or_of_another_log_means_that_all_is_to_be_listed(
    server: LabServer, clock: HandClock, code: str, status: int
) -> None:
    with connected(server, clock, Scripted(no(status, code))) as rest, pytest.raises(CursorExpired):
        list(read_changes(rest, "/sites/a/_api/site", TOKEN))


def test_a_server_that_tells_no_token_is_not_believed(server: LabServer, clock: HandClock) -> None:
    answers = Scripted(json(b'{"CurrentChangeToken":{"StringValue":"x"}}'))
    with connected(server, clock, answers) as rest, pytest.raises(OperatorError, match="no place"):
        read_token(rest, "/sites/a/_api/site")


def test_the_old_service_tells_what_a_column_held() -> None:
    question = column_history(WEB, LIST, 7, "Title & more")
    assert question.target == "/sites/a%20b/_vti_bin/Lists.asmx"
    assert isinstance(question.body, bytes)
    assert b"<strFieldName>Title &amp; more</strFieldName>" in question.body
    new, old = history_in(
        b'<e:E xmlns:e="x"><Versions xmlns="y">'
        b'<Version Title="new" Modified="2022-06-15T10:36:59Z" Editor="9,#a"/>'
        b'<Version Title="old &amp; more" Modified="?" Editor=""/></Versions></e:E>',
        "Title",
    )
    assert (new.value, new.editor, old.value) == ("new", "9,#a", "old & more")
    assert new.modified is not None
    assert old.modified is None


@pytest.mark.parametrize("body", [b"", b"<html", b'<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'])
def test_what_is_no_history_is_told_of_its_column(body: bytes) -> None:
    with pytest.raises(ItemError, match="Title"):
        history_in(body, "Title")
