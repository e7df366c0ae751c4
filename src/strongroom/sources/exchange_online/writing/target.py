"""One resource of a tenant by Graph, for writing. Nothing that it does makes the server send."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace

from strongroom.errors import ItemError
from strongroom.sources.exchange_online.reading.changes import FolderChanges
from strongroom.sources.exchange_online.reading.cursors import FolderCursor, written
from strongroom.sources.exchange_online.reading.fetching import read_by_export
from strongroom.sources.exchange_online.reading.habits import Habits
from strongroom.sources.exchange_online.reading.hierarchy import FULL
from strongroom.sources.exchange_online.reading.pacing import ExportPacing
from strongroom.sources.exchange_online.writing import planning
from strongroom.sources.exchange_online.writing.importing import write_by_import
from strongroom.sources.exchange_online.writing.places import Places
from strongroom.sources.exchange_online.writing.settings import write_settings
from strongroom.sources.exchange_onprem.comparing import export_differences
from strongroom.wire.graph.mailbox.import_item import KIND, Importer
from strongroom.wire.graph.mailbox.items import changed_items
from strongroom.wire.graph.mailbox.line import MailboxLine
from strongroom.wire.graph.refusals import GraphDenied, GraphRefused
from strongroom.words.item import Content, Folder, Item, Missed, left_by
from strongroom.words.json import Json
from strongroom.words.resource import Resource, ResourceKind
from strongroom.words.restoring import (
    Compared,
    Notes,
    Outgoing,
    Plan,
    Replaced,
    Selection,
    Written,
)


class MailboxTarget:
    """A mailbox or an archive to write into. Safe in many threads.

    Args:
        line: The mailbox's.
        resource: Which part of the mailbox it is.
        habits: What is known of how Graph behaves; shared by all resources of a connection.
        importer: Brings items into it.
    """

    def __init__(
        self, line: MailboxLine, resource: Resource, habits: Habits, importer: Importer
    ) -> None:
        self._line = line
        self._resource = resource
        self._habits = habits
        self._importer = importer
        self._places = Places(line, resource.kind)

    @property
    def pacing(self) -> ExportPacing:
        """How fast it is to be written; a batch is read back by one request."""
        return ExportPacing(self._line.lane.batching(KIND, 0))

    def begin(self, notes: Notes) -> None:
        """A mailbox has nothing to note."""

    def plan(self, selection: Selection) -> Plan:
        """Order a selection: folders, then items; with what will not come back."""
        return planning.plan(selection, self._places.root().facts)

    def folder(self, folder: Folder, parent_id: str | None) -> str:
        """Find or create a folder below its parent; in the root, a known folder by its role.

        Raises:
            ItemError: Graph does not make it.
        """
        return self._places.of(folder, parent_id)

    def mark(self, folder_id: str) -> str:
        """Give a cursor behind everything that is in the folder now.

        A full mailbox keeps no place in its history: its cursor is told as expired.
        """
        delta = ""
        with _of_folder():
            try:
                for page in changed_items(self._line, folder_id, ()):
                    delta = page.delta
            except GraphDenied as error:
                if error.code != FULL:
                    raise
        return written(FolderCursor(delta=delta))

    def arrivals(self, folder_id: str, cursor: str | None) -> Iterator[Item]:
        """List what came into the folder since the cursor.

        Raises:
            CursorExpired: ask again with None.
            ItemError: the folder is not there any more.
        """
        changes = FolderChanges(
            self._line, Folder(id=folder_id, path=()), self._habits, found_full=_not_told
        )
        yield from left_by(changes.read(cursor, is_empty=False))

    def write(
        self, folder_id: str, batch: Sequence[Outgoing], told: Callable[[Written], None]
    ) -> None:
        """Import items; nothing is tried again whose outcome is unknown.

        Raises:
            OutcomeUnknown: those not told yet may or may not be there.
            TransientError: the server is busy; those not told yet are not there.
            OperatorError: the mailbox is full; those not told yet are not there.
        """
        write_by_import(self._importer, self._line, folder_id, batch, told)

    def remove(self, replaced: Sequence[Replaced]) -> None:
        """Nothing is ever left beside: an import that replaces changes the very item.

        Where that item was gone, the new one stands alone.
        """

    def compare(
        self, pairs: Sequence[tuple[Outgoing, str]], told: Callable[[Compared], None]
    ) -> None:
        """Export the restored items and compare them with the streams that were saved."""
        by_new_id = {new_id: outgoing for outgoing, new_id in pairs}

        def take(found: Content | Missed) -> None:
            outgoing = by_new_id[found.item_id]
            differences = export_differences(outgoing, found)
            told(Compared(item_id=outgoing.item.id, differences=differences))

        there = [
            replace(outgoing.item, id=new_id, change_key="", kept=None)
            for new_id, outgoing in by_new_id.items()
        ]
        read_by_export(self._line, there, take)

    def settle(self, settings: Mapping[str, Json]) -> Sequence[str]:
        """Put settings back so that nothing sends, and say what a person should know."""
        notes = list(self._places.remarks)
        if settings and self._resource.kind is ResourceKind.MAILBOX:
            notes += write_settings(self._line, self._resource.address, settings)
        return tuple(notes)


def _not_told() -> None:
    """What a full mailbox means for a restore, importing tells."""


@contextmanager
def _of_folder() -> Iterator[None]:
    try:
        yield
    except GraphRefused as error:
        raise ItemError(
            "Microsoft Graph does not tell what is in this folder.",
            code=error.code or f"http-{error.status}",
            why=str(error),
        ) from error
