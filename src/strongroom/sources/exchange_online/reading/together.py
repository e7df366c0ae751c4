"""The first pages of changes of several folders, read in one request.

Where nothing tells that a folder is unchanged, every folder has to be asked; then twenty of them
cost one request, and are asked only as far ahead as one request goes.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence

from strongroom.errors import CursorExpired, StrongroomError
from strongroom.sources.exchange_online.reading.cursors import folder_cursor
from strongroom.wire.graph.mailbox.batch import QUESTIONS_MAX
from strongroom.wire.graph.mailbox.items import first_changes
from strongroom.wire.graph.mailbox.line import MailboxLine
from strongroom.wire.graph.mailbox.question import Page


class Together:
    """Asks ahead. Safe in many threads.

    Args:
        line: The mailbox's.
    """

    def __init__(self, line: MailboxLine) -> None:
        self._line = line
        self._lock = threading.Lock()
        self._links: list[str] = []
        self._ready: dict[str, Page | StrongroomError] = {}

    def prepare(self, cursors: Sequence[str | None]) -> None:
        """Hear from which cursors will be asked, in order."""
        with self._lock:
            self._links = [link for one in cursors if (link := _link(one))]
            self._ready = {}

    def first(self, link: str) -> Page | None:
        """Give the first page behind a link; None: ask for it alone.

        Raises:
            StrongroomError: Graph's no to that link.
        """
        with self._lock:
            if link not in self._ready and link in self._links:
                at = self._links.index(link)
                some = self._links[at : at + QUESTIONS_MAX]
                self._links = self._links[at + QUESTIONS_MAX :]
                if len(some) > 1:
                    pages = first_changes(self._line, some)
                    self._ready = dict(zip(some, pages, strict=True))
            found = self._ready.pop(link, None)
        if isinstance(found, StrongroomError):
            raise found
        return found


def _link(cursor: str | None) -> str:
    """Read the link that a cursor would be gone on from with; empty if by none."""
    if cursor is None:
        return ""
    try:
        found = folder_cursor(cursor)
    except CursorExpired:
        return ""
    return "" if found.listing else found.delta
