"""What the farm says there is, there is."""

from __future__ import annotations

import pytest

from strongroom.lab.sharepoint import Farm
from strongroom.lab.sharepoint.content import classic_pages
from strongroom.lab.sharepoint.content.collection import SiteCollection
from strongroom.lab.sharepoint.content.content_database import ContentDatabase
from strongroom.lab.sharepoint.content.principals import User
from strongroom.lab.sharepoint.content.refusals import (
    AlreadyExists,
    NotAllowed,
    NotFound,
    QuotaExceeded,
    SiteIsLocked,
    SiteIsReadOnly,
)
from strongroom.lab.sharepoint.content.seed import Amounts, fill


def test_a_site_of_the_farm_is_a_team_site_when_somebody_looks(site: SiteCollection) -> None:
    assert [web.path for web in site.webs()] == ["/sites/yard", "/sites/yard/hr"]
    shown = {one.title: one for one in site.root.lists.values() if not one.settings.is_hidden}
    assert {"Documents", "Site Pages", "Site Assets", "Tasks", "Style Library"} == set(shown)
    assert shown["Documents"].root_path == "/sites/yard/Shared Documents"
    assert shown["Tasks"].root_path == "/sites/yard/Lists/Tasks"
    hidden = {one.title for one in site.root.lists.values() if one.settings.is_hidden}
    assert {"User Information List", "Master Page Gallery", "TaxonomyHiddenList"} <= hidden


def test_two_sites_of_one_collection_are_in_one_collection(database: ContentDatabase) -> None:
    assert database.collection("/sites/yard/hr") is database.collection("/sites/yard")
    assert database.collection("/sites/nowhere") is None
    web = database.web("/sites/yard/hr")
    assert web is not None
    assert web.title == "People"


def test_the_farms_members_are_in_the_groups_that_fit(site: SiteCollection, ann: User) -> None:
    owners = site.principals.groups[site.root.owner_group_id]
    assert owners.members == [ann.id]
    assert (owners.title, owners.id) == ("Yard Owners", 3)


def test_a_web_that_is_made_in_the_content_is_a_site_of_the_farm(
    farm: Farm, site: SiteCollection, ann: User
) -> None:
    made = site.root.add_web("Lab", "Laboratory", by=ann.id)
    assert made.path == "/sites/yard/Lab"
    assert farm.site_of("/sites/yard/lab") is not None
    site.root.delete_web(made, by=ann.id)
    assert farm.site_of("/sites/yard/lab") is None
    (entry,) = site.recycle_bin.entries()
    assert entry.stage == 2
    site.recycle_bin.restore(entry.id)
    assert farm.site_of("/sites/yard/lab") is not None


def test_a_deleted_site_blocks_its_address_until_it_is_purged(
    farm: Farm, database: ContentDatabase, site: SiteCollection
) -> None:
    database.delete("/sites/yard")
    assert farm.site_of("/sites/yard/hr") is None
    with pytest.raises(AlreadyExists):
        database.create("/sites/yard", "Another")
    assert database.restore("/sites/yard") is site
    assert farm.site_of("/sites/yard/hr") is not None
    database.delete("/sites/yard")
    database.purge("/sites/yard")
    assert database.create("/sites/yard", "Another") is not site
    with pytest.raises(NotFound):
        database.restore("/sites/yard")


def test_a_moved_collection_keeps_its_ids(site: SiteCollection) -> None:
    lists = {number: one.root_path for number, one in site.root.lists.items()}
    site.move("/sites/garden")
    assert {web.path for web in site.webs()} == {"/sites/garden", "/sites/garden/hr"}
    moved = {number: one.root_path for number, one in site.root.lists.items()}
    assert moved == {key: one.replace("/yard", "/garden") for key, one in lists.items()}


