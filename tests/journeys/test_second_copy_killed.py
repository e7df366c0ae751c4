"""Killed before and after every kind of step that lasts, a copy goes on and is sound."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from strongroom.lab.lab import ADMINISTRATOR, Lab, Wishes
from strongroom.lab.seed.bulk import Load
from tests.journeys.stage import Stage, mortal_double
from tests.journeys.support import restic

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="there is no fork on Windows"),
    pytest.mark.soak,
    pytest.mark.restic,
]

POINTS = ["pack", "index", "snapshot", "lock", "delete", "commit"]
KILLS = [("before", 1), ("after", 1), ("before", 2), ("after", 3)]


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("copy-killed")
    loads = [
        Load(address=f"{point}@lab.example", items=20, item_bytes=2048, folders=2)
        for point in POINTS
    ]
    with Lab(Wishes(loads=tuple(loads))) as lab, mortal_double(folder) as double:
        stage = Stage(lab, folder, double)
        ca_file = folder / "ca.pem"
        ca_file.write_bytes(lab.ca_pem)
        stage.strongroom.connect(lab.ews_url, ca_file, ADMINISTRATOR, lab.admin_password)
        stage.strongroom.add_storage()
        stage.strongroom(
            "job", "add", "replicate", "offsite", "--storage", "disk",
            "--to", folder / "far", "--as", "far",
        )  # fmt: skip
        yield stage


@pytest.mark.parametrize("point", POINTS)
def test_a_copy_killed_at_a_step_goes_on_and_is_sound(point: str, stage: Stage) -> None:
    strongroom = stage.strongroom
    strongroom.back_up(point, f"{point}@lab.example")
    deaths = sum(stage.kill(point, when, number, job="offsite") for when, number in KILLS)
    assert deaths >= 1, "the step was not reached"
    assert not stage.kill("nowhere", "before", 1, job="offsite")
    ran = strongroom("job", "run", "offsite", "--wait")
    assert (ran["status"], ran["totals"]["saved"]) == ("complete", 0)
    here, there = (strongroom("points", name) for name in ("disk", "far"))
    assert here == there
    far = stage.folder / "far"
    assert not list(far.glob("repositories/*/*/locks/*"))
    for one in strongroom("storage", "stats", "far"):
        repository = far / "repositories" / one["kind"] / one["id"]
        restic(repository, strongroom.storage_password, "check", "--read-data")
