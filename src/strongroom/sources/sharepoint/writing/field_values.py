"""Values of items, from what they mean to what a form takes.

What was saved says what a value means: people by their login, lookups by the id that an item had,
terms by GUID and label. What is written are the ids of the target, as text, in the way of each
type.

Source:
    https://learn.microsoft.com/previous-versions/office/sharepoint-csom/mt144173(v=office.15)
    https://github.com/pnp/pnpjs/blob/version-4/packages/sp/lists/types.ts
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from strongroom.sources.sharepoint.writing.columns import LOOKUPS, NUMBERS, PEOPLE, TERMS, Column
from strongroom.sources.sharepoint.writing.locales import Regional
from strongroom.words.json import Json


class Meanings(Protocol):
    """What saved people, items and terms are in the target."""

    def login(self, saved: Mapping[str, Json]) -> str | None:
        """Give the claims name of a saved person or group; None: not known there."""

    def looked_up(self, column: Column, saved_id: int, text: str) -> int | None:
        """Give the id of the item that a lookup means; None: it is not there."""

    def is_named_lost(self, name: str, saved_id: int) -> bool:
        """Say whether it was told beforehand that a lookup will not come back."""

    def term(self, column: Column, guid: str) -> str | None:
        """Give the GUID of a saved term in the target's term store; None: it is not there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FormValue:
    """A value as a form takes it.

    Attributes:
        name: Internal name of the column.
        text: The value; empty clears it.
        missing: What of it could not be written, and why; empty: all of it is.
    """

    name: str
    text: str
    missing: str = ""


def form_values(
    columns: Mapping[str, Column],
    fields: Mapping[str, Json],
    *,
    meanings: Meanings,
    regional: Regional,
) -> list[FormValue]:
    """Write the saved values of one item, or of one version of it, for a form.

    Args:
        columns: The target's, by internal name; what it does not have is left out.
        fields: The saved values, by internal name.
        meanings: What people, items and terms are there.
        regional: How the target's web writes dates and numbers.
    """
    found = []
    for name, value in fields.items():
        column = columns.get(name)
        if column is None or not column.is_written or value is None:
            continue
        found.append(form_value(column, value, meanings=meanings, regional=regional))
    return found


def form_value(column: Column, value: Json, *, meanings: Meanings, regional: Regional) -> FormValue:
    """Write one value; what it means and is not there is told as missing."""
    if column.type in PEOPLE:
        return _people(column, value, meanings)
    if column.type in LOOKUPS:
        return _lookups(column, value, meanings)
    if column.type in TERMS:
        return _terms(column, value, meanings)
    if column.type == "DateTime":
        return _time(column, value, regional)
    return FormValue(name=column.name, text=_plain(column, value, regional))


def _plain(column: Column, value: Json, regional: Regional) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, int | float):
        return regional.number(value) if column.type in NUMBERS else str(value)
    if column.type == "URL" and isinstance(value, Mapping):
        return _address(value)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "".join(f"{one};#" for one in value)
    if isinstance(value, Mapping):
        # Places and pictures are kept, and taken, as a JSON document.
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return str(value)


def _address(value: Mapping[str, Json]) -> str:
    """Write address and description; a comma in the address is doubled, since one parts the two."""
    url = _entry(value, "url").replace(",", ",,")
    description = _entry(value, "description")
    return f"{url}, {description}" if description else url


def _time(column: Column, value: Json, regional: Regional) -> FormValue:
    moment = moment_of(value)
    if moment is None:
        return FormValue(name=column.name, text=str(value))
    if not regional.has_known_calendar:
        why = f"dates cannot be written in calendar {regional.calendar}"
        return FormValue(name=column.name, text="", missing=why)
    return FormValue(name=column.name, text=regional.moment(moment))


def moment_of(value: Json) -> datetime | None:
    """Read a time as it is saved (RFC 3339, UTC)."""
    if not isinstance(value, str):
        return None
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _people(column: Column, value: Json, meanings: Meanings) -> FormValue:
    keys: list[Json] = []
    unknown: list[str] = []
    for person in _each(value):
        login = meanings.login(person)
        if login is None:
            unknown.append(_entry(person, "login") or _entry(person, "title"))
        else:
            keys.append({"Key": login})
    text = json.dumps(keys, ensure_ascii=False, separators=(",", ":"))
    missing = f"not known in the target: {', '.join(unknown)}" if unknown else ""
    return FormValue(name=column.name, text=text, missing=missing)


def _lookups(column: Column, value: Json, meanings: Meanings) -> FormValue:
    found: list[str] = []
    lost: list[str] = []
    for one in _each(value):
        saved_id, text = one.get("id"), _entry(one, "value")
        there = meanings.looked_up(column, saved_id, text) if isinstance(saved_id, int) else None
        if there is None:
            lost.append(f"{saved_id} ({text})" if text else str(saved_id))
        else:
            found.append(str(there) if not column.is_multiple else f"{there};#{_escaped(text)}")
    missing = f"what it looks up is not in the target: {', '.join(lost)}" if lost else ""
    return FormValue(name=column.name, text=";#".join(found), missing=missing)


def _terms(column: Column, value: Json, meanings: Meanings) -> FormValue:
    written = ""
    lost: list[str] = []
    for one in _each(value):
        label, guid = _entry(one, "label"), meanings.term(column, _entry(one, "guid"))
        if guid is None:
            lost.append(label)
        else:
            written += f"{label}|{guid};"
    missing = f"terms that the target's term store lacks: {', '.join(lost)}" if lost else ""
    return FormValue(name=column.name, text=written, missing=missing)


def _each(value: Json) -> Iterator[Mapping[str, Json]]:
    if isinstance(value, Mapping):
        yield value
    elif isinstance(value, Sequence) and not isinstance(value, str):
        yield from (one for one in value if isinstance(one, Mapping))


def _entry(value: Mapping[str, Json], key: str) -> str:
    found = value.get(key)
    return found if isinstance(found, str) else ""


def _escaped(text: str) -> str:
    return text.replace(";", ";;")
