"""The time zone that an appointment was made in, from the structure that Outlook keeps with it.

Source:
    [MS-OXOCAL] 2.2.1.39 PidLidTimeZoneStruct, 2.2.1.41 PidLidAppointmentTimeZoneDefinition….
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from strongroom.content import tags
from strongroom.content.message import Properties, get, text

_STRUCT = struct.Struct("<iiiH8HH8H")
_RULE = struct.Struct("<2x2xHH14xiii8H8H")
_DAYS = ("SU", "MO", "TU", "WE", "TH", "FR", "SA")


@dataclass(frozen=True, slots=True)
class Switch:
    """When clocks change each year: the *week*-th *weekday* (0 Sunday; week 5 is the last)."""

    month: int
    weekday: int
    week: int
    hour: int
    minute: int

    def in_year(self, year: int) -> datetime:
        """Say when it is, by the clock that runs until then; a naive local time."""
        first = datetime(year, self.month, 1, self.hour, self.minute)  # noqa: DTZ001 - local time
        ahead = (self.weekday - (first.weekday() + 1)) % 7
        when = first + timedelta(days=ahead + 7 * (self.week - 1))
        return when if when.month == self.month else when - timedelta(days=7)

    def rule(self) -> str:
        """Say it as a recurrence rule."""
        week = -1 if self.week == 5 else self.week
        return f"FREQ=YEARLY;BYDAY={week}{_DAYS[self.weekday]};BYMONTH={self.month}"


@dataclass(frozen=True, slots=True)
class Zone:
    """A time zone; without a name it is UTC.

    Attributes:
        name: What it is called, safe as a parameter of a content line.
        standard: Ahead of UTC in winter.
        daylight: Ahead of UTC in summer.
        to_standard: When winter time begins; None if clocks are never changed.
        to_daylight: When summer time begins.
    """

    name: str = ""
    standard: timedelta = timedelta()
    daylight: timedelta = timedelta()
    to_standard: Switch | None = None
    to_daylight: Switch | None = None

    def local(self, when: datetime) -> datetime:
        """Say what the clocks there showed at an aware moment; a naive local time."""
        try:
            return self._local(when)
        except (OverflowError, ValueError):
            return when.replace(tzinfo=None)  # the end of the calendar, where nothing is meant

    def utc(self, local: datetime) -> datetime:
        """Say which moment a naive local time is; of a repeated hour, the later one."""
        for ahead in (self.standard, self.daylight):
            when = (local - ahead).replace(tzinfo=UTC)
            if self.local(when) == local:
                return when
        return (local - self.standard).replace(tzinfo=UTC)

    def _local(self, when: datetime) -> datetime:
        winter = when.replace(tzinfo=None) + self.standard
        if self.to_standard is None or self.to_daylight is None:
            return winter
        begin = self.to_daylight.in_year(winter.year)
        end = self.to_standard.in_year(winter.year) - (self.daylight - self.standard)
        is_summer = begin <= winter < end if begin < end else not end <= winter < begin
        return winter + (self.daylight - self.standard) if is_summer else winter

    def value(self, when: datetime, *, is_all_day: bool) -> str:
        """Write an aware moment behind a property's name: a day, a local time, or UTC."""
        if is_all_day:
            return f";VALUE=DATE:{self.local(when):%Y%m%d}"
        return self.local_value(self.local(when), is_all_day=False)

    def local_value(self, local: datetime, *, is_all_day: bool) -> str:
        """Write a naive time of this zone behind a property's name."""
        if is_all_day:
            return f";VALUE=DATE:{local:%Y%m%d}"
        return (
            f';TZID="{self.name}":{local:%Y%m%dT%H%M%S}'
            if self.name
            else f":{local:%Y%m%dT%H%M%SZ}"
        )

    def lines(self) -> Iterator[str]:
        """Write the zone as VTIMEZONE; nothing for UTC."""
        if not self.name:
            return
        yield from ("BEGIN:VTIMEZONE", f"TZID:{self.name}")
        yield from self._part("STANDARD", self.to_standard, self.daylight, self.standard)
        if self.to_daylight:
            yield from self._part("DAYLIGHT", self.to_daylight, self.standard, self.daylight)
        yield "END:VTIMEZONE"

    def _part(
        self, name: str, switch: Switch | None, before: timedelta, after: timedelta
    ) -> Iterator[str]:
        yield f"BEGIN:{name}"
        if switch:
            yield f"DTSTART:{switch.in_year(1970):%Y%m%dT%H%M%S}"
            yield f"RRULE:{switch.rule()}"
        else:
            yield "DTSTART:19700101T000000"
        yield f"TZOFFSETFROM:{_offset(before if switch else after)}"
        yield f"TZOFFSETTO:{_offset(after)}"
        yield f"END:{name}"


UTC_ZONE = Zone()


def read_zone(bag: Properties) -> Zone:
    """Read the zone of an appointment; UTC where none is kept or what is kept is damaged."""
    name = _name(text(bag, tags.PidLidTimeZoneDescription))
    data = get(bag, tags.PidLidTimeZoneStruct, bytes, b"")
    if len(data) >= _STRUCT.size:
        bias, standard, daylight, _, *rest = _STRUCT.unpack_from(data)
        return _zone(name, bias, standard, daylight, rest[:8], rest[9:17])
    for key in (
        tags.PidLidAppointmentTimeZoneDefinitionRecur,
        tags.PidLidAppointmentTimeZoneDefinitionStartDisplay,
    ):
        data = get(bag, key, bytes, b"")
        if len(data) >= 8 + _RULE.size:
            # The last rule is the one in force latest.
            key_name = data[8 : 8 + 2 * int.from_bytes(data[6:8], "little")]
            _, _, bias, standard, daylight, *rest = _RULE.unpack(data[-_RULE.size :])
            called = _name(key_name.decode("utf-16-le", "replace"))
            return _zone(called or name, bias, standard, daylight, rest[:8], rest[8:16])
    return UTC_ZONE


def _name(raw: str) -> str:
    # As the value of a property it would need escapes, as that of a parameter it may not have any.
    return "".join(c for c in raw if c.isprintable() and c not in '",;\\')[:100].strip()


def _zone(
    name: str, bias: int, standard: int, daylight: int, winter: list[int], summer: list[int]
) -> Zone:
    to_standard, to_daylight = _switch(winter), _switch(summer)
    offsets = (-(bias + standard), -(bias + daylight))
    if not (name and all(abs(minutes) <= 24 * 60 for minutes in offsets)):
        return UTC_ZONE
    ahead, ahead_in_summer = (timedelta(minutes=minutes) for minutes in offsets)
    if to_standard is None or to_daylight is None:
        return Zone(name, ahead, ahead)
    return Zone(name, ahead, ahead_in_summer, to_standard, to_daylight)


def _switch(system_time: list[int]) -> Switch | None:
    _, month, weekday, week, hour, minute, *_ = system_time
    if not (1 <= month <= 12 and weekday < 7 and 1 <= week <= 5 and hour < 24 and minute < 60):
        return None
    return Switch(month, weekday, week, hour, minute)


def _offset(ahead: timedelta) -> str:
    minutes = int(ahead.total_seconds()) // 60
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}{abs(minutes) % 60:02d}"
