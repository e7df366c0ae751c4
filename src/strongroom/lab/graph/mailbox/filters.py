"""``$filter``, as far as mailboxes take it.

Comparisons by ``eq ne gt ge lt le``, ``startswith``, ``endswith`` and ``contains``, joined by
``and``, ``or``, ``not`` and brackets; ``singleValueExtendedProperties/any(ep: ep/id eq '…' and
ep/value eq '…')``.

Source:
    https://learn.microsoft.com/graph/filter-query-parameter
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from strongroom.content import tags
from strongroom.lab.graph.mailbox.errors import bad_option
from strongroom.lab.graph.mailbox.extended import SINGLE, Wanted, read_id

Literal = str | int | bool | datetime | None


class Subject(Protocol):
    """What is asked about."""

    def property(self, name: str) -> object:
        """Give a property as Graph writes it.

        Raises:
            KeyError: there is no such property.
        """

    def extended(self, wanted: Wanted) -> str | None:
        """Give an extended property as Graph writes it, or None."""


Condition = Callable[[Subject], bool]

_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')"
    r"|(?P<time>\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,7})?)?(?:Z|[+-]\d\d:\d\d)?)?)"
    r"|(?P<number>-?\d{1,18})"
    r"|(?P<word>[A-Za-z_][\w/.]*)"
    r"|(?P<mark>[(),:]))"
)
_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "gt": operator.gt,
    "ge": operator.ge,
    "lt": operator.lt,
    "le": operator.le,
}
_FUNCTIONS: dict[str, Callable[[str, str], bool]] = {
    "startswith": lambda text, part: text.startswith(part),
    "endswith": lambda text, part: text.endswith(part),
    "contains": lambda text, part: part in text,
}
_CONSTANTS: dict[str, Literal] = {"true": True, "false": False, "null": None}
_DEPTH_MAX = 20
_TEXT_CHARS_MAX = 4000


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str


def read(text: str) -> Condition:
    """Read a filter.

    Raises:
        GraphError: 400, it is none that is understood here.
    """
    return _Reader(text).whole()


def received_since(text: str) -> Callable[[datetime], bool]:
    """Read the only filter that ``items/delta`` takes.

    Raises:
        GraphError: 400, it is another one.
    """
    match = re.fullmatch(r"\s*receivedDateTime\s+(ge|gt)\s+(\S+)\s*", text)
    if match is None:
        raise bad_option("The filter expression is not supported by delta queries.")
    compare, since = _OPERATORS[match[1]], moment(match[2])
    return lambda when: compare(when, since)


def moment(text: str) -> datetime:
    """Read a time; without a zone it is UTC.

    Raises:
        GraphError: 400.
    """
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise bad_option(f"Invalid filter clause: '{text}' is no time.") from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)


class _Reader:
    def __init__(self, text: str) -> None:
        if len(text) > _TEXT_CHARS_MAX:
            raise bad_option("Invalid filter clause: it is too long.")
        self._tokens = list(_tokens(text))
        self._at = 0
        self._depth = 0

    def whole(self) -> Condition:
        found = self._either()
        if self._at != len(self._tokens):
            raise bad_option("Invalid filter clause")
        return found

    def _either(self) -> Condition:
        options = [self._both()]
        while self._takes_word("or"):
            options.append(self._both())
        return options[0] if len(options) == 1 else lambda row: any(one(row) for one in options)

    def _both(self) -> Condition:
        parts = [self._part()]
        while self._takes_word("and"):
            parts.append(self._part())
        return parts[0] if len(parts) == 1 else lambda row: all(one(row) for one in parts)

    def _part(self) -> Condition:
        self._depth += 1
        if self._depth > _DEPTH_MAX:
            raise bad_option("Invalid filter clause: it is too deep.")
        try:
            if self._takes_word("not"):
                inner = self._part()
                return lambda row: not inner(row)
            if self._takes("mark", "("):
                found = self._either()
                self._need("mark", ")")
                return found
            return self._comparison()
        finally:
            self._depth -= 1

    def _comparison(self) -> Condition:
        name = self._need("word")
        if name.casefold() in _FUNCTIONS:
            return self._function(_FUNCTIONS[name.casefold()])
        if name.casefold() == f"{SINGLE}/any".casefold():
            return self._any()
        compare = self._operator()
        wanted = self._literal()
        return lambda row: _compared(row.property(name), wanted, compare)

    def _function(self, holds: Callable[[str, str], bool]) -> Condition:
        self._need("mark", "(")
        name = self._need("word")
        self._need("mark", ",")
        part = self._literal()
        self._need("mark", ")")
        if not isinstance(part, str):
            raise bad_option("Invalid filter clause")
        return lambda row: holds(str(row.property(name)).casefold(), part.casefold())

    def _any(self) -> Condition:
        self._need("mark", "(")
        variable = self._need("word")
        self._need("mark", ":")
        self._need("word", f"{variable}/id")
        self._need("word", "eq")
        wanted = self._literal()
        self._need("word", "and")
        self._need("word", f"{variable}/value")
        compare = self._operator()
        value = self._literal()
        self._need("mark", ")")
        if not isinstance(wanted, str) or not isinstance(value, str):
            raise bad_option("Invalid filter clause")
        named = read_id(wanted)
        if tags.type_of(named.key) == tags.STRING:
            return lambda row: _compared(row.extended(named), value, compare)
        # Base64 and times are not words, whose letters may be large or small.
        return lambda row: (told := row.extended(named)) is not None and compare(told, value)

    def _operator(self) -> Callable[[object, object], bool]:
        word = self._need("word")
        if word not in _OPERATORS:
            raise bad_option("Invalid filter clause")
        return _OPERATORS[word]

    def _literal(self) -> Literal:
        token = self._next()
        match token.kind:
            case "text":
                return token.text[1:-1].replace("''", "'")
            case "number":
                return int(token.text)
            case "time":
                return moment(token.text)
            case "word" if token.text in _CONSTANTS:
                return _CONSTANTS[token.text]
        raise bad_option("Invalid filter clause")

    def _next(self) -> _Token:
        if self._at == len(self._tokens):
            raise bad_option("Invalid filter clause")
        self._at += 1
        return self._tokens[self._at - 1]

    def _takes(self, kind: str, text: str) -> bool:
        is_next = self._at < len(self._tokens) and self._tokens[self._at] == _Token(kind, text)
        self._at += is_next
        return is_next

    def _takes_word(self, word: str) -> bool:
        return self._takes("word", word)

    def _need(self, kind: str, text: str = "") -> str:
        token = self._next()
        if token.kind != kind or (text and token.text.casefold() != text.casefold()):
            raise bad_option("Invalid filter clause")
        return token.text


def _tokens(text: str) -> list[_Token]:
    found, at = [], 0
    stripped = text.rstrip()
    while at < len(stripped):
        match = _TOKEN.match(stripped, at)
        if match is None or match.lastgroup is None:
            raise bad_option("Invalid filter clause")
        found.append(_Token(match.lastgroup, match[match.lastgroup]))
        at = match.end()
    return found


def _compared(value: object, wanted: Literal, compare: Callable[[object, object], bool]) -> bool:
    if isinstance(wanted, datetime) and isinstance(value, str):
        value = moment(value)
    if isinstance(wanted, str) and isinstance(value, str):
        value, wanted = value.casefold(), wanted.casefold()
    try:
        return compare(value, wanted)
    except TypeError:
        return False
