"""Read back what is stored, all of it or a sample, and say item by item what is wrong.

Every blob is checked by its hash when it is read, so what remains to be seen is that everything is
there and fits together: rows, states, files and blobs, the counts of the cursor files, and, if so
wished, that an export stream can be taken apart.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass, replace

from strongroom.content import fts
from strongroom.errors import IntegrityError, Interrupted, ItemError
from strongroom.operations import layout
from strongroom.operations.damage import with_damage
from strongroom.operations.export import READ_BYTES, READ_ITEMS, read_whole
from strongroom.operations.interfaces import Progress, Stop, never
from strongroom.operations.layout import Place
from strongroom.operations.points import RestorePoint, choose, points
from strongroom.operations.real_files import strays
from strongroom.operations.salvaged import SalvagedTree
from strongroom.operations.saved import SavedFolder, SavedItem, contents
from strongroom.pace.batches import batches
from strongroom.store import trees
from strongroom.store.blob_reader import BlobReader
from strongroom.store.pack import BlobId
from strongroom.store.repository import Repository
from strongroom.words.coverage import Coverage, FolderCoverage, Shortfall
from strongroom.words.item import Content


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that is wrong with what is stored.

    Attributes:
        point: Id of the restore point in which it was found first.
        path: The folder's real names; empty if it is not about a folder.
        item_id: The item, or an empty string.
        what: For a person.
    """

    point: str
    path: tuple[str, ...]
    item_id: str
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyReport:
    """What a verification found.

    Attributes:
        points: Ids of the restore points that were read, newest first.
        items: Items whose bytes were read (an item that several points share counts once).
        bytes: How many bytes that was.
        problems: What is wrong; empty when all is well.
        coverage: The ledger of the newest point: ``on_server`` are the items it should hold.
    """

    points: tuple[str, ...]
    items: int
    bytes: int
    problems: tuple[Problem, ...]
    coverage: Coverage


def verify(
    repository: Repository,
    *,
    at: str | None = None,
    sample: int | None = None,
    is_parsed: bool = True,
    progress: Progress,
    stop: Stop = never,
) -> VerifyReport:
    """Read saved items through the store and check that rows, files and blobs fit together.

    Args:
        repository: What to verify.
        at: Only this restore point (see ``points.choose``); None: all.
        sample: Read the content of this many items per restore point, spread evenly, instead of
            all; rows and trees are read in any case.
        is_parsed: Also take every export stream apart, so that what is stored can be understood.
        progress: Who is told how far it is.
        stop: Asked between items.

    Raises:
        OperatorError: no such point.
        Interrupted: ``stop`` said so.
    """
    newest = choose(repository, at)
    known = [newest] if at is not None else points(repository)
    work = _Verification(
        repository.reader(), sample=sample, is_parsed=is_parsed, progress=progress, stop=stop
    )
    ledgers = [work.read_point(point) for point in known]
    return VerifyReport(
        points=tuple(point.id for point in known),
        items=work.items,
        bytes=work.bytes,
        problems=tuple(work.problems),
        coverage=ledgers[0],
    )


