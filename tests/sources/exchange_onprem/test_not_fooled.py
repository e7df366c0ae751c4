"""What looks like success and is none: equal bytes of the wrong state, an empty stream."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import cast

import pytest

from strongroom.content import fts, tags
from strongroom.content.message import Message
from strongroom.sources.exchange_onprem import comparing, disarm, reading
from strongroom.wire.ews.connection import EwsConnection
from strongroom.wire.ews.fetched import Fetched
from strongroom.words.item import Content, Item, Missed, Part
from strongroom.words.restoring import Compared, Outgoing

NOBODY = cast("EwsConnection", None)
UNREAD = fts.build(
    Message(
        {
            tags.PidTagMessageClass: "IPM.Note",
            tags.PidTagSubject: "Offer",
            tags.PidTagMessageFlags: 0,
        }
    )
)
ITEM = Item(
    id="saved",
    change_key="",
    kind="IPM.Note",
    name="Offer",
    when=datetime(2026, 2, 1, tzinfo=UTC),
)
CONTENT = Content(
    item_id="saved", way="export", parts=(Part(name="fts", suffix=".fts", content=UNREAD),)
)


def compared_with_the_same_bytes(monkeypatch: pytest.MonkeyPatch, item: Item) -> Compared:
    def same(_: object, there: Sequence[Item], keep: Callable[[Content], None]) -> None:
        keep(replace(CONTENT, item_id=there[0].id))

    monkeypatch.setattr(comparing, "read_by_export", same)
    told: list[Compared] = []
    pair = (Outgoing(item=item, content=CONTENT), "new")
    comparing.compare_uploaded(NOBODY, [pair], told.append)
    return told[0]


@pytest.mark.parametrize(("state", "is_equal"), [({}, True), ({"is_read": False}, True),
                                                 ({"is_read": True}, False)])  # fmt: skip
def test_a_flag_that_was_to_change_and_did_not_shows_though_the_bytes_are_equal(
    monkeypatch: pytest.MonkeyPatch,
    state: dict[str, bool],
    is_equal: bool,  # noqa: FBT001 - a parameter of the table
) -> None:
    told = compared_with_the_same_bytes(monkeypatch, replace(ITEM, state=state))
    assert (told.differences == ()) is is_equal


def test_an_item_that_was_to_be_disarmed_and_was_not_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    waiting = replace(ITEM, facts={disarm.IN_OUTBOX: True})
    assert disarm.needs_disarming(waiting)
    assert compared_with_the_same_bytes(monkeypatch, waiting).differences


def test_an_empty_stream_is_no_content(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(
        _: object, ids: Sequence[str], take: Callable[[Fetched, str], None], _size: object
    ) -> None:
        take(Fetched(b""), ids[0])

    monkeypatch.setattr(reading, "export_items", nothing)
    kept: list[Content | Missed] = []
    reading.read_by_export(NOBODY, [ITEM], kept.append)
    (missed,) = kept
    assert isinstance(missed, Missed)
    assert (missed.fate, missed.code) == ("failed", "no-content")
