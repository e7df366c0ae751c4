"""Whatever is sent, the answer is Graph's own no, and never a crash."""

from __future__ import annotations

import random

import orjson
import pytest

from strongroom.lab.estate.mailbox import Mailbox
from strongroom.lab.graph.face import GraphFace
from strongroom.lab.https import Request
from tests.lab_graph.client import Asker, read
from tests.lab_graph.letters import fill

USER = "users/ann@lab.example"
PATHS = (
    "folders", "folders/inbox", "folders/inbox/childFolders", "folders/delta",
    "folders/inbox/childFolders/delta", "folders/inbox/items", "folders/inbox/items/delta",
    "folders/inbox/items/x", "exportItems", "createImportSession", f"/{USER}/settings/exchange",
    f"/{USER}/mailboxSettings", f"/{USER}/mailFolders/inbox/messageRules", "/$batch",
    f"/{USER}/outlook/masterCategories", f"/{USER}/translateExchangeIds", "/users",
)  # fmt: skip
BODIES: tuple[object, ...] = (
    None, [], {}, "text", 3, {"displayName": None, "type": []}, {"itemIds": {"x": 1}},
    {"requests": {"0": {}}}, {"requests": [None]}, {"conditions": 3, "actions": {"delete": {}}},
    {"singleValueExtendedProperties": [{"id": 3}], "displayName": "X", "type": "IPF.Note"},
    {"inputIds": [None], "sourceIdType": "ewsId", "targetIdType": "entryId"},
    {"automaticRepliesSetting": {"scheduledStartDateTime": {"dateTime": 3}}},
    {"displayName": "X", "actions": {"moveToFolder": {}, "assignCategories": 3}},
    {"displayName": "X", "actions": {"copyToFolder": "<&>"}, "conditions": {"withinSizeRange": 3}},
)  # fmt: skip
WORDS = (
    "'", "''", "(", ")", "eq", "and", "or", "not", "id", "size", "3", "2026-01-01", "null", "any",
    "singleValueExtendedProperties($filter=id eq 'String 0x37')", "$", ";", ",", "é", "%", "\0",
    "String {00000000-0000-0000-0000-000000000000} Name x", "type", " ", "x" * 300,
    "-1", "99999999",
)  # fmt: skip
NAMES = ("filter", "select", "expand", "orderby", "top", "skip", "skiptoken", "deltatoken", "x")


@pytest.mark.parametrize("path", PATHS)
def test_bodies_that_make_no_sense(path: str, keeper: Asker, face: GraphFace) -> None:
    for body in BODIES:
        for method in ("POST", "PATCH", "DELETE", "GET"):
            told = keeper.ask(method, keeper.place(path), body)
            assert told.status < 500 or told.status == 503, f"{method} {path} {body}"
    assert face.crashes == []


@pytest.mark.parametrize("seed", range(5))
def test_queries_that_make_no_sense(
    seed: int, keeper: Asker, face: GraphFace, ann: Mailbox
) -> None:
    rng = random.Random(seed)
    fill(ann.folder_by_role("inbox"), 3)
    for _ in range(300):
        query = {
            rng.choice(NAMES): "".join(rng.choice(WORDS) for _ in range(rng.randrange(6)))
            for _ in range(rng.randrange(1, 4))
        }
        told = keeper.get(rng.choice(PATHS), None, **query)
        assert told.status < 500, query
    assert face.crashes == []


@pytest.mark.parametrize("seed", range(3))
def test_bytes_that_are_nothing(seed: int, keeper: Asker, face: GraphFace) -> None:
    rng = random.Random(seed)
    url = keeper.post("createImportSession", None).body["importUrl"]
    places = [f"/graph/v1.0/{keeper.place(path)}" for path in PATHS]
    places += ["/graph/v2.0/me", "/graph/", "/graph/v1.0", "/graph/v1.0//", "/graph/beta/?$x"]
    whole = orjson.dumps({"FolderId": "x", "Mode": "create", "Data": "AAAA"})
    for _ in range(100):
        body = bytearray(rng.randbytes(rng.randrange(40)) if rng.random() < 0.5 else whole)
        for _ in range(rng.randrange(4)):
            if body:
                body[rng.randrange(len(body))] = rng.randrange(256)
        headers = {"authorization": f"Bearer {keeper.token}", "prefer": "\0=;,\"'idtype"}
        request = Request(
            method=rng.choice(("GET", "POST", "PATCH", "DELETE")),
            path=rng.choice(places),
            headers=headers,
            body=bytes(body),
        )
        assert read(face.answer(request)).status < 500
        brought = Request(
            method="POST", path=url.partition("example")[2], headers={}, body=bytes(body)
        )
        assert 400 <= read(face.answer_import(brought)).status < 500
    assert face.crashes == []


def test_a_request_to_graph_itself_may_not_be_large(keeper: Asker) -> None:
    told = keeper.post("exportItems", {"itemIds": ["x" * (5 << 20)]})
    assert told.status == 413
