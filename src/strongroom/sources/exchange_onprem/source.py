"""One resource of an Exchange Server, for reading."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from strongroom.errors import ItemError
from strongroom.pace.lane import LanePace
from strongroom.sources.exchange_onprem.changes import read_changes
from strongroom.sources.exchange_onprem.denied import told_for
from strongroom.sources.exchange_onprem.hierarchy import read_hierarchy
from strongroom.sources.exchange_onprem.limits import CONTENT_BYTES_MAX
from strongroom.sources.exchange_onprem.reading import read_by_export
from strongroom.sources.exchange_onprem.reading_mime import read_by_mime
from strongroom.sources.exchange_onprem.settings import read_settings
from strongroom.sources.exchange_onprem.standings import read_standings
from strongroom.sources.exchange_onprem.ways import EXPORT, MIME, Ways, is_unknown_operation
from strongroom.wire.ews.connection import EwsConnection
from strongroom.wire.ews.faults import RequestRefused
from strongroom.words.item import (
    ChangePage,
    Content,
    Folder,
    Hierarchy,
    Item,
    Missed,
    Standing,
)
from strongroom.words.json import Json
from strongroom.words.resource import Resource, ResourceKind

GET, EXPORTS = "GetItem", "ExportItems"


class ExchangeSource:
    """A mailbox, an archive, recoverable items or the public folders. Safe in many threads.

    Args:
        connection: In the mailbox's name.
        resource: Which part of the mailbox it is.
        ways: What the server is known to offer; shared by all of its resources.
        remarks: What a person should know of every backup of it.
    """

    def __init__(
        self,
        connection: EwsConnection,
        resource: Resource,
        ways: Ways,
        *,
        remarks: Sequence[str] = (),
    ) -> None:
        self._remarks = remarks
        self._connection = connection
        self._resource = resource
        self._ways = ways
        # As the standings told them last: they save a first listing from asking twice.
        self._hidden_counts: dict[str, int | None] = {}

    @property
    def pacing(self) -> LanePace:
        """How fast it is to be read; batches are for the requests that bring content."""
        kind = GET if self._ways.known == MIME else EXPORTS
        return self._connection.lane.batching(kind, CONTENT_BYTES_MAX)

    @property
    def way(self) -> str:
        """``export`` or ``mime``. The first to ask costs a request, unless items came already."""
        return self._ways.ask(self._connection)

    def hierarchy(self, known: Hierarchy | None) -> Hierarchy:
        """List all folders, hidden ones too, asking only for changes where something is known."""
        with told_for(self._connection, self._resource.address):
            return read_hierarchy(self._connection, self._resource.kind, known)

    def standings(self, folders: Sequence[Folder]) -> Mapping[str, Standing]:
        """Read how the folders stand, a hundred of them per request."""
        told = {}
        for id_, standing, hidden_count in read_standings(self._connection, folders):
            told[id_] = standing
            self._hidden_counts[id_] = hidden_count
        return told

    def changes(self, folder: Folder, cursor: str | None) -> Iterator[ChangePage]:
        """Tell page by page what happened in a folder, hidden items included.

        Raises:
            CursorExpired: ask again without a cursor.
            ItemError: the folder is not there any more.
        """
        return read_changes(
            self._connection,
            folder.id,
            cursor,
            folder_role=folder.role,
            hidden_count=self._hidden_counts.get(folder.id),
        )

    def fetch(self, items: Sequence[Item], keep: Callable[[Content | Missed], None]) -> None:
        """Read the content of some items by the way that the server offers."""
        if not items:
            return
        if self._ways.known is None and self._tried_export(items, keep):
            return
        if self.way == MIME:
            read_by_mime(self._connection, items, keep)
        else:
            read_by_export(self._connection, items, keep)

    def settings(self) -> Mapping[str, Json]:
        """Read rules, automatic replies, delegates and categories; only mailboxes have them."""
        if self._resource.kind is not ResourceKind.MAILBOX:
            return {}
        return read_settings(self._connection, self._resource.address)

    def remarks(self) -> Sequence[str]:
        """Say what a person should know of every backup of it."""
        return self._remarks

    def _tried_export(
        self, items: Sequence[Item], keep: Callable[[Content | Missed], None]
    ) -> bool:
        """Export without having asked: on most servers that answers the question for nothing.

        A refusal of the whole request may have other reasons, so it only leads to asking.
        """
        try:
            read_by_export(self._connection, items, keep)
        except (RequestRefused, ItemError) as error:
            if not is_unknown_operation(error):
                raise
            return False
        self._ways.found(EXPORT)
        return True
