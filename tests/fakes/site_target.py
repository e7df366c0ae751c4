"""The site in memory as a target: it refuses what comes too early, as a real one does.

It relaxes what would get in a restore's way, and puts it back when it is told to; what was before
stands in its notes, so that it may be killed anywhere.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import orjson

from strongroom.errors import ItemError, OutcomeUnknown
from strongroom.words.item import Folder, Item
from strongroom.words.json import Json
from strongroom.words.restoring import (
    RELAXED,
    Compared,
    Notes,
    Outgoing,
    Phase,
    Plan,
    Replaced,
    Selection,
    Written,
)
from tests.fakes.even_pacing import EvenPacing
from tests.fakes.site import LIBRARY, LIST, FakeEntry, FakeList, FakeSite, item_of


class FakeSiteTarget:
    """The site as a target: columns before lists before folders before items before views.

    Attributes:
        order: What was written, in order.
        written: How often each saved item was written.
        loses_answers: So many writes lose their answer after everything was written.
        refuses_to_settle: Why nothing that was relaxed can be put back; empty: it can.
    """

    def __init__(self, site: FakeSite) -> None:
        self.site = site
        self.pacing = EvenPacing()
        self.calls: Counter[str] = Counter()
        self.order: list[str] = []
        self.written: Counter[str] = Counter()
        self.loses_answers = 0
        self.refuses_to_settle = ""
        self._notes: Notes | None = None

    def _call(self, name: str) -> None:
        self.calls[name] += 1
        self.site.on_call(name)

    @property
    def notes(self) -> Notes:
        """The restore's notes."""
        assert self._notes is not None, "begin was not called"
        return self._notes

    def begin(self, notes: Notes) -> None:
        self._notes = notes

    def plan(self, selection: Selection) -> Plan:
        self._call("plan")
        folders = selection.folders
        structure = tuple(one.id for one in folders if one.kind == "structure")
        lists = tuple(one.id for one in folders if one.kind in {LIBRARY, LIST})
        people = tuple(one.id for one in folders if one.path == ("Lists", "People"))
        return Plan(
            phases=(
                Phase(
                    name="web columns",
                    does="fill",
                    folder_ids=structure[:1],
                    takes=lambda item: item.kind == "column",
                ),
                Phase(name="lists", does="create", folder_ids=lists),
                Phase(
                    name="columns",
                    does="fill",
                    folder_ids=structure,
                    takes=lambda item: item.kind == "column",
                ),
                Phase(
                    name="folders",
                    does="fill",
                    folder_ids=lists,
                    takes=lambda item: item.kind == "folder",
                ),
                Phase(name="lists that others look into", does="fill", folder_ids=people),
                Phase(name="items", does="fill", folder_ids=lists),
                Phase(name="views", does="fill", folder_ids=structure),
            )
        )

    def folder(self, folder: Folder, parent_id: str | None) -> str:
        self._call("folder")
        if folder.kind in {"web", "structure"} or not folder.kind:
            return (
                f"{parent_id or 'web'}/structure"
                if folder.kind == "structure"
                else "/".join(folder.path)
            )
        if not self.site.definitions:
            raise ItemError("The list's columns are not there.", code="no-column")
        place = next((one for one in self.site.lists.values() if one.path == folder.path), None)
        if place is None:
            place = self.site.add_list(*folder.path, kind=folder.kind)
        self._relax(place)
        return place.id

    def _relax(self, place: FakeList) -> None:
        """Switch off what would get in the way, once it is noted what it was."""
        relaxed = self.notes.get(RELAXED) or {}
        assert isinstance(relaxed, dict)
        if place.id not in relaxed:
            self.notes.put(f"{RELAXED}/{place.id}", dict(place.settings))
            self.notes.put(RELAXED, {**relaxed, place.id: "/".join(place.path)})
        self._call("relax")
        place.settings = dict.fromkeys(place.settings, False)

    def mark(self, folder_id: str) -> str:
        self._call("mark")
        place = self.site.lists.get(folder_id)
        return f"{place.touched_at if place else 0}"

    def arrivals(self, folder_id: str, cursor: str | None) -> Iterator[Item]:
        self._call("arrivals")
        place = self.site.lists.get(folder_id)
        for number, entry in list(place.entries.items()) if place else ():
            if entry.born > int(cursor or 0):
                yield item_of(place, number)  # type: ignore[arg-type]

    def write(
        self, folder_id: str, batch: Sequence[Outgoing], told: Callable[[Written], None]
    ) -> None:
        self._call("write")
        answers = [self._write_one(folder_id, one) for one in batch]
        self._call("written")
        if self.loses_answers:
            self.loses_answers -= 1
            raise OutcomeUnknown("The connection broke before the answer came.")
        for answer in answers:
            told(answer)

    def _write_one(self, folder_id: str, outgoing: Outgoing) -> Written:
        item = outgoing.item
        self.order.append(f"{item.kind} {item.name}")
        if folder_id.endswith("/structure"):
            place = self.site.lists.get(folder_id.partition("/")[0])
            value = orjson.loads(_parts(outgoing)["definition"])
            self.site.define(item.kind, item.name, value, place)
            return Written(item_id=item.id, new_id=f"{folder_id}/{item.kind}/{item.name}")
        place = self.site.lists[folder_id]
        assert not any(place.settings.values()), "nothing is written before settings are relaxed"
        entry = self._entry(outgoing)
        above = {one.path for one in place.entries.values() if one.kind == "folder"}
        if len(entry.path) > 1 and entry.path[:-1] not in above:
            return Written(item_id=item.id, new_id=None, code="404", why="There is no folder.")
        self.written[item.id] += 1
        return Written(item_id=item.id, new_id=f"{place.id}/{self.site._add(place, entry)}")

    def _entry(self, outgoing: Outgoing) -> FakeEntry:
        item, parts = outgoing.item, _parts(outgoing)
        path, fields = item.state["path"], item.state["fields"]
        assert isinstance(path, list)
        assert isinstance(fields, dict)
        who = fields.get("Who")
        return FakeEntry(
            item.kind,
            tuple(map(str, path)),
            "",
            body=parts.get("file", b""),
            versions=[body for name, body in parts.items() if name.startswith("version-")],
            fields={
                name: self.notes.new_id(str(who)) if name == "Who" else value
                for name, value in fields.items()
                if name != "Modified"
            },
        )

    def remove(self, replaced: Sequence[Replaced]) -> None:
        """A file is replaced under its own name: nothing is ever left beside it."""

    def compare(
        self, pairs: Sequence[tuple[Outgoing, str]], told: Callable[[Compared], None]
    ) -> None:
        self._call("compare")
        for outgoing, new_id in pairs:
            differences: tuple[str, ...] = ()
            owner, _, rest = new_id.partition("/")
            if "/" not in rest:
                there = self.site.lists[owner].entries[int(rest)]
                is_same = there.body == _parts(outgoing).get("file", b"")
                differences = () if is_same else ("the file",)
            told(Compared(item_id=outgoing.item.id, differences=differences))

    def settle(self, settings: Mapping[str, Json]) -> Sequence[str]:
        self._call("settle")
        if self.refuses_to_settle:
            return (self.refuses_to_settle,)
        relaxed = self.notes.get(RELAXED) or {}
        assert isinstance(relaxed, dict)
        for id_ in relaxed:
            before = self.notes.get(f"{RELAXED}/{id_}")
            assert isinstance(before, dict)
            self.site.lists[id_].settings = {name: bool(value) for name, value in before.items()}
            self._call("put back")
        self.notes.put(RELAXED, None)
        return ()


def _parts(outgoing: Outgoing) -> dict[str, bytes]:
    return {part.name: _bytes(part.content) for part in outgoing.content.parts}


def _bytes(content: bytes | Iterable[bytes]) -> bytes:
    return content if isinstance(content, bytes) else b"".join(content)
