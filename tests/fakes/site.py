"""A site in memory: what describes it, lists, and libraries with real folders and old versions.

It proves that the stories know nothing of mail. Like a server it keeps a history: every change gets
the next number, a cursor is such a number, and asked from a cursor it tells what is different now.
Whatever is the same as what is kept already is not given again (``SAME``). Faults are set on it;
each call goes through ``on_call``, where a test may count or raise.
"""

from __future__ import annotations

import hashlib
import itertools
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import orjson

from strongroom.errors import CursorExpired, ItemError
from strongroom.words.item import (
    SAME,
    Change,
    Changed,
    ChangePage,
    Content,
    Folder,
    Hierarchy,
    Item,
    Missed,
    Part,
    Removed,
    Standing,
)
from strongroom.words.json import Json
from tests.fakes.even_pacing import EvenPacing

MADE = datetime(2025, 6, 1, 12, 0, tzinfo=UTC)
LIBRARY, LIST = "library", "list"
Path = tuple[str, ...]


@dataclass(slots=True)
class FakeEntry:
    """One list item; numbers are places in the history.

    Attributes:
        kind: ``file``, ``folder`` or ``item``.
        path: Real names inside the list.
        body: A file's bytes now.
        versions: Its older versions' bytes, oldest first.
        fields: The values of its fields.
    """

    kind: str
    path: Path
    key: str
    body: bytes = b""
    versions: list[bytes] = field(default_factory=list)
    fields: dict[str, Json] = field(default_factory=dict)
    born: int = 0
    changed_at: int = 0
    body_at: int = 0


@dataclass(slots=True)
class FakeList:
    """One list or library.

    Attributes:
        entries: By their ID in the list.
        definitions: What describes it, by class and name.
        settings: What a restore relaxes.
    """

    id: str
    path: Path
    kind: str
    entries: dict[int, FakeEntry] = field(default_factory=dict)
    removed: dict[int, tuple[int, int]] = field(default_factory=dict)
    next_id: int = 1
    touched_at: int = 0
    definitions: dict[tuple[str, str], Json] = field(default_factory=dict)
    settings: dict[str, bool] = field(default_factory=lambda: {"asks_for_approval": True})

    def files(self) -> dict[Path, bytes]:
        """Give the files as they are now, by their real paths."""
        return {one.path: one.body for one in self.entries.values() if one.kind == "file"}


class FakeSite:
    """The server's side: what people do to the site.

    Attributes:
        name: What tells its unique ids from those of other sites.
        page_items: How many changes a page tells.
        on_call: Called with the method's name before each call of a source or target.
        failing: Ids of items whose content cannot be had now.
        lying: Ids of items whose file is called the same although it may not be kept.
    """

    def __init__(self, name: str = "") -> None:
        self.name = name
        self.lists: dict[str, FakeList] = {}
        self.definitions: dict[tuple[str, str], Json] = {}
        self.page_items = 7
        self.on_call: Callable[[str], None] = lambda _: None
        self.failing: set[str] = set()
        self.lying: set[str] = set()
        self.generation = 1
        self.touched_at = 0
        self.lock = threading.RLock()
        self._numbers = itertools.count(1)

    def add_list(self, *path: str, kind: str = LIBRARY) -> FakeList:
        number = next(self._numbers)
        made = FakeList(id=f"list-{number}", path=path, kind=kind, touched_at=number)
        self.lists[made.id] = made
        return made

    def move_list(self, place: FakeList, *path: str) -> None:
        place.path = path

    def delete_list(self, place: FakeList) -> None:
        del self.lists[place.id]

    def define(self, class_: str, name: str, value: Json, place: FakeList | None = None) -> None:
        """Define something of the web or of a list: a column, a view."""
        number = next(self._numbers)
        if place is None:
            self.definitions[class_, name] = value
            self.touched_at = number
        else:
            place.definitions[class_, name] = value
            place.touched_at = number

    def upload(self, place: FakeList, *path: str, body: bytes) -> int:
        """Put a file there, as a new version where one of that name is."""
        for number, entry in place.entries.items():
            if entry.path == path:
                entry.versions.append(entry.body)
                entry.body = body
                entry.body_at = self._touch(place, entry)
                return number
        number = self._add(place, FakeEntry("file", path, "", body=body))
        place.entries[number].body_at = place.entries[number].changed_at
        return number

    def add_item(self, place: FakeList, title: str, **fields: Json) -> int:
        return self._add(place, FakeEntry("item", (title,), "", fields=fields))

    def add_folder(self, place: FakeList, *path: str) -> int:
        return self._add(place, FakeEntry("folder", path, ""))

    def set_fields(self, place: FakeList, number: int, **fields: Json) -> None:
        entry = place.entries[number]
        entry.fields.update(fields)
        self._touch(place, entry)

    def rename(self, place: FakeList, number: int, *path: str) -> None:
        """Give a file or folder another name or place; all below a folder goes along."""
        entry = place.entries[number]
        before, entry.path = entry.path, path
        self._touch(place, entry)
        for other in place.entries.values():
            if entry.kind == "folder" and other.path[: len(before)] == before and other != entry:
                other.path = (*path, *other.path[len(before) :])
                self._touch(place, other)

    def swap(self, place: FakeList, one: int, other: int) -> None:
        """Give each of two files the other's name."""
        first, second = place.entries[one], place.entries[other]
        first.path, second.path = second.path, first.path
        self._touch(place, first)
        self._touch(place, second)

    def delete(self, place: FakeList, number: int) -> None:
        entry = place.entries.pop(number)
        place.touched_at = next(self._numbers)
        place.removed[number] = (entry.born, place.touched_at)

    def expire_cursors(self) -> None:
        self.generation += 1

    def contents(self) -> dict[Path, Json]:
        """Give everything that matters, to be compared."""
        held: dict[Path, Json] = {(): _told_definitions(self.definitions)}
        for place in self.lists.values():
            held[place.path] = {
                "definitions": _told_definitions(place.definitions),
                "entries": sorted(
                    [
                        one.kind,
                        list(one.path),
                        one.body.hex(),
                        [body.hex() for body in one.versions],
                        repr(sorted(one.fields.items())),
                    ]
                    for one in place.entries.values()
                ),
            }
        return held

    def _add(self, place: FakeList, entry: FakeEntry) -> int:
        with self.lock:
            number, place.next_id = place.next_id, place.next_id + 1
            # Like a server: whatever comes in gets a unique id of its own, whatever it had before.
            entry.key = hashlib.sha256(f"{place.id}/{number}{self.name}".encode()).hexdigest()[:8]
            place.entries[number] = entry
            entry.born = self._touch(place, entry)
            return number

    def _touch(self, place: FakeList, entry: FakeEntry) -> int:
        with self.lock:
            entry.changed_at = place.touched_at = next(self._numbers)
            return entry.changed_at


