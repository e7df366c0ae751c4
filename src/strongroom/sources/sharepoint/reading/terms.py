"""What terms are called, where an item tells only the number that the site knows them by.

Of a column that holds one term the server tells the number of the site's own list of terms in the
place of the label. That list is hidden, and says both.

Source:
    https://github.com/SharePoint/sp-dev-docs/issues/1298
    https://github.com/pnp/pnpcore (recorded: ``"Label": "1"``)
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping

from strongroom.sources.sharepoint.reading.columns import TERMS, ListColumns
from strongroom.wire.sharepoint.items import Columns, page
from strongroom.wire.sharepoint.rest import RestConnection
from strongroom.wire.sharepoint.rest_refusals import SiteDenied, SiteRefused
from strongroom.wire.sharepoint.rows import Row, number, text

LIST_URL = "/Lists/TaxonomyHiddenList"
_COLUMNS = Columns(select=("ID", "Title", "IdForTerm"))
_PAGE = 5000


class Terms:
    """The terms that one site collection uses, read once if at all. Safe in many threads.

    Args:
        rest: The connection.
        web: Path of the collection's root.
        list_id: GUID of the hidden list; empty: the site has none.
    """

    def __init__(self, rest: RestConnection, web: str, list_id: str) -> None:
        self._rest = rest
        self._web = web
        self._list_id = list_id
        self._lock = threading.Lock()
        self._labels: Mapping[int, str] | None = None

    def name(self, rows: Iterable[Row], columns: ListColumns) -> None:
        """Put the labels of terms where only their numbers are told."""
        named = [one.told_as for one in columns.columns if one.type in TERMS]
        for row in rows:
            for one in _terms(row, named):
                wss_id = number(one, "WssId")
                if wss_id > 0 and text(one, "Label") == str(wss_id):
                    one["Label"] = self._known().get(wss_id, text(one, "Label"))

    def _known(self) -> Mapping[int, str]:
        with self._lock:
            if self._labels is None:
                self._labels = dict(self._read()) if self._list_id else {}
            return self._labels

    def _read(self) -> Iterator[tuple[int, str]]:
        question = page(self._web, self._list_id, _COLUMNS, after=0, count=_PAGE)
        try:
            for rows in self._rest.rows(question.target, Row, first=question):
                for row in rows:
                    yield number(row, "Id") or number(row, "ID"), text(row, "Title")
        except (SiteRefused, SiteDenied):
            # It is hidden, and may be hidden from us: the GUID says which term is meant.
            return


def _terms(row: Row, names: Iterable[str]) -> Iterator[Row]:
    for name in names:
        told = row.get(name)
        yield from (
            one for one in (told if isinstance(told, list) else [told]) if isinstance(one, dict)
        )
