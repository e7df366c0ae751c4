"""Kill a restore anywhere: called again, it ends, and nothing comes back twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from strongroom.operations.restore import RestoreRequest
from strongroom.words.restoring import ConflictPolicy
from tests.fakes import even_pacing
from tests.fakes.mailbox import FakeMailbox, FakeTarget
from tests.operations.support import World, WorldEnded, end_at


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(even_pacing, "ITEMS_MAX", 2)


@pytest.fixture
def world() -> World:
    return new_world()


def new_world() -> World:
    world = World()
    inbox = world.mailbox.add_folder("Inbox", role="inbox")
    deep = world.mailbox.add_folder("Deep", inbox)
    for folder in (inbox, deep):
        for number in range(6):
            world.mailbox.add_item(folder, f"Letter {number}", state={"is_read": number % 2 == 0})
    world.back_up()
    return world


@pytest.mark.parametrize("conflict", list(ConflictPolicy))
@pytest.mark.parametrize("loses", [0, 1])
def test_nothing_comes_back_twice_wherever_it_was_killed(
    world: World, tmp_path: Path, conflict: ConflictPolicy, loses: int
) -> None:
    request = RestoreRequest(folder=("Back",), conflict=conflict)
    number = 0
    was_killed = True
    while was_killed:
        number += 1
        target = world.target = FakeTarget(FakeMailbox())
        target.loses_answers = loses
        was_killed = killed(world, request, tmp_path / f"journal {number}", number)
        target.mailbox.on_call = lambda _: None
        assert world.restore(tmp_path / f"journal {number}", request).is_complete
        back = {path[1:]: held for path, held in target.mailbox.contents().items()}
        assert back == world.mailbox.contents()
        assert set(target.written.values()) == {1}
    assert number > 20


@pytest.mark.parametrize("is_mark_lost", [False, True])
def test_what_is_replaced_never_stays_beside_the_new_one(
    tmp_path: Path, *, is_mark_lost: bool
) -> None:
    number = 0
    was_killed = True
    while was_killed:
        number += 1
        world = new_world()
        box = world.mailbox
        held = box.contents()
        # Edited bodies keep their traits: old and new look alike to whoever goes on.
        for folder in list(box.folders.values()):
            for item_id in list(folder.items):
                box.edit_item(item_id, b"spoiled")
        request = RestoreRequest(folder=(), conflict=ConflictPolicy.REPLACE)
        journal = tmp_path / f"journal {number}"
        was_killed = killed(world, request, journal, number)
        box.on_call = lambda _: None
        if is_mark_lost:
            box.generation += 1
        coverage = world.restore(journal, request)
        assert count(box) == 12
        assert coverage.is_complete or is_mark_lost
        if coverage.is_complete:
            assert box.contents() == held
    assert number > 20


def count(box: FakeMailbox) -> int:
    return sum(len(folder.items) for folder in box.folders.values())


def test_it_may_be_killed_again_and_again(world: World, tmp_path: Path) -> None:
    target = world.target = FakeTarget(FakeMailbox())
    request = RestoreRequest(folder=())
    attempts = 1
    # Each attempt gets one call further than the last, or it could be killed for ever.
    while killed(world, request, tmp_path / "journal", 5 + attempts):
        attempts += 1
    assert attempts > 2
    target.mailbox.on_call = lambda _: None
    assert target.mailbox.contents() == world.mailbox.contents()
    assert set(target.written.values()) == {1}


def killed(world: World, request: RestoreRequest, journal: Path, number: int) -> bool:
    """Kill a restore at the n-th call of its target; False if it ended before that."""
    world.target.mailbox.on_call = end_at(number)
    try:
        assert world.restore(journal, request).is_complete
    except WorldEnded:
        return True
    return False
