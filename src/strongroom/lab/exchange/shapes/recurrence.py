"""The binary recurrence pattern of appointments and tasks, and EWS's words for it.

Little-endian: versions 2+2, frequency 2, pattern 2, calendar 2, first 4, period 4, sliding 4,
specific 4 (weekly, monthly) or 8 (nth day of month), end 4, count 4, first day of week 4, deleted
dates, changed dates, start 4, end 4; appointments go on with 4+4, begin and end within the day 4+4,
exceptions. Dates are minutes since 1601 in the series' own time.

Source:
    [MS-OXOCAL] 2.2.1.44
"""

from __future__ import annotations

import struct
from calendar import monthrange
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from strongroom.lab.exchange.xml import Element, children, element, find, name_of, text_of

_EPOCH = datetime(1601, 1, 1)  # noqa: DTZ001 - the series' own time has no zone
_DAY_MINUTES = 24 * 60
_DAILY, _WEEKLY, _MONTHLY, _YEARLY = 0x200A, 0x200B, 0x200C, 0x200D
_BY_DAY, _BY_WEEK, _BY_MONTH, _BY_NTH = 0, 1, 2, 3
_ENDS_ON, _ENDS_AFTER, _NEVER = 0x2021, 0x2022, 0x2023
_NEVER_DATE = 0x5AE980DF
_NEVER_COUNT = 10
_DAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
_DAY_GROUPS = {0x7F: "Day", 0x3E: "Weekday", 0x41: "WeekendDay"}
_INDEXES = ("First", "Second", "Third", "Fourth", "Last")
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """When a series happens, in its own time.

    Attributes:
        period: Days, weeks or months between occurrences.
        days: Bits of the days of the week, Sunday lowest; 0 if the pattern has none.
        specific: Day of the month, or which one of the month (5: last), or 0.
        deleted, changed: Begins that the pattern gives and that do not happen, or not so.
        begin, end: Minutes within the day.
    """

    frequency: int
    kind: int
    period: int
    days: int = 0
    specific: int = 0
    end_kind: int = _NEVER
    count: int = _NEVER_COUNT
    start: date
    last: date | None = None
    deleted: tuple[datetime, ...] = ()
    changed: tuple[tuple[datetime, datetime, datetime], ...] = ()
    begin: int = 0
    end: int = 0


@dataclass(frozen=True, slots=True)
class Texts:
    """What a changed occurrence says in words of its own; None is as its series."""

    subject: str | None = None
    location: str | None = None

    @property
    def flags(self) -> int:
        """The bits that say which there are."""
        return (0x0001 if self.subject is not None else 0) | (
            0x0010 if self.location is not None else 0
        )

    @property
    def given(self) -> tuple[str, ...]:
        """Those that there are, in the order in which they are written."""
        return tuple(one for one in (self.subject, self.location) if one is not None)


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def take(self, form: str) -> tuple[int, ...]:
        values = struct.unpack_from("<" + form, self._data, self._at)
        self._at += struct.calcsize("<" + form)
        return values

    def dates(self) -> list[int]:
        (count,) = self.take("I")
        return list(self.take(f"{count}I"))

    def skip_text(self) -> None:
        _, length = self.take("2H")
        self._at += length

    @property
    def is_at_end(self) -> bool:
        return self._at >= len(self._data)


def parse(data: bytes) -> Pattern:
    """Read a pattern of an appointment or a task.

    Raises:
        ValueError: it is none, or of a calendar that is not the usual one.
    """
    try:
        return _parse(_Reader(data))
    except (struct.error, OverflowError) as error:
        raise ValueError("not a recurrence pattern") from error


