"""FindFolder: list the folders below one.

The only way through public folders, level by level, and a check on SyncFolderHierarchy elsewhere.

Source:
    https://learn.microsoft.com/exchange/client-developer/web-service-reference/findfolder-operation
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from strongroom.errors import TransientError
from strongroom.wire.ews.answers import Answer
from strongroom.wire.ews.connection import EwsConnection
from strongroom.wire.ews.ids import FolderRef, folder_ids
from strongroom.wire.ews.operation import Operation
from strongroom.wire.ews.shapes import ID_ONLY, Shape, folder_shape
from strongroom.wire.ews.things import EwsFolder, read_folder
from strongroom.wire.ews.xml import M, T

PAGE_FOLDERS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderPage:
    """Some of the folders found.

    Attributes:
        folders: In the server's order.
        total: How many there are in all; None if the server does not say.
        next_offset: Where the next page begins.
        is_last: Nothing comes after this page.
    """

    folders: tuple[EwsFolder, ...]
    total: int | None
    next_offset: int
    is_last: bool


def find_folders(
    connection: EwsConnection,
    parent: FolderRef,
    shape: Shape = ID_ONLY,
    *,
    traversal: str = "Shallow",
    page_folders: int = PAGE_FOLDERS,
) -> Iterator[EwsFolder]:
    """List folders, a page at a time.

    Args:
        connection: The mailbox's.
        parent: Below which folder.
        shape: What to tell of each.
        traversal: ``Shallow`` (children), ``Deep`` (all below; not in public folders) or
            ``SoftDeleted``.
        page_folders: Folders per request, at most 1,000.

    Raises:
        StrongroomError: as ``EwsConnection.read``.
    """
    offset = 0
    while True:
        page = connection.read(
            operation(
                parent,
                shape,
                traversal=traversal,
                offset=offset,
                page_folders=page_folders,
                mailbox=connection.delegate_mailbox,
            )
        )
        yield from page.folders
        if page.is_last:
            return
        if page.next_offset <= offset:
            raise TransientError("The server's list of folders does not get on.")
        offset = page.next_offset


def operation(
    parent: FolderRef,
    shape: Shape,
    *,
    traversal: str,
    offset: int,
    page_folders: int,
    mailbox: str | None,
) -> Operation[FolderPage]:
    """Build the request for one page."""
    return Operation(
        name="FindFolder",
        body=(
            f'<m:FindFolder Traversal="{traversal}">{folder_shape(shape)}'
            f'<m:IndexedPageFolderView MaxEntriesReturned="{page_folders}" Offset="{offset}"'
            f' BasePoint="Beginning"/><m:ParentFolderIds>{folder_ids([parent], mailbox)}'
            "</m:ParentFolderIds></m:FindFolder>"
        ),
        parse=lambda answer: parse(answer, offset),
    )


def parse(answer: Answer, offset: int = 0) -> FolderPage:
    """Read one page; an answer without RootFolder is an empty last one (seen in the wild)."""
    return answer.one(lambda message: _page(message, offset))


def _page(message: etree._Element, offset: int) -> FolderPage:
    root = message.find(f"{M}RootFolder")
    if root is None:
        return FolderPage(folders=(), total=0, next_offset=offset, is_last=True)
    group = root.find(f"{T}Folders")
    folders = () if group is None else tuple(read_folder(child) for child in group)
    total, told = root.get("TotalItemsInView", ""), root.get("IndexedPagingOffset", "")
    return FolderPage(
        folders=folders,
        total=int(total) if total.isdecimal() else None,
        next_offset=int(told) if told.isdecimal() else offset + len(folders),
        is_last=root.get("IncludesLastItemInRange", "true") in {"true", "1"},
    )
