"""What of a restore point a person means: folders with all below them, single items, or all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from strongroom.content.names import printable
from strongroom.errors import OperatorError
from strongroom.operations import layout
from strongroom.operations.saved import SavedFolder, SavedItem, SavedTree
from strongroom.store import trees
from strongroom.store.pack import BlobId
from strongroom.words.paths import path_text


class Choice:
    """Part of a restore point, or all of it.

    Args:
        tree: The restore point.
        paths: Folders wanted, with all below them, by their real names.
        items: Items wanted besides, by id or by the eight characters in their file's name.

    Raises:
        OperatorError: a folder or item is not there.
    """

    def __init__(
        self, tree: SavedTree, paths: Sequence[tuple[str, ...]] = (), items: Sequence[str] = ()
    ) -> None:
        self.tree = tree
        self.is_all = not paths and not items
        known = tree.folders()
        self._whole = {
            folder.folder.id
            for folder in known
            if self.is_all or any(folder.folder.path[: len(path)] == path for path in paths)
        }
        _refuse_unknown(paths, known)
        self._wanted = frozenset(items)
        self._keys = frozenset(items) | {layout.item_key(one) for one in items}
        self._single = {
            folder.folder.id: found
            for folder in known
            if self._wanted and folder.folder.id not in self._whole
            if (found := list(self._find(folder)))
        }
        self.folders = tuple(
            folder
            for folder in known
            if folder.folder.id in self._whole or folder.folder.id in self._single
        )
        self._refuse_missing_items()

    def is_whole(self, folder: SavedFolder) -> bool:
        """Say whether all items of a folder are chosen."""
        return folder.folder.id in self._whole

    def days(self, folder: SavedFolder) -> Iterator[list[SavedItem]]:
        """Go through the chosen items of a folder, a day at a time, oldest first."""
        if not self.is_whole(folder):
            yield self._single[folder.folder.id]
            return
        for shard, tree in self.tree.shards(folder):
            yield list(self.tree.shard_items(folder, shard, tree))

    def items(self, folder: SavedFolder) -> Iterator[SavedItem]:
        """Go through the chosen items of a folder, oldest first."""
        for day in self.days(folder):
            yield from day

    def _find(self, folder: SavedFolder) -> Iterator[SavedItem]:
        """Find single items: their files' names tell in which days to look."""
        for shard, tree in self.tree.shards(folder):
            if self._may_hold(tree):
                for item in self.tree.shard_items(folder, shard, tree):
                    if item.item.id in self._wanted or item.key in self._wanted:
                        yield item

    def _may_hold(self, tree: BlobId) -> bool:
        for node in trees.read_tree(self.tree.reader, tree):
            begin = node.name.rfind("[") + 1
            if begin and node.name[begin : begin + 8] in self._keys:
                return True
        return False

    def _refuse_missing_items(self) -> None:
        found = {
            name
            for items in self._single.values()
            for item in items
            for name in (item.item.id, item.key)
        }
        missing = self._wanted - found
        if missing and self._whole:
            # It may lie in one of the folders that are chosen as a whole.
            whole = (folder for folder in self.folders if self.is_whole(folder))
            missing -= {
                name
                for folder in whole
                for item in self._find(folder)
                for name in (item.item.id, item.key)
            }
        if missing:
            raise OperatorError(
                f"No such item in this restore point: {printable(', '.join(sorted(missing)))}.",
                hint="`strongroom browse` shows the items; name one by the eight characters.",
            )


def _refuse_unknown(paths: Sequence[tuple[str, ...]], known: Sequence[SavedFolder]) -> None:
    there = {folder.folder.path for folder in known}
    for path in paths:
        if path not in there:
            raise no_such_folder(path, known)


def no_such_folder(path: tuple[str, ...], known: Sequence[SavedFolder]) -> OperatorError:
    """Say that a folder is not there, and which one may have been meant."""
    folded = [name.casefold() for name in path]
    near = [
        path_text(folder.folder.path)
        for folder in known
        if [name.casefold() for name in folder.folder.path] == folded
        or (path and folder.folder.path and folder.folder.path[-1].casefold() == folded[-1])
    ]
    meant = printable(f"Did you mean {', '.join(near[:3])}? ") if near else ""
    return OperatorError(
        f"No such folder in this restore point: {printable(path_text(path)) or '/'}.",
        hint=f"{meant}`strongroom browse` shows the folders.",
    )