def _parse(reader: _Reader) -> Pattern:
    _, _, frequency, kind, _ = reader.take("5H")
    _, period, _ = reader.take("3I")
    days = specific = 0
    if kind == _BY_WEEK:
        (days,) = reader.take("I")
    elif kind == _BY_NTH:
        days, specific = reader.take("2I")
    elif kind == _BY_MONTH:
        (specific,) = reader.take("I")
    elif kind != _BY_DAY:
        raise ValueError(f"pattern {kind:#x}")
    end_kind, count, _ = reader.take("3I")
    deleted = reader.dates()
    reader.dates()
    start, last = reader.take("2I")
    begin = end = 0
    changed: tuple[tuple[datetime, datetime, datetime], ...] = ()
    if not reader.is_at_end:
        _, _, begin, end = reader.take("4I")
        changed = _exceptions(reader)
    moved = {original.date() for _, _, original in changed}
    gone = (_when(minutes) + timedelta(minutes=begin) for minutes in deleted)
    return Pattern(
        frequency=frequency,
        kind=kind,
        period=period // _DAY_MINUTES if frequency == _DAILY and kind == _BY_DAY else period,
        days=days,
        specific=specific,
        end_kind=end_kind,
        count=count,
        start=_when(start).date(),
        last=None if end_kind == _NEVER else _when(last).date(),
        deleted=tuple(one for one in gone if one.date() not in moved),
        changed=changed,
        begin=begin,
        end=end,
    )


def _exceptions(reader: _Reader) -> tuple[tuple[datetime, datetime, datetime], ...]:
    (count,) = reader.take("H")
    found = []
    for _ in range(count):
        start, end, original = reader.take("3I")
        found.append((_when(start), _when(end), _when(original)))
        (flags,) = reader.take("H")
        for bit, form in _OVERRIDES:
            if not flags & bit:
                continue
            if form:
                reader.take(form)
            else:
                reader.skip_text()
    return tuple(found)


# What an exception may say otherwise than its series: a bit and the form of what follows.
_OVERRIDES = (
    (0x0001, ""), (0x0002, "I"), (0x0004, "I"), (0x0008, "I"), (0x0010, ""),
    (0x0020, "I"), (0x0040, "I"), (0x0080, "I"), (0x0100, "I"),
)  # fmt: skip


def build(
    pattern: Pattern, texts: Mapping[datetime, Texts] | None = None, *, is_task: bool = False
) -> bytes:
    """Write a pattern; a task's ends earlier.

    Args:
        pattern: The pattern with its deleted and changed occurrences.
        texts: Subject and location of changed occurrences, by their original begin.
        is_task: Without what only appointments have.
    """
    first, period = _first(pattern), pattern.period
    if pattern.kind == _BY_DAY:
        period *= _DAY_MINUTES
    parts = [
        struct.pack("<5H", 0x3004, 0x3004, pattern.frequency, pattern.kind, 0),
        struct.pack("<3I", first, period, 0),
    ]
    if pattern.kind in (_BY_WEEK, _BY_NTH):
        parts.append(struct.pack("<I", pattern.days))
    if pattern.kind in (_BY_MONTH, _BY_NTH):
        parts.append(struct.pack("<I", pattern.specific))
    last = _NEVER_DATE if pattern.last is None else _minutes(pattern.last)
    gone = [one.date() for one in pattern.deleted] + [one.date() for *_, one in pattern.changed]
    parts += [
        struct.pack("<3I", pattern.end_kind, pattern.count, 0),
        _days_list(gone),
        _days_list([start.date() for start, _, _ in pattern.changed]),
        struct.pack("<2I", _minutes(pattern.start), last),
    ]
    if not is_task:
        parts.append(struct.pack("<4I", 0x3006, 0x3009, pattern.begin, pattern.end))
        parts += _exceptions_written(pattern, texts or {})
    return b"".join(parts)


def _days_list(days: Iterable[date]) -> bytes:
    ordered = sorted(days)
    return struct.pack(f"<{len(ordered) + 1}I", len(ordered), *map(_minutes, ordered))


