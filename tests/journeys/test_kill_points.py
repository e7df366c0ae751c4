"""Killed before and after every kind of step that lasts, the program goes on as if nothing was."""

from __future__ import annotations

import json
import random
import sys
from collections import Counter
from collections.abc import Iterator

import pytest

from strongroom.lab.lab import ADMINISTRATOR, Lab, Wishes
from strongroom.lab.seed.bulk import Load
from tests.journeys.stage import Stage, mortal_double
from tests.journeys.support import restic

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no fork on Windows")

ITEMS = 50
BACKUP_POINTS = ["pack", "index", "snapshot", "lock", "delete", "commit", "request"]
RESTORE_POINTS = ["journal", "upload", "commit"]
LEFT_TO_SOAK = {"pack", "index", "lock", "delete", "journal", "request", "upload"}
KILLS = [("before", 1), ("after", 1), ("before", 3), ("after", 4)]
SEEDS = [1, 2, 3]
SAVED = "saved@lab.example"


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("kill-points")
    loads = [
        Load(address=address, items=ITEMS, item_bytes=2048, folders=3)
        for address in (SAVED, *(f"{point}@lab.example" for point in (*BACKUP_POINTS, *SEEDS)))
    ]
    with Lab(Wishes(loads=tuple(loads))) as lab, mortal_double(folder) as double:
        stage = Stage(lab, folder, double)
        ca_file = folder / "ca.pem"
        ca_file.write_bytes(lab.ca_pem)
        stage.strongroom.connect(lab.ews_url, ca_file, ADMINISTRATOR, lab.admin_password)
        stage.strongroom.add_storage()
        yield stage


@pytest.fixture(autouse=True)
def _fresh_witness(stage: Stage) -> None:
    stage.folder.joinpath("witness").write_text("")


@pytest.mark.restic
@pytest.mark.parametrize(
    "point",
    [
        pytest.param(point, marks=pytest.mark.soak) if point in LEFT_TO_SOAK else point
        for point in BACKUP_POINTS
    ],
)
def test_a_backup_killed_at_a_step_goes_on_from_its_last_checkpoint(
    point: str, stage: Stage
) -> None:
    address = f"{point}@lab.example"
    strongroom = stage.strongroom
    strongroom("job", "add", "backup", point, "--connection", "lab", "--storage", "disk",
               "--resource", address)  # fmt: skip
    deaths = sum(stage.kill(point, when, number, job=point) for when, number in KILLS)
    assert deaths >= 2, "the step was not reached"
    assert not stage.kill("nowhere", "before", 1, job=point)

    goes_on_and_is_sound(stage, point)


@pytest.mark.soak
@pytest.mark.restic
@pytest.mark.parametrize("seed", SEEDS)
def test_a_backup_killed_at_random_fetches_nothing_again_that_a_checkpoint_holds(
    seed: int, stage: Stage
) -> None:
    job = str(seed)
    stage.strongroom("job", "add", "backup", job, "--connection", "lab", "--storage", "disk",
                     "--resource", f"{job}@lab.example")  # fmt: skip
    chance = random.Random(seed)
    deaths = 0
    for _ in range(2 * len(KILLS)):
        point, when = chance.choice(BACKUP_POINTS), chance.choice(["before", "after"])
        deaths += stage.kill(point, when, chance.randrange(1, 4), job=job)
    assert deaths >= 2, "it was hardly ever killed"
    stage.kill("nowhere", "before", 1, job=job)

    goes_on_and_is_sound(stage, job)


def goes_on_and_is_sound(stage: Stage, job: str) -> None:
    """See that nothing durable was fetched again, nothing is missing, and restic is content."""
    strongroom = stage.strongroom
    _, fetched = stage.witnessed()
    document = strongroom("job", "run", job, "--wait")
    assert document["status"] == "complete", document
    totals = document["totals"]
    assert (totals["on_server"], totals["unchanged"]) == (len(fetched), len(fetched))
    assert totals["on_server"] >= ITEMS
    repository = stage.repository("mailbox", f"{job}@lab.example")
    assert "no errors" in restic(repository, strongroom.storage_password, "check", "--read-data")
    assert not list(repository.joinpath("locks").iterdir())
    listed = json.loads(restic(repository, strongroom.storage_password, "snapshots", "--json"))
    assert not [one for one in listed if "checkpoint" in one["tags"]]


@pytest.mark.parametrize(
    "point",
    [
        pytest.param(point, marks=pytest.mark.soak) if point in LEFT_TO_SOAK else point
        for point in RESTORE_POINTS
    ],
)
def test_a_restore_killed_at_a_step_writes_nothing_twice(point: str, stage: Stage) -> None:
    strongroom = stage.strongroom
    if "saved" not in {job["name"] for job in strongroom("job", "list")}:
        strongroom.back_up("saved", SAVED)
    order = {
        "storage": "disk",
        "resource": SAVED,
        "connection": "lab",
        "to": "empty@lab.example",
        "folder": f"Back {point}",
    }
    deaths = sum(stage.kill(point, when, number, restore=order) for when, number in KILLS)
    assert deaths >= 2, "the step was not reached"

    document = strongroom("restore", "disk", SAVED, "--connection", "lab",
                          "--to", order["to"], "--folder", order["folder"], "--wait")  # fmt: skip
    assert document["status"] == "complete", document
    source = stage.lab.estate.mailbox(SAVED)
    target = stage.lab.estate.mailbox(order["to"])
    assert source is not None
    assert target is not None
    (top,) = [folder for folder in target.folders if folder.name == order["folder"]]
    folders = [folder for folder in target.folders if folder.is_below(top)]
    back = Counter(item.subject for folder in folders for item in folder.items)
    assert back == Counter(item.subject for item in source.items)
    assert not list(strongroom.home.joinpath("journals").iterdir())
    assert stage.lab.outgoing == []
