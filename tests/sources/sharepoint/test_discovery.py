"""Which sites are found: below others, of channels, archived, elsewhere; and by which names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from strongroom.clock import SystemClock
from strongroom.errors import OperatorError
from strongroom.lab.estate.estate import Estate
from strongroom.lab.https import Authority, Request, Response
from strongroom.lab.lab import Lab
from strongroom.lab.server import LabServer
from strongroom.lab.sharepoint import Farm
from strongroom.service.details import ConnectionDetails
from strongroom.service.planning import Wanted, planned
from strongroom.service.selections import BackupSelection
from strongroom.sources.sharepoint.addresses import is_below_a_site, plain_path, upwards
from strongroom.sources.sharepoint.server import SharePointServer
from strongroom.store.storage import Storage
from strongroom.wire.origins import ForbiddenOrigin
from strongroom.wire.sharepoint.rest_refusals import SiteMoved, SiteRefused
from strongroom.words.resource import Resource
from tests.fakes.memory_backend import MemoryBackend
from tests.operations.support import CHEAP
from tests.sources.sharepoint.conftest import MARKETING, Open
from tests.sources.sharepoint.farms import TEAM, USERS, Farmyard, set_up

GROUP = "5d0c1f7e-2f0a-4c37-9a0a-6c1f0a3b9d11"


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[LabServer, LabServer]]:
    authority = Authority()
    with (
        LabServer(Estate(seed=1), authority=authority) as farm,
        LabServer(Estate(seed=1), authority=authority) as own,
    ):
        yield farm, own


@pytest.fixture
def yard(servers: tuple[LabServer, LabServer]) -> Iterator[Farmyard]:
    made = set_up("windows", *servers)
    yield made
    assert made.face.crashes == []


@pytest.fixture
def tenant(lab: Lab, online: Farm) -> Iterator[Farm]:
    """Online's sites; what a test adds is gone when it ends."""
    reach = lab.cloud.tenant.reach
    sites, known = dict(online.sites), dict(reach.sites)
    yield online
    for path in online.sites.keys() - sites.keys():
        lab.cloud.farm_face.content.delete(path)
        lab.cloud.farm_face.content.purge(path)
    online.sites, reach.sites, online.redirects = sites, known, {}


def by_name(server: SharePointServer) -> dict[str, Resource]:
    return {one.name: one for one in server.resources()}


def collection(lab: Lab, path: str) -> Any:
    found = lab.cloud.farm_face.content.collection(path)
    assert found is not None
    return found


# Below others.


def test_sites_below_others_are_told_and_left_to_their_collection(
    yard: Farmyard, open_farm: Open
) -> None:
    # Not below the connection's own site, so the search alone knows of it.
    yard.farm.add_site("/sites/board/minutes", "Minutes")
    server = open_farm(yard.details())
    found = by_name(server)
    below = {name for name, one in found.items() if one.role == "subsite"}
    assert below == {"Projects", "Roof", "Minutes"}
    assert all("part of its site collection" in str(found[name].excluded) for name in below)
    assert found["Board"].excluded is None
    named = server.resolve(found["Minutes"].id)
    assert (named.excluded, named.role) == (None, "subsite")
    assert server.resolve(found["Minutes"].address) == named


def test_a_connection_to_a_site_below_another_one_finds_the_collection_above(
    yard: Farmyard, open_farm: Open
) -> None:
    yard.farm.has_search = False
    own = f"{yard.site}/projects"
    found = by_name(open_farm(yard.details(url=own)))
    assert (found["Team"].role, found["Team"].excluded) == ("site", None)
    assert found["Projects"].excluded
    # Where only the site below is opened to us, it is all there is to keep.
    yard.farm.sites[TEAM].members = {}
    alone = by_name(open_farm(yard.details(url=own)))
    assert "Team" not in alone
    assert (alone["Projects"].role, alone["Projects"].excluded) == ("subsite", None)


def test_a_directory_that_names_sites_below_others_does_not_make_them_collections(
    open_site: Open, details: ConnectionDetails, lab: Lab, tenant: Farm
) -> None:
    reach = lab.cloud.tenant.reach
    top = next(one for one in reach.sites.values() if one.url.endswith(MARKETING))
    host, number, _ = top.id.split(",")
    web = "0f0e0d0c-0b0a-4908-8706-050403020100"
    below = replace(top, id=f"{host},{number},{web}", url=f"{top.url}/press", is_below=True)
    reach.sites[below.id] = replace(below, name="Press")
    found = by_name(open_site(details))
    assert found["Press"].id == f"{number},{web}"
    assert "part of its site collection" in str(found["Press"].excluded)
    assert (found["Marketing"].id, found["Marketing"].excluded) == (number, None)


