"""A folder whose items all have other ids than before: another way to read it, or it moved."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from strongroom.operations.interfaces import Preparing, Remarking
from strongroom.words.coverage import Status
from strongroom.words.item import SAME, Content, Folder, Item, Missed, Part
from tests.fakes.mailbox import FakeMailbox, FakeSource
from tests.operations.support import World, line

COUNT = 20


class ThriftySource(FakeSource):
    """A mailbox that gives nothing again that is kept in the same version."""

    def __init__(self, mailbox: FakeMailbox) -> None:
        super().__init__(mailbox)
        self.same: list[str] = []
        self.prepared: list[list[str]] = []

    def fetch(self, items: Sequence[Item], keep: Callable[[Content | Missed], None]) -> None:
        left = []
        for item in items:
            if item.kept is not None and item.kept.change_key == item.change_key:
                self.same.append(item.id)
                parts = tuple(
                    Part(name=name, suffix=".x", content=SAME) for name in item.kept.parts
                )
                keep(Content(item_id=item.id, way="export", parts=parts))
            else:
                left.append(item)
        if left:
            super().fetch(left, keep)

    def prepare(self, asked: Sequence[tuple[Folder, str | None]]) -> None:
        self.prepared.append([folder.path[-1] if folder.path else "" for folder, _ in asked])

    def remarks(self) -> Sequence[str]:
        return ["It was read with care."]


@pytest.fixture
def world() -> World:
    made = World()
    made.source = ThriftySource(made.mailbox)
    return made


@pytest.fixture
def inbox(world: World) -> str:
    folder = world.mailbox.add_folder("Inbox")
    for number in range(COUNT):
        world.mailbox.add_item(folder, f"letter {number}")
    return folder


def give_other_ids(mailbox: FakeMailbox, folder_id: str) -> None:
    """Have every item bear another id; its version and its search key are as they were."""
    folder = mailbox.folders[folder_id]
    folder.items = {
        f"other-{one.id}": replace(one, id=f"other-{one.id}") for one in folder.items.values()
    }
    folder.touched_at += 1000
    mailbox.expire_cursors()


def test_nothing_is_read_again_and_all_of_it_is_kept_under_the_new_ids(
    world: World, inbox: str
) -> None:
    world.back_up()
    before, fetched = world.saved(), world.source.fetched.total()
    give_other_ids(world.mailbox, inbox)
    found = world.back_up()
    assert found.status() is Status.COMPLETE
    told = line(found, "Inbox")
    assert (told.unchanged, told.saved, told.missing) == (COUNT, 0, 0)
    assert world.source.fetched.total() == fetched
    assert world.saved() == before
    assert world.is_counted_as_restic_counts()
    again = line(world.back_up(), "Inbox")
    assert (again.unchanged, again.saved) == (COUNT, 0)


def test_what_changed_meanwhile_is_read_and_what_is_gone_goes(world: World, inbox: str) -> None:
    world.back_up()
    items = list(world.mailbox.folders[inbox].items)
    world.mailbox.edit_item(items[3], b"edited")
    world.mailbox.delete_item(items[4])
    world.mailbox.add_item(inbox, "new")
    give_other_ids(world.mailbox, inbox)
    found = world.back_up()
    assert found.status() is Status.COMPLETE
    told = line(found, "Inbox")
    assert (told.unchanged, told.saved) == (COUNT - 2, 2)
    assert [body for _, body, _ in world.saved()["Inbox",]].count(b"edited") == 1
    assert world.saved() == world.mailbox.contents()


def test_copies_that_bear_one_search_key_are_told_apart_by_their_versions(world: World) -> None:
    folder = world.mailbox.add_folder("Copies")
    for number in range(3):
        when = world.clock.now()
        world.mailbox.add_item(folder, f"{number}", when=when, search_key="aa" * 16)
    world.back_up()
    give_other_ids(world.mailbox, folder)
    found = world.back_up()
    assert found.status() is Status.COMPLETE
    assert line(found, "Copies").unchanged == 3
    assert world.saved() == world.mailbox.contents()


def test_an_item_that_fails_under_its_new_id_is_in_the_ledger(world: World, inbox: str) -> None:
    world.back_up()
    first = next(iter(world.mailbox.folders[inbox].items))
    world.mailbox.edit_item(first, b"edited")
    give_other_ids(world.mailbox, inbox)
    world.mailbox.failing = {f"other-{first}"}
    told = line(world.back_up(), "Inbox")
    assert (told.unchanged, len(told.failed), told.missing) == (COUNT - 1, 1, 0)
    world.mailbox.failing = set()
    assert world.back_up().status() is Status.COMPLETE
    assert world.saved() == world.mailbox.contents()


def move_away(mailbox: FakeMailbox) -> None:
    """Have all folders bear other ids, as a mailbox has that moved to another organisation."""
    for folder in list(mailbox.folders.values()):
        give_other_ids(mailbox, folder.id)
        del mailbox.folders[folder.id]
        folder.id = f"moved-{folder.id}"
        folder.parent_id = folder.parent_id and f"moved-{folder.parent_id}"
        mailbox.folders[folder.id] = folder


def test_a_mailbox_that_moved_away_is_known_again_by_the_paths_of_its_folders(
    world: World, inbox: str
) -> None:
    below = world.mailbox.add_folder("Below", inbox)
    gone = world.mailbox.add_folder("Gone")
    for folder in (below, gone):
        world.mailbox.add_item(folder, "deep")
    world.back_up()
    fetched = world.source.fetched.total()
    world.mailbox.delete_folder(gone)
    world.mailbox.add_item(world.mailbox.add_folder("New"), "young")
    move_away(world.mailbox)
    found = world.back_up()
    assert found.status() is Status.COMPLETE
    assert (found.totals.unchanged, found.totals.saved) == (COUNT + 1, 1)
    assert world.source.fetched.total() == fetched + 1
    assert world.saved() == world.mailbox.contents()
    assert world.is_counted_as_restic_counts()
    assert world.back_up().totals.unchanged == COUNT + 2


def test_a_source_hears_who_is_asked_and_has_the_last_word(world: World, inbox: str) -> None:
    assert inbox
    source = world.source
    assert isinstance(source, ThriftySource)
    assert isinstance(source, Preparing)
    assert isinstance(source, Remarking)
    assert "It was read with care." in world.back_up().notes
    assert source.prepared == [["", "Inbox"]]
    world.back_up()
    assert source.prepared[1:] == [[]]
