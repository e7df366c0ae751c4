"""What the sets are called that columns take their terms from.

A column says them by ids, which mean nothing in another tenant or farm. Names are read once for
each set, and only if the columns of a web or list are read at all.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable

from strongroom.sources.sharepoint.reading.columns import TERMS
from strongroom.sources.sharepoint.writing.schema_xml import term_set_in
from strongroom.wire.sharepoint.rest import RestConnection
from strongroom.wire.sharepoint.rows import Row, text
from strongroom.wire.sharepoint.taxonomy import TermSet, term_sets

KEY = "TermSet"
"""Under this name the definition of a column says it."""


class TermSets:
    """The sets of terms that columns of one site collection name. Safe in many threads.

    Args:
        rest: The connection.
        web: Path of the collection's root.
    """

    def __init__(self, rest: RestConnection, web: str) -> None:
        self._rest = rest
        self._web = web
        self._lock = threading.Lock()
        self._known: dict[str, TermSet | None] = {}
        self._is_told = True

    def name(self, fields: Iterable[Row]) -> None:
        """Write into the definitions of columns what their sets are called."""
        with_sets = [
            (row, bound.set_id)
            for row in fields
            if text(row, "TypeAsString") in TERMS
            for bound in (term_set_in(text(row, "SchemaXml")),)
            if bound is not None
        ]
        known = self._names({set_id for _, set_id in with_sets})
        for row, set_id in with_sets:
            if one := known.get(set_id):
                named = {"name": one.name, "group": one.group, "is_of_site": one.is_of_site}
                row[KEY] = {"id": set_id, **named}

    def _names(self, ids: set[str]) -> dict[str, TermSet | None]:
        with self._lock:
            wanted = ids - self._known.keys()
            if wanted and self._is_told:
                found = term_sets(self._rest, self._web, wanted)
                # Who may not look at the store is not asked again: ids are kept all the same.
                self._is_told = found is not None
                self._known |= {one: (found or {}).get(one) for one in wanted}
            return self._known
