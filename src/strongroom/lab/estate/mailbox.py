"""One tree of folders with an identity: a primary mailbox, an archive, or the public folders."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from strongroom.clock import Clock
from strongroom.lab.estate.folder import TYPE_GENERIC, TYPE_ROOT, Folder
from strongroom.lab.estate.item import StoredItem
from strongroom.lab.estate.refusals import (
    FolderExists,
    ItemTooLarge,
    NotAllowed,
    QuotaExceeded,
)
from strongroom.lab.estate.settings import Settings
from strongroom.lab.estate.standard_folders import StandardFolder

# PidTagLastActiveParentEntryId: which folder a deleted item was deleted from.
LAST_PARENT = 0x348A0102


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who a new mailbox is; its attributes are explained at `Mailbox`."""

    guid: uuid.UUID
    database_guid: uuid.UUID
    address: str
    name: str
    role: str = "user"


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderEvent:
    """A folder that went to another place in the tree, or for good.

    Attributes:
        change: Change number.
        counter: Which folder.
        created: Change number at which the folder was made.
        above: Counters of the folders above it before that, from its parent to the root.
        entry_id, change_key: Of the folder at that moment.
    """

    change: int
    counter: int
    created: int
    above: tuple[int, ...]
    entry_id: bytes
    change_key: bytes


