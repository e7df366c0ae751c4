"""A damaged snapshot, open for reading: what can be read is given, what cannot is named.

Nothing that is given was guessed: every blob is checked by its hash, as ever. What is lost is told
by item as long as a row, or the name of a file, still says what it was; a day whose tree is lost is
told as a day.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from strongroom.errors import IntegrityError
from strongroom.operations import layout, rows
from strongroom.operations.damage import Damage, DamageLog
from strongroom.operations.layout import Place, RealPath, Shard
from strongroom.operations.saved import (
    LARGE_BYTES,
    SavedFolder,
    SavedItem,
    SavedTree,
    contents,
    read_all,
    read_lines,
    saved_item,
)
from strongroom.store import trees
from strongroom.store.blob_reader import BlobReader
from strongroom.store.blobs import StoredFile
from strongroom.store.pack import BlobId
from strongroom.store.trees import DirNode, FileNode
from strongroom.words.item import Content


class SalvagedTree(SavedTree):
    """One snapshot's tree, of which anything but its root may be damaged.

    Attributes:
        damage: What could not be read so far; it grows while the tree is read.
    """

    def __init__(self, reader: BlobReader, root: BlobId) -> None:
        super().__init__(reader, root)
        self.damage = DamageLog()
        self._shut: dict[Place, str] = {}

    def hierarchy(self) -> rows.HierarchyFile:
        """Read all folders; if the list is lost, from the folders' own files."""
        try:
            return super().hierarchy()
        except IntegrityError as error:
            self.damage.add(Damage(what=f"The list of folders cannot be read. {error}"))
            found = sorted(self._folder_files(), key=lambda one: (len(one.path), one.path))
            return rows.HierarchyFile(cursor="", folders=found)

    def settings(self) -> dict[str, Any]:
        """Read the resource's settings; nothing if they are lost."""
        try:
            return super().settings()
        except IntegrityError as error:
            self.damage.add(Damage(what=f"The resource's settings cannot be read. {error}"))
            return {}

    def folders(self) -> list[SavedFolder]:
        """Read all folders; one that is lost is there, and empty."""
        found = super().folders()
        for folder in found:
            for place, why in self._shut.items():
                if folder.place[: len(place)] == place:
                    self._tell(folder, (), f"The folder cannot be read. {why}")
        return found

    def shards(self, folder: SavedFolder) -> Iterator[tuple[Shard, BlobId]]:
        """Go through the days of a folder that can be found, oldest first."""
        if folder.items_tree is None:
            return
        for month in self._nodes(folder, (), folder.items_tree):
            if isinstance(month, DirNode):
                for day in self._nodes(folder, (month.name,), month.subtree):
                    if isinstance(day, DirNode):
                        yield (month.name, day.name), day.subtree

    def shard_items(self, folder: SavedFolder, shard: Shard, tree: BlobId) -> Iterator[SavedItem]:
        """Go through the items of one day whose rows and states can be read."""
        nodes = {node.name: node for node in self._nodes(folder, shard, tree)}
        if not nodes:
            return
        known = [rows.read_row(line) for line in self._lines(folder, shard, nodes, layout.ROWS)]
        if not known:
            for stem in _stems(nodes):
                self._tell(folder, shard, "What is known of it cannot be read.", name=stem)
            return
        states = {
            state.id: state
            for state in map(rows.read_state, self._lines(folder, shard, nodes, layout.STATES))
        }
        real = self._real_files(folder, [tuple(row.at) for row in known if row.at])
        for row in known:
            state = states.get(row.id)
            if state is None:
                what = "Its state cannot be read."
                self._tell(folder, shard, what, item_id=row.id, name=row.name)
            else:
                yield saved_item(row, state, shard, nodes, real)

    def _nodes(self, folder: SavedFolder, shard: Shard, tree: BlobId) -> list[trees.Node]:
        try:
            return trees.read_tree(self.reader, tree)
        except IntegrityError as error:
            what = f"The items of {'/'.join(shard)}" if shard else "The items"
            self._tell(folder, shard, f"{what} cannot be found any more. {error}")
            return []

    def _lines(
        self, folder: SavedFolder, shard: Shard, nodes: Mapping[str, trees.Node], name: str
    ) -> list[bytes]:
        try:
            return read_lines(self.reader, nodes[name])
        except (KeyError, IntegrityError) as error:
            why = str(error) if isinstance(error, IntegrityError) else "It is missing."
            if name == layout.ROWS and not _stems(nodes):  # else the items are told by name
                self._tell(folder, shard, f"The rows of {'/'.join(shard)} cannot be read. {why}")
            return []

    def _real_files(self, folder: SavedFolder, at: list[RealPath]) -> dict[RealPath, StoredFile]:
        """Find files in their real folders; of a folder that is lost, none."""
        if not at:
            return {}
        found: dict[RealPath, StoredFile] = {}
        real = self._real_folders(folder)
        for path in at:
            try:
                file = real.file(path)
            except IntegrityError:
                continue  # the item is told when its content is asked for
            if file is not None:
                found[path] = file
        return found

    def _folder(self, file: rows.FolderFile, spots: Mapping[Place, Any]) -> SavedFolder:
        try:
            return super()._folder(file, spots)
        except IntegrityError:
            # What it says is needed for the next backup, and for no restore.
            place = tuple(file.place)
            bare = {place: replace(spots[place], cursor=None)}
            return super()._folder(file, bare)

    def _read_place(self, place: Place, tree: BlobId) -> list[trees.Node]:
        try:
            return super()._read_place(place, tree)
        except IntegrityError as error:
            self._shut[place] = str(error)
            return []

    def _folder_files(self) -> Iterator[rows.FolderFile]:
        top = self._top.get(layout.FOLDERS)
        waiting = [top.subtree] if isinstance(top, DirNode) else []
        while waiting:
            try:
                nodes = trees.read_tree(self.reader, waiting.pop())
            except IntegrityError:
                continue  # told when its folder is looked for
            for node in nodes:
                if isinstance(node, DirNode) and node.name != layout.ITEMS:
                    waiting.append(node.subtree)
                elif isinstance(node, FileNode) and node.name == layout.FOLDER:
                    try:
                        text = read_all(self.reader, node.content)
                        yield rows.decode(text, rows.FolderFile, layout.FOLDER)
                    except IntegrityError as error:
                        self.damage.add(Damage(what=f"A folder's name cannot be read. {error}"))

    def _tell(
        self, folder: SavedFolder, shard: Shard, what: str, *, item_id: str = "", name: str = ""
    ) -> None:
        told = folder.folder
        self.damage.add(
            Damage(
                path=told.path, folder=told.id, shard=shard, item_id=item_id, name=name, what=what
            )
        )


