"""Values of older versions of an item, which the server tells in a way of its own.

Names come escaped once more (``_x005f_`` for ``_``), people and lookups as ``LookupId`` and
``LookupValue``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from strongroom.sources.sharepoint.reading.columns import LOOKUPS, PEOPLE, ListColumns, ReadColumn
from strongroom.sources.sharepoint.reading.field_values import values_of
from strongroom.sources.sharepoint.reading.people import NOBODY, Person
from strongroom.wire.sharepoint.rows import Row, number, text
from strongroom.words.json import Json

_ESCAPED = re.compile(r"_x005f_", re.IGNORECASE)


def version_rows(
    rows: Sequence[Row], columns: ListColumns, people: Mapping[int, Person]
) -> list[dict[str, Json]]:
    """Read the versions of an item, the oldest first.

    Args:
        rows: As the server told them.
        columns: Of the list.
        people: By id, those who are known.
    """
    found = [_version(row, columns, people) for row in rows]
    found.sort(key=lambda one: int(str(one["id"])))
    return found


def people_in_versions(rows: Sequence[Row]) -> set[int]:
    """Give the ids of all that look like people in some versions."""
    return {
        number(one, "LookupId")
        for row in rows
        for value in row.values()
        for one in (value if isinstance(value, list) else [value])
        if isinstance(one, dict)
    }


def _version(row: Row, columns: ListColumns, people: Mapping[int, Person]) -> dict[str, Json]:
    plain = {_ESCAPED.sub("_", name): value for name, value in row.items()}
    values: dict[str, Json] = {}
    for column in columns.columns:
        told = plain.get(column.told_as, plain.get(column.name))
        # What is told as "Created" is when the version was made.
        if column.name == "Created" or told is None or told in ("", []):
            continue
        if column.type in PEOPLE | LOOKUPS:
            values[column.name] = _referred(told, column, people)
        else:
            values |= values_of({**plain, column.told_as: told}, (column,), people)
    for name, told_as in columns.pages.items():
        if (told := plain.get(told_as, plain.get(name))) not in (None, ""):
            values[name] = told
    editor = plain.get("Editor")
    return {
        "id": number(plain, "VersionId"),
        "label": text(plain, "VersionLabel"),
        "created": text(plain, "Created") if "Modified" not in plain else text(plain, "Modified"),
        "by": _person(editor, people) if isinstance(editor, dict) else NOBODY.to_json(),
        "size": 0,
        "comment": text(plain, "OData__CheckinComment"),
        "current": plain.get("IsCurrentVersion") is True,
        "fields": values,
    }


def _referred(told: object, column: ReadColumn, people: Mapping[int, Person]) -> Json:
    entries = [one for one in (told if isinstance(told, list) else [told]) if isinstance(one, dict)]
    found: list[Json] = [
        _person(one, people)
        if column.type in PEOPLE
        else {"id": number(one, "LookupId"), "value": text(one, "LookupValue")}
        for one in entries
    ]
    if column.type.endswith("Multi"):
        return found
    return found[0] if found else None


def _person(told: Row, people: Mapping[int, Person]) -> Json:
    known = people.get(number(told, "LookupId"))
    if known is not None:
        return known.to_json()
    return {"login": "", "title": text(told, "LookupValue"), "email": text(told, "Email")}
