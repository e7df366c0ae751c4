"""One shard of a folder in memory: its rows and states as lines, and what changed in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from strongroom.operations import layout, rows
from strongroom.operations.layout import RealPath
from strongroom.operations.real_files import RealFolders
from strongroom.operations.saved import read_lines
from strongroom.store import trees
from strongroom.store.blob_reader import BlobReader
from strongroom.store.blobs import BlobWriter, StoredFile
from strongroom.store.pack import BlobId
from strongroom.store.trees import FileEntry, FileNode
from strongroom.words.item import Item


@dataclass(frozen=True, slots=True)
class Stored:
    """The files of a day that the trees have.

    Attributes:
        beside: Beside the rows, by name.
        real: In their real folders.
    """

    beside: dict[str, StoredFile] = field(default_factory=dict)
    real: dict[RealPath, StoredFile] = field(default_factory=dict)


@dataclass(slots=True)
class Day:
    """One shard in memory.

    Attributes:
        lines: Per item id its row and its state, encoded.
        stems: Whose the files' names are.
        files: What changed among the files beside the rows; None: to be removed.
        stored: The files that the trees have; None: not read. Only needed for parts that are the
            same.
        is_changed: Something in it is not in the tree yet.
        rows_changed: And not only in the states.
        by_search_key: Ids of the items that it was read with, by their search keys; None: nobody
            asked yet.
    """

    lines: dict[str, tuple[bytes, bytes]] = field(default_factory=dict)
    stems: dict[str, str] = field(default_factory=dict)
    files: dict[str, FileEntry | None] = field(default_factory=dict)
    stored: Stored | None = None
    is_changed: bool = False
    rows_changed: bool = False
    by_search_key: dict[str, list[str]] | None = None

    def with_search_key(self, key: str) -> list[str]:
        """Give the ids of the items that have a search key; copies of one item have the same."""
        if self.by_search_key is None:
            self.by_search_key = {}
            for item_id in self.lines:
                found = str(self.row(item_id).facts.get("search_key") or "")
                self.by_search_key.setdefault(found, []).append(item_id)
        return [one for one in self.by_search_key.get(key, ()) if one in self.lines]

    def row(self, item_id: str) -> rows.Row:
        """Read an item's row."""
        return rows.read_row(self.lines[item_id][0])

    def state(self, item_id: str) -> rows.State:
        """Read an item's state."""
        return rows.read_state(self.lines[item_id][1])

    def put_row(self, row: rows.Row, state: bytes) -> None:
        """Put an item's row and its encoded state in."""
        self.lines[row.id] = (rows.encode(row), state)
        self.is_changed = self.rows_changed = True

    def put_state(self, state: rows.State) -> None:
        """Put another state in."""
        self.lines[state.id] = (self.lines[state.id][0], rows.encode(state))
        self.is_changed = True

    def free_stem(self, wanted: str, item: Item) -> str:
        """Name an item's files; another item of that day may have the same name by rare chance."""
        stem = wanted
        number = 1
        while self.stems.setdefault(stem, item.id) != item.id:
            number += 1
            stem = f"{wanted[:-10]}{number} {wanted[-10:]}"
        return stem

    def changes(self, writer: BlobWriter, now: datetime) -> Iterator[tuple[str, FileEntry | None]]:
        """Give what is to be changed in its folder, by name; after it, nothing is."""
        yield from self.files.items()
        if self.rows_changed:
            yield layout.ROWS, _entry(writer, [row for row, _ in self.lines.values()], now)
        yield layout.STATES, _entry(writer, [state for _, state in self.lines.values()], now)
        self.files = {}
        self.stored = None
        self.is_changed = self.rows_changed = False


def read_day(reader: BlobReader, tree: BlobId | None) -> Day:
    """Read a day's rows and states."""
    day = Day()
    if tree is None:
        return day
    nodes = {node.name: node for node in trees.read_tree(reader, tree)}
    states = {rows.line_id(line): line for line in read_lines(reader, nodes[layout.STATES])}
    for line in read_lines(reader, nodes[layout.ROWS]):
        item_id, stem = rows.line_name(line)
        day.lines[item_id] = (line, states[item_id])
        day.stems[stem] = item_id
    return day


def read_stored(reader: BlobReader, tree: BlobId | None, day: Day, folders: RealFolders) -> Stored:
    """Find all files of a day that the trees have, beside its rows and in their real folders."""
    places = (tuple(day.row(item_id).at) for item_id in day.lines)
    stored = Stored(real=folders.files(at for at in places if at))
    for node in trees.read_tree(reader, tree) if tree is not None else ():
        if isinstance(node, FileNode):
            stored.beside[node.name] = StoredFile(node.content, node.size)
    return stored


def _entry(writer: BlobWriter, lines: list[bytes], now: datetime) -> FileEntry | None:
    """Save a file of lines; without a line there is no file, and the day's folder vanishes."""
    text = b"".join(line + b"\n" for line in lines)
    return FileEntry(writer.save_file(text), now) if text else None
