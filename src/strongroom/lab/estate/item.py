"""One item of a folder: its content, what the server keeps beside it, and its versions."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from strongroom.content import tags
from strongroom.content.message import FileTime, Message, PropertyKey, Value
from strongroom.lab.estate import entry_ids
from strongroom.lab.estate.source import LARGE_KEYS, ContentSource, Overlay, Version, overlaid

if TYPE_CHECKING:
    from strongroom.lab.estate.folder import Folder

COMPUTED_FLAGS = tags.FLAG_HAS_ATTACHMENT | tags.FLAG_ASSOCIATED

# Properties that the store answers itself; whatever a client or a stream says of them is dropped.
STORE_OWNED: frozenset[PropertyKey] = frozenset(
    {
        tags.PidTagEntryId,
        tags.PidTagParentEntryId,
        tags.PidTagMessageSize,
        tags.PidTagMessageSizeExtended,
        tags.PidTagHasAttachments,
        tags.PidTagSourceKey,
        tags.PidTagParentSourceKey,
        tags.PidTagChangeKey,
        tags.PidTagPredecessorChangeList,
    }
)

# Content may come with such properties (mail that was read from files does); they never leave.
_LEFT_OUT: Overlay = dict.fromkeys(STORE_OWNED)


class StoredItem:
    """An item where it lies now. Moved, it becomes another ``StoredItem`` with another id.

    Only its folder and its mailbox change it; read it while you hold ``estate.lock``.

    Attributes:
        folder: Where it lies.
        counter: Its number in the mailbox, part of its entry id.
        identity: Its number that stays when it moves within the mailbox.
        arrived: Change number at which it came into the folder.
        changed: Change number of the last change of anything but the read flag.
        read_changed: Change number of the last change of the read flag.
        source: Its content as it came.
        kept: Properties that the server set or changed since; None stands for a removed one.
        mime: The MIME it came as, or None.
        is_associated: Hidden from people (folder-associated information).
    """

    __slots__ = (
        "arrived",
        "changed",
        "counter",
        "folder",
        "identity",
        "is_associated",
        "kept",
        "mime",
        "read_changed",
        "source",
    )

    def __init__(
        self,
        folder: Folder,
        *,
        counter: int,
        change: int,
        source: ContentSource,
        kept: Overlay,
        mime: bytes | None,
        is_associated: bool,
        identity: int | None = None,
    ) -> None:
        self.folder = folder
        self.counter = counter
        self.identity = counter if identity is None else identity
        self.arrived = self.changed = self.read_changed = change
        self.source = source
        self.kept = kept
        self.mime = mime
        self.is_associated = is_associated

    def __repr__(self) -> str:
        return f"<StoredItem {self.item_class} {self.subject!r} in {self.folder.path!r}>"

    @property
    def version(self) -> int:
        """Change number of its newest version."""
        return max(self.changed, self.read_changed)

    @property
    def entry_id(self) -> bytes:
        """Message entry id, 70 bytes."""
        mailbox = self.folder.mailbox
        return entry_ids.message_entry_id(
            mailbox.guid,
            mailbox.database_guid,
            self.folder.counter,
            self.counter,
            is_public=mailbox.is_public,
        )

    @property
    def change_key(self) -> bytes:
        """PidTagChangeKey, 22 bytes."""
        return entry_ids.source_key(self.folder.mailbox.database_guid, self.version)

    @property
    def item_class(self) -> str:
        """Message class (``IPM.Note``)."""
        return self.text(tags.PidTagMessageClass) or "IPM.Note"

    @property
    def subject(self) -> str:
        """Subject, or an empty string."""
        return self.text(tags.PidTagSubject)

    @property
    def flags(self) -> int:
        """PidTagMessageFlags as it stands."""
        stored = self._stored(tags.PidTagMessageFlags)
        flags = (stored if isinstance(stored, int) else 0) & ~COMPUTED_FLAGS
        if self.source.has_attachments:
            flags |= tags.FLAG_HAS_ATTACHMENT
        if self.is_associated:
            flags |= tags.FLAG_ASSOCIATED
        return flags

    @property
    def is_read(self) -> bool:
        """Whether somebody has read it."""
        return bool(self.flags & tags.FLAG_READ)

    @property
    def received(self) -> datetime:
        """Delivered, else created: aware, UTC. Every item has one."""
        for key in (tags.PidTagMessageDeliveryTime, tags.PidTagCreationTime):
            value = self._stored(key)
            if isinstance(value, FileTime):
                return value.to_datetime()
        return self.folder.mailbox.clock.now()

    @property
    def size(self) -> int:
        """About how many bytes it takes."""
        return self.source.size

    def get(self, key: PropertyKey) -> Value | None:
        """Give one property as the store answers it, or None."""
        if key in STORE_OWNED:
            return self._owned(key)
        if key == tags.PidTagMessageFlags:
            return self.flags
        return self._stored(key)

    def text(self, key: PropertyKey) -> str:
        """Give one property if it is a string, else an empty string."""
        value = self.get(key)
        return value if isinstance(value, str) else ""

    def message(self) -> Message:
        """Give the whole message as it stands; the caller does not change it."""
        return overlaid(self.source.message(), self._exported())

    def export_pieces(self, version: Version) -> Iterator[bytes]:
        """Give the export stream of the message as it stands."""
        return self.source.export_pieces(self._exported(), version=version)

    def _exported(self) -> Overlay:
        return {**_LEFT_OUT, **self.kept, tags.PidTagMessageFlags: self.flags}

    def _stored(self, key: PropertyKey) -> Value | None:
        if key in self.kept:
            return self.kept[key]
        headline = self.source.headline
        if key in headline:
            return headline[key]
        if key in LARGE_KEYS:
            return self.source.message().properties.get(key)
        return None

    def _owned(self, key: PropertyKey) -> Value:
        database = self.folder.mailbox.database_guid
        change_key = self.change_key
        answers: dict[PropertyKey, Value] = {
            tags.PidTagEntryId: self.entry_id,
            tags.PidTagParentEntryId: self.folder.entry_id,
            tags.PidTagMessageSize: self.size,
            tags.PidTagMessageSizeExtended: self.size,
            tags.PidTagHasAttachments: self.source.has_attachments,
            tags.PidTagSourceKey: entry_ids.source_key(database, self.counter),
            tags.PidTagParentSourceKey: entry_ids.source_key(database, self.folder.counter),
            tags.PidTagChangeKey: change_key,
            tags.PidTagPredecessorChangeList: bytes([len(change_key)]) + change_key,
        }
        return answers[key]
