from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import cast

import pytest

from strongroom.sources.exchange_onprem import standings
from strongroom.wire.ews.connection import EwsConnection
from strongroom.wire.ews.faults import EwsItemError, meaning_of
from strongroom.wire.ews.properties import ExtendedPath, PropertyValue
from strongroom.wire.ews.things import EwsFolder
from strongroom.words.item import Folder, Standing

STAMP = datetime(2026, 3, 5, 10, 0, tzinfo=UTC)
FULL: dict[ExtendedPath, PropertyValue] = {
    standings.COMMIT_TIME: STAMP,
    standings.DELETED: 4,
    standings.CONTENT: 20,
    standings.UNREAD: 3,
    standings.ASSOCIATED: 2,
}


def folder(values: dict[ExtendedPath, PropertyValue], total: str = "") -> EwsFolder:
    fields = {"TotalCount": total} if total else {}
    return EwsFolder("id", "key", "Folder", fields=fields, extended=values)


def test_visible_and_hidden_items_are_counted_together() -> None:
    assert standings.standing(folder(FULL), STAMP).count == 22


@pytest.mark.parametrize("path", list(FULL))
def test_every_value_is_part_of_the_mark(path: ExtendedPath) -> None:
    value = FULL[path]
    other = value + timedelta(seconds=1) if isinstance(value, datetime) else 99
    before = standings.standing(folder(FULL), STAMP).mark
    assert standings.standing(folder({**FULL, path: other}), STAMP).mark != before


@pytest.mark.parametrize("missing", [standings.COMMIT_TIME, standings.DELETED])
def test_without_the_stamp_or_the_deleted_count_there_is_no_mark(missing: ExtendedPath) -> None:
    values = {path: value for path, value in FULL.items() if path != missing}
    told = standings.standing(folder(values), STAMP + timedelta(hours=1))
    assert (told.mark, told.is_settled) == ("", False)


@pytest.mark.parametrize(
    ("age_s", "is_settled"), [(59, False), (60, False), (61, True), (-5, False)]
)
def test_a_folder_is_settled_a_minute_after_its_last_change(age_s: int, is_settled: bool) -> None:  # noqa: FBT001
    told = standings.standing(folder(FULL), STAMP + timedelta(seconds=age_s))
    assert told.is_settled is is_settled


def test_without_the_servers_clock_nothing_is_settled() -> None:
    assert not standings.standing(folder(FULL), None).is_settled


def test_an_unknown_number_of_hidden_items_makes_the_count_unknown() -> None:
    values = {path: value for path, value in FULL.items() if path != standings.ASSOCIATED}
    assert standings.standing(folder(values, "20"), STAMP).count is None


def test_the_total_stands_in_for_a_missing_content_count() -> None:
    values = {path: value for path, value in FULL.items() if path != standings.CONTENT}
    assert standings.standing(folder(values, "20"), STAMP).count == 22


@pytest.mark.parametrize("header", ["", "yesterday", "Thu, 99 Foo 2026"])
def test_a_date_header_that_is_none_is_no_clock(header: str) -> None:
    assert standings.server_time(header) is None


def test_the_servers_clock_is_its_date_header() -> None:
    assert standings.server_time("Thu, 05 Mar 2026 10:00:00 GMT") == STAMP


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("ErrorItemNotFound", {}),
        (
            "ErrorAccessDenied",
            {"id": Standing(count=None, problem="The server says so. (ErrorAccessDenied)")},
        ),
    ],
)
def test_only_a_folder_that_is_gone_is_left_out(
    monkeypatch: pytest.MonkeyPatch, code: str, told: dict[str, Standing]
) -> None:
    refusal = EwsItemError(code=code, text="The server says so.", meaning=meaning_of(code))
    monkeypatch.setattr(standings, "get_folders", lambda *_: [refusal])
    connection = SimpleNamespace(facts=SimpleNamespace(date=""))
    known = [Folder(id="id", path=("Inbox",))]
    read = standings.read_standings(cast("EwsConnection", connection), known)
    assert {id_: standing for id_, standing, _ in read} == told
