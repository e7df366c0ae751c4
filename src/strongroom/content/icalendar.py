"""An appointment or meeting request as iCalendar.

Source:
    RFC 5545; [MS-OXCICAL] for what goes where.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from strongroom.content import tags
from strongroom.content.contentlines import escaped, joined, plain, quoted
from strongroom.content.message import Message, Properties, get, moment, text
from strongroom.content.people import author_of, recipients_of
from strongroom.content.recurrence import Recurrence, read_recurrence
from strongroom.content.timezones import Zone, read_zone

_METHODS = (
    ("ipm.schedule.meeting.request", "REQUEST"),
    ("ipm.schedule.meeting.canceled", "CANCEL"),
    ("ipm.schedule.meeting.resp", "REPLY"),
    ("ipm.appointment", "PUBLISH"),
)
_BUSY = {0: "FREE", 1: "TENTATIVE", 2: "BUSY", 3: "OOF", 4: "WORKINGELSEWHERE"}
_ANSWERS = {2: "TENTATIVE", 3: "ACCEPTED", 4: "DECLINED"}
_ROLES = {
    tags.RECIPIENT_TO: "REQ-PARTICIPANT",
    tags.RECIPIENT_CC: "OPT-PARTICIPANT",
    tags.RECIPIENT_BCC: "NON-PARTICIPANT",
}
_IMPORTANCES = {0: 9, 1: 5, 2: 1}
# A global object id made from an iCalendar UID carries it behind these bytes ([MS-OXOCAL]).
_UID_MARK = b"vCal-Uid\x01\x00\x00\x00"


class Calendar(NamedTuple):
    """A calendar object: what it is for (``REQUEST``, ``PUBLISH``) and its text."""

    method: str
    text: str


def calendar_of(message: Message) -> Calendar | None:
    """Write an item of the calendar as iCalendar; other kinds of item give None."""
    kind = text(message.properties, tags.PidTagMessageClass).lower()
    method = next((method for prefix, method in _METHODS if kind.startswith(prefix)), None)
    if method is None or _start(message.properties) is None:
        return None
    zone = read_zone(message.properties)
    lines = ["BEGIN:VCALENDAR", "PRODID:-//Strongroom//Export//EN", "VERSION:2.0"]
    lines += [f"METHOD:{method}", *zone.lines()]
    lines += _event(message, zone, read_recurrence(message.properties), master=None)
    for attachment in message.attachments:
        exception = attachment.embedded
        if exception and moment(exception.properties, tags.PidLidExceptionReplaceTime):
            lines += _event(exception, zone, None, master=message)
    return Calendar(method, joined([*lines, "END:VCALENDAR"]))


def _start(bag: Properties) -> datetime | None:
    return moment(bag, tags.PidLidAppointmentStartWhole, tags.PidLidCommonStart)


def _event(
    message: Message, zone: Zone, recurrence: Recurrence | None, master: Message | None
) -> Iterator[str]:
    bag = message.properties
    series = master or message
    is_all_day = get(bag, tags.PidLidAppointmentSubType, bool, default=False)
    yield "BEGIN:VEVENT"
    yield f"UID:{_uid(series.properties)}"
    stamp = moment(bag, tags.PidLidOwnerCriticalChange, tags.PidTagLastModificationTime)
    start = _start(bag)
    if stamp or start:
        yield f"DTSTAMP:{stamp or start:%Y%m%dT%H%M%SZ}"
    if start:
        end = moment(bag, tags.PidLidAppointmentEndWhole, tags.PidLidCommonEnd) or start
        yield "DTSTART" + zone.value(start, is_all_day=is_all_day)
        yield "DTEND" + zone.value(end, is_all_day=is_all_day)
    replaced = moment(bag, tags.PidLidExceptionReplaceTime)
    if master and replaced:
        yield "RECURRENCE-ID" + zone.value(replaced, is_all_day=is_all_day)
    if recurrence:
        yield from recurrence.lines(zone, is_all_day=is_all_day)
    yield f"SUMMARY:{escaped(text(bag, tags.PidTagSubject) or _subject(series))}"
    yield from _details(bag)
    yield from _people(message)
    if get(bag, tags.PidLidReminderSet, bool, default=False):
        minutes = get(bag, tags.PidLidReminderDelta, int, 15)
        yield from ("BEGIN:VALARM", "ACTION:DISPLAY", "DESCRIPTION:Reminder")
        yield from (f"TRIGGER:-PT{max(0, minutes)}M", "END:VALARM")
    yield "END:VEVENT"


def _subject(message: Message) -> str:
    return text(message.properties, tags.PidTagSubject, tags.PidTagNormalizedSubject)


def _details(bag: Properties) -> Iterator[str]:
    for name, key in (("LOCATION", tags.PidLidLocation), ("DESCRIPTION", tags.PidTagBody)):
        if value := text(bag, key):
            yield f"{name}:{escaped(value)}"
    yield f"SEQUENCE:{max(0, get(bag, tags.PidLidAppointmentSequence, int, 0))}"
    yield f"PRIORITY:{_IMPORTANCES.get(get(bag, tags.PidTagImportance, int, 1), 5)}"
    yield f"CLASS:{'PRIVATE' if get(bag, tags.PidTagSensitivity, int, 0) >= 2 else 'PUBLIC'}"
    busy = get(bag, tags.PidLidBusyStatus, int, 2)
    yield f"TRANSP:{'TRANSPARENT' if busy == 0 else 'OPAQUE'}"
    yield f"X-MICROSOFT-CDO-BUSYSTATUS:{_BUSY.get(busy, 'BUSY')}"
    keywords = bag.get(tags.PidNameKeywords)
    if isinstance(keywords, list) and keywords:
        yield "CATEGORIES:" + ",".join(escaped(str(word)) for word in keywords)


def _people(message: Message) -> Iterator[str]:
    organizer = author_of(message)
    if organizer and message.recipients:
        yield f"ORGANIZER;CN={quoted(organizer[0])}:mailto:{plain(organizer[1])}"
    answers = {
        text(bag, tags.PidTagSmtpAddress, tags.PidTagEmailAddress): _ANSWERS.get(
            get(bag, tags.PidTagRecipientTrackStatus, int, 0), "NEEDS-ACTION"
        )
        for bag in message.recipients
    }
    for kind, role in _ROLES.items():
        for name, address in recipients_of(message, kind) if message.recipients else ():
            answer = answers.get(address, "NEEDS-ACTION")
            options = f"CN={quoted(name)};ROLE={role};PARTSTAT={answer}"
            yield f"ATTENDEE;{options}:mailto:{plain(address)}"


def _uid(bag: Properties) -> str:
    key = get(bag, tags.PidLidCleanGlobalObjectId, bytes, b"")
    key = key or get(bag, tags.PidLidGlobalObjectId, bytes, b"")
    key = key or get(bag, tags.PidTagSearchKey, bytes, b"")
    _, mark, uid = key.partition(_UID_MARK)
    if mark:
        return plain(uid.rstrip(b"\0").decode("utf-8", "replace"))
    return key.hex().upper() or "unknown"
