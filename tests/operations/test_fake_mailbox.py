"""The mailbox in memory keeps what every source promises."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from strongroom.operations.interfaces import Source
from tests.contracts.source import Place, SourceContract
from tests.fakes.mailbox import FakeMailbox, FakeSource


class FakePlace:
    """A mailbox in memory, changed by subjects and paths."""

    def __init__(self) -> None:
        self.mailbox = FakeMailbox()

    def source(self) -> Source:
        return FakeSource(self.mailbox)

    def add_folder(self, *path: str) -> None:
        self.mailbox.add_folder(path[-1], self._folder(path[:-1]))

    def rename_folder(self, path: Sequence[str], name: str) -> None:
        self.mailbox.rename_folder(self._folder(path), name)

    def delete_folder(self, *path: str) -> None:
        self.mailbox.delete_folder(self._folder(path))

    def add_item(self, path: Sequence[str], subject: str, body: bytes) -> None:
        self.mailbox.add_item(self._folder(path), subject, body)

    def edit_item(self, subject: str, body: bytes) -> None:
        self.mailbox.edit_item(self._item(subject), body)

    def mark_read(self, subject: str) -> None:
        self.mailbox.set_state(self._item(subject), is_read=True)

    def move_item(self, subject: str, path: Sequence[str]) -> None:
        self.mailbox.move_item(self._item(subject), self._folder(path))

    def delete_item(self, subject: str) -> None:
        self.mailbox.delete_item(self._item(subject))

    def expire_cursors(self) -> None:
        self.mailbox.expire_cursors()

    def _folder(self, path: Sequence[str]) -> str:
        box = self.mailbox
        return next(one for one in box.folders if box.path(one) == tuple(path))

    def _item(self, subject: str) -> str:
        return next(
            item.id
            for folder in self.mailbox.folders.values()
            for item in folder.items.values()
            if item.subject == subject
        )


class TestFakeMailbox(SourceContract):
    """See ``SourceContract``."""

    @pytest.fixture
    def place(self) -> Place:
        return FakePlace()
