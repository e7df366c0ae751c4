"""When what is kept is provably what the server has, and when it is not."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from strongroom.errors import CursorExpired
from strongroom.sources.exchange_online.reading.cursors import (
    FolderCursor,
    TreeCursor,
    folder_cursor,
    tree_cursor,
    written,
)
from strongroom.sources.exchange_online.reading.fetching import is_same
from strongroom.sources.exchange_online.reading.listing import element_of
from strongroom.words.item import Item, Kept

COARSE, FINE, LATER = "2026-03-05T10:15:00Z", "2026-03-05T10:15:00.25Z", "2026-03-05T10:15:01Z"


def item(modified: str, *, size: int = 7) -> Item:
    state = {"modified": modified} if modified else {}
    when = datetime(2026, 3, 5, tzinfo=UTC)
    return Item(
        id="i", change_key="new", kind="IPM.Note", name="n", when=when, size=size, state=state
    )


def kept(modified: str, *, key: str = "old", size: int = 7, is_twin: bool = False) -> Kept:
    state = {"modified": modified} if modified else {}
    return Kept(change_key=key, state=state, parts=("fts",), size=size, is_by_search_key=is_twin)


@pytest.mark.parametrize(
    ("now", "before", "is_kept_as_it_is"),
    [
        (item(""), kept("", key="new"), True),
        (item(""), kept(""), False),
        # Within one second there may have been two changes.
        (item(COARSE), kept(COARSE), False),
        (item(FINE), kept(FINE), True),
        (item(LATER), kept(FINE), False),
        # Another id: size and second together.
        (item(COARSE), kept(FINE, is_twin=True), True),
        (item(COARSE), kept(COARSE, is_twin=True, size=8), False),
        (item(LATER), kept(COARSE, is_twin=True), False),
        (item(""), kept("", is_twin=True), False),
        (item(""), kept("", key="new", is_twin=True), True),
    ],
)
def test_only_what_is_proved_is_not_read_again(
    now: Item, before: Kept, *, is_kept_as_it_is: bool
) -> None:
    assert is_same(now, before) is is_kept_as_it_is


def test_what_was_kept_another_way_is_read_again() -> None:
    assert not is_same(item(""), Kept(change_key="new", parts=("mime", "properties")))
    assert not is_same(item(""), Kept(change_key="new"))


def test_cursors_come_back_as_they_were_and_those_of_others_are_refused() -> None:
    for cursor in (FolderCursor(delta="d"), FolderCursor(listing="l"), FolderCursor(is_empty=True)):
        assert folder_cursor(written(cursor)) == cursor
    tree = TreeCursor(delta="d", shows_hidden=False)
    assert tree_cursor(written(tree)) == tree
    for other in ("H4sIAAAA", "hidden\n{}\nH4sI", "graph1:", "graph1:[]", 'graph1:{"delta":7}'):
        with pytest.raises(CursorExpired):
            folder_cursor(other)


@pytest.mark.parametrize(
    ("item_class", "element"),
    [
        ("IPM.Note", "Message"),
        ("ipm.appointment", "CalendarItem"),
        ("IPM.Appointment.Occurrence", "CalendarItem"),
        ("IPM.AppointmentSnapshot.SavedSearch", "Message"),
        ("IPM.Schedule.Meeting.Resp.Pos", "MeetingResponse"),
        ("IPM.Schedule.Meeting.Request", "MeetingRequest"),
        ("IPM.Schedule.Meeting.Notification", "MeetingMessage"),
        ("IPM.DistList", "DistributionList"),
        ("", "Message"),
    ],
)
def test_things_are_called_as_ews_calls_them(item_class: str, element: str) -> None:
    assert element_of(item_class) == element
