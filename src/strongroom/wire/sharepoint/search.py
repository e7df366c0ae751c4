"""Sites that a person finds by searching: all that they may open, as the index knows it.

Source:
    https://learn.microsoft.com/sharepoint/dev/general-development/sharepoint-search-rest-api-overview
"""

from __future__ import annotations

from collections.abc import Iterator
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
_FIELDS = "Title,Path,SiteId,WebTemplate"


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundSite:
    """A site collection, as the index knows it. All of it is untrusted text.

    Attributes:
        id: GUID of the collection; may be empty.
        url: Its address.
        title: Its name.
        template: What it was made from.
    """

    id: str
    url: str
    title: str
    template: str


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


def search_sites(rest: RestConnection, site: str) -> Iterator[FoundSite]:
    """List the site collections that whoever asks may open.

    Args:
        rest: The connection.
        site: Path of a site that can be asked.

    Raises:
        SiteDenied: searching is not for us.
        SiteRefused: there is no search here.
    """
    begin = 0
    while True:
        query = {
            "querytext": "'contentclass:STS_Site'",
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
        id=cells.get("SiteId", "").strip("{}").lower(),
        url=cells.get("Path", ""),
        title=cells.get("Title", ""),
        template=cells.get("WebTemplate", ""),
    )
