"""Writing what hangs on an item: its attachments and its older versions."""

from __future__ import annotations

from datetime import datetime

from strongroom.lab.sharepoint.content import versioning
from strongroom.lab.sharepoint.content.change_log import ChangeType
from strongroom.lab.sharepoint.content.items import Attachment, ListItem
from strongroom.lab.sharepoint.content.list_items import ItemWriting
from strongroom.lab.sharepoint.content.list_placing import How
from strongroom.lab.sharepoint.content.recycle_bin import Recycled, RecycledKind
from strongroom.lab.sharepoint.content.refusals import (
    AlreadyExists,
    NotAllowed,
    NotFound,
    ValueRefused,
)
from strongroom.lab.sharepoint.content.values import Stamp

_NO_STAMP = Stamp()


class PartWriting(ItemWriting):
    """What can be done with attachments and versions. Hold ``collection.lock``."""

    def add_attachment(self, item: ListItem, name: str, content: bytes, *, by: int) -> Attachment:
        """Hang a file on an item.

        Raises:
            AlreadyExists: there is one of that name.
            NotAllowed: the list takes none.
            ValueRefused: it cannot be called so.
        """
        now = self.collection.begin(len(content))
        if self.is_library or not self.settings.has_attachments:
            raise NotAllowed("Attachments are not enabled for this list.")
        if not name or set(name) & self.collection.traits.forbidden:
            raise ValueRefused("Attachments", f"The file name {name!r} is not valid.")
        if name.casefold() in item.attachments:
            raise AlreadyExists("The specified name is already in use.")
        made = item.attachments[name.casefold()] = Attachment(name=name, content=content)
        self._attachments_changed(item, by, now)
        return made

    def delete_attachment(self, item: ListItem, name: str, *, by: int) -> None:
        """Take a file off an item.

        Raises:
            NotFound: there is none of that name.
        """
        now = self.collection.begin()
        if item.attachments.pop(name.casefold(), None) is None:
            raise NotFound("The attachment does not exist.")
        self._attachments_changed(item, by, now)

    def recycle_attachment(self, item: ListItem, name: str, *, by: int) -> Recycled:
        """Put an attachment into the recycle bin.

        Raises:
            NotFound: there is none of that name.
        """
        gone = item.attachments.get(name.casefold())
        self.delete_attachment(item, name, by=by)
        assert gone is not None

        def put_back() -> None:
            self.add_attachment(item, gone.name, gone.content, by=by)

        return self._recycle(
            item, RecycledKind.ATTACHMENT, gone.name, len(gone.content), by, put_back
        )

    def recycle_version(self, item: ListItem, version_id: int, *, by: int) -> Recycled:
        """Put one of the older versions into the recycle bin.

        Raises:
            NotFound: there is none of that number.
            NotAllowed: it is the current one.
        """
        gone = next((one for one in item.history if one.id == version_id), None)
        self.delete_version(item, version_id, by=by)
        assert gone is not None

        def put_back() -> None:
            item.history.append(gone)
            item.history.sort(key=lambda one: one.id)
            self.collection.used_bytes += gone.size
            self.note_item(ChangeType.UPDATE, item, by=by)

        kind = RecycledKind.FILE_VERSION if item.file else RecycledKind.LIST_ITEM_VERSION
        name = f"{item.leaf_name} ({gone.label})"
        return self._recycle(item, kind, name, gone.size, by, put_back)

    def delete_version(self, item: ListItem, version_id: int, *, by: int) -> None:
        """Delete one of the older versions; the change log tells it as an update.

        Raises:
            NotFound: there is none of that number.
            NotAllowed: it is the current one.
        """
        self.collection.begin()
        if version_id == item.ui_version:
            raise NotAllowed("You cannot delete the current version.")
        found = next((one for one in item.history if one.id == version_id), None)
        if found is None:
            raise NotFound("The version does not exist.")
        versioning.drop(item, [found])
        self.note_item(ChangeType.UPDATE, item, by=by)

    def restore_version(self, item: ListItem, version_id: int, *, by: int) -> None:
        """Make an older version the current one again, as a new version.

        Raises:
            NotFound: there is none of that number.
        """
        now = self.collection.begin()
        self.check_writable(item, by)
        found = next((one for one in item.history if one.id == version_id), None)
        if found is None:
            raise NotFound("The version does not exist.")
        versioning.begin_version(item)
        item.values = dict(found.values)
        if item.file is not None and found.content is not None:
            item.file.content = found.content
            item.file.content_revision += 1
        self._stamp(item, by, now, How.NORMAL, _NO_STAMP)
        self.changed(item, {})
        self.note_item(ChangeType.UPDATE, item, by=by)

    def _attachments_changed(self, item: ListItem, by: int, now: datetime) -> None:
        item.modified, item.editor_id = now, by
        self.changed(item, {})
        self.note_item(ChangeType.UPDATE, item, by=by)
