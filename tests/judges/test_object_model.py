"""Microsoft's own JavaScript client changes what REST cannot: bags, regional settings, owners."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import orjson
import pytest

from strongroom.lab.sharepoint.content.collection import SiteCollection
from strongroom.lab.sharepoint.content.lists import SpList
from tests.judges.sharepoint import HAS_CSOM, NO_CSOM, NODE, SharePointJudge

pytestmark = pytest.mark.skipif(not HAS_CSOM, reason=NO_CSOM)
PATH = "/sites/board"
GIVEN = {
    "properties": {"Department": "Records & <archives>", "With Space": "Größe", "Floor": "3"},
    "regional": {"LocaleId": 1031, "Time24": True, "FirstDayOfWeek": 1},
    "zone": 4,
    "listProperties": {"Kept_by": "the archive"},
}


def speak(judge: SharePointJudge, *asked: tuple[str, dict[str, Any]]) -> list[Any]:
    """Let the client do some of the tasks in ``npm/objects.js``, each in a request of its own."""
    assert NODE is not None
    told = {
        "url": judge.lab.cloud.sites.url + PATH,
        "token": judge.token("Strongroom restore")["access_token"],
        "asked": [{"task": task, "given": given} for task, given in asked],
    }
    done = subprocess.run(
        [NODE, str(Path(__file__).with_name("npm") / "objects.js")],
        input=orjson.dumps(told),
        capture_output=True,
        check=False,
        timeout=50,
        env={"PATH": os.environ["PATH"], "NODE_EXTRA_CA_CERTS": str(judge.ca_file)},
    )
    assert done.returncode == 0, done.stderr.decode()[-4000:]
    found: list[Any] = orjson.loads(done.stdout)
    return found


@pytest.fixture
def collection(sharepoint: SharePointJudge) -> SiteCollection:
    return sharepoint.collection(PATH)


def made(collection: SiteCollection, title: str) -> tuple[SpList, int, int]:
    """Make a list and two groups."""
    with collection.lock:
        by = collection.owner_id
        of = collection.root.add_list(title, by=by)
        groups = [
            collection.principals.add_group(f"{title} {name}", description="", owner_id=by)
            for name in ("keepers", "owners")
        ]
    return of, groups[0].id, groups[1].id


def test_what_it_changes_is_changed_and_told_as_it_was_said(
    sharepoint: SharePointJudge, collection: SiteCollection
) -> None:
    of, group, owner = made(collection, "Objects")
    where: dict[str, Any] = {"list": of.id, "group": group}
    refused, found = speak(
        sharepoint, ("change", {**GIVEN, **where, "owner": owner}), ("read", where)
    )
    assert refused is None
    root = collection.root
    assert {key: root.properties[key] for key in GIVEN["properties"]} == GIVEN["properties"]  # type: ignore[attr-defined]
    assert (root.regional.locale_id, root.regional.time_zone) == (1031, 4)
    assert (root.regional.has_24_hours, root.regional.first_day_of_week) == (True, 1)
    assert of.root_properties["Kept_by"] == "the archive"
    assert collection.principals.groups[group].owner_id == owner
    assert found["properties"].items() >= GIVEN["properties"].items()
    assert found["listProperties"] == GIVEN["listProperties"]
    assert (found["regional"], found["zone"]) == (GIVEN["regional"], 4)
    assert found["owner"] == "Objects owners"


def test_where_no_scripts_are_allowed_it_is_refused(
    sharepoint: SharePointJudge, collection: SiteCollection, monkeypatch: pytest.MonkeyPatch
) -> None:
    of, group, owner = made(collection, "Shut objects")
    monkeypatch.setattr(sharepoint.lab.cloud.farm.sites[PATH], "has_scripts", False)
    given = {**GIVEN, "list": of.id, "group": group, "owner": owner}
    (refused,) = speak(sharepoint, ("change", given))
    assert (refused["code"], refused["type"]) == (-2147024891, "System.UnauthorizedAccessException")
    assert of.root_properties == {}


def test_the_term_store_is_told_as_it_is(
    sharepoint: SharePointJudge, collection: SiteCollection
) -> None:
    store = collection.terms
    with collection.lock:
        hues = store.add_set("Hues", "red", "blue", group="Paint")
        hues.terms[0].children.append(store.new_term("Red"))
        other = store.add_set("Hues", "red", group="Wine")
        store.add_set("Desks", "oak", group="The board's own", site_id=collection.id)
    none = "00000000-0000-4000-8000-000000000000"
    asked = {"set": hues.id, "missing": none, "name": "Hues", "label": "red"}
    (found,) = speak(sharepoint, ("terms", asked))
    assert found == {
        "store": store.id,
        "language": 1033,
        "stores": [store.id],
        "set": ["Hues", "Paint", False],
        "isMissing": True,
        "named": [[hues.id, "Paint"], [other.id, "Wine"]],
        "own": ["The board's own", "Desks"],
        "terms": [[one.id, one.label] for one in hues.walk() if one.label != "blue"],
    }
