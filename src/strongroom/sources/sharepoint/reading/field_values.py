"""Values of items by what they mean: people by login, lookups by id and text, terms by GUID.

The ids that the server tells are good in one site alone; what is kept must mean the same in any.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from strongroom.sources.sharepoint.reading.columns import LOOKUPS, PEOPLE, TERMS, ReadColumn
from strongroom.sources.sharepoint.reading.people import NOBODY, Person
from strongroom.wire.sharepoint.rows import Row, moment, number, text
from strongroom.words.json import Json

_INTEGER_MAX = 2**63 - 1
_NOTHING: tuple[Json, ...] = (None, "", [])


def values_of(
    row: Row, columns: tuple[ReadColumn, ...], people: Mapping[int, Person]
) -> dict[str, Json]:
    """Read the values of an item, by internal name; a column that is empty is left out.

    Args:
        row: The item as it was told.
        columns: Of its list.
        people: By id, all that occur in it.
    """
    found: dict[str, Json] = {}
    for column in columns:
        value = _READERS.get(column.type, _plain)(row, column, people)
        if value not in _NOTHING:
            found[column.name] = value
    return found


def people_in(row: Row, columns: tuple[ReadColumn, ...]) -> Iterator[int]:
    """Give the ids of all people in an item's values."""
    for column in columns:
        if column.type in PEOPLE:
            yield from _ids(row.get(f"{column.told_as}Id"))


def _person(row: Row, column: ReadColumn, people: Mapping[int, Person]) -> Json:
    ids = _ids(row.get(f"{column.told_as}Id"))
    found: list[Json] = [people.get(one, NOBODY).to_json() for one in ids]
    return _one_or_many(found, is_many=column.type == "UserMulti")


def _looked_up(row: Row, column: ReadColumn, people: Mapping[int, Person]) -> Json:  # noqa: ARG001
    told = row.get(column.told_as)
    entries = told if isinstance(told, list) else [told]
    found: list[Json] = [
        {"id": number(one, "Id"), "value": _text(one.get(column.shown))}
        for one in entries
        if isinstance(one, dict) and number(one, "Id")
    ]
    if not found:
        # Not followed: the ids are told all the same.
        found = [{"id": one, "value": ""} for one in _ids(row.get(f"{column.told_as}Id"))]
    return _one_or_many(found, is_many=column.type == "LookupMulti")


def _term(row: Row, column: ReadColumn, people: Mapping[int, Person]) -> Json:  # noqa: ARG001
    told = row.get(column.told_as)
    entries = told if isinstance(told, list) else [told]
    labels = dict(_labels(text(row, column.note))) if column.note else {}
    found: list[Json] = []
    for one in entries:
        if not isinstance(one, dict) or not text(one, "TermGuid"):
            continue
        guid = text(one, "TermGuid").lower()
        # What is told as the label is often a number of the site's own list of terms.
        found.append({"label": labels.get(guid, text(one, "Label")), "guid": guid})
    if not found:
        found = [{"label": label, "guid": guid} for guid, label in labels.items()]
    return _one_or_many(found, is_many=column.type == "TaxonomyFieldTypeMulti")


def _labels(note: str) -> Iterator[tuple[str, str]]:
    """Read ``label|GUID;label|GUID``: by GUID, the label."""
    for one in note.split(";"):
        label, bar, guid = one.rpartition("|")
        if bar:
            # With several values each label comes with a number before it: ``12;#Berlin|0f0e…``.
            yield guid.strip().lower(), label.removeprefix("#")


def _time(row: Row, column: ReadColumn, people: Mapping[int, Person]) -> Json:  # noqa: ARG001
    told = text(row, column.told_as)
    found = moment(told)
    return told if found is None else found.isoformat().replace("+00:00", "Z")


def _address(row: Row, column: ReadColumn, people: Mapping[int, Person]) -> Json:  # noqa: ARG001
    told = row.get(column.told_as)
    if not isinstance(told, dict):
        return plain(told)
    return {"url": text(told, "Url"), "description": text(told, "Description")}


def _plain(row: Row, column: ReadColumn, people: Mapping[int, Person]) -> Json:  # noqa: ARG001
    return plain(row.get(column.told_as))


_READERS: Mapping[str, Callable[[Row, ReadColumn, Mapping[int, Person]], Json]] = {
    **dict.fromkeys(PEOPLE, _person),
    **dict.fromkeys(LOOKUPS, _looked_up),
    **dict.fromkeys(TERMS, _term),
    "DateTime": _time,
    "URL": _address,
}


def _ids(value: object) -> list[int]:
    entries = value if isinstance(value, list) else [value]
    return [one for one in entries if isinstance(one, int) and not isinstance(one, bool) and one]


def _one_or_many(found: list[Json], *, is_many: bool) -> Json:
    if is_many:
        return found
    return found[0] if found else None


def _text(value: object) -> str:
    return "" if value is None else str(value)


def plain(value: Any) -> Json:  # noqa: ANN401 - what JSON brought is JSON
    """Give a value as it was told; a number that no file could hold is kept as its digits."""
    if isinstance(value, list):
        return [plain(one) for one in value]
    if isinstance(value, dict):
        return {name: plain(one) for name, one in value.items()}
    if isinstance(value, int) and not -_INTEGER_MAX <= value <= _INTEGER_MAX:
        return str(value)
    found: Json = value
    return found
