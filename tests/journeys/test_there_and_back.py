"""From a farm to Online and back again: what is lost was said, and what was said is lost.

A client that others wrote reads the site before and after each way. The farm and the tenant have a
term store of their own each.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from strongroom.lab.lab import Lab, Wishes
from strongroom.lab.sharepoint.content.collection import SiteCollection
from strongroom.lab.sharepoint.content.pages import PageContent, add_page, publish_page
from tests.journeys.site_support import (
    FARM_PASSWORD,
    FARM_USER,
    collection,
    connect_farm,
    connect_online,
)
from tests.journeys.support import Strongroom
from tests.judges.losses import overclaimed, unnamed
from tests.judges.sharepoint import SharePointJudge
from tests.judges.sites import MISSING, Difference, Facts, differences, read_site, tally
from tests.judges.staged_site import CANVAS, stage

pytestmark = pytest.mark.in_process
ROOMS = "Rooms"
"""A set of terms that both stores have, under other ids and not with the same terms."""
HERE, THERE, BACK = "/sites/marketing", "/sites/moved", "/sites/home"


@pytest.fixture
def lab() -> Iterator[Lab]:
    with Lab(Wishes(seed=3)) as running:
        yield running
    assert running.farm_face.crashes == []
    assert running.cloud.farm_face.crashes == []


@pytest.fixture
def judge(lab: Lab, tmp_path: Path) -> Iterator[SharePointJudge]:
    made = SharePointJudge(lab, tmp_path / "judge.pem")
    yield made
    made.close()


def called(login: str) -> str:
    """Name somebody the same on a farm and Online: their accounts there have one name."""
    account = login.rpartition("|")[2].casefold()
    return account.rpartition("\\")[2].partition("@")[0]


def of_farm(judge: SharePointJudge, path: str) -> Facts:
    context = judge.farm(path, user=FARM_USER, password=FARM_PASSWORD)
    return read_site(context, person=called, terms=in_both(judge.lab))


def of_online(judge: SharePointJudge, path: str) -> Facts:
    return read_site(judge.online(path), person=called, terms=in_both(judge.lab))


def in_both(lab: Lab) -> dict[str, str]:
    """Name the rooms that the farm's store and the tenant's both have, by the ids of either.

    Their sets and the stores are named too: columns say them.
    """
    stores = (collection(lab.farm_face).terms, collection(lab.cloud.farm_face, THERE).terms)
    rooms = [one for store in stores if (one := store.set_by_name(ROOMS)) is not None]
    assert len(rooms) == len(stores)
    labels = [{term.label for term in one.walk()} for one in rooms]
    shared = {
        term.id: term.label
        for one in rooms
        for term in one.walk()
        if all(term.label in some for some in labels)
    }
    return shared | {one.id: "store" for one in stores} | {one.id: one.name for one in rooms}


def make_there(lab: Lab) -> None:
    """Make the empty site that the tenant gives for it."""
    lab.cloud.farm.add_site(THERE, "Marketing")
    lab.cloud.tenant.reach.add_site(THERE, "Marketing")
    collection(lab.cloud.farm_face, THERE).terms.add_set(ROOMS, "Attic", "Loft")


def change(site: SiteCollection) -> None:
    """Go on working Online: with what a farm knows, and with what it does not."""
    with site.lock:
        jobs, rooms = site.root.list_by_title("Jobs & chores"), site.terms.set_by_name("Rooms")
        assert jobs is not None
        assert rooms is not None
        attic, loft = (one.value for one in rooms.terms)
        task = next(one for one in jobs.items.values() if one.values.get("Helper"))
        by = site.owner_id
        jobs.update_item(task, {"Title": "Varnish it", "Room": attic, "Rooms": (loft,)}, by=by)
        jobs.add_item({"Title": "New here", "Room": loft, "Size": 3}, by=by)
        pages = site.root.list_by_title("Site Pages")
        assert pages is not None
        shown = PageContent(title="Online", canvas=CANVAS, description="Made there")
        publish_page(add_page(pages, "Online.aspx", shown, by=by), by=by)


def carried(strongroom: Strongroom, site: str, source: str, to: str, target: str) -> str:
    """Back a site up, and restore it to another server; give what was told beforehand."""
    strongroom("job", "add", "backup", source, "--connection", source, "--storage", "disk",
               "--resource", site)  # fmt: skip
    assert strongroom("job", "run", source, "--wait")["status"] == "complete"
    done = strongroom.run("restore", "disk", site, "--connection", target, "--to", to,
                          "--conflict", "replace", "--wait", "--json", timeout_s=3000)  # fmt: skip
    folders = [one for task in done.document["tasks"] for one in task["folders"]]
    assert [one["failed"] for one in folders if one["failed"]] == []
    # What is skipped was announced: the server takes no ids of content types.
    assert {one["code"] for row in folders for one in row["skipped"]} <= {"no-type-ids"}
    return done.stderr


BROUGHT = frozenset(
    {"column", "content type", "feature", "list", "list property", "navigation", "property",
     "view", "web"}
)  # fmt: skip
"""Classes of things that a server brings along with every site, and another kind does not."""


def is_servers_own(before: Facts, after: Facts, one: Difference) -> bool:
    """Say whether the servers differ and not the sites: nothing that somebody put in is missing."""
    if one.before == MISSING and one.kind in BROUGHT:
        return True
    # A setting that nobody made, on a server that knows it.
    if one.after == MISSING and one.kind in {"list", "web", "view"} and not one.before:
        return True
    place = one.path[:-1]
    if one.path[-1] == "MajorVersionLimit":
        # It says nothing where no versions are kept.
        return not before.get((*place, "EnableVersioning"))
    # An old server tells no values of older versions, so nobody can compare them.
    untold = ("list", one.path[1], "versions of items")
    return one.path == untold or (one.kind == "version" and bool({untold} & {*before, *after}))


def judged(before: Facts, after: Facts, told: str) -> tuple[list[str], list[str]]:
    found = differences(before, after, is_expected=partial(is_servers_own, before, after))
    return [str(one) for one in unnamed(found, told)], overclaimed(found, told)


def test_a_farms_site_goes_online(strongroom: Strongroom, lab: Lab, judge: SharePointJudge) -> None:
    lab.farm.profile = "2019"
    before, online = there(strongroom, lab, judge, has_webs=False)
    assert tally(before)["item"] > 200
    assert len(online) >= len(before)


@pytest.mark.soak
@pytest.mark.parametrize("profile", ["2019", "2013"])
def test_it_comes_back_too(
    strongroom: Strongroom, lab: Lab, judge: SharePointJudge, profile: str
) -> None:
    lab.farm.profile = profile
    there(strongroom, lab, judge)
    change(collection(lab.cloud.farm_face, THERE))
    online = of_online(judge, THERE)
    lab.farm.add_site(BACK, "Marketing")
    told = carried(strongroom, lab.cloud.sites.url + THERE, "online", lab.url + BACK, "farm")
    home = of_farm(judge, BACK)
    assert judged(online, home, told) == ([], [])
    assert "terms of managed metadata (2)" in told
    assert ("modern pages" in told) == (profile == "2013")
    assert tally(home)["item"] > 200


def there(
    strongroom: Strongroom, lab: Lab, judge: SharePointJudge, *, has_webs: bool = True
) -> tuple[Facts, Facts]:
    """Take a farm's site Online, and judge it; give both as they were read."""
    connect_farm(strongroom, lab)
    connect_online(strongroom, lab)
    strongroom.add_storage()
    stage(collection(lab.farm_face), is_old=lab.farm.profile == "2013")
    if not has_webs:
        collection(lab.farm_face).root.webs.clear()
    make_there(lab)
    before = of_farm(judge, HERE)
    site = lab.cloud.sites.url + THERE
    told = carried(strongroom, lab.url + HERE, "farm", site, "online")
    assert "terms of managed metadata (2)" in told
    online = of_online(judge, THERE)
    assert judged(before, online, told) == ([], [])
    return before, online
