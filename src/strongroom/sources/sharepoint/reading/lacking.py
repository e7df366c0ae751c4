"""What a server does not tell: because it has no such thing, or although it has.

Old servers know nothing of what newer ones tell, and say so; that is nothing to keep. Any other no
is a problem: what is not told must never be kept as if there were none of it.

Source:
    https://learn.microsoft.com/sharepoint/dev/sp-add-ins/use-odata-query-operations-in-sharepoint-rest-requests
"""

from __future__ import annotations

from strongroom.errors import ItemError
from strongroom.wire.sharepoint.each import No
from strongroom.wire.sharepoint.rest_refusals import SiteRefused
from strongroom.wire.sharepoint.rows import Row

_LACKING = frozenset({400, 404, 405, 410, 501})
"""No such property, no such resource, no such method, gone, not made."""


def nothing_of(no: No) -> list[Row]:
    """Take a no for an empty answer, if it says that there is no such thing.

    Raises:
        ItemError: there may well be.
        SiteDenied: it is not for us.
    """
    if not isinstance(no, SiteRefused):
        raise no
    if no.status not in _LACKING:
        raise not_told(no) from no
    return []


def not_told(no: SiteRefused) -> ItemError:
    """Say that a server did not tell something, as the problem of what that belongs to."""
    return ItemError(no.what, code=f"http-{no.status}", why=no.why)
