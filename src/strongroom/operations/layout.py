"""Where things lie in a snapshot, so that a person with plain restic finds them.

======================================================  =========================================
path                                                    what
======================================================  =========================================
``/README.txt``                                         how to get things back with plain restic
``/mailbox.json`` (``site.json``, …)                    the resource and its settings
``/hierarchy-cursor.json``                              all folders, and the cursor behind them
``/coverage.json``                                      the ledger of the run
``/folders/<place>/folder.json``, ``cursor.json``       one folder: real name, class; its cursor
``/folders/<place>/.items/2024-03/05/<stem><suffix>``   one part of one item, the server's own bytes
``/folders/<place>/.items/2024-03/05/items.jsonl``      what never changes, one line per item
``/folders/<place>/.items/2024-03/05/state.jsonl``      flags, categories, change key, one line each
======================================================  =========================================

A *place* is a folder's path in safe names; the real ones stand in the JSON. Items lie by the month
and day they were received (or made), so that a new message rewrites one small tree, and a flag one
small ``state.jsonl``. A site's items lie by their ids, and its documents in their real folders: see
``site_layout``. Which folders below ``.items`` an item lies in is called its *shard*; there are
always two, one in the other.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Protocol

from strongroom.content.names import item_file_stem, safe_name
from strongroom.words.item import Folder, Item
from strongroom.words.resource import Resource

Place = tuple[str, ...]
Shard = tuple[str, ...]
RealPath = tuple[str, ...]
"""Where a file lies below its folder's place, in safe names; ``()``: beside its item's row."""

README = "README.txt"
HIERARCHY = "hierarchy-cursor.json"
COVERAGE = "coverage.json"
FOLDERS = "folders"
FOLDER = "folder.json"
CURSOR = "cursor.json"
ITEMS = ".items"
ROWS = "items.jsonl"
STATES = "state.jsonl"

ABOUTS = frozenset({"mailbox.json", "site.json", "drive.json"})
"""The file at the top that tells of the resource itself, by kind."""

FILE = "file"
"""The part of an item that may lie in its real folder."""

RESERVED = frozenset({FOLDER, CURSOR, ITEMS})
"""Names of our own in a folder of the snapshot."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_KEY = re.compile(rb"\[([0-9a-z]{8})\]")


class Layout(Protocol):
    """How one kind of resource is laid out. Pure; the same input always gives the same names."""

    @property
    def about(self) -> str:
        """The name of the file that tells of the resource itself."""

    @property
    def has_real_files(self) -> bool:
        """Whether there may be items whose ``real_path`` is not empty."""

    def places(self, folders: Sequence[Folder]) -> dict[str, Place]:
        """Give each folder (by id) its names below ``/folders``; no two get the same."""

    def shard(self, item: Item) -> Shard:
        """Say in which folders below ``.items`` an item lies; never changes for an item."""

    def shard_of(self, item_id: str) -> Shard | None:
        """Say the same by the id alone; None, always, where the id does not tell."""

    def stem(self, item: Item) -> str:
        """Name an item's files, suffixes excluded; unique in its shard but for a rare chance."""

    def real_path(self, item: Item) -> RealPath:
        """Say where the part ``FILE`` of an item lies, if nothing else is there already."""

    def file_time(self, item: Item) -> datetime:
        """Say what time the part ``FILE`` has; aware."""

    def readme(self, resource: Resource) -> str:
        """Write the page for a person who has nothing but restic and the storage's password."""


