"""Both ways in which SharePoint writes JSON, read as one.

SharePoint Server 2013 without its first service pack knows only the wordy one: everything under
``d``, rows under ``results``, beside each value what type it is. It is brought to the short one
(``nometadata``), which all others answer in.

Source:
    https://learn.microsoft.com/sharepoint/dev/sp-add-ins/use-odata-query-operations-in-sharepoint-rest-requests
    https://learn.microsoft.com/openspecs/sharepoint_protocols/ms-odata
"""

from __future__ import annotations

from typing import TypeVar

import msgspec
import orjson

T = TypeVar("T")

LIGHT = "application/json;odata=nometadata"
VERBOSE = "application/json;odata=verbose"
NEXT_LINK = "odata.nextLink"

_LEFT_OUT = frozenset({"__metadata"})


class NotReadable(ValueError):
    """It is not the JSON that was asked for. Never holds anything of what was sent."""


def decoded(body: bytes, kind: type[T]) -> T:
    """Read an answer in either form.

    Args:
        body: The document.
        kind: What it is read as, by the names of the short form.

    Raises:
        NotReadable: it is something else; also where it is nested deeper than anybody means.
    """
    try:
        if not body.startswith(b'{"d":'):
            return msgspec.json.decode(body, type=kind)
        return msgspec.convert(flattened(orjson.loads(body)), type=kind)
    except (ValueError, UnicodeDecodeError, RecursionError, msgspec.MsgspecError):
        raise NotReadable from None


def flattened(found: object) -> object:
    """Bring a document from the wordy form to the short one; the short one stays as it is."""
    if not isinstance(found, dict) or set(found) != {"d"}:
        return found
    inner = found["d"]
    if not isinstance(inner, dict):
        return {"value": _flat(inner)}
    if "results" in inner:
        page = {"value": _flat(inner["results"])}
        following = inner.get("__next")
        return {**page, NEXT_LINK: following} if isinstance(following, str) else page
    told = {name: value for name, value in inner.items() if name not in _LEFT_OUT}
    if len(told) == 1 and "__metadata" not in inner:
        # What a method gave, under the method's name.
        (value,) = told.values()
        given = _flat(value)
        return given if isinstance(given, dict) else {"value": given}
    return _flat(inner)


def _flat(value: object) -> object:
    if isinstance(value, list):
        return [_flat(one) for one in value]
    if not isinstance(value, dict):
        return value
    if "results" in value and set(value) <= {"results", "__metadata", "__next"}:
        return _flat(value["results"])
    return {
        name: _flat(one)
        for name, one in value.items()
        if name not in _LEFT_OUT and not _is_deferred(one)
    }


def _is_deferred(value: object) -> bool:
    """Say whether it only tells where more could be asked for."""
    return isinstance(value, dict) and set(value) == {"__deferred"}
