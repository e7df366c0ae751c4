"""Times as the people of a site write them, which is how some methods want them.

``ValidateUpdateListItem`` reads a time by the site's locale and time zone. ISO 8601 it refuses.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Locale:
    """How one writes dates.

    Attributes:
        order: Of day, month and year: ``dmy``.
        separator: Between them.
        is_padded: ``05`` and not ``5``.
        has_24_hours: Unless the site says otherwise.
    """

    order: str
    separator: str
    is_padded: bool
    has_24_hours: bool


LOCALES: Mapping[int, Locale] = {
    1033: Locale("mdy", "/", is_padded=False, has_24_hours=False),
    2057: Locale("dmy", "/", is_padded=True, has_24_hours=True),
    3081: Locale("dmy", "/", is_padded=False, has_24_hours=False),
    4105: Locale("ymd", "-", is_padded=True, has_24_hours=False),
    1031: Locale("dmy", ".", is_padded=True, has_24_hours=True),
    2055: Locale("dmy", ".", is_padded=True, has_24_hours=True),
    3079: Locale("dmy", ".", is_padded=True, has_24_hours=True),
    1043: Locale("dmy", "-", is_padded=False, has_24_hours=True),
    2067: Locale("dmy", "/", is_padded=False, has_24_hours=True),
    1036: Locale("dmy", "/", is_padded=True, has_24_hours=True),
    4108: Locale("dmy", ".", is_padded=True, has_24_hours=True),
    3082: Locale("dmy", "/", is_padded=True, has_24_hours=True),
    1040: Locale("dmy", "/", is_padded=True, has_24_hours=True),
    1030: Locale("dmy", "-", is_padded=True, has_24_hours=True),
    1035: Locale("dmy", ".", is_padded=False, has_24_hours=True),
    1053: Locale("ymd", "-", is_padded=True, has_24_hours=True),
    1045: Locale("dmy", ".", is_padded=True, has_24_hours=True),
    1041: Locale("ymd", "/", is_padded=True, has_24_hours=True),
}
"""By LCID."""

ZONES: Mapping[int, str] = {
    2: "Europe/London",
    3: "Europe/Paris",
    4: "Europe/Berlin",
    5: "Europe/Bucharest",
    10: "America/New_York",
    11: "America/Chicago",
    12: "America/Denver",
    13: "America/Los_Angeles",
    20: "Asia/Tokyo",
    23: "Asia/Kolkata",
    45: "Asia/Shanghai",
    57: "Europe/Warsaw",
    59: "Europe/Helsinki",
    76: "Australia/Sydney",
    93: "UTC",
}
"""SharePoint's own numbers of time zones."""

_PLAIN = re.compile(r"(\d{4})-(\d{2})-(\d{2}) (\d{1,2}):(\d{2})(?::(\d{2}))?")
_LOCAL = re.compile(
    r"(\d{1,4})([/.\-])(\d{1,2})\2(\d{1,4})(?:\s+(\d{1,2}):(\d{2})(?::(\d{2}))?(?:\s*([AaPp][Mm]))?)?"
)


class NoDate(Exception):
    """This is not how the site's people write times."""


def zone_of(number: int) -> ZoneInfo:
    """Give a time zone; one that is not known here counts as UTC."""
    return ZoneInfo(ZONES.get(number, "UTC"))


def read_local(text: str, *, locale_id: int, zone_id: int, is_utc: bool = False) -> datetime:
    """Read a time.

    Args:
        text: As it was sent.
        locale_id: LCID of the web.
        zone_id: SharePoint's number of its time zone.
        is_utc: It was said that the time is UTC.

    Returns:
        Aware, UTC.

    Raises:
        NoDate: it is written otherwise.
    """
    year, month, day, hour, minute, second = _parts(text.strip(), _locale(locale_id))
    zone = UTC if is_utc else zone_of(zone_id)
    try:
        read = datetime(year, month, day, hour, minute, second, tzinfo=zone)
    except ValueError:
        raise NoDate from None
    if not 1900 <= read.year <= 8900:
        raise NoDate
    return read.astimezone(UTC)


def write_local(
    when: datetime, *, locale_id: int, zone_id: int, time24: bool, has_time: bool = True
) -> str:
    """Write a time as the site's people do."""
    locale = _locale(locale_id)
    local = when.astimezone(zone_of(zone_id))
    width = 2 if locale.is_padded else 1
    parts = {"d": f"{local.day:0{width}}", "m": f"{local.month:0{width}}", "y": f"{local.year:04}"}
    date = locale.separator.join(parts[one] for one in locale.order)
    if not has_time:
        return date
    if time24 or locale.has_24_hours:
        return f"{date} {local.hour:02}:{local.minute:02}"
    half = "AM" if local.hour < 12 else "PM"
    return f"{date} {local.hour % 12 or 12}:{local.minute:02} {half}"


def _locale(number: int) -> Locale:
    return LOCALES.get(number, LOCALES[1033])


def _parts(text: str, locale: Locale) -> tuple[int, int, int, int, int, int]:
    plain = _PLAIN.fullmatch(text)
    if plain is not None:
        # Recorded: this form was taken by an American site.
        year, month, day, hour, minute = (int(plain[place]) for place in range(1, 6))
        return year, month, day, hour, minute, int(plain[6] or 0)
    local = _LOCAL.fullmatch(text)
    if local is None or local[2] != locale.separator:
        raise NoDate
    found = dict(zip(locale.order, (local[1], local[3], local[4]), strict=True))
    if len(found["y"]) != 4 or len(found["d"]) > 2 or len(found["m"]) > 2:
        raise NoDate
    hour = int(local[5] or 0)
    if local[8]:
        if not 1 <= hour <= 12:
            raise NoDate
        hour = hour % 12 + (12 if local[8].casefold() == "pm" else 0)
    clock = hour, int(local[6] or 0), int(local[7] or 0)
    return int(found["y"]), int(found["m"]), int(found["d"]), *clock
