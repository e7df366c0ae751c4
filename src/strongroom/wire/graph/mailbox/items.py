"""Items of a folder: all there are, what changed, some of them again.

Source:
    https://learn.microsoft.com/graph/api/mailboxfolder-list-items
    https://learn.microsoft.com/graph/api/mailboxitem-delta
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from urllib.parse import quote

from strongroom.errors import StrongroomError, TransientError
from strongroom.wire.graph.answers import Row, text_of
from strongroom.wire.graph.mailbox.batch import Asked, ask_all
from strongroom.wire.graph.mailbox.ids import as_kept, for_graph
from strongroom.wire.graph.mailbox.line import MailboxLine
from strongroom.wire.graph.mailbox.properties import (
    Property,
    Values,
    expand,
    has_values,
    read_time,
    values_of,
)
from strongroom.wire.graph.mailbox.question import Page, page_of

AT_ONCE = 999
"""Of each page. Rows with their properties have some two kilobytes."""

_CATEGORIES_MAX = 256
_REMOVED = "@removed"


@dataclass(frozen=True, slots=True, kw_only=True)
class MailboxItem:
    """An item, as Graph tells it.

    Attributes:
        id: As it is kept (see ``ids``).
        change_key: The server's version of it, as EWS writes it.
        type: Message class.
        created, modified: Aware, UTC; None: not told.
        size: In bytes; 0: not told.
        categories: Names.
        values: Extended properties.
        has_values: They were told, be it none of those that were asked for.
    """

    id: str
    change_key: str
    type: str
    created: datetime | None
    modified: datetime | None
    size: int
    categories: tuple[str, ...]
    values: Values
    has_values: bool


@dataclass(frozen=True, slots=True)
class ItemPage:
    """One page of what is in a folder, or of what changed there.

    Attributes:
        items: What is there; the same item may come twice, then the later one holds.
        removed: Ids of what is not there any more, as they are kept.
        following: Link to the next page; empty on the last one.
        delta: Link behind all pages of changes; empty elsewhere.
    """

    items: tuple[MailboxItem, ...]
    removed: tuple[str, ...] = ()
    following: str = ""
    delta: str = ""


def list_items(
    line: MailboxLine, folder_id: str, properties: Sequence[Property], *, link: str = ""
) -> Iterator[ItemPage]:
    """List what is in a folder, the oldest first, so that what comes in meanwhile comes last.

    Args:
        line: The mailbox's.
        folder_id: As it is kept.
        properties: Extended properties to read.
        link: Where to go on.

    Raises:
        GraphRefused: there is no such folder.
    """
    query = {
        **({"$expand": expand(properties)} if properties else {}),
        "$orderby": "createdDateTime",
        "$top": str(AT_ONCE),
    }
    yield from _pages(line, f"{_path(line, folder_id)}/items", query, link)


def changed_items(
    line: MailboxLine,
    folder_id: str,
    properties: Sequence[Property],
    *,
    link: str = "",
    first: Page | None = None,
) -> Iterator[ItemPage]:
    """Tell what changed in a folder since a link was given; without one, all there is.

    Args:
        line: The mailbox's.
        folder_id: As it is kept.
        properties: Extended properties to read; none: only what every answer tells.
        link: As an earlier answer gave it.
        first: The first page, if it was read already.

    Raises:
        CursorExpired: the link is not taken any more.
        GraphDenied: ``ErrorQuotaExceeded``: the mailbox is full and keeps no place in its history.
        GraphRefused: there is no such folder.
    """
    query = {"$expand": expand(properties)} if properties else {}
    yield from _pages(line, f"{_path(line, folder_id)}/items/delta", query, link, first)


def first_changes(
    line: MailboxLine, asked: Sequence[tuple[str, str]], properties: Sequence[Property]
) -> Iterator[Page | StrongroomError]:
    """Read the first pages of what changed in several folders.

    Args:
        line: The mailbox's.
        asked: For each folder its id, and the link to go on by; an empty one: all there is.
        properties: Extended properties to read, where there is no link.

    Yields:
        For each of them the page, or Graph's no.
    """
    prefer = (f"odata.maxpagesize={AT_ONCE}",)
    query = {"$expand": expand(properties)} if properties else {}
    questions = [
        Asked.by_link(line, link, prefer=prefer)
        if link
        else Asked(f"{_path(line, folder_id)}/items/delta", query, prefer=prefer)
        for folder_id, link in asked
    ]
    for answer in ask_all(line, questions):
        yield answer if isinstance(answer, StrongroomError) else page_of(answer)


def get_items(
    line: MailboxLine, folder_id: str, ids: Sequence[str], properties: Sequence[Property]
) -> list[MailboxItem | StrongroomError]:
    """Read some items again, in order; for each the item or Graph's no."""
    query = {"$expand": expand(properties)}
    asked = [
        Asked(f"{_path(line, folder_id)}/items/{quote(for_graph(one), safe='')}", query)
        for one in ids
    ]
    return [
        answer if isinstance(answer, StrongroomError) else item_of(answer)
        for answer in ask_all(line, asked)
    ]