def _exceptions_written(pattern: Pattern, texts: Mapping[datetime, Texts]) -> Iterator[bytes]:
    yield struct.pack("<H", len(pattern.changed))
    for change in pattern.changed:
        own = texts.get(change[2], Texts())
        yield _change_times(change) + struct.pack("<H", own.flags)
        for text in own.given:
            narrow = text.encode("cp1252", "replace")
            yield struct.pack("<2H", len(narrow) + 1, len(narrow)) + narrow
    yield struct.pack("<I", 0)
    for change in pattern.changed:
        own = texts.get(change[2], Texts())
        yield struct.pack("<3I", 4, 0, 0)
        if own.flags:
            yield _change_times(change)
            for text in own.given:
                wide = text.encode("utf-16-le", "surrogatepass")
                yield struct.pack("<H", len(wide) // 2) + wide
            yield struct.pack("<I", 0)
    yield struct.pack("<I", 0)


def _change_times(change: tuple[datetime, datetime, datetime]) -> bytes:
    return struct.pack("<3I", *((one - _EPOCH) // timedelta(minutes=1) for one in change))


def begins(pattern: Pattern) -> Iterator[datetime]:
    """Give the begin of each occurrence by the pattern, deleted and changed ones included.

    A series that never ends gives them as long as dates go.
    """
    for number, day in enumerate(_pattern_days(pattern)):
        if pattern.end_kind == _ENDS_AFTER and number >= pattern.count:
            return
        if pattern.end_kind == _ENDS_ON and pattern.last is not None and day > pattern.last:
            return
        yield datetime(day.year, day.month, day.day) + timedelta(minutes=pattern.begin)  # noqa: DTZ001


def _pattern_days(pattern: Pattern) -> Iterator[date]:
    if pattern.kind == _BY_DAY:
        day = pattern.start
        while day.year < date.max.year:
            yield day
            day += timedelta(days=pattern.period)
    elif pattern.kind == _BY_WEEK:
        yield from _pattern_weeks(pattern)
    else:
        yield from _pattern_months(pattern)


def _pattern_weeks(pattern: Pattern) -> Iterator[date]:
    sunday = pattern.start - timedelta(days=pattern.start.isoweekday() % 7)
    while sunday.year < date.max.year:
        for bit in range(7):
            day = sunday + timedelta(days=bit)
            if pattern.days >> bit & 1 and day >= pattern.start:
                yield day
        sunday += timedelta(weeks=pattern.period)


def _pattern_months(pattern: Pattern) -> Iterator[date]:
    month = pattern.start.year * 12 + pattern.start.month - 1
    while month // 12 < date.max.year:
        day = _day_in_month(pattern, month // 12, month % 12 + 1)
        if day >= pattern.start:
            yield day
        month += pattern.period


def _day_in_month(pattern: Pattern, year: int, month: int) -> date:
    length = monthrange(year, month)[1]
    if pattern.kind == _BY_MONTH:
        return date(year, month, min(pattern.specific, length))
    fitting = [
        day
        for number in range(1, length + 1)
        if pattern.days >> ((day := date(year, month, number)).isoweekday() % 7) & 1
    ]
    return fitting[min(pattern.specific, len(fitting)) - 1]


def xml(pattern: Pattern) -> str:
    """Write the Recurrence element."""
    start = element("StartDate", _date(pattern.start))
    if pattern.end_kind == _ENDS_AFTER:
        count = element("NumberOfOccurrences", str(pattern.count))
        end = f"<t:NumberedRecurrence>{start}{count}</t:NumberedRecurrence>"
    elif pattern.last is not None:
        last = element("EndDate", _date(pattern.last))
        end = f"<t:EndDateRecurrence>{start}{last}</t:EndDateRecurrence>"
    else:
        end = f"<t:NoEndRecurrence>{start}</t:NoEndRecurrence>"
    return f"<t:Recurrence>{_pattern_xml(pattern)}{end}</t:Recurrence>"


def read(node: Element, *, begin: int = 0, end: int = 0) -> Pattern:
    """Read a Recurrence element.

    Raises:
        ValueError: it is of a kind that is not kept (regenerating tasks).
    """
    how, span = children(node)
    name = name_of(how)
    days, specific = _days(how), int(text_of(how, "t:DayOfMonth") or "0")
    if find(how, "t:DayOfWeekIndex") is not None:
        specific = _INDEXES.index(text_of(how, "t:DayOfWeekIndex") or "") + 1
    if name not in _SHAPES:
        raise ValueError(name)
    frequency, kind = _SHAPES[name]
    count = text_of(span, "t:NumberOfOccurrences")
    last = text_of(span, "t:EndDate")
    start = _read_date(text_of(span, "t:StartDate") or "")
    period = int(text_of(how, "t:Interval") or "1") * (12 if frequency == _YEARLY else 1)
    return Pattern(
        frequency=frequency,
        kind=kind,
        period=period,
        days=days,
        specific=specific,
        end_kind=_ENDS_AFTER if count else _ENDS_ON if last else _NEVER,
        count=int(count) if count else _NEVER_COUNT,
        start=start,
        last=_read_date(last) if last else start if count else None,
        begin=begin,
        end=end,
    )


_SHAPES = {
    "RelativeYearlyRecurrence": (_YEARLY, _BY_NTH),
    "AbsoluteYearlyRecurrence": (_YEARLY, _BY_MONTH),
    "RelativeMonthlyRecurrence": (_MONTHLY, _BY_NTH),
    "AbsoluteMonthlyRecurrence": (_MONTHLY, _BY_MONTH),
    "WeeklyRecurrence": (_WEEKLY, _BY_WEEK),
    "DailyRecurrence": (_DAILY, _BY_DAY),
}


def _pattern_xml(pattern: Pattern) -> str:
    interval = element("Interval", str(pattern.period))
    month = element("Month", _MONTHS[pattern.start.month - 1])
    if pattern.kind == _BY_DAY:
        return f"<t:DailyRecurrence>{interval}</t:DailyRecurrence>"
    if pattern.kind == _BY_WEEK:
        names = " ".join(day for bit, day in enumerate(_DAYS) if pattern.days >> bit & 1)
        return f"<t:WeeklyRecurrence>{interval}{element('DaysOfWeek', names)}</t:WeeklyRecurrence>"
    is_yearly = pattern.frequency == _YEARLY
    if pattern.kind == _BY_MONTH:
        day = element("DayOfMonth", str(pattern.specific))
        if is_yearly:
            return f"<t:AbsoluteYearlyRecurrence>{day}{month}</t:AbsoluteYearlyRecurrence>"
        return f"<t:AbsoluteMonthlyRecurrence>{interval}{day}</t:AbsoluteMonthlyRecurrence>"
    day = element("DaysOfWeek", _day_name(pattern.days))
    day += element("DayOfWeekIndex", _INDEXES[pattern.specific - 1])
    if is_yearly:
        return f"<t:RelativeYearlyRecurrence>{day}{month}</t:RelativeYearlyRecurrence>"
    return f"<t:RelativeMonthlyRecurrence>{interval}{day}</t:RelativeMonthlyRecurrence>"


def _day_name(bits: int) -> str:
    if bits in _DAY_GROUPS:
        return _DAY_GROUPS[bits]
    return next(day for bit, day in enumerate(_DAYS) if bits >> bit & 1)


def _days(how: Element) -> int:
    names = (text_of(how, "t:DaysOfWeek") or "").split()
    groups = {name: bits for bits, name in _DAY_GROUPS.items()}
    bits = 0
    for name in names:
        bits |= groups[name] if name in groups else 1 << _DAYS.index(name)
    return bits


def _first(pattern: Pattern) -> int:
    start = _minutes(pattern.start)
    if pattern.kind == _BY_DAY:
        return start % (pattern.period * _DAY_MINUTES)
    if pattern.kind == _BY_WEEK:
        sunday = start - (pattern.start.isoweekday() % 7) * _DAY_MINUTES
        return sunday % (pattern.period * 7 * _DAY_MINUTES)
    months = (pattern.start.year - 1601) * 12 + pattern.start.month - 1
    months %= pattern.period
    return _minutes(date(1601 + months // 12, months % 12 + 1, 1))


def _when(minutes: int) -> datetime:
    return _EPOCH + timedelta(minutes=minutes)


def _minutes(day: date) -> int:
    return (day - _EPOCH.date()).days * _DAY_MINUTES


def _date(day: date) -> str:
    return f"{day.isoformat()}Z"


def _read_date(text: str) -> date:
    return date.fromisoformat(text.strip()[:10])
