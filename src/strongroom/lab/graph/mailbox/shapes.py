"""What folders and items of a mailbox look like; the names are those of Graph's own schema."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from strongroom.content import tags
from strongroom.content.message import FileTime, PropertyKey, Value
from strongroom.lab.estate.folder import Folder
from strongroom.lab.estate.item import StoredItem
from strongroom.lab.exchange.shapes import folders as ews_folders
from strongroom.lab.exchange.shapes import times
from strongroom.lab.graph.call import Call
from strongroom.lab.graph.mailbox import extended, ids
from strongroom.lab.graph.mailbox.errors import bad_option
from strongroom.lab.graph.mailbox.extended import MULTI, SINGLE, Wanted
from strongroom.lab.graph.mailbox.options import Options
from strongroom.lab.graph.mailbox.places import Reached, mailbox_id
from strongroom.lab.graph.mailbox.reaching import WELL_KNOWN

Row = dict[str, object]

ITEM_TYPE, FOLDER_TYPE = "#microsoft.graph.mailboxItem", "#microsoft.graph.mailboxFolder"
_ALWAYS = frozenset({"id", "@odata.etag", "@odata.type"})


@dataclass(frozen=True, slots=True)
class FolderView:
    """One folder, as somebody asks about it."""

    call: Call
    reached: Reached
    folder: Folder

    def row(self) -> Row:
        """Give all properties."""
        folder, habits = self.folder, self.call.mail.habits
        row: Row = {
            "id": ids.folder_id(folder),
            "displayName": folder.name,
            "parentFolderId": ids.folder_id(folder.parent or folder),
        }
        if habits.parent_mailbox_urls:
            home = mailbox_id(self.call.mail.home_of(folder), self.reached.tenant_id)
            row["parentMailboxUrl"] = f"{self.call.base}/admin/exchange/mailboxes/{home}"
        row["childFolderCount"] = len(children_of(self.call, folder))
        row["totalItemCount"] = folder.content_count
        if habits.well_known_names:
            is_known = folder.role in WELL_KNOWN and not folder.mailbox.is_archive
            row["wellKnownName"] = folder.role if is_known else None
        row["type"] = folder.kind or "IPF.Note"
        return row

    def property(self, name: str) -> object:
        """Give one property."""
        return self.row()[name]

    def extended(self, wanted: Wanted) -> str | None:
        """Give an extended property of one value as text."""
        return _text(self.call, self.value(wanted.key))

    def value(self, key: PropertyKey) -> Value | None:
        """Give any property."""
        return ews_folders.property_value(self.folder, key)


@dataclass(frozen=True, slots=True)
class ItemView:
    """One item, as somebody asks about it."""

    call: Call
    item: StoredItem

    def row(self) -> Row:
        """Give all properties."""
        item = self.item
        key = ids.item_change_key(item)
        categories = item.get(tags.PidNameKeywords)
        return {
            "@odata.etag": f'W/"{key}"',
            "id": ids.item_id(item, is_immutable=self.call.wants_immutable_ids),
            "createdDateTime": _time(item.get(tags.PidTagCreationTime)),
            "lastModifiedDateTime": _time(item.get(tags.PidTagLastModificationTime)),
            "changeKey": key,
            "categories": list(categories) if isinstance(categories, list) else [],
            "type": item.item_class,
            "size": item.size,
        }

    def property(self, name: str) -> object:
        """Give one property."""
        return self.row()[name]

    def extended(self, wanted: Wanted) -> str | None:
        """Give an extended property of one value as text."""
        return _text(self.call, self.value(wanted.key))

    def value(self, key: PropertyKey) -> Value | None:
        """Give any property."""
        return self.item.get(key)


View = FolderView | ItemView


def shown(view: View, options: Options) -> Row:
    """Give a thing as a client wants to see it.

    Raises:
        GraphError: 400, it has no such property.
    """
    row = selected(view.row(), options.select)
    row |= _expanded(view, options.expand)
    if options.has_children and isinstance(view, FolderView):
        below = children_of(view.call, view.folder)
        row["childFolders"] = [FolderView(view.call, view.reached, one).row() for one in below]
    return row


def selected(row: Row, names: Iterable[str]) -> Row:
    """Keep the properties that are named, and those that are always told.

    Raises:
        GraphError: 400, there is no such property.
    """
    wanted = tuple(names)
    if not wanted:
        return row
    for name in wanted:
        if name not in row:
            raise bad_option(f"Could not find a property named '{name}'.")
    return {name: value for name, value in row.items() if name in wanted or name in _ALWAYS}


def children_of(call: Call, folder: Folder) -> list[Folder]:
    """Give the folders right below one that are shown."""
    return [one for one in folder.children if call.mail.habits.hidden_folders or not one.is_hidden]


def _expanded(view: View, wanted: Iterable[Wanted]) -> Row:
    digits = view.call.mail.habits.time_digits
    found: dict[str, list[Row]] = {}
    for one in wanted:
        value = view.value(one.key)
        if value is not None:
            name = MULTI if one.is_multiple else SINGLE
            found.setdefault(name, []).append(extended.shape(one, value, digits))
    # What nothing has is not told at all, not even as an empty list.
    return dict(found)


def _text(call: Call, value: Value | None) -> str | None:
    if value is None or isinstance(value, list):
        return None
    return extended.written(value, call.mail.habits.time_digits)


def _time(value: Value | None) -> str | None:
    return times.written(value) if isinstance(value, FileTime) else None
