"""Three workers share one backup; one dies, one comes, and nothing is missing or done twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fakes.postgres import PostgresServer
from tests.journeys.many_workers import many_workers


@pytest.mark.soak  # the others take a silent worker for dead after a minute
@pytest.mark.restic
@pytest.mark.parametrize("victim_drives", [True, False], ids=["the driver", "a helper"])
def test_a_backup_outlives_one_of_three_workers_and_is_helped_by_a_fourth(
    tmp_path: Path, postgres: PostgresServer, *, victim_drives: bool
) -> None:
    with many_workers(tmp_path, postgres) as story:
        homes = [story.office, *(story.further_home(name) for name in ("b", "c", "d"))]
        first = [story.start(home) for home in homes[:3]]
        story.begin()
        story.until(lambda: all(map(story.has_taken, first)), "three workers share it")

        newcomer = story.start(homes[3])
        story.until(lambda: story.has_taken(newcomer), "the newcomer helps")
        driver = story.driver()
        victim = next(one for one in first if (one == driver) == victim_drives)
        story.all_are_here()
        held = story.kill(victim)
        story.finish()

        story.judge(twice=held)
        ended = story.ended_by()
        print(f"mailboxes by worker: {dict(ended)}, in the victim's hands: {len(held)}")  # noqa: T201
        living = {*first, newcomer} - {victim}
        assert living <= set(ended), "each that lives did some"
