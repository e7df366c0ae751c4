"""The items of one folder, changed a day at a time: rows, states and files.

A folder may hold hundreds of thousands of items, so it is never read as a whole: only the days that
a change touches are loaded, their rows stay encoded lines, and untouched days are let go again.

Files that lie in their real folders (see ``real_files``) are named when the trees are written; till
then the rows do not say where they lie.

Nothing here is safe in several threads; reading and writing blobs goes through ``call``, since a
repository's writer wants one thread (see ``Sealer``).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime

from strongroom.operations import layout, rows
from strongroom.operations.days import Day, Stored, read_day, read_stored
from strongroom.operations.layout import FILE, Layout, RealPath, Shard
from strongroom.operations.real_files import RealFiles, RealFolders, Waiting
from strongroom.operations.saved import shards_below
from strongroom.operations.whereabouts import Whereabouts
from strongroom.store import trees
from strongroom.store.blob_reader import BlobReader
from strongroom.store.blobs import BlobWriter, StoredFile
from strongroom.store.pack import BlobId
from strongroom.store.trees import DirNode, Entry, FileEntry
from strongroom.words.item import Item, Kept

ROWS_MAX = 25_000
"""Rows that are kept in memory at once, about 40 MB with their files' names and blob ids."""


class FolderItems:
    """The kept items of one folder, in the snapshot that is being made.

    Args:
        tree: Its ``.items`` in the snapshot that we go on from; None: nothing is kept yet.
        layout: Where items lie.
        reader: Of the repository. Used only in what the caller runs in the writer's thread.
        place: The tree of its place, for the files in their real folders.
        displaced: Ids of items whose file does not lie where it should (see ``real_files``).
        where: Notes of where items lie.
    """

    def __init__(
        self,
        tree: BlobId | None,
        layout: Layout,
        reader: BlobReader,
        *,
        place: BlobId | None = None,
        displaced: Iterable[str] = (),
        where: Whereabouts | None = None,
    ) -> None:
        self.tree = tree
        self._where = where or Whereabouts()
        self._layout = layout
        self._reader = reader
        self._days: dict[Shard, Day] = {}
        self._real = RealFiles(displaced=set(displaced))
        self._folders = RealFolders(reader, place)

    @property
    def row_count(self) -> int:
        """How many rows are in memory."""
        return sum(len(day.lines) for day in self._days.values())

    @property
    def is_changed(self) -> bool:
        """Something is not in the tree yet."""
        return any(day.is_changed for day in self._days.values())

    @property
    def displaced(self) -> list[str]:
        """Ids of items whose file does not lie where it should, as of the last ``changes``."""
        return sorted(self._real.displaced)

    def needs(self, items: Iterable[Item]) -> set[Shard]:
        """Name the days of some items that must be loaded before anything is said of them."""
        shards = {self._layout.shard(item) for item in items} - self._days.keys()
        if self.tree is None:
            self._days.update((shard, Day()) for shard in shards)
            return set()
        return shards

    def load(self, shards: Iterable[Shard]) -> None:
        """Read some days; run it in the writer's thread."""
        for shard in shards:
            if shard not in self._days:
                self._days[shard] = read_day(self._reader, self._tree_of(shard))

    def find(self, ids: Collection[str]) -> dict[str, Shard]:
        """Find in which days some items lie and load those; run it in the writer's thread.

        Only the id is known of what was removed. Where it tells the day, or there is a note of it,
        that is all. Else the eight characters that come from it stand in the files' names, so the
        trees tell without the rows. The newest months come first, since young items change most,
        and the search ends when all are found.
        """
        found = {
            item_id: shard
            for shard, day in self._days.items()
            for item_id in ids
            if item_id in day.lines
        }
        left = {one for one in ids if one not in found}
        if not left or self.tree is None:
            return found
        told = {one: shard for one in left if (shard := self._layout.shard_of(one)) is not None}
        self.load(set(told.values()))
        found.update((one, day) for one, day in told.items() if one in self._days[day].lines)
        left -= told.keys()
        noted = {one: shard for one in left if (shard := self._noted(one)) is not None}
        found.update(noted)
        left -= noted.keys()
        if not left:
            return found
        keys = {layout.item_key(one) for one in left}
        for shard, tree in self._newest_first(self.tree):
            if shard in self._days or not self._holds(tree, keys):
                continue
            self.load([shard])
            here = left & self._days[shard].lines.keys()
            found.update(dict.fromkeys(here, shard))
            left -= here
            if not left:
                break
        return found

    def state(self, item: Item) -> rows.State | None:
        """Give the kept state of an item whose day is loaded; None if it is not kept."""
        day = self._days[self._layout.shard(item)]
        return day.state(item.id) if item.id in day.lines else None

    def kept(self, item: Item) -> Kept | None:
        """Say how an item whose day is loaded is kept; None if it is not."""
        day = self._days[self._layout.shard(item)]
        if item.id not in day.lines:
            return None
        row, state = day.row(item.id), day.state(item.id)
        parts = tuple(name for name, _, _ in row.parts)
        return Kept(change_key=state.change_key, state=state.state, parts=parts, size=row.size)

    def twin(self, item: Item) -> tuple[str, Kept] | None:
        """Find the item under another id, in its day, which is loaded, by its search key.

        Returns:
            The id that it is kept under, and how it is kept: the one of this version, if copies of
            it are kept; None if there is none.
        """
        key = str(item.facts.get("search_key") or "")
        if not key:
            return None
        day = self._days[self._layout.shard(item)]
        found: tuple[str, Kept] | None = None
        for item_id in day.with_search_key(key):
            kept = self.kept(replace(item, id=item_id))
            if kept is not None and (found is None or kept.change_key == item.change_key):
                found = item_id, replace(kept, is_by_search_key=True)
        return found

    def stored_parts(self, item: Item) -> dict[str, StoredFile]:
        """Find the stored files of a kept item, by part name; run it in the writer's thread.

        All that its day has is read at once: a folder that was renamed changes all in it.
        """
        shard = self._layout.shard(item)
        self.load([shard])
        day = self._days[shard]
        if item.id not in day.lines:
            return {}
        if day.stored is None:
            tree = self._tree_of(shard)
            day.stored = read_stored(self._reader, tree, day, self._folders)
        row = day.row(item.id)
        found = {name: self._stored_file(day, row, name, suffix) for name, suffix, _ in row.parts}
        return {name: file for name, file in found.items() if file is not None}

    def _stored_file(self, day: Day, row: rows.Row, name: str, suffix: str) -> StoredFile | None:
        """Find one file: in what is not written yet, else in the trees."""
        stored = day.stored or Stored()
        waiting = self._real.waiting.get(row.id) if name == FILE else None
        changed = waiting.entry if waiting else day.files.get(row.file + suffix)
        if changed is not None:
            return changed.file
        if name == FILE and row.at:
            return stored.real.get(tuple(row.at))
        return stored.beside.get(row.file + suffix)

    def put(
        self,
        item: Item,
        way: str,
        parts: Iterable[tuple[str, str, StoredFile]],
        notes: tuple[str, ...],
    ) -> int:
        """Keep an item in place of its older version if there is one.

        Returns:
            Bytes of the older version; -1 if there was none.
        """
        shard = self._layout.shard(item)
        day = self._days[shard]
        before = -1
        held: RealPath = ()
        if item.id in day.lines:
            before, held = self._drop_files(day, item.id)
        elif self._layout.shard_of(item.id) is None:
            self._where.note(item.id, item.when.astimezone(UTC).date())
        stem = day.free_stem(self._layout.stem(item), item)
        told = []
        for name, suffix, file in _told_apart(parts):
            told.append((name, suffix, file.size))
            if name == FILE and (wanted := self._layout.real_path(item)):
                entry = FileEntry(file, self._layout.file_time(item))
                self._real.waiting[item.id] = Waiting(wanted, entry, held)
            else:
                day.files[stem + suffix] = FileEntry(file, item.when)
        row = rows.row_of(item, stem=stem, way=way, parts=told, notes=notes)
        day.put_row(row, rows.encode(rows.state_of(item)))
        return before

    def set_state(self, shard: Shard, state: rows.State) -> None:
        """Change the state of a kept item; its file goes along if its real path is another now."""
        day = self._days[shard]
        day.put_state(state)
        if self._layout.has_real_files:
            row = day.row(state.id)
            self._real.follow(
                state.id, tuple(row.at), self._layout.real_path(rows.item_of(row, state))
            )

    def has(self, shard: Shard, item_id: str) -> bool:
        """Say whether an item is kept in a day that is loaded."""
        return item_id in self._days[shard].lines

    def kept_state(self, shard: Shard, item_id: str) -> rows.State:
        """Give the state of an item that ``find`` has found."""
        return self._days[shard].state(item_id)

    def remove(self, shard: Shard, item_id: str) -> int:
        """Remove a kept item; say how many bytes it had."""
        day = self._days[shard]
        size, _ = self._drop_files(day, item_id)
        del day.lines[item_id]
        day.is_changed = day.rows_changed = True
        return size

    def others(self, told: Mapping[int, Shard]) -> Iterator[tuple[Shard, str]]:
        """Name the kept items that were not told; run it in the writer's thread.

        Args:
            told: By the hash of its id, in which day each item that was told belongs. One that lies
                in another day is named too: its time was not as unchangeable as it should be.
        """
        shards = set(self._days)
        if self.tree is not None:
            shards.update(shard for shard, _ in shards_below(self._reader, self.tree))
        for shard in sorted(shards):
            self.load([shard])
            for item_id in list(self._days[shard].lines):
                if told.get(hash(item_id)) != shard:
                    yield shard, item_id
            self.let_go()

    def changes(self, writer: BlobWriter, now: datetime) -> dict[trees.TreePath, Entry | None]:
        """Give what is to be changed below the folder's place; run it in the writer's thread.

        Saves the rows. After it, nothing is waiting; call ``written`` when the trees are written.
        """
        self._where.flush()
        changes: dict[trees.TreePath, Entry | None] = {}
        changes.update(self._settle_real())
        for shard, day in self._days.items():
            if day.is_changed:
                place = (layout.ITEMS, *shard)
                changes.update(((*place, name), one) for name, one in day.changes(writer, now))
        return changes

    def written(self, tree: BlobId | None, place: BlobId | None) -> None:
        """All changes stand in the trees: ``.items``, and the folder's own."""
        self.tree = tree
        self._folders = RealFolders(self._reader, place)

    def _settle_real(self) -> dict[trees.TreePath, Entry | None]:
        """Choose where files lie that wait for it, and write that into their rows."""
        for item_id in list(self._real.displaced - self._real.waiting.keys()):
            self._try_again(item_id)
        at, files = self._real.settle(self._folders)
        for item_id, path in at.items():
            shard = self._layout.shard_of(item_id)
            assert shard is not None, "real paths come with shards that ids tell"
            day = self._days[shard]
            row = day.row(item_id)
            if row.at != list(path):
                row.at = list(path)
                day.put_row(row, day.lines[item_id][1])
        changes: dict[trees.TreePath, Entry | None] = dict(self._real.changes(files))
        self._real.written()
        return changes

    def _try_again(self, item_id: str) -> None:
        """Let a displaced file wait for its own place again."""
        self._real.displaced.discard(item_id)
        shard = self._layout.shard_of(item_id)
        if shard is None:
            return
        self.load([shard])
        day = self._days[shard]
        if item_id not in day.lines:
            return
        row = day.row(item_id)
        item = rows.item_of(row, day.state(item_id))
        at, wanted = tuple(row.at), self._layout.real_path(item)
        file = self._folders.file(at) if at else None
        if at == wanted or file is None or not wanted:
            return
        self._real.take_away(item_id, at)
        entry = FileEntry(file, self._layout.file_time(item))
        self._real.waiting[item_id] = Waiting(wanted, entry, at)

    def let_go(self, rows_max: int = ROWS_MAX) -> None:
        """Forget unchanged days until no more than ``rows_max`` rows are in memory."""
        count = self.row_count
        for shard in list(self._days):
            if count <= rows_max:
                return
            if not self._days[shard].is_changed:
                count -= len(self._days.pop(shard).lines)

    def _tree_of(self, shard: Shard) -> BlobId | None:
        node = self.tree and trees.find(self._reader, self.tree, shard)
        return node.subtree if isinstance(node, DirNode) else None

    def _newest_first(self, tree: BlobId) -> Iterator[tuple[Shard, BlobId]]:
        for month in reversed(trees.read_tree(self._reader, tree)):
            if isinstance(month, DirNode):
                for day in reversed(trees.read_tree(self._reader, month.subtree)):
                    if isinstance(day, DirNode):
                        yield (month.name, day.name), day.subtree

    def _noted(self, item_id: str) -> Shard | None:
        """Follow the notes of an item to where it lies."""
        for shard in self._where.shards(item_id):
            self.load([shard])
            if item_id in self._days[shard].lines:
                return shard
        return None

    def _holds(self, tree: BlobId, keys: set[str]) -> bool:
        """Say whether a day's tree names a file with one of the keys; may say so without reason.

        What is looked at is the tree's text: taking it apart would take five times as long.
        """
        return not keys.isdisjoint(layout.keys_in(self._reader.load("tree", tree)))

    def _drop_files(self, day: Day, item_id: str) -> tuple[int, RealPath]:
        """Remove an item's files; say how many bytes they had, and where its real one lay."""
        row = day.row(item_id)
        waits = item_id in self._real.waiting
        held = self._real.take_away(item_id, tuple(row.at))
        for name, suffix, _ in row.parts:
            if name != FILE or not (row.at or waits):
                day.files[row.file + suffix] = None
        day.stems.pop(row.file, None)
        return sum(size for _, _, size in row.parts), held


def _told_apart(
    parts: Iterable[tuple[str, str, StoredFile]],
) -> Iterator[tuple[str, str, StoredFile]]:
    """Give each part a suffix of its own: two attachments may have the same safe name."""
    taken: set[str] = set()
    for name, suffix, file in parts:
        own = suffix if suffix.casefold() not in taken else f" {name}{suffix}"
        taken.add(own.casefold())
        yield name, own, file
