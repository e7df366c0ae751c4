"""A site is backed up, deleted, and restored to a new one, by command."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from strongroom.lab.lab import Lab, Wishes
from tests.journeys.site_support import connect_online, seeded
from tests.journeys.support import Strongroom

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
        "--to", f"{lab.cloud.sites.url}/sites/anew", "--folder", "", "--wait",
    )  # fmt: skip
    assert back["status"] == "complete"
