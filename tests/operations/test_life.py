"""A mailbox lives, is backed up now and then, killed at times: every point stays what it was."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from strongroom.operations.restore import RestoreRequest
from strongroom.words.restoring import ConflictPolicy
from tests.fakes.mailbox import FakeMailbox, FakeTarget
from tests.operations.support import World, WorldEnded, end_at

Contents = dict[tuple[str, ...], list[tuple[str, bytes, str]]]

NAMES = st.sampled_from(["Inbox", "INBOX", "a/b", "a:b", "..", ".items", "cursor.json", "Öl", "x"])
BODIES = st.binary(min_size=1, max_size=40)


class Life(RuleBasedStateMachine):
    """What people do to a mailbox, and what we do."""

    @initialize()
    def begin(self) -> None:
        self.world = World()
        self.mailbox = self.world.mailbox
        self.points: dict[str, Contents] = {}
        self.mailbox.page_items = 3

    @rule(name=NAMES, data=st.data())
    def make_a_folder(self, name: str, data: st.DataObject) -> None:
        parent = self.any_folder(data)
        taken = [one.name for one in self.mailbox.folders.values() if one.parent_id == parent]
        if name not in taken:
            self.mailbox.add_folder(name, parent)

    @rule(name=NAMES, data=st.data())
    def rename_or_move_a_folder(self, name: str, data: st.DataObject) -> None:
        folder = self.any_folder(data)
        parent = self.any_folder(data)
        taken = [one.name for one in self.mailbox.folders.values() if one.parent_id == parent]
        path, above = self.mailbox.path(folder), self.mailbox.path(parent)
        if folder != self.mailbox.root and name not in taken and above[: len(path)] != path:
            self.mailbox.rename_folder(folder, name)
            self.mailbox.move_folder(folder, parent)

    @rule(data=st.data())
    def delete_a_folder(self, data: st.DataObject) -> None:
        folder = self.any_folder(data)
        if folder != self.mailbox.root:
            self.mailbox.delete_folder(folder)

    @rule(subject=NAMES, body=BODIES, data=st.data(), count=st.integers(1, 5))
    def deliver(self, subject: str, body: bytes, data: st.DataObject, count: int) -> None:
        folder = self.any_folder(data)
        for number in range(count):
            self.mailbox.add_item(folder, f"{subject} {number}", body)

    @rule(subject=NAMES, body=BODIES, data=st.data())
    def edit(self, subject: str, body: bytes, data: st.DataObject) -> None:
        for item_id in self.some_items(data):
            self.mailbox.edit_item(item_id, body, subject)

    @rule(is_read=st.booleans(), data=st.data())
    def flag(self, is_read: bool, data: st.DataObject) -> None:  # noqa: FBT001
        for item_id in self.some_items(data):
            self.mailbox.set_state(item_id, is_read=is_read)

    @rule(data=st.data())
    def move(self, data: st.DataObject) -> None:
        for item_id in self.some_items(data):
            self.mailbox.move_item(item_id, self.any_folder(data))

    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        for item_id in self.some_items(data):
            self.mailbox.delete_item(item_id)

    @rule()
    def forget_the_history(self) -> None:
        self.mailbox.expire_cursors()

    @rule(days=st.integers(1, 8))
    def wait(self, days: int) -> None:
        self.world.clock.move(days=days)

    @rule()
    def back_up(self) -> None:
        self.world.clock.move(minutes=1)
        coverage = self.world.back_up()
        assert coverage.is_complete, coverage
        assert coverage.point is not None
        self.points[coverage.point] = self.mailbox.contents()
        assert self.world.saved() == self.mailbox.contents()
        assert self.world.is_counted_as_restic_counts()

    @rule(number=st.integers(1, 30))
    def back_up_and_die(self, number: int) -> None:
        self.world.clock.move(minutes=1)
        backend = self.world.backend
        backend.on_write = end_at(number)
        try:
            coverage = self.world.back_up()
        except WorldEnded:
            pass
        else:
            assert coverage.point is not None
            self.points[coverage.point] = self.mailbox.contents()
        backend.on_write = lambda _: None
        for name in [name for name in backend.files if "/locks/" in name]:
            backend.delete(name)

    @precondition(lambda self: self.points)
    @rule(data=st.data(), conflict=st.sampled_from(ConflictPolicy), loses=st.integers(0, 2))
    def restore(self, data: st.DataObject, conflict: ConflictPolicy, loses: int) -> None:
        point = data.draw(st.sampled_from(sorted(self.points)))
        target = self.world.target = FakeTarget(FakeMailbox())
        target.loses_answers = loses
        request = RestoreRequest(at=f"point:{point}", folder=(), conflict=conflict)
        with tempfile.TemporaryDirectory() as folder:
            assert self.world.restore(Path(folder, "journal"), request).is_complete
        assert target.mailbox.contents() == self.points[point]

    @invariant()
    def nothing_is_damaged(self) -> None:
        if getattr(self, "points", None):
            assert self.world.repository().check() == []

    def any_folder(self, data: st.DataObject) -> str:
        return data.draw(st.sampled_from(sorted(self.mailbox.folders)))

    def some_items(self, data: st.DataObject) -> list[str]:
        ids = sorted(one for folder in self.mailbox.folders.values() for one in folder.items)
        if not ids:
            return []
        return data.draw(st.lists(st.sampled_from(ids), max_size=3, unique=True))


TestLife = Life.TestCase
TestLife.settings = settings(
    max_examples=25,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
