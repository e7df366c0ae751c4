"""Kill a backup anywhere: the next one completes, loses nothing, and begins where it can."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from strongroom.operations import collecting
from strongroom.operations.points import is_finished
from strongroom.operations.saved import SavedTree
from tests.fakes import even_pacing
from tests.operations.support import World, WorldEnded, end_at


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collecting, "CHECKPOINT_ITEMS", 5)
    monkeypatch.setattr(even_pacing, "ITEMS_MAX", 3)


def full() -> World:
    """A mailbox that was never backed up."""
    world = World()
    box = world.mailbox
    box.page_items = 4
    for name in ("Inbox", "Sent"):
        folder = box.add_folder(name)
        for number in range(9):
            box.add_item(folder, f"{name} {number}")
    box.add_item(folder, "Large", bytes(range(256)) * 3_000)
    return world


def incremental() -> World:
    """A mailbox that was backed up, and in which much has happened since."""
    world = full()
    world.back_up()
    box = world.mailbox
    inbox, sent = [one for one in box.folders.values() if one.items]
    ids = list(inbox.items)
    box.edit_item(ids[0], b"edited")
    box.delete_item(ids[1])
    box.move_item(ids[2], sent.id)
    box.set_state(ids[3], is_read=True)
    box.rename_folder(sent.id, "Gesendet")
    below = box.add_folder("Below", sent.id)
    for number in range(6):
        box.add_item(below, f"New {number}")
    world.source.fetched.clear()
    return world


def relisted() -> World:
    """As before, and the server has forgotten all cursors."""
    world = incremental()
    world.mailbox.expire_cursors()
    return world


WORLDS = pytest.mark.parametrize("make", [full, incremental, relisted])


def on_write(world: World, hook: Callable[[str], None]) -> None:
    world.backend.on_write = hook


def on_call(world: World, hook: Callable[[str], None]) -> None:
    world.mailbox.on_call = hook


@pytest.mark.parametrize("where", [on_write, on_call])
@WORLDS
def test_the_next_run_completes_wherever_the_last_one_was_killed(
    make: Callable[[], World], where: Callable[[World, Callable[[str], None]], None]
) -> None:
    kills = 0
    while killed_and_went_on(make(), where, kills + 1):
        kills += 1
    assert kills >= 8


def killed_and_went_on(
    world: World, where: Callable[[World, Callable[[str], None]], None], number: int
) -> bool:
    """Kill a run at the n-th call, run again and look; False if it ended before that call."""
    where(world, end_at(number))
    try:
        world.back_up()
    except WorldEnded:
        was_killed = True
    else:
        was_killed = False
    where(world, lambda _: None)
    drop_locks_of_the_dead(world)
    assert world.repository().check(read_data=True) == []
    held = held_items(world)
    world.source.fetched.clear()
    assert world.back_up().is_complete
    assert not held & {item_id for item_id, _ in world.source.fetched if is_same(world, item_id)}
    assert world.saved() == world.mailbox.contents()
    assert world.repository().check(read_data=True) == []
    assert all(map(is_finished, world.repository().snapshots()))
    return was_killed


def is_same(world: World, item_id: str) -> bool:
    """Say whether an item is still what it was when it came into being, its flags included.

    A server that lists anew does not tell a changed flag from a changed item.
    """
    _, item = world.mailbox.find(item_id)
    return item.content_at == item.born and not item.state_at


def held_items(world: World) -> set[str]:
    """Name the items in the newest snapshot, be it a point or a checkpoint."""
    repository = world.repository()
    snapshots = repository.snapshots()
    if not snapshots:
        return set()
    tree = SavedTree(repository.reader(), snapshots[-1].tree)
    return {item.item.id for folder in tree.folders() for item in tree.items(folder)}


def drop_locks_of_the_dead(world: World) -> None:
    """The killed process was ours, which lives: take its locks away as its death would."""
    for name in [name for name in world.backend.files if "/locks/" in name]:
        world.backend.delete(name)
