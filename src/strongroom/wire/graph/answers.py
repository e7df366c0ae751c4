"""What Graph answers, read as JSON and never believed further than that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

NEXT_LINK = "@odata.nextLink"
_TEXT_CHARS_MAX = 512

Row = Mapping[str, Any]


class NotReadable(ValueError):
    """The answer is not the JSON that was asked for."""


def read_object(body: bytes) -> dict[str, Any]:
    """Read a JSON object.

    Raises:
        NotReadable: it is none; also where it is nested deeper than anybody means.
    """
    try:
        found = orjson.loads(body)
    except (orjson.JSONDecodeError, RecursionError) as error:
        raise NotReadable from error
    if not isinstance(found, dict):
        raise NotReadable
    return found


def rows_of(page: Row) -> Sequence[Row]:
    """Give the rows of one page of a collection.

    Raises:
        NotReadable: it is no page.
    """
    rows = page.get("value")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise NotReadable
    return rows


def rows_in(found: Row) -> Sequence[Row]:
    """Give the rows of an answer that may have some; none if it is no page."""
    try:
        return rows_of(found)
    except NotReadable:
        return ()


def text_of(row: Row, name: str) -> str:
    """Give a property that is text, cut to what can be meant; empty if it is null or none."""
    value = row.get(name)
    return value[:_TEXT_CHARS_MAX] if isinstance(value, str) else ""
