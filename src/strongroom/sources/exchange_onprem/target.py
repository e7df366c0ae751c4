"""One resource of an Exchange Server, for writing. Nothing that it does makes the server send."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from strongroom.errors import ItemError, OperatorError, SignInEnded
from strongroom.pace.lane import LanePace
from strongroom.sources.exchange_onprem import folders, permissions, planning, roots
from strongroom.sources.exchange_onprem.changes import read_changes
from strongroom.sources.exchange_onprem.comparing import compare_created, compare_uploaded
from strongroom.sources.exchange_onprem.creating import remove_replaced, write_by_create
from strongroom.sources.exchange_onprem.denied import told_for
from strongroom.sources.exchange_onprem.hierarchy import read_root
from strongroom.sources.exchange_onprem.limits import CONTENT_BYTES_MAX
from strongroom.sources.exchange_onprem.making import find_or_create
from strongroom.sources.exchange_onprem.settings import write_settings
from strongroom.sources.exchange_onprem.uploading import write_by_upload
from strongroom.sources.exchange_onprem.ways import EXPORT, MIME
from strongroom.wire.ews.connection import EwsConnection
from strongroom.wire.ews.faults import EwsItemError
from strongroom.wire.ews.get_folder import get_folders
from strongroom.wire.ews.ids import Distinguished
from strongroom.wire.ews.things import EwsFolder
from strongroom.words.item import Folder, Item, left_by
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

UPLOADS = "UploadItems"


class ExchangeTarget:
    """A mailbox, an archive or the public folders to write into. Safe in many threads.

    Args:
        connection: In the mailbox's name.
        resource: Which part of the mailbox it is.
    """

    def __init__(self, connection: EwsConnection, resource: Resource) -> None:
        self._connection = connection
        self._resource = resource
        self._root: EwsFolder | None = None
        self._principals = permissions.Principals(connection)
        # Folders that were there already, by their id, and what a person should know in the end.
        self._found: dict[str, Folder] = {}
        self._notes: list[str] = []

    @property
    def pacing(self) -> LanePace:
        """How fast it is to be written; batches are for the requests that carry content."""
        return self._connection.lane.batching(UPLOADS, CONTENT_BYTES_MAX)

    def begin(self, notes: Notes) -> None:
        """A mailbox has nothing to note."""

    def plan(self, selection: Selection) -> Plan:
        """Order a selection: folders, then items; with what will not come back."""
        made = planning.plan(selection, folders.known(self._root_folder()).facts)
        lost = permissions.losses(
            (folder for folder in selection.folders if not folder.is_listed_only),
            self._principals,
        )
        return replace(made, losses=(*made.losses, *lost))

    def folder(self, folder: Folder, parent_id: str | None) -> str:
        """Find or create a folder below its parent; in the root, a known folder by its role.

        Raises:
            ItemError: the server does not make it.
            OutcomeUnknown: no answer; ask again, it will be found.
        """
        with told_for(self._connection, self._resource.address):
            known = self._by_role(folder) if parent_id is None and folder.path else None
            if parent_id is None and not folder.path:
                known = self._root_folder().id
            if known is not None:
                self._found[known] = folder
                return known
            return self._find_or_create(parent_id or self._root_folder().id, folder)

    def mark(self, folder_id: str) -> str:
        """Give a cursor behind everything that is in the folder now."""
        cursor = ""
        for page in read_changes(self._connection, folder_id, None):
            cursor = page.cursor
        return cursor

    def arrivals(self, folder_id: str, cursor: str | None) -> Iterator[Item]:
        """List what came into the folder since the cursor, hidden items included."""
        yield from left_by(read_changes(self._connection, folder_id, cursor))

    def write(
        self, folder_id: str, batch: Sequence[Outgoing], told: Callable[[Written], None]
    ) -> None:
        """Write items the way they were read; nothing is tried again whose outcome is unknown.

        Raises:
            OutcomeUnknown: those not told yet may or may not be there.
            TransientError: the server is busy; those not told yet are not there.
        """
        exported, created = _by_way(batch)
        if exported:
            write_by_upload(self._connection, folder_id, exported, told)
        if created:
            write_by_create(self._connection, folder_id, created, told)

    def remove(self, replaced: Sequence[Replaced]) -> None:
        """Take away replaced items that were left beside the new ones."""
        for one in replaced:
            remove_replaced(self._connection, one)

    def compare(
        self, pairs: Sequence[tuple[Outgoing, str]], told: Callable[[Compared], None]
    ) -> None:
        """Read items back the way they were written and compare them with what was saved."""
        exported = [pair for pair in pairs if pair[0].content.way == EXPORT]
        created = [pair for pair in pairs if pair[0].content.way == MIME]
        if exported:
            compare_uploaded(self._connection, exported, told)
        if created:
            compare_created(self._connection, created, told)

    def settle(self, settings: Mapping[str, Json]) -> Sequence[str]:
        """Put settings back so that nothing sends, and say what a person should know.

        With settings, folders that were there before get the permissions that they lack, too: a
        mailbox that was made anew has its Calendar, but nobody shares it.
        """
        notes = list(self._notes)
        if settings and self._resource.kind is ResourceKind.MAILBOX:
            notes += write_settings(self._connection, self._resource.address, settings)
            notes += self._complete_permissions()
        return tuple(notes)

    def _find_or_create(self, parent_id: str, folder: Folder) -> str:
        wanted = permissions.writable(folder, self._principals)
        place = find_or_create(self._connection, parent_id, folder, wanted)
        if place.refused:
            name = "/".join(folder.path)
            self._notes.append(f"permissions of {name}: not put back. {place.refused}")
        if not place.is_new:
            self._found[place.id] = folder
        return place.id

    def _complete_permissions(self) -> Iterator[str]:
        for folder_id, folder in self._found.items():
            wanted = permissions.writable(folder, self._principals)
            if wanted is None:
                continue
            name = "/".join(folder.path) or "the mailbox itself"
            try:
                if permissions.complete(self._connection, folder, folder_id, wanted):
                    yield f"permissions of {name}: completed by those that were saved."
            except SignInEnded:
                raise
            except (OperatorError, ItemError) as error:
                yield f"permissions of {name}: not put back. {error}"

    def _root_folder(self) -> EwsFolder:
        if self._root is None:
            with told_for(self._connection, self._resource.address):
                self._root = read_root(self._connection, self._resource.kind)
        return self._root

    def _by_role(self, folder: Folder) -> str | None:
        """Find a known folder of the target; None if it has none of that role."""
        name = roots.name_of(folder.role, self._resource.kind) if folder.role else None
        if name is None:
            return None
        found = get_folders(self._connection, [Distinguished(name)])[0]
        return None if isinstance(found, EwsItemError) else found.id


def _by_way(batch: Sequence[Outgoing]) -> tuple[list[Outgoing], list[Outgoing]]:
    """Separate what goes back by upload from what is created.

    Raises:
        OperatorError: an item was saved by a way that this server knows nothing of.
    """
    exported = [each for each in batch if each.content.way == EXPORT]
    created = [each for each in batch if each.content.way == MIME]
    if len(exported) + len(created) < len(batch):
        ways = {each.content.way for each in batch} - {EXPORT, MIME}
        raise OperatorError(f"Exchange Server takes no items saved as {', '.join(sorted(ways))}.")
    return exported, created
