"""The recurrence of an appointment, from Outlook's binary pattern to an iCalendar rule.

Source:
    [MS-OXOCAL] 2.2.1.44 AppointmentRecurrencePattern; RFC 5545 3.3.10.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from strongroom.content import tags
from strongroom.content.message import Properties, get
from strongroom.content.timezones import Zone

_EPOCH = datetime(1601, 1, 1)  # noqa: DTZ001 - the pattern counts local minutes
_DAYS = ("SU", "MO", "TU", "WE", "TH", "FR", "SA")
_DAILY, _WEEKLY, _MONTHLY, _YEARLY = 0x200A, 0x200B, 0x200C, 0x200D
_BY_DAY, _BY_WEEK, _BY_MONTH, _BY_NTH, _BY_MONTH_END = 0, 1, 2, 3, 4
_ENDS_BY_DATE, _ENDS_BY_COUNT = 0x2021, 0x2022
_DAY_MINUTES = 24 * 60
_DATES_MAX = 10_000


@dataclass(frozen=True, slots=True)
class Recurrence:
    """How an appointment repeats.

    Attributes:
        rule: As an iCalendar rule, without its end.
        count: How often in all; 0 if it does not end by count.
        until: Its last day if it ends by date, naive local, else None.
        start_minute: Minute of the day at which it begins.
        deleted: Days on which it does not take place, naive local midnights.
    """

    rule: str
    count: int
    until: datetime | None
    start_minute: int
    deleted: tuple[datetime, ...]

    def lines(self, zone: Zone, *, is_all_day: bool) -> Iterator[str]:
        """Write the rule and its exceptions as content lines."""
        end = f";COUNT={self.count}" if self.count else ""
        offset = timedelta(minutes=self.start_minute)
        if self.until:
            last = self.until if is_all_day else self.until + offset
            shown = f"{last:%Y%m%d}" if is_all_day else f"{zone.utc(last):%Y%m%dT%H%M%SZ}"
            end = f";UNTIL={shown}"
        yield f"RRULE:{self.rule}{end}"
        for day in self.deleted:
            yield "EXDATE" + zone.local_value(day + offset, is_all_day=is_all_day)


def read_recurrence(bag: Properties) -> Recurrence | None:
    """Read the pattern of an appointment; None if it has none, or one that we cannot express."""
    data = get(bag, tags.PidLidAppointmentRecur, bytes, b"")
    try:
        return _read(data) if data else None
    except (struct.error, ValueError, OverflowError):
        return None


def _read(data: bytes) -> Recurrence | None:
    _, _, frequency, pattern, calendar, _, period, _ = struct.unpack_from("<HHHHHIII", data)
    offset = 22
    specific: tuple[int, ...] = ()
    if pattern != _BY_DAY:
        width = 2 if pattern == _BY_NTH else 1
        specific = struct.unpack_from(f"<{width}I", data, offset)
        offset += 4 * width
    end_type, count, first_weekday = struct.unpack_from("<III", data, offset)
    deleted, offset = _dates(data, offset + 12)
    _, offset = _dates(data, offset)
    _, last_day = struct.unpack_from("<II", data, offset)
    start_minute, _, exceptions = struct.unpack_from("<IIH", data, offset + 16)
    moved = _moved_days(data, offset + 26, exceptions)
    rule = _rule(frequency, pattern, period, specific, first_weekday)
    if rule is None or calendar > 1 or start_minute >= 2 * _DAY_MINUTES:
        return None
    return Recurrence(
        rule,
        count=count if end_type == _ENDS_BY_COUNT else 0,
        until=_EPOCH + timedelta(minutes=last_day) if end_type == _ENDS_BY_DATE else None,
        start_minute=start_minute,
        deleted=tuple(_EPOCH + timedelta(minutes=day) for day in deleted if day not in moved),
    )


def _dates(data: bytes, offset: int) -> tuple[tuple[int, ...], int]:
    (count,) = struct.unpack_from("<I", data, offset)
    if count > _DATES_MAX:
        raise ValueError("more exceptions than any calendar holds")
    return struct.unpack_from(f"<{count}I", data, offset + 4), offset + 4 + 4 * count


def _moved_days(data: bytes, offset: int, count: int) -> set[int]:
    """Find the days whose occurrence was changed: they count as deleted too, but are not gone."""
    days: set[int] = set()
    for _ in range(count):
        _, _, original, flags = struct.unpack_from("<IIIH", data, offset)
        offset += 14
        days.add(original - original % _DAY_MINUTES)
        for bit in (0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0x100):
            if not flags & bit:
                continue
            if bit in {0x01, 0x10}:  # subject and location: two lengths and eight-bit text
                offset += 4 + struct.unpack_from("<H", data, offset + 2)[0]
            else:
                offset += 4
    return days


def _rule(
    frequency: int, pattern: int, period: int, specific: tuple[int, ...], first_weekday: int
) -> str | None:
    if pattern == _BY_DAY and frequency == _DAILY:
        return f"FREQ=DAILY;INTERVAL={max(1, period // _DAY_MINUTES)}"
    if pattern == _BY_WEEK:
        days = _weekdays(specific[0])
        start = _DAYS[first_weekday % 7]
        return f"FREQ=WEEKLY;INTERVAL={max(1, period)};BYDAY={days};WKST={start}" if days else None
    if frequency not in {_MONTHLY, _YEARLY}:
        return None
    # Yearly patterns count in months as well; as a rule of months they need not name the month.
    base = f"FREQ=MONTHLY;INTERVAL={max(1, period)}"
    if pattern == _BY_NTH:
        days, nth = _weekdays(specific[0]), specific[1]
        position = -1 if nth == 5 else nth
        return f"{base};BYDAY={days};BYSETPOS={position}" if days and 1 <= nth <= 5 else None
    if pattern in {_BY_MONTH, _BY_MONTH_END}:
        day = -1 if pattern == _BY_MONTH_END or specific[0] == 31 else specific[0]
        return f"{base};BYMONTHDAY={day}" if day == -1 or 1 <= day <= 30 else None
    return None


def _weekdays(mask: int) -> str:
    return ",".join(day for number, day in enumerate(_DAYS) if mask >> number & 1)
