"""Files that lie in their real folders in a snapshot: reading them, and choosing their names.

A document lies under its real name, so that a person with plain restic finds it. Two may want the
same name for a time: one was given the name of another whose own change is not told yet, or could
not be read. Whoever is there keeps the name, and the other one is *displaced*: it gets the key of
its id added, and its own name as soon as that is free. Names count as the same if only upper and
lower case differ, since on many file systems they are.

Names are chosen only when the trees are written, for all that has changed since the last time at
once; so two documents that swapped their names both get them.
"""

from __future__ import annotations

import itertools
import threading
from collections import OrderedDict
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from strongroom.operations.layout import RESERVED, RealPath, item_key
from strongroom.operations.site_layout import with_key
from strongroom.store import trees
from strongroom.store.blob_reader import BlobReader
from strongroom.store.blobs import StoredFile
from strongroom.store.pack import BlobId
from strongroom.store.trees import DirNode, FileEntry, FileNode, Node

NODES_MAX = 60_000
"""So many files of real folders are in memory at once, about 20 MB; one folder may have more."""


class RealFolders:
    """The folders below one place, each read once while it is looked at. Safe in many threads.

    Args:
        reader: Of the repository.
        tree: The place's own tree; None: nothing is there.
    """

    def __init__(self, reader: BlobReader, tree: BlobId | None) -> None:
        self._reader = reader
        self._tree = tree
        self._known: OrderedDict[RealPath, Mapping[str, Node]] = OrderedDict()
        self._count = 0
        self._lock = threading.RLock()

    def nodes(self, folder: RealPath) -> Mapping[str, Node]:
        """Give what lies right in a folder, by name; nothing where there is no folder.

        Raises:
            IntegrityError: a tree is missing or damaged.
        """
        with self._lock:
            known = self._known.get(folder)
            if known is None:
                known = self._known[folder] = self._read(folder)
                self._count += len(known)
            self._known.move_to_end(folder)
            while self._count > NODES_MAX and len(self._known) > 1:
                self._count -= len(self._known.popitem(last=False)[1])
            return known

    def files(self, paths: Iterable[RealPath]) -> dict[RealPath, StoredFile]:
        """Find many files, those of one folder after each other: a folder may be large."""
        found = {}
        for path in sorted(paths):
            if (file := self.file(path)) is not None:
                found[path] = file
        return found

    def file(self, path: RealPath) -> StoredFile | None:
        """Find a file."""
        node = self.nodes(path[:-1]).get(path[-1])
        return StoredFile(node.content, node.size) if isinstance(node, FileNode) else None

    def _read(self, folder: RealPath) -> Mapping[str, Node]:
        tree = self._tree
        if folder:
            node = self.nodes(folder[:-1]).get(folder[-1])
            tree = node.subtree if isinstance(node, DirNode) else None
        return (
            {} if tree is None else {one.name: one for one in trees.read_tree(self._reader, tree)}
        )


def strays(
    reader: BlobReader,
    tree: BlobId | None,
    places_below: Iterable[RealPath],
    known: Container[RealPath],
) -> Iterator[RealPath]:
    """Name the files in real folders that belong to no item.

    Args:
        reader: Of the repository.
        tree: Of the place whose items they should belong to; None: nothing is there.
        places_below: Other places below it: what leads to one of them is looked at with that one.
        known: Where items of the place say that their files lie.
    """
    not_real = {way[:length] for way in places_below for length in range(1, len(way) + 1)}
    not_real |= {(name,) for name in RESERVED}
    waiting: list[tuple[RealPath, BlobId]] = [((), tree)] if tree else []
    while waiting:
        above, here = waiting.pop()
        for node in trees.read_tree(reader, here):
            path = (*above, node.name)
            if path in not_real:
                continue
            if isinstance(node, DirNode):
                waiting.append((path, node.subtree))
            elif path not in known:
                yield path


@dataclass(frozen=True, slots=True)
class Waiting:
    """A file that waits for its place.

    Attributes:
        wanted: Where it should lie.
        entry: Its content and time.
        held: Where it lay before; ``()``: nowhere.
    """

    wanted: RealPath
    entry: FileEntry
    held: RealPath