def test_a_collection_can_be_full_or_read_only_or_locked(site: SiteCollection, ann: User) -> None:
    tasks = site.root.list_by_title("Documents")
    assert tasks is not None
    site.quota_bytes = site.used_bytes + 10
    tasks.upload("small.txt", b"123456789", by=ann.id)
    with pytest.raises(QuotaExceeded):
        tasks.upload("more.txt", b"12", by=ann.id)
    site.quota_bytes, site.is_read_only = 0, True
    with pytest.raises(SiteIsReadOnly):
        tasks.upload("more.txt", b"12", by=ann.id)
    site.is_locked = True
    with pytest.raises(SiteIsLocked):
        tasks.upload("more.txt", b"12", by=ann.id)


def test_the_same_farm_has_the_same_ids(farm: Farm, database: ContentDatabase) -> None:
    again = ContentDatabase(farm, guid=database._guid)
    first, second = database.collection("/sites/yard"), again.collection("/sites/yard")
    assert first is not None
    assert second is not None
    assert list(first.root.lists) == list(second.root.lists)


def test_a_subweb_can_get_another_address(farm: Farm, site: SiteCollection, ann: User) -> None:
    hr = site.root.webs["hr"]
    hr.move("People", by=ann.id)
    assert farm.site_of("/sites/yard/hr") is None
    assert farm.site_of("/sites/yard/people") is not None
    tasks = hr.list_by_title("Tasks")
    assert tasks is not None
    assert tasks.root_path == "/sites/yard/People/Lists/Tasks"
    with pytest.raises(NotAllowed):
        site.root.move("elsewhere", by=ann.id)


def test_without_custom_scripts_some_things_cannot_be_written(
    farm: Farm, site: SiteCollection, ann: User
) -> None:
    pages = site.root.list_by_title("Site Pages")
    assert pages is not None
    page = classic_pages.add_wiki_page(pages, "W.aspx", "<p/>", by=ann.id)
    script = classic_pages.script_editor("S", "<script/>")
    farm.sites["/sites/yard"].has_scripts = False
    with pytest.raises(NotAllowed, match="scripts"):
        site.root.set_properties({"a": "b"}, by=ann.id)
    with pytest.raises(NotAllowed, match="scripts"):
        classic_pages.add_web_part(page, script, by=ann.id, zone_id="wpz", zone_index=0)
    farm.sites["/sites/yard"].has_scripts = True
    site.root.set_properties({"a": "b"}, by=ann.id)
    classic_pages.add_web_part(page, script, by=ann.id, zone_id="wpz", zone_index=0)


@pytest.mark.parametrize(
    ("path", "template", "titles"),
    [
        ("/sites/club", "GROUP", {"Documents", "Site Pages", "Site Assets"}),
        (
            "/sites/press",
            "SITEPAGEPUBLISHING",
            {"Documents", "Site Pages", "Site Assets", "Events"},
        ),
        ("/personal/ann_lab_example", "SPSPERS", {"Documents"}),
    ],
)
def test_what_a_site_begins_with_depends_on_its_template(
    database: ContentDatabase, path: str, template: str, titles: set[str]
) -> None:
    site = database.create(path, "New", template=template)
    shown = {one.title for one in site.root.lists.values() if not one.settings.is_hidden}
    assert shown - {"Style Library"} == titles
    assert bool(site.group_id) == (template == "GROUP")
    fill(site, Amounts(items=40, files=0))


def test_the_documents_of_a_onedrive_lie_in_documents(database: ContentDatabase) -> None:
    drive = database.create("/personal/ann_lab_example", "Ann", template="SPSPERS")
    (documents,) = (o for o in drive.root.lists.values() if o.title == "Documents")
    assert documents.root_path == "/personal/ann_lab_example/Documents"


def test_the_farm_knows_a_moved_site_at_its_new_address_alone(
    farm: Farm, database: ContentDatabase, site: SiteCollection
) -> None:
    members = farm.sites["/sites/yard"].members
    with pytest.raises(AlreadyExists):
        database.move("/sites/yard", "/")
    assert database.move("/sites/yard", "/sites/Garden") is site
    assert database.collection("/sites/garden/hr") is site
    assert database.collection("/sites/yard") is None
    assert farm.sites["/sites/garden"].members is members
    with pytest.raises(NotFound):
        database.move("/sites/yard", "/sites/field")
