"""A site of a small firm, whole: kept, deleted, restored to a new one, and judged from outside.

141 real documents, and 12,000 items in several lists: lookups, people, several values, attachments,
versions, folders, pages, permissions of their own.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from strongroom.lab.lab import Lab, Wishes
from strongroom.lab.sharepoint.content.seed import Amounts
from tests.journeys.site_support import connect_online, seeded
from tests.journeys.support import CORPUS, Strongroom
from tests.judges.losses import unnamed
from tests.judges.sharepoint import SharePointJudge
from tests.judges.sites import differences, read_site, tally

pytestmark = [pytest.mark.in_process, pytest.mark.soak, pytest.mark.timeout(3600)]

DOCUMENTS = CORPUS / "documents.zip"
MADE_SITE, NEW_SITE = "/sites/marketing", "/sites/anew"


@pytest.fixture
def lab() -> Iterator[Lab]:
    with Lab(Wishes(seed=3)) as running:
        yield running
    assert running.cloud.farm_face.crashes == []


def test_a_site_of_twelve_thousand_items_comes_back_in_a_new_one(
    strongroom: Strongroom, lab: Lab, tmp_path: Path
) -> None:
    if not DOCUMENTS.is_file():
        pytest.skip("the corpus is not here: the 141 real documents are NOT SHOWN")
    judge = SharePointJudge(lab, tmp_path / "judge.pem")
    connect_online(strongroom, lab)
    strongroom.add_storage()
    seeded(lab.cloud.farm_face, Amounts(items=12_000, documents=DOCUMENTS))
    before = read_site(judge.online(MADE_SITE))
    site = lab.cloud.sites.url + MADE_SITE
    strongroom("job", "add", "backup", "site", "--connection", "online", "--storage", "disk",
               "--resource", site)  # fmt: skip
    kept = strongroom("job", "run", "site", "--wait")
    assert kept["status"] == "complete"
    assert kept["totals"]["on_server"] > 12_000
    lab.cloud.farm_face.content.delete(MADE_SITE)
    lab.cloud.farm_face.content.create(NEW_SITE, "Marketing")
    lab.cloud.tenant.reach.add_site(NEW_SITE, "Marketing")
    restored = strongroom.run(
        "restore", "disk", site, "--connection", "online", "--conflict", "replace",
        "--to", lab.cloud.sites.url + NEW_SITE, "--wait", "--json", timeout_s=3000,
    )  # fmt: skip
    assert restored.code == 0, (restored.stdout[-5000:], restored.stderr[-5000:])
    after = read_site(judge.online(NEW_SITE))
    judge.close()
    back = json.loads(restored.stdout)["totals"]
    assert (back["failed"], back["skipped"]) == (0, 0)
    assert tally(before)["item"] > 250_000
    wrong = unnamed(differences(before, after), restored.stderr)
    assert [str(one) for one in wrong] == []
