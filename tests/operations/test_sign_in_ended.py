"""A sign-in that ends in the middle of a backup or a restore: nothing is lost, nothing is twice."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from strongroom.errors import SignInEnded
from strongroom.operations.points import points
from strongroom.operations.restore import RestoreRequest
from tests.operations.support import World

ITEMS = 60
ENDED = SignInEnded("Nobody is let in any more.")


@pytest.fixture
def world() -> World:
    world = World()
    inbox = world.mailbox.add_folder("Inbox", role="inbox")
    for number in range(ITEMS):
        world.mailbox.add_item(inbox, f"Letter {number}")
    deep = world.mailbox.add_folder("Deep", inbox)
    for number in range(ITEMS):
        world.mailbox.add_item(deep, f"Deep {number}")
    return world


def refuse_from(call: str, number: int) -> Callable[[str], None]:
    """Refuse everything from the so-many-th call of that kind on."""
    seen = 0
    is_ended = False

    def refuse(name: str) -> None:
        nonlocal seen, is_ended
        seen += name == call
        is_ended = is_ended or seen == number
        if is_ended:
            raise ENDED

    return refuse


@pytest.mark.parametrize(
    ("call", "number"),
    [
        ("hierarchy", 1),
        ("settings", 1),
        ("standings", 1),
        ("changes", 1),
        ("changes", 4),
        ("changes", 12),
        ("fetch", 1),
        ("fetch", 2),
        ("fetch", 3),
        ("standings", 2),
        ("hierarchy", 2),
    ],
)
def test_wherever_the_sign_in_ends_the_next_attempt_saves_every_item_once(
    world: World, call: str, number: int
) -> None:
    world.mailbox.on_call = refuse_from(call, number)
    with pytest.raises(SignInEnded):
        world.back_up()
    assert points(world.repository()) == [], "no restore point that lacks something"
    world.mailbox.on_call = lambda _: None
    coverage = world.back_up()
    assert coverage.is_complete
    assert sum(folder.on_server for folder in coverage.folders) == 2 * ITEMS
    assert world.saved() == world.mailbox.contents()
    assert set(world.source.fetched.values()) == {1}, "nothing was downloaded twice"
    assert world.repository().check() == []


@pytest.mark.parametrize("call", ["changes", "fetch", "standings", "hierarchy"])
def test_one_refusal_ends_the_backup_whatever_else_is_answered(world: World, call: str) -> None:
    refused: list[str] = []

    def refuse_once(name: str) -> None:
        if name == call and not refused:
            refused.append(name)
            raise ENDED

    world.mailbox.on_call = refuse_once
    with pytest.raises(SignInEnded):
        world.back_up()
    assert world.back_up().is_complete
    assert world.saved() == world.mailbox.contents()


@pytest.mark.parametrize(
    ("call", "number"),
    [
        ("plan", 1),
        ("folder", 2),
        ("mark", 1),
        ("write", 1),
        ("write", 3),
        ("written", 2),
        ("update", 1),
        ("compare", 2),
        ("settle", 1),
    ],
)
def test_wherever_the_sign_in_ends_a_restore_writes_every_item_once(
    world: World, tmp_path: Path, call: str, number: int
) -> None:
    world.mailbox.set_state(next(iter(world.mailbox.folders["folder-2"].items)), is_read=True)
    world.back_up()
    before = world.mailbox.contents()
    request = RestoreRequest(folder=("Back",))
    world.mailbox.on_call = refuse_from(call, number)
    with pytest.raises(SignInEnded):
        world.restore(tmp_path / "journal", request)
    world.mailbox.on_call = lambda _: None
    coverage = world.restore(tmp_path / "journal", request)
    assert coverage.is_complete
    back = {
        path[1:]: items for path, items in world.mailbox.contents().items() if path[0] == "Back"
    }
    assert back == before
