"""Where something is in the target, by the id that it was given there."""

from __future__ import annotations

from strongroom.sources.sharepoint.reading.places import FILES
from strongroom.sources.sharepoint.writing.places import (
    LIST,
    LIST_STRUCTURE,
    WEB,
    WEB_FILES,
    WEB_STRUCTURE,
    Place,
)
from strongroom.sources.sharepoint.writing.standing import Standing


class Finding:
    """Knows the place of whatever has been written. Safe in many threads.

    Args:
        standing: The target.
    """

    def __init__(self, standing: Standing) -> None:
        self._standing = standing
        self._webs: dict[str, str] = {}

    def learn(self, place: Place) -> None:
        """Remember which web something is in, by the GUID that ids of items begin with."""
        if place.list_id:
            self._webs[place.list_id] = place.web
        elif place.kind in {WEB, WEB_STRUCTURE, WEB_FILES}:
            self._webs[self._standing.web(place.web).id] = place.web

    def web_of(self, owner: str) -> str:
        """Give the path of the web that a list is in, or that is meant itself, by its GUID."""
        return self._webs.get(owner, self._standing.root)

    def place_of(self, new_id: str) -> Place:
        """Give the place of an item by its id: of a list, or what describes one, or a web."""
        owner, _, rest = new_id.partition("/")
        web = self.web_of(owner)
        is_web = owner == self._standing.web(web).id
        if rest.isdigit():
            return Place(kind=LIST, web=web, list_id=owner)
        if is_web and rest.startswith(f"{FILES}/"):
            return Place(kind=WEB_FILES, web=web)
        if is_web:
            return Place(kind=WEB_STRUCTURE, web=web)
        return Place(kind=LIST_STRUCTURE, web=web, list_id=owner)
