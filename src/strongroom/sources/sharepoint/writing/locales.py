"""How a site wants dates and numbers written in the values of a form.

``ValidateUpdateListItem`` takes what a person would type into a form: in the site's language, its
calendar and, but for Online, its time zone. A date in RFC 3339 is refused. Seconds are taken: they
are among the answers recorded from Online, where the form itself shows minutes.

Source:
    https://learn.microsoft.com/openspecs/windows_protocols/ms-lcid
    https://learn.microsoft.com/dotnet/api/system.globalization.datetimeformatinfo.shortdatepattern
    https://github.com/SharePoint/sp-dev-docs/issues/4917
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal

from strongroom.sources.sharepoint.writing.time_zones import zone_of

GREGORIAN = frozenset({0, 1, 9, 10, 11, 12})
"""Calendar types that count years and months as ``datetime`` does; most differ in words only."""
BUDDHIST = 7
_BUDDHIST_YEARS = 543

# By order, separator and padding: day and month with two digits where the pattern has them so.
_PATTERNS: Mapping[str, tuple[int, ...]] = {
    "{m}/{d}/{y}": (1033,),
    "{d:02}/{m:02}/{y}": (
        *(1036, 1037, 1040, 1046, 1057, 1066, 1106, 1110, 2057, 2058, 2070, 3082, 6153),
        *(1089, 5121, 6145, 9226, 11274, 12298, 13322, 8202),
    ),
    "{d}/{m:02}/{y}": (1086, 2060, 2067, 3081, 5129),
    "{d}/{m}/{y}": (1027, 1032, 1054, 3076, 4100),
    "{d:02}-{m:02}-{y}": (1030, 1081, 16393, 13322),
    "{d}-{m}-{y}": (1043,),
    "{d:02}.{m:02}.{y}": (
        *(1031, 1044, 1045, 1048, 1049, 1055, 1058, 1061, 1062, 1087),
        *(2055, 2064, 2068, 3079, 4103, 4108, 5127),
    ),
    "{d}.{m}.{y}": (1026, 1029, 1035, 1050, 1051, 1060, 1071, 2074, 2077, 5146),
    "{y}-{m:02}-{d:02}": (1042, 1053, 1063, 3084, 4105),
    "{y}/{m:02}/{d:02}": (1041, 1069, 7177),
    "{y}/{m}/{d}": (1028, 2052),
    "{y}.{m:02}.{d:02}.": (1038,),
}
_PATTERN_OF = {lcid: pattern for pattern, lcids in _PATTERNS.items() for lcid in lcids}
_ANY = "{y}-{m:02}-{d:02}"
"""Where we do not know the language: year first is understood in all of them."""

_WITH_POINT = frozenset(
    {
        *(1025, 1028, 1033, 1037, 1041, 1042, 1054, 1081, 1086, 1106, 2052, 2055, 2057, 2058),
        *(2064, 3076, 3081, 4100, 4105, 4108, 5129, 6153, 16393),
    }
)
"""Languages that write 1.5 and not 1,5."""
_WITH_AM_PM = frozenset({1033, 2057, 3081, 4105, 5129, 6153, 7177, 16393})


@dataclass(frozen=True, slots=True, kw_only=True)
class Regional:
    """How a web writes dates and numbers.

    Attributes:
        locale_id: Its language for that, an LCID.
        time_zone: Its time zone; UTC where the server takes dates in UTC.
        is_24_hours: Hours from 0 to 23.
        calendar: ``SPCalendarType``; 1 is the Gregorian.
    """

    locale_id: int = 1033
    time_zone: tzinfo = UTC
    is_24_hours: bool = False
    calendar: int = 1

    @property
    def has_known_calendar(self) -> bool:
        """Whether its dates can be written at all."""
        return self.calendar in GREGORIAN or self.calendar == BUDDHIST

    def moment(self, when: datetime) -> str:
        """Write an aware time as a form of this web wants it.

        Raises:
            ValueError: its calendar is one that we cannot reckon in.
        """
        return self._written(when.astimezone(self.time_zone))

    def _written(self, local: datetime) -> str:
        if not self.has_known_calendar:
            raise ValueError(f"no way to write dates in calendar {self.calendar}")
        year = local.year + (_BUDDHIST_YEARS if self.calendar == BUDDHIST else 0)
        pattern = _PATTERN_OF.get(self.locale_id, _ANY)
        date = pattern.format(y=f"{year:04}", m=local.month, d=local.day)
        return f"{date} {self._time(local)}"

    def _time(self, local: datetime) -> str:
        if self.is_24_hours or self.locale_id not in _WITH_AM_PM:
            return f"{local:%H:%M:%S}"
        half = "AM" if local.hour < 12 else "PM"
        return f"{local.hour % 12 or 12}:{local:%M:%S} {half}"

    def number(self, value: float | Decimal) -> str:
        """Write a number without grouping, with the decimal sign of this web."""
        text = format(Decimal(str(value)), "f")
        if "." in text:
            text = text.rstrip("0").rstrip(".")
        return text if self.locale_id in _WITH_POINT else text.replace(".", ",")


def regional_of(
    locale_id: int,
    zone_id: int,
    *,
    bias_minutes: int,
    is_24_hours: bool,
    calendar: int,
    is_utc_taken: bool,
) -> Regional:
    """Make it of what a web tells in ``RegionalSettings``.

    Args:
        locale_id: ``LocaleId``.
        zone_id: ``TimeZone/Id``.
        bias_minutes: ``TimeZone/Information/Bias``: what is to be added to local time for UTC. For
            a zone that we do not know: its summers are then an hour off, which the comparison
            tells.
        is_24_hours: ``Time24``.
        calendar: ``CalendarType``.
        is_utc_taken: The server takes dates in UTC (``datesInUTC``).
    """
    fallback = timedelta(minutes=-bias_minutes)
    return Regional(
        locale_id=locale_id,
        time_zone=UTC if is_utc_taken else zone_of(zone_id, fallback),
        is_24_hours=is_24_hours,
        calendar=calendar,
    )
