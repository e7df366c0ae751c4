"""A restore: what was saved comes back, once, compared, and where it was asked to."""

from __future__ import annotations

from pathlib import Path

import pytest

from strongroom.errors import Interrupted, OperatorError, OutcomeUnknown
from strongroom.operations import filling
from strongroom.operations.interfaces import Quiet
from strongroom.operations.restore import RestoreRequest
from strongroom.words.coverage import Status
from strongroom.words.restoring import ConflictPolicy
from tests.fakes.mailbox import FakeMailbox, FakeTarget
from tests.operations.support import World, line

IN_PLACE = RestoreRequest(folder=())


@pytest.fixture
def world() -> World:
    world = World()
    inbox = world.mailbox.add_folder("Inbox", role="inbox")
    deep = world.mailbox.add_folder("Deep", inbox)
    world.mailbox.add_folder("Empty")
    for number in range(9):
        world.mailbox.add_item(inbox, f"Letter {number}", state={"is_read": number % 2 == 0})
    for number in range(3):
        world.mailbox.add_item(deep, f"Deep {number}", is_associated=number == 0)
    world.back_up()
    return world


def elsewhere(world: World) -> FakeMailbox:
    """Give the target another, empty mailbox."""
    world.target = FakeTarget(FakeMailbox())
    return world.target.mailbox


def test_everything_comes_back_into_a_new_folder(world: World, tmp_path: Path) -> None:
    before = world.mailbox.contents()
    coverage = world.restore(tmp_path / "journal")
    assert coverage.is_complete
    assert (coverage.totals.on_server, coverage.totals.saved) == (12, 12)
    after = world.mailbox.contents()
    new = ("Restored 2026-03-05 10:15",)
    assert {path: held for path, held in after.items() if path[:1] != new} == before
    assert {path[1:]: held for path, held in after.items() if path[:1] == new} == before


def test_everything_comes_back_in_place_after_a_disaster(world: World, tmp_path: Path) -> None:
    box = world.mailbox
    held = box.contents()
    for item_id in list(box.folders["folder-2"].items):
        box.delete_item(item_id)
    box.delete_folder("folder-3")
    assert world.restore(tmp_path / "journal", IN_PLACE).is_complete
    assert box.contents() == held


def test_another_mailbox_gets_the_same(world: World, tmp_path: Path) -> None:
    other = elsewhere(world)
    coverage = world.restore(tmp_path / "journal", IN_PLACE)
    assert coverage.is_complete
    assert other.contents() == world.mailbox.contents()
    assert {folder.name for folder in other.folders.values()} >= {"Inbox", "Deep", "Empty"}


def test_one_folder_comes_back_with_all_below_it(world: World, tmp_path: Path) -> None:
    other = elsewhere(world)
    request = RestoreRequest(paths=(("Inbox", "Deep"),), folder=("Found", "again"))
    coverage = world.restore(tmp_path / "journal", request)
    assert coverage.is_complete
    assert list(other.contents()) == [("Found", "again", "Inbox", "Deep")]


def test_single_items_come_back_by_id_and_by_key(world: World, tmp_path: Path) -> None:
    other = elsewhere(world)
    ids = list(world.mailbox.folders["folder-2"].items)
    key = next(name for name in world.names() if "Letter 4" in name)[-13:-5]
    request = RestoreRequest(items=(ids[2], key), folder=())
    assert world.restore(tmp_path / "journal", request).is_complete
    assert [item[0] for item in other.contents()["Inbox",]] == ["Letter 2", "Letter 4"]


def test_an_older_point_comes_back_as_it_was(world: World, tmp_path: Path) -> None:
    held = world.mailbox.contents()
    world.clock.move(days=1)
    world.mailbox.edit_item(next(iter(world.mailbox.folders["folder-2"].items)), b"newer")
    world.back_up()
    other = elsewhere(world)
    request = RestoreRequest(at="2026-03-05", folder=())
    assert world.restore(tmp_path / "journal", request).is_complete
    assert other.contents() == held


