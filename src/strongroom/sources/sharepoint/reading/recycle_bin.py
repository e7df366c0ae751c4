"""What lies in the recycle bin, where a job asks for it.

Kept is the list of it, and nothing of what the entries held: a server gives that out to nobody
before it is restored, and we restore nothing.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator, Mapping
from itertools import chain, islice
from typing import Any

import orjson

from strongroom.sources.sharepoint.reading.definitions import Definition, principal
from strongroom.wire.sharepoint.recycle_bin import entries
from strongroom.wire.sharepoint.rest import RestConnection
from strongroom.wire.sharepoint.rest_refusals import SiteDenied, SiteRefused
from strongroom.wire.sharepoint.rows import Row, guid, number, text, within
from strongroom.words.json import Json

RECYCLED = "recycle-bin"
ENTRIES_MAX = 50_000
_KINDS: Mapping[int, str] = {
    1: "file",
    2: "version of a file",
    3: "item",
    4: "list",
    5: "folder",
    6: "folder with lists",
    7: "attachment",
    8: "version of an item",
    9: "several",
    10: "web",
}
_STAGES = {1: "people's", 2: "administrators'"}
_NO_CONTENT = "only the server has it, and gives it out once it is restored there"


class RecycleBin:
    """The bin of a site, read once for each look at how the site stands. Safe in many threads.

    Args:
        rest: The connection.
        top: Path of the web at the top of what is kept: what lay below it is told.
    """

    def __init__(self, rest: RestConnection, top: str) -> None:
        self._rest = rest
        self._top = top
        self._lock = threading.Lock()
        self._found: tuple[Definition, ...] | None = None
        self._is_fresh = False
        self._why_not = ""

    def look(self) -> str:
        """Read it anew, and give what is equal for as long as nothing comes in or goes out."""
        with self._lock:
            if self._found is None or not self._is_fresh:
                self._found = tuple(self._read())
            self._is_fresh = False
            told = [one.document for one in self._found]
            written = orjson.dumps(told, option=orjson.OPT_SORT_KEYS)
        return hashlib.sha256(written).hexdigest()[:16]

    def told(self) -> tuple[Definition, ...]:
        """Give what was there when it was looked at last."""
        with self._lock:
            if self._found is None:
                self._found = tuple(self._read())
                # Whoever asks how things stand next need not ask once more.
                self._is_fresh = True
            return self._found

    def trouble(self) -> str:
        """Say why the bin is not told, or not all of it; empty if it is."""
        self.told()
        return self._why_not

    def _read(self) -> Iterator[Definition]:
        self._why_not = ""
        question = entries(self._top)
        pages = self._rest.rows(question.target, dict[str, Any], first=question)
        try:
            rows = list(islice(chain.from_iterable(pages), ENTRIES_MAX + 1))
        except (SiteRefused, SiteDenied) as error:
            if error.status == 401:
                raise
            self._why_not = str(error)
            return
        if len(rows) > ENTRIES_MAX:
            self._why_not = f"More than {ENTRIES_MAX:,} entries lie there; no more are kept."
        found = (_entry(row) for row in rows[:ENTRIES_MAX] if self._is_of_here(row))
        yield from sorted(found, key=lambda one: one.key)

    def _is_of_here(self, row: Row) -> bool:
        place = f"/{text(row, 'DirName')}/{text(row, 'LeafName')}".casefold()
        return place.startswith(f"{self._top.rstrip('/')}/".casefold())


def _entry(row: Row) -> Definition:
    size = text(row, "Size")
    document: dict[str, Json] = {
        "title": text(row, "Title"),
        "name": text(row, "LeafName"),
        "place": f"/{text(row, 'DirName')}",
        "kind": _KINDS.get(number(row, "ItemType"), str(number(row, "ItemType"))),
        "stage": _STAGES.get(number(row, "ItemState"), str(number(row, "ItemState"))),
        "size": int(size) if size.isdecimal() else number(row, "Size"),
        "deleted": text(row, "DeletedDate"),
        "deleted_by": principal(within(row, "DeletedBy")),
        "author": principal(within(row, "Author")),
        "content": _NO_CONTENT,
    }
    return Definition(
        kind=RECYCLED,
        key=guid(row, "Id"),
        name=text(row, "LeafName") or text(row, "Title"),
        document=document,
        made=text(row, "DeletedDate"),
    )
