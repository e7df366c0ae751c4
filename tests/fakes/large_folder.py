"""A folder of very many items in a repository, laid out as a mailbox's, and one small change of it.

The trees and rows are real; the items' own content is only named. New items have next to none, for
it is what surrounds them that shall be measured.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random

from strongroom.operations import layout, rows
from strongroom.operations.layout import DatedLayout, Shard
from strongroom.store import trees
from strongroom.store.blobs import StoredFile
from strongroom.store.pack import BlobId
from strongroom.store.repository import Repository
from strongroom.store.snapshot import Snapshot
from strongroom.store.trees import FileEntry, TreePath
from strongroom.words.item import Item

ITEMS_A_DAY = 55
ITEM_BYTES = 8192
NEW, DELETED_OLD, DELETED_NEW = 10, 3, 2

_FIRST = datetime(2014, 1, 1, tzinfo=UTC)
_PLACE = (layout.FOLDERS, "Inbox", layout.ITEMS)
_MAILBOX = "AAMkAGVmMDEzMTM4LTZmYWUtNDdkNC1hMDZiLTU1OGY5OTZhYmY4OABGAAAAAAAiQ8W967B7TKBjgx9rVEURBw"
_LAYOUT = DatedLayout("mailbox.json")


@dataclass(slots=True)
class LargeFolder:
    """Items by day, as the newest snapshot has them.

    Args:
        repository: Empty.
        items: How many.
    """

    repository: Repository
    items: int
    root: BlobId | None = None
    days: dict[Shard, dict[str, Item]] = field(default_factory=lambda: defaultdict(dict))
    _chance: Random = field(default_factory=lambda: Random(7))

    def fill(self) -> str:
        """Make the first snapshot; say its id."""
        for number in range(self.items):
            self._add(_FIRST + timedelta(minutes=number * 24 * 60 / ITEMS_A_DAY))
        with self.repository.lock():
            writer = self.repository.writer()
            changes: dict[TreePath, trees.Entry | None] = {}
            for shard, items in self.days.items():
                for item in items.values():
                    content = StoredFile((hashlib.sha256(item.id.encode()).digest(),), ITEM_BYTES)
                    changes[_path(shard, item)] = FileEntry(content, item.when)
                changes.update(self._rows(shard))
            self.root = trees.patch(self.repository.reader(), writer, None, changes, _FIRST)
            return self._snapshot()

    def change(self) -> str:
        """Have new items, and some that are gone; say the id of the snapshot of that."""
        known = sorted(self.days)
        newest = max(item.when for item in self.days[known[-1]].values())
        gone = [self._any(shard) for shard in self._chance.sample(known[:-30], DELETED_OLD)]
        gone += [self._any(shard) for shard in known[-DELETED_NEW - 1 : -1]]
        new = [self._add(newest + timedelta(minutes=number + 1)) for number in range(NEW)]
        with self.repository.lock():
            writer = self.repository.writer()
            bodies = [self._chance.randbytes(32) for _ in new]
            ids = writer.save_many("data", bodies)
            changes: dict[TreePath, trees.Entry | None] = {}
            for item, body, blob_id in zip(new, bodies, ids, strict=True):
                file = StoredFile((blob_id,), len(body))
                changes[_path(_LAYOUT.shard(item), item)] = FileEntry(file, item.when)
            for item in gone:
                del self.days[_LAYOUT.shard(item)][item.id]
                changes[_path(_LAYOUT.shard(item), item)] = None
            for shard in {_LAYOUT.shard(item) for item in (*new, *gone)}:
                changes.update(self._rows(shard))
            reader = self.repository.reader()
            self.root = trees.patch(reader, writer, self.root, changes, newest)
            return self._snapshot()

    def _add(self, when: datetime) -> Item:
        number = self._chance.getrandbits(32)
        item = Item(
            id=f"{_MAILBOX}AAAAAAEMAAD{self._chance.randbytes(8).hex()}AAA=",
            change_key=self._chance.randbytes(12).hex(),
            kind="IPM.Note",
            name=f"{self._words(4)} {number:x}",
            when=when,
            size=ITEM_BYTES,
            facts={"from": f"{self._words(1)}@lab.example", "search_key": f"{number:032x}"},
            state={"read": True, "categories": []},
        )
        self.days[_LAYOUT.shard(item)][item.id] = item
        return item

    def _any(self, shard: Shard) -> Item:
        return self._chance.choice(list(self.days[shard].values()))

    def _rows(self, shard: Shard) -> dict[TreePath, FileEntry]:
        """Save a day's two files of lines."""
        items = self.days[shard].values()
        writer = self.repository.writer()
        parts: list[tuple[str, str, int]] = [("fts", ".fts", ITEM_BYTES)]
        lines = [
            rows.encode(rows.row_of(item, stem=_LAYOUT.stem(item), way="ews", parts=parts))
            for item in items
        ]
        states = [rows.encode(rows.state_of(item)) for item in items]
        return {
            (*_PLACE, *shard, name): FileEntry(writer.save_file(_text(some)), _FIRST)
            for name, some in ((layout.ROWS, lines), (layout.STATES, states))
        }

    def _words(self, count: int) -> str:
        return " ".join(self._chance.choices(_WORDS, k=count))

    def _snapshot(self) -> str:
        assert self.root is not None
        time = _FIRST + timedelta(days=5000)
        snapshot = Snapshot(time=time, tree=self.root, host="lab", paths=("/mail/ada",))
        return self.repository.save_snapshot(snapshot)


_WORDS = [hashlib.sha256(str(one).encode()).hexdigest()[: 2 + one % 9] for one in range(2000)]


def _path(shard: Shard, item: Item) -> TreePath:
    return (*_PLACE, *shard, f"{_LAYOUT.stem(item)}.fts")


def _text(lines: Iterable[bytes]) -> bytes:
    return b"".join(line + b"\n" for line in lines)
