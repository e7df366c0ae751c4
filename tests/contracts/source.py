"""What every source promises (``operations.interfaces.Source``), as tests.

To hold a source to it, subclass ``SourceContract`` in a test file and give a fixture ``place`` that
returns a ``Place``: the resource on its server, and a hand to change it with.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Protocol

import pytest

from strongroom.errors import CursorExpired
from strongroom.operations.interfaces import Source
from strongroom.words.item import (
    Change,
    Changed,
    Content,
    Folder,
    Item,
    Missed,
    Removed,
    StateChanged,
)


class Place(Protocol):
    """A resource on a server, and what people do to it. Subjects name items and are unique."""

    def source(self) -> Source:
        """Open the resource for reading, as a new process would."""

    def add_folder(self, *path: str) -> None:
        """Make a folder below one that is there (``add_folder("Inbox", "Deep")``)."""

    def rename_folder(self, path: Sequence[str], name: str) -> None:
        """Give a folder another name."""

    def delete_folder(self, *path: str) -> None:
        """Delete a folder for good."""

    def add_item(self, path: Sequence[str], subject: str, body: bytes) -> None:
        """Put an item into a folder."""

    def edit_item(self, subject: str, body: bytes) -> None:
        """Change an item's content."""

    def mark_read(self, subject: str) -> None:
        """Mark an unread item as read."""

    def move_item(self, subject: str, path: Sequence[str]) -> None:
        """Move an item into another folder."""

    def delete_item(self, subject: str) -> None:
        """Delete an item for good."""

    def expire_cursors(self) -> None:
        """Let the server forget its history."""


HERE, THERE = ("Contract here",), ("Contract there",)
COUNT = 12


