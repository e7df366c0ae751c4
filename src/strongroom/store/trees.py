"""Folders and files of a snapshot: reading them, finding one, and changing some of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from strongroom.errors import IntegrityError
from strongroom.store.blob_reader import BlobReader
from strongroom.store.blobs import BlobWriter, StoredFile
from strongroom.store.documents import COPY_BACK
from strongroom.store.gojson import parse_time
from strongroom.store.nodes import (
    RawNode,
    content_ids,
    decode_tree,
    encode_tree,
    file_node,
    folder_node,
    name_bytes,
    node_name,
    refuse_name,
)
from strongroom.store.pack import BlobId

TreePath = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FileNode:
    """A file in a tree.

    Attributes:
        name: Its name, unquoted.
        mtime: Aware.
        size: Bytes.
        content: Ids of its data blobs, in order.
    """

    name: str
    mtime: datetime
    size: int
    content: tuple[BlobId, ...]


@dataclass(frozen=True, slots=True)
class DirNode:
    """A folder in a tree.

    Attributes:
        name: Its name, unquoted.
        mtime: Aware.
        subtree: Id of its tree blob.
    """

    name: str
    mtime: datetime
    subtree: BlobId


@dataclass(frozen=True, slots=True)
class OtherNode:
    """Something else that a foreign program put there: a link, a device. Kept, never read."""

    name: str
    mtime: datetime
    type: str


Node = FileNode | DirNode | OtherNode


@dataclass(frozen=True, slots=True)
class FileEntry:
    """A file to put into a tree: what ``BlobWriter.save_file`` gave, and its time (aware)."""

    file: StoredFile
    mtime: datetime


@dataclass(frozen=True, slots=True)
class FolderEntry:
    """A whole folder to put into a tree as it is, for example one that was moved (time aware)."""

    subtree: BlobId
    mtime: datetime


Entry = FileEntry | FolderEntry


@dataclass(slots=True)
class Tally:
    """How many files lie below a root, and their size: restic's own way to count a snapshot.

    Attributes:
        files: Each place counts, also of content that lies in several.
        bytes: Before compression.
    """

    files: int = 0
    bytes: int = 0

    def add(self, reader: BlobReader, node: RawNode | None, times: int = 1) -> None:
        """Add a node with everything below it; ``times`` -1 takes it away."""
        if node is None:
            return
        if node["type"] == "file":
            self.files += times
            self.bytes += times * node.get("size", 0)
        elif node["type"] == "dir":
            self.add_tree(reader, bytes.fromhex(node["subtree"]), times)

    def add_tree(self, reader: BlobReader, tree: BlobId, times: int = 1) -> None:
        """Add everything below a tree."""
        for node in _read(reader, tree):
            self.add(reader, node, times)


def read_tree(reader: BlobReader, tree: BlobId) -> list[Node]:
    """Read one tree, in the order of its names' UTF-8 bytes.

    Raises:
        IntegrityError: it is missing or damaged.
    """
    return [_node(raw) for raw in _read(reader, tree)]


def find(reader: BlobReader, root: BlobId, path: TreePath) -> Node | None:
    """Find what lies at ``path`` below ``root``; None if nothing does. Only trees on the way.

    Raises:
        IntegrityError: a tree on the way is missing or damaged.
        ValueError: the path is empty; the root has no node.
    """
    if not path:
        raise ValueError("the root of a snapshot has no node")
    tree = root
    for name in path[:-1]:
        raw = _pick(reader, tree, name)
        if raw is None or raw["type"] != "dir":
            return None
        tree = bytes.fromhex(raw["subtree"])
    raw = _pick(reader, tree, path[-1])
    return None if raw is None else _node(raw)


def walk(reader: BlobReader, root: BlobId, below: TreePath = ()) -> Iterator[tuple[TreePath, Node]]:
    """Go through everything below a folder, a folder before its content, names in order.

    Yields:
        The path from the root, the node's own name included, and the node. The path starts with
        ``below``, which is for callers that begin in the middle.

    Raises:
        IntegrityError: a tree is missing or damaged.
    """
    for node in read_tree(reader, root):
        path = (*below, node.name)
        yield path, node
        if isinstance(node, DirNode):
            yield from walk(reader, node.subtree, path)


def patch(
    reader: BlobReader,
    writer: BlobWriter,
    root: BlobId | None,
    changes: Mapping[TreePath, Entry | None],
    mtime: datetime,
    *,
    tally: Tally | None = None,
) -> BlobId:
    """Rewrite the trees that ``changes`` touch and no other; the same as building all anew.

    Folders come into being with their first file and vanish with their last. A change of a folder
    itself is made before the changes below it, so ``{("a",): None, ("a", "b"): entry}`` empties
    ``a`` and puts ``b`` there.

    Args:
        reader: Of the same repository.
        writer: Of the same repository.
        root: The tree to start from; None: an empty one.
        changes: What to put at which path; None removes a file or folder (nothing there is fine).
        mtime: Time to give the folders that change, aware.
        tally: Of the root before; brought up to date. Costs reading what is removed or put as a
            whole folder, and nothing else.

    Returns:
        The new root; the old one if nothing changed.

    Raises:
        ValueError: a name that a file system could not hold (empty, ``..``, with a slash), or an
            entry below a file of the same changes.
        IntegrityError: a tree on the way is missing or damaged.
    """
    wanted = _sort_by_folder(changes)
    job = _Patch(reader, writer, mtime, tally)
    tree = job.folder(root, wanted.below)
    return writer.save("tree", encode_tree([])) if tree is None else tree


@dataclass(slots=True)
class _Change:
    """What shall become of a node, and then of what lies below it."""

    is_named: bool = False
    entry: Entry | None = None
    below: dict[str, _Change] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Patch:
    """One run of ``patch``: children are written before the tree that names them."""

    reader: BlobReader
    writer: BlobWriter
    mtime: datetime
    tally: Tally | None

    def folder(self, tree: BlobId | None, changes: Mapping[str, _Change]) -> BlobId | None:
        """Change a folder; give its new tree, None if nothing is left in it."""
        nodes = {} if tree is None else {node_name(raw): raw for raw in _read(self.reader, tree)}
        for name, change in changes.items():
            node = self.node(name, nodes.get(name), change)
            if node is None:
                nodes.pop(name, None)
            else:
                nodes[name] = node
        return self.writer.save("tree", encode_tree(nodes.values())) if nodes else None

    def node(self, name: str, node: RawNode | None, change: _Change) -> RawNode | None:
        """Change a node and what is below it; None if it shall not be there."""
        if change.is_named:
            node = self.put(node, _make(name, change.entry))
        if not change.below:
            return node
        is_folder = node is not None and node["type"] == "dir"
        before = bytes.fromhex(node["subtree"]) if node and is_folder else None
        after = self.folder(before, change.below)
        if after is None:  # a file that stands where only removals were asked for stays
            return None if is_folder else node
        if after == before:
            return node
        made = folder_node(name, self.mtime, after)
        # What changed below a folder is counted there; only a file that made room is not.
        return made if is_folder or node is None else self.put(node, made, counts_new=False)

    def put(
        self, before: RawNode | None, after: RawNode | None, *, counts_new: bool = True
    ) -> RawNode | None:
        """Put one node in another's place, and count it."""
        if self.tally is not None and before != after:
            self.tally.add(self.reader, before, -1)
            if counts_new:
                self.tally.add(self.reader, after)
        return after


