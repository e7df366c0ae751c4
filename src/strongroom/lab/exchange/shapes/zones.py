"""Time zones as Windows knows them: a fixed rule per zone, which is all that the lab needs.

The rules are those of 2007 and later for each zone.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


@dataclass(frozen=True, slots=True)
class Rule:
    """When a clock changes: the nth weekday of a month (5: the last), at an hour of local time.

    Attributes:
        weekday: Sunday is 0.
    """

    month: int
    weekday: int
    nth: int
    hour: int

    def moment(self, year: int) -> datetime:
        """Say when that is in a year, in local time without a zone."""
        first = datetime(year, self.month, 1, self.hour)  # noqa: DTZ001 - local time
        day = first + timedelta(days=(self.weekday - first.isoweekday() % 7) % 7)
        day += timedelta(weeks=self.nth - 1)
        return day if day.month == self.month else day - timedelta(weeks=1)


@dataclass(frozen=True, slots=True)
class Zone:
    """One zone.

    Attributes:
        bias: Minutes to add to local standard time to get UTC.
        daylight, standard: When daylight and when standard time begins; None: no daylight time.
    """

    key: str
    name: str
    bias: int
    daylight: Rule | None = None
    standard: Rule | None = None

    def to_utc(self, local: datetime) -> datetime:
        """Turn local time without a zone into an aware time in UTC."""
        shift = self.bias - (60 if self._is_daylight(local) else 0)
        return (local + timedelta(minutes=shift)).replace(tzinfo=UTC)

    def to_local(self, when: datetime) -> datetime:
        """Turn an aware time into local time without a zone."""
        plain = when.astimezone(UTC).replace(tzinfo=None) - timedelta(minutes=self.bias)
        return plain + timedelta(hours=1) if self._is_daylight(plain) else plain

    def _is_daylight(self, local: datetime) -> bool:
        if self.daylight is None or self.standard is None:
            return False
        begins, ends = self.daylight.moment(local.year), self.standard.moment(local.year)
        if begins < ends:
            return begins <= local < ends
        return not ends <= local < begins

    def definition(self) -> bytes:
        """Write PidLidAppointmentTimeZoneDefinitionStartDisplay with one rule.

        Source:
            [MS-OXOCAL] 2.2.1.41
        """
        header = struct.pack("<HH", 0x0002, len(self.key)) + self.key.encode("utf-16-le")
        header += struct.pack("<H", 1)
        rule = struct.pack("<2B3H14x", 2, 1, 0x003E, 0x0002, 1601)
        rule += struct.pack("<3i", self.bias, 0, -60 if self.daylight else 0)
        rule += _system_time(self.standard) + _system_time(self.daylight)
        return struct.pack("<2BH", 2, 1, len(header)) + header + rule

    def struct(self) -> bytes:
        """Write PidLidTimeZoneStruct.

        Source:
            [MS-OXOCAL] 2.2.1.39
        """
        return struct.pack(
            "<3iH16sH16s",
            self.bias, 0, -60 if self.daylight else 0,
            0, _system_time(self.standard), 0, _system_time(self.daylight),
        )  # fmt: skip


_EU = (Rule(3, 0, 5, 1), Rule(10, 0, 5, 2))
_CENTRAL_EU = (Rule(3, 0, 5, 2), Rule(10, 0, 5, 3))
_EAST_EU = (Rule(3, 0, 5, 3), Rule(10, 0, 5, 4))
_US = (Rule(3, 0, 2, 2), Rule(11, 0, 1, 2))

ZONES = {
    zone.key: zone
    for zone in (
        Zone("UTC", "(UTC) Coordinated Universal Time", 0),
        Zone("GMT Standard Time", "(UTC+00:00) Dublin, Edinburgh, Lisbon, London", 0, *_EU),
        Zone("Greenwich Standard Time", "(UTC+00:00) Monrovia, Reykjavik", 0),
        Zone("W. Europe Standard Time", "(UTC+01:00) Amsterdam, Berlin, Rome", -60, *_CENTRAL_EU),
        Zone("Romance Standard Time", "(UTC+01:00) Brussels, Madrid, Paris", -60, *_CENTRAL_EU),
        Zone("Central Europe Standard Time", "(UTC+01:00) Budapest, Prague", -60, *_CENTRAL_EU),
        Zone("Central European Standard Time", "(UTC+01:00) Warsaw, Zagreb", -60, *_CENTRAL_EU),
        Zone("FLE Standard Time", "(UTC+02:00) Helsinki, Kyiv, Riga", -120, *_EAST_EU),
        Zone("South Africa Standard Time", "(UTC+02:00) Harare, Pretoria", -120),
        Zone("Russian Standard Time", "(UTC+03:00) Moscow, St. Petersburg", -180),
        Zone("Arabian Standard Time", "(UTC+04:00) Abu Dhabi, Muscat", -240),
        Zone("India Standard Time", "(UTC+05:30) Chennai, Kolkata, Mumbai", -330),
        Zone("China Standard Time", "(UTC+08:00) Beijing, Hong Kong", -480),
        Zone("Tokyo Standard Time", "(UTC+09:00) Osaka, Sapporo, Tokyo", -540),
        Zone(
            "AUS Eastern Standard Time",
            "(UTC+10:00) Canberra, Melbourne, Sydney",
            -600,
            Rule(10, 0, 1, 2),
            Rule(4, 0, 1, 3),
        ),
        Zone("E. South America Standard Time", "(UTC-03:00) Brasilia", 180),
        Zone("Eastern Standard Time", "(UTC-05:00) Eastern Time (US & Canada)", 300, *_US),
        Zone("Central Standard Time", "(UTC-06:00) Central Time (US & Canada)", 360, *_US),
        Zone("Mountain Standard Time", "(UTC-07:00) Mountain Time (US & Canada)", 420, *_US),
        Zone("Pacific Standard Time", "(UTC-08:00) Pacific Time (US & Canada)", 480, *_US),
    )
}


def of_definition(data: bytes) -> str | None:
    """Read the name of the zone out of a definition."""
    try:
        (length,) = struct.unpack_from("<H", data, 6)
        name = data[8 : 8 + 2 * length].decode("utf-16-le")
    except (struct.error, UnicodeDecodeError):
        return None
    return name or None


def _system_time(rule: Rule | None) -> bytes:
    if rule is None:
        return bytes(16)
    return struct.pack("<8H", 0, rule.month, rule.weekday, rule.nth, rule.hour, 0, 0, 0)
