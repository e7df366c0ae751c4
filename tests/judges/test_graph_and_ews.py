"""The same mailbox by Graph and by exchangelib: the same ids, the same streams, both ways."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest

from strongroom.content import fts
from tests.judges.comparing import differences
from tests.judges.conftest import Judge
from tests.judges.graph import GraphJudge

EMPTY = "empty@lab.example"


@pytest.fixture
def graph(judge: Judge, tmp_path: Path) -> Iterator[GraphJudge]:
    made = GraphJudge(judge.lab, tmp_path / "graph-ca.pem")
    yield made
    made.close()
    assert judge.lab.cloud.graph.crashes == []


def _home(graph: GraphJudge, address: str) -> str:
    settings = graph.ask("GET", f"users/{address}/settings/exchange").json()
    return f"admin/exchange/mailboxes/{settings['primaryMailboxId']}"


def test_ids_are_the_same_and_so_is_what_is_exported(judge: Judge, graph: GraphJudge) -> None:
    account = judge.owner()
    items = list(account.inbox.all().only("subject", "size"))
    home = _home(graph, account.primary_smtp_address)
    listed = graph.ask("GET", f"{home}/folders/inbox/items?$top=999").json()["value"]
    by_ews = {str(one.id).replace("/", "-").replace("+", "_"): one for one in items}
    assert by_ews.keys() == {one["id"] for one in listed}
    assert {one["id"]: one["changeKey"] for one in listed} == {
        key: one.changekey for key, one in by_ews.items()
    }
    [folder] = [
        one
        for one in graph.ask("GET", f"{home}/folders?$top=100").json()["value"]
        if one["wellKnownName"] == "inbox"
    ]
    assert folder["id"] == str(account.inbox.id).replace("/", "-").replace("+", "_")
    ids = [one["id"] for one in listed][:20]
    told = graph.post(f"{home}/exportItems", {"itemIds": ids}).json()["value"]
    exported = account.export([by_ews[one] for one in ids])
    for row, data in zip(told, exported, strict=True):
        by_graph, by_judge = (fts.parse(base64.b64decode(one)) for one in (row["data"], str(data)))
        assert by_graph == by_judge


def test_what_one_exports_the_other_imports(judge: Judge, graph: GraphJudge) -> None:
    account, target = judge.owner(), judge.administrator(EMPTY)
    items = list(account.calendar.all().only("subject"))[:4]
    exported = [str(one) for one in account.export(items)]
    home = _home(graph, EMPTY)
    calendar = graph.ask("GET", f"{home}/folders/calendar").json()["id"]
    url = graph.post(f"{home}/createImportSession", None).json()["importUrl"]
    for data in exported:
        status, _ = graph.bring(url, {"FolderId": calendar, "Mode": "create", "Data": data})
        assert status == 200
    seen = list(target.calendar.all().only("subject"))
    assert sorted(one.subject for one in seen) == sorted(one.subject for one in items)
    ids = [str(one.id).replace("/", "-").replace("+", "_") for one in seen]
    told = graph.post(f"{home}/exportItems", {"itemIds": ids}).json()["value"]
    target.upload([(target.drafts, row["data"]) for row in told])
    mailbox = judge.lab.estate.mailbox(EMPTY)
    assert mailbox is not None
    arrived = mailbox.folder_by_role("drafts").items
    sent = [fts.parse(base64.b64decode(row["data"])) for row in told]
    assert len(arrived) == len(sent) == 4
    for message, item in zip(sent, arrived, strict=True):
        assert differences(message, item.message()) == []
    assert judge.lab.outgoing == []
