"""Versions of SharePoint differ where the real ones do."""

from __future__ import annotations

import uuid

import pytest

from strongroom.lab.sharepoint import Farm
from strongroom.lab.sharepoint.content import pages
from strongroom.lab.sharepoint.content.collection import SiteCollection
from strongroom.lab.sharepoint.content.content_database import ContentDatabase
from strongroom.lab.sharepoint.content.lists import SpList
from strongroom.lab.sharepoint.content.principals import SYSTEM_ACCOUNT
from strongroom.lab.sharepoint.content.refusals import (
    FileBlocked,
    FileTooLarge,
    NotAllowed,
    ValueRefused,
)
from strongroom.lab.sharepoint.content.seed import Amounts, fill
from strongroom.lab.sharepoint.content.seed_columns import column_xml
from strongroom.lab.sharepoint.content.traits import TRAITS, Traits
from tests.fakes.hand_clock import HandClock


def _site(profile: str) -> SiteCollection:
    farm = Farm(kind="windows", clock=HandClock(), profile=profile)
    farm.add_site("/sites/yard", "Yard")
    database = ContentDatabase(
        farm, guid=lambda kind, path: str(uuid.uuid5(uuid.NAMESPACE_URL, f"{kind} {path}"))
    )
    made = database.collection("/sites/yard")
    assert made is not None
    return made


def _list(site: SiteCollection, title: str) -> SpList:
    found = site.root.list_by_title(title)
    assert found is not None
    return found


def test_an_old_server_has_no_modern_pages() -> None:
    old = _site("2016")
    library = _list(old, "Site Pages")
    with pytest.raises(NotAllowed):
        pages.add_page(library, "A.aspx", pages.PageContent(title="A"), by=SYSTEM_ACCOUNT)
    home = library.at(("Home.aspx",))
    assert home is not None
    assert (home.label, home.values) == ("1.0", {"WikiField": "<h1>Welcome</h1>"})
    assert library.content_types[home.content_type_id].name == "Wiki Page"
    names = {one.name for one in old.root.content_types.values()}
    assert "Site Page" not in names
    assert "Site Page" in {one.name for one in _site("2019").root.content_types.values()}


@pytest.mark.parametrize(
    ("profile", "name", "is_taken"),
    [
        ("2013", "100% & #1.txt", False),
        ("2019", "100% & #1.txt", True),
        ("2016", "x" * 129, False),
        ("se", "x" * 129, True),
        ("online", "a.exe", True),
        ("online", "a?.txt", False),
    ],
)
def test_names_are_taken_by_some_and_not_by_others(
    profile: str, name: str, *, is_taken: bool
) -> None:
    library = _list(_site(profile), "Documents")
    if is_taken:
        library.upload(name, b"", by=SYSTEM_ACCOUNT)
    else:
        with pytest.raises(ValueRefused):
            library.upload(name, b"", by=SYSTEM_ACCOUNT)


def test_paths_end_somewhere() -> None:
    library = _list(_site("2013"), "Documents")
    folder = None
    for _ in range(2):
        folder = library.add_folder("y" * 100, by=SYSTEM_ACCOUNT, folder=folder)
    with pytest.raises(ValueRefused, match="too long"):
        library.upload("z" * 30, b"", by=SYSTEM_ACCOUNT, folder=folder)


def test_a_farm_blocks_programs_and_files_have_a_largest_size() -> None:
    site = _site("se")
    library = _list(site, "Documents")
    with pytest.raises(FileBlocked):
        library.upload("setup.EXE", b"", by=SYSTEM_ACCOUNT)
    site.traits = Traits(file_bytes_max=3)
    item = library.upload("setup.EXE", b"123", by=SYSTEM_ACCOUNT)
    with pytest.raises(FileTooLarge):
        library.save_content(item, b"1234", by=SYSTEM_ACCOUNT)


def test_a_column_may_be_of_a_type_that_is_not_known() -> None:
    old, new = _list(_site("se"), "Tasks"), _list(_site("online"), "Tasks")
    image = column_xml("Image", "Photo")
    with pytest.raises(ValueRefused):
        old.parse_field(image, by=SYSTEM_ACCOUNT)
    new.parse_field(image, by=SYSTEM_ACCOUNT)


def test_only_online_keeps_versions_unasked() -> None:
    assert _list(_site("online"), "Documents").settings.major_limit == 500
    assert not _list(_site("se"), "Documents").settings.has_versioning


@pytest.mark.parametrize("profile", list(TRAITS))
def test_a_site_of_any_version_can_be_filled(profile: str) -> None:
    seeded = fill(_site(profile), Amounts(items=60, files=2), seed=4)
    assert any(one.history for one in seeded.documents.items.values())
    assert any(one.history for one in seeded.orders.items.values())
