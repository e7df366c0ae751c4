"""``/_api`` of every site: the little that a sign-in, a test and a list of sites ask.

Source:
    https://learn.microsoft.com/sharepoint/dev/sp-add-ins/get-to-know-the-sharepoint-rest-service
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

import orjson

from strongroom.lab.https import Response
from strongroom.lab.sharepoint.farm import Farm, FarmSite, Visitor, collection_of
from strongroom.lab.sharepoint.rights import Level, base_permissions

_DIGEST_S = 1800
_ROWS = 10
_ROWS_MAX = 500
_DENIED = (403, "-2147024891, System.UnauthorizedAccessException", "Access denied.")
_QUERY = "-1, Microsoft.SharePoint.Client.InvalidClientQueryException"

Row = dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiCall:
    """One question.

    Attributes:
        site: Whom it is asked.
        visitor: Who asks, and may read there.
        level: What they may do there.
        may: Says what the visitor may do on another site.
        guid: Gives the id of a ``collection`` or a ``web`` by its path.
        query: Everything behind the question mark.
        url: ``https://localhost:PORT``.
    """

    farm: Farm
    site: FarmSite
    visitor: Visitor
    level: Level
    may: Callable[[FarmSite], Level | None]
    guid: Callable[[str, str], str]
    query: str
    url: str

    @property
    def options(self) -> Mapping[str, str]:
        """OData options and others."""
        return dict(parse_qsl(self.query))

    def select(self, row: Row, more: Row) -> Row:
        """Keep what ``$select`` names; ``more`` is given only to whoever names it.

        Raises:
            KeyError: there is no such property.
        """
        wanted = [name for name in self.options.get("$select", "").split(",") if name]
        return {name: {**row, **more}[name] for name in wanted} if wanted else row


Handler = Callable[[ApiCall], Response]


def web(call: ApiCall) -> Response:
    """Describe the site itself."""
    return answered(_web(call, call.site))


def webs(call: ApiCall) -> Response:
    """Describe the sites directly below it that the visitor may open."""
    below = [one for one in call.farm.below(call.site) if call.may(one)]
    return answered({"value": [_web(call, one) for one in below]})


def site(call: ApiCall) -> Response:
    """Describe the collection that it is in."""
    path = collection_of(call.site.path)
    row: Row = {
        "Id": call.guid("collection", path),
        "Url": call.url + path.rstrip("/"),
        "ServerRelativeUrl": path,
        "ReadOnly": False,
    }
    return answered(call.select(row, {}))


def current_user(call: ApiCall) -> Response:
    """Describe the visitor."""
    row: Row = {
        "Id": 11,
        "IsHiddenInUI": False,
        "LoginName": _login(call),
        "Title": call.visitor.name,
        "PrincipalType": 1,
        "Email": "",
        "IsSiteAdmin": False,
    }
    return answered(call.select(row, {}))


def search(call: ApiCall) -> Response:
    """Find site collections; no other question is understood."""
    options = call.options
    if not call.farm.has_search:
        return error(500, "-1, Microsoft.Office.Server.Search.REST.SearchServiceException", "None.")
    if options.get("querytext") != "'contentclass:STS_Site'":
        return answered(_found([], 0))
    rows, begin = int(options.get("rowlimit", _ROWS)), int(options.get("startrow", 0))
    if rows > _ROWS_MAX:
        return error(400, _QUERY, "Too many rows.")
    found = [one for one in call.farm.collections() if call.may(one)]
    return answered(_found([_hit(call, one) for one in found[begin : begin + rows]], len(found)))


def context_info(call: ApiCall) -> Response:
    """Give a digest for writing."""
    url, now = call.url + call.site.path.rstrip("/"), call.farm.clock.now()
    return answered(
        {
            "FormDigestTimeoutSeconds": _DIGEST_S,
            "FormDigestValue": f"0x{call.farm.draw()},{now:%d %b %Y %H:%M:%S} -0000",
            "LibraryVersion": call.farm.version,
            "SiteFullUrl": call.url + collection_of(call.site.path).rstrip("/"),
            "WebFullUrl": url,
        }
    )


ROUTES: Mapping[tuple[str, str], Handler] = {
    ("GET", "web"): web,
    ("GET", "web/webs"): webs,
    ("GET", "web/currentuser"): current_user,
    ("GET", "site"): site,
    ("GET", "search/query"): search,
    ("POST", "contextinfo"): context_info,
}


def serve(handler: Handler, call: ApiCall) -> Response:
    """Answer; a property that nobody knows is refused as the real one does."""
    try:
        return handler(call)
    except KeyError:
        return error(400, _QUERY, "The field or property does not exist.")


def denied() -> Response:
    """Say that somebody lacks a right."""
    return error(*_DENIED)


def no_site() -> Response:
    """Say that there is no such site: in no JSON at all."""
    return Response(
        status=404,
        headers=[("Content-Type", "text/plain; charset=utf-8")],
        body=b"404 FILE NOT FOUND",
    )


def answered(body: object, *, status: int = 200) -> Response:
    """Give JSON."""
    kind = "application/json;odata=nometadata;streaming=true;charset=utf-8"
    return Response(status=status, headers=[("Content-Type", kind)], body=orjson.dumps(body))


def error(status: int, code: str, text: str) -> Response:
    """Refuse in SharePoint's own words."""
    message = {"lang": "en-US", "value": text}
    return answered({"odata.error": {"code": code, "message": message}}, status=status)


def _web(call: ApiCall, site: FarmSite) -> Row:
    row: Row = {
        "Id": call.guid("web", site.path),
        "Title": site.title,
        "Url": call.url + site.path.rstrip("/"),
        "ServerRelativeUrl": site.path,
        "WebTemplate": site.template,
        "Language": 1033,
    }
    level = call.may(site) or Level.READ
    more: Row = {"EffectiveBasePermissions": base_permissions(level, has_scripts=site.has_scripts)}
    return call.select(row, more)


def _login(call: ApiCall) -> str:
    name = call.visitor.name.casefold()
    if call.visitor.app_id:
        return f"i:0i.t|00000003-0000-0ff1-ce00-000000000000|app@sharepoint|{name}"
    prefix = {
        "online": "i:0#.f|membership|",
        "windows": "i:0#.w|",
        "forms": "i:0#.f|lab|",
        "claims": "i:05.t|lab|",
    }
    return prefix[call.farm.kind] + name


def _hit(call: ApiCall, site: FarmSite) -> Row:
    url = call.url + site.path
    cells = {
        "Title": site.title,
        "Path": url,
        "SiteId": call.guid("collection", site.path),
        "WebTemplate": site.template,
        "Rank": "995.7179799",
        "PartitionId": None,
    }
    kinds = {"Rank": "Edm.Double", "PartitionId": "Null"}
    return {
        "Cells": [
            {"Key": key, "Value": value, "ValueType": kinds.get(key, "Edm.String")}
            for key, value in cells.items()
        ]
    }


def _found(rows: list[Row], total: int) -> Row:
    relevant: Row = {
        "GroupTemplateId": None,
        "ItemTemplateId": None,
        "Properties": [],
        "ResultTitle": None,
        "ResultTitleUrl": None,
        "RowCount": len(rows),
        "Table": {"Rows": rows},
        "TotalRows": total,
        "TotalRowsIncludingDuplicates": total,
    }
    return {
        "ElapsedTime": 0,
        "PrimaryQueryResult": {"CustomResults": [], "RelevantResults": relevant},
        "Properties": [],
        "SecondaryQueryResults": [],
    }