@pytest.mark.parametrize(
    "request_",
    [
        RestoreRequest(paths=(("inbox",),)),
        RestoreRequest(items=("no such item",)),
        RestoreRequest(at="point:00000000"),
        RestoreRequest(at="1999-01-01"),
        RestoreRequest(at="soon"),
    ],
)
def test_what_is_not_there_is_refused_before_anything_is_written(
    world: World, tmp_path: Path, request_: RestoreRequest
) -> None:
    with pytest.raises(OperatorError) as caught:
        world.restore(tmp_path / "journal", request_)
    assert caught.value.hint
    assert not world.target.calls


def test_skip_leaves_alone_what_is_there(world: World, tmp_path: Path) -> None:
    box = world.mailbox
    held = box.contents()
    ids = list(box.folders["folder-2"].items)
    box.delete_item(ids[0])
    request = RestoreRequest(folder=(), conflict=ConflictPolicy.SKIP)
    coverage = world.restore(tmp_path / "journal", request)
    assert coverage.is_complete
    assert (line(coverage, "Inbox").saved, line(coverage, "Inbox").unchanged) == (1, 8)
    assert box.contents() == held


def test_replace_puts_the_saved_one_in_the_place_of_the_other(world: World, tmp_path: Path) -> None:
    box = world.mailbox
    held = box.contents()
    for item_id in list(box.folders["folder-2"].items):
        box.edit_item(item_id, b"spoiled")
    request = RestoreRequest(folder=(), conflict=ConflictPolicy.REPLACE)
    assert world.restore(tmp_path / "journal", request).is_complete
    assert box.contents() == held


def test_replace_does_not_touch_what_never_changed(world: World, tmp_path: Path) -> None:
    box = world.mailbox
    held = box.contents()
    spoiled = next(iter(box.folders["folder-2"].items))
    box.edit_item(spoiled, b"spoiled")
    request = RestoreRequest(folder=(), conflict=ConflictPolicy.REPLACE)
    coverage = world.restore(tmp_path / "journal", request)
    assert coverage.is_complete
    assert (coverage.totals.saved, coverage.totals.unchanged) == (1, 11)
    assert box.contents() == held


def test_losses_and_warnings_are_told_before_anything_is_written(
    world: World, tmp_path: Path
) -> None:
    world.mailbox.folders[world.mailbox.add_folder("Unread")].is_listed_only = True
    world.back_up()
    heard: list[str] = []

    class Watch(Quiet):
        def note(self, text: str) -> None:
            assert world.target.calls.keys() == {"plan"}
            heard.append(text)

    coverage = world.restore(tmp_path / "journal", IN_PLACE, progress=Watch())
    assert heard == ["Unread: It is a search folder.", "Reminders come back."]
    assert coverage.notes[:2] == tuple(heard)


def test_settings_come_back_only_with_everything_in_place(world: World, tmp_path: Path) -> None:
    coverage = world.restore(tmp_path / "one", IN_PLACE)
    assert world.target.settled == [{"rules": []}]
    assert "Rules are switched off." in coverage.notes
    world.restore(tmp_path / "two", RestoreRequest(paths=(("Inbox",),), folder=()))
    told = world.restore(tmp_path / "three")
    assert len(world.target.settled) == 1
    assert any(note.startswith("settings:") and "not put back" in note for note in told.notes)


def test_settings_come_back_or_not_as_asked(world: World, tmp_path: Path) -> None:
    told = world.restore(tmp_path / "one", RestoreRequest(folder=(), settings=False))
    assert world.target.settled == []
    assert any(note.startswith("settings:") for note in told.notes)
    world.restore(tmp_path / "two", RestoreRequest(paths=(("Inbox",),), settings=True))
    assert world.target.settled == [{"rules": []}]


def test_what_comes_back_different_is_named_with_its_difference(
    world: World, tmp_path: Path
) -> None:
    spoiled = next(iter(world.mailbox.folders["folder-2"].items))
    world.target.spoils = {spoiled}
    coverage = world.restore(tmp_path / "journal")
    assert coverage.status() is Status.PARTIAL
    (short,) = line(coverage, "Inbox").failed
    assert (short.item_id, short.name, short.code) == (spoiled, "Letter 0", "different")
    assert short.why == "the body is another"


