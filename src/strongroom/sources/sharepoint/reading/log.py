"""The site's own log of changes as one backup reads it: once, for all of its lists together.

Every folder has a *mark*: the number of the last change that was logged for it. It is equal as long
as nothing happened there, whoever asks and whenever.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from strongroom.sources.sharepoint.reading.places import FILES, STRUCTURE
from strongroom.wire.sharepoint.changes import ChangeType, LoggedChange, Token, read_changes
from strongroom.wire.sharepoint.rest import RestConnection

_TREE_KINDS = frozenset(
    {
        ChangeType.ADD,
        ChangeType.DELETE,
        ChangeType.RENAME,
        ChangeType.MOVE_AWAY,
        ChangeType.MOVE_INTO,
        ChangeType.RESTORE,
    }
)
_PATH_KINDS = frozenset({ChangeType.RENAME, ChangeType.MOVE_INTO, ChangeType.RESTORE})
_LIST_KINDS = _TREE_KINDS | {ChangeType.UPDATE, ChangeType.SYSTEM_UPDATE}


@dataclass(slots=True)
class Touched:
    """An item that something happened to.

    Attributes:
        number: Of the last change.
        is_moved: It may have got another path, and, if it is a folder, all below it too.
    """

    number: int
    is_moved: bool


@dataclass(slots=True)
class Tree:
    """What happened to webs and lists themselves.

    Attributes:
        webs_moved: Webs came, went or were renamed.
        lists_of: GUIDs of the webs whose lists came, went or were changed.
    """

    webs_moved: bool = False
    lists_of: set[str] = field(default_factory=set)


class SiteLog:
    """What happened in a site collection since a place in its log. Safe in many threads.

    Args:
        rest: The connection.
        owner: Path of the collection: ``/sites/a/_api/site``.
        top: GUID of the web at the top of what is kept.
        since: From where on.
        base: The mark of whatever nothing was logged for.
        marks: Those that are known, by folder.
    """

    def __init__(
        self,
        rest: RestConnection,
        owner: str,
        *,
        top: str,
        since: Token,
        base: int,
        marks: Mapping[str, int],
    ) -> None:
        self._rest = rest
        self._owner = owner
        self._top = top
        self._start = self._head = since
        self._opened_at = since.number
        self._base = base
        self._marks = dict(marks)
        self._touched: dict[str, dict[int, Touched]] = {}
        self._tree = Tree()
        self._lock = threading.Lock()

    @property
    def head(self) -> Token:
        """The place behind everything that was read."""
        return self._head

    @property
    def base(self) -> int:
        """See the arguments."""
        return self._base

    @property
    def marks(self) -> Mapping[str, int]:
        """All marks but those that are the base."""
        return dict(self._marks)

    def catch_up(self) -> None:
        """Read what happened since the last time.

        Raises:
            CursorExpired: the log does not reach back so far.
        """
        with self._lock:
            for page in read_changes(self._rest, self._owner, self._head):
                self._take(page)
                self._head = page[-1].token

    def tree(self) -> Tree:
        """Give what happened to webs and lists since this was asked last."""
        with self._lock:
            told, self._tree = self._tree, Tree()
            return told

    def mark(self, folder_id: str, web_id: str) -> str:
        """Give a folder's mark.

        Args:
            folder_id: The folder's.
            web_id: GUID of its web: columns and content types of a web are pushed to its lists.
        """
        marks = [self._marks.get(folder_id, 0), self._base]
        if folder_id.endswith(f"/{STRUCTURE}"):
            marks.append(self._marks.get(_everywhere(web_id), 0))
        return str(max(marks))

    def is_moved(self, folder_id: str, web_id: str) -> bool:
        """Say whether a folder's mark moved since this was opened; of a new site they all did."""
        return self._base == self._opened_at or int(self.mark(folder_id, web_id)) > self._opened_at

    def is_touched(self, list_id: str) -> bool:
        """Say whether something happened to an item of a list, as far as was read."""
        return list_id in self._touched

    def touched(self, list_id: str, since: Token) -> dict[int, Touched]:
        """Give the items of a list that something happened to since a place.

        Raises:
            CursorExpired: the log does not reach back so far.
        """
        with self._lock:
            if since.number < self._start.number:
                self._reach_back(since)
            some = self._touched.get(list_id, {})
            return {one: item for one, item in some.items() if item.number > since.number}

    def _reach_back(self, since: Token) -> None:
        """Read what lies before the beginning: a folder that could not be read the last time."""
        for page in read_changes(self._rest, self._owner, since):
            older = [one for one in page if one.token.number <= self._start.number]
            self._note_items(older)
            if len(older) < len(page):
                break
        self._start = since

    def _take(self, page: Iterable[LoggedChange]) -> None:
        entries = list(page)
        self._note_items(entries)
        for one in entries:
            for key in _keys(one, self._top):
                self._marks[key] = max(one.token.number, self._marks.get(key, 0))
            if one.what == "web" and one.kind in _TREE_KINDS:
                self._tree.webs_moved = True
            if one.what == "list" and one.kind in _LIST_KINDS and one.web_id:
                self._tree.lists_of.add(one.web_id)

    def _note_items(self, entries: Iterable[LoggedChange]) -> None:
        for one in entries:
            if one.what != "item" or not one.list_id:
                continue
            items = self._touched.setdefault(one.list_id, {})
            before = items.get(one.item_id)
            is_moved = one.kind in _PATH_KINDS or (before is not None and before.is_moved)
            number = max(one.token.number, before.number if before else 0)
            items[one.item_id] = Touched(number, is_moved)


def _keys(one: LoggedChange, top: str) -> Iterable[str]:
    """Say whose marks an entry moves."""
    match one.what:
        case "item":
            yield one.list_id
        case "list" | "view" if one.list_id:
            yield f"{one.list_id}/{STRUCTURE}"
            if one.kind in _TREE_KINDS:
                yield one.list_id
        case "field" | "content-type" if one.list_id:
            yield f"{one.list_id}/{STRUCTURE}"
        case "field" | "content-type":
            # It is not said whether the web's own is meant or one of its lists'.
            yield _everywhere(one.web_id or top)
        case "file":
            yield f"{one.web_id or top}/{FILES}"
        case "web" if one.web_id:
            yield f"{one.web_id}/{STRUCTURE}"
        case _:
            yield f"{top}/{STRUCTURE}"


def _everywhere(web_id: str) -> str:
    return f"{web_id}/*"
