"""The search service finds site collections, moved ones and people's own among them."""

from __future__ import annotations

from strongroom.lab.sharepoint import Level
from tests.lab_sharepoint_rest.conftest import ANN, Asker

_SITES = "search/query?querytext='contentclass:STS_Site'"


def _found(ask: Asker, site: str = "/sites/a") -> dict[str, dict[str, str]]:
    result = ask.get(_SITES, site=site).json["PrimaryQueryResult"]["RelevantResults"]
    rows = [
        {cell["Key"]: cell["Value"] for cell in one["Cells"]} for one in result["Table"]["Rows"]
    ]
    return {row["Path"].removeprefix("https://localhost:1"): row for row in rows}


def test_a_moved_site_is_found_by_the_id_that_it_had(ask: Asker) -> None:
    before = _found(ask)["/sites/a"]["SiteId"]
    assert before == ask.collection.id
    ask.face.content.move("/sites/a", "/sites/b")
    after = _found(ask, "/sites/b")
    assert "/sites/a" not in after
    assert after["/sites/b"]["SiteId"] == before


def test_a_onedrive_is_found_by_whoever_may_open_it(ask: Asker) -> None:
    drive = ask.farm.add_site("/personal/ann", "Ann", template="SPSPERS")
    drive.members = {ANN: Level.FULL}
    assert _found(ask)["/personal/ann"]["WebTemplate"] == "SPSPERS"
    assert ask.get("web", site="/personal/ann").json["WebTemplate"] == "SPSPERS"
    ask.login = "bo@lab.example"
    assert "/personal/ann" not in _found(ask)
    assert ask.get("web", site="/personal/ann").status == 403
