"""A mailbox in memory, read and written through the same seams as a server's.

It keeps a history like a server does: every change gets the next number, a cursor is such a number,
and asked from a cursor it tells what is different now, not what happened on the way. Faults are
set on it; each call goes through ``on_call``, where a test may count or raise.
"""

from __future__ import annotations

import hashlib
import itertools
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from strongroom.errors import AccessDenied, CursorExpired, ItemError, OutcomeUnknown, TransientError
from strongroom.words.item import (
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
    StateChanged,
)
from strongroom.words.json import Json
from strongroom.words.restoring import (
    Compared,
    Loss,
    Notes,
    Outgoing,
    Phase,
    Plan,
    Replaced,
    Selection,
    Written,
)
from tests.fakes.even_pacing import EvenPacing

EPOCH = datetime(2024, 1, 1, 8, 0, tzinfo=UTC)


@dataclass(slots=True)
class FakeItem:
    """One item on the server; numbers are places in the history."""

    id: str
    subject: str
    when: datetime
    body: bytes
    search_key: str
    state: dict[str, Json]
    kind: str = "IPM.Note"
    is_associated: bool = False
    change_key: str = ""
    born: int = 0
    content_at: int = 0
    state_at: int = 0


@dataclass(slots=True)
class FakeFolder:
    """One folder on the server."""

    id: str
    parent_id: str | None
    name: str
    kind: str = "IPF.Note"
    role: str | None = None
    is_listed_only: bool = False
    items: dict[str, FakeItem] = field(default_factory=dict)
    removed: dict[str, tuple[int, int]] = field(default_factory=dict)
    touched_at: int = 0


class FakeMailbox:
    """The server's side: what people do to the mailbox.

    Attributes:
        page_items: How many changes a page tells.
        large_bytes: Content from this size on comes in pieces.
        on_call: Called with the method's name before each call of a source or target.
        too_large, failing, vanishing, breaking, silent: Ids of items whose fetch ends so; a
            ``breaking`` one breaks once in the middle and is then handed over whole.
        lies: By folder id, what its count is wrong by.
        dead_folders: Ids of folders whose changes cannot be read.
        hidden_folders: Ids of folders that the account may not look at.
        lost_folders: Ids of folders that are listed, and gone when they are looked at.
    """

    def __init__(self) -> None:
        self.folders: dict[str, FakeFolder] = {}
        self.page_items = 7
        self.large_bytes = 100_000
        self.gives_marks = True
        self.gives_counts = True
        self.is_settled = True
        self.on_call: Callable[[str], None] = lambda _: None
        self.too_large: set[str] = set()
        self.failing: set[str] = set()
        self.vanishing: set[str] = set()
        self.breaking: set[str] = set()
        self.silent: set[str] = set()
        self.lies: Counter[str] = Counter()
        self.dead_folders: set[str] = set()
        self.hidden_folders: set[str] = set()
        self.lost_folders: set[str] = set()
        self.settings: dict[str, Json] = {"rules": []}
        self.generation = 1
        self._numbers = itertools.count(1)
        self._last = 0
        self.lock = threading.RLock()
        self.root = self.add_folder("", None)

    def add_folder(
        self, name: str, parent: str | None = "folder-1", *, role: str | None = None
    ) -> str:
        """Make a folder; say its id."""
        number = self._next()
        folder = FakeFolder(id=f"folder-{number}", parent_id=parent, name=name, role=role)
        self.folders[folder.id] = folder
        return folder.id

    def rename_folder(self, folder_id: str, name: str) -> None:
        self.folders[folder_id].name = name
        self._next()

    def move_folder(self, folder_id: str, parent: str) -> None:
        self.folders[folder_id].parent_id = parent
        self._next()

    def delete_folder(self, folder_id: str) -> None:
        for child in [one.id for one in self.folders.values() if one.parent_id == folder_id]:
            self.delete_folder(child)
        del self.folders[folder_id]
        self._next()

    def add_item(
        self,
        folder_id: str,
        subject: str,
        body: bytes = b"",
        *,
        when: datetime | None = None,
        search_key: str | None = None,
        state: Mapping[str, Json] | None = None,
        is_associated: bool = False,
    ) -> str:
        """Put an item into a folder; say its id."""
        with self.lock:
            number = self._touch(folder_id)
            item = FakeItem(
                id=f"item-{number}",
                subject=subject,
                when=when or EPOCH + timedelta(hours=7 * number),
                body=body or f"{subject}: what item {number} says".encode(),
                search_key=search_key or hashlib.sha256(f"{number}".encode()).hexdigest()[:32],
                state=dict(state or {"is_read": False}),
                is_associated=is_associated,
                change_key=f"key-{number}",
                born=number,
                content_at=number,
            )
            self.folders[folder_id].items[item.id] = item
            return item.id

    def edit_item(self, item_id: str, body: bytes, subject: str | None = None) -> None:
        folder, item = self.find(item_id)
        item.content_at = self._touch(folder.id)
        item.change_key = f"key-{item.content_at}"
        item.body = body
        item.subject = item.subject if subject is None else subject

    def set_state(self, item_id: str, **state: Json) -> None:
        folder, item = self.find(item_id)
        item.state_at = self._touch(folder.id)
        item.change_key = f"key-{item.state_at}"
        item.state.update(state)

    def delete_item(self, item_id: str) -> FakeItem:
        folder, item = self.find(item_id)
        number = self._touch(folder.id)
        folder.removed[item_id] = (item.born, number)
        return folder.items.pop(item_id)

    def move_item(self, item_id: str, folder_id: str) -> str:
        """Move an item: like Exchange, it gets a new id and keeps its search key."""
        item = self.delete_item(item_id)
        return self.add_item(
            folder_id,
            item.subject,
            item.body,
            when=item.when,
            search_key=item.search_key,
            state=item.state,
            is_associated=item.is_associated,
        )

    def expire_cursors(self) -> None:
        self.generation += 1

    def find(self, item_id: str) -> tuple[FakeFolder, FakeItem]:
        for folder in self.folders.values():
            if item_id in folder.items:
                return folder, folder.items[item_id]
        raise KeyError(item_id)

    def path(self, folder_id: str) -> tuple[str, ...]:
        folder = self.folders[folder_id]
        if folder.parent_id is None:
            return ()
        return (*self.path(folder.parent_id), folder.name)

    def contents(self) -> dict[tuple[str, ...], list[tuple[str, bytes, str]]]:
        """Give everything that matters, to be compared: per path, subjects, bodies and states."""
        return {
            self.path(folder.id): sorted(
                (item.subject, item.body, repr(sorted(item.state.items())))
                for item in folder.items.values()
            )
            for folder in self.folders.values()
            if folder.items
        }

    def _next(self) -> int:
        self._last = next(self._numbers)
        return self._last

    def _touch(self, folder_id: str) -> int:
        number = self._next()
        self.folders[folder_id].touched_at = number
        return number


