"""The OData options of a request for folders or items.

Source:
    https://learn.microsoft.com/graph/query-parameters
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from strongroom.lab.graph.mailbox import filters
from strongroom.lab.graph.mailbox.errors import bad_option
from strongroom.lab.graph.mailbox.extended import MULTI, SINGLE, Wanted, read_id
from strongroom.lab.graph.mailbox.filters import Condition

_KNOWN = frozenset({"$select", "$filter", "$top", "$skip", "$orderby", "$count", "$expand"})
_EXPANSION = re.compile(rf"({SINGLE}|{MULTI})\((.*)\)", re.IGNORECASE | re.DOTALL)
_BY_ID = re.compile(r"\s*id\s+eq\s+'([^']{1,400})'\s*", re.IGNORECASE)
_ORDER = re.compile(r"\s*(\w+)(?:\s+(asc|desc))?\s*", re.IGNORECASE)
_CHILDREN = "childFolders"
_EXPANDED_MAX = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What a client wants to see.

    Attributes:
        select: Names of properties; empty: all.
        top: Entries of a page; None: the server's own choice.
        order: Names of properties, each with whether it is from high to low.
        expand: Extended properties.
        has_children: Folders are shown with those right below them.
    """

    select: tuple[str, ...] = ()
    top: int | None = None
    skip: int = 0
    order: tuple[tuple[str, bool], ...] = ()
    has_count: bool = False
    matches: Condition | None = None
    expand: tuple[Wanted, ...] = ()
    has_children: bool = False


def read(query: Mapping[str, str], *, page_max: int) -> Options:
    """Read the options of a query.

    Raises:
        GraphError: 400, one is not known or not understood.
    """
    for name in query:
        if name.startswith("$") and name not in _KNOWN:
            raise bad_option(f"Query option '{name}' is not supported.")
    expansions = _parted(query.get("$expand", ""))
    condition = query.get("$filter", "")
    return Options(
        select=names_in(query.get("$select", "")),
        top=number(query["$top"], low=1, high=page_max) if "$top" in query else None,
        skip=number(query.get("$skip", "0"), low=0, high=1 << 31),
        order=tuple(_order(one) for one in query.get("$orderby", "").split(",") if one.strip()),
        has_count=query.get("$count", "").casefold() == "true",
        matches=filters.read(condition) if condition.strip() else None,
        expand=tuple(one for text in expansions for one in _expanded(text)),
        has_children=any(text.strip().startswith(_CHILDREN) for text in expansions),
    )


def names_in(text: str) -> tuple[str, ...]:
    """Read the names of a list."""
    return tuple(name.strip() for name in text.split(",") if name.strip())


def number(text: str, *, low: int, high: int) -> int:
    """Read a number.

    Raises:
        GraphError: 400, it is none, or out of bounds.
    """
    if not text.isascii() or not text.isdecimal() or not low <= int(text) <= high:
        raise bad_option(f"Invalid value '{text}' for a query option: {low} to {high} are valid.")
    return int(text)


def _expanded(text: str) -> list[Wanted]:
    if text.strip().startswith(_CHILDREN):
        return []
    match = _EXPANSION.fullmatch(text.strip())
    if match is None:
        raise bad_option(f"Parsing OData Select and Expand failed: '{text.strip()}'.")
    condition = match[2].strip()
    if not condition.casefold().startswith("$filter="):
        raise bad_option("Extended properties can only be expanded with a $filter by id.")
    clauses = re.split(r"\s+or\s+", condition.partition("=")[2].strip().strip("()"))
    if len(clauses) > _EXPANDED_MAX:
        raise bad_option("Too many extended properties are expanded.")
    found = []
    for clause in clauses:
        named = _BY_ID.fullmatch(clause)
        if named is None:
            raise bad_option("Invalid filter clause")
        wanted = read_id(named[1])
        if wanted.is_multiple != (match[1].casefold() == MULTI.casefold()):
            raise bad_option(f"'{named[1]}' cannot be expanded in {match[1]}.")
        found.append(wanted)
    return found


def _order(text: str) -> tuple[str, bool]:
    match = _ORDER.fullmatch(text)
    if match is None:
        raise bad_option("Invalid $orderby clause.")
    return match[1], (match[2] or "asc").casefold() == "desc"


def _parted(text: str) -> list[str]:
    """Part a list at its commas, but not at those within brackets or quotes."""
    parts, depth, is_quoted, begin = [], 0, False, 0
    for at, sign in enumerate(text):
        if sign == "'":
            is_quoted = not is_quoted
        elif not is_quoted and sign in "()":
            depth += 1 if sign == "(" else -1
        elif sign == "," and not is_quoted and depth == 0:
            parts.append(text[begin:at])
            begin = at + 1
    parts.append(text[begin:])
    return [part for part in parts if part.strip()]
