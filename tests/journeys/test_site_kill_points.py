"""A site's backup and restore, killed before and after every kind of step, go on as if nothing was.

As ``test_kill_points.py`` does for mailboxes; and what a restore relaxes is as it was in the end.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence

import pytest

from strongroom.lab.lab import Lab, Wishes
from strongroom.lab.sharepoint.content.items import ListItem
from strongroom.lab.sharepoint.content.list_core import ListSettings
from strongroom.lab.sharepoint.content.seed import Amounts
from tests.journeys.site_support import collection, connect_online, seeded
from tests.journeys.stage import Stage, mortal_double
from tests.journeys.support import restic

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no fork on Windows")

OFTEN = ["pack", "commit", "request"]
SELDOM = ["index", "snapshot", "lock", "delete"]
RESTORE_POINTS = ["journal", "upload", "commit", "request"]
FEW = [("before", 1), ("after", 1)]
KILLS = [("before", 1), ("after", 2), ("before", 9), ("after", 30)]
PATH = "/sites/marketing"
LOOKED_AT = {
    "Contracts", "Documents", "Customers", "Orders", "Products & prices", "Tasks", "Notices",
}  # fmt: skip
"""Not the pages: a new site has some of its own, and those that come stand beside them."""


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("site-kill-points")
    with Lab(Wishes(seed=3)) as lab, mortal_double(folder) as double:
        stage = Stage(lab, folder, double)
        connect_online(stage.strongroom, lab)
        seeded(lab.cloud.farm_face, Amounts(items=40, files=0, pages=0, people=4))
        yield stage
    assert lab.cloud.farm_face.crashes == []


@pytest.fixture(autouse=True)
def _fresh_witness(stage: Stage) -> None:
    stage.folder.joinpath("witness").write_text("")


@pytest.mark.soak
@pytest.mark.restic
def test_a_site_is_kept_and_comes_back_though_both_are_killed(stage: Stage) -> None:
    killed_backup_goes_on(stage, "snapshot", FEW)
    killed_restore_goes_on(stage, "upload", KILLS[3:], storage="snapshot")


@pytest.mark.soak
@pytest.mark.restic
@pytest.mark.parametrize("point", [*OFTEN, *SELDOM])
def test_a_sites_backup_killed_at_a_step_goes_on_from_its_last_checkpoint(
    point: str, stage: Stage
) -> None:
    kills = KILLS if point in OFTEN else FEW
    repository = killed_backup_goes_on(stage, point, kills, storage=f"for-{point}")
    stage.strongroom("verify", repository)


@pytest.mark.soak
@pytest.mark.parametrize("point", RESTORE_POINTS)
def test_a_sites_restore_killed_at_a_step_writes_nothing_twice(point: str, stage: Stage) -> None:
    strongroom = stage.strongroom
    if "saved" not in {job["name"] for job in strongroom("job", "list")}:
        add_job(stage, "saved", "saved")
        strongroom("job", "run", "saved", "--wait")
    killed_restore_goes_on(stage, point, KILLS, storage="saved")


def add_job(stage: Stage, name: str, storage: str) -> None:
    stage.strongroom.add_storage(storage)
    stage.strongroom("job", "add", "backup", name, "--connection", "online", "--storage", storage,
                     "--resource", site_url(stage))  # fmt: skip


def killed_backup_goes_on(
    stage: Stage, point: str, kills: Sequence[tuple[str, int]], *, storage: str = ""
) -> str:
    """See that nothing durable is fetched again, nothing is missing, and restic is content."""
    strongroom, storage = stage.strongroom, storage or point
    add_job(stage, storage, storage)
    deaths = sum(stage.kill(point, when, number, job=storage) for when, number in kills)
    assert deaths >= min(2, len(kills)), f"not reached: {strongroom('run', 'list')[0]['error']}"
    assert not stage.kill("nowhere", "before", 1, job=storage)

    _, fetched = stage.witnessed()
    document = strongroom("job", "run", storage, "--wait")
    assert document["status"] == "complete", document
    totals = document["totals"]
    assert totals["on_server"] == totals["unchanged"] >= len(fetched) > 40
    repository = stage.repository("site", site_url(stage), storage)
    assert "no errors" in restic(repository, strongroom.storage_password, "check", "--read-data")
    assert not list(repository.joinpath("locks").iterdir())
    listed = json.loads(restic(repository, strongroom.storage_password, "snapshots", "--json"))
    assert not [one for one in listed if "checkpoint" in one["tags"]]
    return storage


def killed_restore_goes_on(
    stage: Stage, point: str, kills: Sequence[tuple[str, int]], *, storage: str
) -> None:
    """See that all is there once, and that lists are set as they were, in a site of its own."""
    strongroom, lab = stage.strongroom, stage.lab
    path = f"/sites/back-{point}-{storage}"
    lab.cloud.farm.add_site(path, f"Back {point}")
    lab.cloud.tenant.reach.add_site(path, f"Back {point}")
    order = {
        "storage": storage,
        "resource": site_url(stage),
        "connection": "online",
        "to": site_url(stage, path),
    }
    deaths = sum(stage.kill(point, when, number, restore=order) for when, number in kills)
    assert deaths >= min(2, len(kills)), f"not reached: {strongroom('run', 'list')[0]['error']}"

    document = strongroom("restore", storage, site_url(stage), "--connection", "online",
                          "--to", order["to"], "--wait")  # fmt: skip
    assert document["status"] == "complete", document
    totals = document["totals"]
    assert totals["failed"] == totals["skipped"] == 0
    saved = standing(stage, PATH)
    assert saved.keys() == LOOKED_AT
    assert standing(stage, path) == saved
    assert not list(strongroom.home.joinpath("journals").iterdir())


def standing(
    stage: Stage, path: str
) -> dict[str, tuple[Counter[str], int, ListSettings, set[str]]]:
    """Say what is in lists, older versions of files, how they are set, what must be filled in."""
    return {
        one.title: (
            Counter(map(name_of, one.items.values())),
            sum(len(item.history) for item in one.items.values() if item.file),
            one.settings,
            {column.name for column in one.fields.values() if column.is_required},
        )
        for one in collection(stage.lab.cloud.farm_face, path).root.lists.values()
        if one.title in LOOKED_AT
    }


def name_of(item: ListItem) -> str:
    inside = "/".join(item.inner_path)
    return inside if item.file or item.is_folder else str(item.values.get("Title"))


def site_url(stage: Stage, path: str = PATH) -> str:
    return f"{stage.lab.cloud.sites.url}{path}"
