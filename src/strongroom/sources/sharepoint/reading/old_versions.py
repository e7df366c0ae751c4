"""Older versions of items on SharePoint Server 2013 and 2016, whose ``_api`` does not tell them.

Their old service tells what one column of one item held, version by version: a request for each
column. So only columns that somebody added are asked for, and only of items that have versions.
Nothing says what a version is called; they are counted back from the current one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from strongroom.sources.sharepoint.reading.columns import (
    LOOKUPS,
    PEOPLE,
    TERMS,
    ListColumns,
    ReadColumn,
)
from strongroom.sources.sharepoint.reading.items import version_number
from strongroom.sources.sharepoint.reading.people import NOBODY, Person
from strongroom.sources.sharepoint.reading.places import ListPlace
from strongroom.wire.sharepoint.old_versions import OldValue, column_history, history_in
from strongroom.wire.sharepoint.rest import RestConnection
from strongroom.wire.sharepoint.rest_refusals import SiteRefused
from strongroom.wire.sharepoint.rows import Row, number
from strongroom.words.json import Json

_MAJOR = 512
_SYSTEM = frozenset({"Created", "Modified", "Author", "Editor", "ContentType", "File_x0020_Type"})
_NUMBERS = frozenset({"Number", "Currency", "Integer", "Counter"})


def read_old_versions(
    rest: RestConnection,
    place: ListPlace,
    columns: ListColumns,
    row: Row,
    people: Mapping[int, Person],
) -> list[dict[str, Json]]:
    """Read the versions of an item, the oldest first, as newer servers tell them.

    Args:
        rest: The connection.
        place: Its list.
        columns: Of the list.
        row: The item as it was told.
        people: By id, those who are known.
    """
    histories = {
        column.name: _history(rest, place, row, column) for column in _asked(columns.columns)
    }
    longest = max(histories.values(), key=len, default=[])
    now = version_number(row)
    found: list[dict[str, Json]] = []
    for age, told in enumerate(longest):
        values = {
            column.name: value
            for column in columns.columns
            if (value := _value(column, histories.get(column.name, []), age, people)) is not None
        }
        id_ = now if age == 0 else (now // _MAJOR - age) * _MAJOR
        found.append(
            {
                "id": id_,
                "label": f"{id_ // _MAJOR}.{id_ % _MAJOR}",
                "created": f"{told.modified:%Y-%m-%dT%H:%M:%SZ}" if told.modified else "",
                "by": _editor(told, people),
                "size": 0,
                "comment": "",
                "current": age == 0,
                "fields": values,
            }
        )
    return found[::-1]


def _asked(columns: Sequence[ReadColumn]) -> Iterator[ReadColumn]:
    for column in columns:
        if column.name not in _SYSTEM and not column.name.startswith("_"):
            yield column


def _history(
    rest: RestConnection, place: ListPlace, row: Row, column: ReadColumn
) -> list[OldValue]:
    item_id = number(row, "Id") or number(row, "ID")
    question = column_history(place.web.url, place.id, item_id, column.name)
    try:
        return history_in(rest.read(question).body, column.name)
    except SiteRefused:
        return []  # a column that keeps no versions


def _value(
    column: ReadColumn, history: Sequence[OldValue], age: int, people: Mapping[int, Person]
) -> Json:
    """Read a value as the database keeps it: ``12;#text`` and the like."""
    told = history[age].value if age < len(history) else ""
    if not told:
        return None
    is_many = column.type.endswith("Multi")
    if column.type in PEOPLE | LOOKUPS:
        found = [_referred(column, *pair, people) for pair in _pairs(told)]
        return found if is_many else next(iter(found), None)
    if column.type in TERMS:
        terms = [_term(one) for one in told.split(";#") if "|" in one]
        return terms if is_many else next(iter(terms), None)
    return _plain(column, told)


def _plain(column: ReadColumn, told: str) -> Json:
    if column.type == "Boolean":
        return told in {"1", "TRUE", "True"}
    if column.type == "MultiChoice":
        return [one for one in told.split(";#") if one]
    if column.type == "URL":
        url, _, description = told.partition(", ")
        return {"url": url, "description": description}
    if column.type in _NUMBERS:
        try:
            return float(told)
        except ValueError:
            return told
    return told


def _pairs(told: str) -> Iterator[tuple[int, str]]:
    parts = told.split(";#")
    for id_, text in zip(parts[::2], parts[1::2], strict=False):
        if id_.isascii() and id_.isdigit():
            yield int(id_), text


def _referred(column: ReadColumn, id_: int, text: str, people: Mapping[int, Person]) -> Json:
    if column.type in LOOKUPS:
        return {"id": id_, "value": text}
    return people.get(id_, Person(login="", title=text, email="")).to_json()


def _term(told: str) -> Json:
    label, _, guid = told.rpartition("|")
    return {"label": label, "guid": guid.lower()}


def _editor(told: OldValue, people: Mapping[int, Person]) -> Json:
    who = told.editor.partition(",")[0].partition(";")[0]
    return people.get(int(who) if who.isascii() and who.isdigit() else 0, NOBODY).to_json()
