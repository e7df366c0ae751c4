"""What a saved value is in a form of the target: per type of column, language and time zone."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone

import pytest

from strongroom.sources.sharepoint.writing.columns import Column
from strongroom.sources.sharepoint.writing.field_values import form_value, form_values
from strongroom.sources.sharepoint.writing.locales import Regional, regional_of
from strongroom.words.json import Json

ANNA = {"login": "i:0#.f|membership|anna@x.example", "title": "Anna", "email": "anna@x.example"}
GONE = {"login": "i:0#.f|membership|gone@x.example", "title": "Gone", "email": ""}
WHEN = datetime(2026, 7, 4, 21, 5, 9, tzinfo=UTC)


@dataclass(frozen=True)
class Known:
    """Somebody who is known there, and some items."""

    people: Mapping[str, str] = field(default_factory=lambda: {ANNA["login"]: "i:0#.w|lab\\anna"})
    items: Mapping[int, int] = field(default_factory=lambda: {7: 3, 8: 4})

    def login(self, saved: Mapping[str, Json]) -> str | None:
        return self.people.get(str(saved.get("login")))

    def looked_up(self, column: Column, saved_id: int, text: str) -> int | None:
        return self.items.get(saved_id)

    def is_named_lost(self, name: str, saved_id: int) -> bool:
        return False

    def term(self, column: Column, guid: str) -> str | None:
        return None if guid == "lost" else guid


def written(type_: str, value: Json, *, multiple: bool = False, locale: int = 1033) -> str:
    column = Column(name="X", type=type_, is_multiple=multiple)
    regional = Regional(locale_id=locale)
    return form_value(column, value, meanings=Known(), regional=regional).text


@pytest.mark.parametrize(
    ("type_", "value", "text"),
    [
        ("Text", "a;#b, c", "a;#b, c"),
        ("Note", "<p>x</p>\n", "<p>x</p>\n"),
        ("Boolean", True, "1"),
        ("Boolean", False, "0"),
        ("Number", 22.22, "22.22"),
        ("Number", 1e-7, "0.0000001"),
        ("Number", 1e21, "1000000000000000000000"),
        ("Integer", 5, "5"),
        ("Currency", -3.5, "-3.5"),
        ("Choice", "A", "A"),
        ("MultiChoice", ["A", "B"], "A;#B;#"),
        (
            "URL",
            {"url": "https://x.example/a,b", "description": "A, b"},
            "https://x.example/a,,b, A, b",
        ),
        ("URL", {"url": "https://x.example/", "description": ""}, "https://x.example/"),
        ("Location", {"DisplayName": "Ulm"}, '{"DisplayName":"Ulm"}'),
        ("TaxonomyFieldType", {"label": "Ulm", "guid": "g1"}, "Ulm|g1;"),
    ],
)
def test_plain_values_are_what_a_person_would_type(type_: str, value: Json, text: str) -> None:
    assert written(type_, value) == text


def test_numbers_have_the_languages_own_sign() -> None:
    assert written("Number", 1234.5, locale=1031) == "1234,5"
    assert written("Number", 1234.5, locale=2055) == "1234.5"


def test_people_are_told_by_their_login_there() -> None:
    assert json.loads(written("User", ANNA)) == [{"Key": "i:0#.w|lab\\anna"}]
    column = Column(name="X", type="UserMulti", is_multiple=True)
    found = form_value(column, [ANNA, GONE], meanings=Known(), regional=Regional())
    assert json.loads(found.text) == [{"Key": "i:0#.w|lab\\anna"}]
    assert found.missing == f"not known in the target: {GONE['login']}"


def test_lookups_are_told_by_the_ids_that_the_items_have_there() -> None:
    assert written("Lookup", {"id": 7, "value": "Roof"}) == "3"
    several: Json = [{"id": 7, "value": "a;b"}, {"id": 8, "value": "c"}]
    assert written("LookupMulti", several, multiple=True) == "3;#a;;b;#4;#c"


def test_what_is_looked_up_and_is_not_there_is_told() -> None:
    column = Column(name="X", type="Lookup")
    value: Json = {"id": 99, "value": "Cellar"}
    found = form_value(column, value, meanings=Known(), regional=Regional())
    assert (found.text, found.missing) == (
        "",
        "what it looks up is not in the target: 99 (Cellar)",
    )


def test_terms_that_are_lost_are_told() -> None:
    column = Column(name="X", type="TaxonomyFieldTypeMulti", is_multiple=True)
    value: Json = [{"label": "Ulm", "guid": "g1"}, {"label": "Bonn", "guid": "lost"}]
    found = form_value(column, value, meanings=Known(), regional=Regional())
    assert found.text == "Ulm|g1;"
    assert "Bonn" in found.missing


@pytest.mark.parametrize(
    ("locale", "zone", "is_24", "text"),
    [
        (1033, 93, False, "7/4/2026 9:05:09 PM"),
        (1033, 93, True, "7/4/2026 21:05:09"),
        (1033, 13, False, "7/4/2026 2:05:09 PM"),
        (1031, 4, True, "04.07.2026 23:05:09"),
        (1043, 4, True, "4-7-2026 23:05:09"),
        (2057, 2, True, "04/07/2026 22:05:09"),
        (1041, 20, True, "2026/07/05 06:05:09"),
        (1053, 4, False, "2026-07-04 23:05:09"),
        (1038, 6, False, "2026.07.04. 23:05:09"),
        (65535, 93, True, "2026-07-04 21:05:09"),
    ],
)
def test_dates_are_as_the_sites_people_write_them(
    *, locale: int, zone: int, is_24: bool, text: str
) -> None:
    regional = regional_of(
        locale, zone, bias_minutes=0, is_24_hours=is_24, calendar=1, is_utc_taken=False
    )
    assert regional.moment(WHEN) == text


def test_dates_are_in_utc_where_the_server_is_told_so() -> None:
    regional = regional_of(
        1033, 13, bias_minutes=480, is_24_hours=False, calendar=1, is_utc_taken=True
    )
    assert regional.moment(WHEN) == "7/4/2026 9:05:09 PM"


def test_a_zone_that_nobody_knows_is_reckoned_by_its_bias() -> None:
    regional = regional_of(
        1033, 999, bias_minutes=-345, is_24_hours=True, calendar=1, is_utc_taken=False
    )
    assert regional.time_zone == timezone(timedelta(minutes=345))
    assert regional.moment(WHEN) == "7/5/2026 02:50:09"


def test_midnight_and_noon_are_twelve() -> None:
    regional = Regional(locale_id=1033)
    assert regional.moment(WHEN.replace(hour=0)) == "7/4/2026 12:05:09 AM"
    assert regional.moment(WHEN.replace(hour=12)) == "7/4/2026 12:05:09 PM"


def test_a_calendar_with_other_years_is_reckoned_or_told() -> None:
    thai = Regional(locale_id=1054, calendar=7, is_24_hours=True)
    assert thai.moment(WHEN) == "4/7/2569 21:05:09"
    column = Column(name="X", type="DateTime")
    hijri = Regional(locale_id=1025, calendar=6)
    found = form_value(column, "2026-07-04T21:05:09Z", meanings=Known(), regional=hijri)
    assert (found.text, found.missing) == ("", "dates cannot be written in calendar 6")


def test_only_what_a_form_can_say_is_written() -> None:
    columns = {
        "Title": Column(name="Title", type="Text"),
        "Created": Column(name="Created", type="DateTime", is_read_only=True),
        "Sum": Column(name="Sum", type="Calculated"),
        "City": Column(name="City", type="Lookup", is_dependent=True),
        "Hidden": Column(name="Hidden", type="Text", is_read_only=True),
    }
    fields: dict[str, Json] = {
        "Title": "a",
        "Created": "2026-07-04T21:05:09Z",
        "Sum": 5,
        "City": {"id": 7, "value": "Ulm"},
        "Hidden": "x",
        "Elsewhere": "y",
        "Nothing": None,
    }
    found = form_values(columns, fields, meanings=Known(), regional=Regional())
    assert [one.name for one in found] == ["Title", "Created"]
