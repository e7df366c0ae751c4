from __future__ import annotations

import struct
from datetime import UTC, datetime, timedelta

import pytest

from strongroom.content import tags
from strongroom.content.icalendar import calendar_of
from strongroom.content.message import Attachment, FileTime, Message, Properties
from strongroom.content.mime import to_mime
from strongroom.content.recurrence import read_recurrence
from strongroom.content.timezones import UTC_ZONE, Switch, read_zone

EPOCH = datetime(1601, 1, 1, tzinfo=UTC)


def at(*when: int) -> FileTime:
    return FileTime.from_datetime(datetime(*when, tzinfo=UTC))  # type: ignore[misc,arg-type]


def minutes(*day: int) -> int:
    return int((datetime(*day, tzinfo=UTC) - EPOCH) / timedelta(minutes=1))  # type: ignore[misc,arg-type]


def system_time(month: int, weekday: int, week: int, hour: int) -> bytes:
    return struct.pack("<8H", 0, month, weekday, week, hour, 0, 0, 0)


BERLIN: Properties = {
    tags.PidLidTimeZoneDescription: "(UTC+01:00) Amsterdam, Berlin",
    tags.PidLidTimeZoneStruct: struct.pack("<iiiH", -60, 0, -60, 0)
    + system_time(10, 0, 5, 3)
    + struct.pack("<H", 0)
    + system_time(3, 0, 5, 2),
}


def pattern(
    frequency: int,
    kind: int,
    period: int,
    specific: tuple[int, ...] = (),
    *,
    end: tuple[int, int] = (0x2023, 0),
    deleted: tuple[int, ...] = (),
    moved: bytes = b"",
    exceptions: int = 0,
    last_day: int = 0,
) -> bytes:
    """Write an AppointmentRecurrencePattern for 09:30 to 10:30."""
    return b"".join(
        (
            struct.pack("<HHHHHIII", 0x3004, 0x3004, frequency, kind, 0, 0, period, 0),
            struct.pack(f"<{len(specific)}I", *specific),
            struct.pack("<III", *end, 1),
            struct.pack(f"<I{len(deleted)}I", len(deleted), *deleted),
            struct.pack("<I", 0),
            struct.pack("<II", minutes(2024, 3, 4), last_day),
            struct.pack("<IIIIH", 0x3006, 0x3009, 570, 630, exceptions),
            moved,
        )
    )


def lines_of(message: Message) -> list[str]:
    calendar = calendar_of(message)
    assert calendar is not None
    return calendar.text.replace("\r\n ", "").split("\r\n")


def meeting(extra: Properties) -> Message:
    bag: Properties = {
        tags.PidTagMessageClass: "IPM.Appointment",
        tags.PidTagSubject: "Roof; inspection, part 1",
        tags.PidLidAppointmentStartWhole: at(2024, 3, 4, 8, 30),
        tags.PidLidAppointmentEndWhole: at(2024, 3, 4, 9, 30),
    }
    return Message(bag | extra)


def test_an_appointment_says_what_when_and_where() -> None:
    lines = lines_of(
        meeting(
            {
                tags.PidLidLocation: "Hall 2",
                tags.PidTagBody: "Bring\r\nladders",
                tags.PidLidBusyStatus: 3,
                tags.PidLidReminderSet: True,
                tags.PidLidReminderDelta: 20,
                tags.PidNameKeywords: ["House", "a,b"],
                tags.PidTagSensitivity: 2,
                tags.PidLidCleanGlobalObjectId: bytes(16) + b"vCal-Uid\1\0\0\0uid-1@example.test\0",
            }
        )
    )
    for line in (
        "METHOD:PUBLISH",
        "UID:uid-1@example.test",
        "DTSTART:20240304T083000Z",
        "DTEND:20240304T093000Z",
        "SUMMARY:Roof\\; inspection\\, part 1",
        "LOCATION:Hall 2",
        "DESCRIPTION:Bring\\nladders",
        "CLASS:PRIVATE",
        "X-MICROSOFT-CDO-BUSYSTATUS:OOF",
        "CATEGORIES:House,a\\,b",
        "TRIGGER:-PT20M",
    ):
        assert line in lines


def test_a_time_zone_is_written_with_its_rules() -> None:
    lines = lines_of(meeting(BERLIN))
    assert 'DTSTART;TZID="(UTC+01:00) Amsterdam Berlin":20240304T093000' in lines
    assert "TZID:(UTC+01:00) Amsterdam Berlin" in lines
    summer = lines[lines.index("BEGIN:DAYLIGHT") : lines.index("END:DAYLIGHT")]
    assert summer[1:] == [
        "DTSTART:19700329T020000",
        "RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3",
        "TZOFFSETFROM:+0100",
        "TZOFFSETTO:+0200",
    ]


