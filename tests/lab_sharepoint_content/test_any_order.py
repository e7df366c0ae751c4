"""Whatever is done to a site in whatever order, its books are right afterwards."""

from __future__ import annotations

import uuid

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from strongroom.lab.sharepoint import Farm
from strongroom.lab.sharepoint.content.change_log import ChangeToken, Scope
from strongroom.lab.sharepoint.content.content_database import ContentDatabase
from strongroom.lab.sharepoint.content.items import ListItem
from strongroom.lab.sharepoint.content.lists import SpList
from strongroom.lab.sharepoint.content.refusals import Refused
from tests.fakes.hand_clock import HandClock

names = st.sampled_from(["a", "b", "c", "A"])
contents = st.binary(max_size=6)
numbers = st.integers(0, 30)


class AnyOrder(RuleBasedStateMachine):
    """Two libraries, one person, and a reader who follows the change log."""

    def __init__(self) -> None:
        super().__init__()
        farm = Farm(kind="online", clock=HandClock())
        farm.add_site("/sites/yard", "Yard")
        database = ContentDatabase(
            farm, guid=lambda kind, path: str(uuid.uuid5(uuid.NAMESPACE_URL, f"{kind} {path}"))
        )
        site = database.collection("/sites/yard")
        assert site is not None
        self.site = site
        self.by = site.principals.ensure_user("ann").id
        self.first = self._library("Documents")
        self.second = self._library("Site Assets")
        self.given: dict[str, int] = {}
        self.bytes_before = site.used_bytes - self._weight()
        self.token: ChangeToken = site.current_token
        self.seen = self._states()

    def _library(self, title: str) -> SpList:
        found = self.site.root.list_by_title(title)
        assert found is not None
        found.change_settings(by=self.by, major_limit=3)
        return found

    def _libraries(self) -> tuple[SpList, SpList]:
        return self.first, self.second

    def _weight(self) -> int:
        items = [one for of in self._libraries() for one in of.items.values() if one.file]
        return sum(version.size for one in items for version in one.versions)

    def _states(self) -> dict[tuple[str, int], tuple[str, int]]:
        return {
            (of.id, one.id): (one.leaf_name, one.hidden_version)
            for of in self._libraries()
            for one in of.items.values()
        }

    def _item(self, of: SpList, number: int, *, is_folder: bool | None = None) -> ListItem | None:
        fitting = [o for o in of.items.values() if is_folder is None or o.is_folder == is_folder]
        return fitting[number % len(fitting)] if fitting else None

    @rule(name=names, content=contents, where=numbers)
    def upload(self, name: str, content: bytes, where: int) -> None:
        folder = self._item(self.first, where, is_folder=True) if where % 2 else None
        try:
            self.first.upload(name, content, by=self.by, folder=folder, overwrite=True)
        except Refused:
            assert self.first.children_of(folder)[name.casefold()].is_folder

    @rule(name=names, where=numbers)
    def add_folder(self, name: str, where: int) -> None:
        folder = self._item(self.first, where, is_folder=True) if where % 2 else None
        try:
            self.first.add_folder(name, by=self.by, folder=folder)
        except Refused:
            assert name.casefold() in self.first.children_of(folder)

    @rule(which=numbers, name=names, where=numbers)
    def move(self, which: int, name: str, where: int) -> None:
        item = self._item(self.first, which)
        folder = self._item(self.first, where, is_folder=True) if where % 2 else None
        if item is not None:
            try:
                self.first.move_item(item, by=self.by, folder=folder, name=name)
            except Refused:
                assert item.id in self.first.items

    @rule(which=numbers)
    def move_elsewhere(self, which: int) -> None:
        item = self._item(self.first, which)
        if item is not None and item.leaf_name.casefold() not in self.second.top:
            self.first.move_to(item, self.second, by=self.by)

    @rule(which=numbers)
    def recycle(self, which: int) -> None:
        item = self._item(self.first, which)
        if item is not None:
            self.first.recycle_item(item, by=self.by)

    @precondition(lambda self: self.site.recycle_bin.entries())
    @rule(which=numbers)
    def restore(self, which: int) -> None:
        entries = self.site.recycle_bin.entries()
        try:
            self.site.recycle_bin.restore(entries[which % len(entries)].id)
        except Refused:
            assert len(self.site.recycle_bin.entries()) == len(entries)

    @rule(which=numbers, content=contents)
    def check_out_and_in(self, which: int, content: bytes) -> None:
        item = self._item(self.first, which, is_folder=False)
        if item is not None:
            self.first.check_out(item, by=self.by)
            self.first.save_content(item, content, by=self.by)
            self.first.check_in(item, by=self.by)

    @invariant()
    def every_item_is_found_where_it_says_it_is(self) -> None:
        for of in self._libraries():
            assert list(of.items) == sorted(of.items)
            assert set(of.by_unique_id) == {one.unique_id for one in of.items.values()}
            for number, item in of.items.items():
                assert number < of.next_id
                assert of.at(item.inner_path) is item
                assert item.parent_list is of

    @invariant()
    def no_number_is_given_twice(self) -> None:
        for of in self._libraries():
            for number, item in of.items.items():
                assert self.given.setdefault(item.unique_id + of.id, number) == number

    @invariant()
    def the_bytes_are_counted_right(self) -> None:
        assert self.site.used_bytes - self.bytes_before == self._weight()

    @invariant()
    def whatever_changed_is_in_the_log(self) -> None:
        now = self._states()
        changed = {key for key in {*now, *self.seen} if now.get(key) != self.seen.get(key)}
        log = self.site.log.since(Scope.SITE, self.site.id, start=self.token)
        told = {(one.list_id, one.item_id) for one in log}
        for key in changed - told:
            assert self._came_or_went_with_a_folder(key, told)
        self.seen, self.token = now, self.site.current_token

    def _came_or_went_with_a_folder(self, key: tuple[str, int], told: set[tuple[str, int]]) -> bool:
        """What lies in a folder that moved, went or came back is not told of by itself."""
        of = self.first if key[0] == self.first.id else self.second
        item = of.items.get(key[1])
        while item is not None and item.parent is not None:
            item = item.parent
            if (of.id, item.id) in told:
                return True
        return key[1] not in of.items and any(one[0] == key[0] for one in told)


AnyOrder.TestCase.settings = settings(max_examples=25, stateful_step_count=30, deadline=None)
test_any_order = AnyOrder.TestCase
