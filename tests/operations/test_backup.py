"""A backup: first in full, then what changed, and the ledger always meets."""

from __future__ import annotations

from datetime import timedelta

import pytest

from strongroom.errors import Interrupted, ServerUnreachable, TransientError
from strongroom.operations import collecting
from strongroom.operations.points import points
from strongroom.words.coverage import Status
from tests.operations.support import World, line


@pytest.fixture
def world() -> World:
    world = World()
    inbox = world.mailbox.add_folder("Inbox", role="inbox")
    deep = world.mailbox.add_folder("Deep: <below>", inbox)
    for number in range(20):
        world.mailbox.add_item(inbox, f"Letter {number}")
    for number in range(3):
        world.mailbox.add_item(deep, f"Deep {number}", is_associated=number == 0)
    return world


def test_the_first_backup_saves_everything(world: World) -> None:
    coverage = world.back_up()
    assert coverage.is_complete
    assert (coverage.totals.on_server, coverage.totals.saved) == (23, 23)
    assert coverage.ways == {"export": 23}
    assert world.saved() == world.mailbox.contents()
    assert world.repository().check(read_data=True) == []


def test_a_snapshot_reads_like_a_mailbox(world: World) -> None:
    world.back_up()
    names = world.names()
    assert {"README.txt", "mailbox.json", "hierarchy-cursor.json", "coverage.json"} <= set(names)
    assert "folders/Inbox/folder.json" in names
    assert "folders/Inbox/Deep_ _below_/cursor.json" in names
    letters = [name for name in names if "Letter 3 [" in name]
    assert len(letters) == 1
    assert letters[0].startswith("folders/Inbox/.items/2024-01/")
    assert letters[0].endswith("].fts")


def test_an_unchanged_mailbox_costs_five_requests_and_next_to_nothing(world: World) -> None:
    world.back_up()
    world.source.calls.clear()
    before = sum(map(len, world.backend.files.values()))
    coverage = world.back_up()
    assert coverage.is_complete
    assert coverage.totals.unchanged == 23
    assert world.source.calls == {"hierarchy": 2, "settings": 1, "standings": 2}
    assert sum(map(len, world.backend.files.values())) - before < 5_000
    assert len(points(world.repository())) == 2


def test_only_what_changed_is_fetched(world: World) -> None:
    box = world.mailbox
    world.back_up()
    inbox, deep = sorted(box.folders)[1:3]
    ids = list(box.folders[inbox].items)
    box.edit_item(ids[0], b"changed", "Another subject")
    box.delete_item(ids[1])
    moved = box.move_item(ids[2], deep)
    box.set_state(ids[3], is_read=True)
    new = box.add_item(inbox, "New")
    world.source.fetched.clear()
    coverage = world.back_up()
    assert coverage.is_complete
    assert {item_id for item_id, _ in world.source.fetched} == {ids[0], moved, new}
    assert line(coverage, "Inbox").saved == 3
    assert line(coverage, "Inbox").unchanged == 16
    assert line(coverage, "Inbox", "Deep: <below>").saved == 1
    assert world.saved() == box.contents()


def test_a_flag_alone_rewrites_only_the_states(world: World) -> None:
    world.back_up()
    before = set(world.names())
    item_id = next(iter(world.mailbox.folders["folder-2"].items))
    world.mailbox.set_state(item_id, is_read=True)
    world.source.calls.clear()
    coverage = world.back_up()
    assert world.source.calls["fetch"] == 0
    assert set(world.names()) == before
    assert coverage.totals.saved == 1
    assert world.saved() == world.mailbox.contents()


def test_a_renamed_and_moved_folder_is_not_downloaded_again(world: World) -> None:
    box = world.mailbox
    world.back_up()
    box.rename_folder("folder-2", "Eingang")
    box.move_folder("folder-3", box.root)
    world.source.calls.clear()
    coverage = world.back_up()
    assert coverage.is_complete
    assert world.source.calls["fetch"] == world.source.calls["changes"] == 0
    assert world.saved() == box.contents()
    names = world.names()
    assert not [name for name in names if name.startswith("folders/Inbox")]
    assert "folders/Eingang/folder.json" in names
    assert "folders/Deep_ _below_/folder.json" in names


