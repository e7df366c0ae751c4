"""What happened in a folder by Graph, page by page.

Three ways, the first that the server takes:

===============  ===============================================================================
the delta alone  it tells extended properties too; documented only for the plain list
delta and list   the delta's link is taken first, then the folder is listed: what happens
                 meanwhile is told again by the next delta; later changes are read twenty at a time
the list alone   the mailbox is full and keeps no place in its history: everything is listed
                 each time, and only what has another version is fetched
===============  ===============================================================================

Source:
    https://learn.microsoft.com/graph/api/mailboxitem-delta
    https://learn.microsoft.com/graph/api/mailfolder-delta (a full mailbox)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from strongroom.errors import CursorExpired, ItemError, StrongroomError
from strongroom.sources.exchange_online.reading.cursors import (
    FolderCursor,
    folder_cursor,
    written,
)
from strongroom.sources.exchange_online.reading.habits import Habits
from strongroom.sources.exchange_online.reading.hierarchy import FULL
from strongroom.sources.exchange_online.reading.listing import LISTED, listed
from strongroom.wire.graph.mailbox.items import (
    ItemPage,
    MailboxItem,
    changed_items,
    get_items,
    list_items,
)
from strongroom.wire.graph.mailbox.line import MailboxLine
from strongroom.wire.graph.mailbox.question import Page
from strongroom.wire.graph.refusals import GraphDenied, GraphRefused
from strongroom.words.item import Change, Changed, ChangePage, Folder, Removed

_NOT_FOUND = 404


class _NotExpanded(Exception):
    """The delta does not tell extended properties: it is to be asked another way."""


@dataclass(frozen=True, slots=True)
class FolderChanges:
    """Asks one folder.

    Attributes:
        line: The mailbox's.
        folder: Which.
        habits: What is known of the server.
        found_full: Called where the mailbox turns out to be full.
        first: Gives the first page behind a link, or of all there is (an empty one), if it was read
            with others' already.
    """

    line: MailboxLine
    folder: Folder
    habits: Habits
    found_full: Callable[[], None]
    first: Callable[[str], Page | None] = lambda _: None

    def read(self, cursor: str | None, *, is_empty: bool) -> Iterator[ChangePage]:
        """Tell what happened since the cursor; each page's cursor stands behind that page.

        Args:
            cursor: None tells all there is.
            is_empty: The folder has nothing in it by its own count: then a first listing asks
                nothing.

        Raises:
            CursorExpired: the server does not take the cursor any more.
            ItemError: the folder is not there any more.
            AccessDenied: the mailbox may not be read any more.
        """
        try:
            yield from self._read(cursor, is_empty=is_empty)
        except GraphRefused as error:
            raise ItemError(
                "Microsoft Graph does not tell what is in this folder.",
                code=error.code or f"http-{error.status}",
                why=str(error),
            ) from error

    def _read(self, cursor: str | None, *, is_empty: bool) -> Iterator[ChangePage]:
        was = FolderCursor() if cursor is None else folder_cursor(cursor)
        if was.listing:
            yield from self._list(was.listing, was.delta)
        elif was.delta:
            yield from self._delta(was.delta)
        elif cursor is not None and not was.is_empty:
            raise CursorExpired("This mailbox keeps no place in its history.")
        elif is_empty:
            empty = written(FolderCursor(is_empty=True))
            yield ChangePage(changes=(), cursor=empty, is_last=True)
        else:
            yield from self._anew()

    def _anew(self) -> Iterator[ChangePage]:
        if self.habits.expands_in_delta is not False:
            try:
                yield from self._delta("")
            except _NotExpanded:
                self.habits.expands_in_delta = False
            else:
                return
        yield from self._list("", self._drained())

    def _drained(self) -> str:
        """Take the link behind all that is there now; empty if the mailbox keeps none."""
        delta = ""
        try:
            for page in changed_items(self.line, self.folder.id, ()):
                delta = page.delta
        except GraphDenied as error:
            if error.code != FULL:
                raise
            self.found_full()
        return delta

    def _list(self, link: str, delta: str) -> Iterator[ChangePage]:
        try:
            for page in list_items(self.line, self.folder.id, LISTED, link=link):
                cursor = FolderCursor(delta=delta, listing=page.following)
                yield ChangePage(
                    changes=tuple(map(self._changed, page.items)),
                    cursor=written(cursor),
                    is_last=not page.following,
                )
        except GraphRefused as error:
            if link and error.status != _NOT_FOUND:
                raise CursorExpired("The list cannot be gone on with.", why=error.why) from error
            raise

    def _delta(self, link: str) -> Iterator[ChangePage]:
        """Tell changes by the delta; without a link, all there is.

        Raises:
            _NotExpanded: of a first listing, before anything was told.
        """
        is_first = not link
        try:
            first = self.first(link)
            for page in changed_items(self.line, self.folder.id, LISTED, link=link, first=first):
                if is_first and page.items:
                    self._look_at(page)
                    is_first = False
                gone = (Removed(item_id=one) for one in page.removed)
                yield ChangePage(
                    changes=(*self._whole(page.items), *gone),
                    cursor=written(FolderCursor(delta=page.following or page.delta)),
                    is_last=not page.following,
                )
        except GraphDenied as error:
            if error.code != FULL:
                raise
            if link:
                raise CursorExpired("The mailbox is full.", why=error.why) from error
            self.found_full()
            yield from self._list("", "")
        except GraphRefused as error:
            if error.status == _NOT_FOUND:
                raise
            if link:
                raise CursorExpired("The link is not taken.", why=error.why) from error
            raise _NotExpanded from error

    def _look_at(self, page: ItemPage) -> None:
        """Find out by the first items whether properties are told at all."""
        if not any(item.has_values for item in page.items):
            raise _NotExpanded
        self.habits.expands_in_delta = True

    def _whole(self, items: Sequence[MailboxItem]) -> Iterator[Change]:
        """Give the items, those that were told without their properties read again."""
        bare = [item.id for item in items if not item.has_values]
        again = dict(zip(bare, self._again(bare), strict=True))
        for item in items:
            found = again.get(item.id, item)
            if isinstance(found, MailboxItem):
                yield self._changed(found)
            elif isinstance(found, GraphRefused) and found.status == _NOT_FOUND:
                # It went meanwhile; the next delta says so, too.
                yield Removed(item_id=item.id)
            else:
                raise found

    def _again(self, ids: Sequence[str]) -> list[MailboxItem | StrongroomError]:
        return get_items(self.line, self.folder.id, ids, LISTED) if ids else []

    def _changed(self, item: MailboxItem) -> Changed:
        return Changed(item=listed(item, self.folder.role))
