"""From what an address led to, to an answer."""

from __future__ import annotations

import orjson

from strongroom.lab.https import Response
from strongroom.lab.sharepoint.rest import errors
from strongroom.lab.sharepoint.rest.call import Call
from strongroom.lab.sharepoint.rest.errors import ApiError, error_body
from strongroom.lab.sharepoint.rest.formats import Format
from strongroom.lab.sharepoint.rest.kinds import Collection, Entity, Result
from strongroom.lab.sharepoint.rest.render import body_of


def as_atom(answer: Response) -> Response:
    """Do what a real server does to a question of a batch that names no form: it gets no JSON."""
    headers = [(name, value) for name, value in answer.headers if name != "Content-Type"]
    kind = "application/atom+xml;type=entry;charset=utf-8"
    return Response(
        status=answer.status,
        headers=[*headers, ("Content-Type", kind)],
        body=b'<?xml version="1.0" encoding="utf-8"?><entry xmlns="http://www.w3.org/2005/Atom" />',
    )


def act(call: Call, found: Result, *, is_value: bool, form: Format | None) -> Response:
    """Do what the method of HTTP says with what the address led to."""
    if isinstance(found, Response):
        return found
    if form is None or (form is not Format.VERBOSE and not call.profile.has_json_light):
        raise ApiError(
            406, errors.QUERY, "The HTTP header ACCEPT is missing or its value is invalid."
        )
    if call.is_reading or call.ran_method:
        return _answered(call, found)
    if call.verb == "POST":
        if not isinstance(found, Collection) or found.create is None:
            raise ApiError(405, errors.QUERY, "The resource cannot be posted to.")
        call.need_type()
        made = found.entity(found.create(call, call.json()))
        return _answered(call, made, status=201)
    if not isinstance(found, Entity):
        raise ApiError(405, errors.QUERY, "The resource cannot be changed.")
    return _changed(call, found, is_value=is_value)


def _changed(call: Call, found: Entity, *, is_value: bool) -> Response:
    kind, thing = found.kind, found.thing
    call.need(kind.needs)
    _check_etag(call, found)
    if is_value and kind.put is not None and call.verb in {"PUT", "MERGE", "PATCH"}:
        kind.put(call, thing, call.body)
    elif call.verb == "DELETE" and kind.remove is not None:
        kind.remove(call, thing)
        return Response(status=200)
    elif call.verb != "DELETE" and kind.update is not None:
        call.need_type()
        kind.update(call, thing, call.json())
    else:
        raise ApiError(405, errors.QUERY, "The resource cannot be changed.")
    told = [("ETag", kind.etag(call, thing))] if kind.etag is not None else []
    return Response(status=204, headers=told)


def _check_etag(call: Call, found: Entity) -> None:
    asked = call.headers.get("if-match", "*")
    if asked != "*" and found.kind.etag is not None:
        own = found.kind.etag(call, found.thing)
        if asked != own:
            raise errors.conflict(asked, own)


def _answered(call: Call, found: Result, *, status: int = 200) -> Response:
    assert not isinstance(found, Response), "that is an answer already"
    headers = [("Content-Type", call.form.content_type)]
    if isinstance(found, Entity) and found.kind.etag is not None:
        headers.append(("ETag", found.kind.etag(call, found.thing)))
    return Response(status=status, headers=headers, body=orjson.dumps(body_of(call, found)))


def refused_with(error: ApiError, form: Format) -> Response:
    """Write a refusal."""
    headers = [("Content-Type", form.content_type)]
    return Response(
        status=error.status, headers=headers, body=orjson.dumps(error_body(error, form))
    )