def test_two_folders_that_swap_their_names_keep_their_items(world: World) -> None:
    box = world.mailbox
    one, two = box.add_folder("One"), box.add_folder("Two")
    box.add_item(one, "in the first")
    box.add_item(two, "in the second")
    world.back_up()
    box.rename_folder(one, "Two")
    box.rename_folder(two, "One")
    assert world.back_up().is_complete
    assert world.saved() == box.contents()


def test_a_deleted_folder_leaves_the_next_snapshot_and_stays_in_the_last(world: World) -> None:
    world.back_up()
    held = world.mailbox.contents()
    world.mailbox.delete_folder("folder-2")
    assert world.back_up().is_complete
    assert world.saved() == {}
    assert world.saved(0) == held


def test_names_that_collide_on_some_file_systems_get_places_of_their_own(world: World) -> None:
    box = world.mailbox
    for name in ("post", "POST", "a/b", "a:b", "folder.json", ".items", ""):
        box.add_item(box.add_folder(name), f"in {name}")
    assert world.back_up().is_complete
    assert world.saved() == box.contents()


def test_an_expired_cursor_lists_anew_and_fetches_only_what_is_not_known(world: World) -> None:
    box = world.mailbox
    world.back_up()
    gone = next(iter(box.folders["folder-2"].items))
    box.delete_item(gone)
    new = box.add_item("folder-2", "New")
    box.expire_cursors()
    world.source.fetched.clear()
    coverage = world.back_up()
    assert coverage.is_complete
    assert {item_id for item_id, _ in world.source.fetched} == {new}
    assert world.saved() == box.contents()


def test_an_item_that_vanishes_while_it_is_read_is_not_missing(world: World) -> None:
    ids = list(world.mailbox.folders["folder-2"].items)
    world.mailbox.vanishing = set(ids[4:6])
    coverage = world.back_up()
    assert coverage.is_complete
    assert coverage.totals.saved == 21
    assert world.saved() == world.mailbox.contents()


def test_what_failed_is_named_and_tried_again_without_a_sync(world: World) -> None:
    box = world.mailbox
    ill = list(box.folders["folder-2"].items)[5]
    box.failing = {ill}
    coverage = world.back_up()
    assert coverage.status() is Status.PARTIAL
    (short,) = line(coverage, "Inbox").failed
    assert (short.item_id, short.code, short.name) == (ill, "ErrorItemCorrupt", "Letter 5")
    box.failing.clear()
    world.source.calls.clear()
    coverage = world.back_up()
    assert coverage.is_complete
    assert line(coverage, "Inbox").saved == 1
    assert world.source.calls["changes"] == 0
    assert world.saved() == box.contents()


def test_the_older_version_of_what_fails_is_kept_and_not_counted_twice(world: World) -> None:
    box = world.mailbox
    world.back_up()
    held = world.saved()
    ill = list(box.folders["folder-2"].items)[5]
    box.edit_item(ill, b"newer")
    box.failing = {ill}
    coverage = world.back_up()
    inbox = line(coverage, "Inbox")
    assert (inbox.missing, inbox.unchanged, len(inbox.failed)) == (0, 19, 1)
    assert world.saved() == held


def test_what_is_too_large_is_skipped_by_name_and_asked_for_again_after_a_week(
    world: World,
) -> None:
    box = world.mailbox
    large = list(box.folders["folder-2"].items)[5]
    box.too_large = {large}
    coverage = world.back_up()
    assert [one.item_id for one in line(coverage, "Inbox").skipped] == [large]
    assert coverage.status() is Status.PARTIAL
    assert coverage.status({(large, "too-large")}) is Status.COMPLETE
    box.too_large.clear()
    assert len(line(world.back_up(), "Inbox").skipped) == 1
    world.clock.move(days=7)
    assert world.back_up().is_complete


def test_every_folder_is_asked_once_a_week_whatever_its_mark_says(world: World) -> None:
    world.back_up()
    world.clock.move(days=6, hours=23)
    world.back_up()
    world.source.calls.clear()
    world.clock.move(hours=2)
    world.back_up()
    assert world.source.calls["changes"] == 3


