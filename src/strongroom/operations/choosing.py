"""What of a restore point a person means: folders with all below them, single items, or all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from strongroom.content.names import printable
from strongroom.errors import IntegrityError, OperatorError
from strongroom.operations import layout
from strongroom.operations.damage import DAMAGED, REPAIR, Damage
from strongroom.operations.layout import Shard
from strongroom.operations.salvaged import SalvagedTree
from strongroom.operations.saved import SavedFolder, SavedItem, SavedTree
from strongroom.store import trees
from strongroom.store.pack import BlobId
from strongroom.words.coverage import FolderCoverage
from strongroom.words.paths import path_text

_KEY_LENGTH = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Portion:
    """What lies on one side of a day: the newest days of a mailbox, or all that is older.

    The two portions of a day have no item in common, and no item is in neither. Only for layouts
    that file items by their day.

    Attributes:
        since: The first of the newest days, in UTC.
        is_newest: That day and all later ones are meant, and not those before it.
    """

    since: date
    is_newest: bool

    @property
    def name(self) -> str:
        """What the journal calls it."""
        return "newest" if self.is_newest else "rest"

    def takes(self, shard: Shard) -> bool:
        """Say whether the items of a day belong to it."""
        return (shard >= layout.day_shard(self.since)) is self.is_newest


class Choice:
    """Part of a restore point, or all of it.

    Args:
        tree: The restore point.
        paths: Folders wanted, with all below them, by their real names; also real folders in a
            library, which are no folders of ours.
        items: Items wanted besides, by id or by the eight characters in their file's name.
        portion: Of those, which days are wanted; None: all.

    Attributes:
        is_all: Nothing is left out, but for the other portion.
        is_narrowed: Less than whole items is wanted, so that one that never changed since it was
            saved may have to all the same.

    Raises:
        OperatorError: a folder or item is not there.
    """

    def __init__(
        self,
        tree: SavedTree,
        paths: Sequence[tuple[str, ...]] = (),
        items: Sequence[str] = (),
        portion: Portion | None = None,
    ) -> None:
        self.tree = tree
        self.portion = portion
        self.is_all = not paths and not items
        self.is_narrowed = False
        known = tree.folders()
        self._whole = {
            folder.folder.id
            for folder in known
            if self.is_all or any(folder.folder.path[: len(path)] == path for path in paths)
        }
        self._within = self._real_folders(paths, known)
        self._wanted = frozenset(items)
        self._keys = frozenset(items) | {layout.item_key(one) for one in items}
        self._shards = {tree.layout.shard_of(one) for one in items}
        self._has_keys = any(len(one) == _KEY_LENGTH for one in items)
        self._single = {
            folder.folder.id: found
            for folder in known
            if self._wanted and folder.folder.id not in self._whole
            if (found := list(self._find(folder)))
        }
        chosen = self._whole | self._single.keys() | self._within.keys()
        self.folders = tuple(folder for folder in known if folder.folder.id in chosen)
        self._refuse_missing_items()

    def is_whole(self, folder: SavedFolder) -> bool:
        """Say whether all items of a folder are chosen, in this portion or the other."""
        return folder.folder.id in self._whole

    def bytes(self, folder: SavedFolder) -> int:
        """Say how much the chosen items of a folder are; of single ones, what all of it is."""
        if self.portion is None:
            return folder.bytes
        return sum(item.size for item in self.items(folder))

    def days(self, folder: SavedFolder) -> Iterator[list[SavedItem]]:
        """Go through the chosen items of a folder, a day at a time, oldest first."""
        single = self._single.get(folder.folder.id, [])
        real = self._within.get(folder.folder.id)
        if real is None and not self.is_whole(folder):
            yield [one for one in single if self._is_in_portion(one.shard)]
            return
        ids = {item.item.id for item in single}
        for shard, tree in self.tree.shards(folder):
            if not self._is_in_portion(shard):
                continue
            items = self.tree.shard_items(folder, shard, tree)
            if self.is_whole(folder) or real is None:
                yield list(items)
            elif chosen := [one for one in items if one.item.id in ids or is_within(one, real)]:
                yield chosen

    def items(self, folder: SavedFolder) -> Iterator[SavedItem]:
        """Go through the chosen items of a folder, oldest first."""
        for day in self.days(folder):
            yield from day

    def damage(self, folder: SavedFolder) -> list[Damage]:
        """Say what of a folder could not be read so far and is, or may be, among what is chosen."""
        if not isinstance(self.tree, SalvagedTree):
            return []
        found = self.tree.damage.of(folder.folder.id)
        if not self.is_whole(folder):
            found = [one for one in found if not one.is_item or self._keys & _keys_of(one)]
        return [one for one in found if not one.shard or self._is_in_portion(one.shard)]

    def notes_of_damage(self, lines: Iterable[FolderCoverage]) -> list[str]:
        """Say, for the ledger, what is damaged of the point as a whole, and what to do about it."""
        is_damaged = any(one.code == DAMAGED for line in lines for one in line.failed)
        if not isinstance(self.tree, SalvagedTree) or not (is_damaged or len(self.tree.damage)):
            return []
        whole = [one.what for one in self.tree.damage if not one.folder]
        return [*whole, f"The storage is damaged; the rest is here. {REPAIR}"]

    def _is_in_portion(self, shard: Shard) -> bool:
        return self.portion is None or self.portion.takes(shard)

    def _real_folders(
        self, paths: Sequence[tuple[str, ...]], known: Sequence[SavedFolder]
    ) -> dict[str, list[tuple[str, ...]]]:
        """Find the paths that are real folders in a library, by the library's id.

        Raises:
            OperatorError: one is neither that nor a folder of ours.
        """
        there = {folder.folder.path for folder in known}
        within: dict[str, list[tuple[str, ...]]] = {}
        for path in paths:
            if path in there:
                continue
            found = real_folder(self.tree, path, known)
            if found is None:
                raise no_such_folder(path, known)
            within.setdefault(found[0].folder.id, []).append(found[1])
        return within

    def _find(self, folder: SavedFolder) -> Iterator[SavedItem]:
        """Find single items: ids tell in which days to look, or their files' names do."""
        for shard, tree in self.tree.shards(folder):
            if self._may_hold(shard, tree):
                for item in self.tree.shard_items(folder, shard, tree):
                    if item.item.id in self._wanted or item.key in self._wanted:
                        yield item

    def _may_hold(self, shard: Shard, tree: BlobId) -> bool:
        if self.tree.layout.has_real_files:
            # The eight characters tell nothing of items that have no file beside their row.
            return shard in self._shards or self._has_keys
        try:
            nodes = trees.read_tree(self.tree.reader, tree)
        except IntegrityError:
            return True  # whoever looks there tells of the damage
        for node in nodes:
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
            if isinstance(self.tree, SalvagedTree) and len(self.tree.damage):
                raise IntegrityError(
                    f"Not found in what can be read of this restore point: "
                    f"{printable(', '.join(sorted(missing)))}.",
                    why="The storage is damaged, and it may be among what is lost.",
                    hint=f"`strongroom storage salvage` names what is lost. {REPAIR}",
                )
            raise OperatorError(
                f"No such item in this restore point: {printable(', '.join(sorted(missing)))}.",
                hint="`strongroom browse` shows the items; name one by the eight characters.",
            )


def _keys_of(damage: Damage) -> set[str]:
    stem = damage.name[-9:-1] if damage.name.endswith("]") else ""
    key = layout.item_key(damage.item_id) if damage.item_id else stem
    return {damage.item_id, key} - {""}


def real_folder(
    tree: SavedTree, path: tuple[str, ...], known: Sequence[SavedFolder]
) -> tuple[SavedFolder, tuple[str, ...]] | None:
    """Find the library that a real folder lies in, and its path there; None: nothing lies there."""
    if not tree.layout.has_real_files:
        return None
    above = [folder for folder in known if folder.folder.path == path[: len(folder.folder.path)]]
    library = max(above, key=lambda one: len(one.folder.path), default=None)
    if library is None:
        return None
    rest = path[len(library.folder.path) :]
    is_there = any(is_within(item, [rest]) for item in tree.items(library))
    return (library, rest) if rest and is_there else None


def is_within(item: SavedItem, folders: Sequence[tuple[str, ...]]) -> bool:
    """Say whether an item is, or lies anywhere below, one of some real folders."""
    names = item.item.state.get("path")
    return isinstance(names, list) and any(
        tuple(names[: len(folder)]) == folder for folder in folders
    )


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
