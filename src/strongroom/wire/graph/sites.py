"""Every site of a tenant, those that are people's own (OneDrive) included.

Source:
    https://learn.microsoft.com/graph/api/site-getallsites
    https://learn.microsoft.com/graph/api/resources/sitecollection
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from strongroom.wire.graph.answers import Row, text_of
from strongroom.wire.graph.connection import GraphConnection

_FIELDS = "id,webUrl,displayName,name,isPersonalSite,siteCollection"
_PAGE = "999"


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantSite:
    """A site, as the tenant's directory of sites knows it.

    Attributes:
        collection_id: GUID of the site collection; never changes. Empty if it was not told.
        web_id: GUID of the web; likewise.
        url: Its address.
        name: Display name. Untrusted text.
        is_personal: Somebody's OneDrive.
        is_top: It is said to be the top of its collection. Graph may leave that out.
        archive: How it stands in Microsoft 365 Archive (``fullyArchived`` …); empty: it is in use.
    """

    collection_id: str
    web_id: str
    url: str
    name: str
    is_personal: bool
    is_top: bool
    archive: str


def list_sites(graph: GraphConnection) -> Iterator[TenantSite]:
    """List all sites; only an application may.

    Raises:
        GraphDenied: the token lacks Sites.Read.All.
    """
    query = {"$select": _FIELDS, "$top": _PAGE}
    return (_site(row) for row in graph.rows("sites/getAllSites", query))


def _site(row: Row) -> TenantSite:
    # "host,site collection,web".
    parts = text_of(row, "id").split(",")
    return TenantSite(
        collection_id=parts[1].lower() if len(parts) == 3 else "",
        web_id=parts[2].lower() if len(parts) == 3 else "",
        url=text_of(row, "webUrl"),
        name=text_of(row, "displayName") or text_of(row, "name"),
        is_personal=row.get("isPersonalSite") is True,
        is_top=bool(_inner(row, "siteCollection")),
        archive=archive_of(row),
    )


def archive_of(row: Row) -> str:
    """Say how a site stands in Microsoft 365 Archive; empty: it is in use, or that is not told."""
    return text_of(_inner(_inner(row, "siteCollection"), "archivalDetails"), "archiveStatus")


def _inner(row: Row, name: str) -> Row:
    found = row.get(name)
    return found if isinstance(found, Mapping) else {}
