"""What a prune run does when something is in its way."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import pytest

from strongroom.control.records import NewRun
from strongroom.engine.claims import Claims, shared
from strongroom.service.application import Application
from strongroom.service.prune_work import prune_run
from strongroom.service.retention import KeepRules
from strongroom.service.selections import BackupSelection, VerifySelection
from strongroom.service.verifying import verify_run
from strongroom.store import prune_planning
from strongroom.store.repository import Repository
from tests.fakes.hand_clock import HandClock
from tests.fakes.mail_server import World
from tests.service.points import make_days
from tests.service.support import wait

ANN, BOB = "ann@example", "bob@example"


@pytest.fixture
def kept(ready: Application, world: World) -> Application:
    """Give a home with two restore points of each of two mailboxes, of which one is to stay."""
    assert isinstance(world.clock, HandClock)
    world.estate.add(ANN)
    world.estate.add(BOB)
    ready.jobs.add_backup(
        "nightly",
        connection="office",
        storage="disk",
        selection=BackupSelection(resources=(ANN, BOB)),
        keep=KeepRules(keep="last:1"),
    )
    for address in (ANN, BOB):
        make_days(ready, world, address, 2)
    return ready


def prune(application: Application) -> dict[str, Any]:
    run, _ = application.retention.ask_prune("disk")
    return wait(application, run)


def repository(application: Application, address: str, world: World) -> Repository:
    storage = application.storages.open("disk")
    return storage.repository("mailbox", world.estate.id_of(address))


def test_one_that_is_locked_all_the_time_is_told_and_keeps_no_other_back(
    kept: Application, world: World
) -> None:
    with repository(kept, ANN, world).lock():
        report = prune(kept)
    assert report["status"] == "partial"
    failed = {task["resource"]: task["error"] for task in report["tasks"] if task["error"]}
    assert "locked" in failed[ANN]["what"]
    assert [len(kept.kept.points("disk", one).points) for one in (ANN, BOB)] == [2, 1]
    assert len([one for one in kept.audit.records() if one.verb == "retention.forgets"]) == 2
    again, _ = kept.runs.retry(str(report["id"]))
    assert wait(kept, again)["status"] == "complete"
    assert [len(kept.kept.points("disk", one).points) for one in (ANN, BOB)] == [1, 1]


def test_a_damaged_one_loses_nothing_and_makes_the_run_fail(
    kept: Application, world: World
) -> None:
    files = world.backends["memory:disk"].files  # type: ignore[attr-defined]
    folder = f"repositories/mailbox/{world.estate.id_of(ANN)}/data/"
    lost = [name for name in files if name.startswith(folder)]
    for name in lost:
        del files[name]
    before = set(files)
    report = prune(kept)
    assert report["status"] == "failed"
    assert {name for name in before - set(files) if folder.removesuffix("data/") in name} == set()
    assert len(kept.kept.points("disk", BOB).points) == 1


def test_a_hold_that_comes_while_a_prune_looks_around_keeps_what_was_to_go(
    kept: Application, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    oldest = kept.kept.points("disk", ANN).points[-1]
    plan, held = prune_planning.plan_prune, list[str]()

    def late(place: prune_planning.Workplace, forget: Collection[str]) -> prune_planning.Plan:
        if oldest.id in forget and not held:
            held.append(kept.holds.add("disk", ANN, reason="case", point=oldest.id).id)
        return plan(place, forget)

    monkeypatch.setattr(prune_planning, "plan_prune", late)
    assert prune(kept)["status"] == "complete"
    assert held
    assert [len(kept.kept.points("disk", one).points) for one in (ANN, BOB)] == [2, 1]


def claimed(new: NewRun) -> Mapping[str, bool]:
    return Claims.from_json(new.claims).keys()


def test_a_prune_has_what_it_touches_alone_and_is_in_no_backups_way(kept: Application) -> None:
    record, storage = kept.storages.record("disk"), kept.storages.open("disk")
    every, anns = prune_run(record), prune_run(record, [ANN], storage=storage)
    bobs = prune_run(record, [BOB], storage=storage)
    verify = verify_run(record, VerifySelection())
    backup = Claims(connection="office", storage=record.id, server="mail.example")
    assert shared(claimed(every), claimed(verify)) == "repository"
    assert shared(claimed(every), claimed(anns)) == "repository"
    assert shared(claimed(anns), claimed(bobs)) is None
    assert shared(claimed(anns), claimed(anns)) == "repository"
    assert shared(claimed(every), backup.keys()) is None
