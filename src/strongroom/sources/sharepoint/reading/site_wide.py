"""What a whole site has and no list of its own: whom it knows, its terms, its recycle bin."""

from __future__ import annotations

import threading
from collections.abc import Mapping

from strongroom.sources.sharepoint.reading.following import Following
from strongroom.sources.sharepoint.reading.people import People
from strongroom.sources.sharepoint.reading.recycle_bin import RecycleBin
from strongroom.sources.sharepoint.reading.term_sets import TermSets
from strongroom.sources.sharepoint.reading.terms import LIST_URL, Terms
from strongroom.wire.sharepoint.rest import RestConnection
from strongroom.words.json import Json


class SiteWide:
    """Each is read when it is first asked for. Safe in many threads.

    Args:
        rest: To its server.
        following: Knows where the site is.

    Attributes:
        keeps_bin: The list of what lies in the recycle bin is kept, too.
    """

    def __init__(self, rest: RestConnection, following: Following) -> None:
        self.keeps_bin = False
        self._rest = rest
        self._following = following
        self._lock = threading.RLock()
        self._people: People | None = None
        self._terms: Terms | None = None
        self._term_sets: TermSets | None = None
        self._bin: RecycleBin | None = None

    def people(self) -> People:
        """Give those whom it knows."""
        with self._lock:
            if self._people is None:
                self._people = People(self._rest, self._following.here().path)
            return self._people

    def terms(self) -> Terms:
        """Give the terms that its items name."""
        with self._lock:
            if self._terms is None:
                lists = self._following.now()[1].lists.values()
                hidden = next((one for one in lists if one.url.endswith(LIST_URL)), None)
                list_id = hidden.id if hidden else ""
                self._terms = Terms(self._rest, self._following.here().path, list_id)
            return self._terms

    def term_sets(self) -> TermSets:
        """Give the sets that its columns take their terms from."""
        with self._lock:
            if self._term_sets is None:
                self._term_sets = TermSets(self._rest, self._following.here().path)
            return self._term_sets

    def bin(self) -> RecycleBin:
        """Give its recycle bin."""
        with self._lock:
            if self._bin is None:
                self._bin = RecycleBin(self._rest, self._following.now()[1].top.url)
            return self._bin

    def settings(self) -> Mapping[str, Json]:
        """Read what is kept of the whole site: where it is, and whom it knows."""
        with self._lock:
            people = self.people().of(())
            here = self._following.here()
        told: list[Json] = [{"id": id_, **one.to_json()} for id_, one in sorted(people.items())]
        found: dict[str, Json] = {"site": here.to_json(), "people": told}
        if why := self.people().rights().why_not:
            found["permissions"] = {"unavailable": why}
        if self.keeps_bin and (why := self.bin().trouble()):
            found["recycle bin"] = {"unavailable": why}
        return found
