"""Appointments and meetings: single, all-day, recurring with exceptions, in several time zones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from strongroom.content import tags
from strongroom.content.message import (
    Attachment,
    FileTime,
    Message,
    NamedTag,
    Properties,
)
from strongroom.lab.seed import recurrence, shapes
from strongroom.lab.seed.people import Person
from strongroom.lab.seed.recurrence import ChangedOccurrence, WeeklySeries, Zone

FREE, TENTATIVE, BUSY, AWAY = 0, 1, 2, 3
NONE, ORGANIZED, ACCEPTED, NOT_RESPONDED = 0, 1, 3, 5

EXCEPTION_CLASS = "IPM.OLE.CLASS.{00061055-0000-0000-C000-000000000046}"

IS_MEETING, IS_RECEIVED = 1, 2  # bits of PidLidAppointmentStateFlags
_ORGANIZER_ROW = 0x203  # sendable, organiser, in the original list
_ATTENDEE_ROW = 0x201
_IS_EXCEPTION = 2  # PidTagAttachmentFlags
_ICON = {False: 0x400, True: 0x402}
_ICON_RECURRING = {False: 0x401, True: 0x403}

_PidLidAppointmentReplyTime = NamedTag(tags.PSETID_APPOINTMENT, 0x8220, tags.TIME)


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """An appointment, or a meeting if somebody else takes part.

    Attributes:
        subject: What it is about.
        organizer: Whose meeting it is.
        start: Begin in the zone's local time (naive).
        duration: How long.
        zone: The zone in which it was planned: a series keeps its local hour over daylight changes.
        made: When it was put into the calendar: aware, UTC.
        unique: 16 bytes that all copies of this meeting share.
        attendees: Who must come.
        optional: Who may come.
        room: The room's mailbox.
        location: Where.
        text: Agenda.
        is_all_day: From midnight to midnight.
        busy: ``FREE``, ``TENTATIVE``, ``BUSY`` or ``AWAY``.
        series: The pattern, if it comes again.
        reminder: Minutes before, or None.
        categories: Names of coloured categories.
    """

    subject: str
    organizer: Person
    start: datetime
    duration: timedelta
    zone: Zone
    made: datetime
    unique: bytes
    attendees: tuple[Person, ...] = ()
    optional: tuple[Person, ...] = ()
    room: Person | None = None
    location: str = ""
    text: str = ""
    is_all_day: bool = False
    busy: int = BUSY
    series: WeeklySeries | None = None
    reminder: int | None = 15
    categories: tuple[str, ...] = field(default=())

    @property
    def is_meeting(self) -> bool:
        """Whether anybody was invited."""
        return bool(self.attendees or self.optional or self.room)

    @property
    def span(self) -> tuple[datetime, datetime]:
        """Begin and end: aware, UTC; of a series, the first occurrence's."""
        return self.utc(self.start), self.utc(self.start + self.duration)

    def utc(self, local: datetime) -> datetime:
        """Convert the zone's local time."""
        return local.replace(tzinfo=ZoneInfo(self.zone.iana)).astimezone(UTC)


def weekly(
    start: datetime,
    duration: timedelta,
    *,
    count: int,
    skipped: Sequence[int] = (),
    moved: int | None = None,
    moved_to: timedelta = timedelta(hours=2),
    subject: str = "",
    location: str = "",
) -> WeeklySeries:
    """Make a weekly series on the weekday of its start.

    Args:
        start: First begin, local time.
        duration: Of each occurrence.
        count: Occurrences by the pattern.
        skipped: Which were deleted, counted from 0.
        moved: Which one was changed, counted from 0.
        moved_to: How much later the changed one begins.
        subject: Subject of the changed one.
        location: Place of the changed one.
    """
    days = [start + timedelta(weeks=n) for n in range(count)]
    changed: tuple[ChangedOccurrence, ...] = ()
    if moved is not None:
        begin = days[moved] + moved_to
        changed = (
            ChangedOccurrence(
                original=days[moved], start=begin, end=begin + duration,
                subject=subject, location=location,
            ),
        )  # fmt: skip
    return WeeklySeries(
        start=start,
        duration=duration,
        days=(start.weekday(),),
        count=count,
        deleted=tuple(days[n].date() for n in skipped),
        exceptions=changed,
    )


