"""Putting a web part onto a page by the client object model, which takes tokens.

Source:
    [MS-CSOMSPT] SharePoint Client-Side Object Model Protocol: SP.WebParts.LimitedWebPartManager
    (``ImportWebPart``, ``AddWebPart``), SP.WebParts.WebPartDefinition
"""

from __future__ import annotations

from strongroom.errors import OutcomeUnknown
from strongroom.wire.sharepoint.csom import carry_out, carry_out_once
from strongroom.wire.sharepoint.csom_query import Enum, Int32, Query, Thing
from strongroom.wire.sharepoint.rest import RestConnection
from strongroom.wire.sharepoint.sites import is_guid

_SHARED = Enum(1)


def place_web_part(
    rest: RestConnection, web: str, page: str, *, xml: str, zone: str, index: int
) -> str:
    """Put a web part onto a page, for everybody; give its id.

    Args:
        rest: The connection.
        web: Path of the web.
        page: Path of the page on the server.
        xml: The web part, as it was exported.
        zone: Id of the zone.
        index: Its place in the zone, from 0.

    Raises:
        SiteDenied: it lacks a right, or the site allows no scripts.
        SiteRefused: the server does not take it.
        OutcomeUnknown: it may be there.
    """
    query = Query()
    manager, imported = _imported(query, page, xml)
    part = query.property(imported, "WebPart")
    placed = query.found(manager, "AddWebPart", part, zone, Int32(index))
    query.read(placed, "Id")
    for told in carry_out_once(rest, web, query):
        found = str(told.get("Id") or "") if isinstance(told, dict) else ""
        found = found.strip("/ ").removeprefix("Guid(").strip("(){}").lower()
        if is_guid(found):
            return found
    raise OutcomeUnknown("The answer about a web part names none.")


def try_import(rest: RestConnection, web: str, page: str, *, xml: str) -> None:
    """Have a web part understood for a page and not put there: nothing changes.

    Raises:
        SiteDenied, SiteRefused: the server does not take it, or has no such page.
    """
    query = Query()
    _, imported = _imported(query, page, xml)
    query.read(imported, "ZoneId")
    carry_out(rest, web, query)


def _imported(query: Query, page: str, xml: str) -> tuple[Thing, Thing]:
    file = query.found(query.web, "GetFileByServerRelativeUrl", page)
    manager = query.found(file, "GetLimitedWebPartManager", _SHARED)
    return manager, query.found(manager, "ImportWebPart", xml)
