"""How the people of a web write numbers and times."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from strongroom.lab.sharepoint.content.webs import Web
from strongroom.lab.sharepoint.rest.call import Call
from strongroom.lab.sharepoint.rest.dates import LOCALES, zone_of
from strongroom.lab.sharepoint.rest.entities.common import fixed, known
from strongroom.lab.sharepoint.rest.kinds import (
    Body,
    Complex,
    Entity,
    Kind,
)

_MINUTE = timedelta(minutes=1)


def regional_of(_: Call, web: Web, path: str) -> Entity:
    """Give a web's regional settings."""
    return Entity(REGIONAL, web, path)


def _zone(_: Call, web: Web, path: str) -> Entity:
    return Entity(ZONE, web, path)


def _information(call: Call, web: Web) -> Complex:
    zone = zone_of(web.regional.time_zone)
    year = call.clock.now().year
    winter, summer = (
        call.clock.now().replace(year=year, month=month, day=1).astimezone(zone).utcoffset()
        or timedelta()
        for month in (1, 7)
    )
    standard, daylight = min(winter, summer), max(winter, summer)
    return Complex(
        "SP.TimeZoneInformation",
        {
            "Bias": -standard // _MINUTE,
            "DaylightBias": -(daylight - standard) // _MINUTE if daylight != standard else -60,
            "StandardBias": 0,
        },
    )


def _zone_text(call: Call, web: Web) -> str:
    number = web.regional.time_zone
    return f"({zone_of(number).key})"


def _set_regional(call: Call, web: Web, body: Body) -> None:
    regional = web.regional
    names = {
        "LocaleId": "locale_id",
        "FirstDayOfWeek": "first_day_of_week",
        "CalendarType": "calendar",
        "Collation": "collation",
        "WorkDays": "work_days",
        "WorkDayStartHour": "work_day_start",
        "WorkDayEndHour": "work_day_end",
    }
    for name, attribute in names.items():
        if isinstance(body.get(name), int):
            setattr(regional, attribute, body[name])
    if "Time24" in body:
        regional.has_24_hours = bool(body["Time24"])
    zone = body.get("TimeZone")
    if isinstance(zone, Mapping) and isinstance(zone.get("Id"), int):
        regional.time_zone = zone["Id"]
    web.update(by=call.user_id)


def _separator(web: Web) -> str:
    found = LOCALES.get(web.regional.locale_id)
    return found.separator if found else "/"


def _has_comma(web: Web) -> bool:
    return web.regional.locale_id not in {1033, 2057, 3081, 4105, 1041}


REGIONAL: Kind[Web] = known(
    Kind(
        name="SP.RegionalSettings",
        values={
            "AdjustHijriDays": lambda _, web: 0,
            "AlternateCalendarType": lambda _, web: web.regional.alternate_calendar,
            "AM": lambda _, web: "AM",
            "CalendarType": lambda _, web: web.regional.calendar,
            "Collation": lambda _, web: web.regional.collation,
            "CollationLCID": lambda _, web: web.regional.locale_id,
            "DateFormat": lambda _, web: 0,
            "DateSeparator": lambda _, web: _separator(web),
            "DecimalSeparator": lambda _, web: "," if _has_comma(web) else ".",
            "DigitGrouping": lambda _, web: "3;0",
            "FirstDayOfWeek": lambda _, web: web.regional.first_day_of_week,
            "FirstWeekOfYear": lambda _, web: 0,
            **fixed({"IsEastAsia": False, "IsRightToLeft": False, "IsUIRightToLeft": False}),
            "ListSeparator": lambda _, web: ";" if _has_comma(web) else ",",
            "LocaleId": lambda _, web: web.regional.locale_id,
            **fixed({"NegativeSign": "-", "NegNumberMode": 1, "PM": "PM", "PositiveSign": "",
                     "ShowWeeks": False}),
            "ThousandSeparator": lambda _, web: "." if _has_comma(web) else ",",
            "Time24": lambda _, web: web.regional.has_24_hours,
            **fixed({"TimeMarkerPosition": 0, "TimeSeparator": ":"}),
            "WorkDayEndHour": lambda _, web: web.regional.work_day_end,
            "WorkDays": lambda _, web: web.regional.work_days,
            "WorkDayStartHour": lambda _, web: web.regional.work_day_start,
        },
        links={"TimeZone": _zone},
        update=_set_regional,
    )
)  # fmt: skip

ZONE: Kind[Web] = known(
    Kind(
        name="SP.TimeZone",
        values={
            "Description": _zone_text,
            "Id": lambda _, web: web.regional.time_zone,
            "Information": _information,
        },
    )
)