class DatedLayout:
    """Items by month and day: mailboxes, and whatever else knows when its items were made."""

    has_real_files = False

    def __init__(self, about: str) -> None:
        self._about = about

    @property
    def about(self) -> str:
        """See ``Layout``."""
        return self._about

    def places(self, folders: Sequence[Folder]) -> dict[str, Place]:
        """See ``Layout``."""
        return folder_places(folders)

    def shard(self, item: Item) -> Shard:
        """See ``Layout``."""
        when = item.when if item.when.tzinfo is UTC else item.when.astimezone(UTC)
        return _day(when.year, when.month, when.day)

    def shard_of(self, item_id: str) -> Shard | None:  # noqa: ARG002 - an id tells no day
        """See ``Layout``."""
        return None

    def stem(self, item: Item) -> str:
        """See ``Layout``."""
        return item_file_stem(item.when, item.name, item.id)

    def real_path(self, item: Item) -> RealPath:  # noqa: ARG002 - items have no real folder
        """See ``Layout``."""
        return ()

    def file_time(self, item: Item) -> datetime:
        """See ``Layout``."""
        return item.when

    def readme(self, resource: Resource) -> str:
        """See ``Layout``."""
        return README_HEAD.format(kind=resource.kind, address=safe_name(resource.address)) + _README


@lru_cache(maxsize=4096)
def _day(year: int, month: int, day: int) -> Shard:
    return (f"{year:04}-{month:02}", f"{day:02}")


def day_shard(day: date) -> Shard:
    """Say where the items of a day lie, in layouts that file them by their day."""
    return _day(day.year, day.month, day.day)


def item_key(item_id: str) -> str:
    """Give the eight characters that stand in an item's file name; they come from its id alone."""
    return key_of_stem(item_file_stem(_EPOCH, "", item_id))


def key_of_stem(stem: str) -> str:
    """Read the eight characters out of ``101500 Offer for the new roof [k7x3q9ab]``."""
    return stem[-9:-1]


def keys_in(text: bytes) -> list[str]:
    """Find what looks like such keys in a text that holds names of items' files."""
    return [key.decode() for key in _KEY.findall(text)]


def folder_places(
    folders: Sequence[Folder], is_marked: Callable[[Folder], bool] = lambda _: False
) -> dict[str, Place]:
    """Give each folder (by id) its names below ``/folders``.

    Where names collide (upper and lower case, unsafe letters that all became ``_``), *every* one of
    them gets a suffix from its folder's id, so that their order does not matter.

    Args:
        folders: In any order.
        is_marked: Says which get that suffix in any case.
    """
    wanted = {folder.id: _wanted(folder) for folder in folders}
    crowd = Counter(
        (folder.path[:-1], wanted[folder.id].casefold()) for folder in folders if folder.path
    )
    places: dict[str, Place] = {}
    by_path: dict[tuple[str, ...], Place] = {(): ()}
    for folder in sorted(folders, key=lambda one: len(one.path)):
        if not folder.path:
            places[folder.id] = ()
            continue
        name = wanted[folder.id]
        is_taken = crowd[folder.path[:-1], name.casefold()] > 1 or name.casefold() in RESERVED
        if is_taken or is_marked(folder):
            name = f"{name} [{item_key(folder.id)}]"
        place = (*_place_of(folder.path[:-1], by_path), name)
        places[folder.id] = place
        by_path.setdefault(folder.path, place)
    return places


README_HEAD = """\
This is a backup of the {kind} {address}.

Every snapshot of this repository is whole in itself. Nothing but restic (0.14 or newer) and the
storage's password is needed to get files out of it:

    restic -r REPOSITORY snapshots
    restic -r REPOSITORY restore SNAPSHOT --target FOLDER

"""

_README = """\
Below folders/ the server's own folders stand under safe names; folder.json has the real one. An
item lies in .items/YEAR-MONTH/DAY (received, else made; UTC). Files that end in .fts are the export
streams of an Exchange server, byte for byte; .eml files are internet messages that any mail program
opens. items.jsonl and state.jsonl beside them say, one line per item, what it is: subject, class,
time, flags. coverage.json is the ledger of the run that made the snapshot: per folder, what the
server had and what was kept, skipped or failed.
"""


def _wanted(folder: Folder) -> str:
    return safe_name(folder.path[-1], bytes_max=100) if folder.path else ""


def _place_of(path: tuple[str, ...], by_path: dict[tuple[str, ...], Place]) -> Place:
    """Find the place of a parent; one that the server did not tell of gets safe names."""
    if path not in by_path:
        by_path[path] = (*_place_of(path[:-1], by_path), safe_name(path[-1], bytes_max=100))
    return by_path[path]
