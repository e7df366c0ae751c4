"""Workers are killed at random instants, and what they were at comes to its end all the same."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from strongroom.control.database import DatabasePlace
from tests.kills.harness import harness
from tests.kills.judge import Judge, Verdict
from tests.kills.nursery import Nursery

SEED = int(os.environ.get("KILLS_SEED", "0"))
"""Chance draws the runs and whom it kills; how far workers are by then is the machine's. None: one
is drawn where there is time for it."""


def trial(
    nursery: Nursery,
    place: DatabasePlace,
    folder: Path,
    *,
    kills: int,
    seed: int,
    every_s: tuple[float, float] = (0.0, 0.5),
) -> Verdict:
    size = 3 if place.is_shared else 1
    with harness(nursery, place, folder, seed=seed, size=size) as one:
        one.kill_at_random(kills, busy=8, every_s=every_s)
        one.finish()
        verdict = Judge(one).verdict()
    print(f"KILLS_SEED={seed}: {verdict}")  # noqa: T201 - shown where it fails, or with -s
    assert not verdict.faults, "\n".join(verdict.faults)
    return verdict


@pytest.mark.soak
@pytest.mark.parametrize(
    "control_place",
    ["sqlite", pytest.param("postgresql", marks=pytest.mark.soak)],
    indirect=True,
)
def test_ten_kills_lose_nothing_and_do_nothing_twice(
    workers: Nursery, control_place: DatabasePlace, tmp_path: Path
) -> None:
    verdict = trial(workers, control_place, tmp_path, kills=10, seed=SEED or 1)
    assert verdict.hits >= 4, "kills are to hit work, not only the start of a worker"
    assert verdict.overlaps > 0, "runs that are free of each other are done at the same time"


@pytest.mark.soak
def test_two_hundred_kills_lose_nothing_and_do_nothing_twice(
    workers: Nursery, control_place: DatabasePlace, tmp_path: Path
) -> None:
    seed = SEED or random.SystemRandom().randrange(1, 10**6)
    verdict = trial(workers, control_place, tmp_path, kills=200, seed=seed, every_s=(0.0, 1.2))
    assert verdict.hits >= 100
    assert verdict.hits_in_step >= 30
    assert verdict.taken_over >= 10
    assert verdict.tasks >= 100
