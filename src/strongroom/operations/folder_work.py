"""One folder in a backup: what it held, what the server tells of it, what came of each item.

The sums of the ledger are kept here, by counting and not by adding up what was hoped for: *kept* is
the number of rows that will stand in the snapshot, and what of it was neither saved in this run nor
is a stale version of something that failed, is unchanged.

For the operation's own thread only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from strongroom.operations import rows
from strongroom.operations.layout import Layout, Place, Shard
from strongroom.operations.saved import SavedFolder
from strongroom.operations.sealer import Sealed
from strongroom.operations.shards import FolderItems
from strongroom.operations.whereabouts import Whereabouts
from strongroom.store.blob_reader import BlobReader
from strongroom.store.blobs import StoredFile
from strongroom.words.coverage import FolderCoverage, Shortfall
from strongroom.words.item import (
    Changed,
    ChangePage,
    Folder,
    Item,
    Missed,
    Removed,
    Standing,
    StateChanged,
)

ASK_AT_LEAST = timedelta(days=7)
"""Marks are the server's word; once a week we ask for changes even if they are equal."""

NOT_KEPT = "not-kept"
"""Code of an item whose source called a part the same as the kept one, and none is kept."""

Call = Callable[[Callable[[], Any]], Any]
"""Runs something in the thread that may read and write blobs, and gives its result."""


@dataclass(slots=True, eq=False)
class Wanted:
    """One item whose content is asked for. The same object comes back with the answer.

    Attributes:
        work: Whose it is.
        item: It.
        twin: The id that it is kept under already, if that is another one.
    """

    work: FolderWork
    item: Item
    twin: str = ""


