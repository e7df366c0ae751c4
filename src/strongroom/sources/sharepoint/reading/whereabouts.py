"""Finding a site again that was renamed or moved: by its id, which outlives every address."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from strongroom.errors import OperatorError
from strongroom.sources.sharepoint.excluding import PART_OF
from strongroom.wire.sharepoint.changes import Token, token_at, token_of
from strongroom.wire.sharepoint.rest import RestConnection
from strongroom.wire.sharepoint.rest_refusals import SiteDenied, SiteRefused
from strongroom.wire.sharepoint.rows import Row, guid, text, within
from strongroom.wire.sharepoint.sites import api, site_path
from strongroom.words.json import Json
from strongroom.words.resource import Resource

_SITE = "Id,Url,ServerRelativeUrl,ReadOnly"
_CLOCKS_APART = timedelta(minutes=10)
"""What is told twice costs little; what fell between two clocks would be missed."""

Known = Callable[[], Iterator[Resource]]
"""Lists all sites that can be found."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Here:
    """Where a site is now.

    Attributes:
        path: Of the web at the top of what is kept, on the server.
        token: The place in its log behind everything that happened until now.
        row: What it told of itself.
    """

    path: str
    token: Token
    row: Row

    def to_json(self) -> dict[str, Json]:
        """Say what is kept of it."""
        return {
            "id": guid(self.row, "Id"),
            "url": text(self.row, "Url"),
            "path": self.path,
            "read_only": self.row.get("ReadOnly") is True,
        }


def find_site(rest: RestConnection, resource: Resource, known: Known) -> Here:
    """Find a site where its address says, or, if it is not there any more, by its id.

    Args:
        rest: The connection.
        resource: The site as it was known.
        known: Lists all sites; asked only if it is not where it was.

    Raises:
        SiteDenied: it is not opened to us.
        OperatorError: it is nowhere.
    """
    collection = resource.id.partition(",")[0].lower()
    try:
        here = _look(rest, site_path(resource.address))
    except SiteDenied:
        raise
    except OperatorError as error:
        # Gone, or redirected: what a renamed site leaves behind.
        if isinstance(error, SiteRefused) and error.status not in {404, 410}:
            raise
        found = _moved(rest, resource, collection, known)
        if found is None:
            raise
        return found
    if guid(here.row, "Id") == collection:
        return here
    moved = _moved(rest, resource, collection, known)
    if moved is None:
        raise OperatorError(
            f"Another site is at {resource.address} now.",
            why="Its id is not the one that was backed up, and that one is not found anywhere.",
            hint="If it was deleted and made anew, remove the old one from the job and add this.",
        )
    return moved


def _look(rest: RestConnection, path: str) -> Here:
    try:
        row = rest.get(f"{api(path)}/site?$select={_SITE},CurrentChangeToken", Row)
    except SiteRefused as error:
        if error.status != 400:
            raise
        # SharePoint Server 2013 tells no token; one may be made of a time.
        row = rest.get(f"{api(path)}/site?$select={_SITE}", Row)
        since = rest.clock.now() - _CLOCKS_APART
        return Here(path=path, token=token_at(since, guid(row, "Id")), row=row)
    try:
        token = token_of(text(within(row, "CurrentChangeToken"), "StringValue"))
    except ValueError:
        raise OperatorError(
            f"{rest.transport.host} tells no place in its log of changes.",
            why="Without it nobody can say later what happened since.",
        ) from None
    return Here(path=path, token=token, row=row)


def _moved(rest: RestConnection, resource: Resource, collection: str, known: Known) -> Here | None:
    """Look for a site by its id. A web below a site is looked for at the same place below it."""
    for one in known():
        if one.id.lower() == resource.id.lower() and one.excluded in {None, PART_OF}:
            here = _look(rest, site_path(one.address))
            if guid(here.row, "Id") == collection:
                return here
    return None
