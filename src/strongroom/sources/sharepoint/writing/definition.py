"""One saved thing that describes a web or a list, on its way back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from strongroom.sources.sharepoint.writing.addresses import Addresses
from strongroom.sources.sharepoint.writing.places import LIST_STRUCTURE, Place
from strongroom.wire.sharepoint.sites import api
from strongroom.wire.sharepoint.writing.request import list_api
from strongroom.words.json import Json
from strongroom.words.restoring import ConflictPolicy, Notes


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """From where to where it goes.

    Attributes:
        addresses: What the saved site's are in the target.
        is_same_place: It goes back into the collection that it came from.
        conflict: What is done with what is there already.
        notes: The restore's: they tell what it has made.
    """

    addresses: Addresses
    is_same_place: bool
    conflict: ConflictPolicy
    notes: Notes

    @property
    def root(self) -> str:
        """Path of the target's root web."""
        return self.addresses.root

    def note_made(self, owner: str) -> None:
        """Note that a web (by its path) or a list (by its id) is one that this restore made."""
        if not self.is_made(owner):
            self.notes.put(f"made/{owner}", value=True)

    def is_made(self, owner: str) -> bool:
        """Say whether this restore made it."""
        return self.notes.get(f"made/{owner}") is True

    def note_host(self, list_id: str) -> None:
        """Note that a list takes in another one's items, and stays what it is."""
        if not self.is_host(list_id):
            self.notes.put(f"host/{list_id}", value=True)

    def is_host(self, owner: str) -> bool:
        """Say whether it takes in another list's items."""
        return self.notes.get(f"host/{owner}") is True

    def may_change(self, owner: str) -> bool:
        """Say whether what describes a place may be made as it was saved.

        In a place that this restore made: always. In another site: unless it is to be left alone.
        Where it came from, people may have gone on: only where they say so.
        """
        if self.is_host(owner):
            return False
        if self.is_made(owner) or self.conflict is ConflictPolicy.REPLACE:
            return True
        return self.conflict is ConflictPolicy.COPY and not self.is_same_place

    def address(self, saved: str) -> str:
        """Give the address in the target of something that was in the saved site."""
        return self.addresses.one(saved)

    def text(self, saved: str) -> str:
        """Give a text with the target's addresses in place of the saved site's."""
        return self.addresses.text(saved)


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """One thing.

    Attributes:
        place: What it describes.
        kind: Its class: ``column``, ``view`` …
        saved_id: Id of the saved item.
        document: As the server told it.
        site: From where to where.
        is_replacing: It takes the place of the one that is there.
    """

    place: Place
    kind: str
    saved_id: str
    document: Mapping[str, Json]
    site: Site
    is_replacing: bool = False

    @property
    def web(self) -> str:
        """Path of the web."""
        return self.place.web

    @property
    def list_id(self) -> str:
        """GUID of the list; empty where it is about a web."""
        return self.place.list_id if self.place.kind == LIST_STRUCTURE else ""

    @property
    def owner(self) -> str:
        """Path of what it describes, in requests."""
        return list_api(self.web, self.list_id) if self.list_id else f"{api(self.web)}/web"

    @property
    def may_change(self) -> bool:
        """Whether what is there already may be made as it was saved."""
        return self.is_replacing or self.site.may_change(self.list_id or self.web)

    def text(self, name: str) -> str:
        """Give a text of the document; empty where there is none."""
        return text_of(self.document, name)

    def mapping(self, name: str) -> Mapping[str, Json]:
        """Give a part of the document."""
        return mapping_of(self.document, name)


def text_of(document: Mapping[str, Json], name: str) -> str:
    """Give a text; empty where there is none."""
    value = document.get(name)
    return value if isinstance(value, str) else ""


def mapping_of(document: Mapping[str, Json], name: str) -> Mapping[str, Json]:
    """Give a document inside another one; empty where there is none."""
    value = document.get(name)
    return value if isinstance(value, Mapping) else {}


def rows_of(document: Mapping[str, Json], name: str) -> list[Mapping[str, Json]]:
    """Give a list of documents inside another one, in either form of JSON."""
    value = document.get(name)
    if isinstance(value, Mapping):
        value = value.get("results", value.get("value", value.get("Items")))
    if not isinstance(value, Sequence) or isinstance(value, str):
        return []
    return [one for one in value if isinstance(one, Mapping)]


def number_of(document: Mapping[str, Json], name: str) -> int:
    """Give a number; 0 where there is none."""
    value = document.get(name)
    if isinstance(value, int):
        return int(value)
    text = str(value or "").removeprefix("-")
    return int(str(value)) if text.isascii() and text.isdigit() and len(text) < 19 else 0
