"""Reading what is in the target, in the words of the source: to know it again, and to compare."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence

from strongroom.errors import ItemError
from strongroom.sources.sharepoint.reading import structure
from strongroom.sources.sharepoint.reading.beside import server_of
from strongroom.sources.sharepoint.reading.contents import Place as ContentPlace
from strongroom.sources.sharepoint.reading.contents import content_of
from strongroom.sources.sharepoint.reading.list_items import ListItems, ReadItem, read_fields
from strongroom.sources.sharepoint.reading.people import People
from strongroom.sources.sharepoint.reading.places import ListPlace, WebPlace
from strongroom.sources.sharepoint.reading.rights import Rights
from strongroom.sources.sharepoint.reading.structure import Structure
from strongroom.sources.sharepoint.reading.terms import LIST_URL, Terms
from strongroom.sources.sharepoint.writing.places import LIST_STRUCTURE, Place, joined
from strongroom.sources.sharepoint.writing.standing import Document, Standing
from strongroom.wire.sharepoint.rest import RestConnection
from strongroom.wire.sharepoint.sites import api
from strongroom.wire.sharepoint.writing.request import list_api
from strongroom.words.item import Content, Item
from strongroom.words.json import Json

_ALL = Rights()
"""Whoever writes permissions may see them."""


class ReadingBack:
    """Reads the target. Safe in many threads.

    Args:
        rest: The connection.
        standing: The target.
    """

    def __init__(self, rest: RestConnection, standing: Standing) -> None:
        self._rest = rest
        self._standing = standing
        self._lock = threading.Lock()
        self._people: People | None = None
        self._items: dict[str, tuple[ListPlace, ListItems]] = {}

    def newest(self, place: Place) -> int:
        """Give the highest number that an item of a list has, or had: new ones come after it."""
        target = f"{list_api(place.web, place.list_id)}/items"
        told = self._rest.get(f"{target}?$select=Id&$orderby=Id desc&$top=1", Document)
        rows = told.get("value")
        numbers = [int(one.get("Id") or 0) for one in rows] if isinstance(rows, list) else []
        return max(numbers, default=0)

    def after(self, place: Place, number: int) -> Iterator[Item]:
        """List the items of a list with higher numbers."""
        _, items = self._of(place)
        for page in items.pages(number):
            for one in page:
                yield one.item

    def by_numbers(self, place: Place, numbers: Sequence[int]) -> Mapping[int, ReadItem]:
        """Read items by their numbers; what is gone is left out."""
        _, items = self._of(place)
        return {one.number: one for one in items.by_ids(sorted(numbers))}

    def content(self, place: Place, one: ReadItem) -> Content:
        """Read the files and documents of an item.

        Raises:
            ItemError: they cannot be had.
        """
        list_place, _ = self._of(place)
        server = server_of(self._rest.facts.version)
        where = ContentPlace(rest=self._rest, place=list_place, server=server)
        return content_of(one.item, one.documents, where)

    def structure(self, place: Place) -> Structure:
        """Read what describes a web or a list.

        Raises:
            ItemError: it is gone.
        """
        if place.kind == LIST_STRUCTURE:
            found = structure.read_lists(self._rest, [self._list_place(place)], _ALL)
            if place.list_id not in found:
                raise ItemError("The list is gone.", code="gone")
            return found[place.list_id]
        return structure.read_web(self._rest, self._web_place(place.web), _ALL)

    def forget(self, list_id: str) -> None:
        """Look at the columns of a list anew the next time."""
        with self._lock:
            self._items.pop(list_id, None)

    def forget_people(self) -> None:
        """Ask anew who there is."""
        with self._lock:
            self._people = None
            self._items.clear()

    def _of(self, place: Place) -> tuple[ListPlace, ListItems]:
        with self._lock:
            if place.list_id not in self._items:
                if self._people is None:
                    self._people = People(self._rest, self._standing.root)
                list_place = self._list_place(place)
                fields = read_fields(self._rest, [list_place]).get(place.list_id, [])
                items = ListItems(
                    self._rest, list_place, fields, self._people, self._terms_now(), _ALL
                )
                self._items[place.list_id] = (list_place, items)
            return self._items[place.list_id]

    def _terms_now(self) -> Terms:
        """Give the labels of terms; made anew for every list, since terms come with its items."""
        root = self._standing.root
        hidden = self._standing.find_list(root, joined(root, LIST_URL))
        return Terms(self._rest, root, hidden.id if hidden else "")

    def _list_place(self, place: Place) -> ListPlace:
        target = self._standing.list_by_id(place.web, place.list_id)
        settings: Mapping[str, Json] = target.settings
        return ListPlace(
            id=target.id,
            web=self._web_place(place.web),
            url=target.root,
            title=target.title,
            base_template=target.base_template,
            is_library=target.is_library,
            has_versions=bool(settings.get("EnableVersioning")),
            has_drafts=bool(settings.get("EnableMinorVersions")),
            has_attachments=bool(settings.get("EnableAttachments")),
        )

    def _web_place(self, path: str) -> WebPlace:
        web = self._standing.web(path)
        is_root = path == self._standing.root
        return WebPlace(id=web.id, url=path, is_root=is_root)


def web_address(rest: RestConnection, web: str) -> str:
    """Give the whole address of a web, as it tells it."""
    told = rest.get(f"{api(web)}/web?$select=Url", Document)
    return str(told.get("Url") or "")
