"""``$filter``: comparisons, ``and``, ``or``, ``not``, ``startswith`` and ``substringof``.

Source:
    https://learn.microsoft.com/sharepoint/dev/sp-add-ins/use-odata-query-operations-in-sharepoint-rest-requests
"""

from __future__ import annotations

import operator
import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from strongroom.lab.sharepoint.rest.errors import bad_query
from strongroom.lab.sharepoint.rest.path import Literal, literal_at

CHARACTERS_MAX = 8000
_DEPTH_MAX = 30

ValueOf = Callable[[str], object]
"""Gives a row's value by a property's name, with slashes for a neighbour's."""

Test = Callable[[ValueOf], bool]
_Operand = Callable[[ValueOf], object]

_COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "lt": operator.lt,
    "gt": operator.gt,
    "le": operator.le,
    "ge": operator.ge,
}
_TOKEN = re.compile(r"\s*([A-Za-z_][\w/.]*)")
_SPACE = re.compile(r"\s*")


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition.

    Attributes:
        holds: Judges a row.
        names: The properties that it looks at, in the order in which they are written.
    """

    holds: Test
    names: tuple[str, ...] = ()

    def __call__(self, row: ValueOf) -> bool:
        """Judge a row."""
        return self.holds(row)


def condition(text: str) -> Condition:
    """Read a condition.

    Raises:
        ApiError: 400, it is not understood.
    """
    if len(text) > CHARACTERS_MAX:
        raise bad_query("The $filter expression is too long.")
    reader = _Reader(text)
    read = reader.any_of(0)
    if not reader.is_done:
        raise reader.refused()
    return Condition(read, tuple(reader.names))


def comparable(value: object) -> object:
    """Give a value in the form that values are compared in: texts without regard to case."""
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, str):
        return value.casefold()
    if isinstance(value, bool):
        return int(value)
    return value


class _Reader:
    def __init__(self, text: str) -> None:
        self.names: list[str] = []
        self._text = text
        self._place = 0

    @property
    def is_done(self) -> bool:
        self._skip()
        return self._place >= len(self._text)

    def refused(self) -> Exception:
        return bad_query(f'The expression "{self._text[:80]}" is not valid.')

    def any_of(self, depth: int) -> Test:
        parts = [self._all_of(depth)]
        while self._takes_word("or"):
            parts.append(self._all_of(depth))
        return lambda row: any(part(row) for part in parts)

    def _all_of(self, depth: int) -> Test:
        parts = [self._one(depth)]
        while self._takes_word("and"):
            parts.append(self._one(depth))
        return lambda row: all(part(row) for part in parts)

    def _one(self, depth: int) -> Test:
        if depth > _DEPTH_MAX:
            raise self.refused()
        if self._takes_word("not"):
            inner = self._one(depth + 1)
            return lambda row: not inner(row)
        if self._takes("("):
            grouped = self.any_of(depth + 1)
            self._need(")")
            return grouped
        return self._comparison()

    def _comparison(self) -> Test:
        left = self._operand()
        compare = self._comparison_word()
        if compare is None:
            return lambda row: left(row) is True
        right = self._operand()
        return lambda row: _holds(compare, left(row), right(row))

    def _operand(self) -> _Operand:
        self._skip()
        word = _TOKEN.match(self._text, self._place)
        text = word[1].casefold() if word else ""
        if text == "startswith":
            return self._function(word, lambda a, b: _is_start(b, a))
        if text == "substringof":
            return self._function(word, _is_inside)
        is_literal = text in {"true", "false", "null"} or self._is_quoted(word)
        if word is not None and not is_literal:
            self._place = word.end()
            self.names.append(word[1])
            return lambda row: row(word[1])
        value, self._place = literal_at(self._text, self._place, {})
        return lambda _: value

    def _is_quoted(self, word: re.Match[str] | None) -> bool:
        """``guid'…'`` and ``datetime'…'`` begin like the name of a property."""
        return word is not None and self._text[word.end() : word.end() + 1] == "'"

    def _function(
        self, word: re.Match[str] | None, holds: Callable[[object, object], bool]
    ) -> _Operand:
        assert word is not None
        self._place = word.end()
        self._need("(")
        first = self._operand()
        self._need(",")
        second = self._operand()
        self._need(")")
        return lambda row: holds(comparable(first(row)), comparable(second(row)))

    def _comparison_word(self) -> Callable[[Any, Any], bool] | None:
        word = _TOKEN.match(self._text, self._place)
        found = _COMPARISONS.get(word[1].casefold()) if word else None
        if found is not None and word is not None:
            self._place = word.end()
        return found

    def _takes_word(self, wanted: str) -> bool:
        word = _TOKEN.match(self._text, self._place)
        if word is None or word[1].casefold() != wanted:
            return False
        self._place = word.end()
        return True

    def _takes(self, wanted: str) -> bool:
        self._skip()
        if not self._text.startswith(wanted, self._place):
            return False
        self._place += len(wanted)
        return True

    def _need(self, wanted: str) -> None:
        if not self._takes(wanted):
            raise self.refused()

    def _skip(self) -> None:
        skipped = _SPACE.match(self._text, self._place)
        self._place = skipped.end() if skipped else self._place


def _holds(compare: Callable[[Any, Any], bool], left: object, right: object) -> bool:
    if isinstance(right, datetime):
        left = _as_time(left)
    elif isinstance(left, datetime):
        right = _as_time(right)
    left, right = comparable(left), comparable(right)
    if left is None or right is None:
        return compare(left, right) if compare in (operator.eq, operator.ne) else False
    if isinstance(left, str) and isinstance(right, int | float):
        right = str(right)
    if isinstance(left, int | float) and isinstance(right, str):
        left = str(left)
    return compare(left, right)


def _as_time(value: Literal | object) -> object:
    if not isinstance(value, str):
        return value
    try:
        read = datetime.fromisoformat(value)
    except ValueError:
        return None
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def _is_start(beginning: object, value: object) -> bool:
    return isinstance(value, str) and isinstance(beginning, str) and value.startswith(beginning)


def _is_inside(part: object, value: object) -> bool:
    return isinstance(value, str) and isinstance(part, str) and part in value