def appointment(rng: Random, meeting: Meeting, owner: Person) -> Message:
    """Make the item that stands in one calendar."""
    is_own = meeting.organizer.address == owner.address
    properties = shapes.common(rng, "IPM.Appointment", meeting.subject, meeting.made)
    properties |= shapes.author(meeting.organizer) | calendar_properties(meeting)
    properties |= _meeting_state(meeting, is_own=is_own) | _reminder(meeting)
    if meeting.text:
        properties |= shapes.text_body(meeting.text)
    if meeting.categories:
        properties[tags.PidNameKeywords] = list(meeting.categories)
    message = Message(
        properties=properties, recipients=attendee_rows(meeting) if meeting.is_meeting else []
    )
    if meeting.series is not None:
        for number, change in enumerate(meeting.series.exceptions):
            message.attachments.append(_exception(rng, meeting, change, number, is_own=is_own))
    return message


def calendar_properties(meeting: Meeting) -> Properties:
    """Say when and where a meeting is: the same in every copy of it."""
    start, end = (FileTime.from_datetime(moment) for moment in meeting.span)
    series = meeting.series
    properties: Properties = {
        tags.PidTagStartDate: start,
        tags.PidTagEndDate: end,
        tags.PidLidCommonStart: start,
        tags.PidLidCommonEnd: end,
        tags.PidLidAppointmentStartWhole: start,
        tags.PidLidAppointmentEndWhole: end,
        tags.PidLidAppointmentDuration: int(meeting.duration.total_seconds() // 60),
        tags.PidLidAppointmentSubType: meeting.is_all_day,
        tags.PidLidBusyStatus: meeting.busy,
        tags.PidLidLocation: meeting.location,
        tags.PidLidAppointmentSequence: 0,
        tags.PidLidRecurring: series is not None,
        tags.PidLidIsRecurring: series is not None,
        tags.PidLidRecurrenceType: 2 if series else 0,
        tags.PidTagIconIndex: (_ICON_RECURRING if series else _ICON)[meeting.is_meeting],
        tags.PidLidAppointmentTimeZoneDefinitionStartDisplay: meeting.zone.definition(),
        tags.PidLidAppointmentTimeZoneDefinitionEndDisplay: meeting.zone.definition(),
        tags.PidLidGlobalObjectId: recurrence.global_object_id(meeting.unique, meeting.made),
        tags.PidLidCleanGlobalObjectId: recurrence.global_object_id(meeting.unique, meeting.made),
        tags.PidTagOwnerAppointmentId: int.from_bytes(meeting.unique[:3], "big"),
    }
    if series is not None:
        properties |= _series(meeting, series)
    return properties


def _series(meeting: Meeting, series: WeeklySeries) -> Properties:
    last = series.occurrences[-1].date()
    return {
        tags.PidLidAppointmentRecur: series.encode(),
        tags.PidLidRecurrencePattern: f"every {meeting.start:%A}, {series.count} times",
        tags.PidLidTimeZoneStruct: meeting.zone.struct(),
        tags.PidLidTimeZoneDescription: meeting.zone.label,
        tags.PidLidAppointmentTimeZoneDefinitionRecur: meeting.zone.definition(),
        tags.PidLidClipStart: FileTime.from_datetime(_midnight(series.start.date())),
        tags.PidLidClipEnd: FileTime.from_datetime(_midnight(last)),
    }


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _meeting_state(meeting: Meeting, *, is_own: bool) -> Properties:
    if not meeting.is_meeting:
        return {tags.PidLidAppointmentStateFlags: 0, tags.PidLidResponseStatus: NONE}
    people = (*meeting.attendees, *meeting.optional)
    return {
        tags.PidLidAppointmentStateFlags: IS_MEETING | (0 if is_own else IS_RECEIVED),
        tags.PidLidResponseStatus: ORGANIZED if is_own else ACCEPTED,
        tags.PidLidFInvited: is_own,
        tags.PidTagResponseRequested: True,
        tags.PidLidToAttendeesString: shapes.display(meeting.attendees),
        tags.PidLidCcAttendeesString: shapes.display(meeting.optional),
        tags.PidLidAllAttendeesString: shapes.display(people),
        tags.PidTagDisplayTo: shapes.display(meeting.attendees),
        tags.PidTagDisplayCc: shapes.display(meeting.optional),
        tags.PidLidOwnerCriticalChange: FileTime.from_datetime(meeting.made),
        _PidLidAppointmentReplyTime: FileTime.from_datetime(meeting.made),
    }


def _reminder(meeting: Meeting) -> Properties:
    if meeting.reminder is None:
        return {tags.PidLidReminderSet: False}
    start, _ = meeting.span
    return {
        tags.PidLidReminderSet: True,
        tags.PidLidReminderDelta: meeting.reminder,
        tags.PidLidReminderTime: FileTime.from_datetime(start),
        tags.PidLidReminderSignalTime: FileTime.from_datetime(
            start - timedelta(minutes=meeting.reminder)
        ),
    }


def attendee_rows(meeting: Meeting) -> list[Properties]:
    """List who takes part: the organiser first, the room last."""
    people = [(meeting.organizer, tags.RECIPIENT_TO, _ORGANIZER_ROW)]
    people += [(person, tags.RECIPIENT_TO, _ATTENDEE_ROW) for person in meeting.attendees]
    people += [(person, tags.RECIPIENT_CC, _ATTENDEE_ROW) for person in meeting.optional]
    if meeting.room is not None:  # a resource, in MAPI the type of a blind copy
        people.append((meeting.room, tags.RECIPIENT_BCC, _ATTENDEE_ROW))
    return [
        shapes.recipient(row, person, kind, flags=flags)
        for row, (person, kind, flags) in enumerate(people)
    ]


def _exception(
    rng: Random, meeting: Meeting, change: ChangedOccurrence, number: int, *, is_own: bool
) -> Attachment:
    start, end = (FileTime.from_datetime(meeting.utc(t)) for t in (change.start, change.end))
    embedded = shapes.common(rng, EXCEPTION_CLASS, change.subject, meeting.made)
    embedded |= shapes.author(meeting.organizer) | _meeting_state(meeting, is_own=is_own)
    embedded |= {
        tags.PidTagStartDate: start,
        tags.PidTagEndDate: end,
        tags.PidLidAppointmentStartWhole: start,
        tags.PidLidAppointmentEndWhole: end,
        tags.PidLidLocation: change.location,
        tags.PidLidBusyStatus: meeting.busy,
        tags.PidLidExceptionReplaceTime: FileTime.from_datetime(meeting.utc(change.original)),
        tags.PidLidGlobalObjectId: recurrence.global_object_id(
            meeting.unique, meeting.made, occurrence=change.original.date()
        ),
        tags.PidLidCleanGlobalObjectId: recurrence.global_object_id(meeting.unique, meeting.made),
    }
    rows = attendee_rows(meeting) if meeting.is_meeting else []
    attachment = shapes.item_attachment(
        number, Message(properties=embedded, recipients=rows), change.subject, meeting.made
    )
    attachment.properties |= {
        tags.PidTagAttachmentHidden: True,
        tags.PidTagAttachmentFlags: _IS_EXCEPTION,
        # Local time in a property that usually holds UTC: [MS-OXOCAL] 2.2.10.1.5.
        tags.PidTagExceptionStartTime: FileTime.from_datetime(change.start.replace(tzinfo=UTC)),
        tags.PidTagExceptionEndTime: FileTime.from_datetime(change.end.replace(tzinfo=UTC)),
    }
    return attachment
