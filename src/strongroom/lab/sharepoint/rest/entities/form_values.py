"""Values of columns as a writer gives them: as JSON, or as the texts of a form.

Source:
    https://learn.microsoft.com/openspecs/sharepoint_protocols/ms-csomspt
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

import orjson

from strongroom.lab.sharepoint.content.fields import Field
from strongroom.lab.sharepoint.content.lists import SpList
from strongroom.lab.sharepoint.content.refusals import NotFound
from strongroom.lab.sharepoint.content.values import TermValue, UrlValue, Value
from strongroom.lab.sharepoint.rest.call import Call
from strongroom.lab.sharepoint.rest.dates import NoDate, read_local, write_local
from strongroom.lab.sharepoint.rest.whole import whole

_COMMA = frozenset({1031, 2055, 3079, 1043, 2067, 1036, 4108, 3082, 1040, 1030, 1035, 1053, 1045})
"""Locales in which a comma stands before fractions."""

_EXAMPLE = datetime(2012, 2, 23, 14, 25, tzinfo=UTC)
_TERM = re.compile(r"(.+?)\|([0-9A-Fa-f-]{36})")
_TRUE, _FALSE = frozenset({"1", "true", "yes"}), frozenset({"0", "false", "no", ""})


class BadValue(Exception):
    """A column does not take this; says why, for people."""


def from_form(  # noqa: PLR0911 - one line per kind of column
    call: Call, of: SpList, column: Field, text: str, *, is_utc: bool = False
) -> Value:
    """Read the text of a form.

    Args:
        call: The question.
        of: The list.
        column: Which column.
        text: As it was sent.
        is_utc: It was said that times are UTC.

    Raises:
        BadValue: the column does not take it.
    """
    if not text:
        return None
    if column.type in _CHOICES:
        return tuple(one for one in text.split(";#") if one)
    if column.type.startswith("User"):
        people = _people(call, text)
        return people if column.is_multi else next(iter(people), None)
    if column.type.startswith("Lookup"):
        numbers = _lookups(text)
        return numbers if column.is_multi else next(iter(numbers), None)
    if column.type.startswith("Taxonomy"):
        terms = _terms(text)
        return terms if column.is_multi else next(iter(terms), None)
    read = _FORMS.get(column.type)
    if read is not None:
        return read(of, text)
    return _date(of, text, is_utc=is_utc) if column.type == "DateTime" else text


def from_json(  # noqa: PLR0911 - one line per kind of value
    column: Field, value: object
) -> Value:
    """Read a value that was sent with its parts.

    Raises:
        BadValue: the column does not take it.
    """
    if value is None or value == "":
        return None
    if isinstance(value, Mapping):
        return _parts(column, value)
    if isinstance(value, list):
        return _several(column, value)
    if column.type == "DateTime" and isinstance(value, str):
        return _iso(value)
    if column.type in {"Number", "Currency"} and isinstance(value, str):
        return _float(value)
    if (
        column.type in {"Lookup", "User", "Integer"}
        and isinstance(value, str)
        and value.isdecimal()
    ):
        return int(value)
    if isinstance(value, str | int | float | bool):
        return value
    raise BadValue(f"Invalid value for column '{column.title}'.")


def date_hint(of: SpList) -> str:
    """Say how a time is to be written, as a refusal does."""
    regional = of.web.regional
    example = write_local(
        _EXAMPLE, locale_id=regional.locale_id, zone_id=93, time24=regional.has_24_hours
    )
    return (
        "You must specify a valid date within the range of 1/1/1900 and 12/31/8900."
        f" For example: {example}"
    )


def people_in(call: Call, text: str) -> tuple[int, ...]:
    """Read people: a JSON list of objects with a ``Key``.

    Raises:
        BadValue: one of them is nobody.
    """
    return _people(call, text)


def local_date(of: SpList, text: str, *, is_utc: bool) -> datetime:
    """Read a time as the site's people write it.

    Raises:
        BadValue: it is written otherwise.
    """
    return _date(of, text, is_utc=is_utc)


def _date(of: SpList, text: str, *, is_utc: bool) -> datetime:
    regional = of.web.regional
    try:
        return read_local(
            text, locale_id=regional.locale_id, zone_id=regional.time_zone, is_utc=is_utc
        )
    except NoDate:
        raise BadValue(date_hint(of)) from None


def _iso(text: str) -> datetime:
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        raise BadValue("The date is not valid.") from None
    return read.astimezone(UTC) if read.tzinfo else read.replace(tzinfo=UTC)


def _people(call: Call, text: str) -> tuple[int, ...]:
    try:
        rows = orjson.loads(text)
    except ValueError:
        try:
            # Apostrophes instead of quotes are taken as well, and much in use.
            rows = orjson.loads(text.replace("'", '"'))
        except ValueError:
            raise BadValue("The value is no list of people.") from None
    if not isinstance(rows, list):
        raise BadValue("The value is no list of people.")
    return tuple(_person(call, str(one.get("Key", ""))) for one in rows if isinstance(one, dict))


def _person(call: Call, key: str) -> int:
    principals = call.collection.principals
    group = principals.group_by_name(key)
    if group is not None:
        return group.id
    found = principals.by_login(key)
    if found is not None:
        return found.id
    try:
        return principals.ensure_user(key).id
    except NotFound:
        raise BadValue("The user does not exist or is not unique.") from None


def _lookups(text: str) -> tuple[int, ...]:
    numbers = tuple(whole(one) for one in text.split(";#")[::2] if one)
    if any(one < 0 for one in numbers):
        raise BadValue("The lookup value is not valid.")
    return numbers


def _terms(text: str) -> tuple[TermValue, ...]:
    found = [_TERM.fullmatch(one.strip()) for one in text.split(";") if one.strip()]
    if not all(found):
        raise BadValue("The given value is not a valid managed metadata value.")
    return tuple(TermValue(label=one[1], guid=one[2].casefold()) for one in found if one)


def _number(of: SpList, text: str) -> float:
    locale_id = of.web.regional.locale_id
    plain = text.replace(" ", "")
    if locale_id in _COMMA:
        plain = plain.replace(".", "").replace(",", ".")
    return _float(plain.replace(",", ""))


def _float(text: str) -> float:
    try:
        read = float(text)
    except ValueError:
        raise BadValue("Only numbers can go here.") from None
    return int(read) if read.is_integer() and abs(read) < 1e15 else read


def _boolean(_: SpList, text: str) -> bool:
    said = text.casefold()
    if said not in _TRUE | _FALSE:
        raise BadValue("The value is neither yes nor no.")
    return said in _TRUE


def _url(_: SpList, text: str) -> UrlValue:
    # Commas of the address itself come doubled.
    written, _sign, description = text.partition(", ")
    url = written.replace(",,", ",")
    if not re.match(r"(https?://|/|mailto:|ftp://)", url):
        raise BadValue("Invalid URL value.")
    return UrlValue(url=url, description=description or url)


def _parts(column: Field, value: Mapping[str, object]) -> Value:
    if column.type == "URL":
        url = str(value.get("Url") or "")
        return UrlValue(url=url, description=str(value.get("Description") or url))
    if column.type.startswith("Taxonomy"):
        return _term(value)
    raise BadValue(f"Invalid value for column '{column.title}'.")


def _term(value: Mapping[str, object]) -> TermValue:
    guid = str(value.get("TermGuid", "")).casefold()
    if len(guid) != 36:
        raise BadValue("The given value is not a valid managed metadata value.")
    return TermValue(label=str(value.get("Label", "")), guid=guid)


def _several(column: Field, value: list[object]) -> Value:
    if column.type == "TaxonomyFieldTypeMulti":
        return tuple(_term(one) for one in value if isinstance(one, Mapping))
    if column.type in _CHOICES:
        return tuple(str(one) for one in value)
    numbers = [number for one in value if (number := whole(one)) >= 0]
    if not column.is_multi or len(numbers) != len(value):
        raise BadValue(f"Invalid value for column '{column.title}'.")
    return tuple(numbers)


_CHOICES = frozenset({"MultiChoice"})
_FORMS: Mapping[str, Callable[[SpList, str], Value]] = {
    "Number": _number,
    "Currency": _number,
    "Integer": lambda of, text: int(_number(of, text)),
    "Boolean": _boolean,
    "URL": _url,
}