@dataclass(slots=True)
class RealFiles:
    """What changes among the real files of one folder until the trees are written.

    Attributes:
        leaving: Where nothing shall lie any more, unless something new comes there.
        waiting: Files that shall lie somewhere, by item id.
        displaced: Ids of items whose files do not lie where they should.
    """

    leaving: set[RealPath] = field(default_factory=set)
    waiting: dict[str, Waiting] = field(default_factory=dict)
    displaced: set[str] = field(default_factory=set)

    def take_away(self, item_id: str, at: RealPath) -> RealPath:
        """An item's file goes; say where it lay."""
        waiting = self.waiting.pop(item_id, None)
        held = waiting.held if waiting else at
        if held:
            self.leaving.add(held)
        return held

    def follow(self, item_id: str, at: RealPath, wanted: RealPath) -> None:
        """An item's real path may be another now; its file, if it has one, shall lie there."""
        waiting = self.waiting.get(item_id)
        if waiting is not None:
            self.waiting[item_id] = replace(waiting, wanted=wanted or waiting.wanted)
        elif at and at != wanted:
            self.displaced.add(item_id)

    def settle(self, folders: RealFolders) -> tuple[dict[str, RealPath], dict[RealPath, FileEntry]]:
        """Choose where each waiting file lies; reads trees.

        Returns:
            By item id where its file lies; and what is new at which path.
        """
        choice = _Names(folders, self.leaving)
        order = sorted(self.waiting, key=lambda one: (not _is_staying(self.waiting[one]), one))
        at = {one: choice.take(self.waiting[one].wanted, one) for one in order}
        files = {at[one]: self.waiting[one].entry for one in order}
        for item_id, path in at.items():
            if path == self.waiting[item_id].wanted:
                self.displaced.discard(item_id)
            else:
                self.displaced.add(item_id)
        return at, files

    def changes(
        self, files: Mapping[RealPath, FileEntry]
    ) -> Iterator[tuple[RealPath, FileEntry | None]]:
        """Say what is to be put or removed; nothing is removed below a file that is new."""
        for path in self.leaving - files.keys():
            if not any(path[:depth] in files for depth in range(1, len(path))):
                yield path, None
        yield from files.items()

    def written(self) -> None:
        """All of it stands in the trees now."""
        self.leaving.clear()
        self.waiting.clear()


def _is_staying(waiting: Waiting) -> bool:
    return waiting.held == waiting.wanted


class _Names:
    """Which names are taken, when what leaves has left."""

    def __init__(self, folders: RealFolders, leaving: Iterable[RealPath]) -> None:
        self._folders = folders
        self._leaving = frozenset(leaving)
        self._old: dict[RealPath, dict[str, list[Node]]] = {}
        self._alive: dict[RealPath, bool] = {}
        self._new_files: set[tuple[RealPath, str]] = set()
        self._new_folders: set[tuple[RealPath, str]] = set()

    def take(self, wanted: RealPath, item_id: str) -> RealPath:
        """Take the wanted path, or one like it that is free."""
        path = wanted
        key = item_key(item_id)
        for number in itertools.count(2):
            depth = self._blocked_at(path)
            if depth is None:
                break
            path = (*path[:depth], with_key(wanted[depth], key), *path[depth + 1 :])
            key = f"{item_key(item_id)} {number}"
        self._new_files.add((path[:-1], path[-1].casefold()))
        for depth in range(len(path) - 1):
            self._new_folders.add((path[:depth], path[depth].casefold()))
        return path

    def _blocked_at(self, path: RealPath) -> int | None:
        """Say which of its names something else has; None: all are free."""
        last = len(path) - 1
        for depth, name in enumerate(path):
            folder, folded = path[:depth], name.casefold()
            if (folder, folded) in self._new_files:
                return depth
            if depth == last and (folder, folded) in self._new_folders:
                return depth
            for node in self._nodes(folder).get(folded, ()):
                if isinstance(node, DirNode) and depth < last:
                    continue
                if self._is_alive((*folder, node.name), node):
                    return depth
        return None

    def _nodes(self, folder: RealPath) -> Mapping[str, list[Node]]:
        """Give what the tree has in a folder, by folded name."""
        known = self._old.get(folder)
        if known is None:
            known = self._old[folder] = {}
            for name, node in self._folders.nodes(folder).items():
                known.setdefault(name.casefold(), []).append(node)
        return known

    def _is_alive(self, path: RealPath, node: Node) -> bool:
        """Say whether something of a node is left when what leaves has left."""
        if not isinstance(node, DirNode):
            return path not in self._leaving
        if path not in self._alive:
            below = self._folders.nodes(path)
            self._alive[path] = any(
                self._is_alive((*path, name), one) for name, one in below.items()
            )
        return self._alive[path]
