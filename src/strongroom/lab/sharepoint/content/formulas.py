"""Calculated columns and validation: the few formulas that the lab's lists use.

Understood are ``[Column]``, texts, numbers, ``+ - * /``, ``&``, comparisons, and the functions IF,
AND, OR, NOT, LEN, UPPER, LOWER, ROUND, YEAR, ISBLANK and CONCATENATE. Anything else is no formula.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TypeVar

from strongroom.lab.sharepoint.content.refusals import Refused
from strongroom.lab.sharepoint.content.values import Value

_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d+)?)|(?P<text>\"(?:[^\"]|\"\")*\")|\[(?P<column>[^\]]+)\]"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_]*)|(?P<sign><=|>=|<>|[-+*/&=<>(),]))"
)
_LONGEST = 1024

_Ordered = TypeVar("_Ordered", str, float)

Simple = str | float | bool | datetime | None


class NotAFormula(Refused):
    """This cannot be worked out."""


def evaluate(formula: str, column: Callable[[str], Value]) -> Value:
    """Work out a formula; None: it cannot be worked out for these values.

    Args:
        formula: With or without ``=`` in front.
        column: Gives a column's value by its name.

    Raises:
        NotAFormula: it is written in a way that we do not know.
    """
    if len(formula) > _LONGEST:
        raise NotAFormula("too long")
    reader = _Reader(formula.removeprefix("="), column)
    try:
        found = reader.comparison()
    except (TypeError, ZeroDivisionError, ValueError, OverflowError):
        return None
    reader.end()
    return found


class _Reader:
    def __init__(self, text: str, column: Callable[[str], Value]) -> None:
        self._tokens = list(_tokens(text))
        self._at = 0
        self._column = column

    def end(self) -> None:
        if self._at < len(self._tokens):
            raise NotAFormula(self._tokens[self._at][1])

    def comparison(self) -> Simple:
        left = self._joined()
        sign = self._sign({"=", "<>", "<", ">", "<=", ">="})
        if not sign:
            return left
        return _compared(sign, left, self._joined())

    def _joined(self) -> Simple:
        found = self._sum()
        while self._sign({"&"}):
            found = f"{_text(found)}{_text(self._sum())}"
        return found

    def _sum(self) -> Simple:
        found = self._product()
        while sign := self._sign({"+", "-"}):
            other = _number(self._product())
            found = _number(found) + other if sign == "+" else _number(found) - other
        return found

    def _product(self) -> Simple:
        found = self._one()
        while sign := self._sign({"*", "/"}):
            other = _number(self._one())
            found = _number(found) * other if sign == "*" else _number(found) / other
        return found

    def _one(self) -> Simple:
        kind, text = self._next()
        if kind == "number":
            return float(text)
        if kind == "text":
            return text[1:-1].replace('""', '"')
        if kind == "column":
            return _simple(self._column(text))
        if kind == "name":
            return self._named(text)
        if text == "-":
            return -_number(self._one())
        if text == "(":
            found = self.comparison()
            self._expect(")")
            return found
        raise NotAFormula(text)

    def _named(self, name: str) -> Simple:
        if not self._sign({"("}):
            known: dict[str, Simple] = {"TRUE": True, "FALSE": False}
            return known[name.upper()] if name.upper() in known else _simple(self._column(name))
        given: list[Simple] = []
        while not self._sign({")"}):
            given.append(self.comparison())
            if not self._sign({","}):
                self._expect(")")
                break
        return _called(name.upper(), given)

    def _next(self) -> tuple[str, str]:
        if self._at >= len(self._tokens):
            raise NotAFormula("it ends too early")
        self._at += 1
        return self._tokens[self._at - 1]

    def _sign(self, wanted: set[str]) -> str:
        if self._at < len(self._tokens) and self._tokens[self._at][0] == "sign":
            sign = self._tokens[self._at][1]
            if sign in wanted:
                self._at += 1
                return sign
        return ""

    def _expect(self, sign: str) -> None:
        if not self._sign({sign}):
            raise NotAFormula(f"no {sign}")


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    at = 0
    text = text.strip()
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise NotAFormula(text[at:])
        at = found.end()
        kind = found.lastgroup or ""
        yield kind, found[kind]


def _called(name: str, given: list[Simple]) -> Simple:
    functions: dict[str, Callable[[], Simple]] = {
        "IF": lambda: given[1] if given[0] else given[2],
        "AND": lambda: all(given),
        "OR": lambda: any(given),
        "NOT": lambda: not given[0],
        "LEN": lambda: float(len(_text(given[0]))),
        "UPPER": lambda: _text(given[0]).upper(),
        "LOWER": lambda: _text(given[0]).lower(),
        "ROUND": lambda: round(_number(given[0]), int(_number(given[1]))),
        "YEAR": lambda: float(given[0].year) if isinstance(given[0], datetime) else None,
        "ISBLANK": lambda: given[0] in (None, ""),
        "CONCATENATE": lambda: "".join(_text(one) for one in given),
    }
    if name not in functions:
        raise NotAFormula(name)
    try:
        return functions[name]()
    except IndexError:
        raise NotAFormula(f"{name} has too few arguments") from None


def _simple(value: Value) -> Simple:
    if value is None or isinstance(value, (str, bool, float, datetime)):
        return value
    return float(value) if isinstance(value, int) else str(value)


def _number(value: Simple) -> float:
    if value is None:
        return 0.0
    if isinstance(value, datetime):
        return value.timestamp() / 86_400
    return float(value)


def _text(value: Simple) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _compared(sign: str, left: Simple, right: Simple) -> bool:
    if isinstance(left, str) or isinstance(right, str):
        return _ordered(sign, _text(left).casefold(), _text(right).casefold())
    return _ordered(sign, _number(left), _number(right))


def _ordered(sign: str, a: _Ordered, b: _Ordered) -> bool:
    if sign in {"=", "<>"}:
        return (a == b) == (sign == "=")
    is_less = a < b
    return {"<": is_less, ">": a != b and not is_less, "<=": is_less or a == b}.get(
        sign, not is_less
    )
