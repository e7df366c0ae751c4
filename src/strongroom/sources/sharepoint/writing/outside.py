"""What lies outside of a selection, and is referred to from inside: lists, and items in them.

Whoever gets one list back expects its lookups to point to what is there. In the place that it came
from a list is known by its id, and an item in it by its number; anywhere else, and where they were
made anew meanwhile, a list is known by its path, and an item by the text that the lookup showed, if
there is one such item only.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from strongroom.sources.sharepoint.writing.columns import Column
from strongroom.sources.sharepoint.writing.places import joined
from strongroom.sources.sharepoint.writing.standing import Document, Standing, TargetList
from strongroom.wire.sharepoint.rest_refusals import SiteDenied, SiteRefused
from strongroom.wire.sharepoint.writing.request import list_api
from strongroom.words.item import Folder
from strongroom.words.json import Json

LISTS = frozenset({"list", "library"})
_PAGE = 5000
_NO_MORE, _SEVERAL = 0, -1


@dataclass(frozen=True, slots=True)
class _Texts:
    """Items of one list of the target.

    Attributes:
        numbers: Of all that are there.
        by_text: The number of the one that shows a text; ``_SEVERAL``: more than one does.
    """

    numbers: frozenset[int]
    by_text: Mapping[str, int]


class Outside:
    """Finds lists and items of the target that are not restored. Safe in many threads.

    Args:
        standing: The target.
        around: All folders of the restore point.
        is_same_place: It goes back into the collection that it came from.
        knows_by_text_only: It goes into other lists than its own, whose columns may look into
            others than the saved ones did: numbers mean nothing there.
    """

    def __init__(
        self,
        standing: Standing,
        around: Sequence[Folder] = (),
        *,
        is_same_place: bool = False,
        knows_by_text_only: bool = False,
    ) -> None:
        self._standing = standing
        self._lists = {one.id: one for one in around if one.kind in LISTS}
        self._webs = {one.id: one.path for one in around if one.kind == "web"}
        self._is_same_place = is_same_place
        self._knows_by_text_only = knows_by_text_only
        self._lock = threading.RLock()
        self._found: dict[str, TargetList | None] = {}
        self._texts: dict[tuple[str, str], _Texts] = {}

    def list_of(self, saved_id: str) -> TargetList | None:
        """Find what a saved list is in the target; None: there is none of its path."""
        folder = self._lists.get(saved_id)
        if folder is None:
            return None
        with self._lock:
            if saved_id not in self._found:
                self._found[saved_id] = self._find(folder)
            return self._found[saved_id]

    def item(self, column: Column, saved_id: int, text: str) -> int | None:
        """Find the item that a lookup means, which is not restored; None: nobody can tell.

        Args:
            column: The target's.
            saved_id: Number of the saved item.
            text: What the lookup showed.
        """
        there = self._texts_of(column)
        is_known_by_number = (
            self._is_same_place
            and not self._knows_by_text_only
            and column.looks_into in self._lists
        )
        if is_known_by_number and saved_id in there.numbers:
            return saved_id
        number = there.by_text.get(text.strip(), _NO_MORE)
        return number if number > 0 else None

    def _find(self, folder: Folder) -> TargetList | None:
        web = joined(self._standing.root, *self._webs.get(str(folder.facts.get("web") or ""), ()))
        if self._standing.find_web(web) is None:
            return None
        if self._is_same_place:
            try:
                return self._standing.list_by_id(web, folder.id)
            except SiteRefused as error:
                if error.status != 404:
                    raise
        return self._standing.find_list(web, joined(self._standing.root, *folder.path))

    def _texts_of(self, column: Column) -> _Texts:
        key = (column.looks_into, column.shows)
        with self._lock:
            if key not in self._texts:
                self._texts[key] = self._read(column)
            return self._texts[key]

    def _read(self, column: Column) -> _Texts:
        """Read the numbers and texts of a list, in pages by number; of none that is not there."""
        webs = dict.fromkeys(filter(None, (column.web, self._standing.root)))
        for web in webs:
            for name in dict.fromkeys((column.shows, "")):
                try:
                    return _texts(self._rows(web, column.looks_into, name), name)
                except (SiteRefused, SiteDenied) as error:
                    if error.status == 401:
                        raise
        return _Texts(frozenset(), {})

    def _rows(self, web: str, list_id: str, name: str) -> Iterable[Document]:
        columns = ",".join(filter(None, ("Id", name)))
        target = f"{list_api(web, list_id)}/items?$select={columns}&$top={_PAGE}"
        for page in self._standing.rest.rows(target, Document):
            yield from page


def _texts(rows: Iterable[Document], name: str) -> _Texts:
    numbers: set[int] = set()
    by_text: dict[str, int] = {}
    for row in rows:
        number = int(row.get("Id") or row.get("ID") or 0)
        numbers.add(number)
        text = _text(row.get(name))
        if text:
            by_text[text] = _SEVERAL if text in by_text else number
    return _Texts(frozenset(numbers), by_text)


def _text(value: Json) -> str:
    return "" if value is None or isinstance(value, Mapping | list) else str(value).strip()