def count_items(line: MailboxLine, folder_id: str) -> int | None:
    """Say how many items a folder lists; None: Graph does not say.

    Raises:
        GraphRefused: there is no such folder.
    """
    query = {"$top": "1", "$select": "id", "$count": "true"}
    told = line.get(f"{_path(line, folder_id)}/items", query).get("@odata.count")
    return told if isinstance(told, int) and told >= 0 else None


def item_of(row: Row) -> MailboxItem:
    """Read an item.

    Raises:
        TransientError: it has no id, or nothing tells its version.
    """
    size, categories = row.get("size"), row.get("categories")
    return MailboxItem(
        id=_id(row),
        change_key=_version(row),
        type=text_of(row, "type"),
        created=read_time(row.get("createdDateTime")),
        modified=read_time(row.get("lastModifiedDateTime")),
        size=_size(size),
        categories=tuple(
            one
            for one in (categories if isinstance(categories, list) else [])[:_CATEGORIES_MAX]
            if isinstance(one, str)
        ),
        values=values_of(row),
        has_values=has_values(row),
    )


def _pages(
    line: MailboxLine, path: str, query: dict[str, str], link: str, first: Page | None = None
) -> Iterator[ItemPage]:
    before: dict[str, Row] = {}
    following: Iterator[Page] = line.pages(path, query, at_once=AT_ONCE, link=link)
    if first is not None:
        more = line.pages(path, query, at_once=AT_ONCE, link=first.following)
        following = chain([first], more if first.following else ())
    for page in following:
        # The same entity may come twice: on one page the later one holds, and what the page before
        # told in just the same way is no news.
        last: dict[str, Row] = {_id(row): row for row in page.rows}
        news = {one: row for one, row in last.items() if before.get(one) != row}
        yield ItemPage(
            items=tuple(item_of(row) for row in news.values() if _REMOVED not in row),
            removed=tuple(one for one, row in news.items() if _REMOVED in row),
            following=page.following,
            delta=page.delta,
        )
        before = last or before


def _id(row: Row) -> str:
    found = row.get("id")
    if not isinstance(found, str) or not found:
        raise TransientError("Microsoft Graph told of an item without an id.")
    return as_kept(found)


def _version(row: Row) -> str:
    """Read its version: two that are not told are not the same one."""
    key = text_of(row, "changeKey")
    found = as_kept(key) or text_of(row, "@odata.etag") or text_of(row, "lastModifiedDateTime")
    if not found:
        raise TransientError("Microsoft Graph told of an item without its version.")
    return found


def _size(told: object) -> int:
    """Read a size; 64-bit numbers may come as text."""
    if isinstance(told, str) and told.isdecimal() and len(told) < 19:
        return int(told)
    return max(told, 0) if isinstance(told, int) else 0


def _path(line: MailboxLine, folder_id: str) -> str:
    return f"{line.path}/folders/{quote(for_graph(folder_id), safe='')}"
