"""Restrictions: the conditions that FindItem and FindFolder take."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable
from typing import Any, TypeVar

from strongroom.content.message import FileTime
from strongroom.lab.exchange.errors import EwsError
from strongroom.lab.exchange.shapes import times
from strongroom.lab.exchange.xml import Element, children, find, name_of, require

Condition = Callable[[Any], bool]
Thing = TypeVar("Thing")
ValueOf = Callable[[Any, Element], object]

_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "IsEqualTo": lambda a, b: a == b,
    "IsNotEqualTo": lambda a, b: a != b,
    "IsGreaterThan": lambda a, b: a > b,
    "IsGreaterThanOrEqualTo": lambda a, b: a >= b,
    "IsLessThan": lambda a, b: a < b,
    "IsLessThanOrEqualTo": lambda a, b: a <= b,
}
_PATHS = frozenset({"FieldURI", "IndexedFieldURI", "ExtendedFieldURI"})


def condition(restriction: Element, value_of: ValueOf) -> Condition:
    """Turn a Restriction element into a function that says whether a thing meets it.

    Args:
        restriction: The element.
        value_of: Gives the value of a thing at a path.

    Raises:
        EwsError: ErrorUnsupportedQueryFilter.
    """
    return _condition(next(children(restriction)), value_of)


def _condition(node: Element, value_of: ValueOf) -> Condition:
    name = name_of(node)
    if name in {"And", "Or", "Not"}:
        return _joined(name, [_condition(one, value_of) for one in children(node)])
    return _single(name, node, value_of)


def _joined(name: str, parts: list[Condition]) -> Condition:
    if name == "And":
        return lambda thing: all(part(thing) for part in parts)
    if name == "Or":
        return lambda thing: any(part(thing) for part in parts)
    return lambda thing: not parts[0](thing)


def _single(name: str, node: Element, value_of: ValueOf) -> Condition:
    path = next((one for one in children(node) if name_of(one) in _PATHS), None)
    if path is None:
        raise EwsError("ErrorUnsupportedQueryFilter")
    if name == "Exists":
        return lambda thing: value_of(thing, path) is not None
    if name == "Contains":
        return _contains(node, path, value_of)
    if name == "Excludes":
        mask = int(str(require(node, "t:Bitmask").get("Value")), 0)
        return lambda thing: not _number(value_of(thing, path)) & mask
    if name in _COMPARISONS:
        return _comparison(node, path, value_of, _COMPARISONS[name])
    raise EwsError("ErrorUnsupportedQueryFilter")


def _comparison(
    node: Element, path: Element, value_of: ValueOf, compare: Callable[[Any, Any], bool]
) -> Condition:
    other = next(children(require(node, "t:FieldURIOrConstant")))
    is_constant = name_of(other) == "Constant"
    constant = str(other.get("Value"))

    def holds(thing: object) -> bool:
        left = value_of(thing, path)
        right = _as_type_of(left, constant) if is_constant else value_of(thing, other)
        if left is None or right is None:
            return False
        return compare(left, right)

    return holds


def _contains(node: Element, path: Element, value_of: ValueOf) -> Condition:
    constant = find(node, "t:Constant")
    wanted = str(constant.get("Value")) if constant is not None else ""
    mode = node.get("ContainmentMode", "Substring")
    ignores_case = "Ignore" in str(node.get("ContainmentComparison", "Exact"))

    def holds(thing: object) -> bool:
        value = value_of(thing, path)
        texts = value if isinstance(value, list) else [value]
        return any(isinstance(text, str) and matches(text) for text in texts)

    def matches(text: str) -> bool:
        have, want = (text.casefold(), wanted.casefold()) if ignores_case else (text, wanted)
        if mode == "FullString":
            return have == want
        return have.startswith(want) if mode.startswith("Prefix") else want in have

    return holds


def _as_type_of(sample: object, text: str) -> object:
    try:
        if isinstance(sample, bool):
            return text.strip().lower() in {"true", "1"}
        if isinstance(sample, FileTime):
            return times.read(text)
        if isinstance(sample, int):
            return int(text)
        if isinstance(sample, float):
            return float(text)
        if isinstance(sample, bytes):
            return b64decode(text, validate=True)
    except ValueError as error:
        raise EwsError("ErrorInvalidValueForProperty") from error
    return text


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0