def test_a_mark_that_was_not_settled_is_not_trusted(world: World) -> None:
    world.mailbox.is_settled = False
    world.back_up()
    world.source.calls.clear()
    world.back_up()
    assert world.source.calls["changes"] == 3


def test_a_server_that_lies_about_its_count_makes_the_run_partial(world: World) -> None:
    world.mailbox.lies["folder-2"] = 2
    coverage = world.back_up()
    assert coverage.status() is Status.PARTIAL
    assert line(coverage, "Inbox").missing == 2
    # It was listed anew once for this difference; the same one does not cost that every night.
    world.source.calls.clear()
    assert line(world.back_up(), "Inbox").missing == 2
    assert world.source.calls["changes"] == 0


def test_without_counts_and_marks_the_ledger_says_so(world: World) -> None:
    world.mailbox.gives_counts = world.mailbox.gives_marks = False
    coverage = world.back_up()
    assert coverage.is_complete
    assert "no count" in line(coverage, "Inbox").note
    world.source.calls.clear()
    assert world.back_up().is_complete
    assert world.source.calls["changes"] == 3


def test_what_arrives_while_the_others_are_read_is_read_too(world: World) -> None:
    box = world.mailbox
    arrived: list[str] = []

    def deliver(name: str) -> None:
        if name == "fetch" and len(arrived) < 3:
            arrived.append(box.add_item("folder-2", f"Late {len(arrived)}"))

    box.on_call = deliver
    coverage = world.back_up()
    assert coverage.is_complete
    assert len(arrived) == 3
    assert world.saved() == box.contents()


def test_a_folder_that_never_stands_still_does_not_keep_the_run_from_ending(world: World) -> None:
    box = world.mailbox
    box.on_call = lambda name: (
        None if name != "standings" else void(box.add_item("folder-2", "Again"))
    )
    coverage = world.back_up()
    assert line(coverage, "Inbox").is_sound
    assert "changed again" in line(coverage, "Inbox").note


def void(_: object) -> None:
    """Drop a value."""


def test_a_folder_that_fails_does_not_lose_the_others_nor_its_own_past(world: World) -> None:
    box = world.mailbox
    world.back_up()
    box.add_item("folder-2", "New here")
    new = box.add_item("folder-3", "New there")
    box.dead_folders = {"folder-2"}
    coverage = world.back_up()
    assert coverage.status() is Status.PARTIAL
    assert "cannot read" in line(coverage, "Inbox").problem
    assert len(world.saved()["Inbox",]) == 20
    assert line(coverage, "Inbox", "Deep: <below>").saved == 1
    assert new
    box.dead_folders.clear()
    assert world.back_up().is_complete
    assert world.saved() == box.contents()


def test_a_new_listing_that_breaks_off_begins_again(world: World) -> None:
    box = world.mailbox
    box.gives_counts = False
    world.back_up()
    box.delete_item(next(iter(box.folders["folder-2"].items)))
    box.expire_cursors()
    calls = []

    def break_off(name: str) -> None:
        calls.append(name)
        if calls.count("changes") == 4:
            box.dead_folders = {"folder-2"}

    box.on_call = break_off
    assert line(world.back_up(), "Inbox").problem
    box.on_call = lambda _: None
    box.dead_folders.clear()
    assert world.back_up().is_complete
    assert world.saved() == box.contents()


def test_an_answer_that_leaves_an_item_out_is_told(world: World) -> None:
    silent = list(world.mailbox.folders["folder-2"].items)[7]
    world.mailbox.silent = {silent}
    (short,) = line(world.back_up(), "Inbox").failed
    assert (short.item_id, short.code) == (silent, "not-answered")


def test_large_items_stream_and_a_break_in_the_middle_costs_nothing(world: World) -> None:
    box = world.mailbox
    large = box.add_item("folder-2", "Large", bytes(range(256)) * 20_000)
    box.breaking = {large}
    assert world.back_up().is_complete
    assert world.saved() == box.contents()
    assert world.repository().check(read_data=True) == []


def test_search_folders_are_named_and_not_copied(world: World) -> None:
    box = world.mailbox
    box.folders[box.add_folder("Unread mail")].is_listed_only = True
    coverage = world.back_up()
    assert coverage.is_complete
    assert "listed, not copied" in line(coverage, "Unread mail").note


