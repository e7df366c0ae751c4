"""Snapshots that `restic copy` brought in from another resource's repository: never taken for ours.

They carry the tags of the other resource, its host, its job, and the id that they had there.
"""

from __future__ import annotations

import pytest

from strongroom.operations.draft import open_base
from strongroom.operations.points import choose
from strongroom.operations.retaining import Fate
from strongroom.service.application import Application
from strongroom.service.retention import KeepRules
from strongroom.service.selections import BackupSelection, SelectionEdit
from strongroom.store.rekeying import carry_over
from strongroom.store.repository import Repository
from tests.fakes.hand_clock import HandClock
from tests.fakes.mail_server import World
from tests.service.points import make_days
from tests.service.support import back_up, wait

ANN, BOB = "ann@example", "bob@example"


@pytest.fixture
def kept(ready: Application, world: World) -> Application:
    """Give a home with one job for two mailboxes; bob's repository was copied into ann's."""
    for address in (ANN, BOB):
        world.estate.add(address, items=2)
    ready.jobs.add_backup(
        "nightly",
        connection="office",
        storage="disk",
        selection=BackupSelection(resources=(ANN, BOB)),
        keep=KeepRules(keep="last:1"),
    )
    return ready


def repository(application: Application, address: str, world: World) -> Repository:
    storage = application.storages.open("disk")
    return storage.repository("mailbox", world.estate.id_of(address))


def copy(application: Application, world: World) -> set[str]:
    """Do as ``restic copy`` does, from bob's to ann's; say the new ids."""
    source, target = (repository(application, one, world) for one in (BOB, ANN))
    with source.lock(), target.lock():
        return set(carry_over(source, target).values())


def test_they_are_no_restore_points_and_none_of_ours_goes_because_of_them(
    kept: Application, world: World
) -> None:
    make_days(kept, world, ANN, 2)
    own = [one.id for one in kept.kept.points("disk", ANN).points]
    make_days(kept, world, BOB, 2)
    foreign = copy(kept, world)
    assert [one.id for one in kept.kept.points("disk", ANN).points] == own
    verdicts = {one.point.id: one.fate for one in kept.retention.foresee("disk", (ANN,)).verdicts}
    assert verdicts == {own[0]: Fate.STAYS, own[1]: Fate.GOES}
    run, _ = kept.retention.ask_prune("disk")
    assert wait(kept, run)["status"] == "complete"
    left = repository(kept, ANN, world)
    assert set(left.snapshot_ids()) == {own[0], *foreign}, "what others put there is not ours to go"
    assert left.check(read_data=True) == []


def test_a_restore_and_a_backup_go_on_from_our_own(kept: Application, world: World) -> None:
    assert isinstance(world.clock, HandClock)
    assert back_up(kept)["status"] == "complete"
    world.clock.move(hours=1)
    make_days(kept, world, BOB, 1)
    own = repository(kept, ANN, world).snapshot_ids()
    copy(kept, world)
    assert [choose(repository(kept, ANN, world)).id] == own
    assert [open_base(repository(kept, ANN, world)).point] == own
    kept.jobs.edit("nightly", SelectionEdit(drop=(BOB,)))
    assert back_up(kept)["status"] == "complete"
    newest = choose(repository(kept, ANN, world))
    assert repository(kept, ANN, world).load_snapshot(newest.id).parent == own[0]