def test_a_run_of_everything_keeps_a_site_below_another_one_once_unless_it_is_named(
    yard: Farmyard, open_farm: Open
) -> None:
    server = open_farm(yard.details())
    everything = tasks(server, BackupSelection(is_all=True))
    assert everything[yard.site] == ""
    assert "part of its site collection" in everything[f"{yard.site}/projects"]
    matched = tasks(server, BackupSelection(match=("*/sites/team*",)))
    assert {one for one, why in matched.items() if not why} == {yard.site}
    named = BackupSelection(match=("*/sites/team*",), resources=(f"{yard.site}/projects",))
    kept = {one for one, why in tasks(server, named).items() if not why}
    assert kept == {yard.site, f"{yard.site}/projects"}


def tasks(server: SharePointServer, selection: BackupSelection) -> dict[str, str]:
    """Plan a run: what it keeps, and what it leaves out with the reason."""
    storage, _ = Storage.create(
        MemoryBackend(), "password of a test", cost=CHEAP, clock=SystemClock()
    )
    wanted = Wanted(selection=selection)
    found = planned("run", server, wanted, storage=storage, connection="farm")
    return {one.task.resource: one.task.reason or "" for one in found}


# Channels.


def add_channel(lab: Lab, tenant: Farm, path: str, title: str, kind: str) -> None:
    tenant.add_site(path, title, template="TEAMCHANNEL")
    made = collection(lab, path)
    made.group_id, made.channel = GROUP, kind


def test_sites_of_channels_are_found_and_named_with_their_team(
    open_site: Open, details: ConnectionDetails, lab: Lab, tenant: Farm
) -> None:
    tenant.add_site("/sites/offers", "Offers", template="GROUP")
    lab.cloud.tenant.reach.add_site("/sites/offers", "Offers")
    collection(lab, "/sites/offers").group_id = GROUP
    add_channel(lab, tenant, "/sites/offers-prices", "Prices", "private")
    add_channel(lab, tenant, "/sites/offers-partners", "Partners", "shared")
    # One of them the tenant's list of sites knows as well, as any other site.
    lab.cloud.tenant.reach.add_site("/sites/offers-prices", "Prices")
    server = open_site(details)
    found = [one for one in server.resources() if one.role == "channel"]
    assert sorted(one.name for one in found) == [
        "Partners (shared channel of the team Offers)",
        "Prices (private channel of the team Offers)",
    ]
    assert all(one.excluded is None for one in found)
    prices = next(one for one in found if one.name.startswith("Prices"))
    assert server.resolve(prices.address) == prices


def test_a_channel_whose_team_is_not_found_is_named_by_the_teams_group(
    open_site: Open, details: ConnectionDetails, lab: Lab, tenant: Farm
) -> None:
    add_channel(lab, tenant, "/sites/lost", "Lost", "private")
    (found,) = [one for one in open_site(details).resources() if one.role == "channel"]
    assert found.name == f"Lost (private channel of the team whose group is {GROUP})"


def test_without_a_search_the_tenants_list_is_listed_all_the_same(
    open_site: Open, details: ConnectionDetails, lab: Lab, tenant: Farm
) -> None:
    tenant.has_search = False
    try:
        assert "Marketing" in by_name(open_site(details))
    finally:
        tenant.has_search = True


# Archived.


@pytest.mark.parametrize(
    ("status", "said"),
    [("fullyArchived", "Set-SPOSiteArchiveState"), ("reactivating", "brought back")],
)
def test_an_archived_site_is_told_with_the_way_to_bring_it_back(
    open_site: Open, details: ConnectionDetails, lab: Lab, tenant: Farm, status: str, said: str
) -> None:
    reach = lab.cloud.tenant.reach
    site = next(one for one in reach.sites.values() if one.url.endswith(MARKETING))
    reach.sites[site.id] = replace(site, archive=status)
    found = by_name(open_site(details))
    assert said in str(found["Marketing"].excluded)
    assert found["Board"].excluded is None


# Addresses.


@pytest.mark.parametrize(
    "written",
    [
        "{url}/sites/team/",
        "{url}/SITES/Team",
        "{url}/sites/t%65am?web=1#top",
        "/sites/team",
        "{url}/sites/team/_layouts/15/viewlsts.aspx",
        "{url}/sites/team/Shared%20Documents/Forms/AllItems.aspx?id=%2Fx",
        "{url}/sites/team/Shared%20Documents/Offers/Roof.txt",
        "{url}/:t:/r/sites/team/Shared%20Documents/Offers/Roof.txt?d=w1&csf=1",
        "{url}/:t:/s/team/EabcDEF123?e=x",
        "http://localhost/sites/team",
    ],
)
def test_every_way_to_write_its_address_leads_to_one_site(
    yard: Farmyard, open_farm: Open, written: str
) -> None:
    content = yard.face.content.collection(TEAM)
    assert content is not None
    with content.lock:
        by = content.principals.ensure_user(content.login_of(USERS["windows"])).id
        papers = content.root.list_by_title("Documents")
        assert papers is not None
        folder = papers.add_folder("Offers", by=by)
        papers.upload("Roof.txt", b"roof", by=by, folder=folder)
    server = open_farm(yard.details())
    plain = server.resolve(yard.site)
    assert server.resolve(written.format(url=yard.server.url)) == plain
    assert plain.address == yard.site


