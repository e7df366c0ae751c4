"""A site in memory: columns, lists, lookups and items, restored in phases that need each other.

It proves that the stories know nothing of mail: its folders are lists and the places of columns,
its order of restoring is its own, and it refuses what comes too early, as a real site does.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from strongroom.errors import ItemError
from strongroom.words.item import (
    Changed,
    ChangePage,
    Content,
    Folder,
    Hierarchy,
    Item,
    Missed,
    Part,
    Standing,
)
from strongroom.words.json import Json
from strongroom.words.restoring import (
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

COLUMNS, LOOKUPS = "columns", "lookups"
MADE = datetime(2025, 6, 1, 12, 0, tzinfo=UTC)


@dataclass(slots=True)
class FakeSite:
    """What the site holds: names and bytes per place.

    Attributes:
        columns: Site columns, by name.
        lists: By name, the list's items by name.
        lookups: Lookup fields: by name, the list that it looks into.
        order: What was made, in order.
    """

    columns: dict[str, bytes] = field(default_factory=dict)
    lists: dict[str, dict[str, bytes]] = field(default_factory=dict)
    lookups: dict[str, bytes] = field(default_factory=dict)
    order: list[str] = field(default_factory=list)

    def held(self, path: tuple[str, ...]) -> dict[str, bytes]:
        """Give what lies at a path."""
        if path == (COLUMNS,):
            return self.columns
        if path == (LOOKUPS,):
            return self.lookups
        return self.lists.setdefault(path[-1], {})

    def paths(self) -> list[tuple[str, ...]]:
        """Name all places."""
        return [(COLUMNS,), (LOOKUPS,), *(("Lists", name) for name in sorted(self.lists))]


class FakeSiteSource:
    """The site as a source: no marks, no counts, always listed whole."""

    way = "rest"

    def __init__(self, site: FakeSite) -> None:
        self._site = site
        self.pacing = EvenPacing()

    def hierarchy(self, known: Hierarchy | None) -> Hierarchy:
        folders = [Folder(id="lists", path=("Lists",), kind="lists")]
        folders += [
            Folder(id="/".join(path), path=path, kind="list" if len(path) > 1 else path[0])
            for path in self._site.paths()
        ]
        return Hierarchy(folders=tuple(folders), cursor="1")

    def standings(self, folders: Sequence[Folder]) -> Mapping[str, Standing]:
        return {folder.id: Standing(count=None) for folder in folders}

    def changes(self, folder: Folder, cursor: str | None) -> Iterator[ChangePage]:
        names = [] if folder.id == "lists" else self._site.held(folder.path)
        changes = tuple(
            Changed(
                item=Item(
                    id=f"{folder.id}/{name}",
                    change_key="1",
                    kind=folder.kind,
                    name=name,
                    when=MADE,
                    facts={"search_key": f"{folder.id}/{name}"},
                )
            )
            for name in names
        )
        yield ChangePage(changes=() if cursor else changes, cursor="1", is_last=True)

    def fetch(self, items: Sequence[Item], keep: Callable[[Content | Missed], None]) -> None:
        for item in items:
            *path, name = item.id.split("/")
            body = self._site.held(tuple(path))[name]
            fields = Part(name="fields", suffix=".json", content=b'{"title":"%s"}' % name.encode())
            parts = (fields, Part(name="file", suffix=".bin", content=body))
            keep(Content(item_id=item.id, way=self.way, parts=parts))

    def settings(self) -> Mapping[str, Json]:
        return {}


class FakeSiteTarget:
    """The site as a target: columns before lists before lookups before items, or it refuses."""

    def __init__(self, site: FakeSite) -> None:
        self.site = site
        self.pacing = EvenPacing()
        self.calls: Counter[str] = Counter()

    def begin(self, notes: Notes) -> None:
        """Nothing is noted."""

    def plan(self, selection: Selection) -> Plan:
        ids = {folder.id: folder for folder in selection.folders}
        lists = tuple(one for one, folder in ids.items() if folder.kind == "list")
        return Plan(
            phases=(
                Phase(name="columns", does="fill", folder_ids=_only(ids, COLUMNS)),
                Phase(name="lists", does="create", folder_ids=lists),
                Phase(name="lookups", does="fill", folder_ids=_only(ids, LOOKUPS)),
                Phase(name="items", does="fill", folder_ids=lists),
            )
        )

    def folder(self, folder: Folder, parent_id: str | None) -> str:
        if folder.kind == "list":
            if not self.site.columns:
                raise ItemError("The list's columns are not there.", code="no-column")
            self.site.lists.setdefault(folder.path[-1], {})
            self.site.order.append(f"list {folder.path[-1]}")
        return "/".join(folder.path)

    def mark(self, folder_id: str) -> str:
        return ""

    def arrivals(self, folder_id: str, cursor: str | None) -> Iterator[Item]:
        yield from ()

    def write(
        self, folder_id: str, batch: Sequence[Outgoing], told: Callable[[Written], None]
    ) -> None:
        for outgoing in batch:
            told(self._write_one(folder_id, outgoing))

    def _write_one(self, folder_id: str, outgoing: Outgoing) -> Written:
        item = outgoing.item
        body = _file(outgoing)
        if folder_id == LOOKUPS and body.decode() not in self.site.lists:
            return Written(item_id=item.id, new_id=None, code="no-list", why="It comes too early.")
        self.site.held(tuple(folder_id.split("/")))[item.name] = body
        self.site.order.append(f"{folder_id}: {item.name}")
        return Written(item_id=item.id, new_id=f"{folder_id}/{item.name}")

    def remove(self, replaced: Sequence[Replaced]) -> None:
        """A file is replaced under its own name: nothing is ever left beside it."""

    def compare(
        self, pairs: Sequence[tuple[Outgoing, str]], told: Callable[[Compared], None]
    ) -> None:
        for outgoing, new_id in pairs:
            *path, name = new_id.split("/")
            is_same = self.site.held(tuple(path))[name] == _file(outgoing)
            told(Compared(item_id=outgoing.item.id, differences=() if is_same else ("the file",)))

    def settle(self, settings: Mapping[str, Json]) -> Sequence[str]:
        return ()


def _only(folders: Mapping[str, Folder], kind: str) -> tuple[str, ...]:
    return tuple(one for one, folder in folders.items() if folder.kind == kind)


def _file(outgoing: Outgoing) -> bytes:
    (content,) = [part.content for part in outgoing.content.parts if part.name == "file"]
    assert isinstance(content, bytes)
    return content