def readable(
    reader: BlobReader, items: Iterable[SavedItem], *, is_proven: bool = False
) -> Iterator[tuple[SavedItem, Content | IntegrityError]]:
    """Read the content of some items (see ``saved.contents``); one that is damaged says so.

    Args:
        reader: Of the repository.
        items: A batch that fits in memory.
        is_proven: Large parts are read once before they are given, so that whoever sends them to a
            server never has to stop amid one.
    """
    wanted = list(items)
    try:
        found = list(contents(reader, wanted))
        if is_proven:
            for item in wanted:
                _prove(reader, item)
    except IntegrityError as error:
        if len(wanted) == 1:
            yield wanted[0], error
            return
        for item in wanted:  # one of them is damaged; find out which
            yield from readable(reader, [item], is_proven=is_proven)
    else:
        yield from found


def what_is_wrong(folder: SavedFolder, item: SavedItem, error: IntegrityError) -> Damage:
    """Name an item whose content cannot be read."""
    return Damage(
        path=folder.folder.path,
        folder=folder.folder.id,
        shard=item.shard,
        item_id=item.item.id,
        name=item.item.name,
        what=str(error),
    )


def missing_parts(reader: BlobReader, item: SavedItem) -> str:
    """Say what of an item no index names any more; empty: all of it is there, read or not."""
    for part in item.parts:
        if part.file is None:
            return f"Its part {part.name} is missing."
        for blob in part.file.content:
            if reader.size("data", blob) is None:
                return f"The blob {blob.hex()} of its part {part.name} is missing."
    return ""


def _prove(reader: BlobReader, item: SavedItem) -> None:
    for part in item.parts:
        if part.file is not None and part.file.size > LARGE_BYTES:
            for _ in reader.load_file(part.file.content):
                pass


def _stems(nodes: Mapping[str, trees.Node]) -> list[str]:
    """Name the items of a day by their files."""
    names = (name for name in nodes if name not in {layout.ROWS, layout.STATES})
    return sorted({f"{name.partition(']')[0]}]" if "]" in name else name for name in names})
