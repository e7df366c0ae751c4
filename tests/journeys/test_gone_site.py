"""A site is restored to its own address: it moved, it is in the recycle bin, it was made anew."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from strongroom.lab.lab import Lab, Wishes
from tests.journeys.site_support import collection, connect_online
from tests.journeys.support import Strongroom

pytestmark = [pytest.mark.in_process, pytest.mark.soak]

PATH = "/sites/papers"


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    archive = tmp_path / "papers.zip"
    with zipfile.ZipFile(archive, "w") as package:
        package.writestr("in/plan.txt", "the plan")
    with Lab(Wishes(seed=3, documents=(archive,))) as running:
        yield running
    assert running.cloud.farm_face.crashes == []


def names(lab: Lab, path: str) -> set[str]:
    library = collection(lab.cloud.farm_face, path).root.list_by_title("Documents")
    assert library is not None
    return {one.leaf_name for one in library.items.values() if one.file}


def empty(lab: Lab, path: str) -> None:
    site = collection(lab.cloud.farm_face, path)
    library = site.root.list_by_title("Documents")
    assert library is not None
    with site.lock:
        for one in [one for one in library.items.values() if one.file]:
            library.delete_item(one, by=1)
    assert names(lab, path) == set()


@pytest.fixture
def back(strongroom: Strongroom, lab: Lab) -> tuple[str, ...]:
    """Keep a site, and give the command that restores it to where it was."""
    connect_online(strongroom, lab)
    strongroom.add_storage()
    address = lab.cloud.sites.url + PATH
    strongroom("job", "add", "backup", "one", "--connection", "online", "--storage", "disk",
               "--resource", address)  # fmt: skip
    assert strongroom("job", "run", "one", "--wait")["status"] == "complete"
    return ("restore", "disk", address, "--connection", "online", "--path", "Shared Documents",
            "--wait")  # fmt: skip


def test_a_deleted_site_is_said_to_be_in_the_recycle_bin_with_what_helps(
    strongroom: Strongroom, lab: Lab, back: tuple[str, ...]
) -> None:
    lab.cloud.delete_site(PATH)
    refused = strongroom.run(*back)
    said = " ".join(refused.stdout.split() + refused.stderr.split())
    assert refused.code == 2
    assert "is in the tenant's recycle bin" in said
    address = lab.cloud.sites.url + PATH
    assert f"Restore-SPODeletedSite -Identity '{address}'" in said
    # What it was made from is read out of the backup.
    assert "-Title 'papers' -Template 'STS#" in said


def test_a_site_goes_back_to_where_it_is_now_or_was_made_anew(
    strongroom: Strongroom, lab: Lab, back: tuple[str, ...]
) -> None:
    # It got another address since, and nothing is left at the old one: its id tells.
    lab.cloud.move_site(PATH, "/sites/drawings")
    lab.cloud.farm.redirects.clear()
    empty(lab, "/sites/drawings")
    assert strongroom(*back)["status"] == "complete"
    assert "plan.txt" in names(lab, "/sites/drawings")
    # It was deleted and made anew: another site with the same address, so one says so.
    lab.cloud.delete_site("/sites/drawings")
    lab.cloud.farm_face.content.create(PATH, "Papers")
    assert "--to" in strongroom.run(*back).stderr
    assert strongroom(*back, "--to", lab.cloud.sites.url + PATH)["status"] == "complete"
    assert "plan.txt" in names(lab, PATH)
