"""The search service: it finds site collections, and understands no other question."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from strongroom.lab.sharepoint.farm import Farm, FarmSite
from strongroom.lab.sharepoint.rest.errors import ApiError, bad_query
from strongroom.lab.sharepoint.rest.kinds import Row
from strongroom.lab.sharepoint.rest.whole import whole

_ROWS = 10
_ROWS_MAX = 500


def search(
    farm: Farm,
    options: Mapping[str, str],
    *,
    url: str,
    id_of: Callable[[FarmSite], str],
    may_open: Callable[[FarmSite], bool],
) -> Row:
    """Answer ``search/query``.

    Raises:
        ApiError: there is no search service, or too many rows are wanted.
    """
    if not farm.has_search:
        code = "-1, Microsoft.Office.Server.Search.REST.SearchServiceException"
        raise ApiError(500, code, "None.")
    if options.get("querytext") != "'contentclass:STS_Site'":
        return _found([], 0)
    rows = whole(options.get("rowlimit", _ROWS))
    begin = whole(options.get("startrow", 0))
    if not 0 <= rows <= _ROWS_MAX or begin < 0:
        raise bad_query("Too many rows.")
    found = [one for one in farm.collections() if may_open(one)]
    page = found[begin : begin + rows]
    return _found([_hit(one, url, id_of(one)) for one in page], len(found))


def _hit(site: FarmSite, url: str, number: str) -> Row:
    cells = {
        "Title": site.title,
        "Path": url + site.path,
        "SiteId": number,
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