def _item(item: FakeItem) -> Item:
    return Item(
        id=item.id,
        change_key=item.change_key,
        kind=item.kind,
        name=item.subject,
        when=item.when,
        size=len(item.body),
        is_associated=item.is_associated,
        facts={"search_key": item.search_key},
        state=dict(item.state),
    )


class FakeSource:
    """The mailbox as a source. Counts its calls and what was fetched."""

    way = "export"

    def __init__(self, mailbox: FakeMailbox) -> None:
        self.mailbox = mailbox
        self.pacing = EvenPacing()
        self.calls: Counter[str] = Counter()
        self.fetched: Counter[tuple[str, str]] = Counter()

    def _call(self, name: str) -> None:
        self.calls[name] += 1
        self.mailbox.on_call(name)

    def hierarchy(self, known: Hierarchy | None) -> Hierarchy:
        self._call("hierarchy")
        box = self.mailbox
        folders = sorted(box.folders.values(), key=lambda one: (box.path(one.id), one.id))
        return Hierarchy(
            folders=tuple(
                Folder(
                    id=folder.id,
                    path=box.path(folder.id),
                    kind=folder.kind,
                    role=folder.role,
                    is_listed_only=folder.is_listed_only,
                )
                for folder in folders
            ),
            cursor=f"{len(folders)}",
        )

    def standings(self, folders: Sequence[Folder]) -> Mapping[str, Standing]:
        self._call("standings")
        box = self.mailbox
        return {
            folder.id: self._standing(box.folders[folder.id])
            for folder in folders
            if folder.id in box.folders and folder.id not in box.lost_folders
        }

    def _standing(self, folder: FakeFolder) -> Standing:
        box = self.mailbox
        if folder.id in box.hidden_folders:
            return Standing(count=None, problem="ErrorAccessDenied")
        return Standing(
            count=len(folder.items) + box.lies[folder.id] if box.gives_counts else None,
            mark=f"{folder.touched_at}" if box.gives_marks else "",
            is_settled=box.is_settled,
        )

    def changes(self, folder: Folder, cursor: str | None) -> Iterator[ChangePage]:
        since = 0
        if cursor is not None:
            generation, _, number = cursor.partition(":")
            since = int(number)
            if int(generation) != self.mailbox.generation:
                self._call("changes")
                raise CursorExpired("The server does not know this cursor any more.")
        while True:
            self._call("changes")
            page = self._page(folder, since)
            yield page
            if page.is_last:
                return
            since = int(page.cursor.partition(":")[2])

    def _page(self, folder: Folder, since: int) -> ChangePage:
        box = self.mailbox
        if folder.id in box.dead_folders:
            raise TransientError("The server cannot read this folder now.")
        if folder.id in box.hidden_folders:
            raise AccessDenied("The server does not show this folder.")
        if folder.id in box.lost_folders:
            raise ItemError("The folder is gone.", code="ErrorItemNotFound")
        with box.lock:
            there = box.folders.get(folder.id)
            if there is None:
                raise ItemError("The folder is gone.", code="ErrorItemNotFound")
            told = sorted(_told(there, since), key=lambda pair: pair[0])
            page = told[: box.page_items]
            is_last = len(told) <= box.page_items
            number = page[-1][0] if page else since
        return ChangePage(
            changes=tuple(change for _, change in page),
            cursor=f"{box.generation}:{number}",
            is_last=is_last,
        )

    def fetch(self, items: Sequence[Item], keep: Callable[[Content | Missed], None]) -> None:
        self._call("fetch")
        for item in items:
            self._fetch_one(item, keep)

    def _fetch_one(self, item: Item, keep: Callable[[Content | Missed], None]) -> None:
        box = self.mailbox
        if item.id in box.silent:
            return
        if item.id in box.vanishing:
            with box.lock:
                box.vanishing.discard(item.id)
                box.delete_item(item.id)
        missed = _missed(box, item)
        if missed is not None:
            keep(missed)
            return
        _, there = box.find(item.id)
        if item.id in box.breaking:
            box.breaking.discard(item.id)
            part = Part(name="fts", suffix=".fts", content=_broken(there.body))
            try:
                keep(Content(item_id=item.id, way=self.way, parts=(part,)))
            except TransientError:
                pass
            else:
                raise AssertionError("the break in the middle was swallowed")
        with box.lock:
            self.fetched[item.id, item.change_key] += 1
        body = there.body
        content = body if len(body) < box.large_bytes else _pieces(body)
        part = Part(name="fts", suffix=".fts", content=content)
        keep(Content(item_id=item.id, way=self.way, parts=(part,)))

    def settings(self) -> Mapping[str, Json]:
        self._call("settings")
        return dict(self.mailbox.settings)


