"""One resource of a tenant by Graph, for reading."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence

from strongroom.sources.exchange_online.reading.changes import FolderChanges
from strongroom.sources.exchange_online.reading.fetching import read_by_export
from strongroom.sources.exchange_online.reading.habits import Habits
from strongroom.sources.exchange_online.reading.hierarchy import read_hierarchy, shows_hidden
from strongroom.sources.exchange_online.reading.pacing import ExportPacing
from strongroom.sources.exchange_online.reading.settings import read_settings
from strongroom.sources.exchange_online.reading.standings import read_standings
from strongroom.sources.exchange_online.reading.together import Together
from strongroom.sources.exchange_onprem.ways import EXPORT
from strongroom.wire.graph.mailbox.export_items import KIND
from strongroom.wire.graph.mailbox.line import MailboxLine
from strongroom.wire.graph.refusals import GraphDenied, GraphRefused
from strongroom.words.item import ChangePage, Content, Folder, Hierarchy, Item, Missed, Standing
from strongroom.words.json import Json
from strongroom.words.resource import Resource, ResourceKind


class MailboxSource:
    """A mailbox, an archive or recoverable items. Safe in many threads.

    Args:
        line: The mailbox's.
        resource: Which part of the mailbox it is.
        habits: What is known of how Graph behaves; shared by all resources of a connection.
    """

    def __init__(self, line: MailboxLine, resource: Resource, habits: Habits) -> None:
        self._line = line
        self._resource = resource
        self._habits = habits
        self._lock = threading.Lock()
        self._hierarchy: Hierarchy | None = None
        self._empty: frozenset[str] = frozenset()
        self._small: frozenset[str] = frozenset()
        self._remarks: dict[str, None] = {}
        self._together = Together(line, habits)

    @property
    def pacing(self) -> ExportPacing:
        """How fast it is to be read."""
        return ExportPacing(self._line.lane.batching(KIND, 0))

    @property
    def way(self) -> str:
        """Always ``export``."""
        return EXPORT

    def hierarchy(self, known: Hierarchy | None) -> Hierarchy:
        """List all folders, hidden ones too, asking only for changes where something is known.

        A mailbox that is shut to us while it is read has the folders that it had: what of them
        cannot be read is told with each.
        """
        try:
            found = read_hierarchy(self._line, self._resource.kind, known)
        except (GraphDenied, GraphRefused) as error:
            if self._hierarchy is None:
                raise
            self._remark(f"The folders could not be listed once more. {error}")
            return self._hierarchy
        with self._lock:
            self._hierarchy = found
        return found

    def standings(self, folders: Sequence[Folder]) -> Mapping[str, Standing]:
        """Read how the folders stand, the whole tree in a request or two."""
        with self._lock:
            hierarchy = self._hierarchy
        is_shown = hierarchy is not None and bool(shows_hidden(hierarchy))
        told = read_standings(self._line, self._resource.kind, folders, shows_hidden=is_shown)
        self._empty = frozenset(id_ for id_, one in told.items() if one.count == 0)
        self._small = frozenset(
            id_ for id_, one in told.items() if one.count and one.count <= _SMALL_ITEMS_MAX
        )
        return told

    def changes(self, folder: Folder, cursor: str | None) -> Iterator[ChangePage]:
        """Tell page by page what happened in a folder, hidden items included where Graph has them.

        Raises:
            CursorExpired: ask again without a cursor.
            ItemError: the folder is not there any more.
            AccessDenied: the mailbox may not be read any more.
        """
        asked = FolderChanges(
            self._line,
            folder,
            self._habits,
            found_full=lambda: self._remark(_FULL),
            first=lambda link: self._together.first(folder.id, link),
        )
        return asked.read(cursor, is_empty=folder.id in self._empty)

    def prepare(self, asked: Sequence[tuple[Folder, str | None]]) -> None:
        """Hear which folders will be asked: twenty are asked in one request."""
        self._together.prepare(
            [
                (folder.id, cursor)
                for folder, cursor in asked
                if cursor is not None or folder.id in self._small
            ]
        )

    def fetch(self, items: Sequence[Item], keep: Callable[[Content | Missed], None]) -> None:
        """Read the content of some items; of those that are kept as they are, nothing."""
        read_by_export(self._line, items, keep)

    def settings(self) -> Mapping[str, Json]:
        """Read rules, automatic replies and categories; only mailboxes have them."""
        if self._resource.kind is not ResourceKind.MAILBOX:
            return {}
        return read_settings(self._line, self._resource.address)

    def remarks(self) -> Sequence[str]:
        """Say what a person should know of how it was read."""
        with self._lock:
            found = dict(self._remarks)
            hierarchy = self._hierarchy
        if hierarchy is not None and shows_hidden(hierarchy) is False:
            found[_NO_HIDDEN] = None
        if self._resource.kind is ResourceKind.ARCHIVE:
            found[_BETA] = None
        return tuple(found)

    def _remark(self, text: str) -> None:
        with self._lock:
            self._remarks[text] = None


_SMALL_ITEMS_MAX = 200
"""Folders up to this are listed for the first time together with others: an answer of megabytes."""

_FULL = (
    "The mailbox is full, so Exchange Online keeps no place in its history: every run lists all of "
    "its items. What is kept already is not read again. Make room in the mailbox."
)
_BETA = (
    "Archives are read by the beta version of Microsoft Graph, since the other one has none; "
    "Microsoft may change it without notice."
)
_NO_HIDDEN = (
    "Hidden items (folder-associated: views, forms, rules of Outlook's own) are not kept: "
    "Microsoft Graph does not list them."
)