def test_what_lies_in_a_site_below_another_one_leads_there(yard: Farmyard, open_farm: Open) -> None:
    found = open_farm(yard.details()).resolve(f"{TEAM}/projects/Shared Documents")
    assert (found.address, found.role) == (f"{yard.site}/projects", "subsite")


@pytest.mark.parametrize("gone", ["/sites/teem", "/sites/team/projets", "/teem", "/sites"])
def test_a_slip_of_the_pen_is_not_taken_for_the_site_above(
    yard: Farmyard, open_farm: Open, gone: str
) -> None:
    with pytest.raises(SiteRefused):
        open_farm(yard.details()).resolve(gone)


def test_a_server_that_answers_for_the_site_above_is_not_believed(
    yard: Farmyard, open_farm: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As SharePoint does: it takes what is no site for a folder of the site above.
    site_of = Farm.site_of

    def above(farm: Farm, path: str) -> Any:
        return site_of(farm, path) or site_of(farm, path.rpartition("/")[0])

    monkeypatch.setattr(Farm, "site_of", above)
    server = open_farm(yard.details())
    with pytest.raises(SiteRefused):
        server.resolve(f"{TEAM}/gone")
    found = server.resolve(f"{TEAM}/Shared Documents")
    assert found.address == yard.site


def test_a_farm_that_knows_its_sites_by_another_name_is_understood(
    yard: Farmyard, open_farm: Open
) -> None:
    yard.farm.primary = "http://intranet"
    server = open_farm(yard.details())
    found = by_name(server)
    assert (found["Board"].address, found["Board"].excluded) == (
        f"{yard.server.url}/sites/board",
        None,
    )
    assert server.resolve("http://intranet/sites/board") == found["Board"]
    heard = len(yard.heard)
    with pytest.raises(ForbiddenOrigin) as caught:
        server.resolve("http://elsewhere.example/sites/board")
    assert "alternate access" in caught.value.hint
    assert len(yard.heard) == heard


def test_a_renamed_site_is_found_by_its_old_address(
    open_site: Open, details: ConnectionDetails, lab: Lab, tenant: Farm
) -> None:
    tenant.add_site("/sites/papers", "Papers")
    lab.cloud.tenant.reach.add_site("/sites/papers", "Papers")
    server = open_site(details)
    before = server.resolve("/sites/papers")
    lab.cloud.move_site("/sites/papers", "/sites/drawings")
    after = server.resolve(before.address)
    assert after == replace(before, address=f"{lab.cloud.sites.url}/sites/drawings")
    assert server.resolve(f"{before.address}/Shared%20Documents") == after


@pytest.mark.parametrize(
    "where", ["https://evil.example/sites/new", "http://localhost:1/sites/new", "//evil.example/a"]
)
def test_a_server_that_sends_us_to_another_host_is_not_followed(
    open_site: Open, details: ConnectionDetails, lab: Lab, tenant: Farm, where: str
) -> None:
    pages, asked = lab.cloud.sites.pages, []
    before = pages["/sites/"]

    def send_on(request: Request) -> Response:
        asked.append(request.path)
        return Response(status=308, headers=[("Location", where)])

    pages["/sites/"] = send_on
    try:
        with pytest.raises(SiteMoved):
            open_site(details).resolve("/sites/old")
    finally:
        pages["/sites/"] = before
    assert len(asked) == 1


def test_a_server_that_sends_us_round_is_left(
    open_site: Open, details: ConnectionDetails, lab: Lab, tenant: Farm
) -> None:
    tenant.redirects |= {"/sites/one": "/sites/two", "/sites/two": "/sites/one"}
    with pytest.raises(OperatorError, match="in a circle"):
        open_site(details).resolve("/sites/one")


def test_paths_are_read_as_people_paste_them() -> None:
    assert plain_path("https://a/sites/b/Lists/C%20D/AllItems.aspx?x=1") == (
        "/sites/b/Lists/C D/AllItems.aspx"
    )
    assert plain_path("https://a/:f:/g/personal/ann_b/Token") == "/personal/ann_b"
    assert plain_path("https://a/") == "/"
    assert list(upwards("/sites/a/b")) == ["/sites/a/b", "/sites/a"]
    assert list(upwards("/hr/a")) == ["/hr/a", "/hr", "/"]
    assert list(upwards("/" + "a/" * 40)) == ["/" + "a/" * 40]
    assert is_below_a_site("https://a/teams/b/c")
    assert not is_below_a_site("https://a/teams/b")
    assert not is_below_a_site("https://a/b/c/d")
