"""Letting the next backup fetch again what was lost: a checkpoint that holds only what is sound.

A backup goes on from the newest snapshot and takes for granted what that says is kept. After damage
some of it is not there any more. So what is still whole of that snapshot is made a checkpoint:
without the items that lost something, and with no cursor where any did, so that the folder is
listed anew. What is kept and has not changed is not fetched again. The damaged restore points stay
as they are, for whatever can still be had from them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from strongroom import __version__
from strongroom.clock import Clock
from strongroom.errors import IntegrityError
from strongroom.operations import layout, rows
from strongroom.operations.draft import newest_of
from strongroom.operations.layout import RealPath, Shard
from strongroom.operations.points import CHECKPOINT, own_snapshots
from strongroom.operations.real_files import RealFolders, strays
from strongroom.operations.salvaged import SalvagedTree
from strongroom.operations.saved import SavedFolder, read_lines
from strongroom.store import trees
from strongroom.store.blob_reader import BlobReader
from strongroom.store.blobs import BlobWriter
from strongroom.store.nodes import RawNode, content_ids, decode_tree, encode_tree
from strongroom.store.pack import BlobId
from strongroom.store.repository import Repository
from strongroom.store.snapshot import Snapshot, Summary
from strongroom.store.trees import Entry, FileEntry, FileNode, TreePath


def mend(repository: Repository, clock: Clock) -> int | None:
    """Make what the next backup goes on from whole; to be called after ``Upkeep.repair``.

    Args:
        repository: One of ours.
        clock: Time.

    Returns:
        How many items the next backup asks for again; None: nothing is lost of what it goes on
        from, and nothing was changed. Items of which not even a row is left are not counted.

    Raises:
        ResourceLocked: somebody works on the repository.
        IntegrityError: the repository was not repaired.
    """
    with repository.lock():
        ours = own_snapshots(repository)
        if not ours:
            return None
        newest, point = newest_of(ours)
        reader, writer = repository.reader(), repository.writer()
        root = _SoundCopy(reader, writer).tree(newest.tree)
        if root == newest.tree:
            return None
        now = max(clock.now(), newest.time + timedelta(microseconds=1))
        mending = _Mending(reader, writer, now)
        tree = mending.whole(root) if root is not None else None
        if tree is None:  # nothing to go on from: the next backup is as the first one
            tree = writer.save("tree", encode_tree([]))
        _save_checkpoint(repository, newest, point, tree, now)
        return mending.lost


def _save_checkpoint(
    repository: Repository, newest: Snapshot, point: str | None, tree: BlobId, now: datetime
) -> None:
    tally = trees.Tally()
    tally.add_tree(repository.reader(), tree)
    kind, resource_id = newest.tags[:2]
    repository.save_snapshot(
        Snapshot(
            time=now,
            tree=tree,
            host=f"{CHECKPOINT}:{newest.host.removeprefix(f'{CHECKPOINT}:')}",
            paths=tuple(f"{CHECKPOINT}:{p.removeprefix(f'{CHECKPOINT}:')}" for p in newest.paths),
            tags=(kind, resource_id, CHECKPOINT),
            parent=point,
            summary=Summary(
                backup_start=now,
                backup_end=now,
                total_files_processed=tally.files,
                total_bytes_processed=tally.bytes,
            ),
            program_version=f"strongroom {__version__}",
        )
    )


@dataclass(frozen=True, slots=True)
class _SoundCopy:
    """Copies a tree without files and folders of which a blob is missing; shares what is whole."""

    reader: BlobReader
    writer: BlobWriter
    known: dict[BlobId, BlobId | None] = field(default_factory=dict)

    def tree(self, tree: BlobId) -> BlobId | None:
        """Give the copy; the same if it is whole; None if nothing of it is left."""
        if tree not in self.known:
            self.known[tree] = self._copy(tree)
        return self.known[tree]

    def _copy(self, tree: BlobId) -> BlobId | None:
        try:
            nodes = decode_tree(self.reader.load("tree", tree))
        except (IntegrityError, ValueError):
            return None
        kept = [copied for node in nodes if (copied := self._node(node)) is not None]
        if kept == nodes:
            return tree
        return self.writer.save("tree", encode_tree(kept)) if kept else None

    def _node(self, node: RawNode) -> RawNode | None:
        if node["type"] == "dir":
            below = self.tree(bytes.fromhex(node["subtree"]))
            return None if below is None else {**node, "subtree": below.hex()}
        is_there = all(self.reader.size("data", blob) is not None for blob in content_ids(node))
        return node if is_there else None


@dataclass(slots=True)
class _Mending:
    """Makes rows, cursors and files of a sound copy fit together again.

    Attributes:
        lost: How many items were left out.
    """

    reader: BlobReader
    writer: BlobWriter
    now: datetime
    lost: int = 0

    def whole(self, root: BlobId) -> BlobId | None:
        """Give the tree of a checkpoint; None: not even the folders are known."""
        tree = SalvagedTree(self.reader, root)
        if tree.file(layout.HIERARCHY) is None:
            return None
        known = tree.folders()
        places = [folder.place for folder in known]
        changes: dict[TreePath, Entry | None] = {}
        for folder in known:
            work = _FolderMending(self, tree, folder)
            below = work.changes([place for place in places if place != folder.place])
            changes.update(((layout.FOLDERS, *folder.place, *path), one) for path, one in below)
            self.lost += work.lost
        return trees.patch(self.reader, self.writer, root, changes, self.now)

    def file(self, text: bytes) -> FileEntry:
        """Store a file."""
        return FileEntry(self.writer.save_file(text), self.now)


class _FolderMending:
    """One folder."""

    def __init__(self, mending: _Mending, tree: SalvagedTree, folder: SavedFolder) -> None:
        self._mending = mending
        self._reader = mending.reader
        self._tree = tree
        self._folder = folder
        self._real = RealFolders(self._reader, folder.tree)
        self._at: set[RealPath] = set()
        self._kept = 0
        self._bytes = 0
        self._is_touched = False
        self.lost = 0

    def changes(self, other_places: list[layout.Place]) -> Iterator[tuple[TreePath, Entry | None]]:
        """Say what is to be changed below the folder's place."""
        folder = self._folder
        for shard, tree in self._tree.shards(folder):
            yield from self._shard(shard, tree)
        before = folder.cursor
        if not self._is_touched and before.kept == self._kept:
            return
        self.lost += max(before.kept - self._kept - self.lost, 0)
        if self._tree.layout.has_real_files:
            depth = len(folder.place)
            below = [one[depth:] for one in other_places if one[:depth] == folder.place]
            for path in strays(self._reader, folder.tree, below, self._at):
                yield path, None
        cursor = _listed_anew(before, kept=self._kept, byte_count=self._bytes)
        yield (layout.CURSOR,), self._mending.file(rows.encode(cursor))
        told = rows.folder_file(folder.folder, folder.place)
        yield (layout.FOLDER,), self._mending.file(rows.encode(told))

    def _shard(self, shard: Shard, tree: BlobId) -> Iterator[tuple[TreePath, Entry | None]]:
        path = (layout.ITEMS, *shard)
        nodes = {node.name: node for node in trees.read_tree(self._reader, tree)}
        try:
            row_lines = read_lines(self._reader, nodes[layout.ROWS])
            state_lines = read_lines(self._reader, nodes[layout.STATES])
        except KeyError:
            self._is_touched = True
            yield path, None
            return
        states = {rows.line_id(line): line for line in state_lines}
        kept: list[tuple[bytes, bytes]] = []
        for line in row_lines:
            row = rows.read_row(line)
            if row.id in states and self._is_whole(row, nodes):
                kept.append((line, states[row.id]))
                self._count(row)
                continue
            self._is_touched = True
            self.lost += 1
            for _, suffix, _ in row.parts:
                if row.file + suffix in nodes:
                    yield (*path, row.file + suffix), None
        if not kept:
            self._is_touched = True
            yield path, None
        elif len(kept) < len(row_lines):
            for at, name in enumerate((layout.ROWS, layout.STATES)):
                text = b"".join(pair[at] + b"\n" for pair in kept)
                yield (*path, name), self._mending.file(text)

    def _is_whole(self, row: rows.Row, nodes: dict[str, trees.Node]) -> bool:
        for name, suffix, _ in row.parts:
            if name == layout.FILE and row.at:
                if self._real.file(tuple(row.at)) is None:
                    return False
            elif not isinstance(nodes.get(row.file + suffix), FileNode):
                return False
        return True

    def _count(self, row: rows.Row) -> None:
        self._kept += 1
        self._bytes += sum(size for _, _, size in row.parts)
        if row.at:
            self._at.add(tuple(row.at))


def _listed_anew(before: rows.CursorFile, *, kept: int, byte_count: int) -> rows.CursorFile:
    """Make the cursor file of a folder that shall be listed anew."""
    return rows.CursorFile(
        kept=kept,
        bytes=byte_count,
        failed=before.failed,
        skipped=before.skipped,
        displaced=before.displaced,
    )
