"""What can be written only when everything else is in, noted so that a crash does not lose it.

Lookups between lists that look into each other, or into themselves, to items that were not there
yet; and that an item was not approved, which the list's own approval would undo.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from strongroom.words.json import Json
from strongroom.words.restoring import Notes

_COUNT = "late/count"


@dataclass(frozen=True, slots=True, kw_only=True)
class LateValue:
    """Something of one item.

    Attributes:
        web: Path of the web.
        list_id: GUID of the list.
        item_id: Id in the list.
        fields: Saved values of lookups, by internal name.
        status: How it stood with its approval; None: nothing is to be done about that.
        comment: What was said of its last version.
        stamp: Saved values of author, editor and times: whatever is written signs anew.
    """

    web: str
    list_id: str
    item_id: int
    fields: Mapping[str, Json]
    status: int | None = None
    comment: str = ""
    stamp: Mapping[str, Json] = field(default_factory=dict)


class Late:
    """What is still to be written. Safe in many threads.

    Args:
        notes: The restore's.

    Attributes:
        is_over: All of it was written, or tried: whoever compares need not wait any more.
    """

    def __init__(self, notes: Notes) -> None:
        self.is_over = False
        self._notes = notes
        self._lock = threading.Lock()
        self._items: set[tuple[str, int]] | None = None

    def add(self, value: LateValue) -> None:
        """Note one; durable on return."""
        with self._lock:
            items = self._known()
            number = self._number(_COUNT)
            self._notes.put(
                f"late/{number}",
                {
                    "web": value.web,
                    "list": value.list_id,
                    "item": value.item_id,
                    "fields": dict(value.fields),
                    "status": value.status,
                    "comment": value.comment,
                    "stamp": dict(value.stamp),
                },
            )
            self._notes.put(_COUNT, number + 1)
            items.add((value.list_id, value.item_id))

    def waits(self, list_id: str, item_id: int) -> bool:
        """Say whether an item is not whole yet: some of it is written in the end only."""
        with self._lock:
            return not self.is_over and (list_id, item_id) in self._known()

    def waiting(self) -> Iterator[tuple[int, LateValue]]:
        """Give what is noted, with its number; what was written already has no fields any more."""
        for number in range(self._number(_COUNT)):
            noted = self._notes.get(f"late/{number}")
            if isinstance(noted, Mapping):
                yield number, _read(noted)

    def finish(self, number: int) -> None:
        """Note that the lookups of one are written."""
        noted = self._notes.get(f"late/{number}")
        if isinstance(noted, Mapping):
            self._notes.put(f"late/{number}", {**noted, "fields": {}})

    def _known(self) -> set[tuple[str, int]]:
        if self._items is None:
            self._items = {(one.list_id, one.item_id) for _, one in self.waiting()}
        return self._items

    def _number(self, key: str) -> int:
        noted = self._notes.get(key)
        return noted if isinstance(noted, int) else 0


def _read(noted: Mapping[str, Json]) -> LateValue:
    fields, status, item = noted.get("fields"), noted.get("status"), noted.get("item")
    stamp = noted.get("stamp")
    return LateValue(
        web=str(noted.get("web") or "/"),
        list_id=str(noted.get("list") or ""),
        item_id=item if isinstance(item, int) else 0,
        fields=fields if isinstance(fields, Mapping) else {},
        status=status if isinstance(status, int) else None,
        comment=str(noted.get("comment") or ""),
        stamp=stamp if isinstance(stamp, Mapping) else {},
    )
