"""A site is restored to a new one, and a client that others wrote compares the two.

Field by field, by what ids mean; equal but for what the restore announced before it wrote anything.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from strongroom.lab.lab import Lab, Wishes
from tests.journeys.site_support import collection, connect_online
from tests.journeys.support import Strongroom
from tests.judges.losses import unnamed
from tests.judges.sharepoint import SharePointJudge
from tests.judges.sites import differences, read_site, tally
from tests.judges.staged_site import stage

pytestmark = pytest.mark.in_process


@pytest.fixture
def lab() -> Iterator[Lab]:
    with Lab(Wishes(seed=3)) as running:
        yield running
    assert running.cloud.farm_face.crashes == []


@pytest.fixture
def judge(lab: Lab, tmp_path: Path) -> Iterator[SharePointJudge]:
    made = SharePointJudge(lab, tmp_path / "judge.pem")
    yield made
    made.close()


def test_a_restored_site_differs_only_in_what_was_announced(
    strongroom: Strongroom, lab: Lab, judge: SharePointJudge
) -> None:
    connect_online(strongroom, lab)
    strongroom.add_storage()
    stage(collection(lab.cloud.farm_face))
    before = read_site(judge.online("/sites/marketing"))
    site = f"{lab.cloud.sites.url}/sites/marketing"
    strongroom("job", "add", "backup", "site", "--connection", "online", "--storage", "disk",
               "--resource", site)  # fmt: skip
    assert strongroom("job", "run", "site", "--wait")["status"] == "complete"
    lab.cloud.farm.add_site("/sites/anew", "Marketing")
    lab.cloud.tenant.reach.add_site("/sites/anew", "Marketing")
    restored = strongroom.run(
        "restore", "disk", site, "--connection", "online", "--conflict", "replace",
        "--to", f"{lab.cloud.sites.url}/sites/anew", "--wait", "--json",
    )  # fmt: skip
    assert restored.code == 0, restored.stderr
    assert json.loads(restored.stdout)["status"] == "complete"
    after = read_site(judge.online("/sites/anew"))
    assert tally(after)["item"] > 250
    wrong = unnamed(differences(before, after), restored.stderr)
    assert [str(one) for one in wrong] == []
