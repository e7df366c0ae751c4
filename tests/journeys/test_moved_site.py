"""A site gets another address: it is the same one, and what is kept of it goes on."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from strongroom.lab.lab import Lab, Wishes
from tests.journeys.site_support import connect_online
from tests.journeys.support import Strongroom

pytestmark = pytest.mark.in_process


def test_a_site_that_was_renamed_is_kept_on_with_and_nothing_is_read_twice(
    strongroom: Strongroom, tmp_path: Path
) -> None:
    archive = tmp_path / "papers.zip"
    with zipfile.ZipFile(archive, "w") as package:
        for number in range(5):
            package.writestr(f"in/{number}.txt", f"text {number}")
    with Lab(Wishes(seed=3, documents=(archive,))) as lab:
        connect_online(strongroom, lab)
        storage = strongroom.add_storage()
        old, new = (f"{lab.cloud.sites.url}/sites/{name}" for name in ("papers", "drawings"))
        strongroom("job", "add", "backup", "all", "--connection", "online", "--storage", "disk",
                   "--all", "--exclude", "*/personal/*")  # fmt: skip
        first = strongroom("job", "run", "all", "--wait")
        assert first["status"] == "complete"
        kept = {one.name for one in (storage / "repositories" / "site").iterdir()}

        lab.cloud.move_site("/sites/papers", "/sites/drawings")
        listed = {one["address"] for one in strongroom("resources", "online")}
        assert new in listed
        assert old not in listed
        again = strongroom("job", "run", "all", "--wait")
        assert again["status"] == "complete"
        (task,) = (one for one in again["tasks"] if one["resource"] == new)
        files = next(one for one in task["folders"] if one["path"] == "Shared Documents")
        assert (files["on_server"], files["unchanged"]) == (6, 6)
        assert {one.name for one in (storage / "repositories" / "site").iterdir()} == kept
        assert lab.cloud.farm_face.crashes == []