def _told_definitions(definitions: Mapping[tuple[str, str], Json]) -> Json:
    return {f"{class_}/{name}": value for (class_, name), value in sorted(definitions.items())}


def item_of(place: FakeList, number: int) -> Item:
    """Tell of a list item as its listing does."""
    entry = place.entries[number]
    return Item(
        id=f"{place.id}/{number}",
        change_key=f"{entry.key},{entry.changed_at}",
        kind=entry.kind,
        name=entry.path[-1],
        when=MADE,
        size=len(entry.body),
        facts={"search_key": entry.key},
        state={
            "path": list(entry.path),
            "fields": {
                **entry.fields,
                "Modified": (MADE + timedelta(minutes=entry.changed_at)).isoformat(),
            },
            "content": f"{entry.key}.{entry.body_at}",
        },
    )


class FakeSiteSource:
    """The site as a source. Counts its calls, and the bytes that it gave of each part."""

    way = "rest"

    def __init__(self, site: FakeSite) -> None:
        self.site = site
        self.pacing = EvenPacing()
        self.calls: Counter[str] = Counter()
        self.given: Counter[tuple[str, str]] = Counter()

    def _call(self, name: str) -> None:
        self.calls[name] += 1
        self.site.on_call(name)

    def hierarchy(self, known: Hierarchy | None) -> Hierarchy:
        self._call("hierarchy")
        folders = [Folder(id="web", path=(), kind="web")]
        folders += [Folder(id="web/structure", path=("_web",), kind="structure")]
        for place in sorted(self.site.lists.values(), key=lambda one: one.path):
            folders.append(Folder(id=place.id, path=place.path, kind=place.kind))
            folders.append(
                Folder(id=f"{place.id}/structure", path=(*place.path, "_list"), kind="structure")
            )
        return Hierarchy(folders=tuple(folders), cursor="1")

    def standings(self, folders: Sequence[Folder]) -> Mapping[str, Standing]:
        self._call("standings")
        found = {folder.id: self._standing(folder) for folder in folders}
        return {id_: standing for id_, standing in found.items() if standing is not None}

    def _standing(self, folder: Folder) -> Standing | None:
        if folder.kind == "web":
            return Standing(count=0, mark="web", is_settled=True)
        place = self.site.lists.get(folder.id.partition("/")[0])
        if place is None and not folder.id.startswith("web/"):
            return None
        touched_at = place.touched_at if place else self.site.touched_at
        count = len(self._definitions(folder)) if folder.kind == "structure" else 0
        if place is not None and folder.kind != "structure":
            count = len(place.entries)
        return Standing(count=count, mark=f"{touched_at}", is_settled=True)

    def _definitions(self, folder: Folder) -> Mapping[tuple[str, str], Json]:
        place = self.site.lists.get(folder.id.partition("/")[0])
        return place.definitions if place else self.site.definitions

    def changes(self, folder: Folder, cursor: str | None) -> Iterator[ChangePage]:
        since = 0
        if cursor is not None:
            generation, _, number = cursor.partition(":")
            since = int(number)
            if int(generation) != self.site.generation:
                raise CursorExpired("The change token is too old.")
        if folder.kind in {"web", "structure"}:
            self._call("changes")
            yield self._structure(folder, since)
            return
        while True:
            self._call("changes")
            page = self._page(folder, since)
            yield page
            if page.is_last:
                return
            since = int(page.cursor.partition(":")[2])

    def _structure(self, folder: Folder, since: int) -> ChangePage:
        """Tell of all that is there: what did not change costs nothing all the same."""
        owner = folder.id.partition("/")[0]
        definitions = {} if folder.kind == "web" else self._definitions(folder)
        changes = tuple(
            Changed(
                item=Item(
                    id=f"{owner}/{class_}/{name}",
                    change_key=hashlib.sha256(orjson.dumps(value)).hexdigest()[:16],
                    kind=class_,
                    name=name,
                    when=MADE,
                    facts={"search_key": f"{class_}/{name}"},
                )
            )
            for (class_, name), value in definitions.items()
        )
        return ChangePage(changes=changes, cursor=f"{self.site.generation}:{since}", is_last=True)

    def _page(self, folder: Folder, since: int) -> ChangePage:
        site = self.site
        with site.lock:
            place = site.lists.get(folder.id)
            if place is None:
                raise ItemError("The list is gone.", code="-2130575322")
            told: list[tuple[int, Change]] = [
                (one.changed_at, Changed(item=item_of(place, number)))
                for number, one in place.entries.items()
                if one.changed_at > since
            ]
            told += [
                (removed_at, Removed(item_id=f"{place.id}/{number}"))
                for number, (born, removed_at) in place.removed.items()
                if born <= since < removed_at
            ]
        told.sort(key=lambda pair: pair[0])
        page = told[: site.page_items]
        number = page[-1][0] if page else since
        return ChangePage(
            changes=tuple(change for _, change in page),
            cursor=f"{site.generation}:{number}",
            is_last=len(told) <= site.page_items,
        )

    def fetch(self, items: Sequence[Item], keep: Callable[[Content | Missed], None]) -> None:
        self._call("fetch")
        for item in items:
            keep(self._fetched(item))

    def _fetched(self, item: Item) -> Content | Missed:
        owner, _, rest = item.id.partition("/")
        if item.id in self.site.failing:
            return Missed(item_id=item.id, fate="failed", code="423", why="It is locked.")
        if "/" in rest:
            place = self.site.lists.get(owner)
            class_, _, name = rest.partition("/")
            value = (place.definitions if place else self.site.definitions)[class_, name]
            part = Part(name="definition", suffix=".json", content=orjson.dumps(value))
            return Content(item_id=item.id, way=self.way, parts=(part,))
        with self.site.lock:
            entry = (
                self.site.lists[owner].entries.get(int(rest)) if owner in self.site.lists else None
            )
            if entry is None:
                return Missed(item_id=item.id, fate="gone", code="404", why="It is gone.")
            return Content(item_id=item.id, way=self.way, parts=tuple(self._parts(item, entry)))

    def _parts(self, item: Item, entry: FakeEntry) -> Iterator[Part]:
        """Give a file and its versions, and none of what is kept already."""
        if entry.kind != "file":
            return
        kept = item.kept
        names = kept.parts if kept else ()
        is_same = kept is not None and kept.state.get("content") == item.state["content"]
        if (is_same and "file" in names) or item.id in self.site.lying:
            yield Part(name="file", suffix="", content=SAME)
        else:
            yield self._part(item, "file", "", entry.body)
        for number, body in enumerate(entry.versions, 1):
            name, suffix = f"version-{number}", f".v{number}.0.bin"
            if name in names:
                yield Part(name=name, suffix=suffix, content=SAME)
            else:
                yield self._part(item, name, suffix, body)

    def _part(self, item: Item, name: str, suffix: str, body: bytes) -> Part:
        self.given[item.id, name] += 1
        content = body if len(body) % 2 else iter([body[:3], body[3:]])
        return Part(name=name, suffix=suffix, content=content)

    def settings(self) -> Mapping[str, Json]:
        self._call("settings")
        return {}