def _told(folder: FakeFolder, since: int) -> Iterator[tuple[int, Change]]:
    for item in folder.items.values():
        if item.content_at > since:
            yield item.content_at, Changed(item=_item(item))
        if item.state_at > max(since, item.content_at):
            yield (
                item.state_at,
                StateChanged(item_id=item.id, change_key=item.change_key, state=dict(item.state)),
            )
    for item_id, (born, removed_at) in folder.removed.items():
        if born <= since < removed_at:
            yield removed_at, Removed(item_id=item_id)


def _missed(box: FakeMailbox, item: Item) -> Missed | None:
    if item.id in box.too_large:
        return Missed(item_id=item.id, fate="skipped", code="too-large", why="It is too large.")
    if item.id in box.failing:
        return Missed(item_id=item.id, fate="failed", code="ErrorItemCorrupt", why="It is ill.")
    try:
        box.find(item.id)
    except KeyError:
        return Missed(item_id=item.id, fate="gone", code="ErrorItemNotFound", why="It is gone.")
    return None


def _pieces(body: bytes) -> Iterator[bytes]:
    for at in range(0, len(body), 65_536):
        yield body[at : at + 65_536]


def _broken(body: bytes) -> Iterator[bytes]:
    yield body[: len(body) // 2]
    raise TransientError("The connection broke in the middle.")


class FakeTarget:
    """The mailbox as a target.

    Attributes:
        written: How often each saved item was written, whole.
        loses_answers: So many writes lose their answer after everything was written.
        refuses: Saved ids that the server does not take.
        spoils: Saved ids that come back changed.
    """

    def __init__(self, mailbox: FakeMailbox) -> None:
        self.mailbox = mailbox
        self.pacing = EvenPacing()
        self.calls: Counter[str] = Counter()
        self.written: Counter[str] = Counter()
        self.loses_answers = 0
        self.refuses: set[str] = set()
        self.spoils: set[str] = set()
        self.settled: list[Mapping[str, Json]] = []

    def _call(self, name: str) -> None:
        self.calls[name] += 1
        self.mailbox.on_call(name)

    def begin(self, notes: Notes) -> None:
        """Nothing is noted."""

    def plan(self, selection: Selection) -> Plan:
        self._call("plan")
        ids = tuple(one.id for one in selection.folders if not one.is_listed_only)
        losses = tuple(
            Loss(what="/".join(one.path), why="It is a search folder.")
            for one in selection.folders
            if one.is_listed_only
        )
        return Plan(
            phases=(
                Phase(name="folders", does="create", folder_ids=ids),
                Phase(name="items", does="fill", folder_ids=ids),
            ),
            losses=losses,
            warnings=("Reminders come back.",),
        )

    def folder(self, folder: Folder, parent_id: str | None) -> str:
        self._call("folder")
        box = self.mailbox
        if not folder.path:
            return box.root
        parent = parent_id or box.root
        for one in box.folders.values():
            if one.parent_id == parent and one.name == folder.path[-1]:
                return one.id
        return box.add_folder(folder.path[-1], parent)

    def mark(self, folder_id: str) -> str:
        self._call("mark")
        return f"{self.mailbox.generation}.{self.mailbox.folders[folder_id].touched_at}"

    def arrivals(self, folder_id: str, cursor: str | None) -> Iterator[Item]:
        self._call("arrivals")
        generation, since = map(int, (cursor or f"{self.mailbox.generation}.0").split("."))
        if generation != self.mailbox.generation:
            raise CursorExpired("That is too long ago.")
        for item in list(self.mailbox.folders[folder_id].items.values()):
            if item.content_at > since:
                yield _item(item)

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
        if item.id in self.refuses:
            return Written(item_id=item.id, new_id=None, code="ErrorQuota", why="It is full.")
        box = self.mailbox
        new_id = box.add_item(
            folder_id,
            item.name,
            b"".join(_bytes(part.content) for part in outgoing.content.parts),
            when=item.when,
            search_key=str(item.facts["search_key"]),
            is_associated=item.is_associated,
        )
        if item.state != box.find(new_id)[1].state:
            # A second request, as with a server: who ends here leaves half an item.
            self._call("update")
            box.set_state(new_id, **item.state)
        if outgoing.replaces is not None:
            # Last, as on the MIME way: who ends here leaves the old item beside the new one.
            self._call("replace")
            box.delete_item(outgoing.replaces.id)
        self.written[item.id] += 1
        return Written(item_id=item.id, new_id=new_id)

    def remove(self, replaced: Sequence[Replaced]) -> None:
        self._call("remove")
        for one in replaced:
            if any(one.id in folder.items for folder in self.mailbox.folders.values()):
                self.mailbox.delete_item(one.id)

    def compare(
        self, pairs: Sequence[tuple[Outgoing, str]], told: Callable[[Compared], None]
    ) -> None:
        self._call("compare")
        for outgoing, new_id in pairs:
            _, there = self.mailbox.find(new_id)
            body = b"".join(_bytes(part.content) for part in outgoing.content.parts)
            differences = []
            if body != there.body or outgoing.item.id in self.spoils:
                differences.append("the body is another")
            if dict(outgoing.item.state) != there.state:
                differences.append("the state is another")
            told(Compared(item_id=outgoing.item.id, differences=tuple(differences)))

    def settle(self, settings: Mapping[str, Json]) -> Sequence[str]:
        self._call("settle")
        if not settings:
            return ()
        self.settled.append(settings)
        return ("Rules are switched off.",)


def _bytes(content: bytes | Iterable[bytes]) -> bytes:
    return content if isinstance(content, bytes) else b"".join(content)
