"""FindItem: list the items of a folder as it stands.

Source:
    https://learn.microsoft.com/exchange/client-developer/web-service-reference/finditem-operation
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from strongroom.errors import TransientError
from strongroom.wire.ews.answers import Answer
from strongroom.wire.ews.connection import EwsConnection
from strongroom.wire.ews.ids import FolderRef, folder_ids
from strongroom.wire.ews.listed_item import ListedItem, read_listed
from strongroom.wire.ews.operation import Operation
from strongroom.wire.ews.shapes import ID_ONLY, Shape, field_uri, item_shape
from strongroom.wire.ews.xml import M, T

PAGE_ITEMS = 1000
"""More are cut off by the server in silence; with a condition it gives 250."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemPage:
    """Some of the items found.

    Attributes:
        items: In the order asked for.
        total: How many there are in all; None if the server does not say.
        next_offset: Where the next page begins.
        is_last: Nothing comes after this page.
    """

    items: tuple[ListedItem, ...]
    total: int | None
    next_offset: int
    is_last: bool


def find_items(
    connection: EwsConnection,
    folder: FolderRef,
    shape: Shape = ID_ONLY,
    *,
    traversal: str = "Shallow",
    condition: str = "",
    sort_by: str = "item:DateTimeReceived",
    page_items: int = PAGE_ITEMS,
) -> Iterator[ListedItem]:
    """List items, a page at a time. Strings may come cut to 255 characters.

    Args:
        connection: The mailbox's.
        folder: Which.
        shape: What to tell of each; never MIME content or full recipients.
        traversal: ``Shallow``, ``Associated`` (hidden items) or ``SoftDeleted``.
        condition: From ``wire.ews.search``, or empty for all.
        sort_by: A fixed order keeps pages from overlapping while mail arrives.
        page_items: Items per request, at most 1,000.

    Raises:
        StrongroomError: as ``EwsConnection.read``.
    """
    offset = 0
    while True:
        page = connection.read(
            operation(
                folder,
                shape,
                traversal=traversal,
                condition=condition,
                sort_by=sort_by,
                view=(offset, page_items),
                mailbox=connection.delegate_mailbox,
            )
        )
        yield from page.items
        if page.is_last:
            return
        if page.next_offset <= offset:
            raise TransientError("The server's list of items does not get on.")
        offset = page.next_offset


def operation(
    folder: FolderRef,
    shape: Shape,
    *,
    traversal: str,
    condition: str,
    sort_by: str,
    view: tuple[int, int],
    mailbox: str | None,
) -> Operation[ItemPage]:
    """Build the request for one page; ``view`` is its offset and its most items."""
    offset, page_items = view
    where = f"<m:Restriction>{condition}</m:Restriction>" if condition else ""
    return Operation(
        name="FindItem",
        body=(
            f'<m:FindItem Traversal="{traversal}">{item_shape(shape)}'
            f'<m:IndexedPageItemView MaxEntriesReturned="{page_items}" Offset="{offset}"'
            f' BasePoint="Beginning"/>{where}<m:SortOrder><t:FieldOrder Order="Ascending">'
            f"{field_uri(sort_by)}</t:FieldOrder></m:SortOrder><m:ParentFolderIds>"
            f"{folder_ids([folder], mailbox)}</m:ParentFolderIds></m:FindItem>"
        ),
        parse=lambda answer: parse(answer, offset),
    )


def parse(answer: Answer, offset: int = 0) -> ItemPage:
    """Read one page; an answer without RootFolder is an empty last one."""
    return answer.one(lambda message: _page(message, offset))


def _page(message: etree._Element, offset: int) -> ItemPage:
    root = message.find(f"{M}RootFolder")
    if root is None:
        return ItemPage(items=(), total=0, next_offset=offset, is_last=True)
    group = root.find(f"{T}Items")
    items = () if group is None else tuple(read_listed(child) for child in group)
    total, told = root.get("TotalItemsInView", ""), root.get("IndexedPagingOffset", "")
    return ItemPage(
        items=items,
        total=int(total) if total.isdecimal() else None,
        next_offset=int(told) if told.isdecimal() else offset + len(items),
        is_last=root.get("IncludesLastItemInRange", "true") in {"true", "1"},
    )
