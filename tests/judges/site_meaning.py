"""What ids and addresses of a site mean, so that the same thing in another site reads the same.

Two sites never have the same list ids, item numbers, user numbers or addresses. Comparing them
field by field therefore means to put a name in the place of each before anything is compared.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from enum import Enum
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from office365.runtime.client_object import ClientObject
from office365.runtime.client_object_collection import ClientObjectCollection

from strongroom.words.json import Json

_GUID = re.compile(
    r"\{?(?<![0-9a-f-])([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?![0-9a-f-])\}?",
    re.IGNORECASE,
)


class Names:
    """Learns what a site's ids mean, and writes values with names instead.

    Attributes:
        people: Login names of users and titles of groups, by their number.
        items: What items are called, by the id of their list and by their number.
        terms: What terms are called, by their guid; others are compared by that.
    """

    def __init__(self, url: str, name_of: Callable[[str], str]) -> None:
        """Know nothing yet.

        Args:
            url: Of the root web.
            name_of: Gives what somebody of a login name is to be called.
        """
        self.name_of = name_of
        self.people: dict[int, str] = {}
        self.items: dict[str, dict[int, str]] = {}
        self.terms: Mapping[str, str] = {}
        self._guids: dict[str, str] = {}
        self._path = unquote(urlsplit(url).path).rstrip("/")
        place = re.escape(url.rstrip("/"))
        begun = [place]
        if self._path:
            # As it stands, written for an address, and written for a part of one.
            forms = {self._path, quote(self._path), quote(self._path, safe="")}
            begun += [rf"(?<![\w/.]){re.escape(one)}" for one in sorted(forms)]
        self._address = re.compile(rf"(?:{'|'.join(begun)})(?![\w-])", re.IGNORECASE)

    def learn(self, guid: str, meaning: str) -> None:
        """Note what an id stands for."""
        self._guids[guid.strip("{}").casefold()] = f"«{meaning}»"

    def inside(self, path: str) -> str:
        """Give a server-relative path as seen from the site's root: ``Lists/Jobs``."""
        return path[len(self._path) :].strip("/")

    def person(self, number: object) -> str:
        """Name somebody; a number that nobody has stays visible as what it is."""
        return self.people.get(int(str(number)), f"nobody #{number}")

    def item(self, list_id: str, number: object) -> str:
        """Name an item that is looked up."""
        there = self.items.get(list_id.strip("{}").casefold(), {})
        return there.get(int(str(number)), f"no item #{number}")

    def text(self, value: str) -> str:
        """Write a text with names in it instead of ids and addresses of this site."""
        named = _GUID.sub(lambda found: self._guids.get(found[1].casefold(), found[0]), value)
        return self._address.sub("«site»", named)

    def value(self, value: object) -> Json:
        """Write any value of the client's as JSON, with names; nothing and empty are the same."""
        return self._named(plain(value))

    def _named(self, value: Json) -> Json:
        if isinstance(value, str):
            return self.text(value) or None
        if isinstance(value, list):
            return [self._named(one) for one in value] or None
        if isinstance(value, Mapping):
            return {key: self._named(one) for key, one in sorted(value.items())}
        return value


def plain(value: Any) -> Any:
    """Turn what the client makes of an answer back into plain JSON."""
    value = _unwrapped(value)
    if isinstance(value, Mapping):
        if value and all(isinstance(key, int) for key in value):
            return [plain(one) for _, one in sorted(value.items())]
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple | set):
        return [plain(one) for one in value]
    return value if isinstance(value, str | int | float | bool) or value is None else str(value)


def _unwrapped(value: Any) -> Any:
    if isinstance(value, datetime):
        aware = value if value.tzinfo else value.replace(tzinfo=UTC)
        return aware.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, ClientObjectCollection):
        return list(value)
    if isinstance(value, ClientObject):
        return value.properties
    if isinstance(value, Enum):
        return value.value
    return value.to_json() if hasattr(value, "to_json") else value
