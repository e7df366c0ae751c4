"""Marks and cursors: equal as long as nothing happened, and never built from a clock."""

from __future__ import annotations

import orjson
import pytest

from strongroom.errors import CursorExpired, StrongroomError
from strongroom.lab.https import Request, Response
from strongroom.lab.server import LabServer
from strongroom.sources.sharepoint.reading.cursors import (
    ListCursor,
    TreeCursor,
    list_cursor,
    tree_cursor,
)
from strongroom.sources.sharepoint.reading.log import SiteLog
from strongroom.wire.sharepoint.changes import Token, token_of
from strongroom.wire.sharepoint.rest import RestConnection
from strongroom.wire.sharepoint.rows import Row
from tests.fakes.hand_clock import HandClock
from tests.wire_sharepoint.asking import Scripted, connected, json, no
from tests.wire_sharepoint.conftest import clock, server

__all__ = ["clock", "server"]

SITE, TOP, WEB, LIST, OTHER = (f"{n}f0e0d0c-0b0a-4908-8706-050403020100" for n in range(5))
GUID = "9f0e0d0c-0b0a-4908-8706-050403020100"


def token(number: int) -> Token:
    return Token(scope=1, of=SITE, ticks=638_000_000_000_000_000 + number, number=number)


def entry(number: int, kind: int = 2, **more: object) -> Row:
    return {"ChangeToken": {"StringValue": str(token(number))}, "ChangeType": kind, **more}


def item(number: int, list_id: str, item_id: int, kind: int = 2) -> Row:
    return entry(number, kind, ListId=list_id, WebId=WEB, ItemId=item_id, UniqueId=GUID)


class Log:
    """Answers ``getchanges`` from entries, a thousand at a time, as a server does."""

    def __init__(self, entries: list[Row], *, begins: int = 0) -> None:
        self.entries = entries
        self.begins = begins
        self.asked: list[int] = []

    def __call__(self, request: Request) -> Response:
        query = orjson.loads(request.body)["query"]
        since = token_of(query["ChangeTokenStart"]["StringValue"]).number
        self.asked.append(since)
        if since < self.begins:
            return no(500, "-2130575258, Microsoft.SharePoint.SPException")
        newer = [
            one
            for one in self.entries
            if token_of(one["ChangeToken"]["StringValue"]).number > since
        ]
        return json(orjson.dumps({"value": newer[:1000]}))


def log_of(rest: RestConnection, since: int = 10, base: int = 10, **marks: int) -> SiteLog:
    owner = "/sites/a/_api/site"
    return SiteLog(rest, owner, top=TOP, since=token(since), base=base, marks=marks)


@pytest.mark.parametrize(
    ("happened", "moved"),
    [
        (item(11, LIST, 3), [LIST]),
        (entry(11, 2, ListId=LIST, WebId=WEB), [f"{LIST}/structure"]),
        (entry(11, 11, ListId=LIST, WebId=WEB), [f"{LIST}/structure"]),
        (entry(11, 2, ListId=LIST, WebId=WEB, ViewId=GUID), [f"{LIST}/structure"]),
        (entry(11, 7, ListId=LIST, WebId=WEB), [LIST, f"{LIST}/structure"]),
        (
            entry(11, 1, WebId=WEB, FieldId=GUID),
            [f"{LIST}/structure", f"{OTHER}/structure", f"{WEB}/structure"],
        ),
        (entry(11, 16, WebId=WEB), [f"{WEB}/structure"]),
        (entry(11, 8, WebId=TOP), [f"{TOP}/structure"]),
        (entry(11, 13, GroupId=7), [f"{TOP}/structure"]),
        (entry(11, 2, UserId=7), [f"{TOP}/structure"]),
        (entry(11, 2), [f"{TOP}/structure"]),
    ],
)
def test_each_kind_of_change_moves_the_marks_of_what_it_is_about(
    server: LabServer, clock: HandClock, happened: Row, moved: list[str]
) -> None:
    folders = {
        LIST: WEB,
        f"{LIST}/structure": WEB,
        OTHER: WEB,
        f"{OTHER}/structure": WEB,
        f"{WEB}/structure": WEB,
        f"{TOP}/structure": TOP,
    }
    with connected(server, clock, Log([happened])) as rest:
        log = log_of(rest)
        before = {one: log.mark(one, web) for one, web in folders.items()}
        log.catch_up()
        after = {one: log.mark(one, web) for one, web in folders.items()}
    assert sorted(one for one in folders if before[one] != after[one]) == sorted(moved)


