"""Queries in CAML: which items, in which order, how many at a time.

Source:
    https://learn.microsoft.com/sharepoint/dev/schema/query-schema
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from strongroom.lab.exchange.xml import Element, NotXml, children, name_of, parse
from strongroom.lab.sharepoint.rest.errors import ApiError, bad_query, failed

IN_MAX = 500
_BYTES_MAX = 1 << 20
_DEPTH_MAX = 200

ValueOf = Callable[[str, bool], object]
"""Gives an item's value by internal name; ``True``: a lookup's number rather than its text."""

Test = Callable[[ValueOf], bool]
Read = Callable[[str, str], object]
"""Reads a value of a type, as a query writes it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """A condition.

    Attributes:
        holds: Judges an item.
        fields: The columns that it looks at.
        parts: What must all hold for it to hold: whoever has an index on one of them needs to look
            no further.
    """

    holds: Test
    fields: frozenset[str]
    parts: tuple[Clause, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CamlQuery:
    """One query.

    Attributes:
        scope: ``""`` one folder, ``Recursive``, ``RecursiveAll`` with folders, ``FilesOnly``.
        order: Columns, and whether from the last to the first.
        row_limit: None: as many as there are.
        fields: The columns that are wanted; empty: all.
    """

    scope: str = ""
    where: Clause | None = None
    order: tuple[tuple[str, bool], ...] = ()
    is_override: bool = False
    row_limit: int | None = None
    is_paged: bool = False
    fields: tuple[str, ...] = ()


def caml_query(xml: str, read: Read) -> CamlQuery:
    """Read a query.

    Args:
        xml: ``<View>…</View>``.
        read: Reads a value of a type.

    Raises:
        ApiError: it is no such query.
    """
    if not xml.strip():
        return CamlQuery()
    if len(xml) > _BYTES_MAX:
        raise bad_query("The CAML is too long.")
    try:
        root = parse(xml.encode())
    except NotXml as error:
        raise failed("Cannot complete this action. Please try again.", status=500) from error
    if name_of(root) != "View":
        raise failed("Cannot complete this action. Please try again.", status=500)
    parts = {name_of(one): one for one in children(root)}
    query = {name_of(one): one for one in children(parts["Query"])} if "Query" in parts else {}
    limit = parts.get("RowLimit")
    order = query.get("OrderBy")
    columns = parts.get("ViewFields")
    return CamlQuery(
        scope=root.get("Scope", ""),
        where=_where(query.get("Where"), read),
        order=tuple(_orders(order)) if order is not None else (),
        is_override=order is not None and _is_true(order.get("Override", "")),
        row_limit=_limit(limit),
        is_paged=limit is not None and _is_true(limit.get("Paged", "")),
        fields=tuple(one.get("Name", "") for one in children(columns))
        if columns is not None
        else (),
    )


def _where(node: Element | None, read: Read) -> Clause | None:
    if node is None:
        return None
    below = list(children(node))
    if not below:
        return None
    if len(below) > 1:
        raise failed("One or more field types are not installed properly. The query is not valid.")
    return _clause(below[0], read, 0)


def _clause(node: Element, read: Read, depth: int) -> Clause:
    if depth > _DEPTH_MAX:
        raise bad_query("The CAML has too many levels.")
    name = name_of(node)
    if name in {"And", "Or"}:
        below = [_clause(one, read, depth + 1) for one in children(node)]
        if len(below) != 2:
            raise failed(f"<{name}> needs two conditions.")
        first, second = below
        fields = first.fields | second.fields
        if name == "Or":
            return Clause(holds=lambda row: first.holds(row) or second.holds(row), fields=fields)
        return Clause(
            holds=lambda row: first.holds(row) and second.holds(row),
            fields=fields,
            parts=(*(first.parts or (first,)), *(second.parts or (second,))),
        )
    return _comparison(name, node, read)


def _comparison(name: str, node: Element, read: Read) -> Clause:
    below = {name_of(one): one for one in children(node)}
    reference = below.get("FieldRef")
    if reference is None or not reference.get("Name"):
        raise failed("The query names no field.")
    column = reference.get("Name", "")
    by_id = _is_true(reference.get("LookupId", ""))
    if name in {"IsNull", "IsNotNull"}:
        wanted = name == "IsNull"
        return _made(lambda row: (row(column, by_id) in (None, "", ())) is wanted, column)
    if name == "In":
        values = frozenset(_values(below.get("Values"), read))
        return _made(lambda row: any(one in values for one in _each(row(column, by_id))), column)
    test = _TESTS.get(name)
    if test is None or "Value" not in below:
        raise failed(f"<{name}> is no condition.")
    wanted_value = _value(below["Value"], read)
    return _made(lambda row: test(row(column, by_id), wanted_value), column)


def _made(holds: Test, column: str) -> Clause:
    return Clause(holds=holds, fields=frozenset({column}))


def _values(node: Element | None, read: Read) -> Iterator[object]:
    found = [_value(one, read) for one in children(node)] if node is not None else []
    if len(found) > IN_MAX:
        raise failed(
            "The query cannot be completed: an In element has more than 500 values.", status=500
        )
    return iter(found)


def _value(node: Element, read: Read) -> object:
    return plain(read(node.get("Type", "Text"), "".join(str(one) for one in node.itertext())))


def plain(value: object) -> object:
    """Give a value in the form that values are compared in: texts without regard to case."""
    if isinstance(value, str):
        return value.casefold()
    return int(value) if isinstance(value, bool) else value


def _each(value: object) -> tuple[object, ...]:
    return tuple(plain(one) for one in value) if isinstance(value, tuple) else (plain(value),)


def _compared(compare: Callable[[Any, Any], bool]) -> Callable[[object, object], bool]:
    def holds(own: object, wanted: object) -> bool:
        for one in _each(own):
            if one is None:
                continue
            left, right = _alike(one, wanted)
            if left is not None and right is not None and compare(left, right):
                return True
        return False

    return holds


def _alike(left: object, right: object) -> tuple[object, object]:
    if type(left) is type(right) or (
        isinstance(left, int | float) and isinstance(right, int | float)
    ):
        return left, right
    if isinstance(left, int | float) or isinstance(right, int | float):
        try:
            return float(str(left)), float(str(right))
        except ValueError:
            return None, None
    return str(left), str(right)


def _is_not(own: object, wanted: object) -> bool:
    return not _compared(operator.eq)(own, wanted)


def _begins(own: object, wanted: object) -> bool:
    return any(str(one).startswith(str(wanted)) for one in _each(own) if one is not None)


def _contains(own: object, wanted: object) -> bool:
    return any(str(wanted) in str(one) for one in _each(own) if one is not None)


_TESTS: Mapping[str, Callable[[object, object], bool]] = {
    "Eq": _compared(operator.eq),
    "Neq": _is_not,
    "Lt": _compared(operator.lt),
    "Gt": _compared(operator.gt),
    "Leq": _compared(operator.le),
    "Geq": _compared(operator.ge),
    "BeginsWith": _begins,
    "Contains": _contains,
    "Includes": _compared(operator.eq),
    "NotIncludes": _is_not,
}


def _orders(node: Element) -> Iterator[tuple[str, bool]]:
    for one in children(node):
        yield one.get("Name", ""), not _is_true(one.get("Ascending", "TRUE"))


def _limit(node: Element | None) -> int | None:
    if node is None:
        return None
    text = (node.text or "").strip()
    if not text.isascii() or not text.isdecimal() or len(text) > 9:
        raise ApiError(500, "-2147467261, System.ArgumentNullException", "The row limit is none.")
    return int(text) or None


def _is_true(text: str) -> bool:
    return text.casefold() in {"true", "1"}
