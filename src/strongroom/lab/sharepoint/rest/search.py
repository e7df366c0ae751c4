"""The search service: it finds sites, and understands no other question."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from strongroom.lab.sharepoint.farm import Farm, FarmSite, collection_of
from strongroom.lab.sharepoint.rest.errors import ApiError, bad_query
from strongroom.lab.sharepoint.rest.kinds import Row
from strongroom.lab.sharepoint.rest.whole import whole

_ROWS = 10
_ROWS_MAX = 500
_KINDS = {"STS_Site", "STS_Web"}

Known = Callable[[FarmSite], tuple[str, str, str]]
"""Gives the ids of a site's collection, its web, and the group that the collection is of."""


def search(
    farm: Farm,
    options: Mapping[str, str],
    *,
    url: str,
    known: Known,
    may_open: Callable[[FarmSite], bool],
) -> Row:
    """Answer ``search/query``.

    Words about one property mean any of them, about several all: ``contentclass:STS_Site
    contentclass:STS_Web``, ``contentclass:STS_Site WebTemplate:TEAMCHANNEL``.

    Raises:
        ApiError: there is no search service, or too many rows are wanted.
    """
    if not farm.has_search:
        code = "-1, Microsoft.Office.Server.Search.REST.SearchServiceException"
        raise ApiError(500, code, "None.")
    wanted = _words(options.get("querytext", "''"))
    if not wanted.get("contentclass", set()) or not wanted["contentclass"] <= _KINDS:
        return _found([], 0)
    rows = whole(options.get("rowlimit", _ROWS))
    begin = whole(options.get("startrow", 0))
    if not 0 <= rows <= _ROWS_MAX or begin < 0:
        raise bad_query("Too many rows.")
    hits = [_hit(one, farm.primary or url, known) for one in farm.sites.values() if may_open(one)]
    found = [one for one in hits if all(one[name] in values for name, values in wanted.items())]
    page = found[begin : begin + rows]
    return _found([_row(one) for one in page], len(found))


def _words(text: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for word in text.strip("'").split():
        name, _, value = word.partition(":")
        found.setdefault(name, set()).add(value)
    return found


def _hit(site: FarmSite, url: str, known: Known) -> dict[str, str | None]:
    is_top = collection_of(site.path) == site.path
    top, web, group = known(site)
    return {
        "Title": site.title,
        "Path": url + site.path,
        "SiteId": top,
        "WebId": web,
        "WebTemplate": site.template,
        "GroupId": group,
        "contentclass": "STS_Site" if is_top else "STS_Web",
        "Rank": "995.7179799",
        "PartitionId": None,
    }


def _row(cells: Mapping[str, str | None]) -> Row:
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
        "PrimaryQueryResult": {
            "CustomResults": [],
            "QueryId": "7f1b0c1e-4e0d-4a3c-9d86-0d6d4c5a5b11",
            "QueryRuleId": "00000000-0000-0000-0000-000000000000",
            "RefinementResults": None,
            "RelevantResults": relevant,
            "SpecialTermResults": None,
        },
        "Properties": [],
        "SecondaryQueryResults": [],
        "SpellingSuggestion": "",
        "TriggeredRules": [],
    }
