"""A prune that is killed before and after every kind of step: its run goes on and ends well."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator

import pytest

from strongroom.content import tags
from strongroom.content.message import Message
from strongroom.lab.lab import ADMINISTRATOR, Lab, Wishes
from strongroom.lab.seed.bulk import Load
from tests.journeys.stage import Stage, mortal_double
from tests.journeys.support import restic

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no fork on Windows")

POINTS = ["delete", "lock", "pack", "index", "commit"]
KILLS = [("before", 1), ("after", 1), ("after", 2), ("before", 4)]


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("prune-kill-points")
    loads = [Load(address=f"{one}@lab.example", items=4, item_bytes=2048) for one in POINTS]
    with Lab(Wishes(loads=tuple(loads))) as lab, mortal_double(folder) as double:
        stage = Stage(lab, folder, double)
        ca_file = folder / "ca.pem"
        ca_file.write_bytes(lab.ca_pem)
        stage.strongroom.connect(lab.ews_url, ca_file, ADMINISTRATOR, lab.admin_password)
        stage.strongroom.add_storage()
        yield stage


def live_on(stage: Stage, address: str, number: int) -> None:
    mailbox = stage.lab.estate.mailbox(address)
    assert mailbox is not None
    inbox = mailbox.folder_by_role("inbox")
    text = f"new {number} " * 2000
    inbox.add_item(Message(properties={tags.PidTagSubject: "new", tags.PidTagBody: text}))
    for item in list(inbox.items)[:-1]:
        inbox.remove_item(item)


@pytest.mark.soak
@pytest.mark.restic
@pytest.mark.parametrize("point", POINTS)
def test_a_prune_killed_at_a_step_goes_on_and_ends_well(point: str, stage: Stage) -> None:
    address, strongroom = f"{point}@lab.example", stage.strongroom
    strongroom("job", "add", "backup", point, "--connection", "lab", "--storage", "disk",
               "--resource", address, "--keep", "last:1")  # fmt: skip
    tidy = f"tidy {point}"
    strongroom("job", "add", "prune", tidy, "--storage", "disk", "--resource", address)
    for number in range(3):
        strongroom("job", "run", point, "--wait")
        live_on(stage, address, number)
    newest = strongroom("points", "disk", "--resource", address)[0]["id"]

    deaths = sum(stage.kill(point, when, number, job=tidy) for when, number in KILLS)
    assert deaths >= 1, "the step was not reached"
    assert not stage.kill("nowhere", "before", 1, job=tidy)

    runs = [one for one in strongroom("run", "list") if one["job"] == tidy]
    assert runs[0]["status"] == "complete", runs[0]
    assert [one["id"] for one in strongroom("points", "disk", "--resource", address)] == [newest]
    repository, password = stage.repository("mailbox", address), strongroom.storage_password
    restic(repository, password, "check", "--read-data")
    listed = json.loads(restic(repository, password, "snapshots", "--json"))
    assert [one["id"] for one in listed] == [newest]
    again = strongroom("job", "run", tidy, "--wait")
    assert again["tasks"][0]["ways"] == {
        "points": 1,
        "points_forgotten": 0,
        "points_waiting": 0,
        "bytes_freed": 0,
    }