class SourceContract:
    """The promises. Each test gets a fresh ``place``."""

    @pytest.fixture
    def place(self) -> Place:
        raise NotImplementedError("the subclass gives the place")

    @pytest.fixture(autouse=True)
    def _filled(self, place: Place) -> None:
        place.add_folder(*HERE)
        place.add_folder(*THERE)
        for number in range(COUNT):
            place.add_item(HERE, f"letter {number}", b"body %d" % number)

    def test_folders_are_told_parents_first_and_keep_their_ids(self, place: Place) -> None:
        place.add_folder(*HERE, "below")
        source = place.source()
        before = source.hierarchy(None)
        paths = [folder.path for folder in before.folders]
        assert all(path[:-1] in paths[:at] for at, path in enumerate(paths) if len(path) > 1)
        place.rename_folder(HERE, "Renamed")
        after = source.hierarchy(before)
        moved = find_folder(source, "Renamed", "below")
        old = next(one for one in before.folders if one.path == (*HERE, "below"))
        assert moved.id == old.id
        assert len(after.folders) == len(before.folders)

    def test_a_first_listing_tells_every_item_once(self, place: Place) -> None:
        source = place.source()
        changes, _ = listed(source, find_folder(source, *HERE))
        told = items_of(changes)
        assert sorted(told) == sorted(f"letter {number}" for number in range(COUNT))
        assert len(changes) == COUNT
        assert all(item.when.tzinfo is not None for item in told.values())
        assert len({item.id for item in told.values()}) == COUNT

    def test_nothing_happened_since_the_last_cursor(self, place: Place) -> None:
        source = place.source()
        folder = find_folder(source, *HERE)
        _, cursor = listed(source, folder)
        assert listed(place.source(), folder, cursor)[0] == []

    def test_every_page_gives_a_cursor_to_go_on_from(self, place: Place) -> None:
        source = place.source()
        folder = find_folder(source, *HERE)
        pages = list(source.changes(folder, None))
        assert [page.is_last for page in pages] == [False] * (len(pages) - 1) + [True]
        first = set(items_of(list(pages[0].changes)))
        rest = set(items_of(listed(source, folder, pages[0].cursor)[0]))
        assert first | rest == {f"letter {number}" for number in range(COUNT)}
        assert not first & rest

    def test_what_changed_is_told_and_nothing_else(self, place: Place) -> None:
        source = place.source()
        folder = find_folder(source, *HERE)
        changes, cursor = listed(source, folder)
        before = items_of(changes)
        place.add_item(HERE, "new", b"new")
        place.edit_item("letter 1", b"edited")
        place.delete_item("letter 2")
        changes, _ = listed(source, folder, cursor)
        told = items_of(changes)
        assert sorted(told) == ["letter 1", "new"]
        assert told["letter 1"].id == before["letter 1"].id
        assert told["letter 1"].when == before["letter 1"].when
        assert told["letter 1"].change_key != before["letter 1"].change_key
        removed = [change.item_id for change in changes if isinstance(change, Removed)]
        assert removed == [before["letter 2"].id]

    def test_a_flag_is_told_by_the_item_s_own_id(self, place: Place) -> None:
        source = place.source()
        folder = find_folder(source, *HERE)
        changes, cursor = listed(source, folder)
        before = items_of(changes)
        place.mark_read("letter 3")
        (change, *_) = listed(source, folder, cursor)[0]
        assert isinstance(change, (StateChanged, Changed))
        item_id = change.item_id if isinstance(change, StateChanged) else change.item.id
        state = change.state if isinstance(change, StateChanged) else change.item.state
        assert item_id == before["letter 3"].id
        assert state["is_read"] is True

    def test_a_moved_item_leaves_one_folder_and_comes_into_the_other(self, place: Place) -> None:
        source = place.source()
        here, there = find_folder(source, *HERE), find_folder(source, *THERE)
        changes, cursor = listed(source, here)
        _, cursor_there = listed(source, there)
        before = items_of(changes)["letter 4"]
        place.move_item("letter 4", THERE)
        (left,) = listed(source, here, cursor)[0]
        assert left == Removed(item_id=before.id)
        after = items_of(listed(source, there, cursor_there)[0])["letter 4"]
        assert after.facts.get("search_key") == before.facts.get("search_key")

    def test_an_old_cursor_is_refused_and_a_new_listing_tells_all(self, place: Place) -> None:
        source = place.source()
        folder = find_folder(source, *HERE)
        _, cursor = listed(source, folder)
        place.expire_cursors()
        with pytest.raises(CursorExpired):
            listed(source, folder, cursor)
        assert len(items_of(listed(source, folder)[0])) == COUNT

    def test_content_is_handed_over_once_per_item_in_the_callers_thread(self, place: Place) -> None:
        source = place.source()
        told = items_of(listed(source, find_folder(source, *HERE))[0])
        answers, threads = fetched(source, list(told.values()))
        assert sorted(answers) == sorted(item.id for item in told.values())
        assert threads == {threading.get_ident()}
        assert all(isinstance(answer, list) for answer in answers.values())
        assert len({repr(answer) for answer in answers.values()}) == COUNT

    def test_the_same_item_has_the_same_content_twice(self, place: Place) -> None:
        source = place.source()
        told = items_of(listed(source, find_folder(source, *HERE))[0])
        once, _ = fetched(source, list(told.values()))
        again, _ = fetched(place.source(), list(told.values()))
        assert once == again

    def test_an_item_that_is_gone_is_told_as_gone(self, place: Place) -> None:
        source = place.source()
        told = items_of(listed(source, find_folder(source, *HERE))[0])
        place.delete_item("letter 5")
        answers, _ = fetched(source, [told["letter 5"], told["letter 6"]])
        gone = answers[told["letter 5"].id]
        assert isinstance(gone, Missed)
        assert gone.fate == "gone"
        assert isinstance(answers[told["letter 6"].id], list)

    def test_a_folder_s_standing_counts_its_items_and_moves_with_them(self, place: Place) -> None:
        source = place.source()
        here, there = find_folder(source, *HERE), find_folder(source, *THERE)
        before = source.standings([here, there])
        assert before[here.id].count in {COUNT, None}
        assert before == place.source().standings([here, there])
        place.mark_read("letter 7")
        after = source.standings([here, there])
        if before[here.id].mark:
            assert after[here.id].mark != before[here.id].mark
        assert after[there.id] == before[there.id]

    def test_a_folder_that_is_gone_has_no_standing(self, place: Place) -> None:
        source = place.source()
        here, there = find_folder(source, *HERE), find_folder(source, *THERE)
        place.delete_folder(*THERE)
        assert source.standings([here, there]).keys() == {here.id}


def find_folder(source: Source, *path: str) -> Folder:
    """Find a folder by its path."""
    return next(one for one in source.hierarchy(None).folders if one.path == path)


def listed(source: Source, folder: Folder, cursor: str | None = None) -> tuple[list[Change], str]:
    """Read all pages of changes; say them and the last cursor."""
    changes: list[Change] = []
    last = ""
    for page in source.changes(folder, cursor):
        changes += page.changes
        last = page.cursor
    return changes, last


def items_of(changes: Sequence[Change]) -> dict[str, Item]:
    """Give the changed items by subject."""
    return {change.item.name: change.item for change in changes if isinstance(change, Changed)}


def fetched(
    source: Source, items: Sequence[Item]
) -> tuple[dict[str, list[tuple[str, bytes]] | Missed], set[int]]:
    """Fetch items; give per id its parts or why not, and the threads that ``keep`` ran in."""
    answers: dict[str, list[tuple[str, bytes]] | Missed] = {}
    threads = set()

    def keep(answer: Content | Missed) -> None:
        threads.add(threading.get_ident())
        assert answer.item_id not in answers
        if isinstance(answer, Missed):
            answers[answer.item_id] = answer
            return
        answers[answer.item_id] = [
            (
                part.name,
                part.content if isinstance(part.content, bytes) else b"".join(part.content),
            )
            for part in answer.parts
        ]

    source.fetch(items, keep)
    return answers, threads
