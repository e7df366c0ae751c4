"""A prune between two attempts of a backup takes nothing that the second goes on from."""

from __future__ import annotations

import pytest

from strongroom.errors import Interrupted
from strongroom.operations.points import is_checkpoint, points
from tests.operations.support import World


@pytest.fixture
def world() -> World:
    world = World()
    inbox = world.mailbox.add_folder("Inbox", role="inbox")
    for number in range(20):
        world.mailbox.add_item(inbox, f"Letter {number}")
    return world


def cut_short(world: World) -> set[tuple[str, str]]:
    """Begin a backup that leaves a checkpoint; say what it fetched."""
    world.source.fetched.clear()
    calls = world.source.calls["changes"]
    with pytest.raises(Interrupted):
        world.back_up(stop=lambda: world.source.calls["changes"] >= calls + 2)
    return set(world.source.fetched)


def test_the_next_attempt_fetches_nothing_twice_though_everything_was_to_be_forgotten(
    world: World,
) -> None:
    world.back_up()
    inbox = next(iter(world.mailbox.folders))
    for number in range(10):
        world.mailbox.add_item(inbox, f"New {number}")
    fetched = cut_short(world)
    assert fetched
    repository = world.repository()
    ids = repository.snapshot_ids()
    assert len(ids) == 2
    done = repository.upkeep.prune(ids)
    assert done.forgotten == ()
    assert set(done.staying) == set(ids)
    world.source.fetched.clear()
    assert world.back_up().is_complete
    assert not fetched & set(world.source.fetched)
    assert world.saved() == world.mailbox.contents()
    (old,) = {one.id for one in points(world.repository())} & set(ids)
    assert world.repository().upkeep.prune([old]).forgotten == (old,)
    assert world.saved() == world.mailbox.contents()
    assert world.repository().check(read_data=True) == []


def test_a_first_attempt_is_gone_on_with_after_a_prune(world: World) -> None:
    fetched = cut_short(world)
    assert fetched
    assert world.repository().upkeep.prune().forgotten == ()
    world.source.fetched.clear()
    assert world.back_up().is_complete
    assert not fetched & set(world.source.fetched)
    assert world.saved() == world.mailbox.contents()


def test_a_checkpoint_whose_point_somebody_took_away_is_gone_on_from(world: World) -> None:
    """With ``restic forget``, which knows nothing of checkpoints."""
    world.back_up()
    inbox = next(iter(world.mailbox.folders))
    for number in range(10):
        world.mailbox.add_item(inbox, f"New {number}")
    fetched = cut_short(world)
    repository = world.repository()
    (point,) = [one.id for one in repository.snapshots() if not is_checkpoint(one)]
    with repository.lock():
        repository.delete_snapshot(point)
    repository.upkeep.prune()
    world.source.fetched.clear()
    assert world.back_up().is_complete
    assert not fetched & set(world.source.fetched)
    assert world.saved() == world.mailbox.contents()