def _sort_by_folder(changes: Mapping[TreePath, Entry | None]) -> _Change:
    folders: dict[TreePath, _Change] = {(): _Change()}

    def folder(path: TreePath) -> _Change:
        # Many files lie in one folder, so its way down is gone once and not for each of them.
        known = folders.get(path)
        if known is None:
            known = folders[path] = _below(folder(path[:-1]), path[-1])
        return known

    for path, entry in changes.items():
        if not path:
            raise ValueError("the root of a snapshot cannot be changed as a whole")
        change = _below(folder(path[:-1]), path[-1])
        change.is_named, change.entry = True, entry
    _refuse_nonsense(folders[()])
    return folders[()]


def _below(folder: _Change, name: str) -> _Change:
    change = folder.below.get(name)
    if change is None:
        change = folder.below[name] = _Change()
    return change


def _refuse_nonsense(change: _Change) -> None:
    if isinstance(change.entry, FileEntry) and change.below:
        raise ValueError(f"something lies below a file: {min(change.below)!r}")
    for name, inner in change.below.items():
        refuse_name(name_bytes(name))
        if inner.below:
            _refuse_nonsense(inner)


def _make(name: str, entry: Entry | None) -> RawNode | None:
    match entry:
        case FileEntry(file, mtime):
            return file_node(name, mtime, file.size, file.content)
        case FolderEntry(subtree, mtime):
            return folder_node(name, mtime, subtree)
        case _:
            return None


def _pick(reader: BlobReader, tree: BlobId, name: str) -> RawNode | None:
    return next((raw for raw in _read(reader, tree) if node_name(raw) == name), None)


def _read(reader: BlobReader, tree: BlobId) -> list[RawNode]:
    try:
        return decode_tree(reader.load("tree", tree))
    except ValueError as error:
        raise _no_tree(tree) from error


def _node(raw: RawNode) -> Node:
    name = node_name(raw)
    try:
        mtime = parse_time(raw.get("mtime", ""))
    except (ValueError, OverflowError, TypeError) as error:
        raise IntegrityError(f"The tree node {name!r} has no time.", hint=COPY_BACK) from error
    match raw["type"]:
        case "file":
            return FileNode(name, mtime, raw.get("size", 0), content_ids(raw))
        case "dir":
            return DirNode(name, mtime, bytes.fromhex(raw["subtree"]))
        case kind:
            return OtherNode(name, mtime, kind)


def _no_tree(tree: BlobId) -> IntegrityError:
    return IntegrityError(
        f"The blob {tree.hex()} is not a tree, although it is what was stored.",
        why="Another program wrote it, or one with a mistake.",
        hint="Restore from an older snapshot.",
    )
