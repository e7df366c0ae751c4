"""The columns of lists, read for several lists of a web at once and kept for a run."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Sequence

from strongroom.errors import ItemError
from strongroom.sources.sharepoint.reading.list_items import read_fields
from strongroom.sources.sharepoint.reading.places import ListPlace
from strongroom.wire.sharepoint.rest import RestConnection
from strongroom.wire.sharepoint.rows import Row

LISTS_AT_ONCE = 12
LISTS_KEPT = 48
"""A list has about a hundred columns, and each tells a kilobyte or two of itself."""


class Fields:
    """Safe in many threads.

    Args:
        rest: The connection.
        next_of: Gives the lists that are likely to be asked for after one, itself left out.
    """

    def __init__(
        self, rest: RestConnection, next_of: Callable[[ListPlace], Sequence[ListPlace]]
    ) -> None:
        self._rest = rest
        self._next_of = next_of
        self._known: OrderedDict[str, Sequence[Row]] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, place: ListPlace) -> Sequence[Row]:
        """Give the columns of a list.

        Raises:
            ItemError: it is gone.
        """
        with self._lock:
            if place.id not in self._known:
                unknown = [one for one in self._next_of(place) if one.id not in self._known]
                self._take(read_fields(self._rest, [place, *unknown[: LISTS_AT_ONCE - 1]]))
            if place.id not in self._known:
                raise ItemError("The list is gone.", code="gone")
            self._known.move_to_end(place.id)
            return self._known[place.id]

    def learn(self, list_id: str, rows: Sequence[Row]) -> None:
        """Take in what was read of a list for another reason."""
        with self._lock:
            self._take({list_id: rows})

    def _take(self, found: dict[str, list[Row]] | dict[str, Sequence[Row]]) -> None:
        for list_id, rows in reversed(found.items()):
            self._known[list_id] = rows
            self._known.move_to_end(list_id)
        while len(self._known) > LISTS_KEPT:
            self._known.popitem(last=False)


def likely_next(
    place: ListPlace, lists: Collection[ListPlace], is_touched: Callable[[str], bool]
) -> list[ListPlace]:
    """Give the lists of the same web that come after one and that something happened to."""
    same = [one for one in lists if one.web.id == place.web.id]
    behind = same[[one.id for one in same].index(place.id) + 1 :] if place in same else same
    return [one for one in behind if not one.is_external and is_touched(one.id)]
