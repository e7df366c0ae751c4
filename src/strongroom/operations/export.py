"""Write saved items as files into a folder, and nowhere else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from strongroom.content import fts
from strongroom.content.mime import to_mime
from strongroom.errors import IntegrityError, Interrupted, ItemError, OperatorError
from strongroom.operations import layout, rows
from strongroom.operations.choosing import Choice
from strongroom.operations.damage import DAMAGED, with_damage
from strongroom.operations.interfaces import Progress, Stop, never
from strongroom.operations.output_folder import OutputFolder
from strongroom.operations.points import choose
from strongroom.operations.salvaged import SalvagedTree, readable
from strongroom.operations.saved import SavedFolder, SavedItem
from strongroom.pace.batches import batches
from strongroom.store import trees
from strongroom.store.pack import BlobId
from strongroom.store.repository import Repository
from strongroom.store.trees import FileNode
from strongroom.words.coverage import Coverage, FolderCoverage, Shortfall
from strongroom.words.item import Content, Part

READ_ITEMS = 50
READ_BYTES = 16 * 1024 * 1024
"""Items that are read together, in the order they lie in the packs: about one pack."""


class ExportFormat(StrEnum):
    """What the files are."""

    FILES = "files"
    EML = "eml"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportRequest:
    """What a person wants as files, and where.

    Attributes:
        output: The folder to write into, made if need be.
        format: ``files``: the stored bytes under the names that ``restic restore`` gives them.
            ``eml``: one Internet message per item.
        at: See ``points.choose``.
        paths: Folders wanted, with all below them, by their real names; empty: all.
        items: Items wanted, by id or by the eight characters in their file's name.
    """

    output: Path
    format: ExportFormat = ExportFormat.FILES
    at: str | None = None
    paths: tuple[tuple[str, ...], ...] = ()
    items: tuple[str, ...] = ()


class Output(Protocol):
    """Where files are written: an ``OutputFolder``, or somebody who has one."""

    def write(self, names: tuple[str, ...], pieces: Iterable[bytes], when: datetime | None) -> None:
        """Write one file (see ``OutputFolder.write``)."""


def export(
    repository: Repository,
    request: ExportRequest,
    *,
    progress: Progress,
    stop: Stop = never,
) -> Coverage:
    """Export what is asked for into its folder (see ``export_to``).

    Raises:
        OperatorError: no such point, folder or item; the folder cannot be written.
    """
    with OutputFolder(request.output) as output:
        return export_to(output, repository, request, progress=progress, stop=stop)


def export_to(
    output: Output,
    repository: Repository,
    request: ExportRequest,
    *,
    progress: Progress,
    stop: Stop = never,
) -> Coverage:
    """Export what is asked for; nothing outside ``output`` is touched, nothing is overwritten.

    Args:
        output: Where it is written, whatever the request says.
        repository: Where it lies.
        request: What is wanted.
        progress: Told how far it is.
        stop: Asked whether to end.

    Returns:
        The ledger: ``on_server`` are the items chosen, ``saved`` the exported ones. An item that
        cannot be turned into the format is ``failed`` by name, and its original bytes are exported
        in its place. A file that exists already with other bytes is ``failed`` too, and so is
        whatever is damaged in the storage: the rest is exported all the same.

    Raises:
        OperatorError: no such point, folder or item; ``output`` cannot be written.
        IntegrityError: nothing of what is stored can be read.
        Interrupted: ``stop`` said so; exported files stay.
    """
    point = choose(repository, request.at)
    tree = SalvagedTree(repository.reader(), point.tree)
    if request.format is ExportFormat.EML and tree.layout.has_real_files:
        raise OperatorError(
            "A site cannot be exported as internet messages.",
            why="It holds documents and items of lists.",
            hint="Export it with --format files.",
        )
    choice = Choice(tree, request.paths, request.items)
    work = _Export(choice, request.format, output, progress, stop)
    if choice.is_all and request.format is ExportFormat.FILES:
        work.export_top()
    lines = tuple(work.export_folder(folder) for folder in choice.folders)
    return Coverage(
        resource=point.resource,
        folders=lines,
        notes=(*work.notes, *choice.notes_of_damage(lines)),
        point=point.id,
        bytes_read=work.bytes_read,
    )


class _Export:
    """One export under way."""

    def __init__(
        self,
        choice: Choice,
        format_: ExportFormat,
        output: Output,
        progress: Progress,
        stop: Stop,
    ) -> None:
        self._choice = choice
        self._reader = choice.tree.reader
        self._format = format_
        self._output = output
        self._progress = progress
        self._stop = stop
        self.notes: list[str] = []
        self.bytes_read = 0

    def export_top(self) -> None:
        """Export the files that tell of the resource as a whole."""
        self._export_files(self._choice.tree.root, ())

    def export_folder(self, folder: SavedFolder) -> FolderCoverage:
        """Export the chosen items of one folder."""
        chosen = saved = 0
        failed: list[Shortfall] = []
        is_rows_too = self._format is ExportFormat.FILES and self._choice.is_whole(folder)
        if is_rows_too:
            self._export_folder_files(folder)
        for day in self._choice.days(folder):
            if is_rows_too and day and folder.items_tree is not None:
                self._export_rows(folder, day[0].shard)
            self._progress.expect(len(day), sum(item.size for item in day))
            for item, error in self._export_items(folder, day):
                chosen += 1
                saved += error is None
                if error is not None:
                    failed.append(
                        Shortfall(
                            item_id=item.item.id,
                            name=item.item.name,
                            code=error.code,
                            why=str(error),
                        )
                    )
        line = FolderCoverage(
            path=folder.folder.path, on_server=chosen, saved=saved, failed=tuple(failed)
        )
        return with_damage(line, self._choice.damage(folder))

    def _export_items(
        self, folder: SavedFolder, day: Iterable[SavedItem]
    ) -> Iterator[tuple[SavedItem, ItemError | None]]:
        for batch in batches(
            day, lambda item: item.size, items_max=READ_ITEMS, bytes_max=READ_BYTES
        ):
            if self._stop():
                raise Interrupted("The export was asked to stop; what is exported stays.")
            for item, content in readable(self._reader, batch):
                self.bytes_read += item.size
                self._progress.advance(1, item.size)
                try:
                    if isinstance(content, IntegrityError):
                        raise _damaged(content)
                    self._export_item(folder, item, content)
                except ItemError as error:
                    yield item, error
                else:
                    yield item, None

    def _export_item(self, folder: SavedFolder, item: SavedItem, content: Content) -> None:
        if self._format is ExportFormat.FILES:
            place = (layout.FOLDERS, *folder.place)
            names = (*place, layout.ITEMS, *item.shard, item.stem)
            self._write_parts(names, item, content, real=(*place, *item.at) if item.at else ())
            if self._choice.tree.layout.has_real_files and not self._choice.is_whole(folder):
                # Much of a list's items is their fields alone, and the rows are not exported.
                told = [rows.encode(rows.row_of(item.item)), rows.encode(rows.state_of(item.item))]
                path = (*names[:-1], f"{item.stem}.fields.jsonl")
                self._output.write(path, [line + b"\n" for line in told], item.item.when)
            return
        names = (*folder.place, f"{'-'.join(item.shard)} {item.stem}")
        try:
            whole = read_whole(content)
        except IntegrityError as error:
            raise _damaged(error) from error
        try:
            message = internet_message(whole)
        except ItemError as error:
            self._write_parts(names, item, whole)
            raise ItemError(
                "It cannot be written as an internet message; its original bytes are exported.",
                code=error.code,
                why=str(error),
            ) from error
        self._output.write((*names[:-1], f"{names[-1]}.eml"), [message], item.item.when)

    def _write_parts(
        self,
        names: tuple[str, ...],
        item: SavedItem,
        content: Content,
        real: tuple[str, ...] = (),
    ) -> None:
        for part in content.parts:
            pieces = _undamaged(part.content)
            path = (*names[:-1], names[-1] + part.suffix)
            when = item.item.when
            if part.name == layout.FILE and real:
                path, when = real, self._choice.tree.layout.file_time(item.item)
            self._output.write(path, pieces, when)

    def _export_folder_files(self, folder: SavedFolder) -> None:
        if folder.tree is not None:
            path = (layout.FOLDERS, *folder.place)
            self._export_files(folder.tree, path, only=(layout.FOLDER, layout.CURSOR))

    def _export_rows(self, folder: SavedFolder, shard: layout.Shard) -> None:
        assert folder.items_tree is not None
        try:
            node = trees.find(self._reader, folder.items_tree, shard)
        except IntegrityError:
            return
        if isinstance(node, trees.DirNode):
            path = (layout.FOLDERS, *folder.place, layout.ITEMS, *shard)
            self._export_files(node.subtree, path, only=(layout.ROWS, layout.STATES))

    def _export_files(
        self, tree: BlobId, path: tuple[str, ...], *, only: tuple[str, ...] = ()
    ) -> None:
        """Export the files right in one folder of the snapshot, not those below it."""
        try:
            nodes = trees.read_tree(self._reader, tree)
        except IntegrityError:
            return  # what is lost with it is told by what should have been chosen there
        for node in nodes:
            if isinstance(node, FileNode) and (not only or node.name in only):
                try:
                    pieces = _undamaged(self._reader.load_file(node.content))
                    self._output.write((*path, node.name), pieces, node.mtime)
                except ItemError as error:
                    self.notes.append(str(error))


def _damaged(error: IntegrityError) -> ItemError:
    return ItemError(str(error), code=DAMAGED, hint=error.hint)


def _undamaged(content: bytes | Iterable[bytes]) -> Iterator[bytes]:
    """Give content until a piece is damaged: then nothing of the file is to be written."""
    try:
        yield from [content] if isinstance(content, bytes) else content
    except IntegrityError as error:
        raise _damaged(error) from error


def internet_message(content: Content) -> bytes:
    """Turn an item's content, read whole, into an internet message.

    Raises:
        ItemError: it holds neither an internet message nor an export stream that can be read.
    """
    parts = {part.name: part.content for part in content.parts}
    mime, stream = parts.get("mime"), parts.get("fts")
    if isinstance(mime, bytes):
        return mime
    if isinstance(stream, bytes):
        return to_mime(fts.parse(stream))
    raise ItemError("It was saved without an internet message.", code="no-message")


def read_whole(content: Content) -> Content:
    """Read the pieces of large parts: what is converted must be in memory, one item at a time."""
    parts = tuple(
        part
        if isinstance(part.content, bytes)
        else Part(name=part.name, suffix=part.suffix, content=b"".join(part.content))
        for part in content.parts
    )
    return replace(content, parts=parts)
