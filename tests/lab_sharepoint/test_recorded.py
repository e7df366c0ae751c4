"""Real answers of SharePoint Online, recorded by others, read by our readers.

They were recorded by the authors of PnP Core SDK (https://github.com/pnp/pnpcore, MIT licence) for
its tests. All of them are read where they lie beside this project; the excerpt that is kept here is
cut from three of them, under that licence (``recorded.json`` names it).
"""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest

from strongroom.lab.sharepoint import Farm, Level
from strongroom.lab.sharepoint.rights import base_permissions
from strongroom.wire.sharepoint import search, sites
from strongroom.wire.sharepoint.rest_facts import facts_of
from strongroom.wire.sharepoint.rest_refusals import _code_of
from tests.lab_sharepoint.conftest import ANN, Ask

EXCERPT = Path(__file__).with_name("recorded.json")
ARCHIVE = Path(__file__).parents[3] / "shared" / "recordings" / "sharepoint-online.zip"


@dataclass
class Recorded:
    name: str
    status: int
    headers: Mapping[str, str]
    body: str
    round_trip_s: float = 0.1

    def header(self, name: str) -> str:
        known = {key.casefold(): value for key, value in self.headers.items()}
        return known.get(name.casefold(), "")


def _recorded(entry: Mapping[str, Any], name: str) -> Recorded:
    return Recorded(
        name=name,
        status=entry["StatusCode"],
        headers=entry["Headers"] or {},
        body=entry["Response"] or "",
    )


def _all() -> Iterator[Recorded]:
    with zipfile.ZipFile(ARCHIVE) as archive:
        for name in archive.namelist():
            yield _recorded(json.loads(archive.read(name).decode("utf-8-sig")), name)


@pytest.fixture(scope="module")
def excerpt() -> dict[str, Recorded]:
    kept = json.loads(EXCERPT.read_text("utf-8"))
    return {name: _recorded(entry, name) for name, entry in kept["answers"].items()}


def test_a_recorded_search_is_read(excerpt: dict[str, Recorded]) -> None:
    body = excerpt["search"].body.encode()
    found = msgspec.json.decode(body, type=search._Result)
    rows = found.primary_query_result.relevant_results.table.rows
    first = search._site(rows[0])
    assert sites.is_guid(first.id)
    assert first.url.startswith("https://")


def test_recorded_permissions_are_those_that_the_lab_gives(excerpt: dict[str, Recorded]) -> None:
    told = {
        one["Name"]: one["BasePermissions"]
        for one in json.loads(excerpt["role-definitions"].body)["RoleDefinitions"]
    }
    for name, level in {
        "Read": Level.READ,
        "Edit": Level.EDIT,
        "Full Control": Level.FULL,
    }.items():
        assert told[name] == base_permissions(level, has_scripts=True)
    own = json.loads(excerpt["own-permissions"].body)
    assert own == base_permissions(Level.FULL, has_scripts=False)


def test_the_rights_of_the_recorded_levels_mean_what_we_take_them_for(
    excerpt: dict[str, Recorded],
) -> None:
    for one in json.loads(excerpt["role-definitions"].body)["RoleDefinitions"]:
        told = one["BasePermissions"]
        rights = sites.Rights(int(told["High"]) << 32 | int(told["Low"]))
        may_read = one["Name"] in {"Full Control", "Design", "Edit", "Contribute", "Review", "Read"}
        assert (rights & sites.READ == sites.READ) is may_read, one["Name"]
        assert (rights & sites.WRITE == sites.WRITE) is (one["Name"] == "Full Control")


def test_the_lab_answers_with_the_headers_that_were_recorded(
    ask: Ask, farm: Farm, excerpt: dict[str, Recorded]
) -> None:
    cookie = {"Cookie": f"FedAuth={farm.give(ANN)}"}
    answer = ask("GET", "/sites/marketing/_api/web", headers=cookie)
    for name, value in excerpt["own-permissions"].headers.items():
        ours = answer.headers[name.casefold()]
        assert re.sub(r"[0-9a-f]", "0", ours) == re.sub(r"[0-9a-f]", "0", value) or (
            ours.isdigit() and value.isdigit()
        )


def test_a_recorded_refusal_is_read_by_its_code_alone(excerpt: dict[str, Recorded]) -> None:
    assert _code_of(excerpt["refusal"].body.encode()) == ("-1, System.ArgumentException", False)


def _webs_in(body: str) -> list[Mapping[str, Any]]:
    try:
        told = json.loads(body)
    except ValueError:
        return []
    if not isinstance(told, dict):
        return []
    is_web = "Url" in told and ("WebTemplate" in told or "RegionalSettings" in told)
    return list(told.get("Webs", [])) + ([told] if is_web else [])


@pytest.mark.skipif(not ARCHIVE.exists(), reason="the recordings are not beside this project")
def test_every_recorded_answer_is_understood() -> None:
    told = refused = webs = 0
    for one in _all():
        facts = facts_of(one)
        if "X-SharePointHealthScore" in one.headers:
            told += 1
            assert facts.health is not None
            assert facts.server_ms is not None
        if one.status >= 400 and "odata.error" in one.body:
            refused += 1
            assert _code_of(one.body.encode())[0]
        for web in _webs_in(one.body):
            read = msgspec.json.decode(json.dumps(web), type=sites._Web)
            assert sites.is_guid(read.id)
            webs += read.url.startswith("https://")
    assert (told, refused) == (752, 9)
    assert webs >= 100
