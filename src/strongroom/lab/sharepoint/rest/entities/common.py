"""What many types share: values with parts, addresses, and the register of types."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from strongroom.lab.sharepoint.content.change_log import ChangeToken
from strongroom.lab.sharepoint.content.items import ListItem
from strongroom.lab.sharepoint.content.list_core import ListCore
from strongroom.lab.sharepoint.rest.call import Call
from strongroom.lab.sharepoint.rest.kinds import Complex, Getter, Kind

T = TypeVar("T")
NO_GUID = "00000000-0000-0000-0000-000000000000"

_KINDS: dict[str, Kind[Any]] = {}


def known(kind: Kind[T]) -> Kind[T]:
    """Enter a type, so that those above it in the tree of imports can be named below."""
    _KINDS[kind.name] = kind
    return kind


def kind_of(name: str) -> Kind[Any]:
    """Give a type by its name."""
    return _KINDS[name]


def fixed(values: Mapping[str, object]) -> dict[str, Getter[Any]]:
    """Give properties that are the same everywhere: what the lab's sites never change."""

    def always(value: object) -> Getter[Any]:
        return lambda _call, _thing: value

    return {name: always(value) for name, value in values.items()}


def decoded(path: str) -> Complex:
    """Write a path as newer servers do."""
    return Complex("SP.ResourcePath", {"DecodedUrl": path})


def token(value: ChangeToken) -> Complex:
    """Write a place in the change log."""
    return Complex("SP.ChangeToken", {"StringValue": str(value)})


def type_id(value: str) -> Complex:
    """Write the id of a content type."""
    return Complex("SP.ContentTypeId", {"StringValue": value})


def user_name(call: Call, number: int) -> str:
    """Give somebody's name; empty: nobody's."""
    found = call.collection.principals.users.get(number)
    return found.title if found else ""


def quoted(text: str) -> str:
    """Write a text into an address."""
    return "'" + text.replace("'", "''") + "'"


def list_path(of: ListCore) -> str:
    """Give a list's address."""
    return f"Web/Lists(guid'{of.id}')"


def item_path(item: ListItem) -> str:
    """Give an item's address."""
    return f"{list_path(item.parent_list)}/Items({item.id})"


def by_guid(things: Iterable[T], id_of: Callable[[T], str]) -> Callable[[object], T | None]:
    """Find among things by what stands in brackets: a GUID, however it is written."""
    made = {id_of(one): one for one in things}

    def find(key: object) -> T | None:
        text = str(key).strip("{}").casefold()
        return made.get(str(uuid.UUID(text)) if _is_guid(text) else text)

    return find


def by_number(things: Mapping[int, T]) -> Callable[[object], T | None]:
    """Find among things by their number."""
    return lambda key: things.get(key) if isinstance(key, int) else None


def _is_guid(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True