class _Verification:
    """One verification under way."""

    def __init__(
        self,
        reader: BlobReader,
        *,
        sample: int | None,
        is_parsed: bool,
        progress: Progress,
        stop: Stop,
    ) -> None:
        self._reader = reader
        self._sample = sample
        self._is_parsed = is_parsed
        self._progress = progress
        self._stop = stop
        self._seen: set[BlobId] = set()
        self._places: list[Place] = []
        self.items = 0
        self.bytes = 0
        self.problems: list[Problem] = []

    def read_point(self, point: RestorePoint) -> Coverage:
        """Verify one restore point; what an earlier one shares with it is not read again."""
        lines: list[FolderCoverage] = []
        try:
            tree = SalvagedTree(self._reader, point.tree)
            tree.coverage()
            folders = tree.folders()
            self._places = [folder.place for folder in folders]
            self._read_files(point.tree)
        except IntegrityError as error:
            self._tell(point, (), "", f"It cannot be opened. {error}")
            return Coverage(resource=point.resource, folders=(), point=point.id)
        for one in tree.damage:  # of folders it is told with them
            if not one.folder:
                self._tell(point, (), "", one.what)
        picker = _Picker(sum(folder.items for folder in folders), self._sample)
        for folder in folders:
            self._progress.expect(folder.items, folder.bytes)
            lines.append(self._read_folder(point, tree, folder, picker))
        return Coverage(resource=point.resource, folders=tuple(lines), point=point.id)

    def _read_folder(
        self, point: RestorePoint, tree: SalvagedTree, folder: SavedFolder, picker: _Picker
    ) -> FolderCoverage:
        path = folder.folder.path
        failed: list[Shortfall] = []
        count = 0
        problem = ""
        try:
            if folder.tree is not None:
                self._read_files(folder.tree, only=layout.RESERVED)
            real = _RealNames()
            for shard, day in tree.shards(folder):
                items = list(tree.shard_items(folder, shard, day))
                count += len(items)
                for name in real.twice(items):
                    self._tell(point, path, "", f"Two items are said to lie at {name}.")
                # Where rows are lost, files belong to items that nobody knows any more.
                if not any(one.shard == shard for one in tree.damage.of(folder.folder.id)):
                    for name in _strays(self._reader, day, items):
                        self._tell(point, path, "", f"The file {name} belongs to no item.")
                failed += self._read_day(point, folder, items, picker)
            if tree.layout.has_real_files and not tree.damage.of(folder.folder.id):
                for name in real.strays(self._reader, folder, self._places):
                    self._tell(point, path, "", f"The file {name} belongs to no item.")
        except IntegrityError as error:
            problem = str(error)
            self._tell(point, path, "", problem)
        damage = tree.damage.of(folder.folder.id)
        for one in damage:
            self._tell(
                point, path, one.item_id, f"{one.name}: {one.what}" if one.name else one.what
            )
        if not problem and not damage and count != folder.items:
            self._tell(point, path, "", f"It holds {count} items and should hold {folder.items}.")
        line = FolderCoverage(
            path=path,
            on_server=folder.items,
            saved=count - len(failed),
            failed=tuple(failed),
            problem=problem,
        )
        return replace(with_damage(line, damage), on_server=folder.items)

    def _read_files(self, tree: BlobId, only: Container[str] | None = None) -> None:
        """Read the files right in one folder of the snapshot; damage is raised."""
        for node in trees.read_tree(self._reader, tree):
            if only is not None and node.name not in only:
                continue
            if isinstance(node, trees.FileNode) and not self._seen.issuperset(node.content):
                self.bytes += sum(map(len, self._reader.load_file(node.content)))
                self._seen.update(node.content)

    def _read_day(
        self, point: RestorePoint, folder: SavedFolder, items: list[SavedItem], picker: _Picker
    ) -> Iterator[Shortfall]:
        path = folder.folder.path
        chosen = [item for item in items if picker.takes()]
        self._progress.advance(len(items) - len(chosen), 0)
        for item, what in self._read_items(chosen):
            self._tell(point, path, item.item.id, what)
            yield Shortfall(item_id=item.item.id, name=item.item.name, code="damaged", why=what)

    def _read_items(self, chosen: list[SavedItem]) -> Iterator[tuple[SavedItem, str]]:
        """Read some items; give those that are wrong, and how."""
        for batch in batches(
            chosen, lambda item: item.size, items_max=READ_ITEMS, bytes_max=READ_BYTES
        ):
            if self._stop():
                raise Interrupted("The verification was asked to stop.")
            yield from self._read_batch([item for item in batch if not self._is_seen(item)])
            for item in batch:
                self._progress.advance(1, item.size)

    def _read_batch(self, batch: list[SavedItem]) -> Iterator[tuple[SavedItem, str]]:
        try:
            for item, content in contents(self._reader, batch):
                if what := self._read_item(item, content):
                    yield item, what
        except IntegrityError as error:
            if len(batch) == 1:
                yield batch[0], str(error)
                return
            # One of them is damaged; find out which.
            for item in batch:
                yield from self._read_batch([item])

    def _read_item(self, item: SavedItem, content: Content) -> str:
        whole = read_whole(content)
        sizes = {
            part.name: len(part.content) for part in whole.parts if isinstance(part.content, bytes)
        }
        self.items += 1
        self.bytes += sum(sizes.values())
        self._seen.update(blob for part in item.parts if part.file for blob in part.file.content)
        for part in item.parts:
            if sizes[part.name] != part.size:
                return f"{part.name} has {sizes[part.name]} bytes and should have {part.size}."
        if self._is_parsed:
            for one in whole.parts:
                if one.name == "fts" and isinstance(one.content, bytes):
                    try:
                        fts.parse(one.content)
                    except ItemError as error:
                        return str(error)
        return ""

    def _is_seen(self, item: SavedItem) -> bool:
        """Say whether an item's bytes were read as part of a younger restore point."""
        return all(
            part.file is not None and self._seen.issuperset(part.file.content)
            for part in item.parts
        )

    def _tell(self, point: RestorePoint, path: tuple[str, ...], item_id: str, what: str) -> None:
        self.problems.append(Problem(point=point.id, path=path, item_id=item_id, what=what))


class _Picker:
    """Picks a sample spread evenly over all items, or everything."""

    def __init__(self, count: int, sample: int | None) -> None:
        self._count = max(count, 1)
        self._sample = self._count if sample is None else max(sample, 0)
        self._at = 0

    def takes(self) -> bool:
        """Say whether the next item is one of the sample."""
        before = self._at * self._sample // self._count
        self._at += 1
        return self._at * self._sample // self._count > before


class _RealNames:
    """Where a folder's items say that their files lie: as hashes, for there may be very many."""

    def __init__(self) -> None:
        self._known: set[int] = set()

    def twice(self, items: Iterable[SavedItem]) -> Iterator[str]:
        """Take in some items; name the places that another one had."""
        for item in items:
            if item.at:
                if hash(item.at) in self._known:
                    yield "/".join(item.at)
                self._known.add(hash(item.at))

    def strays(
        self, reader: BlobReader, folder: SavedFolder, places: Iterable[Place]
    ) -> Iterator[str]:
        """Name the files in real folders that belong to no item."""
        depth = len(folder.place)
        below = [place[depth:] for place in places if place[:depth] == folder.place]
        for path in strays(reader, folder.tree, below, _Hashes(self._known)):
            yield "/".join(path)


class _Hashes:
    """Paths, of which only the hashes are kept."""

    def __init__(self, known: Container[int]) -> None:
        self._known = known

    def __contains__(self, path: object) -> bool:
        return hash(path) in self._known


def _strays(reader: BlobReader, day: BlobId, items: list[SavedItem]) -> list[str]:
    """Name the files of a day that belong to no item."""
    expected = {
        item.stem + part.suffix
        for item in items
        for part in item.parts
        if part.name != layout.FILE or not item.at
    }
    expected |= {layout.ROWS, layout.STATES}
    return [node.name for node in trees.read_tree(reader, day) if node.name not in expected]