@pytest.mark.parametrize(
    ("when", "local"),
    [
        ((2024, 1, 15, 12, 0), (2024, 1, 15, 13, 0)),
        ((2024, 3, 31, 0, 59), (2024, 3, 31, 1, 59)),
        ((2024, 3, 31, 1, 0), (2024, 3, 31, 3, 0)),
        ((2024, 7, 1, 12, 0), (2024, 7, 1, 14, 0)),
        ((2024, 10, 27, 0, 59), (2024, 10, 27, 2, 59)),
        ((2024, 10, 27, 1, 0), (2024, 10, 27, 2, 0)),
    ],
)
def test_clocks_change_when_they_do(when: tuple[int, ...], local: tuple[int, ...]) -> None:
    zone = read_zone(BERLIN)
    moment = datetime(*when, tzinfo=UTC)  # type: ignore[misc,arg-type]
    assert zone.local(moment) == datetime(*local)  # type: ignore[arg-type]  # noqa: DTZ001 - local
    assert zone.local(zone.utc(zone.local(moment))) == zone.local(moment)


def test_a_zone_definition_is_read_too() -> None:
    rule = (
        struct.pack("<BBHHH14xiii", 2, 1, 62, 2, 2007, 300, 0, -60)
        + system_time(11, 0, 1, 2)
        + system_time(3, 0, 2, 2)
    )
    name = "Eastern Standard Time"
    head = struct.pack("<BBHHH", 2, 1, 6 + 2 * len(name), 2, len(name)) + name.encode("utf-16-le")
    zone = read_zone(
        {tags.PidLidAppointmentTimeZoneDefinitionRecur: head + struct.pack("<H", 1) + rule}
    )
    assert (zone.name, zone.standard, zone.daylight) == (
        name,
        timedelta(hours=-5),
        timedelta(hours=-4),
    )
    assert zone.to_daylight == Switch(3, 0, 2, 2, 0)


@pytest.mark.parametrize("data", [b"", b"\0" * 10, b"\x7f" * 49, b"\x7f" * 300])
def test_a_damaged_zone_is_utc(data: bytes) -> None:
    bag: Properties = {
        tags.PidLidTimeZoneDescription: "X",
        tags.PidLidTimeZoneStruct: data,
        tags.PidLidAppointmentTimeZoneDefinitionRecur: data,
    }
    assert read_zone(bag) == UTC_ZONE


def test_an_event_of_whole_days_has_dates() -> None:
    lines = lines_of(
        meeting(
            BERLIN
            | {
                tags.PidLidAppointmentSubType: True,
                tags.PidLidAppointmentStartWhole: at(2024, 3, 3, 23),
                tags.PidLidAppointmentEndWhole: at(2024, 3, 4, 23),
            }
        )
    )
    assert "DTSTART;VALUE=DATE:20240304" in lines
    assert "DTEND;VALUE=DATE:20240305" in lines


@pytest.mark.parametrize(
    ("blob", "rule"),
    [
        (pattern(0x200A, 0, 2 * 1440), "FREQ=DAILY;INTERVAL=2"),
        (
            pattern(0x200B, 1, 1, (0b0101010,), end=(0x2022, 10)),
            "FREQ=WEEKLY;INTERVAL=1;BYDAY=MO,WE,FR;WKST=MO;COUNT=10",
        ),
        (pattern(0x200A, 1, 1, (0x3E,)), "FREQ=WEEKLY;INTERVAL=1;BYDAY=MO,TU,WE,TH,FR;WKST=MO"),
        (pattern(0x200C, 2, 1, (15,)), "FREQ=MONTHLY;INTERVAL=1;BYMONTHDAY=15"),
        (pattern(0x200C, 2, 1, (31,)), "FREQ=MONTHLY;INTERVAL=1;BYMONTHDAY=-1"),
        (pattern(0x200C, 3, 2, (4, 5)), "FREQ=MONTHLY;INTERVAL=2;BYDAY=TU;BYSETPOS=-1"),
        (pattern(0x200D, 2, 12, (5,)), "FREQ=MONTHLY;INTERVAL=12;BYMONTHDAY=5"),
        (
            pattern(0x200A, 0, 1440, end=(0x2021, 5), last_day=minutes(2024, 3, 8)),
            "FREQ=DAILY;INTERVAL=1;UNTIL=20240308T083000Z",
        ),
    ],
)
def test_patterns_become_rules(blob: bytes, rule: str) -> None:
    lines = lines_of(meeting(BERLIN | {tags.PidLidAppointmentRecur: blob}))
    assert f"RRULE:{rule}" in lines


