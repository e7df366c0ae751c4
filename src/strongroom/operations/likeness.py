"""Telling that an item of a list is there already, though it has another number and another id.

A list lets nobody choose an item's number or GUID: what was deleted and restored is the same item
to its users and another one to the server. So it is known by all that it holds: by when it was
made, to the second, and by every value. One that was changed since is another one.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict, deque
from collections.abc import Callable, Mapping, Sequence
from functools import cache, lru_cache

import orjson

from strongroom.operations.layout import Shard
from strongroom.operations.saved import SavedFolder, SavedTree
from strongroom.store.pack import BlobId
from strongroom.words.item import Item
from strongroom.words.json import Json

IsSaved = Callable[[str], bool]

_KIND = "item"
_CREATED = "Created"
# Who wrote it last, and when, may be us; the type has an id of its own in every list.
_NOT_HELD = frozenset({_CREATED, "Modified", "Author", "Editor", "ContentTypeId"})
_MEANINGS = ("login", "guid", "value", "id")
"""What stands for a person, a term or an item looked up, wherever it is."""
_IN_ANY_CASE = frozenset({"login", "guid"})


class Alike:
    """The items of a place by what they hold; each is told once at most.

    Two equal items that were saved are there if two are there.

    Args:
        is_saved: Whether the restore point has an item of that id. Such a one is itself, and never
            what became of another.
    """

    def __init__(self, is_saved: IsSaved) -> None:
        self._is_saved = is_saved
        self._there: dict[bytes, deque[Item]] = defaultdict(deque)
        self._told: dict[str, Item] = {}

    def add(self, item: Item, small: Item) -> None:
        """Take in an item; ``small`` is what of it is told."""
        if key := likeness(item):
            self._there[key].append(small)

    def find(self, item: Item) -> Item | None:
        """Find what holds the same as a saved item; asked again, it is the same one."""
        if item.id in self._told:
            return self._told[item.id]
        key = likeness(item)
        there = self._there.get(key) if key else None
        while there:
            found = there.popleft()
            if not self._is_saved(found.id):
                self._told[item.id] = found
                return found
        return None


def likeness(item: Item) -> bytes | None:
    """Give what is equal for two items that hold the same; None: it is not known by that."""
    fields, path = item.state.get("fields"), item.state.get("path")
    if item.kind != _KIND or not isinstance(fields, Mapping) or not fields.get(_CREATED):
        return None
    held = {name: _meaning(value) for name, value in fields.items() if name not in _NOT_HELD}
    plain = [
        int(item.when.timestamp()),
        # Its own name is made of its number.
        [str(name).casefold() for name in _each(path)[:-1]],
        sorted((name, value) for name, value in held.items() if value not in _NOTHING),
        sorted(map(str, map(_meaning_of_file, _each(item.state.get("attachments"))))),
    ]
    return hashlib.blake2b(orjson.dumps(plain), digest_size=16).digest()


def saved_ids(tree: SavedTree, folder: SavedFolder) -> IsSaved:
    """Say of ids whether a folder of a restore point has them; reads no more rows than it must."""

    @cache
    def shards() -> Mapping[Shard, BlobId]:
        return dict(tree.shards(folder))

    @lru_cache(maxsize=8)
    def ids(shard: Shard) -> frozenset[str]:
        items = tree.shard_items(folder, shard, shards()[shard])
        return frozenset(one.item.id for one in items)

    def is_saved(item_id: str) -> bool:
        # An item of another list was never saved in this one.
        if item_id.rpartition("/")[0] != folder.folder.id:
            return False
        shard = tree.layout.shard_of(item_id)
        return shard is not None and shard in shards() and item_id in ids(shard)

    return is_saved


_NOTHING: tuple[Json, ...] = (None, "", [], False)


def _meaning(value: Json) -> Json:
    """Give a value in the one way of writing it, without what differs from site to site."""
    if isinstance(value, str):
        return value.replace("\r\n", "\n").strip()
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"{float(value):.12g}"
    if isinstance(value, Mapping):
        if url := value.get("url"):
            return [url, value.get("description") or url]
        found = next((one for one in _MEANINGS if value.get(one)), "")
        told = str(value.get(found, ""))
        return told.casefold() if found in _IN_ANY_CASE else told
    if isinstance(value, Sequence):
        return [_meaning(one) for one in value]
    return value


def _meaning_of_file(one: Json) -> Json:
    return [one.get("name"), one.get("size")] if isinstance(one, Mapping) else one


def _each(value: Json | object) -> Sequence[Json]:
    return value if isinstance(value, Sequence) and not isinstance(value, str) else ()
