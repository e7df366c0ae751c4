"""``exportItems`` to the letter: what is asked, and everything that may come back."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable

import orjson
import pytest

from strongroom.errors import TransientError
from strongroom.slots.api import Outcome, Scope
from strongroom.wire.ews.faults import EwsItemError
from strongroom.wire.ews.fetched import Begin, End, Fetched, Truncated
from strongroom.wire.graph.mailbox.export_answer import Event, _Window, read_stream, read_whole
from strongroom.wire.graph.mailbox.export_items import export_items
from strongroom.wire.graph.refusals import GraphDenied
from tests.fakes.canned_server import Seen, chunked, http
from tests.wire_graph.mailbox_server import MAILBOX, PATH, Spoken, no, spoken, told

# As the documentation shows it, with an item that is gone between two others.
SAMPLE = {
    "@odata.context": "https://graph.microsoft.com/v1.0/$metadata"
    "#Collection(microsoft.graph.exportItemResponse)",
    "value": [
        {"itemId": "AAMk-one_=", "changeKey": "CQ_AA-", "data": "AQAAAAgAAAAAAAAAAQAAAA=="},
        {
            "itemId": "AAMk-two_=",
            "Error": {"code": "ErrorItemNotFound", "message": "The object was not found."},
        },
        {"itemId": "AAMk-three_=", "changeKey": "CQAB", "data": "AgAAAAgAAAA="},
    ],
}
IDS = ["AAMk/one+=", "AAMk/two+=", "AAMk/three+="]


def exported(line: Spoken, ids: list[str]) -> dict[str, bytes | str]:
    """Export; give of each item its bytes, or the code of its error."""
    found: dict[str, bytes | str] = {}

    def keep(result: Fetched | EwsItemError, item_id: str) -> None:
        if isinstance(result, EwsItemError):
            assert item_id not in found
            found[item_id] = result.code
            return
        content = result.content
        found[item_id] = content if isinstance(content, bytes) else b"".join(content)

    export_items(line.line, ids, keep)
    assert sorted(found) == sorted(ids)
    return found


def answered(seen: Seen, sick: str = "", status: str = "500 Internal Server Error") -> bytes:
    """Export whatever is asked for, unless one item is among it."""
    ids = orjson.loads(seen.body)["itemIds"] if seen.body else []
    if sick in ids:
        return no(status, "ErrorInternalServerError")
    return told(
        {"value": [{"itemId": one, "data": b64encode(one.encode()).decode()} for one in ids]}
    )


def test_the_request_names_the_items_as_graph_writes_them_and_the_answers_come_apart() -> None:
    with spoken(told(SAMPLE)) as line:
        assert exported(line, IDS) == {
            "AAMk/one+=": bytes.fromhex("01000000080000000000000001000000"),
            "AAMk/two+=": "ErrorItemNotFound",
            "AAMk/three+=": bytes.fromhex("0200000008000000"),
        }
        assert line.asked == [f"POST {PATH}/exportItems"]
        assert line.body(0) == {"itemIds": ["AAMk-one_=", "AAMk-two_=", "AAMk-three_="]}
        (sample,) = line.heard
        assert (sample.lane, sample.kind, sample.items) == (MAILBOX, "POST exportItems", 3)


def test_twenty_items_at_the_most_are_asked_for_at_once() -> None:
    ids = [f"item{number}" for number in range(45)]
    with spoken(answered) as line:
        assert exported(line, ids) == {one: one.encode() for one in ids}
        assert [len(line.body(n)["itemIds"]) for n in range(3)] == [20, 20, 5]  # type: ignore[arg-type]


def test_one_sick_item_is_found_out_and_the_rest_comes() -> None:
    ids = [f"item{number}" for number in range(20)]
    with spoken(lambda seen: answered(seen, "item7")) as line:
        found = exported(line, ids)
        assert found.pop("item7") == "not-answered"
        assert found == {one: one.encode() for one in ids if one != "item7"}
        assert len(line.server.seen) < 30


def test_a_sick_server_is_not_taken_for_sick_items() -> None:
    with spoken(no("500 Internal Server Error", "generalException")) as line:
        with pytest.raises(TransientError):
            exported(line, ["one", "two"])
        assert sum(line.clock.slept) > 0


@pytest.mark.parametrize("status", ["504 Gateway Timeout", "413 Payload Too Large"])
def test_what_is_too_much_at_once_is_asked_for_in_halves(status: str) -> None:
    def answer(seen: Seen) -> bytes:
        ids = orjson.loads(seen.body)["itemIds"]
        return no(status, "Timeout") if len(ids) > 2 else answered(seen)

    ids = [f"item{number}" for number in range(8)]
    with spoken(answer) as line:
        assert exported(line, ids) == {one: one.encode() for one in ids}


def test_a_throttled_mailbox_is_waited_for_and_shuts_its_own_lane_alone() -> None:
    said = {"code": "ApplicationThrottled"}
    busy = "Application is over its MailboxConcurrency limit."
    refused = told({"error": {**said, "message": busy}}, "429 Too Many Requests", Retry_After="7")
    with spoken(refused, answered) as line:
        assert exported(line, ["one"]) == {"one": b"one"}
        first = line.heard[0]
        assert (first.outcome, first.scope) == (Outcome.CONNECTION_LIMIT, Scope.LANE)
        assert first.retry_after == 7.0


def test_items_that_time_may_heal_are_asked_for_again_and_no_others() -> None:
    away = {"code": "ErrorMailboxStoreUnavailable", "message": "away"}
    half = {"value": [{"itemId": "one", "data": "b25l"}, {"itemId": "two", "error": away}]}
    with spoken(told(half), answered) as line:
        assert exported(line, ["one", "two"]) == {"one": b"one", "two": b"two"}
        assert line.body(1) == {"itemIds": ["two"]}


def test_an_item_of_an_archive_is_followed_within_graph_and_nowhere_else() -> None:
    other = "MBX:767fh867@a7809c93"

    def moved(seen: Seen) -> bytes:
        if f"/beta/admin/exchange/mailboxes/{other}/exportItems" in seen.line:
            return answered(seen)
        port = line.server.port
        there = f"https://localhost:{port}/beta/admin/exchange/mailboxes/{other}/exportItems"
        elsewhere = there.replace("localhost", "evil.example")
        code = "ErrorArchiveFolderMovedPermanently"
        rows = [
            {"itemId": "near", "Error": {"code": code, "message": there}},
            {"itemId": "evil", "Error": {"code": code, "message": elsewhere}},
        ]
        return told({"value": rows})

    with spoken(moved) as line:
        assert exported(line, ["near", "evil"]) == {
            "near": b"near",
            "evil": "ErrorArchiveFolderMovedPermanently",
        }
        assert all(
            f"localhost:{line.server.port}" in one.headers["host"] for one in line.server.seen
        )


def test_a_mailbox_that_is_shut_is_no_matter_of_its_items() -> None:
    with spoken(no("403 Forbidden", "ErrorAccessDenied")) as line, pytest.raises(GraphDenied):
        exported(line, ["one", "two"])


def test_an_answer_that_breaks_off_is_asked_for_again() -> None:
    whole = orjson.dumps({"value": [{"itemId": "one", "data": "b25l"}]})
    with spoken(list(chunked([whole[:30]], is_whole=False)), answered) as line:
        assert exported(line, ["one"]) == {"one": b"one"}


def test_large_answers_are_read_in_pieces_whatever_json_allows() -> None:
    large = bytes(range(256)) * 40_000
    rows = [
        {"itemId": "small", "data": "b25l"},
        {"itemId": "large", "data": b64encode(large).decode()},
    ]
    with spoken(http(orjson.dumps({"value": rows}))) as line:
        found = exported(line, ["small", "large"])
        assert found["small"] == b"one"
        assert found["large"] == large
        assert exported(line, ["small", "large"])["large"] == large
        assert {one.connection for one in line.server.seen} == {1}, "read to the end"


def cut(body: bytes, size: int) -> Iterable[bytes]:
    return (body[at : at + size] for at in range(0, len(body), size))


def joined(events: Iterable[Event]) -> list[object]:
    """Put the pieces of each content together."""
    found: list[object] = []
    for event in events:
        if isinstance(event, bytes) and found and isinstance(found[-1], bytes):
            found[-1] += event
        else:
            found.append(event)
    return found


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64, 10_000])
def test_both_readers_tell_the_same_wherever_the_answer_is_cut(size: int) -> None:
    body = orjson.dumps(SAMPLE, option=orjson.OPT_INDENT_2)
    assert joined(read_stream(iter(cut(body, size)))) == joined(read_whole(body))


@pytest.mark.parametrize("size", [1, 2, 5, 100])
def test_base64_may_be_written_with_escapes(size: int) -> None:
    body = (
        rb'{"value":[{"itemId":"a","data":"\u002B\/+\/AAAA\u003d\u003d"},{"itemId":"b","data":""}]}'
    )
    body = body.replace(rb"\u003d\u003d", b"AA==")
    told_ = joined(read_stream(iter(cut(body, size))))
    assert told_ == joined(read_whole(body)) or told_ == [
        one for one in joined(read_whole(body)) if one != b""
    ]


@pytest.mark.parametrize("keep", range(0, 300, 17))
def test_half_an_answer_is_never_taken_for_a_whole_one(keep: int) -> None:
    body = orjson.dumps(SAMPLE)[:keep]
    with pytest.raises(TransientError):
        list(read_stream(iter([body])))
    with pytest.raises(TransientError):
        list(read_whole(body))


@pytest.mark.parametrize("data", ["AQAA=== Truncated Data ===", "AQA", "AQ==AQ==", "A?AA"])
def test_what_is_no_base64_is_told_as_cut_short(data: str) -> None:
    body = orjson.dumps({"value": [{"itemId": "a", "data": data}]})
    for read in (read_whole(body), read_stream(iter([body]))):
        with pytest.raises(Truncated):
            list(read)


def test_a_success_without_content_is_an_error_of_the_item() -> None:
    body = b'{"value":[{"itemId":"a","data":null},{}]}'
    for read in (read_whole(body), read_stream(iter([body]))):
        assert [getattr(one, "code", "") for one in read] == ["no-content", "no-content"]
    assert list(read_whole(b'{"value":[]}')) == list(read_stream(iter([b'{"value":[]}']))) == []


def test_an_id_behind_its_content_still_comes_with_it() -> None:
    body = b'{"value":[{"data":"b25l","itemId":"a"}]}'
    assert list(read_whole(body)) == [Begin("a", ""), b"one", End()]
    assert list(read_stream(iter([body]))) == [Begin("", ""), b"one", End()]


def test_an_error_belongs_to_the_item_it_names_whatever_the_order() -> None:
    rows = [SAMPLE["value"][1], SAMPLE["value"][2], SAMPLE["value"][0]]
    with spoken(told({"value": rows})) as line:
        assert exported(line, IDS) == {
            IDS[0]: b"\x01\x00\x00\x00\x08\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00",
            IDS[1]: "ErrorItemNotFound",
            IDS[2]: b"\x02\x00\x00\x00\x08\x00\x00\x00",
        }
        assert len(line.server.seen) == 1


def test_a_content_that_comes_with_an_error_is_not_kept() -> None:
    error = {"code": "ErrorContentConversionFailed", "message": ""}
    for row in (
        {"itemId": "a", "data": "b25l", "error": error},
        {"itemId": "a", "error": error, "data": "b25l"},
    ):
        body = orjson.dumps({"value": [row]})
        assert [getattr(one, "code", "") for one in read_whole(body)] == [error["code"]]
        with pytest.raises(Truncated):
            list(read_stream(iter([body])))
    body = orjson.dumps({"value": [{"itemId": "a", "data": "b25l", "error": None}]})
    assert list(read_whole(body)) == list(read_stream(iter([body])))


def test_spaces_without_end_are_not_held() -> None:
    window = _Window(iter([b" " * 100_000] * 50 + [b"{"]))
    assert window.is_next(b"{")
    assert len(window._bytes) < 200_000
