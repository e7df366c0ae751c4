"""One folder: its items in the order they came, its history, its rights."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from strongroom.content import tags
from strongroom.content.message import FileTime, Message, Properties, PropertyKey, Value
from strongroom.lab.estate import entry_ids
from strongroom.lab.estate.item import STORE_OWNED, StoredItem
from strongroom.lab.estate.journal import Journal, Removal
from strongroom.lab.estate.source import ContentSource, Overlay, WholeMessage
from strongroom.lab.estate.words import Permission

if TYPE_CHECKING:
    from strongroom.lab.estate.mailbox import Mailbox

TYPE_ROOT = 0
TYPE_GENERIC = 1
TYPE_SEARCH = 2


class Folder:
    """A place in a mailbox. Every method may be called from many threads.

    Attributes:
        mailbox: Whose it is.
        parent: None for the root.
        counter: Its number in the mailbox, part of its entry id; stays when it moves.
        name: What people call it.
        kind: Container class (``IPF.Note``), or an empty string.
        role: Name of the known folder it is (``inbox``), or None.
        folder_type: ``TYPE_ROOT``, ``TYPE_GENERIC`` or ``TYPE_SEARCH``.
        is_hidden: Not shown to people (PidTagAttributeHidden).
        extra: Properties that clients set on it.
        permissions: Rights of others; its owner needs none.
        created, changed: Change numbers.
        content_count, associated_count, unread_count, bytes_used: Of the items in it now.
        deleted_count: How many items ever left it (PidTagDeletedCountTotal).
        last_commit: When anything in it last changed: aware, UTC (PidTagLocalCommitTimeMax).
    """

    def __init__(
        self,
        mailbox: Mailbox,
        parent: Folder | None,
        *,
        counter: int,
        change: int,
        name: str,
        kind: str,
        role: str | None = None,
        folder_type: int = TYPE_GENERIC,
    ) -> None:
        self.mailbox = mailbox
        self.parent = parent
        self.counter = counter
        self.name = name
        self.kind = kind
        self.role = role
        self.folder_type = folder_type
        self.is_hidden = False
        self.extra: Properties = {}
        self.permissions: list[Permission] = []
        self.children: list[Folder] = []
        self.created = self.changed = change
        self.deleted_count = 0
        self.content_count = 0
        self.associated_count = 0
        self.unread_count = 0
        self.bytes_used = 0
        self.last_commit: datetime = mailbox.clock.now()
        self.journal = Journal()
        self._by_arrival: dict[int, StoredItem] = {}
        self._arrivals: list[int] = []

    def __repr__(self) -> str:
        return f"<Folder {'/'.join(self.path)!r} of {self.mailbox.address}>"

    @property
    def path(self) -> tuple[str, ...]:
        """Names from below the root of the tree down to this folder."""
        return (*self.parent.path, self.name) if self.parent else ()

    @property
    def entry_id(self) -> bytes:
        """Folder entry id, 46 bytes."""
        mailbox = self.mailbox
        return entry_ids.folder_entry_id(
            mailbox.guid, mailbox.database_guid, self.counter, is_public=mailbox.is_public
        )

    @property
    def change_key(self) -> bytes:
        """PidTagChangeKey, 22 bytes."""
        return entry_ids.source_key(self.mailbox.database_guid, self.changed)

    @property
    def items(self) -> list[StoredItem]:
        """All items, hidden ones included, oldest arrival first."""
        return [self._by_arrival[arrived] for arrived in self._arrivals]

    @property
    def newest_change(self) -> int:
        """Change number of the last thing that happened to the items, or 0."""
        return max(self._arrivals[-1] if self._arrivals else 0, self.journal.newest)

    def items_arrived_before(self, arrived: int) -> Iterator[StoredItem]:
        """Give the items that came before change number ``arrived``, newest arrival first."""
        for index in range(bisect_left(self._arrivals, arrived) - 1, -1, -1):
            yield self._by_arrival[self._arrivals[index]]

    def items_arrived_since(self, change: int) -> list[int]:
        """Say by their change numbers which items that are here arrived after ``change``."""
        return self._arrivals[bisect_right(self._arrivals, change) :]

    def item_arrived_at(self, arrived: int) -> StoredItem | None:
        """Give the item that came with that change number, if it is still here."""
        return self._by_arrival.get(arrived)

    def child(self, name: str) -> Folder | None:
        """Find a folder directly below; names do not differ by case."""
        wanted = name.casefold()
        return next((one for one in self.children if one.name.casefold() == wanted), None)

    def descendants(self) -> Iterator[Folder]:
        """Give all folders below, parents before children."""
        for child in self.children:
            yield child
            yield from child.descendants()

    def is_below(self, other: Folder) -> bool:
        """Say whether this folder lies somewhere below the other."""
        above = self.parent
        while above is not None and above is not other:
            above = above.parent
        return above is other

    def add_item(
        self,
        content: Message | ContentSource,
        *,
        mime: bytes | None = None,
        is_associated: bool = False,
    ) -> StoredItem:
        """Put a new item in; the next sync tells it.

        What an item must have and this one lacks (search key, creation time, message flags, class)
        is added. A message that lacks flags counts as received and unread.

        Args:
            content: The message, or a source that makes it when it is wanted (``LazyMessage``).
            mime: The bytes it came as; GetItem then answers these.
            is_associated: Hidden item.

        Raises:
            QuotaExceeded: the mailbox would grow over its quota.
            ItemTooLarge: the mailbox takes no item of that size.
        """
        source = WholeMessage(content) if isinstance(content, Message) else content
        kept = self._needed(source)
        return self.place(source, kept, mime=mime, is_associated=is_associated)

    def place(
        self,
        source: ContentSource,
        kept: Overlay,
        *,
        mime: bytes | None,
        is_associated: bool,
        identity: int | None = None,
    ) -> StoredItem:
        """Put content in as a new item with just the ``kept`` properties laid over it.

        Only an item that comes from elsewhere in the mailbox brings its ``identity`` along.
        """
        mailbox = self.mailbox
        with mailbox.lock:
            mailbox.check_room_for(source.size)
            change = mailbox.next_change()
            item = StoredItem(
                self,
                counter=mailbox.next_counter(),
                change=change,
                source=source,
                kept=kept,
                mime=mime,
                is_associated=is_associated,
                identity=identity,
            )
            self._by_arrival[change] = item
            self._arrivals.append(change)
            self._count(item, +1)
            mailbox.register(item)
            self.last_commit = mailbox.clock.now()
            return item

    def remove_item(self, item: StoredItem) -> None:
        """Take an item out for good; the next sync tells it."""
        mailbox = self.mailbox
        with mailbox.lock:
            del self._by_arrival[item.arrived]
            del self._arrivals[bisect_left(self._arrivals, item.arrived)]
            self._count(item, -1)
            mailbox.unregister(item)
            removal = Removal(
                mailbox.next_change(),
                item.arrived,
                item.entry_id,
                item.change_key,
                item.is_associated,
                item.item_class,
                item.identity,
            )
            self.journal.note_removal(removal)
            self.deleted_count += 1
            self.last_commit = mailbox.clock.now()

    def change_item(
        self,
        item: StoredItem,
        *,
        source: ContentSource | None = None,
        changes: Mapping[PropertyKey, Value | None] | None = None,
    ) -> None:
        """Give an item new content, or set properties of it (None removes one), or both.

        The MIME it came as no longer tells the truth after that, so it is forgotten.

        Raises:
            QuotaExceeded: the mailbox would grow over its quota.
            ItemTooLarge: the mailbox takes no item of that size.
        """
        mailbox = self.mailbox
        with mailbox.lock:
            if source is not None and source.size > item.size:
                mailbox.check_room_for(source.size, instead_of=item.size)
            self._count(item, -1)
            mailbox.bytes_used -= item.size
            if source is not None:
                item.source = source
                item.kept = self._needed(source, search_key=item.get(tags.PidTagSearchKey))
            wanted = {k: v for k, v in (changes or {}).items() if k not in STORE_OWNED}
            now = FileTime.from_datetime(mailbox.clock.now())
            item.kept = {**item.kept, **wanted, tags.PidTagLastModificationTime: now}
            item.mime = None
            item.changed = mailbox.next_change()
            mailbox.bytes_used += item.size
            self._count(item, +1)
            self.journal.note_change(item.changed, item.arrived)
            self.last_commit = mailbox.clock.now()

    def mark_read(self, item: StoredItem, *, is_read: bool) -> bool:
        """Set the read flag alone; say whether that changed anything."""
        mailbox = self.mailbox
        with mailbox.lock:
            if item.is_read == is_read:
                return False
            self._count(item, -1)
            item.kept = {**item.kept, tags.PidTagMessageFlags: item.flags ^ tags.FLAG_READ}
            self._count(item, +1)
            item.read_changed = mailbox.next_change()
            self.journal.note_change(item.read_changed, item.arrived)
            self.last_commit = mailbox.clock.now()
            return True

    def _needed(self, source: ContentSource, *, search_key: Value | None = None) -> Overlay:
        """Say which properties the server must lay over content that comes in."""
        now = FileTime.from_datetime(self.mailbox.clock.now())
        headline = source.headline
        kept: Overlay = {tags.PidTagLastModificationTime: now}
        if tags.PidTagSearchKey not in headline:
            kept[tags.PidTagSearchKey] = search_key or self.mailbox.new_search_key()
        if tags.PidTagCreationTime not in headline:
            kept[tags.PidTagCreationTime] = now
        if tags.PidTagMessageFlags not in headline:
            kept[tags.PidTagMessageFlags] = 0
        if tags.PidTagMessageClass not in headline:
            kept[tags.PidTagMessageClass] = "IPM.Note"
        return kept

    def _count(self, item: StoredItem, step: int) -> None:
        self.bytes_used += step * item.size
        if item.is_associated:
            self.associated_count += step
            return
        self.content_count += step
        if not item.is_read:
            self.unread_count += step
