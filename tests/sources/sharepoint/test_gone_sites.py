"""A site that is to go back to its own address and is not there: what became of it, what helps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import cast

import pytest

from strongroom.errors import OperatorError
from strongroom.lab.lab import Lab
from strongroom.lab.sharepoint import Farm
from strongroom.service.details import ConnectionDetails
from strongroom.sources.sharepoint.gone import Lost, gone_from_farm, gone_online
from strongroom.sources.sharepoint.server import SharePointServer
from strongroom.wire.graph.connection import GraphConnection
from strongroom.wire.graph.refusals import GraphRefused
from strongroom.words.json import Json
from tests.sources.sharepoint.conftest import Open, Register

GROUP = "5d0c1f7e-2f0a-4c37-9a0a-6c1f0a3b9d11"
PATH = "/sites/offers"
FULL = {"graph": ["Sites.Read.All", "Directory.Read.All"], "sharepoint": ["Sites.Read.All"]}


@pytest.fixture
def offers(lab: Lab, online: Farm) -> Iterator[str]:
    """A site of a tenant that will be deleted; its address."""
    online.add_site(PATH, "Offers")
    reach = lab.cloud.tenant.reach
    reach.add_site(PATH, "Offers")
    assert lab.cloud.farm_face.content.collection(PATH)
    yield lab.cloud.sites.url + PATH
    if PATH in online.sites:
        lab.cloud.delete_site(PATH)
    lab.cloud.farm_face.content.purge(PATH)
    reach.deleted_sites, reach.groups, reach.deleted_groups = {}, set(), set()


def saved(template: str = "STS", number: int = 3, group: str = "") -> Mapping[str, Json]:
    return {
        "settings": {
            "Title": "O'Brien's offers",
            "WebTemplate": template,
            "Configuration": number,
            "Language": 1031,
            "AllProperties": {"GroupId": group} if group else {},
            "RegionalSettings": {"TimeZone": {"Id": 4}},
        }
    }


def told(
    server: SharePointServer, address: str, kept: Mapping[str, Json] | None = None
) -> OperatorError:
    """Ask for the site as a restore does."""
    with pytest.raises(OperatorError) as caught:
        server.resolve(address)
    return server.absent(caught.value, address, is_below=False, saved=lambda: kept or saved())


def test_a_site_in_the_recycle_bin_is_said_to_be_there_with_both_ways(
    open_site: Open, details: ConnectionDetails, lab: Lab, offers: str
) -> None:
    lab.cloud.delete_site(PATH)
    error = told(open_site(details), offers)
    assert "is in the tenant's recycle bin" in error.why
    assert f"Restore-SPODeletedSite -Identity '{offers}'" in error.hint
    assert f"Remove-SPODeletedSite -Identity '{offers}'" in error.hint


def test_a_site_that_is_gone_is_made_as_it_was_by_who_may(
    open_site: Open, details: ConnectionDetails, lab: Lab, offers: str
) -> None:
    lab.cloud.delete_site(PATH)
    lab.cloud.tenant.reach.deleted_sites.clear()
    error = told(open_site(details), offers)
    assert "not in the tenant's recycle bin either" in error.why
    assert "Restore-SPODeletedSite" not in error.hint
    assert "an administrator of SharePoint makes it" in error.hint
    assert (
        f"New-SPOSite -Url '{offers}' -Owner 'OWNER@DOMAIN' -StorageQuota 26214400"
        " -Title 'O''Brien''s offers' -Template 'STS#3' -LocaleId 1031 -TimeZoneId 4."
    ) in error.hint


def test_where_the_bin_is_not_shown_to_us_that_is_said_with_the_command_that_tells(
    open_site: Open, register: Register, lab: Lab, offers: str
) -> None:
    lab.cloud.delete_site(PATH)
    blind = register(graph=["User.Read.All"], sharepoint=["Sites.Read.All"])
    error = told(open_site(blind), offers)
    assert "is not told to us" in error.why
    assert f"Get-SPODeletedSite -Identity '{offers}'" in error.hint
    assert "New-SPOSite" in error.hint


def test_a_group_that_was_deleted_is_to_be_restored_first(
    open_site: Open, register: Register, lab: Lab, offers: str
) -> None:
    lab.cloud.delete_site(PATH)
    lab.cloud.tenant.reach.deleted_groups.add(GROUP)
    error = told(open_site(register(**FULL)), offers, saved("GROUP", 0, GROUP))
    assert "the group has to be restored first" in error.why
    assert f"Restore-MgDirectoryDeletedItem -DirectoryObjectId {GROUP}" in error.hint
    assert "New-SPOSite" not in error.hint


class Told:
    """Graph, as far as it tells of deleted sites and of groups."""

    def __init__(self, *groups: str) -> None:
        self.groups = groups

    def rows(self, path: str, query: Mapping[str, str]) -> Iterator[Mapping[str, str]]:
        assert path == "admin/sharepoint/deletedSites"
        assert "webUrl" in query["$select"]
        yield {"webUrl": f"{LOST.address.upper()}/", "deletedDateTime": "2026-11-20T08:00:00Z"}

    def get(self, path: str, _: Mapping[str, str]) -> Mapping[str, str]:
        if path not in self.groups:
            raise GraphRefused("It is not there.", code="", status=404)
        return {"id": GROUP}


@pytest.mark.parametrize(
    ("groups", "said"),
    [((f"groups/{GROUP}",), "the site alone was deleted"), ((), "gone for good")],
)
def test_of_a_groups_site_it_is_said_how_the_group_stands(
    groups: tuple[str, ...], said: str
) -> None:
    lost = replace(LOST, template="GROUP#0", group_id=GROUP)
    error = gone_online(lost, cast("GraphConnection", Told(*groups)))
    assert said in error.why
    assert "deleted on 2026-11-20" in error.why
    assert "Restore-SPODeletedSite" in error.hint
    # A group's site is made by its group alone; a team site can be made by itself.
    assert "-Template 'STS#3'" in error.hint


def test_where_nobody_tells_of_the_group_it_is_to_be_looked_at_first(
    open_site: Open, details: ConnectionDetails, lab: Lab, offers: str
) -> None:
    lab.cloud.delete_site(PATH)
    error = told(open_site(details), offers, saved("GROUP", 0))
    assert "Deleted groups" in error.why


def test_only_a_site_that_is_not_there_is_told_so(
    open_site: Open, details: ConnectionDetails, offers: str
) -> None:
    other = OperatorError("something else")
    server = open_site(details)
    assert server.absent(other, offers, is_below=False, saved=dict) is other


LOST = Lost(address="https://sp.example/sites/it's", template="BLOG#0", language=1036, title="Blog")


def test_a_farms_site_is_looked_for_by_its_path_and_made_as_it_was() -> None:
    error = gone_from_farm(LOST)
    assert "Get-SPDeletedSite -Identity '/sites/it''s'" in error.hint
    assert (
        "New-SPSite -Url 'https://sp.example/sites/it''s' -OwnerAlias 'DOMAIN\\OWNER' -Name 'Blog'"
        " -Template 'BLOG#0' -Language 1036."
    ) in error.hint


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("SPSPERS#10", "Request-SPOPersonalSite"),
        ("TEAMCHANNEL#0", "in Teams (Manage team, Channels, Deleted)"),
    ],
)
def test_what_is_no_ordinary_site_is_made_by_its_own_way(template: str, said: str) -> None:
    assert said in gone_online(replace(LOST, template=template), None).hint


def test_a_site_that_lay_below_another_one_is_made_there() -> None:
    below = replace(LOST, is_below=True)
    for error in (gone_online(below, None), gone_from_farm(below)):
        assert "Site contents, New, Subsite" in error.hint


def test_what_was_saved_is_not_believed_to_be_what_it_should() -> None:
    odd: Mapping[str, Json] = {"settings": {"Configuration": [], "Language": "x", "Title": None}}
    assert Lost.of("a", odd, is_below=False) == Lost(address="a")
    assert Lost.of("a", {"settings": 3}, is_below=False) == Lost(address="a")
