"""Telling which item in the target is the one that was, or is to be, restored.

A server gives no key by which a write could be repeated safely, so items are known again by what
they carry: the search key, which an upload keeps; else the message id, or the path of a file in its
library, with the time; else class, subject and time or size (things that were never given either:
contacts, notes, items of a list). What an earlier restore made of an item of a list is known by all
that it holds (see ``likeness``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, replace

from strongroom.operations.likeness import Alike, IsSaved
from strongroom.words.item import Item
from strongroom.words.json import Json


@dataclass(frozen=True, slots=True)
class Traits:
    """What an item is known again by.

    Attributes:
        item_id: Its id where it was listed.
        search_key: Hex, or empty.
        message_id: The internet message id; of a file its path in the library, of which there is
            one as well; or empty.
        kind: Its class.
        name: Its subject.
        when: Whole seconds since 1970; times are told with different fractions.
        size: The server's idea of its size.
    """

    item_id: str
    search_key: str
    message_id: str
    kind: str
    name: str
    when: int
    size: int

    @classmethod
    def of(cls, item: Item) -> Traits:
        """Read them out of an item."""
        return cls(
            item_id=item.id,
            search_key=str(item.facts.get("search_key") or ""),
            message_id=str(item.facts.get("message_id") or _place(item)),
            kind=item.kind,
            name=item.name,
            when=int(item.when.timestamp()),
            size=item.size,
        )

    def to_json(self) -> list[Json]:
        """Give them as they stand in the journal."""
        return [
            self.item_id,
            self.search_key,
            self.message_id,
            self.kind,
            self.name,
            self.when,
            self.size,
        ]


def _place(item: Item) -> str:
    """Give the path of a file, by which it is known where its id is another: in another site."""
    path = item.state.get("path")
    if item.kind not in _BY_PATH or not isinstance(path, Sequence) or isinstance(path, str):
        return ""
    return "/".join(map(str, path)).casefold()


_BY_PATH = frozenset({"file", "page"})

Key = Callable[[Traits], Hashable]

# From sure to likely. Each gives something false where an item lacks what it asks for.
_WAYS: tuple[Key, ...] = (
    lambda one: one.search_key,
    lambda one: one.message_id and (one.message_id, one.when, one.size),
    lambda one: one.message_id and (one.message_id, one.when),
    lambda one: one.message_id,
    lambda one: (one.kind, one.name, one.when),
    lambda one: one.size and (one.kind, one.name, one.size),
)


def match(intended: Iterable[Traits], arrived: Iterable[Traits]) -> dict[str, str]:
    """Pair what was to be written with what is there, each with one at most.

    Two equal items that were to be written are paired with two that arrived; if only one did, one
    of them is still to be sent.

    Returns:
        By the id of what was intended, the id of what arrived.
    """
    left = {one.item_id: one for one in intended}
    there = {one.item_id: one for one in arrived}
    pairs: dict[str, str] = {}
    for way in _WAYS:
        by_key: dict[Hashable, list[str]] = defaultdict(list)
        for one in there.values():
            if key := way(one):
                by_key[key].append(one.item_id)
        for one in list(left.values()):
            key = way(one)
            if key and by_key.get(key):
                pairs[one.item_id] = by_key[key].pop(0)
                del left[one.item_id]
                del there[pairs[one.item_id]]
    return pairs


class Existing:
    """What a target's folder holds already, for the conflict policies ``skip`` and ``replace``.

    Only the sure ways count here: nothing is left out or replaced because something is alike in
    part only.

    Args:
        items: What is there.
        is_saved: Whether the restore point has an item of that id.
    """

    def __init__(self, items: Iterable[Item], is_saved: IsSaved) -> None:
        self._alike = Alike(is_saved)
        self._by_search_key: dict[str, Item] = {}
        self._by_message_id: dict[str, Item] = {}
        for item in items:
            traits = Traits.of(item)
            # What is not needed to name the item is dropped: a folder may hold very many.
            small = replace(item, facts={}, state={})
            if traits.search_key:
                self._by_search_key.setdefault(traits.search_key, small)
            if traits.message_id:
                self._by_message_id.setdefault(traits.message_id, small)
            self._alike.add(item, small)

    def find(self, item: Item) -> Item | None:
        """Find the item that the target has already."""
        traits = Traits.of(item)
        found = self._by_search_key.get(traits.search_key) if traits.search_key else None
        if found is None and traits.message_id:
            found = self._by_message_id.get(traits.message_id)
        return found or self._alike.find(item)
