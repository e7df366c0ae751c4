"""Folders of a mailbox: one, those below one, what changed among all.

Source:
    https://learn.microsoft.com/graph/api/exchangesettings-list-mailboxfolders
    https://learn.microsoft.com/graph/api/mailboxfolder-delta
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from strongroom.errors import StrongroomError, TransientError
from strongroom.wire.graph.answers import Row, text_of
from strongroom.wire.graph.mailbox.batch import Asked, ask_all
from strongroom.wire.graph.mailbox.ids import as_kept, for_graph
from strongroom.wire.graph.mailbox.line import MailboxLine
from strongroom.wire.graph.mailbox.properties import Property, Values, expand, values_of
from strongroom.wire.graph.mailbox.question import Page, page_of

AT_ONCE = 999
"""The most that Graph gives on one page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailboxFolder:
    """A folder, as Graph tells it.

    Attributes:
        id, parent_id: As they are kept (see ``ids``).
        name: Display name. Untrusted text.
        type: Container class (``IPF.Note``).
        well_known: Microsoft's name of a folder that every mailbox has, in small letters; or empty.
        child_count, item_count: As Graph counts them; None: it does not say.
        values: Extended properties.
    """

    id: str
    parent_id: str
    name: str
    type: str
    well_known: str
    child_count: int | None
    item_count: int | None
    values: Values


def get_folder(
    line: MailboxLine, folder: str, properties: Sequence[Property] = ()
) -> MailboxFolder:
    """Read one folder.

    Args:
        line: The mailbox's.
        folder: Its id as it is kept, or its well-known name.
        properties: Extended properties to read.

    Raises:
        GraphRefused: there is none.
    """
    return folder_of(line.get(_path(line, folder), _query(properties)))


def get_each(
    line: MailboxLine, folders: Sequence[str], properties: Sequence[Property] = ()
) -> list[MailboxFolder | StrongroomError]:
    """Read several, by ids or well-known names, in order; for each the folder or Graph's no."""
    asked = [Asked(_path(line, one), _query(properties)) for one in folders]
    return [
        answer if isinstance(answer, StrongroomError) else folder_of(answer)
        for answer in ask_all(line, asked)
    ]


def read_below(
    line: MailboxLine,
    singles: Sequence[str],
    parents: Sequence[str],
    properties: Sequence[Property],
) -> list[tuple[str, list[MailboxFolder] | StrongroomError]]:
    """Read some folders, and all right below some others, twenty such questions in one request.

    Args:
        line: The mailbox's.
        singles: Ids or well-known names.
        parents: Ids or well-known names; an empty one: the root that people see.
        properties: Extended properties to read.

    Returns:
        For each of the singles, then for each of the parents, its folders or Graph's no.
    """
    query = _query(properties)
    asked = [Asked(_path(line, one), query) for one in singles]
    for one in parents:
        path = f"{_path(line, one)}/childFolders" if one else f"{line.path}/folders"
        asked.append(Asked(path, {**query, "$top": str(AT_ONCE)}))
    found: list[tuple[str, list[MailboxFolder] | StrongroomError]] = []
    for name, answer in zip((*singles, *parents), ask_all(line, asked), strict=True):
        if isinstance(answer, StrongroomError):
            found.append((name, answer))
        else:
            is_single = len(found) < len(singles)
            found.append((name, [folder_of(answer)] if is_single else _whole(line, answer)))
    return found


def changed_folders(line: MailboxLine, parent: str, link: str) -> Iterator[Page]:
    """Tell what changed among the folders since a link was given; without one, all there are.

    Args:
        line: The mailbox's.
        parent: Below which folder; empty: below the root that people see.
        link: As an earlier answer gave it; or empty.

    Raises:
        CursorExpired: the link is not taken any more.
        GraphDenied: ``ErrorQuotaExceeded``: the mailbox is full and keeps no place in its history.
    """
    path = f"{_path(line, parent)}/childFolders" if parent else f"{line.path}/folders"
    yield from line.pages(f"{path}/delta", {}, at_once=AT_ONCE, link=link)


def folder_of(row: Row) -> MailboxFolder:
    """Read a folder.

    Raises:
        TransientError: it has no id.
    """
    folder_id = row.get("id")
    parent_id = row.get("parentFolderId")
    if not isinstance(folder_id, str) or not folder_id:
        raise TransientError("Microsoft Graph told of a folder without an id.")
    return MailboxFolder(
        id=as_kept(folder_id),
        parent_id=as_kept(parent_id) if isinstance(parent_id, str) else "",
        name=text_of(row, "displayName"),
        type=text_of(row, "type"),
        well_known=text_of(row, "wellKnownName").lower(),
        child_count=_count(row, "childFolderCount"),
        item_count=_count(row, "totalItemCount"),
        values=values_of(row),
    )


def _whole(line: MailboxLine, answer: Row) -> list[MailboxFolder]:
    """Read a list that may go on behind its first page."""
    page = page_of(answer)
    found = [folder_of(row) for row in page.rows]
    if page.following:
        below = f"{line.path}/folders"
        for more in line.pages(below, {}, at_once=AT_ONCE, link=page.following):
            found += map(folder_of, more.rows)
    return found


def _path(line: MailboxLine, folder: str) -> str:
    return f"{line.path}/folders/{quote(for_graph(folder), safe='')}"


def _query(properties: Sequence[Property]) -> dict[str, str]:
    return {"$expand": expand(properties)} if properties else {}


def _count(row: Row, name: str) -> int | None:
    value = row.get(name)
    return value if isinstance(value, int) and value >= 0 else None
