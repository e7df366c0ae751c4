"""What meetings send through the mail: invitations, answers, cancellations."""

from __future__ import annotations

from datetime import timedelta
from random import Random

from strongroom.content import tags
from strongroom.content.message import FileTime, Message, NamedTag, Properties
from strongroom.lab.seed import calendar, shapes
from strongroom.lab.seed.calendar import Meeting
from strongroom.lab.seed.people import Person

_IS_CANCELED = 4
_PidLidAttendeeCriticalChange = NamedTag(tags.PSETID_MEETING, 0x0001, tags.TIME)
_PidLidIsException = NamedTag(tags.PSETID_MEETING, 0x000A, tags.BOOLEAN)
_PidLidWhere = NamedTag(tags.PSETID_MEETING, 0x0002, tags.STRING)
_PidLidIntendedBusyStatus = NamedTag(tags.PSETID_APPOINTMENT, 0x8224, tags.INTEGER32)
_PidTagProcessed = 0x7D01000B
_FIRST_REQUEST = 1  # PidLidMeetingType


def request(rng: Random, meeting: Meeting, owner: Person, *, is_read: bool = False) -> Message:
    """Make the invitation that lies in an attendee's inbox."""
    properties = _mailed(rng, meeting, "IPM.Schedule.Meeting.Request", meeting.subject)
    properties |= shapes.author(meeting.organizer) | shapes.received_by(owner)
    properties |= {
        tags.PidTagMessageFlags: tags.FLAG_READ if is_read else 0,
        tags.PidLidMeetingType: _FIRST_REQUEST,
        tags.PidTagResponseRequested: True,
        tags.PidTagReplyRequested: True,
        tags.PidNameContentClass: "urn:content-classes:calendarmessage",
        _PidLidIntendedBusyStatus: meeting.busy,
        _PidLidWhere: meeting.location,
        _PidTagProcessed: is_read,
    }
    return Message(properties=properties, recipients=calendar.attendee_rows(meeting)[1:])


def response(rng: Random, meeting: Meeting, attendee: Person) -> Message:
    """Make the acceptance that lies in the organiser's inbox."""
    properties = _mailed(
        rng, meeting, "IPM.Schedule.Meeting.Resp.Pos", f"Accepted: {meeting.subject}"
    )
    answered = FileTime.from_datetime(meeting.made + timedelta(hours=3))
    properties |= shapes.author(attendee) | shapes.received_by(meeting.organizer)
    properties |= {
        _PidLidAttendeeCriticalChange: answered,
        tags.PidTagClientSubmitTime: answered,
        tags.PidTagMessageDeliveryTime: answered,
        tags.PidNameContentClass: "urn:content-classes:calendarmessage",
    }
    to = shapes.recipient(0, meeting.organizer, tags.RECIPIENT_TO)
    return Message(properties=properties, recipients=[to])


def cancellation(rng: Random, meeting: Meeting, owner: Person) -> Message:
    """Make the notice that a meeting will not take place."""
    properties = _mailed(
        rng, meeting, "IPM.Schedule.Meeting.Canceled", f"Canceled: {meeting.subject}"
    )
    properties |= shapes.author(meeting.organizer) | shapes.received_by(owner)
    properties[tags.PidLidAppointmentStateFlags] = (
        calendar.IS_MEETING | calendar.IS_RECEIVED | _IS_CANCELED
    )
    properties[tags.PidTagMessageFlags] = 0
    return Message(properties=properties, recipients=calendar.attendee_rows(meeting)[1:])


def _mailed(rng: Random, meeting: Meeting, item_class: str, subject: str) -> Properties:
    properties = shapes.common(
        rng, item_class, subject, meeting.made
    ) | calendar.calendar_properties(meeting)
    stamp = FileTime.from_datetime(meeting.made)
    properties |= {
        tags.PidTagSubjectPrefix: "",
        tags.PidTagNormalizedSubject: subject,
        tags.PidTagClientSubmitTime: stamp,
        tags.PidTagMessageDeliveryTime: stamp,
        tags.PidTagInternetMessageId: f"<{rng.randbytes(12).hex()}@lab.example>",
        tags.PidLidAppointmentStateFlags: calendar.IS_MEETING | calendar.IS_RECEIVED,
        tags.PidLidResponseStatus: calendar.NOT_RESPONDED,
        _PidLidIsException: False,
    }
    return properties | shapes.text_body(meeting.text or "Please see the calendar.\r\n")
