"""The little of OData that is asked of a directory: $filter by equality, $select, $top and pages.

Source:
    https://learn.microsoft.com/graph/query-parameters
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from urllib.parse import urlencode

from strongroom.lab.graph.call import Call
from strongroom.lab.graph.errors import bad_request

_EQUALS = re.compile(r"^\s*(\w+)\s+eq\s+'((?:[^']|'')*)'\s*$")
_STARTS = re.compile(r"^\s*startswith\(\s*(\w+)\s*,\s*'((?:[^']|'')*)'\s*\)\s*$", re.IGNORECASE)
_ANY = re.compile(
    r"^\s*(\w+)/any\(\s*(\w+)\s*:\s*\2\s+eq\s+'((?:[^']|'')*)'\s*\)\s*$", re.IGNORECASE
)
_PAGE = 100
_PAGE_MAX = 999

Row = Mapping[str, object]


def page(call: Call, kind: str, rows: Sequence[Row]) -> dict[str, object]:
    """Give one page of a collection, as the query wants it.

    Raises:
        GraphError: 400, the query is none that is understood here.
    """
    matches = _condition(call.query.get("$filter", ""))
    found = [row for row in rows if matches(row)]
    size = _number(call.query.get("$top", str(_PAGE)), low=1, high=_PAGE_MAX)
    begin = _number(call.query.get("$skiptoken", "0"), low=0, high=len(found))
    body: dict[str, object] = {
        "@odata.context": f"{call.base}/$metadata#{kind}",
        "value": [select(call, row) for row in found[begin : begin + size]],
    }
    if begin + size < len(found):
        rest = {**call.query, "$skiptoken": str(begin + size)}
        body["@odata.nextLink"] = f"{call.base}/{call.route}?{urlencode(rest)}"
    return body


def entity(call: Call, kind: str, row: Row) -> dict[str, object]:
    """Give one object, as the query wants it."""
    context = f"{call.base}/$metadata#{kind}/$entity"
    return {"@odata.context": context, **select(call, row)}


def select(call: Call, row: Row) -> Row:
    """Keep the properties that ``$select`` names.

    Raises:
        GraphError: 400, there is no such property.
    """
    wanted = [name for name in call.query.get("$select", "").split(",") if name]
    if not wanted:
        return row
    for name in wanted:
        if name not in row:
            raise bad_request(f"Could not find a property named '{name}' on the resource.")
    return {name: row[name] for name in wanted}


def _condition(text: str) -> Callable[[Row], bool]:
    # Read before any row is looked at: nonsense is refused where the collection is empty, too.
    if not text:
        return lambda _: True
    among = _ANY.match(text)
    if among is not None:
        return _one_of(among[1], among[3].replace("''", "'"))
    equals, starts = _EQUALS.match(text), _STARTS.match(text)
    match = equals or starts
    if match is None:
        raise bad_request("Invalid filter clause")
    name, wanted = match[1], match[2].replace("''", "'").casefold()

    def matches(row: Row) -> bool:
        if name not in row:
            raise bad_request("Invalid filter clause")
        value = str(row[name]).casefold()
        return value == wanted if equals else value.startswith(wanted)

    return matches


def _one_of(name: str, wanted: str) -> Callable[[Row], bool]:
    def matches(row: Row) -> bool:
        values = row.get(name)
        if not isinstance(values, list):
            raise bad_request("Invalid filter clause")
        return wanted in values

    return matches


def _number(text: str, *, low: int, high: int) -> int:
    if not text.isdecimal() or not low <= int(text) <= max(high, low):
        raise bad_request("Invalid page size specified.")
    return int(text)
