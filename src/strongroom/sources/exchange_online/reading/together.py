"""The first pages of changes of several folders, read in one request.

Where nothing tells that a folder is unchanged, every folder has to be asked, and so it is the first
time; then twenty of them cost one request, and are asked only as far ahead as one request goes.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import NamedTuple

from strongroom.errors import CursorExpired, StrongroomError
from strongroom.sources.exchange_online.reading.cursors import folder_cursor
from strongroom.sources.exchange_online.reading.habits import Habits
from strongroom.sources.exchange_online.reading.listing import LISTED
from strongroom.wire.graph.mailbox.batch import QUESTIONS_MAX
from strongroom.wire.graph.mailbox.items import first_changes
from strongroom.wire.graph.mailbox.line import MailboxLine
from strongroom.wire.graph.mailbox.question import Page


class Together:
    """Asks ahead. Safe in many threads.

    Args:
        line: The mailbox's.
        habits: What is known of the server.
    """

    def __init__(self, line: MailboxLine, habits: Habits) -> None:
        self._line = line
        self._habits = habits
        self._lock = threading.Lock()
        self._waiting: list[_Asked] = []
        self._ready: dict[_Asked, Page | StrongroomError] = {}

    def prepare(self, asked: Sequence[tuple[str, str | None]]) -> None:
        """Hear which folders will be asked from which cursors (None: all there is), in order."""
        with self._lock:
            links = ((folder_id, _link(cursor)) for folder_id, cursor in asked)
            self._waiting = [_Asked(id_, link) for id_, link in links if link is not None]
            self._ready = {}

    def first(self, folder_id: str, link: str) -> Page | None:
        """Give the first page behind a link; None: ask for it alone.

        Args:
            folder_id: Of which folder.
            link: Empty: of all there is.

        Raises:
            StrongroomError: Graph's no to that.
        """
        wanted = _Asked(folder_id, link)
        with self._lock:
            if wanted not in self._ready and wanted in self._waiting:
                self._ask_from(self._waiting.index(wanted))
            found = self._ready.pop(wanted, None)
        if isinstance(found, StrongroomError):
            raise found
        return found

    def _ask_from(self, at: int) -> None:
        some = self._waiting[at : at + QUESTIONS_MAX]
        self._waiting = self._waiting[at + QUESTIONS_MAX :]
        if self._habits.expands_in_delta is False:
            some = [one for one in some if one.link]
        if len(some) > 1:
            pages = first_changes(self._line, some, LISTED)
            self._ready = dict(zip(some, pages, strict=True))


class _Asked(NamedTuple):
    """A folder, and the link to go on by; empty: all there is in it."""

    folder_id: str
    link: str


def _link(cursor: str | None) -> str | None:
    """Read the link that a cursor would be gone on from with; None: by none, or not at once."""
    if cursor is None:
        return ""
    try:
        found = folder_cursor(cursor)
    except CursorExpired:
        return None
    return None if found.listing else found.delta or None
