"""Asking a list by CAML: ``GetItems`` and ``RenderListDataAsStream``.

Source:
    https://learn.microsoft.com/sharepoint/dev/sp-add-ins/working-with-lists-and-list-items-with-rest
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import orjson

from strongroom.lab.https import Response
from strongroom.lab.sharepoint.content import item_values
from strongroom.lab.sharepoint.content.items import ListItem
from strongroom.lab.sharepoint.content.lists import SpList
from strongroom.lab.sharepoint.content.refusals import NotFound, ThresholdExceeded
from strongroom.lab.sharepoint.content.values import TermValue, UrlValue
from strongroom.lab.sharepoint.rest import errors
from strongroom.lab.sharepoint.rest.call import Call
from strongroom.lab.sharepoint.rest.caml import CamlQuery, Clause, caml_query
from strongroom.lab.sharepoint.rest.entities import stream
from strongroom.lab.sharepoint.rest.entities.columns import LOOKUPS, PEOPLE, lookup_texts
from strongroom.lab.sharepoint.rest.entities.common import list_path
from strongroom.lab.sharepoint.rest.entities.items import chosen, seen
from strongroom.lab.sharepoint.rest.kinds import Args, Body, Collection
from strongroom.lab.sharepoint.rest.options import query_of
from strongroom.lab.sharepoint.rest.whole import whole

_FLAT = 2
_EVERYWHERE = frozenset({"recursive", "recursiveall"})


@dataclass(frozen=True, slots=True)
class Found:
    """A page of items, and whether there are more behind it."""

    query: CamlQuery
    items: Sequence[ListItem]
    first: int
    has_more: bool


def get_items(call: Call, of: SpList, args: Args) -> Collection:
    """Answer ``GetItems``: the items as any others, without a word about more pages."""
    given = args.part("query")
    found = run(
        call,
        of,
        str(given.get("ViewXml") or ""),
        folder=_folder_path(given),
        paging=_paging(given.get("ListItemCollectionPosition")),
    )
    return chosen(call, found.items, f"{list_path(of)}/GetItems")


def render_stream(call: Call, of: SpList, args: Args) -> Response:
    """Answer ``RenderListDataAsStream``."""
    given = args.part("parameters")
    xml = str(given.get("ViewXml") or "") or of.default_view.xml
    paging = str(given.get("Paging") or "").removeprefix("?")
    found = run(call, of, xml, folder=_folder_path(given), paging=paging)
    names = [*found.query.fields] or [*of.default_view.fields]
    is_utc = bool(given.get("DatesInUtc"))
    rows = [stream.row(call, one, names, is_utc=is_utc) for one in found.items]
    data = _stream_body(call, found, rows)
    options = given.get("RenderOptions")
    is_flat = options in {None, 0, _FLAT}
    body = data if is_flat else {"wpq": "", "Templates": {}, "ListData": data}
    headers = [("Content-Type", "application/json; charset=utf-8")]
    return Response(headers=headers, body=orjson.dumps(body))


def run(call: Call, of: SpList, xml: str, *, folder: str = "", paging: str = "") -> Found:
    """Choose items.

    Args:
        call: The question.
        of: The list.
        xml: ``<View>…</View>``.
        folder: Server-relative path of the folder that it is asked of; empty: the root folder.
        paging: ``Paged=TRUE&p_ID=…``.

    Raises:
        ApiError: it is no such query, or touches too many rows.
    """
    query = caml_query(xml, _read)
    _check_threshold(of, query)
    things = _scoped(call, of, query, folder)
    if query.where is not None:
        holds = query.where.holds
        things = [one for one in things if holds(_ValueOf(call, one))]
    for name, is_reversed in reversed(query.order):
        things.sort(
            key=lambda one: _sortable(_ValueOf(call, one)(name, False)), reverse=is_reversed
        )
    given = query_of(paging)
    begin = _begin(things, query, given)
    size = len(things) if query.row_limit is None else query.row_limit
    page = things[begin : begin + size]
    first = whole(given.get("PageFirstRow"))
    return Found(
        query,
        page,
        first if first > 0 else begin + 1,
        has_more=query.is_paged and begin + size < len(things),
    )


def _stream_body(call: Call, found: Found, rows: list[dict[str, object]]) -> dict[str, object]:
    body: dict[str, object] = {
        "Row": rows,
        "FirstRow": found.first if rows else 0,
        "FolderPermissions": hex(call.rights),
        "LastRow": found.first + len(rows) - 1 if rows else 0,
        "RowLimit": found.query.row_limit or 30,
    }
    if found.has_more and found.items:
        last = found.items[-1]
        more = "".join(
            f"&p_{quote(name)}={quote(str(item_values.value_of(last, name) or ''))}"
            for name, _ in found.query.order
            if name != "ID"
        )
        body["NextHref"] = (
            f"?Paged=TRUE{more}&p_ID={last.id}&PageFirstRow={found.first + len(rows)}"
            "&View=00000000-0000-0000-0000-000000000000"
        )
    return body | {
        "FilterLink": "?",
        "ForceNoHierarchy": "1",
        "HierarchyHasIndention": "",
        "CurrentFolderSpItemUrl": "",
    }


def _folder_path(given: Body) -> str:
    path = given.get("FolderServerRelativePath")
    if isinstance(path, Mapping):
        return str(path.get("DecodedUrl") or "")
    return str(given.get("FolderServerRelativeUrl") or "")


def _paging(position: object) -> str:
    return str(position.get("PagingInfo") or "") if isinstance(position, Mapping) else ""


def _scoped(call: Call, of: SpList, query: CamlQuery, path: str) -> list[ListItem]:
    scope = query.scope.casefold()
    folder = _folder(of, path)
    if scope in _EVERYWHERE:
        things = seen(call, of)
        if folder is not None:
            begins = f"{folder.path.casefold()}/"
            things = [one for one in things if one.path.casefold().startswith(begins)]
    else:
        held = of.children_of(folder).values()
        mine = [one for one in held if call.sees(one)]
        things = sorted(mine, key=lambda one: one.id)
    if scope in {"recursive", "filesonly"}:
        things = [one for one in things if not one.is_folder]
    return things


def _folder(of: SpList, path: str) -> ListItem | None:
    inner = path[len(of.root_path) :].strip("/")
    if not inner:
        return None
    found = of.at(inner.split("/"))
    if found is None or not found.is_folder:
        raise errors.not_found()
    return found


def _check_threshold(of: SpList, query: CamlQuery) -> None:
    most = of.collection.view_threshold
    if len(of.items) <= most:
        return
    try:
        if query.where is not None:
            _check_clause(of, query.where)
        elif not query.is_override:
            of.check_threshold(name for name, _ in query.order)
    except ThresholdExceeded as error:
        raise errors.over_threshold() from error
    if query.where is None and (query.row_limit or len(of.items)) > most:
        raise errors.over_threshold()


def _check_clause(of: SpList, clause: Clause) -> None:
    """Let a question pass if one of the things that must all hold has an index."""
    for part in clause.parts or (clause,):
        try:
            for name in part.fields:
                of.check_threshold([name])
        except ThresholdExceeded:
            continue
        return
    raise ThresholdExceeded


def _begin(things: Sequence[ListItem], query: CamlQuery, given: Mapping[str, str]) -> int:
    last = whole(given.get("p_ID"))
    if last < 0:
        return 0
    if all(name == "ID" for name, _ in query.order):
        is_reversed = any(back for _, back in query.order)
        for place, one in enumerate(things):
            if (one.id < last) if is_reversed else (one.id > last):
                return place
        return len(things)
    return next((n + 1 for n, one in enumerate(things) if one.id == last), 0)


class _ValueOf:
    """Gives values of one item as a query compares them."""

    __slots__ = ("_call", "_item")

    def __init__(self, call: Call, item: ListItem) -> None:
        self._call = call
        self._item = item

    def __call__(self, name: str, by_id: bool) -> object:  # noqa: FBT001 - the order of a query's words
        item = self._item
        if name == "ID":
            return item.id
        try:
            column = item.parent_list.column(name)
        except NotFound:
            text = (
                "One or more field types are not installed properly. Go to the list settings page"
            )
            raise errors.failed(f"{text} to delete these fields.", status=500) from None
        value = item_values.value_of(item, column.name)
        if column.type in PEOPLE | LOOKUPS and isinstance(value, int | tuple) and _leads(column):
            told = lookup_texts(self._call, item, column, value)
            return tuple(number if by_id else text for number, text in told) or None
        if isinstance(value, UrlValue):
            return value.url
        if isinstance(value, TermValue):
            return value.label
        if isinstance(value, tuple):
            return tuple(one.label if isinstance(one, TermValue) else one for one in value)
        return value


def _leads(column: Any) -> bool:  # noqa: ANN401 - a column of any list
    return column.type in PEOPLE or bool(column.lookup_list)


def _sortable(value: object) -> tuple[int, Any]:
    if value is None:
        return 0, 0
    if isinstance(value, tuple):
        return 1, str(value)
    return 1, value.casefold() if isinstance(value, str) else value


def _read(kind: str, text: str) -> object:
    """Read a value of a query; what does not fit its type is compared as text."""
    text = text.strip() if kind != "Text" else text
    if kind in {"Counter", "Integer", "Number", "Currency", "ModStat"}:
        try:
            return float(text)
        except ValueError:
            return text
    if kind == "Boolean":
        return int(text.casefold() in {"1", "true"})
    if kind == "DateTime":
        try:
            read = datetime.fromisoformat(text)
        except ValueError:
            return text
        return read.astimezone(UTC) if read.tzinfo else read.replace(tzinfo=UTC)
    return text
