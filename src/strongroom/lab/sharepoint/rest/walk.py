"""From segments to the thing that they lead to, one step at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import orjson

from strongroom.lab.https import Response
from strongroom.lab.sharepoint.rest import errors
from strongroom.lab.sharepoint.rest.call import Call
from strongroom.lab.sharepoint.rest.errors import ApiError
from strongroom.lab.sharepoint.rest.kinds import (
    Args,
    Body,
    Collection,
    Entity,
    Method,
    Nothing,
    Result,
    Value,
)
from strongroom.lab.sharepoint.rest.path import Segment

V = TypeVar("V")


def walk(call: Call, root: Entity, segments: Sequence[Segment]) -> Result:
    """Follow an address.

    Methods on the way are carried out; what changes something is last, and only then gets the body.

    Raises:
        ApiError: it leads nowhere, or not for this visitor.
    """
    here: Result = root
    for place, segment in enumerate(segments):
        here = _step(call, here, segment, is_last=place == len(segments) - 1)
    return here


def lookup(table: Mapping[str, V], name: str) -> tuple[str, V] | None:
    """Find by name whatever its case; give the right name as well."""
    if name in table:
        return name, table[name]
    wanted = name.casefold()
    return next(((key, one) for key, one in table.items() if key.casefold() == wanted), None)


def own_column(call: Call, found: Entity, name: str) -> tuple[str, object] | None:
    """Find a property that one thing has by itself, by its name."""
    kind = found.kind
    if kind.column is not None:
        return kind.column(call, found.thing, name)
    return lookup(kind.columns(call, found.thing), name) if kind.columns is not None else None


def _step(call: Call, here: Result, segment: Segment, *, is_last: bool) -> Result:
    if isinstance(here, Entity):
        return _from_entity(call, here, segment, is_last=is_last)
    if isinstance(here, Collection):
        return _from_collection(call, here, segment, is_last=is_last)
    if isinstance(here, Value):
        return _from_value(here, segment)
    raise errors.no_resource(segment.name)


def _from_entity(call: Call, here: Entity, segment: Segment, *, is_last: bool) -> Result:
    kind, thing = here.kind, here.thing
    if segment.key == "$value" and kind.content is not None:
        if call.is_reading:
            return kind.content(call, thing)
        return here
    since = lookup(kind.since, segment.name)
    if since is not None and not call.profile.has(since[1]):
        raise errors.no_resource(segment.name)
    link = lookup(kind.links, segment.name)
    if link is not None:
        target = link[1](call, thing, f"{here.path}/{link[0]}")
        if segment.args:
            return _one_of(target, segment)
        return target
    method = kind.methods.get(segment.key)
    if method is not None:
        return _run(call, method, here, segment, is_last=is_last)
    return _value(call, here, segment)


def _value(call: Call, here: Entity, segment: Segment) -> Result:
    kind, thing = here.kind, here.thing
    found = lookup(kind.values, segment.name) or lookup(kind.more, segment.name)
    if found is not None:
        return Value(found[0], found[1](call, thing))
    if kind.column_link is not None:
        linked = kind.column_link(call, thing, segment.name)
        if linked is not None:
            return linked
    column = own_column(call, here, segment.name)
    if column is not None:
        return Value(column[0], column[1])
    raise errors.no_resource(segment.name)


def _from_collection(call: Call, here: Collection, segment: Segment, *, is_last: bool) -> Result:
    if segment.key == "$count":
        headers = [("Content-Type", "text/plain;charset=utf-8")]
        return Response(headers=headers, body=str(len(here.things())).encode())
    method = here.methods.get(segment.key)
    if method is None:
        raise errors.no_resource(segment.name)
    where = Entity(here.kind, here, here.path)
    return _run(call, method, where, segment, is_last=is_last)


def _one_of(target: object, segment: Segment) -> Entity:
    if not isinstance(target, Collection) or target.find is None:
        raise errors.no_resource(segment.name)
    found = target.find(segment.args[0])
    if found is None:
        raise errors.not_found()
    return target.entity(found)


def _from_value(here: Value, segment: Segment) -> Result:
    value: Any = here.value
    if segment.key == "$value":
        body = value if isinstance(value, str) else orjson.dumps(value).decode()
        return Response(headers=[("Content-Type", "text/plain;charset=utf-8")], body=body.encode())
    if isinstance(value, Mapping):
        found = lookup(value, segment.name)
        if found is not None:
            return Value(found[0], found[1])
    raise errors.no_resource(segment.name)


def _run(
    call: Call, method: Method[Any], here: Entity, segment: Segment, *, is_last: bool
) -> Result:
    if not call.profile.has(method.since):
        raise errors.no_resource(segment.name)
    if method.is_post and (not is_last or call.verb in {"GET", "DELETE"}):
        raise ApiError(
            405,
            "-1, Microsoft.SharePoint.Client.ClientServiceException",
            f"The HTTP method '{call.verb}' cannot be used to access the resource"
            f" '{segment.name}'. The operation type of the resource is specified as 'Default'."
            " Please use correct HTTP method to invoke the resource.",
        )
    call.need(method.needs)
    has_arguments = is_last and not call.is_reading and call.has_json and not method.takes_bytes
    body: Body = call.json() if has_arguments else {}
    args = Args(args=segment.args, named=segment.named, body=body, path=here.path)
    given = method.run(call, here.thing, args)
    # What only finds something may be followed by a change of what it found.
    call.ran_method = is_last and (method.is_post or call.verb == "POST")
    return Nothing(segment.name) if given is None else given
