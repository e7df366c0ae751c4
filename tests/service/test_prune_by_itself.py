"""Prunes that nobody asks for: once a week after a backup, and when something goes by hand."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from strongroom.control.chosen_database import chosen_database
from strongroom.control.database import open_database
from strongroom.service.application import Application
from strongroom.service.prune_by_itself import PruneByItself
from strongroom.service.retention import KeepRules
from strongroom.service.selections import BackupSelection
from tests.fakes.hand_clock import HandClock
from tests.fakes.mail_server import World
from tests.service.support import back_up, wait

ANN = "ann@example"


@pytest.fixture
def clock(world: World) -> HandClock:
    assert isinstance(world.clock, HandClock)
    return world.clock


@pytest.fixture
def step(ready: Application, world: World, clock: HandClock) -> Callable[[], int]:
    """Let a minute pass and look; say how many prunes there are by then."""
    world.estate.add(ANN)
    database = open_database(chosen_database(ready.home))
    chore = PruneByItself(database, clock)

    def look() -> int:
        clock.move(minutes=1)
        chore.step()
        return len([one for one in ready.runs.all() if one["kind"] == "prune"])

    return look


def add(application: Application, name: str, keep: KeepRules | None) -> None:
    application.jobs.add_backup(
        name,
        connection="office",
        storage="disk",
        selection=BackupSelection(resources=(ANN,)),
        keep=keep,
    )


def do_all(application: Application) -> None:
    for one in application.runs.all():
        if one["status"] == "waiting":
            wait(application, application.runs.find(str(one["id"])))


def test_once_a_week_after_a_backup(
    ready: Application, clock: HandClock, step: Callable[[], int]
) -> None:
    add(ready, "nightly", KeepRules(keep="last:1"))
    assert step() == 0
    back_up(ready)
    back_up(ready)
    assert [step(), step()] == [1, 1]
    do_all(ready)
    assert len(ready.kept.points("disk").points) == 1
    back_up(ready)
    clock.move(days=6)
    assert step() == 1
    clock.move(days=1)
    assert [step(), step()] == [2, 2]
    do_all(ready)
    clock.move(days=30)
    assert step() == 2  # nothing was backed up since
    assert len(ready.kept.points("disk").points) == 1


def test_as_often_as_a_job_says_and_once_for_all_jobs_of_a_storage(
    ready: Application, clock: HandClock, step: Callable[[], int]
) -> None:
    add(ready, "nightly", KeepRules(keep="last:1", prune_every_s=86_400))
    add(ready, "hourly", KeepRules(keep="last:1", prune_every_s=86_400))
    back_up(ready)
    back_up(ready, "hourly")
    assert step() == 1
    do_all(ready)
    back_up(ready)
    clock.move(days=1)
    assert step() == 2


def test_never_where_nothing_is_to_be_forgotten(
    ready: Application, clock: HandClock, step: Callable[[], int]
) -> None:
    add(ready, "nightly", None)
    add(ready, "by-hand", KeepRules(keep="last:1", prune_every_s=0))
    back_up(ready)
    back_up(ready, "by-hand")
    assert step() == 0


def test_not_while_a_backup_of_the_job_is_under_way(
    ready: Application, step: Callable[[], int]
) -> None:
    add(ready, "nightly", KeepRules(keep="last:1"))
    back_up(ready)
    ready.jobs.ask_run("nightly")
    assert step() == 0


def test_what_goes_by_hand_goes_on_its_day_and_is_asked_for_once_a_day(
    ready: Application, clock: HandClock, step: Callable[[], int]
) -> None:
    add(ready, "nightly", None)
    back_up(ready)
    back_up(ready)
    older = ready.kept.points("disk").points[1].id
    ready.retention.forget("disk", ANN, (older,))
    assert step() == 0
    clock.move(days=7)
    assert step() == 1
    do_all(ready)
    assert [one.id for one in ready.kept.points("disk").points] != [older]
    assert len(ready.kept.points("disk").points) == 1
    assert step() == 1


def test_what_is_held_on_its_day_is_not_asked_for_each_minute(
    ready: Application, clock: HandClock, step: Callable[[], int]
) -> None:
    add(ready, "nightly", None)
    back_up(ready)
    back_up(ready)
    ready.retention.forget("disk", ANN, (ready.kept.points("disk").points[1].id,))
    ready.holds.add("disk", ANN, reason="case 4711")
    clock.move(days=7)
    assert step() == 1
    do_all(ready)
    assert step() == 1
    clock.move(days=1)
    assert step() == 2
    assert len(ready.kept.points("disk").points) == 2


def test_whoever_looks_after_schedules_does_it(
    ready: Application, world: World, clock: HandClock
) -> None:
    world.estate.add(ANN)
    add(ready, "nightly", KeepRules(keep="last:1"))
    back_up(ready)
    back_up(ready)
    worker = ready.make_worker()
    try:
        while worker.step():
            worker.wait(0.1)
    finally:
        worker.close()
    assert len(ready.kept.points("disk").points) == 1