class Mailbox:
    """A tree of folders. Every method may be called from many threads.

    Attributes:
        guid: Known by this for ever; an address may be reused, a guid never.
        database_guid: Of the database it lies in.
        address, name: How people know it now.
        role: ``user``, ``shared``, ``room``, ``equipment`` or ``disabled``.
        archive: Its archive, a mailbox of its own with the same address, or None.
        is_archive, is_public: What sort of tree it is.
        full_access: Addresses that may do everything in it.
        quota_bytes, item_bytes_max: Limits, or None.
        is_on_hold: What is deleted for good goes to Purges instead.
        settings: Rules and so on.
        bytes_used: Sizes of all items together.
    """

    def __init__(
        self,
        identity: Identity,
        *,
        clock: Clock,
        lock: threading.RLock,
        folders: Sequence[StandardFolder],
        is_archive: bool = False,
        is_public: bool = False,
    ) -> None:
        self.guid = identity.guid
        self.database_guid = identity.database_guid
        self.address = identity.address
        self.name = identity.name
        self.role = identity.role
        self.clock = clock
        self.lock = lock
        self.is_archive = is_archive
        self.is_public = is_public
        self.archive: Mailbox | None = None
        self.full_access: set[str] = set()
        self.quota_bytes: int | None = None
        self.item_bytes_max: int | None = None
        self.is_on_hold = False
        self.settings = Settings()
        self.bytes_used = 0
        self.folder_events: list[FolderEvent] = []
        self._last_change = 0
        self._last_counter = 0
        self._folders: dict[int, Folder] = {}
        self._items: dict[int, StoredItem] = {}
        self._identities: dict[int, StoredItem] = {}
        self._roles: dict[str, Folder] = {}
        self.root = Folder(
            self,
            None,
            counter=self.next_counter(),
            change=self.next_change(),
            name="",
            kind="",
            role="publicfoldersroot" if is_public else "root",
            folder_type=TYPE_ROOT,
        )
        self._register(self.root)
        self._make(self.root, folders)

    def __repr__(self) -> str:
        return f"<Mailbox {self.address}{' (archive)' if self.is_archive else ''}>"

    @property
    def last_change(self) -> int:
        """The newest change number given out."""
        return self._last_change

    @property
    def folders(self) -> list[Folder]:
        """All folders, the root included, in the order they were made."""
        return list(self._folders.values())

    @property
    def items(self) -> list[StoredItem]:
        """All items of all folders."""
        return list(self._items.values())

    def folder_by_role(self, role: str) -> Folder:
        """Find a known folder (``inbox``, ``msgfolderroot``, ``recoverableitemsdeletions`` …).

        Raises:
            KeyError: this mailbox has none.
        """
        return self._roles[role]

    def find_folder_by_role(self, role: str) -> Folder | None:
        """Find a known folder, or None."""
        return self._roles.get(role)

    def folder_by_counter(self, counter: int) -> Folder | None:
        """Find a folder by its number in the entry id."""
        return self._folders.get(counter)

    def item_by_counter(self, counter: int) -> StoredItem | None:
        """Find an item by its number in the entry id."""
        return self._items.get(counter)

    def item_by_identity(self, identity: int) -> StoredItem | None:
        """Find an item by its number that moving does not change."""
        return self._identities.get(identity)

    def add_folder(
        self,
        parent: Folder,
        name: str,
        kind: str = "IPF.Note",
        role: str | None = None,
        *,
        folder_type: int = TYPE_GENERIC,
        is_hidden: bool = False,
    ) -> Folder:
        """Make a folder.

        Args:
            parent: Where; ``folder_by_role("msgfolderroot")`` is what people see as the top.
            name: Display name, any text.
            kind: Container class (``IPF.Note``, ``IPF.Appointment``, ``IPF.Contact`` …).
            role: The known folder it is to be, if any.
            folder_type: ``TYPE_SEARCH`` for a search folder.
            is_hidden: Not shown to people.

        Raises:
            FolderExists: the parent has a folder of that name.
        """
        with self.lock:
            self._check_name(parent, name)
            folder = Folder(
                self,
                parent,
                counter=self.next_counter(),
                change=self.next_change(),
                name=name,
                kind=kind,
                role=role,
                folder_type=folder_type,
            )
            folder.is_hidden = is_hidden
            folder.permissions = list(parent.permissions)
            parent.children.append(folder)
            self._register(folder)
            return folder

    def change_folder(self, folder: Folder, *, name: str | None = None) -> None:
        """Note that a folder's own properties changed, and rename it if a name is given.

        Raises:
            FolderExists: a neighbour has that name.
            NotAllowed: known folders keep their names.
        """
        with self.lock:
            if name is not None and name != folder.name:
                if folder.role is not None or folder.parent is None:
                    raise NotAllowed("A known folder cannot be renamed.")
                self._check_name(folder.parent, name, but=folder)
                folder.name = name
            folder.changed = self.next_change()

    def move_folder(self, folder: Folder, parent: Folder) -> None:
        """Hang a folder below another one of the same mailbox; its id stays.

        Raises:
            FolderExists: there is one of its name.
            NotAllowed: it is a known folder, or would lie below itself.
        """
        with self.lock:
            if folder.role is not None or folder.parent is None or parent.mailbox is not self:
                raise NotAllowed("A known folder cannot be moved.")
            if parent is folder or parent.is_below(folder):
                raise NotAllowed("A folder cannot be moved below itself.")
            if parent is folder.parent:
                return
            self._check_name(parent, folder.name)
            folder.changed = self.next_change()
            # What lies below moves too: whoever follows another part of the tree gains or loses it.
            for one in (folder, *folder.descendants()):
                self._note(one, change=folder.changed, above=_above(one))
            folder.parent.children.remove(folder)
            folder.parent = parent
            parent.children.append(folder)

    def delete_folder(self, folder: Folder) -> None:
        """Delete a folder with all that is in it, for good.

        Raises:
            NotAllowed: it, or one below it, is a known folder.
        """
        with self.lock:
            doomed = [folder, *folder.descendants()]
            if any(one.role is not None or one.parent is None for one in doomed):
                raise NotAllowed("A known folder cannot be deleted.")
            for one in reversed(doomed):
                for item in one.items:
                    one.remove_item(item)
                self._remove(one)

    def move_item(self, item: StoredItem, to: Folder) -> StoredItem:
        """Put an item into another folder, of this mailbox or another; it gets a new id there."""
        with self.lock:
            stays = item.folder.mailbox is to.mailbox
            moved = self._copy(item, to, identity=item.identity if stays else None)
            item.folder.remove_item(item)
            return moved

    def copy_item(self, item: StoredItem, to: Folder) -> StoredItem:
        """Put a copy of an item into a folder; its search key stays the same."""
        with self.lock:
            return self._copy(item, to, identity=None)

    def soft_delete_item(self, item: StoredItem) -> StoredItem | None:
        """Put an item where its owner can still recover it; gone if the tree has no such place."""
        return self._bury(item, "recoverableitemsdeletions")

    def hard_delete_item(self, item: StoredItem) -> StoredItem | None:
        """Delete an item for good; on hold it goes where only the administrator sees it."""
        return self._bury(item, "recoverableitemspurges" if self.is_on_hold else "")

    def register(self, item: StoredItem) -> None:
        """Note an item that came in (the folder calls this)."""
        self._items[item.counter] = item
        self._identities[item.identity] = item
        self.bytes_used += item.size

    def unregister(self, item: StoredItem) -> None:
        """Forget an item that left (the folder calls this)."""
        del self._items[item.counter]
        if self._identities.get(item.identity) is item:
            del self._identities[item.identity]
        self.bytes_used -= item.size

    def check_room_for(self, size: int, *, instead_of: int = 0) -> None:
        """Refuse what is too large for the limits.

        Args:
            size: Of what comes, in bytes.
            instead_of: Size of what goes for it.

        Raises:
            ItemTooLarge, QuotaExceeded: as they say.
        """
        if self.item_bytes_max is not None and size > self.item_bytes_max:
            raise ItemTooLarge(f"{size} bytes are more than {self.item_bytes_max}.")
        if self.quota_bytes is not None and self.bytes_used + size - instead_of > self.quota_bytes:
            raise QuotaExceeded(f"The quota is {self.quota_bytes} bytes.")

    def next_change(self) -> int:
        """Give out the next change number."""
        self._last_change += 1
        return self._last_change

    def next_counter(self) -> int:
        """Give out the next number for a folder or an item."""
        self._last_counter += 1
        return self._last_counter

    def new_search_key(self) -> bytes:
        """Make a search key, 16 bytes, that no other item has."""
        return uuid.uuid5(self.guid, f"search key {self._last_counter}").bytes

    @staticmethod
    def _copy(item: StoredItem, to: Folder, *, identity: int | None) -> StoredItem:
        return to.place(
            item.source,
            dict(item.kept),
            mime=item.mime,
            is_associated=item.is_associated,
            identity=identity,
        )

    def _bury(self, item: StoredItem, role: str) -> StoredItem | None:
        with self.lock:
            grave = self.find_folder_by_role(role)
            if grave is None or item.is_associated or item.folder is grave:
                item.folder.remove_item(item)
                return None
            parent = item.folder.entry_id
            buried = self.move_item(item, grave)
            buried.kept[LAST_PARENT] = parent
            return buried

    def _make(self, parent: Folder, folders: Sequence[StandardFolder]) -> None:
        for wanted in folders:
            made = self.add_folder(
                parent, wanted.name, wanted.kind, wanted.role, is_hidden=wanted.is_hidden
            )
            self._make(made, wanted.below)

    def _register(self, folder: Folder) -> None:
        self._folders[folder.counter] = folder
        if folder.role is not None:
            self._roles[folder.role] = folder

    def _remove(self, folder: Folder) -> None:
        assert folder.parent is not None
        folder.changed = self.next_change()
        self._note(folder, change=folder.changed, above=_above(folder))
        folder.parent.children.remove(folder)
        del self._folders[folder.counter]

    def _note(self, folder: Folder, *, change: int, above: tuple[int, ...]) -> None:
        event = FolderEvent(
            change=change,
            counter=folder.counter,
            created=folder.created,
            above=above,
            entry_id=folder.entry_id,
            change_key=folder.change_key,
        )
        self.folder_events.append(event)

    def _check_name(self, parent: Folder, name: str, *, but: Folder | None = None) -> None:
        existing = parent.child(name)
        if existing is not None and existing is not but:
            raise FolderExists(existing)


def _above(folder: Folder) -> tuple[int, ...]:
    counters = []
    parent = folder.parent
    while parent is not None:
        counters.append(parent.counter)
        parent = parent.parent
    return tuple(counters)
