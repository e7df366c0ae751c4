"""A snapshot, open for reading: its folders, its items and their content."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from strongroom.errors import IntegrityError
from strongroom.operations import layout, rows
from strongroom.operations.layout import Layout, Place, RealPath, Shard
from strongroom.operations.layouts import layout_of
from strongroom.operations.real_files import RealFolders
from strongroom.store import trees
from strongroom.store.blob_reader import BlobReader
from strongroom.store.blobs import StoredFile
from strongroom.store.pack import BlobId
from strongroom.store.trees import DirNode, FileNode
from strongroom.words.coverage import Coverage
from strongroom.words.item import Content, Folder, Item, Part
from strongroom.words.paths import path_text

LARGE_BYTES = 8 * 1024 * 1024
"""Above this a part is read in pieces, never whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedPart:
    """One part of a saved item: a file in the snapshot.

    Attributes:
        name: ``fts``, ``mime``, ``properties`` …
        suffix: What the file's name ends with.
        size: In bytes, as its row says.
        file: Its blobs; None if the row names a file that is not there (damage).
    """

    name: str
    suffix: str
    size: int
    file: StoredFile | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedItem:
    """An item as its rows tell it.

    Attributes:
        item: As the server told it, with the state it was saved with last.
        stem: Its files' name without suffix.
        shard: The folders below ``.items`` that it lies in.
        way: How its content was read.
        parts: Its files.
        notes: What a person should know of it.
        at: Where the part ``file`` lies below its folder's place; ``()``: beside its row.
    """

    item: Item
    stem: str
    shard: Shard
    way: str
    parts: tuple[SavedPart, ...]
    notes: tuple[str, ...] = ()
    at: RealPath = ()

    @property
    def key(self) -> str:
        """Eight characters that name it; they stand in its file's name."""
        return layout.item_key(self.item.id)

    @property
    def size(self) -> int:
        """Size of all its parts in bytes."""
        return sum(part.size for part in self.parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedFolder:
    """A folder as it was saved.

    Attributes:
        folder: As the server told it.
        place: Its safe names below ``/folders`` in the snapshot.
        cursor: Its cursor file.
        items_tree: The tree below ``.items``; None if it holds nothing.
        tree: The tree of its place, where files lie in their real folders.
    """

    folder: Folder
    place: Place
    cursor: rows.CursorFile
    items_tree: BlobId | None
    tree: BlobId | None = None

    @property
    def items(self) -> int:
        """How many items are kept of it."""
        return self.cursor.kept

    @property
    def bytes(self) -> int:
        """How large their content is."""
        return self.cursor.bytes


@dataclass(slots=True)
class _Spot:
    """What lies in one folder of the snapshot itself, its subfolders aside."""

    tree: BlobId
    cursor: FileNode | None = None
    items: DirNode | None = None


class SavedTree:
    """One snapshot's tree.

    Args:
        reader: Of the repository.
        root: The snapshot's root tree.
    """

    def __init__(self, reader: BlobReader, root: BlobId) -> None:
        self.reader = reader
        self.root = root
        self._top = {node.name: node for node in trees.read_tree(reader, root)}
        self._looked_at: tuple[BlobId, RealFolders] | None = None

    @property
    def layout(self) -> Layout:
        """How it is laid out."""
        return layout_of(self._about())

    def file(self, name: str) -> FileNode | None:
        """Find a file at the top of the snapshot."""
        node = self._top.get(name)
        return node if isinstance(node, FileNode) else None

    def read_file(self, name: str) -> bytes:
        """Read a file at the top of the snapshot.

        Raises:
            IntegrityError: it is not there, or damaged.
        """
        node = self.file(name)
        if node is None:
            raise IntegrityError(f"{name} is missing in the snapshot.")
        return read_all(self.reader, node.content)

    def hierarchy(self) -> rows.HierarchyFile:
        """Read all folders, and the cursor behind them."""
        return rows.decode(
            self.read_file(layout.HIERARCHY), rows.HierarchyFile, f"{layout.HIERARCHY}"
        )

    def coverage(self) -> Coverage:
        """Read the ledger of the run that made the snapshot."""
        return Coverage.from_json(rows.decode(self.read_file(layout.COVERAGE), dict, "The ledger"))

    def settings(self) -> dict[str, Any]:
        """Read the resource's settings as they were saved."""
        about = self._about()
        document = rows.decode(self.read_file(about), dict, about)
        settings: dict[str, Any] = document.get("settings", {})
        return settings

    def folders(self) -> list[SavedFolder]:
        """Read all folders, parents before children."""
        files = self.hierarchy().folders
        spots = self._spots(tuple(file.place) for file in files)
        return [self._folder(file, spots) for file in files]

    def items(self, folder: SavedFolder) -> Iterator[SavedItem]:
        """Go through a folder's items, by month and day, oldest first."""
        for shard, tree in self.shards(folder):
            yield from self.shard_items(folder, shard, tree)

    def shards(self, folder: SavedFolder) -> Iterator[tuple[Shard, BlobId]]:
        """Go through the days of a folder, oldest first."""
        if folder.items_tree is not None:
            yield from shards_below(self.reader, folder.items_tree)

    def shard_items(self, folder: SavedFolder, shard: Shard, tree: BlobId) -> Iterator[SavedItem]:
        """Go through the items of one day.

        Raises:
            IntegrityError: rows are missing or do not fit together.
        """
        nodes = {node.name: node for node in trees.read_tree(self.reader, tree)}
        where = f"{path_text(folder.folder.path)}, {'/'.join(shard)}"
        try:
            states = {
                state.id: state
                for state in map(rows.read_state, read_lines(self.reader, nodes[layout.STATES]))
            }
            lines = [rows.read_row(line) for line in read_lines(self.reader, nodes[layout.ROWS])]
            at = [tuple(row.at) for row in lines if row.at]
            real = self._real_folders(folder).files(at) if at else {}
            for row in lines:
                yield saved_item(row, states[row.id], shard, nodes, real)
        except (KeyError, ValueError) as error:
            raise IntegrityError(
                f"The rows of {where} do not fit together.", why=repr(error)
            ) from error

    def _about(self) -> str:
        for name in self._top:
            if name in layout.ABOUTS and self.file(name):
                return name
        raise IntegrityError("The file that tells of the resource itself is missing.")

    def _real_folders(self, folder: SavedFolder) -> RealFolders:
        """Open a folder's real folders; they are kept until another is looked at."""
        known = self._looked_at
        if folder.tree is None or known is None or known[0] != folder.tree:
            opened = RealFolders(self.reader, folder.tree)
            self._looked_at = (folder.tree, opened) if folder.tree else None
            return opened
        return known[1]

    def _folder(self, file: rows.FolderFile, spots: Mapping[Place, _Spot]) -> SavedFolder:
        place = tuple(file.place)
        spot = spots.get(place)
        cursor = rows.CursorFile()
        if spot and spot.cursor is not None:
            text = read_all(self.reader, spot.cursor.content)
            cursor = rows.decode(text, rows.CursorFile, f"The cursor of {path_text(file.path)}")
        return SavedFolder(
            folder=rows.folder_of(file),
            place=place,
            cursor=cursor,
            items_tree=spot.items.subtree if spot and spot.items else None,
            tree=spot.tree if spot else None,
        )

    def _read_place(self, place: Place, tree: BlobId) -> list[trees.Node]:  # noqa: ARG002 - see SalvagedTree
        return trees.read_tree(self.reader, tree)

    def _spots(self, known: Iterable[Place]) -> dict[Place, _Spot]:
        """Read the trees of all folders, each once, without the items' own and the real folders."""
        ways = {place[:depth] for place in known for depth in range(1, len(place) + 1)}
        spots: dict[Place, _Spot] = {}
        top = self._top.get(layout.FOLDERS)
        places: list[tuple[Place, BlobId]] = [((), top.subtree)] if isinstance(top, DirNode) else []
        while places:
            place, tree = places.pop()
            spot = spots[place] = _Spot(tree)
            for node in self._read_place(place, tree):
                if isinstance(node, FileNode) and node.name == layout.CURSOR:
                    spot.cursor = node
                elif isinstance(node, DirNode) and node.name == layout.ITEMS:
                    spot.items = node
                elif isinstance(node, DirNode) and (*place, node.name) in ways:
                    places.append(((*place, node.name), node.subtree))
        return spots


def shards_below(reader: BlobReader, items_tree: BlobId) -> Iterator[tuple[Shard, BlobId]]:
    """Go through the days below one ``.items``, oldest first."""
    for month in trees.read_tree(reader, items_tree):
        if isinstance(month, DirNode):
            for day in trees.read_tree(reader, month.subtree):
                if isinstance(day, DirNode):
                    yield (month.name, day.name), day.subtree


def read_all(reader: BlobReader, content: Sequence[BlobId]) -> bytes:
    """Read a file's content whole."""
    return b"".join(reader.load_file(content))


def read_lines(reader: BlobReader, node: trees.Node) -> list[bytes]:
    """Read the lines of a file; our lines hold no line end of their own."""
    if not isinstance(node, FileNode):
        raise IntegrityError(f"{node.name} is not a file.")
    return [line for line in read_all(reader, node.content).split(b"\n") if line]


def contents(reader: BlobReader, items: Iterable[SavedItem]) -> Iterator[tuple[SavedItem, Content]]:
    """Read the content of some items; large parts come as pieces that can be read once.

    Small ones are read together, in the order they lie in the packs; so hand over a batch that fits
    in memory.

    Raises:
        IntegrityError: a part is missing or damaged.
    """
    wanted = list(items)
    small: dict[BlobId, bytes] = dict(
        reader.load_many(
            blob
            for item in wanted
            for part in item.parts
            if part.file is not None and part.file.size <= LARGE_BYTES
            for blob in part.file.content
        )
    )
    for item in wanted:
        parts = tuple(_part(reader, item, part, small) for part in item.parts)
        yield item, Content(item_id=item.item.id, way=item.way, parts=parts, notes=item.notes)


def _part(reader: BlobReader, item: SavedItem, part: SavedPart, small: dict[BlobId, bytes]) -> Part:
    if part.file is None:
        raise IntegrityError(f"A file of the item {item.stem} is missing: {part.suffix}.")
    if part.file.size > LARGE_BYTES:
        pieces = reader.load_file(part.file.content)
        return Part(name=part.name, suffix=part.suffix, content=pieces)
    whole = b"".join(small[blob] for blob in part.file.content)
    return Part(name=part.name, suffix=part.suffix, content=whole)


def saved_item(
    row: rows.Row,
    state: rows.State,
    shard: Shard,
    nodes: Mapping[str, trees.Node],
    real: Mapping[RealPath, StoredFile],
) -> SavedItem:
    """Make an item of its row, its state and the files that lie there."""
    parts = []
    at = tuple(row.at)
    for name, suffix, size in row.parts:
        if name == layout.FILE and at:
            file = real.get(at)
        else:
            node = nodes.get(row.file + suffix)
            file = StoredFile(node.content, node.size) if isinstance(node, FileNode) else None
        parts.append(SavedPart(name=name, suffix=suffix, size=size, file=file))
    return SavedItem(
        item=rows.item_of(row, state),
        stem=row.file,
        shard=shard,
        way=row.way,
        parts=tuple(parts),
        notes=tuple(row.notes),
        at=at,
    )
