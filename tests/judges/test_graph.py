"""Microsoft's own client for JavaScript, and plain requests, read and write a mailbox by Graph."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import pytest

from strongroom.content import fts, tags
from strongroom.content.message import Message
from strongroom.lab.estate.mailbox import Mailbox
from strongroom.lab.graph.mailbox.limits import Busy
from strongroom.lab.lab import Lab
from tests.judges.graph import HAS_GRAPH, NO_GRAPH, GraphJudge
from tests.judges.sharepoint import Task

needs_node = pytest.mark.skipif(not HAS_GRAPH, reason=NO_GRAPH)
PROPERTIES = ("String 0x0037", "Binary 0x300B", "SystemTime 0x3008", "Integer 0x0E07")


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GraphJudge]:
    with Lab() as lab:
        judge = GraphJudge(lab, tmp_path_factory.mktemp("graph") / "ca.pem")
        yield judge
        judge.close()
        assert lab.cloud.graph.crashes == []


@pytest.fixture
def address(graph: GraphJudge) -> str:
    return graph.lab.cast.users[0].address


@pytest.fixture
def mailbox(graph: GraphJudge, address: str) -> Mailbox:
    found = graph.lab.estate.mailbox(address)
    assert found is not None
    return found


@pytest.fixture
def home(graph: GraphJudge, mailbox: Mailbox) -> str:
    return f"/admin/exchange/mailboxes/MBX:{mailbox.guid}@{graph.lab.cloud.tenant.id}"


def _visible(mailbox: Mailbox, role: str) -> list[Any]:
    return [one for one in mailbox.folder_by_role(role).items if not one.is_associated]


@needs_node
def test_the_client_pages_through_people_folders_and_items(
    graph: GraphJudge, address: str, mailbox: Mailbox, home: str
) -> None:
    people, settings, folders, items = graph.found(
        Task("people"),
        Task("mailbox", {"user": address}),
        Task("folders", {"home": home}),
        Task("items", {"home": home, "folder": "inbox", "properties": PROPERTIES}),
    )
    assert {one["userPrincipalName"] for one in people["rows"]} == {
        one.upn for one in graph.lab.cloud.tenant.users.values()
    }
    assert settings["primaryMailboxId"] == home.rpartition("/")[2]
    names = [one["displayName"] for one in folders["rows"]]
    top = mailbox.folder_by_role("msgfolderroot")
    assert names == sorted((one.name for one in top.children), key=str.casefold)
    stored = _visible(mailbox, "inbox")
    assert len(items["rows"]) == len(stored) > 7
    assert items["isComplete"]
    subjects = {
        one["value"]
        for row in items["rows"]
        for one in row["singleValueExtendedProperties"]
        if one["id"] == "String 0x37"
    }
    assert subjects == {one.subject for one in stored}


@needs_node
def test_the_client_follows_what_happens(graph: GraphJudge, mailbox: Mailbox, home: str) -> None:
    habits = graph.lab.cloud.graph.mail.store.habits
    habits.empty_pages, habits.repeated = 0.4, 0.4
    first = {"path": f"{home}/folders/inbox/items/delta", "size": 5, "ids": True}
    [before] = graph.found(Task("delta", first))
    with graph.lab.estate.lock:
        items = _visible(mailbox, "inbox")
        mailbox.folder_by_role("inbox").mark_read(items[0], is_read=not items[0].is_read)
        mailbox.move_item(items[1], mailbox.folder_by_role("drafts"))
    again, tree = graph.found(
        Task("delta", {"path": before["link"], "size": 5, "ids": True}),
        Task("delta", {"path": f"{home}/folders/delta", "size": 4, "ids": False}),
    )
    habits.empty_pages = habits.repeated = 0.0
    known = {one["id"]: one for one in before["rows"]}
    assert len(known) == len(items)
    told = {one["id"]: one for one in again["rows"]}
    assert told.keys() < known.keys()
    assert sorted("@removed" in one for one in told.values()) == [False, True]
    assert {one["displayName"] for one in tree["rows"]} == {
        one.name for one in mailbox.folder_by_role("msgfolderroot").descendants()
    }
    assert "deltatoken" in again["link"]
    with graph.lab.estate.lock:
        graph.lab.cloud.graph.mail.store.forget_tokens()
    [refused] = graph.js(Task("delta", {"path": again["link"], "size": 5, "ids": True}))
    assert (refused["refused"]["status"], refused["refused"]["code"]) == (410, "SyncStateNotFound")
    assert len(refused["refused"]["requestId"]) == 36


@needs_node
def test_the_client_exports_imports_and_batches(
    graph: GraphJudge, mailbox: Mailbox, home: str
) -> None:
    item = _visible(mailbox, "inbox")[0]
    properties = {"home": home, "folder": "inbox", "properties": PROPERTIES}
    [items] = graph.found(Task("items", properties))
    ids = [one["id"] for one in items["rows"]][-2:]
    [exported] = graph.found(Task("exported", {"home": home, "ids": [*ids, "nonsense"]}))
    rows = {one["itemId"]: one for one in exported["value"]}
    assert rows["nonsense"]["error"]["code"] == "ErrorInvalidIdMalformed"
    data = rows[ids[-1]]["data"]
    [drafts, made, batch] = graph.found(
        Task("got", {"path": f"{home}/folders/drafts"}),
        Task("made", {"home": home, "name": "Übersicht & more"}),
        Task(
            "batch",
            {
                # Of the address only the path is told to the server.
                "base": "https://graph.invalid",
                "urls": [f"{home}/folders/inbox", f"{home}/folders/nothing", "/users?$top=1"],
            },
        ),
    )
    [brought] = graph.found(Task("imported", {"home": home, "folder": drafts["id"], "data": data}))
    assert brought["status"] == 200
    assert brought["host"] == graph.lab.cloud.outlook.url.removeprefix("https://")
    assert brought["host"] != graph.url.removeprefix("https://").partition("/")[0]
    newest = mailbox.folder_by_role("drafts").items[-1]
    assert newest.subject == item.subject
    sent = fts.parse(base64.b64decode(data))
    assert newest.message().properties[tags.PidTagBody] == sent.properties[tags.PidTagBody]
    assert made["renamed"]["displayName"] == "Übersicht & more!"
    assert [batch[str(n)]["status"] for n in range(3)] == [200, 400, 200]


@needs_node
def test_the_client_waits_when_told_to_and_follows_an_archive(
    graph: GraphJudge, mailbox: Mailbox, home: str
) -> None:
    archive = mailbox.archive
    assert archive is not None
    mail = graph.lab.cloud.graph.mail
    with graph.lab.estate.lock:
        moved = archive.add_folder(archive.folder_by_role("msgfolderroot"), "Elsewhere")
        mail.store.move_to_auxiliary(moved)
    mail.limits.planned.append(Busy(wait_s=1))
    there = home.replace(str(mailbox.guid), str(archive.guid))
    [settings, page] = graph.found(
        Task("archive", {"user": mailbox.address}),
        Task("got", {"path": f"{there}/folders?$top=50", "version": "beta"}),
    )
    assert settings["inPlaceArchiveMailboxId"] == there.rpartition("/")[2]
    assert mail.limits.refused["MailboxConcurrency"] == 1
    [row] = [one for one in page["value"] if one["displayName"] == "Elsewhere"]
    [told] = graph.found(Task("got", {"path": f"{there}/folders/{row['id']}", "version": "beta"}))
    assert told["id"] == row["id"]
    assert "308" in {str(one.status) for one in graph.lab.cloud.graph.visits}


def test_plain_requests_with_a_token_of_msal(graph: GraphJudge, home: str) -> None:
    inbox = graph.ask("GET", f"{home[1:]}/folders/inbox")
    assert inbox.status_code == 200
    assert inbox.headers["Content-Type"].startswith("application/json;odata.metadata=minimal")
    assert inbox.headers["request-id"]
    assert "ServerInfo" in inbox.headers["x-ms-ags-diagnostic"]
    assert inbox.headers["OData-Version"] == "4.0"
    session = graph.ask("POST", f"{home[1:]}/createImportSession").json()
    message = fts.build(Message(properties={tags.PidTagSubject: "Brought"}))
    body = {
        "FolderId": inbox.json()["id"],
        "Mode": "create",
        "Data": base64.b64encode(message).decode(),
    }
    assert graph.bring(session["importUrl"], body, token=True)[0] == 401
    status, told = graph.bring(session["importUrl"], body)
    assert (status, set(told)) == (200, {"@odata.context", "itemId", "changeKey"})
    nobody = graph.ask("GET", f"{home[1:]}/folders", token=False)
    assert nobody.status_code == 401
    assert nobody.headers["WWW-Authenticate"].startswith("Bearer ")
