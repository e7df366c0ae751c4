"""Killed anywhere, a run goes on from what it had; nothing is lost, nothing comes twice."""

from __future__ import annotations

import contextlib
import random
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from strongroom.lab.lab import Lab, Wishes
from strongroom.lab.seed.bulk import Load
from tests.journeys.conftest import OpenLab
from tests.journeys.support import Strongroom, restic

ADDRESS = "large@lab.example"
KILLS = 4
SIZES = pytest.mark.parametrize(
    ("seed", "items"), [(1, 500), pytest.param(2, 1500, marks=pytest.mark.soak)]
)


def load(items: int) -> Load:
    return Load(address=ADDRESS, items=items, item_bytes=4096, folders=5)


def run_and_kill(strongroom: Strongroom, lab: Lab, after_requests: int, *words: object) -> None:
    """Start a command and kill it, without warning, once the server has answered that much."""
    before = sum(lab.server.exchange.requests.values())
    process = strongroom.start(*words)
    try:
        while sum(lab.server.exchange.requests.values()) - before < after_requests:
            if process.poll() is not None:
                return
            # Between two looks it may come to its end as well.
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=0.002)
    finally:
        process.kill()
        process.communicate()


@pytest.mark.restic
@SIZES
def test_a_backup_killed_at_random_completes_in_the_next_run(
    seed: int, items: int, strongroom: Strongroom, open_lab: OpenLab, tmp_path: Path
) -> None:
    lab = open_lab(Wishes(loads=(load(items),)))
    strongroom("job", "add", "backup", "one", "--connection", "lab", "--storage", "disk",
               "--resource", ADDRESS)  # fmt: skip
    chance = random.Random(seed)
    for _ in range(KILLS):
        run_and_kill(
            strongroom, lab, chance.randrange(1, items // 30), "job", "run", "one", "--wait"
        )

    document = strongroom.back_up("one")

    assert document["status"] == "complete", document
    assert document["totals"]["on_server"] >= items
    (repository,) = (tmp_path / "storage-disk" / "repositories" / "mailbox").iterdir()
    assert "no errors" in restic(repository, strongroom.storage_password, "check", "--read-data")
    strongroom("verify", "disk")


@pytest.mark.soak
@SIZES
def test_a_restore_killed_at_random_never_brings_an_item_twice(
    seed: int, items: int, strongroom: Strongroom, open_lab: OpenLab
) -> None:
    lab = open_lab(Wishes(loads=(load(items),)))
    strongroom.back_up("one", ADDRESS)
    words = ("restore", "disk", ADDRESS, "--connection", "lab", "--to", "empty@lab.example",
             "--folder", "Back", "--wait")  # fmt: skip
    chance = random.Random(seed)
    for _ in range(KILLS):
        run_and_kill(strongroom, lab, chance.randrange(1, items // 25), *words)

    document = strongroom(*words)

    assert document["status"] == "complete", document
    empty = lab.estate.mailbox("empty@lab.example")
    large = lab.estate.mailbox(ADDRESS)
    assert empty is not None
    assert large is not None
    assert Counter(item.subject for item in empty.items) == Counter(
        item.subject for item in large.items
    )