def test_what_is_refused_is_named_and_sent_again_by_the_next_attempt(
    world: World, tmp_path: Path
) -> None:
    refused = next(iter(world.mailbox.folders["folder-2"].items))
    world.target.refuses = {refused}
    coverage = world.restore(tmp_path / "journal")
    assert [one.code for one in line(coverage, "Inbox").failed] == ["ErrorQuota"]
    world.target.refuses.clear()
    assert world.restore(tmp_path / "journal").is_complete
    assert set(world.target.written.values()) == {1}


def test_a_lost_answer_makes_no_duplicates(world: World, tmp_path: Path) -> None:
    other = elsewhere(world)
    world.target.loses_answers = 2
    coverage = world.restore(tmp_path / "journal", IN_PLACE)
    assert coverage.is_complete
    assert other.contents() == world.mailbox.contents()
    assert set(world.target.written.values()) == {1}


def test_items_that_are_equal_in_everything_all_come_back(world: World, tmp_path: Path) -> None:
    box = world.mailbox
    twins = box.add_folder("Twins")
    for _ in range(4):
        box.add_item(twins, "Twin", b"the same", when=world.clock.now(), search_key="ab" * 16)
    world.back_up()
    other = elsewhere(world)
    world.target.loses_answers = 3
    assert world.restore(tmp_path / "journal", IN_PLACE).is_complete
    assert other.contents() == box.contents()


def test_a_server_that_answers_no_write_is_given_up_and_can_be_resumed(
    world: World, tmp_path: Path
) -> None:
    other = elsewhere(world)
    world.target.loses_answers = 100
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(world.target.pacing, "items_max", 1)
        patch.setattr(filling, "TRIES", 1)
        with pytest.raises(OutcomeUnknown):
            world.restore(tmp_path / "journal", IN_PLACE)
    world.target.loses_answers = 0
    assert world.restore(tmp_path / "journal", IN_PLACE).is_complete
    assert other.contents() == world.mailbox.contents()
    assert set(world.target.written.values()) == {1}


def test_a_mark_that_the_server_has_forgotten_keeps_no_restore_from_going_on(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = elsewhere(world)
    world.target.loses_answers = 1
    with monkeypatch.context() as patch:
        patch.setattr(world.target.pacing, "items_max", 2)
        patch.setattr(filling, "TRIES", 1)
        with pytest.raises(OutcomeUnknown):
            world.restore(tmp_path / "journal", IN_PLACE)
    other.expire_cursors()
    assert world.restore(tmp_path / "journal", IN_PLACE).is_complete
    assert other.contents() == world.mailbox.contents()
    assert set(world.target.written.values()) == {1}


def test_asked_to_stop_it_finishes_what_is_in_hand_and_goes_on_later(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = elsewhere(world)
    monkeypatch.setattr(world.target.pacing, "items_max", 2)
    asked = iter([False, False, True])
    with pytest.raises(Interrupted):
        world.restore(tmp_path / "journal", IN_PLACE, stop=lambda: next(asked))
    assert 0 < sum(world.target.written.values()) < 12
    assert world.restore(tmp_path / "journal", IN_PLACE).is_complete
    assert other.contents() == world.mailbox.contents()
    assert set(world.target.written.values()) == {1}


def test_the_journal_of_one_restore_does_not_serve_another(world: World, tmp_path: Path) -> None:
    world.restore(tmp_path / "journal")
    with pytest.raises(OperatorError):
        world.restore(tmp_path / "journal", IN_PLACE)


def test_going_on_means_the_same_point_and_the_same_folder(world: World, tmp_path: Path) -> None:
    elsewhere(world)
    point = world.restore(tmp_path / "journal").point
    world.clock.move(days=1)
    world.back_up()
    coverage = world.restore(tmp_path / "journal")
    assert coverage.point == point
    assert coverage.is_complete
    assert set(world.target.written.values()) == {1}


def test_large_items_come_back_in_pieces(world: World, tmp_path: Path) -> None:
    body = bytes(range(256)) * 40_000
    world.mailbox.add_item("folder-2", "Large", body)
    world.back_up()
    other = elsewhere(world)
    assert world.restore(tmp_path / "journal", IN_PLACE).is_complete
    assert other.contents() == world.mailbox.contents()
