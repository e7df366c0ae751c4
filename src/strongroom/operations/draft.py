"""The snapshot that is being made: the tree so far, and the end of it as checkpoint or point.

Starts from the newest snapshot of ours, finished or checkpoint, and rewrites only what changes. A
folder that was renamed or moved takes its items' tree along. All of it runs in the thread that may
read and write blobs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from strongroom import __version__
from strongroom.operations import layout, rows
from strongroom.operations.folder_work import FolderWork
from strongroom.operations.layout import Layout, Place
from strongroom.operations.points import (
    CHECKPOINT,
    OF_JOB,
    is_checkpoint,
    is_finished,
    own_snapshots,
)
from strongroom.operations.saved import SavedFolder, SavedTree
from strongroom.store import trees
from strongroom.store.backend import DeleteRefused
from strongroom.store.blobs import StoredFile
from strongroom.store.repository import Repository
from strongroom.store.snapshot import Snapshot, Summary
from strongroom.store.trees import Entry, FileEntry, FolderEntry
from strongroom.words.coverage import Coverage
from strongroom.words.item import Hierarchy
from strongroom.words.json import Json
from strongroom.words.resource import Resource


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """What a backup goes on from.

    Attributes:
        point: Id of the newest finished snapshot; None: this is the first.
        checkpoints: Ids of all checkpoints, to be deleted in the end.
        tree: The newest of them all, open; None: nothing is there.
        hierarchy: The folders it knows.
        folders: Those folders, by id.
        tally: All files below the tree, as restic counts them.
    """

    point: str | None
    checkpoints: tuple[str, ...]
    tree: SavedTree | None
    hierarchy: Hierarchy | None
    folders: Mapping[str, SavedFolder]
    tally: trees.Tally


def open_base(repository: Repository) -> Base:
    """Find and open what a backup goes on from."""
    ours = own_snapshots(repository)
    checkpoints = tuple(one.id for one in ours if is_checkpoint(one))
    if not ours:
        return _from_nothing(None, ())
    newest, point = newest_of(ours)
    tree = SavedTree(repository.reader(), newest.tree)
    if is_checkpoint(newest) and tree.file(layout.HIERARCHY) is None:
        # What ``mending`` leaves when nothing is left to go on from.
        return _from_nothing(point, checkpoints)
    file = tree.hierarchy()
    return Base(
        point=point,
        checkpoints=checkpoints,
        tree=tree,
        hierarchy=Hierarchy(
            folders=tuple(rows.folder_of(folder) for folder in file.folders), cursor=file.cursor
        ),
        folders={folder.folder.id: folder for folder in tree.folders()},
        tally=_tally(repository, newest),
    )


def newest_of(ours: Sequence[Snapshot]) -> tuple[Snapshot, str | None]:
    """Say which snapshot a backup goes on from, and the id of the newest restore point.

    Args:
        ours: Restore points and checkpoints, oldest first; not empty.
    """
    points = [one for one in ours if is_finished(one)]
    point = points[-1].id if points else None
    # A checkpoint that is not on top of the newest point was left by an attempt that another
    # overtook; it holds nothing that is newer. With no point left (a restic's ``forget`` took them)
    # it is all there is, and as whole as ever.
    last = ours[-1]
    is_next = is_finished(last) or last.parent == point or not points
    return last if is_next else points[-1], point


def _from_nothing(point: str | None, checkpoints: tuple[str, ...]) -> Base:
    return Base(
        point=point,
        checkpoints=checkpoints,
        tree=None,
        hierarchy=None,
        folders={},
        tally=trees.Tally(),
    )


def _tally(repository: Repository, snapshot: Snapshot) -> trees.Tally:
    """Say what restic would count in a snapshot; without a summary, count."""
    if snapshot.summary is not None:
        summary = snapshot.summary
        return trees.Tally(summary.total_files_processed, summary.total_bytes_processed)
    tally = trees.Tally()
    tally.add_tree(repository.reader(), snapshot.tree)
    return tally


class Draft:
    """One snapshot in the making.

    Args:
        repository: Where to.
        resource: Of what.
        base: What it goes on from.
        layout: Where things lie.
        host: The connection's name.
        job: Id of the job that the restore point is of; None: of none.
        started: When the run began.
    """

    def __init__(
        self,
        repository: Repository,
        resource: Resource,
        base: Base,
        *,
        layout: Layout,
        host: str,
        job: str | None = None,
        started: datetime,
    ) -> None:
        self._repository = repository
        self._reader = repository.reader()
        self._writer = repository.writer()
        self._resource = resource
        self._base = base
        self._layout = layout
        self._host = host
        self._job = job
        self._started = started
        self._added_before = self._writer.added
        self._root = base.tree.root if base.tree else None
        self._tally = base.tally
        self._written: dict[str, bytes] = {}
        self._cursors: dict[str, rows.CursorFile] = {}
        self._works: Sequence[FolderWork] = ()
        # Gathered, and put into the trees only with a checkpoint or the point: every tree that is
        # written in between would belong to nothing.
        self._changes: dict[trees.TreePath, Entry | None] = {}
        self._checkpoints = list(base.checkpoints)

    @property
    def bytes_stored(self) -> int:
        """What the repository has grown by since the draft was begun, pack headers aside."""
        return self._writer.added.bytes_packed - self._added_before.bytes_packed

    def arrange(
        self,
        hierarchy: Hierarchy,
        works: Sequence[FolderWork],
        settings: Mapping[str, Json],
        now: datetime,
    ) -> None:
        """Put every folder where it belongs now; what nobody has any more vanishes."""
        self._works = works
        self._put_about(hierarchy, settings, now)
        now_at = {work.folder.id: work for work in works}
        for folder in self._base.folders.values():
            work = now_at.get(folder.folder.id)
            if work is None or work.place != folder.place:
                self._changes.update(dict.fromkeys(_own_paths(folder.place)))
                real = ((layout.FOLDERS, *folder.place, name) for name in self._real(folder))
                self._changes.update(dict.fromkeys(real))
        for work in works:
            before = work.saved_before
            if before is not None and before.place == work.place:
                self._cursors[work.folder.id] = before.cursor
                if before.folder == work.folder:
                    continue
            elif before is not None:
                path = (layout.FOLDERS, *work.place)
                if before.items_tree is not None:
                    self._changes[(*path, layout.ITEMS)] = FolderEntry(before.items_tree, now)
                for name, entry in self._real(before).items():
                    self._changes[(*path, name)] = entry
            self._put_folder(work, now)

    def admit(self, hierarchy: Hierarchy, works: Sequence[FolderWork], now: datetime) -> None:
        """Add folders that came into being while the run was under way."""
        self._works = [*self._works, *works]
        self._put_hierarchy(hierarchy, now)
        for work in works:
            self._put_folder(work, now)

    def save_checkpoint(self, now: datetime) -> None:
        """Store what there is as a checkpoint; older ones are not needed any more.

        Nothing may be in flight: the folders' cursors must stand behind what is kept.
        """
        self._write(now)
        id_ = self._repository.save_snapshot(
            Snapshot(
                time=now,
                tree=self._tree(),
                host=f"{CHECKPOINT}:{self._host}",
                paths=(f"{CHECKPOINT}:{self._resource.reference}",),
                tags=(str(self._resource.kind), self._resource.id, CHECKPOINT),
                parent=self._base.point,
                summary=self._summary(now),
                program_version=f"strongroom {__version__}",
            )
        )
        self._delete_checkpoints()
        self._checkpoints.append(id_)

    def save_point(self, coverage: Coverage, now: datetime) -> Coverage:
        """Store what there is as a restore point, then delete the checkpoints.

        Returns:
            The ledger with the point's id and with what was stored. The one inside the snapshot
            cannot know either.
        """
        self._put(layout.COVERAGE, rows.encode(coverage.to_json()), now)
        self._write(now)
        totals = coverage.totals
        id_ = self._repository.save_snapshot(
            Snapshot(
                time=now,
                tree=self._tree(),
                host=self._host,
                paths=(self._resource.reference,),
                tags=self._tags(coverage),
                parent=self._base.point,
                summary=self._summary(now, saved=totals.saved),
                program_version=f"strongroom {__version__}",
            )
        )
        self._delete_checkpoints()
        return replace(coverage, point=id_, bytes_stored=self.bytes_stored)

    def _tags(self, coverage: Coverage) -> tuple[str, ...]:
        tags = (str(self._resource.kind), self._resource.id, str(coverage.status()))
        return tags if self._job is None else (*tags, f"{OF_JOB}{self._job}")

    def _summary(self, now: datetime, *, saved: int = 0) -> Summary:
        """Say in restic's words what the run did; items are its files, new or unmodified."""
        added = self._writer.added
        return Summary(
            backup_start=self._started,
            backup_end=now,
            files_new=saved,
            files_unmodified=sum(work.kept for work in self._works) - saved,
            data_blobs=added.data_blobs - self._added_before.data_blobs,
            tree_blobs=added.tree_blobs - self._added_before.tree_blobs,
            data_added=added.bytes_added - self._added_before.bytes_added,
            data_added_packed=self.bytes_stored,
            total_files_processed=self._tally.files,
            total_bytes_processed=self._tally.bytes,
        )

    def _write(self, now: datetime) -> None:
        """Put what changed in the folders into the tree."""
        changes: dict[trees.TreePath, Entry | None] = {}
        changed = []
        for work in self._works:
            path = (layout.FOLDERS, *work.place)
            if work.items.is_changed:
                changed.append(work)
                below = work.items.changes(self._writer, now)
                changes.update(((*path, *rest), one) for rest, one in below.items())
            cursor = work.cursor_file()
            if self._cursors.get(work.folder.id) != cursor:
                file = self._writer.save_file(rows.encode(cursor))
                changes[(*path, layout.CURSOR)] = FileEntry(file, now)
                self._cursors[work.folder.id] = cursor
        self._changes.update(changes)
        self._root = trees.patch(
            self._reader, self._writer, self._root, self._changes, now, tally=self._tally
        )
        self._changes = {}
        for work in changed:
            work.items.written(
                self._folder_tree((*work.place, layout.ITEMS)), self._folder_tree(work.place)
            )

    def _put(self, name: str, text: bytes, now: datetime) -> None:
        """Write a file at the top, unless the same bytes are there."""
        if self._written.get(name) == text:
            return
        file = self._writer.save_file(text)
        there = self._base.tree.file(name) if self._base.tree else None
        if name in self._written or there is None or there.content != file.content:
            self._changes[(name,)] = FileEntry(file, now)
        self._written[name] = text

    def _put_about(self, hierarchy: Hierarchy, settings: Mapping[str, Json], now: datetime) -> None:
        """Write the files that tell of the resource as a whole."""
        self._put_hierarchy(hierarchy, now)
        self._put(layout.README, self._layout.readme(self._resource).encode(), now)
        about = {
            "resource": {
                "kind": str(self._resource.kind),
                "id": self._resource.id,
                "address": self._resource.address,
                "name": self._resource.name,
                "role": self._resource.role,
            },
            "settings": settings,
        }
        self._put(self._layout.about, rows.encode(about), now)

    def _put_hierarchy(self, hierarchy: Hierarchy, now: datetime) -> None:
        """Write all folders, and the cursor that tells what changes in them from here on."""
        folders = [rows.folder_file(work.folder, work.place) for work in self._works]
        file = rows.HierarchyFile(cursor=hierarchy.cursor, folders=folders)
        self._put(layout.HIERARCHY, rows.encode(file), now)

    def _put_folder(self, work: FolderWork, now: datetime) -> None:
        """Write what is known of one folder."""
        text = rows.encode(rows.folder_file(work.folder, work.place))
        path = (layout.FOLDERS, *work.place, layout.FOLDER)
        self._changes[path] = FileEntry(self._writer.save_file(text), now)

    def _delete_checkpoints(self) -> None:
        while self._checkpoints:
            with suppress(DeleteRefused):  # it is no restore point, and stays for ever then
                self._repository.delete_snapshot(self._checkpoints[-1])
            self._checkpoints.pop()

    def _tree(self) -> bytes:
        if self._root is None:
            raise RuntimeError("nothing was written")
        return self._root

    def _folder_tree(self, path: tuple[str, ...]) -> bytes | None:
        """Find a folder below ``/folders``."""
        if self._root is None:
            return None
        node = trees.find(self._reader, self._root, (layout.FOLDERS, *path))
        return node.subtree if isinstance(node, trees.DirNode) else None

    def _real(self, folder: SavedFolder) -> dict[str, Entry]:
        """Give what lies in a folder of the base under its real name: files, and their folders."""
        if folder.tree is None or not self._layout.has_real_files:
            return {}
        depth = len(folder.place)
        # Other folders of ours that lie below it are moved by themselves.
        ours = layout.RESERVED | {
            other.place[depth]
            for other in self._base.folders.values()
            if len(other.place) > depth and other.place[:depth] == folder.place
        }
        nodes = trees.read_tree(self._reader, folder.tree)
        return {
            node.name: entry for node in nodes if node.name not in ours if (entry := _entry(node))
        }


def _own_paths(place: Place) -> list[trees.TreePath]:
    """Name what lies in one folder of the snapshot itself, its subfolders aside."""
    path = (layout.FOLDERS, *place)
    return [(*path, layout.FOLDER), (*path, layout.CURSOR), (*path, layout.ITEMS)]


def _entry(node: trees.Node) -> Entry | None:
    """Make of a node what puts the same somewhere else."""
    match node:
        case trees.FileNode():
            return FileEntry(StoredFile(node.content, node.size), node.mtime)
        case trees.DirNode():
            return FolderEntry(node.subtree, node.mtime)
    return None
