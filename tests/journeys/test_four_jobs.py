"""Real backups of two servers into two storages, killed again and again, end complete."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from tests.journeys.four_jobs import Scale, four_jobs

SMALL = Scale(mailboxes=1, items=120, kills=3, requests_max=30)
LARGE = Scale(mailboxes=8, items=400, kills=25, requests_max=600)


@pytest.mark.soak
@pytest.mark.restic
def test_four_jobs_that_are_killed_end_complete_and_never_meet(tmp_path: Path) -> None:
    _run(tmp_path, SMALL, seed=1)


@pytest.mark.soak
@pytest.mark.restic
@pytest.mark.parametrize("seed", [2, 3])
def test_four_larger_jobs_that_are_killed_often_end_complete(tmp_path: Path, seed: int) -> None:
    _run(tmp_path, LARGE, seed=seed)


def _run(folder: Path, scale: Scale, seed: int) -> None:
    print(f"seed {seed}")  # noqa: T201 - to do the same again
    with four_jobs(folder, scale) as story:
        story.run_with_kills(Random(seed))
        print(f"killed while at: {story.hits()}")  # noqa: T201
        story.judge()
