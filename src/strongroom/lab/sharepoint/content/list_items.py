"""Writing the items of a list: rows and folders, whatever they hold."""

from __future__ import annotations

from collections.abc import Callable

from strongroom.lab.sharepoint.content import content_types, item_values, versioning
from strongroom.lab.sharepoint.content.change_log import ChangeType
from strongroom.lab.sharepoint.content.items import ListItem
from strongroom.lab.sharepoint.content.list_placing import How, ItemPlacing
from strongroom.lab.sharepoint.content.recycle_bin import Recycled, RecycledKind
from strongroom.lab.sharepoint.content.refusals import (
    AlreadyExists,
    FileLocked,
    NotAllowed,
    NotFound,
    SaveConflict,
)
from strongroom.lab.sharepoint.content.values import Stamp, Values

_NO_STAMP = Stamp()


class ItemWriting(ItemPlacing):
    """What can be done with any item. Hold ``collection.lock``."""

    def add_item(
        self,
        values: Values | None = None,
        *,
        by: int,
        folder: ListItem | None = None,
        content_type_id: str = "",
        stamp: Stamp = _NO_STAMP,
        checks_form: bool = False,
    ) -> ListItem:
        """Add a row.

        Args:
            values: By internal name; columns that are not named get their default.
            by: The user's number.
            folder: Where; None: in the root folder.
            content_type_id: By default the list's first one.
            stamp: What a privileged writer says of author and times.
            checks_form: Refuse what a form refuses.

        Raises:
            ValueRefused: a value does not fit.
            NotAllowed: this is a library.
        """
        self.collection.begin()
        if self.is_library:
            raise NotAllowed("To add an item to a document library, use SPFileCollection.Add().")
        return self._put_new("", by, folder, values or {}, content_type_id, stamp, checks_form)

    def add_folder(
        self,
        name: str,
        *,
        by: int,
        folder: ListItem | None = None,
        values: Values | None = None,
        content_type_id: str = content_types.FOLDER,
        stamp: Stamp = _NO_STAMP,
    ) -> ListItem:
        """Add a folder.

        Raises:
            AlreadyExists: the name is taken.
        """
        self.collection.begin()
        self.check_name_is_free(name, folder)
        made = self._put_new(
            name,
            by,
            folder,
            values or {},
            content_type_id,
            stamp,
            checks_form=False,
            is_folder=True,
        )
        if not self.is_library:
            made.values.setdefault("Title", name)
        return made

    def update_item(
        self,
        item: ListItem,
        values: Values,
        *,
        by: int,
        how: How = How.NORMAL,
        stamp: Stamp = _NO_STAMP,
        etag: str = "*",
        content_type_id: str = "",
        checks_form: bool = False,
    ) -> None:
        """Change values of an item; of a file that the user has checked out: their working copy.

        Args:
            item: Which.
            values: By internal name.
            by: The user's number.
            how: Whether a version is made, and who and when is said.
            stamp: What a privileged writer says of author and times.
            etag: What the item must be still; ``*``: anything.
            content_type_id: A new one.
            checks_form: Refuse what a form refuses.

        Raises:
            SaveConflict: it is not what the etag says any more.
            FileLocked, NotCheckedOut: see ``check_writable``.
            ValueRefused: a value does not fit.
        """
        now = self.collection.begin()
        if etag not in {"*", item.etag}:
            raise SaveConflict("The request ETag value does not match the object's ETag value.")
        self.check_writable(item, by)
        kept = item_values.taken(self, values)
        self._check_item({**item.values, **kept}, checks_form=checks_form)
        self._check_unique(kept, item)
        out = item.file.check_out if item.file else None
        if out is not None:
            out.values.update(kept)
            item.hidden_version += 1
            self.note_item(ChangeType.UPDATE, item, by=by)
            return
        if how is How.NORMAL:
            versioning.begin_version(item)
        item.values.update(kept)
        if content_type_id:
            item.content_type_id = content_type_id
        self._stamp(item, by, now, how, stamp)
        self.changed(item, kept)
        kind = ChangeType.SYSTEM_UPDATE if how is How.SYSTEM else ChangeType.UPDATE
        self.note_item(kind, item, by=by)

    def delete_item(self, item: ListItem, *, by: int) -> None:
        """Delete an item for good, and everything in it.

        Raises:
            FileLocked: somebody has it checked out.
            NotAllowed: it is a record, or has a label that forbids it.
        """
        self._check_deletable(item, by)
        self.detach(item)
        self.note_tree(ChangeType.DELETE, item, by=by)

    def recycle_item(self, item: ListItem, *, by: int) -> Recycled:
        """Put an item into the recycle bin, and everything in it.

        Raises:
            FileLocked, NotAllowed: as for ``delete_item``.
        """
        self._check_deletable(item, by)
        kind = RecycledKind.FILE if item.file else RecycledKind.LIST_ITEM
        if item.is_folder:
            kind = RecycledKind.FOLDER
        size = sum(len(one.file.content) for one in (item, *item.below()) if one.file)
        self.detach(item)
        self.note_tree(ChangeType.DELETE, item, by=by)
        return self._recycle(item, kind, item.leaf_name, size, by, lambda: self._put_back(item))

    def move_item(
        self, item: ListItem, *, by: int, folder: ListItem | None = None, name: str = ""
    ) -> None:
        """Give an item another name or folder in this list; what lies in a folder comes along.

        The change log tells of the folder, and of what lies in it if ``ChangeLog.tells_below``.

        Raises:
            AlreadyExists: the name is taken.
            NotAllowed: a folder cannot go into itself.
        """
        self.collection.begin()
        self.check_writable(item, by)
        name = name or item.leaf_name
        above = folder
        while above is not None:
            if above is item:
                raise NotAllowed("A folder cannot be moved into itself.")
            above = above.parent
        if self.children_of(folder).get(name.casefold()) is not item:
            self.check_name_is_free(name, folder)
        del self.children_of(item.parent)[item.leaf_name.casefold()]
        item.parent, item.leaf_name = folder, name
        self.children_of(folder)[name.casefold()] = item
        item.hidden_version += 1
        if item.file:
            item.file.revision += 1
        self.note_tree(ChangeType.RENAME, item, by=by)

    def set_moderation(self, item: ListItem, status: int, *, by: int, comment: str = "") -> None:
        """Approve, deny or put back to pending.

        Raises:
            NotAllowed: the list has no approval.
        """
        self.collection.begin()
        if not self.settings.has_moderation:
            raise NotAllowed("Moderation is not enabled for this list.")
        item.moderation_status, item.moderation_comment = status, comment
        item.hidden_version += 1
        self.note_item(ChangeType.UPDATE, item, by=by)

    def _check_deletable(self, item: ListItem, by: int) -> None:
        self.collection.begin()
        for one in (item, *item.below()):
            out = one.file.check_out if one.file else None
            if out is not None and out.user_id != by:
                raise FileLocked(one.path, self.collection.principals.by_id(out.user_id).title)
            if one.is_record or one.compliance_tag or self.collection.is_on_hold:
                raise NotAllowed("The item cannot be deleted: a retention label or hold is on it.")

    def _recycle(
        self,
        item: ListItem,
        kind: RecycledKind,
        name: str,
        size: int,
        by: int,
        put_back: Callable[[], None],
    ) -> Recycled:
        entry = Recycled(
            id=self.collection.new_guid(),
            name=name,
            folder=item.folder_path.removeprefix("/"),
            title=item.title or item.leaf_name,
            size=size,
            kind=kind,
            deleted=self.collection.now(),
            deleted_by_id=by,
            author_id=item.author_id,
            web_id=self.web.id,
            put_back=put_back,
        )
        return self.collection.recycle_bin.add(entry)

    def _put_back(self, item: ListItem) -> None:
        if item.parent is not None and item.parent.id not in self.items:
            raise NotFound("The folder that the item was in does not exist any more.")
        if self.web.lists.get(self.id) is not self:
            raise NotFound("The list that the item was in does not exist any more.")
        if item.leaf_name.casefold() in self.children_of(item.parent):
            raise AlreadyExists(f"A file or folder with the name {item.leaf_name} already exists.")
        self.attach(item)
        self.note_tree(ChangeType.RESTORE, item, by=item.editor_id)
