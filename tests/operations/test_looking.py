"""Points, browse, show and verify: reading what was saved, and saying what is wrong with it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from strongroom.content import fts, tags
from strongroom.content.message import Message, Properties
from strongroom.errors import Interrupted, OperatorError
from strongroom.operations.browse import browse, show
from strongroom.operations.interfaces import Quiet
from strongroom.operations.points import choose, points
from strongroom.operations.saved import SavedTree
from strongroom.operations.verify import verify
from strongroom.store.trees import FileNode, patch, walk
from tests.operations.support import World


def stream(subject: str) -> bytes:
    """Make a real export stream."""
    properties: Properties = {tags.PidTagSubject: subject, tags.PidTagMessageClass: "IPM.Note"}
    return fts.build(Message(properties=properties, recipients=[], attachments=[]))


@pytest.fixture
def world() -> World:
    world = World()
    box = world.mailbox
    inbox = box.add_folder("Inbox", role="inbox")
    deep = box.add_folder("in/out", inbox)
    for number in range(9):
        box.add_item(inbox, f"Letter {number}", stream(f"Letter {number}"))
    box.add_item(deep, "Rule", stream("Rule"), is_associated=True)
    world.back_up()
    world.clock.move(days=1)
    box.add_item(inbox, "Letter 9", stream("Letter 9"))
    world.back_up()
    return world


def test_points_are_listed_newest_first(world: World) -> None:
    newest, oldest = points(world.repository())
    assert (newest.items, oldest.items) == (11, 10)
    assert newest.time > oldest.time
    assert newest.bytes > oldest.bytes > 0


@pytest.mark.parametrize(
    ("at", "position"),
    [
        (None, 0),
        ("2026-03-06T10:15:00Z", 0),
        ("2026-03-06T11:15:00+01:00", 0),
        ("2026-03-06T10:14:59Z", 1),
        ("2026-03-05", 1),
        ("2026-03-05T10:15", 1),
        ("2999-01-01", 0),
    ],
)
def test_a_point_is_chosen_by_time(world: World, at: str | None, position: int) -> None:
    assert choose(world.repository(), at) == points(world.repository())[position]


def test_a_point_is_chosen_by_the_beginning_of_its_id(world: World) -> None:
    for point in points(world.repository()):
        assert choose(world.repository(), f"point:{point.id[:8]}") == point


@pytest.mark.parametrize("at", ["point:", "point:12", "point:zzzzzzzz", "2026-03-04", "yesterday"])
def test_a_point_that_is_not_there_is_refused_with_a_hint(world: World, at: str) -> None:
    with pytest.raises(OperatorError) as caught:
        choose(world.repository(), at)
    assert caught.value.hint


def test_without_a_backup_there_is_no_point() -> None:
    with pytest.raises(OperatorError):
        choose(World().repository())


def test_browsing_shows_folders_and_items_hidden_ones_marked(world: World) -> None:
    top = browse(world.repository())
    assert [folder.folder.path for folder in top.folders] == [("Inbox",)]
    inbox = browse(world.repository(), ("Inbox",))
    assert inbox.folder is not None
    assert inbox.folder.items == 10
    assert [item.item.name for item in inbox.items] == [f"Letter {number}" for number in range(10)]
    assert [folder.folder.path for folder in inbox.folders] == [("Inbox", "in/out")]
    (rule,) = browse(world.repository(), ("Inbox", "in/out")).items
    assert rule.item.is_associated


def test_browsing_an_older_point_shows_it_as_it_was(world: World) -> None:
    assert len(list(browse(world.repository(), ("Inbox",), at="2026-03-05").items)) == 9


def test_a_folder_that_is_not_there_is_refused_and_a_likely_one_named(world: World) -> None:
    with pytest.raises(OperatorError) as caught:
        browse(world.repository(), ("inbox",))
    assert "Inbox" in caught.value.hint


def test_one_item_is_shown_by_id_or_key(world: World) -> None:
    *_, last = browse(world.repository(), ("Inbox",)).items
    for name in (last.item.id, last.key):
        folder, item, content = show(world.repository(), name)
        assert (folder.folder.path, item) == (("Inbox",), last)
        assert content.parts[0].content == stream("Letter 9")


def test_verifying_reads_every_byte_once(world: World) -> None:
    report = verify(world.repository(), progress=Quiet())
    assert report.problems == ()
    assert (report.items, len(report.points)) == (11, 2)
    assert report.coverage.is_complete
    newest = SavedTree(world.repository().reader(), points(world.repository())[0].tree)
    assert report.bytes > sum(folder.bytes for folder in newest.folders())


def test_a_sample_reads_as_many_items_as_asked_for(world: World) -> None:
    report = verify(world.repository(), at="2026-03-06", sample=4, progress=Quiet())
    assert (report.items, report.problems) == (4, ())


def test_verifying_can_be_stopped(world: World) -> None:
    with pytest.raises(Interrupted):
        verify(world.repository(), progress=Quiet(), stop=lambda: True)


def test_a_flipped_byte_is_found_and_the_item_named(world: World) -> None:
    data = sorted(name for name in world.backend.files if "/data/" in name)
    found = 0
    for name in data:
        whole = world.backend.files[name]
        world.backend.files[name] = whole[:40] + bytes([whole[40] ^ 1]) + whole[41:]
        try:
            report = verify(world.repository(), progress=Quiet())
        finally:
            world.backend.files[name] = whole
        found += bool(report.problems)
    assert found == len(data)


@pytest.mark.parametrize("end", [".fts", "items.jsonl", "state.jsonl", "/cursor.json"])
def test_a_file_that_is_missing_is_found(world: World, end: str) -> None:
    repository = world.repository()
    (snapshot, *_) = repository.snapshots()
    path = next(
        path
        for path, node in walk(repository.reader(), snapshot.tree)
        if isinstance(node, FileNode) and path[-1].endswith(end.strip("/")) and "Inbox" in path
    )
    damage(world, {path: None})
    report = verify(world.repository(), at="2030-01-01", progress=Quiet())
    assert report.problems
    assert not report.coverage.is_complete or report.problems


def test_a_stray_file_and_a_stream_that_cannot_be_read_are_found(world: World) -> None:
    world.mailbox.add_item("folder-2", "Cut short", stream("Cut short")[:-9])
    world.back_up()
    (problem,) = verify(world.repository(), progress=Quiet()).problems
    assert problem.path == ("Inbox",)
    assert verify(world.repository(), is_parsed=False, progress=Quiet()).problems == ()


def damage(world: World, changes: dict[tuple[str, ...], None]) -> None:
    """Make a restore point that lacks something."""
    repository = world.repository()
    newest = repository.snapshots()[0]
    now = datetime(2027, 1, 1, tzinfo=UTC)
    with repository.lock():
        root = patch(repository.reader(), repository.writer(), newest.tree, changes, now)

        repository.save_snapshot(replace(newest, tree=root, time=now, id=""))
    assert SavedTree(repository.reader(), root)
