"""What happened in a list, page by page: a listing by numbers, or what the site's log names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from strongroom.sources.sharepoint.reading.cursors import ListCursor
from strongroom.sources.sharepoint.reading.list_items import ListItems, ReadItem
from strongroom.sources.sharepoint.reading.log import SiteLog
from strongroom.sources.sharepoint.reading.places import ListPlace
from strongroom.wire.sharepoint.changes import Token
from strongroom.wire.sharepoint.items import IDS_MAX
from strongroom.words.item import Change, Changed, ChangePage, Removed

Told = tuple[ChangePage, Sequence[ReadItem]]
"""A page, and the items in it as they were read."""


def listed(items: ListItems, token: Token, *, after: int) -> Iterator[Told]:
    """Tell all items of a list as changed.

    What happens meanwhile is in the log behind the token.

    Args:
        items: The list.
        token: The place in the log at which the listing began.
        after: The last item that was told already; 0 at the beginning.
    """
    waiting: list[ReadItem] | None = None
    for page in items.pages(after):
        if waiting is not None:
            cursor = ListCursor(token=token, after=waiting[-1].number)
            yield _page(waiting, (), cursor, is_last=False), waiting
        waiting = page
    yield _page(waiting or (), (), ListCursor(token=token), is_last=True), waiting or ()


def logged(items: ListItems, place: ListPlace, log: SiteLog, since: Token) -> Iterator[Told]:
    """Tell what the log names since a place.

    Items are read as they are now; one that is not there any more, whatever the log says of it, is
    gone. Of a folder that got another path all that lies below it is told as well: nothing is
    logged for that.

    Raises:
        CursorExpired: the log does not reach back so far.
    """
    head = log.head
    touched = log.touched(place.id, since)
    ids = sorted(touched)
    told: set[int] = set()
    for start in range(0, len(ids), IDS_MAX):
        some = ids[start : start + IDS_MAX]
        found = items.by_ids(some)
        there = {one.number for one in found}
        told |= there
        gone = [number for number in some if number not in there]
        yield _page(found, _removed(place, gone), ListCursor(token=since), is_last=False), found
        for one in found:
            if touched[one.number].is_moved and items.is_folder(one):
                for below in items.below(one):
                    new = [each for each in below if each.number not in told]
                    told |= {each.number for each in new}
                    yield _page(new, (), ListCursor(token=since), is_last=False), new
    yield _page((), (), ListCursor(token=head), is_last=True), ()


def _removed(place: ListPlace, numbers: Sequence[int]) -> list[Removed]:
    return [Removed(item_id=f"{place.id}/{number}") for number in numbers]


def _page(
    found: Sequence[ReadItem],
    removed: Sequence[Removed],
    cursor: ListCursor,
    *,
    is_last: bool,
) -> ChangePage:
    changes: list[Change] = [Changed(item=one.item) for one in found]
    return ChangePage(changes=(*changes, *removed), cursor=str(cursor), is_last=is_last)
