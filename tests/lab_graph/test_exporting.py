"""exportItems: whole items, up to twenty, each with its own fate."""

from __future__ import annotations

import base64
from collections.abc import Iterator

import orjson
import pytest

from strongroom.content import fts, tags
from strongroom.lab.estate.mailbox import Mailbox
from strongroom.lab.estate.source import LazyMessage
from strongroom.lab.faults import Fault, FaultKind
from strongroom.lab.graph.face import GraphFace
from strongroom.lab.https import Request
from tests.lab_graph.client import Asker
from tests.lab_graph.letters import fill, letter


def _ids(keeper: Asker, folder: str = "inbox") -> list[str]:
    return [row["id"] for row in keeper.all(f"folders/{folder}/items", top="999")]


def test_each_item_has_its_own_fate(keeper: Asker, ann: Mailbox, ben: Mailbox) -> None:
    fill(ann.folder_by_role("inbox"), 2)
    good, gone = _ids(keeper)
    ann.folder_by_role("inbox").remove_item(ann.folder_by_role("inbox").items[0])
    folder = keeper.get("folders/inbox").body["id"]
    [of_ben] = fill(ben.folder_by_role("inbox"), 1)
    rows = keeper.export(good, gone, "no id!", folder, good)
    assert [row["itemId"] for row in rows] == [good, gone, "no id!", folder, good]
    codes = [row.get("error", {}).get("code") for row in rows]
    assert codes == [
        None, "ErrorItemNotFound", "ErrorInvalidIdMalformed", "ErrorItemNotFound", None,
    ]  # fmt: skip
    message = fts.parse(base64.b64decode(rows[0]["data"]))
    assert message.properties[tags.PidTagSubject] == "Letter 1"
    assert of_ben.folder.mailbox is ben


@pytest.mark.parametrize("ids", [[], ["x"] * 21, "x", [1], None])
def test_one_to_twenty_ids_are_taken(ids: object, keeper: Asker) -> None:
    assert keeper.post("exportItems", {"itemIds": ids}).status == 400


def test_an_old_server_says_error_with_a_capital(
    keeper: Asker, ann: Mailbox, face: GraphFace
) -> None:
    [item] = fill(ann.folder_by_role("inbox"), 1)
    [text] = _ids(keeper)
    item.folder.remove_item(item)
    face.mail.store.habits.old_error_name = True
    request = Request(
        method="POST",
        path=f"/graph/v1.0/{keeper.place('exportItems')}",
        headers={"authorization": f"Bearer {keeper.token}"},
        body=orjson.dumps({"itemIds": [text]}),
    )
    body = b"".join(face.answer(request).body)  # type: ignore[arg-type]
    assert orjson.loads(body)["value"][0]["Error"]["code"] == "ErrorItemNotFound"


def test_a_large_item_is_made_while_it_is_sent(
    keeper: Asker, ann: Mailbox, face: GraphFace
) -> None:
    pieces = fts.build(letter("Large", PidTagBody="x" * 3_000_000))
    made: list[int] = []

    def stream(kept: object) -> Iterator[bytes]:
        for begin in range(0, len(pieces), 1000):
            made.append(begin)
            yield pieces[begin : begin + 1000]

    message = letter("Large")
    source = LazyMessage(
        headline=message.properties,
        size=len(pieces),
        make=lambda: message,
        stream=stream,
    )
    ann.folder_by_role("inbox").place(source, {}, mime=None, is_associated=False)
    [text] = _ids(keeper)
    request = Request(
        method="POST",
        path=f"/graph/v1.0/{keeper.place('exportItems')}",
        headers={"authorization": f"Bearer {keeper.token}"},
        body=orjson.dumps({"itemIds": [text]}),
    )
    body = face.answer(request).body
    assert not isinstance(body, bytes)
    answer = iter(body)
    for _ in range(4):
        next(answer)
    assert 0 < len(made) < len(pieces) // 1000
    rest = b"".join(answer)
    assert rest.endswith(b'"}]}')


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (FaultKind.ITEM_CORRUPT, "ErrorItemCorrupt"),
        (FaultKind.BATCH_STOPPED, "ErrorMailboxStoreUnavailable"),
    ],
)
def test_planned_trouble_of_items(
    kind: FaultKind, code: str, keeper: Asker, ann: Mailbox, face: GraphFace
) -> None:
    fill(ann.folder_by_role("inbox"), 2)
    face.mail.faults.add(Fault(kind=kind, operation="exportItems"))
    first, second = keeper.export(*_ids(keeper))
    assert first["error"]["code"] == code
    assert ("data" in second) == (kind is FaultKind.ITEM_CORRUPT)
    assert face.mail.faults.unfired == []
    assert all("data" in row for row in keeper.export(*_ids(keeper)))


def test_an_export_that_the_server_gave_up(keeper: Asker, ann: Mailbox, face: GraphFace) -> None:
    fill(ann.folder_by_role("inbox"), 1)
    face.mail.faults.add(Fault(kind=FaultKind.TRUNCATED_EXPORT, operation="exportItems"))
    request = Request(
        method="POST",
        path=f"/graph/v1.0/{keeper.place('exportItems')}",
        headers={"authorization": f"Bearer {keeper.token}"},
        body=orjson.dumps({"itemIds": _ids(keeper)}),
    )
    body = b"".join(face.answer(request).body)  # type: ignore[arg-type]
    assert orjson.loads(body)["value"][0]["data"].endswith("=== Truncated Data ===")


def test_parameters_are_taken_as_documented_and_as_in_the_schema(
    keeper: Asker, ann: Mailbox
) -> None:
    fill(ann.folder_by_role("inbox"), 1)
    ids = _ids(keeper)
    for name in ("itemIds", "ItemIds"):
        assert "data" in keeper.post("exportItems", {name: ids}).rows[0]