def test_deleted_occurrences_are_left_out_and_moved_ones_stay() -> None:
    subject = struct.pack("<HH", 4, 3) + b"new"
    moved = (
        struct.pack(
            "<III", minutes(2024, 3, 6, 11), minutes(2024, 3, 6, 12), minutes(2024, 3, 6, 9, 30)
        )
        + struct.pack("<H", 0x0001 | 0x0020)
        + subject
        + struct.pack("<I", 2)
    )
    blob = pattern(
        0x200A,
        0,
        1440,
        deleted=(minutes(2024, 3, 5), minutes(2024, 3, 6)),
        moved=moved,
        exceptions=1,
    )
    exception = Message(
        {
            tags.PidLidExceptionReplaceTime: at(2024, 3, 6, 8, 30),
            tags.PidLidAppointmentStartWhole: at(2024, 3, 6, 10),
            tags.PidLidAppointmentEndWhole: at(2024, 3, 6, 11),
        }
    )
    series = meeting(BERLIN | {tags.PidLidAppointmentRecur: blob})
    series.attachments = [Attachment({}, exception)]
    lines = lines_of(series)
    zone = 'TZID="(UTC+01:00) Amsterdam Berlin"'
    assert [line for line in lines if line.startswith("EXDATE")] == [
        f"EXDATE;{zone}:20240305T093000"
    ]
    assert f"RECURRENCE-ID;{zone}:20240306T093000" in lines
    assert f"DTSTART;{zone}:20240306T110000" in lines
    assert lines.count("SUMMARY:Roof\\; inspection\\, part 1") == 2


@pytest.mark.parametrize(
    "blob",
    [
        b"\0",
        pattern(0x200A, 0, 1440)[:-3],
        pattern(0x200A, 9, 1440, (0,)),
        pattern(0x200B, 1, 1, (0,)),
        pattern(0x200C, 3, 1, (4, 9)),
        pattern(0x200C, 2, 1, (77,)),
        pattern(0x200A, 0, 1440, deleted=()).replace(struct.pack("<I", 0x2023), b"\xff" * 4)[:30]
        + b"\xff" * 60,
    ],
)
def test_a_pattern_that_cannot_be_said_is_left_out(blob: bytes) -> None:
    assert read_recurrence({tags.PidLidAppointmentRecur: blob}) is None


def test_people_are_named_with_their_answers() -> None:
    request = meeting(
        {
            tags.PidTagMessageClass: "IPM.Schedule.Meeting.Request",
            tags.PidTagSentRepresentingName: "Ada Example",
            tags.PidTagSentRepresentingSmtpAddress: "ada@example.test",
        }
    )
    request.recipients = [
        {
            tags.PidTagRecipientType: 2,
            tags.PidTagDisplayName: 'Bob "B"\r\nX:1',
            tags.PidTagSmtpAddress: "bob@example.test\r\nATTENDEE:evil",
            tags.PidTagRecipientTrackStatus: 3,
        }
    ]
    lines = lines_of(request)
    assert "METHOD:REQUEST" in lines
    assert 'ORGANIZER;CN="Ada Example":mailto:ada@example.test' in lines
    (attendee,) = [line for line in lines if line.startswith("ATTENDEE")]
    assert attendee == (
        "ATTENDEE;CN=\"Bob 'B'  X:1\";ROLE=OPT-PARTICIPANT;PARTSTAT=ACCEPTED"
        ":mailto:bob@example.testATTENDEE:evil"
    )


def test_long_lines_are_folded_within_75_bytes() -> None:
    calendar = calendar_of(meeting({tags.PidTagBody: "Dächer und 雪 " * 50}))
    assert calendar is not None
    assert max(len(line.encode()) for line in calendar.text.split("\r\n")) <= 75


def test_an_appointment_in_a_mail_is_a_calendar_part() -> None:
    written = to_mime(meeting({tags.PidTagBody: "text"}))
    assert b"Content-Type: text/calendar; method=PUBLISH; charset=utf-8" in written
    assert b"Content-Type: multipart/alternative" in written


def test_times_at_the_end_of_the_calendar_do_not_fail() -> None:
    lines_of(meeting(BERLIN | {tags.PidLidAppointmentEndWhole: FileTime(2**64 - 1)}))


def test_mail_is_no_calendar() -> None:
    assert calendar_of(Message({tags.PidTagMessageClass: "IPM.Note"})) is None
