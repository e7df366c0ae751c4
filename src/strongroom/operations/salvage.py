"""Say of every restore point what can still be had of it, and name what cannot, item by item.

Nothing is written. A day that several points share is looked at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from strongroom.errors import IntegrityError, Interrupted
from strongroom.operations.damage import Damage
from strongroom.operations.interfaces import Progress, Stop, never
from strongroom.operations.layout import Shard
from strongroom.operations.points import RestorePoint, readable_points
from strongroom.operations.salvaged import (
    SalvagedTree,
    missing_parts,
    readable,
    what_is_wrong,
)
from strongroom.operations.saved import SavedFolder, SavedItem
from strongroom.pace.batches import batches
from strongroom.store.blob_reader import BlobReader
from strongroom.store.pack import BlobId
from strongroom.store.repository import Repository

_READ_ITEMS = 50
_READ_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Salvaged:
    """What is left of one restore point.

    Attributes:
        point: Its id.
        time: When it was made, aware; None: nobody knows any more.
        resource: How its resource was named; empty: nobody knows any more.
        items: How many items can be restored.
        lost: How many cannot.
        damage: What cannot be read: by item where it has a name, else by day or folder.
    """

    point: str
    time: datetime | None
    resource: str
    items: int
    lost: int
    damage: tuple[Damage, ...]

    @property
    def is_whole(self) -> bool:
        """Whether all of it can be restored."""
        return not self.damage and not self.lost


def salvage(
    repository: Repository,
    *,
    read_data: bool = False,
    progress: Progress,
    stop: Stop = never,
) -> Iterator[Salvaged]:
    """Look at every restore point, newest first.

    Args:
        repository: Where they lie.
        read_data: Read the content of every item; else it counts as there if an index names it.
        progress: Who is told how far it is, in items.
        stop: Asked between days.

    Raises:
        IntegrityError: no index can be read; repair the storage first.
        Interrupted: ``stop`` said so.
    """
    known, damaged = readable_points(repository)
    look = _Look(repository.reader(), read_data=read_data, progress=progress, stop=stop)
    for point in known:
        yield look.at(point)
    for snapshot_id in damaged:
        gone = Damage(what="The snapshot itself is damaged; nothing of it can be found.")
        yield Salvaged(point=snapshot_id, time=None, resource="", items=0, lost=0, damage=(gone,))


class _Look:
    def __init__(
        self, reader: BlobReader, *, read_data: bool, progress: Progress, stop: Stop
    ) -> None:
        self._reader = reader
        self._read_data = read_data
        self._progress = progress
        self._stop = stop
        self._days: dict[tuple[BlobId, BlobId | None], tuple[int, tuple[Damage, ...]]] = {}

    def at(self, point: RestorePoint) -> Salvaged:
        """Look at one restore point."""
        try:
            tree = SalvagedTree(self._reader, point.tree)
        except IntegrityError as error:
            gone = Damage(what=f"Its first folder cannot be read, so nothing can be found. {error}")
            return _salvaged(point, 0, point.items, (gone,))
        items = lost = 0
        damage: list[Damage] = []
        for folder in tree.folders():
            self._progress.expect(folder.items, 0)
            in_folder, of_items = self._folder(tree, folder)
            items += in_folder
            named = sum(one.is_item for one in of_items)
            lost += max(folder.items - in_folder, named)
            damage += of_items
        # A folder whose cursor is lost does not say any more how many it held; the point does.
        lost = max(lost, point.items - items)
        of_point = [one for one in tree.damage if one not in set(damage)]
        return _salvaged(point, items, lost, (*of_point, *damage))

    def _folder(self, tree: SalvagedTree, folder: SavedFolder) -> tuple[int, list[Damage]]:
        """Say how many items of a folder are whole, and which are not."""
        items = 0
        damage: list[Damage] = []
        real = folder.tree if tree.layout.has_real_files else None
        for shard, day in tree.shards(folder):
            if self._stop():
                raise Interrupted("It was asked to stop.")
            if (day, real) not in self._days:
                self._days[day, real] = self._day(tree, folder, shard, day)
            count, found = self._days[day, real]
            items += count
            damage += [
                replace(one, path=folder.folder.path, folder=folder.folder.id) for one in found
            ]
            self._progress.advance(count + len(found), 0)
        return items, damage

    def _day(
        self, tree: SalvagedTree, folder: SavedFolder, shard: Shard, day: BlobId
    ) -> tuple[int, tuple[Damage, ...]]:
        before = len(tree.damage)
        there = list(tree.shard_items(folder, shard, day))
        found = list(tree.damage)[before:]
        whole = 0
        for item, wrong in self._content(there):
            if wrong is None:
                whole += 1
            else:
                found.append(what_is_wrong(folder, item, wrong))
        return whole, tuple(found)

    def _content(self, items: list[SavedItem]) -> Iterator[tuple[SavedItem, IntegrityError | None]]:
        if not self._read_data:
            for item in items:
                missing = missing_parts(self._reader, item)
                yield item, IntegrityError(missing) if missing else None
            return
        for batch in batches(
            items, lambda item: item.size, items_max=_READ_ITEMS, bytes_max=_READ_BYTES
        ):
            for item, content in readable(self._reader, batch, is_proven=True):
                yield item, content if isinstance(content, IntegrityError) else None


def _salvaged(point: RestorePoint, items: int, lost: int, damage: tuple[Damage, ...]) -> Salvaged:
    return Salvaged(
        point=point.id,
        time=point.time,
        resource=point.resource,
        items=items,
        lost=lost,
        damage=damage,
    )