def test_marks_are_the_same_in_the_next_run(server: LabServer, clock: HandClock) -> None:
    script = Log([item(11, LIST, 3), item(12, OTHER, 4)])
    with connected(server, clock, script) as rest:
        log = log_of(rest)
        log.catch_up()
        cursor = tree_cursor(str(TreeCursor(token=log.head, base=log.base, marks=dict(log.marks))))
        assert cursor is not None
        script.entries.append(item(13, OTHER, 5))
        later = SiteLog(
            rest,
            "/sites/a/_api/site",
            top=TOP,
            since=cursor.token,
            base=cursor.base,
            marks=cursor.marks,
        )
        later.catch_up()
    assert script.asked == [10, 12, 12, 13]
    assert later.mark(LIST, WEB) == log.mark(LIST, WEB) == "11"
    assert later.mark(OTHER, WEB) == "13"
    assert later.mark(f"{LIST}/structure", WEB) == "10"


def test_a_folder_that_lags_behind_is_told_from_further_back(
    server: LabServer, clock: HandClock
) -> None:
    script = Log(
        [item(5, LIST, 1), item(8, LIST, 2, kind=4), item(11, LIST, 3), item(12, OTHER, 9)]
    )
    with connected(server, clock, script) as rest:
        log = log_of(rest)
        log.catch_up()
        assert sorted(log.touched(LIST, token(10))) == [3]
        assert sorted(log.touched(LIST, token(11))) == []
        found = log.touched(LIST, token(4))
    assert sorted(found) == [1, 2, 3]
    assert [found[one].is_moved for one in (1, 2, 3)] == [False, True, False]
    assert script.asked == [10, 12, 4]


def test_a_log_that_does_not_reach_back_is_said_to_have_ended(
    server: LabServer, clock: HandClock
) -> None:
    script = Log([item(11, LIST, 3)], begins=9)
    with connected(server, clock, script) as rest:
        log = log_of(rest)
        log.catch_up()
        with pytest.raises(CursorExpired):
            log.touched(LIST, token(4))
        with pytest.raises(CursorExpired):
            log_of(rest, since=3).catch_up()


def test_a_long_log_is_read_to_its_end(server: LabServer, clock: HandClock) -> None:
    script = Log([item(number, LIST, number) for number in range(11, 2511)])
    with connected(server, clock, script) as rest:
        log = log_of(rest)
        log.catch_up()
        log.catch_up()
    assert len(log.touched(LIST, token(10))) == 2500
    assert script.asked == [10, 1010, 2010, 2510, 2510]


def test_webs_and_lists_that_moved_are_told_once(server: LabServer, clock: HandClock) -> None:
    script = Log([entry(11, 1, ListId=LIST, WebId=WEB), entry(12, 4, WebId=WEB)])
    with connected(server, clock, script) as rest:
        log = log_of(rest)
        log.catch_up()
        tree = log.tree()
        assert (tree.webs_moved, tree.lists_of) == (True, {WEB})
        assert (log.tree().webs_moved, log.tree().lists_of) == (False, set())


@pytest.mark.parametrize("status", [403, 503])
def test_a_log_that_may_not_be_read_now_has_not_ended(
    server: LabServer, clock: HandClock, status: int
) -> None:
    refused = no(status, "-2147024891, System.UnauthorizedAccessException")
    with (
        connected(server, clock, Scripted(refused)) as rest,
        pytest.raises(StrongroomError) as caught,
    ):
        log_of(rest).catch_up()
    assert not isinstance(caught.value, CursorExpired)


def test_cursors_say_what_was_written_into_them() -> None:
    for cursor in (ListCursor(token=token(7)), ListCursor(token=token(7), after=3)):
        assert list_cursor(str(cursor)) == cursor
    for strange in ("", "since", "since 1;2;3", f"list x {token(1)}", f"list -1 {token(1)}"):
        with pytest.raises(CursorExpired):
            list_cursor(strange)
    for strange in ("", "{}", '{"version":2,"token":"","base":0,"marks":{}}'):
        assert tree_cursor(strange) is None
