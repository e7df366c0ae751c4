"""Writing the files of a library: upload, check-out, publishing, moving elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from strongroom.lab.sharepoint.content import item_values, office, versioning
from strongroom.lab.sharepoint.content.change_log import ChangeType
from strongroom.lab.sharepoint.content.items import (
    APPROVED,
    DRAFT,
    MAJOR,
    PENDING,
    CheckOut,
    ListItem,
    StoredFile,
)
from strongroom.lab.sharepoint.content.list_parts import PartWriting
from strongroom.lab.sharepoint.content.list_placing import How
from strongroom.lab.sharepoint.content.refusals import (
    FileBlocked,
    FileLocked,
    FileTooLarge,
    NotAllowed,
    NotCheckedOut,
)
from strongroom.lab.sharepoint.content.values import Stamp, Value, Values

MINOR_CHECK_IN, MAJOR_CHECK_IN, OVERWRITE_CHECK_IN = 0, 1, 2
_NO_STAMP = Stamp()


class FileWriting(PartWriting):
    """What can be done with files. Hold ``collection.lock``."""

    def upload(
        self,
        name: str,
        content: bytes,
        *,
        by: int,
        folder: ListItem | None = None,
        overwrite: bool = False,
        values: Values | None = None,
        content_type_id: str = "",
        stamp: Stamp = _NO_STAMP,
    ) -> ListItem:
        """Put a file into the library; of an Office file the properties are taken over.

        Args:
            name: With its suffix.
            content: All of it.
            by: The user's number.
            folder: Where; None: in the root folder.
            overwrite: A file of that name gets the content as a new version.
            values: Of columns.
            content_type_id: By default the library's first one.
            stamp: What a privileged writer says of author and times.

        Raises:
            AlreadyExists: there is a file of that name, and it is not to be overwritten.
            FileLocked, NotCheckedOut: it cannot be overwritten just now.
            QuotaExceeded: the collection is full.
            FileTooLarge, FileBlocked: this server takes no such file.
        """
        now = self._begin_content(content)
        there = self.children_of(folder).get(name.casefold())
        if there is not None and overwrite and there.file is not None:
            self.save_content(there, content, by=by, values=values, stamp=stamp)
            return there
        self.check_name_is_free(name, folder)
        if name.rpartition(".")[2].casefold() in self.collection.traits.blocked:
            raise FileBlocked(f"The following file has been blocked by the administrator: {name}")
        given = {**self._promoted(content), **(values or {})}
        made = self._put_new(name, by, folder, given, content_type_id, stamp, checks_form=False)
        made.file = StoredFile(content=content)
        made.ui_version = 1 if self.settings.has_minor_versions else MAJOR
        if self.settings.has_moderation:
            made.moderation_status = DRAFT if self.settings.has_minor_versions else PENDING
        if self.settings.needs_check_out:
            made.file.check_out = CheckOut(user_id=by, since=now, is_new=True)
        self._write_properties(made)
        self.collection.used_bytes += len(made.file.content)
        return made

    def save_content(
        self,
        item: ListItem,
        content: bytes,
        *,
        by: int,
        values: Values | None = None,
        stamp: Stamp = _NO_STAMP,
        how: How = How.NORMAL,
    ) -> None:
        """Give a file another content; checked out: only whoever has it out sees that.

        Raises:
            FileLocked, NotCheckedOut: not just now.
        """
        now = self._begin_content(content)
        self.check_writable(item, by)
        file = _file(item)
        kept = {**self._promoted(content), **item_values.taken(self, values or {})}
        if file.check_out is not None:
            file.check_out.content = content
            file.check_out.values.update(kept)
            file.revision += 1
            self.note_item(ChangeType.UPDATE, item, by=by)
            return
        if how is How.NORMAL:
            versioning.begin_version(item)
        item.values.update(kept)
        self._replace(item, content)
        self._stamp(item, by, now, how, stamp)
        self.changed(item, {})
        self.note_item(ChangeType.UPDATE, item, by=by)

    def check_out(self, item: ListItem, *, by: int, kind: Literal[0, 1] = 0) -> None:
        """Take a file out.

        Raises:
            FileLocked: somebody has it out.
        """
        now = self.collection.begin()
        file = _file(item)
        holder = file.check_out.user_id if file.check_out else file.lock_user_id
        if file.check_out is not None or holder not in {0, by}:
            raise FileLocked(item.path, self.collection.principals.by_id(holder).title)
        file.check_out = CheckOut(user_id=by, since=now, kind=kind)
        item.hidden_version += 1
        self.note_item(ChangeType.UPDATE, item, by=by)

    def check_in(
        self,
        item: ListItem,
        *,
        by: int,
        comment: str = "",
        kind: int = MAJOR_CHECK_IN,
        stamp: Stamp = _NO_STAMP,
    ) -> None:
        """Put a file back: the working copy becomes a version.

        Args:
            item: Which.
            by: Who.
            comment: Of the version.
            kind: 0 a draft, 1 a major version, 2 over the version that is there.
            stamp: What a privileged writer says of author and times.

        Raises:
            NotCheckedOut: it is not out.
            FileLocked: somebody else has it out.
        """
        now = self.collection.begin()
        out = self._held(item, by)
        file = _file(item)
        file.check_out = None
        if not out.is_new and kind != OVERWRITE_CHECK_IN:
            versioning.begin_version(item)
        if kind == MAJOR_CHECK_IN and item.ui_version % MAJOR:
            item.ui_version = versioning.next_major(item.ui_version)
            item.moderation_status = PENDING if self.settings.has_moderation else APPROVED
        item.values.update(out.values)
        item.comment = comment
        if out.content is not None:
            self._replace(item, out.content)
        self._stamp(item, by, now, How.NORMAL, stamp)
        self.changed(item, {})
        self.note_item(ChangeType.UPDATE, item, by=by)

    def undo_check_out(self, item: ListItem, *, by: int, is_forced: bool = False) -> None:
        """Drop the working copy; a file that was never checked in is gone with it.

        Args:
            item: Which.
            by: Who.
            is_forced: An administrator takes it from whoever has it.

        Raises:
            NotCheckedOut: it is not out.
            FileLocked: somebody else has it out.
        """
        self.collection.begin()
        out = _file(item).check_out if is_forced else self._held(item, by)
        if out is None:
            raise NotCheckedOut(f'The file "{item.path}" is not checked out.')
        _file(item).check_out = None
        if out.is_new:
            self.delete_item(item, by=by)
            return
        item.hidden_version += 1
        self.note_item(ChangeType.UPDATE, item, by=by)

    def publish(self, item: ListItem, *, by: int, comment: str = "") -> None:
        """Make the draft a major version; where approval is needed it waits for that.

        Raises:
            NotAllowed: there are no drafts here.
            FileLocked: somebody has it out.
        """
        self.collection.begin()
        if not self.settings.has_minor_versions:
            raise NotAllowed("You can only publish in a library with minor versions.")
        if _file(item).check_out is not None:
            raise FileLocked(item.path, self._holder_name(item))
        item.comment = comment
        if self.settings.has_moderation:
            item.moderation_status = PENDING
        elif item.ui_version % MAJOR:
            versioning.keep(item)
            item.ui_version = versioning.next_major(item.ui_version)
            item.moderation_status = APPROVED
            versioning.trim(item)
        self.changed(item, {})
        self.note_item(ChangeType.UPDATE, item, by=by)

    def unpublish(self, item: ListItem, *, by: int, comment: str = "") -> None:
        """Make the published version a draft again."""
        self.collection.begin()
        versioning.keep(item)
        item.ui_version += 1
        item.comment = comment
        if self.settings.has_moderation:
            item.moderation_status = DRAFT
        self.changed(item, {})
        self.note_item(ChangeType.UPDATE, item, by=by)

    def approve(self, item: ListItem, *, by: int, comment: str = "") -> None:
        """Approve what waits: a draft becomes a major version by it.

        Raises:
            NotAllowed: the library has no approval.
        """
        self.set_moderation(item, APPROVED, by=by, comment=comment)
        if item.file is not None and item.ui_version % MAJOR:
            versioning.keep(item)
            item.ui_version = versioning.next_major(item.ui_version)
            versioning.trim(item)

    def changed(self, item: ListItem, kept: Values) -> None:
        """Count that something changed; values that an Office file carries are written into it."""
        super().changed(item, kept)
        if item.file is not None and kept:
            before = len(item.file.content)
            self._write_properties(item)
            self.collection.used_bytes += len(item.file.content) - before

    def _begin_content(self, content: bytes) -> datetime:
        if len(content) > self.collection.traits.file_bytes_max:
            raise FileTooLarge("The file is larger than the maximum supported file size.")
        return self.collection.begin(len(content))

    def _promoted(self, content: bytes) -> dict[str, Value]:
        """Read the values that an Office file brings along."""
        if self.settings.is_parser_disabled:
            return {}
        found = office.promoted(content)
        return {key: value for key, value in found.items() if key in self.fields}

    def _write_properties(self, item: ListItem) -> None:
        """Rewrite an Office file with the item's values, as SharePoint does on every upload."""
        file = _file(item)
        if self.settings.is_parser_disabled:
            return
        file.content = office.demoted(
            file.content, self._document_values(item), content_type_id=item.content_type_id
        )

    def _document_values(self, item: ListItem) -> Mapping[str, Value]:
        return {
            name: value
            for name, value in item.values.items()
            if value is not None and (name == "Title" or not self.fields[name].is_from_base_type)
        }

    def _replace(self, item: ListItem, content: bytes) -> None:
        file = _file(item)
        before = len(file.content)
        file.content = content
        file.content_revision += 1
        self._write_properties(item)
        self.collection.used_bytes += len(file.content) - before

    def _held(self, item: ListItem, by: int) -> CheckOut:
        out = _file(item).check_out
        if out is None:
            raise NotCheckedOut(f'The file "{item.path}" is not checked out.')
        if out.user_id != by:
            raise FileLocked(item.path, self._holder_name(item))
        return out

    def _holder_name(self, item: ListItem) -> str:
        out = _file(item).check_out
        return self.collection.principals.by_id(out.user_id).title if out else ""


def _file(item: ListItem) -> StoredFile:
    if item.file is None:
        raise NotAllowed("This is not a file.")
    return item.file
