"""Folders, items and batches of a mailbox to the letter."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime

import orjson
import pytest

from strongroom.errors import (
    CursorExpired,
    OperatorError,
    SignInEnded,
    StrongroomError,
    TransientError,
)
from strongroom.wire.graph.mailbox.batch import Asked, ask_all
from strongroom.wire.graph.mailbox.folders import changed_folders, get_folder, read_below
from strongroom.wire.graph.mailbox.items import changed_items, get_items, item_of, list_items
from strongroom.wire.graph.mailbox.line import ANSWER_BYTES_MAX
from strongroom.wire.graph.mailbox.properties import Property, expand, read_time, text, values_of
from strongroom.wire.graph.mailbox.settings import CATEGORIES, RULES, read_settings
from strongroom.wire.graph.refusals import GraphDenied, GraphRefused
from strongroom.wire.origins import ForbiddenOrigin
from tests.fakes.canned_server import Seen, http
from tests.fakes.marked import MARK
from tests.wire_graph.mailbox_server import PATH, no, spoken, told

SUBJECT = Property("String", 0x0037)
DUE = Property("SystemTime", 0x8105, "00062003-0000-0000-c000-000000000046")
ITEM = {
    "@odata.type": "#microsoft.graph.mailboxItem",
    "@odata.etag": 'W/"CQAA_-"',
    "createdDateTime": "2021-10-19T06:30:30Z",
    "lastModifiedDateTime": "2021-10-19T07:17:06Z",
    "changeKey": "CQAA_-",
    "categories": ["red"],
    "type": "IPM.Note",
    "size": 75329,
    "id": "AAMk-_=",
}


def test_changes_are_asked_for_page_by_page_and_their_links_kept_whole() -> None:
    def answer(seen: Seen) -> bytes:
        there = f"https://localhost:{line.server.port}{PATH}/folders/f/items/delta"
        if "skiptoken" not in seen.line:
            return told({"value": [ITEM], "@odata.nextLink": f"{there}?$skiptoken=a%2Bb"})
        gone = {"id": "AAMk-gone", "@removed": {"reason": "deleted"}}
        return told({"value": [ITEM, gone], "@odata.deltaLink": f"{there}?$deltatoken=c"})

    with spoken(answer) as line:
        first, last = changed_items(line.line, "f/+", (SUBJECT,))
        assert line.asked[0] == (
            f"GET {PATH}/folders/f-_/items/delta?"
            "$expand=singleValueExtendedProperties($filter=id eq 'String 0x0037')"
        )
        assert line.asked[1] == f"GET {PATH}/folders/f/items/delta?$skiptoken=a+b"
        prefer = line.server.seen[0].headers["prefer"]
        assert prefer == 'IdType="ImmutableId", odata.maxpagesize=999'
        (item,) = first.items
        assert (item.id, item.change_key) == ("AAMk/+=", "CQAA+/")
        assert (item.type, item.size, item.categories) == ("IPM.Note", 75329, ("red",))
        assert item.modified == datetime(2021, 10, 19, 7, 17, 6, tzinfo=UTC)
        assert not item.has_values
        assert last.items == (), "what the page before told is no news"
        assert last.removed == ("AAMk/gone",)
        assert last.delta.endswith("$deltatoken=c")


def test_a_link_is_followed_within_graph_alone_and_not_in_a_circle() -> None:
    with spoken(told({"value": [], "@odata.nextLink": "https://evil.example/x"})) as line:
        with pytest.raises(ForbiddenOrigin):
            list(list_items(line.line, "f", ()))
        assert len(line.server.seen) == 1
    with (
        spoken(told({"value": [], "@odata.nextLink": "/v1.0/again"})) as line,
        pytest.raises(OperatorError, match="no end"),
    ):
        list(list_items(line.line, "f", ()))


@pytest.mark.parametrize("code", ["SyncStateNotFound", "resyncRequired", "syncStateInvalid"])
def test_a_link_that_expired_is_a_cursor_that_did(code: str) -> None:
    with spoken(no("410 Gone", code)) as line, pytest.raises(CursorExpired):
        list(changed_items(line.line, "f", (), link=f"{PATH}/folders/f/items/delta?x"))


def test_a_folder_that_lies_elsewhere_is_asked_for_there() -> None:
    def answer(seen: Seen) -> bytes:
        if "MBX:other" in seen.line:
            return told({"id": "f", "parentFolderId": "p-", "displayName": "F"})
        there = seen.line.split()[1].replace("MBX:e0643f21", "MBX:other")
        location = f"https://localhost:{line.server.port}{there}"
        return told({}, "308 Permanent Redirect", Location=location)

    with spoken(answer) as line:
        found = get_folder(line.line, "f", (SUBJECT,))
        assert (found.name, found.parent_id) == ("F", "p/")
        assert line.server.seen[1].headers["authorization"] == f"Bearer {MARK}"
    with (
        spoken(told({}, "308 Permanent Redirect", Location="https://evil.example/f")) as line,
        pytest.raises(ForbiddenOrigin),
    ):
        get_folder(line.line, "f")


def test_a_token_that_is_not_taken_ends_the_sign_in() -> None:
    with (
        spoken(no("401 Unauthorized", "InvalidAuthenticationToken")) as line,
        pytest.raises(SignInEnded) as ended,
    ):
        get_folder(line.line, "f")
    assert "CANARY" not in str(ended.value)


@pytest.mark.parametrize("refused", [1, 2])
def test_a_token_that_was_taken_before_is_shown_once_more(refused: int) -> None:
    def answer(seen: Seen) -> bytes:
        is_no = 2 <= len(line.server.seen) <= 1 + refused
        return no("401 Unauthorized", "Busy") if is_no else told({"id": "f"})

    with spoken(answer) as line:
        get_folder(line.line, "f")
        if refused == 1:
            assert get_folder(line.line, "f").id == "f"
        else:
            with pytest.raises(SignInEnded):
                get_folder(line.line, "f")
        assert len(line.server.seen) == 3


def test_lists_come_packed_and_no_more_is_unpacked_than_an_answer_may_have() -> None:
    packed = gzip.compress(orjson.dumps({"id": "f"}))
    bomb = gzip.compress(bytes(ANSWER_BYTES_MAX + 1))
    for body in (packed, bomb):
        answer = http(body, headers=[("Content-Encoding", "gzip")])
        with spoken(answer) as line:
            if body is packed:
                assert get_folder(line.line, "f").id == "f"
            else:
                with pytest.raises(StrongroomError, match="too much"):
                    get_folder(line.line, "f")
            assert line.server.seen[0].headers["accept-encoding"] == "gzip"


def test_a_full_mailbox_says_so_by_its_code() -> None:
    with spoken(no("403 Forbidden", "ErrorQuotaExceeded")) as line:
        with pytest.raises(GraphDenied) as denied:
            list(changed_folders(line.line, "", ""))
        assert denied.value.code == "ErrorQuotaExceeded"


def batch(seen: Seen, statuses: dict[str, tuple[int, object]]) -> bytes:
    """Answer a batch backwards, as it may be."""
    asked = orjson.loads(seen.body)["requests"]
    rows = []
    for one in reversed(asked):
        status, body = statuses.get(one["id"], (200, {"id": one["url"]}))
        headers = {"Retry-After": "2"} if status == 429 else {}
        rows.append({"id": one["id"], "status": status, "headers": headers, "body": body})
    return told({"responses": rows})


def refused(code: str) -> object:
    return {"error": {"code": code, "message": "CANARY", "innerError": {}}}


def test_a_batch_gives_each_question_its_own_answer_and_asks_the_throttled_again() -> None:
    first: dict[str, tuple[int, object]] = {
        "1": (404, refused("ErrorItemNotFound")),
        "2": (429, refused("ApplicationThrottled")),
    }
    with spoken(lambda seen: batch(seen, first), lambda seen: batch(seen, {})) as line:
        found = list(ask_all(line.line, [Asked(f"users/{n}", {"$top": "1"}) for n in range(23)]))
        assert found[0] == {"id": "/users/0?$top=1"}
        assert isinstance(found[1], GraphRefused)
        assert found[1].code == "ErrorItemNotFound"
        assert found[2] == {"id": "/users/2?$top=1"}
        assert [found[n] for n in (19, 20, 22)] == [
            {"id": f"/users/{n}?$top=1"} for n in (19, 20, 22)
        ]
        assert line.asked == ["POST /v1.0/$batch"] * 3
        sizes = [len(line.body(n)["requests"]) for n in range(3)]  # type: ignore[arg-type]
        assert sizes == [20, 1, 3], "the one that was throttled alone, then the rest"


def test_a_batch_that_leaves_a_question_out_is_asked_again_and_given_up() -> None:
    with (
        spoken(told({"responses": []})) as line,
        pytest.raises(TransientError, match="left a question"),
    ):
        list(ask_all(line.line, [Asked("users/1")]))


def test_a_token_that_is_refused_inside_a_batch_ends_the_sign_in() -> None:
    said: dict[str, tuple[int, object]] = {"0": (401, refused("InvalidAuthenticationToken"))}
    with spoken(lambda seen: batch(seen, said)) as line, pytest.raises(SignInEnded):
        list(ask_all(line.line, [Asked("users/1")]))


def test_folders_and_those_below_others_come_with_one_request() -> None:
    def answer(seen: Seen) -> bytes:
        rows = []
        for one in orjson.loads(seen.body)["requests"]:
            row = {"id": one["url"][-9:], "displayName": "x"}
            is_list = "$top" in one["url"]
            rows.append(
                {"id": one["id"], "status": 200, "body": {"value": [row]} if is_list else row}
            )
        return told({"responses": rows})

    with spoken(answer) as line:
        found = read_below(line.line, ["msgfolderroot"], ["", "a/+"], (SUBJECT,))
        assert [name for name, _ in found] == ["msgfolderroot", "", "a/+"]
        urls = [one["url"] for one in line.body(0)["requests"]]  # type: ignore[attr-defined]
        assert urls[0].startswith("/admin/exchange/mailboxes/MBX:e0643f21@a7809c93/folders/msg")
        assert "/folders?" in urls[1]
        assert "/folders/a-_/childFolders?" in urls[2]


def test_items_are_read_again_by_their_ids() -> None:
    said: dict[str, tuple[int, object]] = {
        "0": (200, {**ITEM, "singleValueExtendedProperties": []}),
        "1": (404, refused("ErrorItemNotFound")),
    }
    with spoken(lambda seen: batch(seen, said)) as line:
        found = get_items(line.line, "f", ["AAMk/+=", "x"], (SUBJECT,))
        assert getattr(found[0], "has_values", False)
        assert isinstance(found[1], GraphRefused)


def test_properties_are_known_however_their_names_are_written() -> None:
    assert SUBJECT.name == "String 0x0037"
    assert DUE.name == "SystemTime {00062003-0000-0000-c000-000000000046} Id 0x8105"
    assert expand((SUBJECT, DUE)).count("id eq") == 2
    row = {
        "singleValueExtendedProperties": [
            {"id": "String 0x37", "value": "Hello"},
            {"id": "SystemTime {00062003-0000-0000-C000-000000000046} Id 0x8105", "value": "t"},
            {"id": "nonsense", "value": "x"},
            {"id": "String 0x38", "value": 7},
            "x",
        ]
    }
    values = values_of(row)
    assert (text(values, SUBJECT), text(values, DUE)) == ("Hello", "t")
    assert len(values) == 2
    assert values_of({"singleValueExtendedProperties": "x"}) == {}


@pytest.mark.parametrize(
    ("told_", "when"),
    [
        ("2021-10-19T06:30:30Z", datetime(2021, 10, 19, 6, 30, 30, tzinfo=UTC)),
        ("2021-10-19T06:30:30.1234567Z", datetime(2021, 10, 19, 6, 30, 30, 123456, tzinfo=UTC)),
        ("2021-10-19T08:30:30+02:00", datetime(2021, 10, 19, 6, 30, 30, tzinfo=UTC)),
        ("2021-10-19T06:30:30", datetime(2021, 10, 19, 6, 30, 30, tzinfo=UTC)),
        ("0001-01-01T00:00:00+14:00", None),
        ("2021-13-19T06:30:30Z", None),
        ("yesterday", None),
        (7, None),
        (None, None),
    ],
)
def test_moments_are_read_as_graph_writes_them(told_: object, when: datetime | None) -> None:
    assert read_time(told_) == when


def test_settings_are_read_to_their_last_page() -> None:
    there = "https://localhost:{port}/v1.0/users/u/mailFolders/inbox/messageRules?$skip=1"
    with spoken(b"") as line:
        link = there.format(port=line.server.port)
        first = {"value": [{"displayName": "one"}], "@odata.nextLink": link}
        second = {"value": [{"displayName": "two"}], "@odata.nextLink": f"{link}0"}
        third = {"value": [{"displayName": "three"}]}
        batch = [
            {"id": "0", "status": 200, "body": first},
            {"id": "1", "status": 200, "body": {}},
            {"id": "2", "status": 200, "body": {"value": []}},
        ]
        line.server.replies = [told({"responses": batch}), told(second), told(third)]
        found = read_settings(line.line, "u")
        rules = found[RULES]
        assert isinstance(rules, dict)
        assert [row["displayName"] for row in rules["value"]] == ["one", "two", "three"]
        assert found[CATEGORIES] == {"value": []}


def test_an_item_without_a_version_is_told_by_its_tag_or_its_time_and_never_by_nothing() -> None:
    row = {"id": "a", "changeKey": None}
    told_ = [
        item_of({**row, **more}).change_key
        for more in (
            {"@odata.etag": 'W/"CQ"', "lastModifiedDateTime": "2026-03-05T10:15:00Z"},
            {"lastModifiedDateTime": "2026-03-05T10:15:00Z"},
            {"lastModifiedDateTime": "2026-03-05T10:16:00Z"},
        )
    ]
    assert len({*told_, ""}) == 4
    with pytest.raises(TransientError):
        item_of(row)
