"""The occurrences of a series: named by number or by id, changed, deleted, refused."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from lxml import etree

from strongroom.lab.exchange.shapes import recurrence
from strongroom.lab.exchange.shapes.recurrence import Pattern, Texts
from tests.fakes.face_client import ALL, NS, FaceClient, create_item, text

DAILY = Pattern(
    frequency=0x200A, kind=0, period=2, end_kind=0x2022, count=4, start=date(2026, 3, 2)
)
MONTH_END = Pattern(
    frequency=0x200C, kind=2, period=1, specific=31, end_kind=0x2021,
    start=date(2026, 1, 31), last=date(2026, 4, 30),
)  # fmt: skip
LAST_FRIDAY = Pattern(
    frequency=0x200C, kind=3, period=1, days=1 << 5, specific=5, end_kind=0x2022, count=3,
    start=date(2026, 1, 1),
)  # fmt: skip
FORTNIGHTLY = Pattern(
    frequency=0x200B, kind=1, period=2, days=0b100010, end_kind=0x2022, count=4,
    start=date(2026, 3, 4), begin=540,
)  # fmt: skip


@pytest.mark.parametrize(
    ("pattern", "days"),
    [
        (DAILY, ["03-02", "03-04", "03-06", "03-08"]),
        (MONTH_END, ["01-31", "02-28", "03-31", "04-30"]),
        (LAST_FRIDAY, ["01-30", "02-27", "03-27"]),
        (FORTNIGHTLY, ["03-06", "03-16", "03-20", "03-30"]),
    ],
)
def test_a_pattern_gives_its_days(pattern: Pattern, days: list[str]) -> None:
    assert [f"{one:%m-%d}" for one in recurrence.begins(pattern)] == days


def test_a_series_that_never_ends_goes_on() -> None:
    endless = Pattern(frequency=0x200A, kind=0, period=1, start=date(2026, 1, 1))
    days = recurrence.begins(endless)
    assert [next(days).day for _ in range(3)] == [1, 2, 3]


def test_a_pattern_with_exceptions_is_read_as_it_was_written() -> None:
    def when(day: int, hour: int) -> datetime:
        return datetime(2026, 3, day, hour)  # noqa: DTZ001 - the series' own time has no zone

    one = (when(4, 11), when(4, 12), when(4, 9))
    two = (when(6, 8), when(6, 9), when(6, 9))
    pattern = Pattern(
        frequency=0x200A, kind=0, period=2, end_kind=0x2022, count=9, start=date(2026, 3, 2),
        last=date(2026, 3, 18), deleted=(when(8, 9),), changed=(one, two), begin=540, end=600,
    )  # fmt: skip
    data = recurrence.build(pattern, {one[2]: Texts("Späti", None), two[2]: Texts("s", "Room")})
    assert recurrence.parse(data) == pattern


def daily(ann: FaceClient, count: int = 5) -> str:
    pattern = (
        "<t:Recurrence><t:DailyRecurrence><t:Interval>1</t:Interval></t:DailyRecurrence>"
        "<t:NumberedRecurrence><t:StartDate>2026-03-09</t:StartDate>"
        f"<t:NumberOfOccurrences>{count}</t:NumberOfOccurrences></t:NumberedRecurrence>"
        "</t:Recurrence>"
    )
    body = (
        "<t:Subject>Round</t:Subject><t:Start>2026-03-09T08:00:00Z</t:Start>"
        f"<t:End>2026-03-09T09:00:00Z</t:End>{pattern}"
    )
    made = ann.message(create_item("CalendarItem", body))
    return text_of_id(made)


def text_of_id(message: etree._Element) -> str:
    node = message.find(".//t:ItemId", NS)
    assert node is not None
    return node.get("Id", "")


def by_number(series: str, index: int) -> str:
    return f'<t:OccurrenceItemId RecurringMasterId="{series}" InstanceIndex="{index}"/>'


def get(reference: str) -> str:
    return f"<m:GetItem>{ALL}<m:ItemIds>{reference}</m:ItemIds></m:GetItem>"


def move(reference: str, start: str, end: str) -> str:
    changes = "".join(
        f'<t:SetItemField><t:FieldURI FieldURI="calendar:{name}"/><t:CalendarItem>'
        f"<t:{name}>{when}</t:{name}></t:CalendarItem></t:SetItemField>"
        for name, when in (("Start", start), ("End", end))
    )
    return (
        '<m:UpdateItem ConflictResolution="AlwaysOverwrite"'
        ' SendMeetingInvitationsOrCancellations="SendToNone"><m:ItemChanges><t:ItemChange>'
        f"{reference}<t:Updates>{changes}</t:Updates></t:ItemChange></m:ItemChanges></m:UpdateItem>"
    )


def delete(reference: str) -> str:
    return (
        '<m:DeleteItem DeleteType="HardDelete" SendMeetingCancellations="SendToNone"><m:ItemIds>'
        f"{reference}</m:ItemIds></m:DeleteItem>"
    )


def test_a_moved_occurrence_keeps_where_it_was_and_may_be_put_back_again(ann: FaceClient) -> None:
    series = daily(ann)
    assert ann.codes(
        move(by_number(series, 2), "2026-03-10T12:00:00Z", "2026-03-10T13:00:00Z")
    ) == ["NoError"]
    moved = ann.message(get(by_number(series, 2)))
    assert text(moved, ".//t:Start") == "2026-03-10T12:00:00Z"
    assert text(moved, ".//t:OriginalStart") == "2026-03-10T08:00:00Z"
    assert text(moved, ".//t:CalendarItemType") == "Exception"
    # Its own id names it too, and it can be changed again.
    own = f'<t:ItemId Id="{text_of_id(moved)}"/>'
    assert ann.codes(move(own, "2026-03-10T08:00:00Z", "2026-03-10T10:00:00Z")) == ["NoError"]
    again = ann.message(get(own))
    assert text(again, ".//t:End") == "2026-03-10T10:00:00Z"
    master = ann.message(get(f'<t:ItemId Id="{series}"/>'))
    assert len(master.findall(".//t:ModifiedOccurrences/t:Occurrence", NS)) == 1


def test_an_occurrence_does_not_jump_over_its_neighbour(ann: FaceClient) -> None:
    series = daily(ann)
    jump = move(by_number(series, 2), "2026-03-11T12:00:00Z", "2026-03-11T13:00:00Z")
    assert ann.codes(jump) == ["ErrorOccurrenceCrossingBoundary"]
    # With the neighbour gone there is room.
    assert ann.codes(delete(by_number(series, 3))) == ["NoError"]
    assert ann.codes(jump) == ["NoError"]


def test_a_deleted_occurrence_is_told_as_such_and_its_number_stays(ann: FaceClient) -> None:
    series = daily(ann)
    assert ann.codes(delete(by_number(series, 2))) == ["NoError"]
    assert ann.codes(delete(by_number(series, 2))) == [
        "ErrorCalendarOccurrenceIsDeletedFromRecurrence"
    ]
    third = ann.message(get(by_number(series, 3)))
    assert text(third, ".//t:Start") == "2026-03-11T08:00:00Z"
    assert ann.codes(get(by_number(series, 6))) == [
        "ErrorCalendarOccurrenceIndexIsOutOfRecurrenceRange"
    ]


def test_the_master_is_found_from_an_occurrence_and_only_from_one(ann: FaceClient) -> None:
    series = daily(ann)
    occurrence = text_of_id(ann.message(get(by_number(series, 1))))
    master = ann.message(get(f'<t:RecurringMasterItemId OccurrenceId="{occurrence}"/>'))
    assert text_of_id(master) == series
    assert ann.codes(get(f'<t:RecurringMasterItemId OccurrenceId="{series}"/>')) == [
        "ErrorCalendarCannotUseIdForRecurringMasterId"
    ]


def test_a_span_that_ends_before_it_begins_is_refused(ann: FaceClient) -> None:
    view = (
        f'<m:FindItem Traversal="Shallow">{ALL}<m:CalendarView StartDate="2026-03-10T00:00:00Z"'
        ' EndDate="2026-03-09T00:00:00Z"/><m:ParentFolderIds><t:DistinguishedFolderId'
        ' Id="calendar"/></m:ParentFolderIds></m:FindItem>'
    )
    assert ann.codes(view) == ["ErrorCalendarEndDateIsEarlierThanStartDate"]


def test_a_span_shows_single_events_too_and_no_more_than_asked_for(ann: FaceClient) -> None:
    daily(ann, count=3)
    single = "<t:Subject>Once</t:Subject><t:Start>2026-03-10T06:00:00Z</t:Start>"
    ann.message(create_item("CalendarItem", single + "<t:End>2026-03-10T07:00:00Z</t:End>"))
    view = (
        f'<m:FindItem Traversal="Shallow">{ALL}<m:CalendarView MaxEntriesReturned="3"'
        ' StartDate="2026-03-09T08:30:00Z" EndDate="2026-03-20T00:00:00Z"/><m:ParentFolderIds>'
        '<t:DistinguishedFolderId Id="calendar"/></m:ParentFolderIds></m:FindItem>'
    )
    found = ann.message(view)
    subjects = [one.text for one in found.findall(".//t:Subject", NS)]
    assert subjects == ["Round", "Once", "Round"]
    root = found.find("m:RootFolder", NS)
    assert root is not None
    assert root.get("IncludesLastItemInRange") == "false"
