"""A site is backed up, deleted, and restored to a new one, by command."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from strongroom.lab.lab import Lab, Wishes
from tests.journeys.site_support import connect_online, documents, seeded
from tests.journeys.support import Strongroom, restic

pytestmark = pytest.mark.in_process


@pytest.fixture
def lab() -> Iterator[Lab]:
    with Lab(Wishes(seed=3)) as running:
        yield running
    assert running.cloud.farm_face.crashes == []
    assert running.farm_face.crashes == []


def test_a_site_comes_back_in_a_new_one(strongroom: Strongroom, lab: Lab) -> None:
    connect_online(strongroom, lab)
    strongroom.add_storage()
    seeded(lab.cloud.farm_face)
    site = f"{lab.cloud.sites.url}/sites/marketing"
    strongroom("job", "add", "backup", "site", "--connection", "online", "--storage", "disk",
               "--resource", site)  # fmt: skip
    run = strongroom("job", "run", "site", "--wait")
    assert run["status"] == "complete"
    lab.cloud.farm.add_site("/sites/anew", "Anew")
    lab.cloud.tenant.reach.add_site("/sites/anew", "Anew")
    back = strongroom(
        "restore", "disk", site, "--connection", "online",
        "--to", f"{lab.cloud.sites.url}/sites/anew", "--wait",
    )  # fmt: skip
    assert back["status"] == "complete"


def test_restic_gives_the_documents_as_plain_files_in_their_real_folders(
    strongroom: Strongroom, lab: Lab, tmp_path: Path
) -> None:
    connect_online(strongroom, lab)
    storage = strongroom.add_storage()
    made = seeded(lab.cloud.farm_face)
    site = f"{lab.cloud.sites.url}/sites/marketing"
    strongroom("job", "add", "backup", "site", "--connection", "online", "--storage", "disk",
               "--resource", site)  # fmt: skip
    first = strongroom("job", "run", "site", "--wait")
    assert first["status"] == "complete"
    repository = next((storage / "repositories" / "site").iterdir())
    out = tmp_path / "out"
    restic(repository, strongroom.storage_password, "restore", "latest", "--target", out)
    there = {"/".join(one.relative_to(out / "folders").parts): one for one in documents(out)}
    for library in (made.documents, made.contracts, made.pages):
        inside = library.root_path.removeprefix("/sites/marketing/")
        for item in library.items.values():
            if item.file is not None:
                name = "/".join([inside, *item.inner_path])
                assert there[name].read_bytes() == item.file.content
    again = strongroom("job", "run", "site", "--wait")
    assert again["status"] == "complete"
    assert again["totals"]["saved"] == 0
    assert again["totals"]["requests"] <= 12