def test_a_long_run_makes_checkpoints_that_are_no_restore_points(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(collecting, "CHECKPOINT_ITEMS", 5)
    hosts: set[str] = set()
    world.mailbox.on_call = lambda _: hosts.update(
        one.host for one in world.repository().snapshots()
    )
    coverage = world.back_up()
    assert coverage.is_complete
    assert hosts == {"checkpoint:exchange"}
    (snapshot,) = world.repository().snapshots()
    assert snapshot.id == coverage.point


def test_asked_to_stop_it_makes_a_checkpoint_and_goes_on_from_there(world: World) -> None:
    with pytest.raises(Interrupted):
        world.back_up(stop=lambda: world.source.calls["changes"] >= 3)
    assert points(world.repository()) == []
    already = set(world.source.fetched)
    assert already
    world.source.fetched.clear()
    assert world.back_up().is_complete
    assert not already & set(world.source.fetched)
    assert world.saved() == world.mailbox.contents()


def one_after_the_other(world: World, *, items: int, fetch_s: float) -> None:
    """Let requests carry so many items, take so long, and none begin before another has ended."""
    world.source.pacing.items_max, world.source.pacing.at_once = items, 0
    world.source.fetched.clear()
    world.mailbox.on_call = lambda name: world.clock.move(
        seconds=fetch_s if name == "fetch" else 0.0
    )


@pytest.mark.parametrize("first", [0, 12])
@pytest.mark.parametrize("fetch_s", [1.0, 25.0])
def test_a_page_that_takes_long_is_broken_off_and_nothing_of_it_is_read_twice(
    world: World, fetch_s: float, first: int
) -> None:
    """A person's restore waits for it: what is in hand is finished, and not all that was listed."""
    box, source = world.mailbox, world.source
    box.gives_counts = False  # by which what is missing would be found in the end
    folder = box.add_folder("Large")
    for number in range(first):
        box.add_item(folder, f"Early {number}")
    world.back_up()
    for number in range(60):
        box.add_item(folder, f"Late {number}")
    box.page_items = 1000
    one_after_the_other(world, items=2, fetch_s=fetch_s)
    with pytest.raises(Interrupted):
        world.back_up(stop=lambda: bool(source.fetched))
    already = set(source.fetched)
    assert len(already) == (60 if fetch_s == 1.0 else 8)
    source.fetched.clear()
    assert world.back_up().is_complete
    assert not already & set(source.fetched)
    assert len(source.fetched) == 60 - len(already)
    assert world.saved() == box.contents()


def test_what_an_earlier_page_left_over_is_read_when_a_later_one_is_broken_off(
    world: World,
) -> None:
    """The cursor stands behind the earlier page, so nobody would tell of these items again."""
    box, source = world.mailbox, world.source
    box.gives_counts = False  # by which what is missing would be found in the end
    world.back_up()
    folder = box.add_folder("Large")
    for number in range(20):
        box.add_item(folder, f"Late {number}")
    box.page_items = 10
    # A request carries more than a page, until the server turns out to be slow.
    one_after_the_other(world, items=12, fetch_s=100.0)
    pages, slow = source.calls["changes"], box.on_call

    def slower(name: str) -> None:
        source.pacing.items_max = 12 if source.calls["changes"] <= pages + 1 else 4
        slow(name)

    box.on_call = slower
    with pytest.raises(Interrupted):
        world.back_up(stop=lambda: source.calls["changes"] > pages + 1)
    kept = set(source.fetched)
    assert len(kept) == 10, "the first page as a whole, and nothing of the second"
    coverage = world.back_up()
    assert coverage.is_complete
    assert line(coverage, "Large").saved == 20 - len(kept)
    assert world.saved() == box.contents()


def test_items_that_are_tried_again_are_put_off_as_well(world: World) -> None:
    box, source = world.mailbox, world.source
    folder = box.add_folder("Large")
    ids = [box.add_item(folder, f"Sick {number}") for number in range(12)]
    box.failing.update(ids)
    assert not world.back_up().is_complete
    box.failing.clear()
    one_after_the_other(world, items=2, fetch_s=100.0)
    with pytest.raises(Interrupted):
        world.back_up(stop=lambda: bool(source.fetched))
    assert len(source.fetched) == 4
    source.fetched.clear()
    assert world.back_up().is_complete
    assert world.saved() == box.contents()


def test_a_server_that_is_gone_ends_the_run_and_what_is_stored_stays(world: World) -> None:
    world.back_up()
    world.mailbox.add_item("folder-2", "New")

    def unplug(name: str) -> None:
        if name == "fetch":
            raise ServerUnreachable("Nobody answers.")

    world.mailbox.on_call = unplug
    with pytest.raises(ServerUnreachable):
        world.back_up()
    assert len(points(world.repository())) == 1
    assert world.repository().check() == []


def test_a_server_that_is_ill_all_over_ends_the_run_after_a_few_tries(world: World) -> None:
    box = world.mailbox
    for number in range(10):
        box.dead_folders.add(box.add_folder(f"Dead {number}"))
    with pytest.raises(TransientError):
        world.back_up()


def test_the_ledger_and_the_tags_stand_in_the_snapshot(world: World) -> None:
    coverage = world.back_up()
    (point,) = points(world.repository())
    assert (point.id, point.status, point.items) == (coverage.point, Status.COMPLETE, 23)
    assert (point.resource, point.kind, point.resource_id, point.host) == (
        "ada@lab.example",
        "mailbox",
        "0b8c7d2e",
        "exchange",
    )
    assert point.time - world.clock.now() == timedelta(0)
    assert point.job is None


def test_a_restore_point_says_which_job_made_it(world: World) -> None:
    world.back_up(job="a1b2c3")
    assert [one.job for one in points(world.repository())] == ["a1b2c3"]


def test_settings_that_the_server_does_not_give_are_named(world: World) -> None:
    world.mailbox.settings["delegates"] = {"unavailable": "the right is missing"}
    assert world.back_up().notes == ("delegates not kept: the right is missing",)


def test_a_folder_that_cannot_be_looked_at_is_no_deleted_one(world: World) -> None:
    world.back_up()
    inbox, deep = world.mailbox.folders["folder-2"], world.mailbox.folders["folder-3"]
    world.mailbox.add_item(inbox.id, "Not seen")
    world.mailbox.hidden_folders = {inbox.id, deep.id}
    coverage = world.back_up()
    assert not coverage.is_complete
    assert line(coverage, "Inbox").problem
    world.mailbox.hidden_folders = set()
    assert world.back_up().is_complete
    assert world.saved() == world.mailbox.contents()


def test_gone_is_not_believed_of_a_folder_that_the_server_lists(world: World) -> None:
    world.back_up()
    world.mailbox.lost_folders = {"folder-3"}
    coverage = world.back_up()
    assert not coverage.is_complete
    assert "does not find" in line(coverage, "Inbox", "Deep: <below>").problem


def test_a_folder_made_during_the_run_is_read_too_with_what_was_moved_there(world: World) -> None:
    world.back_up()
    box = world.mailbox
    moved = list(box.folders["folder-2"].items)[:5]
    box.add_item("folder-2", "Something to ask for")

    def rearrange(name: str) -> None:
        if name == "fetch":
            box.on_call = lambda _: None
            new = box.add_folder("Made meanwhile", "folder-2")
            for item_id in moved:
                box.move_item(item_id, new)

    box.on_call = rearrange
    coverage = world.back_up()
    assert coverage.is_complete
    assert line(coverage, "Inbox", "Made meanwhile").saved == 5
    assert world.saved() == box.contents()
    assert world.back_up().is_complete
    assert world.saved() == box.contents()


def test_folders_that_come_faster_than_they_can_be_read_make_the_run_partial(world: World) -> None:
    box = world.mailbox

    def another(name: str) -> None:
        if name == "hierarchy":
            box.add_item(box.add_folder(f"Made by a program {len(box.folders)}"), "in it")

    box.on_call = another
    coverage = world.back_up()
    assert not coverage.is_complete
    assert coverage.folders[-1].problem.startswith("It came into being")
    box.on_call = lambda _: None
    assert world.back_up().is_complete
    assert world.saved() == box.contents()
