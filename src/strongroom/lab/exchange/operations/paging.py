"""Which part of a list a request wants, and how the answer says so."""

from __future__ import annotations

from dataclasses import dataclass

from strongroom.lab.exchange.errors import EwsError
from strongroom.lab.exchange.xml import Element, find

_ENTRIES_MAX = 1000
"""The server's own limit of a page; a larger wish is cut to it without a word.

Source: https://learn.microsoft.com/exchange/client-developer/exchange-web-services/ews-throttling-in-exchange
"""


@dataclass(frozen=True, slots=True)
class Page:
    """Some entries of a list: from ``start`` up to ``end`` of ``total``."""

    start: int
    end: int
    total: int
    is_last: bool
    next_offset: int

    @classmethod
    def of(cls, request: Element, total: int) -> Page:
        """Read the paging of a FindItem or FindFolder request.

        Raises:
            EwsError: ErrorInvalidIndexedPagingParameters, ErrorInvalidOperation.
        """
        view = find(request, "m:IndexedPageItemView")
        if view is None:
            view = find(request, "m:IndexedPageFolderView")
        fraction = find(request, "m:FractionalPageItemView")
        if fraction is None:
            fraction = find(request, "m:FractionalPageFolderView")
        if fraction is not None:
            return cls._fractional(fraction, total)
        if view is None:
            return cls(0, min(total, _ENTRIES_MAX), total, total <= _ENTRIES_MAX, total)
        offset = int(view.get("Offset", "0"))
        count = min(int(view.get("MaxEntriesReturned", str(_ENTRIES_MAX))), _ENTRIES_MAX)
        if offset < 0 or count <= 0:
            raise EwsError("ErrorInvalidIndexedPagingParameters")
        if view.get("BasePoint") == "End":
            end = max(total - offset, 0)
            start = max(end - count, 0)
            return cls(start, end, total, start == 0, total - start)
        start = min(offset, total)
        end = min(start + count, total)
        return cls(start, end, total, end == total, end)

    @classmethod
    def _fractional(cls, view: Element, total: int) -> Page:
        numerator = int(view.get("Numerator", "0"))
        denominator = int(view.get("Denominator", "1"))
        if denominator <= 0 or not 0 <= numerator <= denominator:
            raise EwsError("ErrorInvalidFractionalPagingParameters")
        count = min(int(view.get("MaxEntriesReturned", str(_ENTRIES_MAX))), _ENTRIES_MAX)
        start = total * numerator // denominator
        end = min(start + count, total)
        return cls(start, end, total, end == total, end)

    def attributes(self) -> str:
        """Write the attributes of the answer's RootFolder."""
        last = "true" if self.is_last else "false"
        return (
            f'IndexedPagingOffset="{self.next_offset}" TotalItemsInView="{self.total}"'
            f' IncludesLastItemInRange="{last}"'
        )
