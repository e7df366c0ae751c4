"""Taking items from one list of a collection into another."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from strongroom.lab.sharepoint.content import content_types
from strongroom.lab.sharepoint.content.change_log import ChangeType
from strongroom.lab.sharepoint.content.items import ListItem
from strongroom.lab.sharepoint.content.list_files import FileWriting
from strongroom.lab.sharepoint.content.refusals import NotAllowed

if TYPE_CHECKING:
    from strongroom.lab.sharepoint.content.lists import SpList  # which every list is in the end


class Moving(FileWriting):
    """What can be done between two lists. Hold ``collection.lock``."""

    def move_to(
        self,
        item: ListItem,
        other: Moving,
        *,
        by: int,
        folder: ListItem | None = None,
        name: str = "",
    ) -> ListItem:
        """Move a file or folder into another library of the collection.

        It gets another number there, and keeps its unique id, its versions and its times.

        Raises:
            AlreadyExists: the name is taken there.
        """
        self.collection.begin()
        if other is self:
            self.move_item(item, by=by, folder=folder, name=name)
            return item
        self.check_writable(item, by)
        new_name = name or item.leaf_name
        other.check_name_is_free(new_name, folder)
        self.note_tree(ChangeType.MOVE_AWAY, item, by=by)
        inner = [item, *item.below()]
        self.detach(item)
        for one in inner:
            other.take_over(one)
        item.parent, item.leaf_name = folder, new_name
        other.attach(item)
        other.note_tree(ChangeType.MOVE_INTO, item, by=by)
        return item

    def take_over(self, item: ListItem) -> None:
        """Make an item of another list one of this list: values of unknown columns are lost."""
        item.parent_list = cast("SpList", self)
        item.id, self.next_id = self.next_id, self.next_id + 1
        item.values = {key: one for key, one in item.values.items() if key in self.fields}
        wanted = content_types.FOLDER if item.is_folder else ""
        item.content_type_id = self._type_id(wanted)

    def copy_to(
        self,
        item: ListItem,
        other: Moving,
        *,
        by: int,
        folder: ListItem | None = None,
        name: str = "",
        overwrite: bool = False,
    ) -> ListItem:
        """Copy a file with the values that the other library has columns for; no versions."""
        if item.file is None:
            raise NotAllowed("This is not a file.")
        values = {key: one for key, one in item.values.items() if key in other.fields}
        return other.upload(
            name or item.leaf_name,
            item.file.content,
            by=by,
            folder=folder,
            overwrite=overwrite,
            values=values,
        )
