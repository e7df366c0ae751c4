"""Writing what was found: verbose, with minimal metadata, with none.

Source:
    https://learn.microsoft.com/openspecs/sharepoint_protocols/ms-csomrest
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from strongroom.lab.sharepoint.rest import errors
from strongroom.lab.sharepoint.rest.call import Call
from strongroom.lab.sharepoint.rest.filters import comparable
from strongroom.lab.sharepoint.rest.formats import Format
from strongroom.lab.sharepoint.rest.kinds import (
    Collection,
    Complex,
    Entity,
    Nothing,
    Page,
    Row,
    Target,
    Value,
)
from strongroom.lab.sharepoint.rest.options import Options
from strongroom.lab.sharepoint.rest.walk import lookup, own_column

_SIMPLE = frozenset({str, int, float, bool})
_SAFE = "/()',=:@!$&*+;-._~"


def body_of(call: Call, found: Entity | Collection | Value | Nothing | None) -> Row:
    """Write a whole answer."""
    if call.form is Format.VERBOSE:
        return {"d": _verbose(call, found)}
    if isinstance(found, Entity):
        return {
            **_metadata(call, found.kind.name, "/@Element"),
            **entity(call, found, call.options),
        }
    if isinstance(found, Collection):
        rows, rest = _page(call, found)
        body = {**_metadata(call, found.kind.name), "value": rows}
        if rest is not None:
            body["odata.nextLink"] = rest
        return body
    if isinstance(found, Value):
        value = _plain(found.value, call.form)
        return value if isinstance(value, dict) else {"value": value}
    return {"odata.null": True}


def entity(call: Call, found: Entity, options: Options) -> Row:
    """Write one thing, with the properties that are wanted."""
    row: Row = _about(call, found)
    chosen = options.select
    if not chosen or "*" in chosen:
        row |= {
            name: get(call, found.thing)
            for name, get in found.kind.values.items()
            if _is_there(call, found, name)
        }
        if found.kind.columns is not None:
            row |= found.kind.columns(call, found.thing)
        row |= _deferred(call, found, options)
    for name in chosen:
        if name != "*":
            _choose(call, found, options, name, row)
    for name in options.expand:
        if not any(name.casefold() == one.casefold() for one in chosen):
            _choose(call, found, options, name, row)
    return {name: _plain(value, call.form) for name, value in row.items()}


def value_of(call: Call, found: Entity, path: str) -> object:
    """Give a property by name, or a neighbour's with slashes: for conditions and orders.

    Raises:
        ApiError: 400, there is no such property.
    """
    name, _, rest = path.partition("/")
    get = lookup(found.kind.values, name) or lookup(found.kind.more, name)
    if get is not None:
        value = get[1](call, found.thing)
        return value.get(rest) if rest and isinstance(value, Mapping) else value
    target = _neighbour(call, found, name)
    if isinstance(target, Entity):
        return value_of(call, target, rest) if rest else None
    column = own_column(call, found, name)
    if column is not None:
        return column[1]
    if isinstance(target, Collection):
        return None
    raise errors.no_property(name, found.kind.name)


def choose(call: Call, found: Collection, options: Options) -> Page:
    """Choose rows in the common way: condition, order, ``$skip`` and ``$top``."""
    if found.page is not None:
        return found.page(call, options)
    things = list(found.things())
    condition = options.condition
    if condition is not None:
        things = [
            one
            for one in things
            if condition(lambda name, one=one: value_of(call, found.entity(one), name))  # type: ignore[misc]
        ]
    for name, is_reversed in reversed(options.order):
        things.sort(
            key=lambda one: _sortable(value_of(call, found.entity(one), name)),
            reverse=is_reversed,
        )
    things = things[options.skip :]
    return Page(things if options.top is None else things[: options.top])


def address(call: Call, path: str) -> str:
    """Give the whole address of what lies below ``/_api``."""
    return f"{call.web_url}/_api/{quote(path, safe=_SAFE)}"


def time_text(value: datetime) -> str:
    """Write a time as SharePoint does: UTC, to the second."""
    return f"{value.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _verbose(call: Call, found: Entity | Collection | Value | Nothing | None) -> object:
    if isinstance(found, Entity):
        return entity(call, found, call.options)
    if isinstance(found, Collection):
        rows, rest = _page(call, found)
        return {"results": rows} | ({"__next": rest} if rest is not None else {})
    if isinstance(found, Value):
        value = _plain(found.value, Format.VERBOSE, found.kind)
        return {found.name: value}
    return {found.name: None} if isinstance(found, Nothing) else None


def _page(call: Call, found: Collection) -> tuple[list[Row], str | None]:
    page = choose(call, found, call.options)
    rows = [entity(call, found.entity(one), call.options) for one in page.things]
    if page.next_query is None:
        return rows, None
    query = "&".join(
        f"{quote(key, safe='')}={quote(value, safe='')}" for key, value in page.next_query.items()
    )
    return rows, f"{address(call, found.path)}?{query}"


def _choose(call: Call, found: Entity, options: Options, name: str, row: Row) -> None:
    if not _is_there(call, found, name):
        raise errors.no_property(name, found.kind.name)
    get = lookup(found.kind.values, name) or lookup(found.kind.more, name)
    if get is not None:
        value = get[1](call, found.thing)
        row[get[0]] = _parts(value, options.below(name))
        return
    if options.is_expanded(name):
        target = _neighbour(call, found, name)
        if target is not None or lookup(found.kind.links, name) is not None:
            known = lookup(found.kind.links, name)
            row[known[0] if known else name] = _nested(call, target, options.below(name))
            return
    link = lookup(found.kind.links, name)
    if link is not None:
        if options.below(name).select:
            raise errors.bad_query(
                f"The query to field '{name}' is not valid. The $expand query string parameter"
                " must name it."
            )
        if call.form is Format.VERBOSE:
            row[link[0]] = {"__deferred": {"uri": address(call, f"{found.path}/{link[0]}")}}
        return
    column = own_column(call, found, name)
    if column is None:
        raise errors.no_property(name, found.kind.name)
    row[column[0]] = column[1]


def _neighbour(call: Call, found: Entity, name: str) -> Target:
    link = lookup(found.kind.links, name)
    if link is not None:
        return link[1](call, found.thing, f"{found.path}/{link[0]}")
    if found.kind.column_link is not None:
        return found.kind.column_link(call, found.thing, name)
    return None


def _nested(call: Call, target: Target, options: Options) -> object:
    if isinstance(target, Entity):
        return _Written(entity(call, target, options))
    if isinstance(target, Collection):
        # What is expanded comes whole: there are no pages within pages.
        rows = [entity(call, target.entity(one), options) for one in target.things()]
        return _Written({"results": rows} if call.form is Format.VERBOSE else rows)
    return target.value if isinstance(target, Value) else None


@dataclass(frozen=True, slots=True)
class _Written:
    """What is in its last form already."""

    value: object


def _about(call: Call, found: Entity) -> Row:
    if call.form is Format.NONE:
        return {}
    kind, where = found.kind, address(call, found.path)
    name = kind.named(found.thing) if kind.named else kind.name
    etag = kind.etag(call, found.thing) if kind.etag else None
    if call.form is Format.VERBOSE:
        about: Row = {"id": where, "uri": where, "type": name}
        return {"__metadata": about | ({"etag": etag} if etag else {})}
    told: Row = {"odata.type": name, "odata.id": where, "odata.editLink": found.path}
    return told | ({"odata.etag": etag} if etag else {})


def _deferred(call: Call, found: Entity, options: Options) -> Row:
    if call.form is not Format.VERBOSE:
        return {}
    return {
        name: {"__deferred": {"uri": address(call, f"{found.path}/{name}")}}
        for name in found.kind.links
        if not options.is_expanded(name) and _is_there(call, found, name)
    }


def _metadata(call: Call, name: str, more: str = "") -> Row:
    if call.form is not Format.MINIMAL:
        return {}
    short = name.rpartition(".")[2]
    return {"odata.metadata": f"{call.web_url}/_api/$metadata#SP.ApiData.{short}s{more}"}


def _is_there(call: Call, found: Entity, name: str) -> bool:
    since = found.kind.since.get(name)
    return since is None or call.profile.has(since)


def _parts(value: object, options: Options) -> object:
    if not isinstance(value, Complex) or not options.select:
        return value
    chosen = {
        name: part
        for name, part in value.items()
        if any(name.casefold() == one.casefold() for one in options.select)
    }
    return Complex(value.kind, chosen)


def _plain(  # noqa: PLR0911 - one line per kind of value
    value: object, form: Format, kind: str = ""
) -> object:
    if value is None or type(value) in _SIMPLE:
        return value
    if isinstance(value, _Written):
        return value.value
    if isinstance(value, datetime):
        return time_text(value)
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, Mapping):
        parts = {str(name): _plain(part, form) for name, part in value.items()}
        if isinstance(value, Complex) and form is Format.VERBOSE:
            parts["__metadata"] = {"type": value.kind}
        return parts
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return _list(value, form, kind)
    return value


def _list(value: Sequence[object], form: Format, kind: str) -> object:
    rows = [_plain(one, form) for one in value]
    if form is not Format.VERBOSE:
        return rows
    first = value[0] if value else None
    member = kind or (first.kind if isinstance(first, Complex) else "Edm.String")
    # Members of a list that has a type carry none of their own.
    bare = [
        {k: v for k, v in row.items() if k != "__metadata"} if isinstance(row, dict) else row
        for row in rows
    ]
    return {"__metadata": {"type": f"Collection({member})"}, "results": bare}


def _sortable(value: object) -> tuple[int, Any]:
    value = comparable(value)
    return (0, 0) if value is None else (1, value)
