"""The binary calendar structures of Outlook: recurrence patterns, time zones, meeting ids.

They are what makes a round trip of a calendar a real test: a server that gives back "a recurring
meeting" without the deleted Tuesday has lost something.

Source:
    [MS-OXOCAL] 2.2.1.44 (AppointmentRecurrencePattern), 2.2.1.39-43 (time zones),
    2.2.1.27 (GlobalObjectId)
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

_EPOCH = date(1601, 1, 1)
_MINUTES_PER_DAY = 24 * 60
_FREQUENCY = {"daily": 0x200A, "weekly": 0x200B}
_END_AFTER_COUNT = 0x2022
_SUBJECT_CHANGED, _LOCATION_CHANGED = 0x0001, 0x0010


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedOccurrence:
    """One changed occurrence of a series, in the series' local time.

    Attributes:
        original: Where the pattern had put it.
        start: Where it begins now.
        end: Where it ends now.
        subject: New subject.
        location: New place.
    """

    original: datetime
    start: datetime
    end: datetime
    subject: str
    location: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WeeklySeries:
    """A meeting on fixed days of the week, in local time (naive datetimes).

    Attributes:
        start: Begin of the first occurrence.
        duration: Length of each occurrence.
        days: Days of the week, Monday = 0.
        count: Occurrences by the pattern, deleted ones included.
        deleted: Days without the occurrence that the pattern has there.
        exceptions: Changed occurrences.
    """

    start: datetime
    duration: timedelta
    days: tuple[int, ...]
    count: int
    deleted: tuple[date, ...] = ()
    exceptions: tuple[ChangedOccurrence, ...] = ()

    @property
    def occurrences(self) -> tuple[datetime, ...]:
        """Begins of all occurrences that the pattern gives, deleted and changed ones included."""
        found: list[datetime] = []
        day = self.start
        while len(found) < self.count:
            if day.weekday() in self.days:
                found.append(day)
            day += timedelta(days=1)
        return tuple(found)

    def encode(self) -> bytes:
        """Write the blob of PidLidAppointmentRecur."""
        last = self.occurrences[-1]
        gone = sorted({*self.deleted, *(change.original.date() for change in self.exceptions)})
        changed = sorted(change.start.date() for change in self.exceptions)
        offset = self.start.hour * 60 + self.start.minute
        duration = int(self.duration.total_seconds() // 60)
        return b"".join(
            (
                struct.pack("<5H", 0x3004, 0x3004, _FREQUENCY["weekly"], 1, 0),
                struct.pack("<3I", _first_week(self.start.date()), 1, 0),
                struct.pack("<I", sum(1 << ((day + 1) % 7) for day in self.days)),
                struct.pack("<3I", _END_AFTER_COUNT, self.count, 1),
                _dates(gone),
                _dates(changed),
                struct.pack("<2I", _day_minutes(self.start.date()), _day_minutes(last.date())),
                struct.pack("<4I", 0x3006, 0x3009, offset, offset + duration),
                struct.pack("<H", len(self.exceptions)),
                *(_exception_info(change) for change in self.exceptions),
                struct.pack("<I", 0),
                *(_extended_exception(change) for change in self.exceptions),
                struct.pack("<I", 0),
            )
        )


def daily_task(start: date, count: int) -> bytes:
    """Write the blob of PidLidTaskRecurrence for a task that comes back every day.

    Tasks carry the bare RecurrencePattern, without what follows it for appointments.
    """
    end = start + timedelta(days=count - 1)
    return b"".join(
        (
            struct.pack("<5H", 0x3004, 0x3004, _FREQUENCY["daily"], 0, 0),
            struct.pack("<3I", _day_minutes(start) % _MINUTES_PER_DAY, _MINUTES_PER_DAY, 0),
            struct.pack("<3I", _END_AFTER_COUNT, count, 0),
            _dates([]),
            _dates([]),
            struct.pack("<2I", _day_minutes(start), _day_minutes(end)),
        )
    )


def _first_week(start: date) -> int:
    # FirstDateTime of a weekly pattern: the start's week begin (Monday), modulo the period.
    monday = start - timedelta(days=start.weekday())
    return _day_minutes(monday) % (7 * _MINUTES_PER_DAY)


def _exception_info(change: ChangedOccurrence) -> bytes:
    flags = _SUBJECT_CHANGED | _LOCATION_CHANGED
    parts = [*_exception_times(change), struct.pack("<H", flags)]
    for text in (change.subject, change.location):
        ansi = text.encode("cp1252", "replace")
        parts.append(struct.pack("<2H", len(ansi) + 1, len(ansi)) + ansi)
    return b"".join(parts)


def _extended_exception(change: ChangedOccurrence) -> bytes:
    parts = [struct.pack("<3I", 4, 0, 0), *_exception_times(change)]
    for text in (change.subject, change.location):
        wide = text.encode("utf-16-le")
        parts.append(struct.pack("<H", len(wide) // 2) + wide)
    parts.append(struct.pack("<I", 0))
    return b"".join(parts)


def _exception_times(change: ChangedOccurrence) -> tuple[bytes, ...]:
    moments = (change.start, change.end, change.original)
    return tuple(struct.pack("<I", _minutes(moment)) for moment in moments)


def _dates(days: Sequence[date]) -> bytes:
    return struct.pack(f"<{len(days) + 1}I", len(days), *(_day_minutes(day) for day in days))


def _day_minutes(day: date) -> int:
    return (day - _EPOCH).days * _MINUTES_PER_DAY


def _minutes(moment: datetime) -> int:
    return _day_minutes(moment.date()) + moment.hour * 60 + moment.minute


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """A time zone as Windows knows it, with the rules of one year.

    Attributes:
        key: Windows key name (``W. Europe Standard Time``).
        iana: The same zone in the IANA database.
        label: What Outlook shows.
        bias: Minutes to add to local standard time to get UTC.
        daylight: (month, week, hour) at which daylight time begins, or None.
        standard: (month, week, hour) at which standard time begins, or None. Week 5 = last Sunday.
    """

    key: str
    iana: str
    label: str
    bias: int
    daylight: tuple[int, int, int] | None = None
    standard: tuple[int, int, int] | None = None

    def struct(self) -> bytes:
        """Write PidLidTimeZoneStruct."""
        return struct.pack(
            "<3iH16sH16s",
            self.bias, 0, -60 if self.daylight else 0,
            0, _transition(self.standard), 0, _transition(self.daylight),
        )  # fmt: skip

    def definition(self) -> bytes:
        """Write PidLidAppointmentTimeZoneDefinitionRecur (and its two siblings), one rule."""
        name = self.key.encode("utf-16-le")
        header = struct.pack("<HH", 0x0002, len(self.key)) + name + struct.pack("<H", 1)
        rule = struct.pack(
            "<2B3H14x3i16s16s",
            2, 1, 0x003E, 0x0002, 1601,
            self.bias, 0, -60 if self.daylight else 0,
            _transition(self.standard), _transition(self.daylight),
        )  # fmt: skip
        return struct.pack("<2BH", 2, 1, len(header)) + header + rule


def _transition(when: tuple[int, int, int] | None) -> bytes:
    month, week, hour = when or (0, 0, 0)
    return struct.pack("<8H", 0, month, 0, week, hour, 0, 0, 0)  # a SYSTEMTIME; day 0 = Sunday


ZONES = (
    Zone(key="UTC", iana="Etc/UTC", label="(UTC) Coordinated Universal Time", bias=0),
    Zone(
        key="W. Europe Standard Time", iana="Europe/Berlin", bias=-60,
        label="(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna",
        daylight=(3, 5, 2), standard=(10, 5, 3),
    ),
    Zone(
        key="Eastern Standard Time", iana="America/New_York", bias=300,
        label="(UTC-05:00) Eastern Time (US & Canada)", daylight=(3, 2, 2), standard=(11, 1, 2),
    ),
    Zone(
        key="India Standard Time", iana="Asia/Kolkata", bias=-330,
        label="(UTC+05:30) Chennai, Kolkata, Mumbai, New Delhi",
    ),
)  # fmt: skip


def global_object_id(unique: bytes, created: datetime, *, occurrence: date | None = None) -> bytes:
    """Make a GlobalObjectId; without an occurrence it is the clean one that all copies share.

    Args:
        unique: 16 bytes that no other meeting has.
        created: When the meeting was made: aware, UTC.
        occurrence: The original day of a changed occurrence.
    """
    day = bytes(4)
    if occurrence is not None:
        day = struct.pack(">H2B", occurrence.year, occurrence.month, occurrence.day)
    microseconds = (created - datetime(1601, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    return b"".join(
        (
            bytes.fromhex("040000008200E00074C5B7101A82E008"),
            day,
            struct.pack("<Q", microseconds * 10),
            bytes(8),
            struct.pack("<I", len(unique)),
            unique,
        )
    )