class FolderWork:
    """One folder's part of a backup.

    Args:
        folder: As the server tells it now.
        place: Where it will lie in the snapshot.
        saved: As it lies in the snapshot that we go on from; None: it is new.
        layout: Where items lie.
        reader: Of the repository.
        call: See ``Call``.
        where: Notes of where items lie.
    """

    def __init__(
        self,
        folder: Folder,
        place: Place,
        saved: SavedFolder | None,
        *,
        layout: Layout,
        reader: BlobReader,
        call: Call,
        where: Whereabouts | None = None,
    ) -> None:
        self.folder = folder
        self.place = place
        self.saved_before = saved
        before = saved.cursor if saved else rows.CursorFile()
        self.cursor = before.cursor
        self.kept = before.kept
        self.bytes = before.bytes
        self.failed = {short.row.id: short for short in before.failed}
        self.skipped = {short.row.id: short for short in before.skipped}
        self.items = FolderItems(
            saved.items_tree if saved else None,
            layout,
            reader,
            place=saved.tree if saved else None,
            displaced=before.displaced,
            where=where,
        )
        self.standing = Standing(count=None)
        self.problem = ""
        self.is_doubted = False
        self.doubt = before.doubt
        self.saved_bytes = 0
        self._before = before
        self._mark = (before.mark, before.is_settled, before.synced_at)
        self._layout = layout
        self._call = call
        self._wanted: dict[str, Wanted] = {}
        # Python's own 64-bit hash stands for the id: hundreds of thousands of ids of 150
        # characters would not fit, and two equal hashes among them are one chance in a billion.
        self._saved: set[int] = set()
        self._told: dict[int, Shard] | None = None
        # What was not told any more. Content of it may still be wanted by a twin.
        self._leaving: dict[tuple[Shard, str], None] = {}

    def is_due(self, standing: Standing, now: datetime) -> bool:
        """Say whether the folder must be asked for changes, given how it stands."""
        mark, is_settled, _ = self._mark
        is_same = bool(mark) and mark == standing.mark and is_settled and self.cursor is not None
        return not is_same or self.is_overdue(now)

    def is_overdue(self, now: datetime) -> bool:
        """Say whether it was not asked for a week."""
        synced_at = self._mark[2]
        return synced_at is None or now - synced_at >= ASK_AT_LEAST

    def retries(self, *, with_skipped: bool) -> list[Wanted]:
        """Ask again for what failed in the last run; what was skipped, too, if so wished."""
        owed = [*self.failed.values(), *(self.skipped.values() if with_skipped else ())]
        items = [rows.item_of(short.row, short.state) for short in owed]
        self._load(items)
        return [self._want(item) for item in items]

    def begin(self, standing: Standing, *, anew: bool = False) -> str | None:
        """Begin to ask for changes; say from which cursor.

        Args:
            standing: How the folder stood *before* this.
            anew: List everything again (the cursor expired, the sums did not meet).
        """
        self.standing = standing
        self.problem = ""
        self._mark = ("", False, self._mark[2])
        if anew:
            self.cursor = None
        # What is kept but no longer told must go; unless nothing is kept yet.
        self._told = {} if self.cursor is None and self.kept else None
        return self.cursor

    def take(self, page: ChangePage) -> list[Wanted]:
        """Take in one page of changes; say whose content is needed."""
        items = [change.item for change in page.changes if isinstance(change, Changed)]
        self._load(items)
        where = self._locate(
            change.item_id for change in page.changes if isinstance(change, (Removed, StateChanged))
        )
        wanted: dict[str, Wanted] = {}
        for change in page.changes:
            match change:
                case Changed(item=item):
                    self._take_changed(item, wanted)
                case StateChanged():
                    self._take_state(change, where)
                case Removed(item_id=item_id):
                    wanted.pop(item_id, None)
                    self._take_removed(item_id, where)
        self.cursor = page.cursor
        return list(wanted.values())

    def put_off(self, rest: Sequence[Wanted], cursor: str | None) -> None:
        """Leave the rest of a page to another time: it is told again, and what was kept is known.

        Args:
            rest: What of it nobody has asked for.
            cursor: From where it was told.
        """
        for wanted in rest:
            if self._wanted.get(wanted.item.id) is wanted:
                del self._wanted[wanted.item.id]
        if rest:
            self.cursor = cursor

    def end(self, now: datetime) -> None:
        """All changes were told: remove what was not told anew, and note how the folder stood."""
        if self._told is not None:
            told, self._told = self._told, None
            self._leaving = dict.fromkeys(self._call(lambda: list(self.items.others(told))))
            self._let_go()
            for item_id in [one for one in (*self.failed, *self.skipped) if hash(one) not in told]:
                self._forget(item_id)
        self._mark = (self.standing.mark, self.standing.is_settled, now)

    def keep(self, wanted: Wanted, sealed: Sealed[Wanted]) -> bool:
        """Keep an item whose content is sealed; False if nobody wants it any more, or it failed."""
        item = wanted.item
        if self._wanted.get(item.id) is not wanted:
            return False
        self._load([item])
        parts, unknown = self._stored(wanted, sealed)
        if unknown:
            # A fault of the source, but no reason to lose the item: the next run asks again.
            self.miss(wanted, Missed(item_id=item.id, fate="failed", code=NOT_KEPT, why=unknown))
            return False
        del self._wanted[item.id]
        bytes_before = self.items.put(item, sealed.way, parts, sealed.notes)
        if bytes_before < 0:
            self.kept += 1
            bytes_before = 0
        self.bytes += sum(file.size for _, _, file in parts) - bytes_before
        self.saved_bytes += sealed.size
        if not (wanted.twin and all(file is None for _, _, file in sealed.parts)):
            self._saved.add(hash(item.id))
        self._forget(item.id)
        self._let_go()
        return True

    def miss(self, wanted: Wanted, missed: Missed) -> bool:
        """Note that an item's content could not be had; False if nobody wants it any more."""
        item = wanted.item
        if self._wanted.get(item.id) is not wanted:
            return False
        del self._wanted[item.id]
        self._forget(item.id)
        self._let_go()
        self._load([item])
        is_kept = self.items.state(item) is not None
        if missed.fate == "gone":
            if is_kept:
                self._remove(self._layout.shard(item), item.id)
            return True
        self._saved.discard(hash(item.id))
        shorts = self.skipped if missed.fate == "skipped" else self.failed
        shorts[item.id] = rows.Short(
            row=rows.row_of(item),
            state=rows.state_of(item),
            code=missed.code,
            why=missed.why,
            is_stale=is_kept,
        )
        return True

    def fail(self, why: str) -> None:
        """The folder as a whole could not be read; what is kept of it stays."""
        self.problem = why
        if self._told is not None:
            # Who was told is forgotten, so a new listing that broke off begins again.
            self._told = self.cursor = None

    def coverage(self, standing: Standing | None) -> FolderCoverage:
        """Write the folder's line of the ledger, given how it stands after everything."""
        stale = sum(
            short.is_stale for shorts in (self.failed, self.skipped) for short in shorts.values()
        )
        line = FolderCoverage(
            path=self.folder.path,
            on_server=0,
            saved=len(self._saved),
            unchanged=self.kept - len(self._saved) - stale,
            skipped=_shortfalls(self.skipped),
            failed=_shortfalls(self.failed),
            problem=self.problem,
        )
        told = -line.missing
        if self.folder.is_listed_only:
            return replace(line, on_server=told, note="search folder: listed, not copied")
        if standing is None:
            note = "deleted on the server while it was read"
            return replace(line, on_server=told, note=note, problem="")
        if standing.problem:
            return replace(line, on_server=told, problem=self.problem or standing.problem)
        after = standing.count
        if after is None:
            return replace(line, on_server=told, note="the server gives no count of its own")
        if after != told == self.standing.count:
            # It never stood still. What we keep is what it was when we began to ask.
            return replace(line, on_server=told, note="it changed again after it was read")
        return replace(line, on_server=after)

    def cursor_file(self) -> rows.CursorFile:
        """Say what will stand in ``cursor.json``; equal to before if nothing happened."""
        mark, is_settled, synced_at = self._mark
        return rows.CursorFile(
            # A new listing that was not finished must begin again: who was told is not kept.
            cursor=None if self._told is not None else self.cursor,
            mark=mark,
            is_settled=is_settled,
            synced_at=synced_at,
            kept=self.kept,
            bytes=self.bytes,
            doubt=self.doubt,
            failed=list(self.failed.values()),
            skipped=list(self.skipped.values()),
            displaced=self.items.displaced,
        )

    def _take_changed(self, item: Item, wanted: dict[str, Wanted]) -> None:
        if self._leaving:
            self._leaving.pop((self._layout.shard(item), item.id), None)
        if self._told is not None:
            self._told[hash(item.id)] = self._layout.shard(item)
        waiting = self._wanted.get(item.id)
        if waiting is not None and waiting.item.change_key == item.change_key:
            return
        kept = self.items.state(item)
        if kept is not None and kept.change_key == item.change_key:
            self._forget(item.id)
            self._wanted.pop(item.id, None)
            return
        wanted[item.id] = self._want(item)

    def _take_state(self, change: StateChanged, where: Mapping[str, Shard]) -> None:
        item_id = change.item_id
        if (waiting := self._wanted.get(item_id)) is not None:
            state = {**waiting.item.state, **change.state}
            waiting.item = replace(waiting.item, change_key=change.change_key, state=state)
        elif (short := self.failed.get(item_id) or self.skipped.get(item_id)) is not None:
            short.state = _merged(short.state, change)
        elif (shard := where.get(item_id)) is not None:
            before = self.items.kept_state(shard, item_id)
            after = _merged(before, change)
            if after != before:
                self.items.set_state(shard, after)
                self._saved.add(hash(item_id))
        else:
            # We were never told of it: something was missed, so list the folder anew.
            self.is_doubted = True

    def _take_removed(self, item_id: str, where: Mapping[str, Shard]) -> None:
        self._wanted.pop(item_id, None)
        self._forget(item_id)
        if self._told is not None:
            self._told.pop(hash(item_id), None)
        if (shard := where.get(item_id)) is not None and self.items.has(shard, item_id):
            self._remove(shard, item_id)

    def _let_go(self) -> None:
        """Remove what was not told any more, once nothing of it is wanted."""
        if not self._leaving or any(wanted.twin for wanted in self._wanted.values()):
            return
        leaving, self._leaving = self._leaving, {}
        for shard, item_id in leaving:
            self._call(partial(self.items.load, [shard]))
            self._remove(shard, item_id)

    def _remove(self, shard: Shard, item_id: str) -> None:
        self.bytes -= self.items.remove(shard, item_id)
        self.kept -= 1
        self._saved.discard(hash(item_id))

    def _forget(self, item_id: str) -> None:
        """Take an item off the lists of those that could not be kept."""
        self.failed.pop(item_id, None)
        self.skipped.pop(item_id, None)

    def _want(self, item: Item) -> Wanted:
        """Ask for an item's content; its day is loaded."""
        kept, twin = self.items.kept(item), ""
        if kept is None and self._told is not None and (found := self.items.twin(item)):
            twin, kept = found
        asked = replace(item, kept=kept)
        wanted = self._wanted[item.id] = Wanted(self, asked, twin)
        return wanted

    def _stored(
        self, wanted: Wanted, sealed: Sealed[Wanted]
    ) -> tuple[list[tuple[str, str, StoredFile]], str]:
        """Put the kept files in where parts are the same; or say which are not kept at all."""
        kept: Mapping[str, StoredFile] = {}
        item = replace(wanted.item, id=wanted.twin) if wanted.twin else wanted.item
        if any(file is None for _, _, file in sealed.parts):
            kept = self._call(lambda: self.items.stored_parts(item))
        found = [(name, suffix, file or kept.get(name)) for name, suffix, file in sealed.parts]
        unknown = ", ".join(name for name, _, file in found if file is None)
        why = f"Said to be the same as what is kept, which is not there: {unknown}."
        parts = [(name, suffix, file) for name, suffix, file in found if file is not None]
        return parts, why if unknown else ""

    def _load(self, items: Iterable[Item]) -> None:
        if shards := self.items.needs(items):
            self._call(lambda: self.items.load(shards))

    def _locate(self, ids: Iterable[str]) -> Mapping[str, Shard]:
        """Find the days of items that were changed or removed, of which only the id is known."""
        sought = set(ids)
        if not sought:
            return {}
        found: Mapping[str, Shard] = self._call(lambda: self.items.find(sought))
        return found


def _merged(state: rows.State, change: StateChanged) -> rows.State:
    return rows.State(
        id=state.id, change_key=change.change_key, state={**state.state, **change.state}
    )


def _shortfalls(shorts: Mapping[str, rows.Short]) -> tuple[Shortfall, ...]:
    return tuple(
        Shortfall(item_id=one.row.id, name=one.row.name, code=one.code, why=one.why)
        for one in shorts.values()
    )
