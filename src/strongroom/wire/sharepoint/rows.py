"""Objects that a SharePoint tells, and the few ways in which they are looked into."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from strongroom.wire.sharepoint.question import Answer
from strongroom.wire.sharepoint.sites import is_guid

Row = dict[str, Any]
"""One object, names as in the short form of JSON. Nothing of it is believed further than that."""


def row_of(answer: Answer) -> Row:
    """Read one object.

    Raises:
        OperatorError: it is none.
    """
    return answer.read(Row)


def rows_of(answer: Answer) -> list[Row]:
    """Read a collection that comes whole.

    Raises:
        OperatorError: it is none.
    """
    found = answer.read(Row).get("value", [])
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def text(row: Mapping[str, Any], name: str) -> str:
    """Give a property that is text; empty if it is null or something else."""
    value = row.get(name)
    return value if isinstance(value, str) else ""


def number(row: Mapping[str, Any], name: str) -> int:
    """Give a property that is a whole number, also where it is written as text; else 0."""
    value = row.get(name)
    if isinstance(value, int):
        return int(value)
    is_number = isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 19
    return int(value) if is_number and isinstance(value, str) else 0


def guid(row: Mapping[str, Any], name: str) -> str:
    """Give a property that is a GUID, in small letters without braces; empty if it is none."""
    found = text(row, name).strip("{}").lower()
    return found if is_guid(found) else ""


def within(row: Mapping[str, Any], name: str) -> Row:
    """Give an object inside; empty if there is none."""
    value = row.get(name)
    return value if isinstance(value, dict) else {}


def each(row: Mapping[str, Any], name: str) -> list[Row]:
    """Give the objects of a collection inside; none if there is none."""
    value = row.get(name)
    if isinstance(value, dict):
        value = value.get("value", value.get("results"))
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def moment(told: str) -> datetime | None:
    """Read a time (``2022-06-15T10:36:59Z``): aware, UTC; None if it is none."""
    try:
        found = datetime.fromisoformat(told)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
