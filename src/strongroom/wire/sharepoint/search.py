"""Sites that are found by searching: all that whoever asks may open, as the index knows it.

Source:
    https://learn.microsoft.com/sharepoint/dev/general-development/sharepoint-search-rest-api-overview
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

import msgspec

from strongroom.errors import OperatorError
from strongroom.wire.sharepoint.pacing import Call
from strongroom.wire.sharepoint.rest import RestConnection
from strongroom.wire.sharepoint.sites import api

_ROWS = 500
"""The most that one answer brings."""
_ROWS_MAX = 50_000
"""Further than that nobody can page by row."""
_TEXT_CHARS_MAX = 500
_WEB = "sts_web"
_FIELDS = "Title,Path,SiteId,WebId,WebTemplate,GroupId,contentclass"
ALL_SITES = "contentclass:STS_Site contentclass:STS_Web"
"""Site collections and the sites below others. Words about one property mean either of them."""
CHANNELS = "contentclass:STS_Site WebTemplate:TEAMCHANNEL"
"""Sites of private and shared channels of teams."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundSite:
    """A site, as the index knows it. All of it is untrusted text.

    Attributes:
        id: GUID of the collection; may be empty.
        web_id: GUID of the web; may be empty.
        url: Its address.
        title: Its name.
        template: What it was made from, without a number.
        group_id: GUID of the Microsoft 365 group that it is of; may be empty.
        is_below: It lies below another one of the same collection.
    """

    id: str
    web_id: str
    url: str
    title: str
    template: str
    group_id: str
    is_below: bool


class _Cell(msgspec.Struct, rename="pascal"):
    key: str
    value: str | None = None


class _Row(msgspec.Struct, rename="pascal"):
    cells: list[_Cell]


class _Table(msgspec.Struct, rename="pascal"):
    rows: list[_Row]


class _Relevant(msgspec.Struct, rename="pascal"):
    total_rows: int
    table: _Table


class _Primary(msgspec.Struct, rename="pascal"):
    relevant_results: _Relevant


class _Result(msgspec.Struct, rename="pascal"):
    primary_query_result: _Primary


def of_group(group_id: str) -> str:
    """Give the words that find the site of a Microsoft 365 group, by the group's GUID."""
    return f"contentclass:STS_Site GroupId:{group_id}"


def search_sites(rest: RestConnection, site: str, words: str = ALL_SITES) -> Iterator[FoundSite]:
    """List the sites that whoever asks may open.

    Args:
        rest: The connection.
        site: Path of a site that can be asked.
        words: Which ones.

    Raises:
        SiteDenied: searching is not for us.
        SiteRefused: there is no search here.
    """
    begin = 0
    while True:
        query = {
            "querytext": f"'{words}'",
            "selectproperties": f"'{_FIELDS}'",
            "rowlimit": str(_ROWS),
            "startrow": str(begin),
            "trimduplicates": "false",
        }
        found = rest.get(f"{api(site)}/search/query?{urlencode(query)}", _Result, call=Call.MANY)
        relevant = found.primary_query_result.relevant_results
        yield from (_site(row) for row in relevant.table.rows)
        begin += len(relevant.table.rows)
        if not relevant.table.rows or begin >= relevant.total_rows:
            return
        if begin >= _ROWS_MAX:
            raise OperatorError(
                f"The search knows more than {_ROWS_MAX:,} sites, and lists no more than that.",
                hint="Use a certificate with Sites.Read.All, or name the sites one by one.",
            )


def _site(row: _Row) -> FoundSite:
    cells = {cell.key: (cell.value or "")[:_TEXT_CHARS_MAX] for cell in row.cells}
    return FoundSite(
        id=_guid(cells, "SiteId"),
        web_id=_guid(cells, "WebId"),
        url=cells.get("Path", ""),
        title=cells.get("Title", ""),
        template=cells.get("WebTemplate", "").partition("#")[0],
        group_id=_guid(cells, "GroupId"),
        is_below=cells.get("contentclass", "").casefold() == _WEB,
    )


def _guid(cells: Mapping[str, str], name: str) -> str:
    return cells.get(name, "").strip("{}").lower()
