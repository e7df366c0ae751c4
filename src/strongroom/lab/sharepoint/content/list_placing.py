"""How an item comes into a list, is checked, and leaves it: what every writer of items needs."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import Enum, auto
from typing import TYPE_CHECKING, cast

from strongroom.lab.sharepoint.content import content_types, formulas, item_values, versioning
from strongroom.lab.sharepoint.content.change_log import ChangeType
from strongroom.lab.sharepoint.content.items import APPROVED, PENDING, ListItem
from strongroom.lab.sharepoint.content.list_core import ListCore
from strongroom.lab.sharepoint.content.refusals import (
    AlreadyExists,
    FileLocked,
    NotAllowed,
    NotCheckedOut,
    ValueRefused,
)
from strongroom.lab.sharepoint.content.values import Stamp, Value, Values

if TYPE_CHECKING:
    from strongroom.lab.sharepoint.content.lists import SpList  # which every list is in the end


class How(Enum):
    """How an item is changed.

    NORMAL makes a version and says who and when. SYSTEM makes none and leaves both as they are
    (``SystemUpdate``). OVERWRITE makes none, and says who and when (``UpdateOverwriteVersion``).
    """

    NORMAL = auto()
    SYSTEM = auto()
    OVERWRITE = auto()


class ItemPlacing(ListCore):
    """What holds for every item, whoever writes it. Hold ``collection.lock``."""

    def check_writable(self, item: ListItem, by: int) -> None:
        """Say whether a user may change an item just now.

        Raises:
            FileLocked: somebody else has the file checked out, or open in a program that locks.
            NotCheckedOut: the library wants files checked out first.
            NotAllowed: it is a record.
        """
        if item.is_record:
            raise NotAllowed("This item cannot be updated because it is locked as read-only.")
        if item.file is None:
            return
        out = item.file.check_out
        holder = out.user_id if out is not None else item.file.lock_user_id
        if holder not in {0, by}:
            raise FileLocked(item.path, self.collection.principals.by_id(holder).title)
        if out is None and self.settings.needs_check_out:
            raise NotCheckedOut(f'The file "{item.path}" is not checked out.')

    def check_name_is_free(self, name: str, folder: ListItem | None) -> None:
        """Say whether a file or folder may be called so.

        Raises:
            AlreadyExists: another is.
            ValueRefused: nobody may.
        """
        traits = self.collection.traits
        is_odd = not name or name != name.strip() or set(name) & traits.forbidden
        if is_odd or len(name) > traits.name_max:
            raise ValueRefused("FileLeafRef", f"The file or folder name {name!r} is not valid.")
        above = folder.path if folder is not None else self.root_path
        if len(above) + 1 + len(name) > traits.path_max:
            raise ValueRefused("FileLeafRef", "The specified file or folder name is too long.")
        if name.casefold() in self.children_of(folder):
            raise AlreadyExists(f"A file or folder with the name {name} already exists.")

    def detach(self, item: ListItem) -> None:
        """Take an item and all in it out of the list, without a word in the log."""
        self.children_of(item.parent).pop(item.leaf_name.casefold(), None)
        for one in (item, *item.below()):
            self.items.pop(one.id, None)
            self.by_unique_id.pop(one.unique_id, None)
            self.collection.used_bytes -= _weight(one)
        self.last_deleted = self.collection.now()

    def attach(self, item: ListItem) -> None:
        """Put an item and all in it into the list, without a word in the log."""
        self.children_of(item.parent)[item.leaf_name.casefold()] = item
        last, is_in_order = next(reversed(self.items), 0), True
        for one in (item, *item.below()):
            is_in_order, last = is_in_order and one.id > last, one.id
            self.items[one.id] = one
            self.by_unique_id[one.unique_id] = one
            self.collection.used_bytes += _weight(one)
        if not is_in_order:
            # Something came back: whoever pages by number must meet it in its place.
            self.items = dict(sorted(self.items.items()))

    def changed(self, item: ListItem, kept: Values) -> None:  # noqa: ARG002 - libraries look at it
        """Count that something of an item changed; libraries write values into Office files."""
        item.hidden_version += 1
        if item.file is not None:
            item.file.revision += 1
        self.last_modified = max(self.last_modified, item.modified)

    def _put_new(
        self,
        name: str,
        by: int,
        folder: ListItem | None,
        values: Values,
        content_type_id: str,
        stamp: Stamp,
        checks_form: bool,  # noqa: FBT001 - see above
        *,
        is_folder: bool = False,
    ) -> ListItem:
        now = self.collection.now()
        kept = {**self._defaults(by, now), **item_values.taken(self, values)}
        if not is_folder:
            self._check_item(kept, checks_form=checks_form)
            self._check_unique(kept, None)
        number = self.next_id
        self.next_id += 1
        made = ListItem(
            parent_list=cast("SpList", self),
            id=number,
            unique_id=self.collection.new_guid(),
            leaf_name=name or f"{number}_.000",
            created=stamp.created or now,
            modified=stamp.modified or now,
            author_id=stamp.author_id or by,
            editor_id=stamp.editor_id or by,
            content_type_id=self._type_id(content_type_id),
            parent=folder,
            children={} if is_folder else None,
            values=kept,
            ui_version=versioning.first(self.settings),
        )
        if self.settings.has_moderation:
            made.moderation_status = APPROVED if is_folder else PENDING
        self.attach(made)
        self.last_modified = max(self.last_modified, made.modified)
        self.note_item(ChangeType.ADD, made, by=by)
        return made

    def _type_id(self, wanted: str) -> str:
        """Give the list's own content type for one that was named, or the first."""
        known = list(self.content_types)
        if wanted in self.content_types:
            return wanted
        fitting = [one for one in known if wanted and one.startswith(wanted)]
        plain = [one for one in known if not one.startswith(content_types.FOLDER)]
        return (fitting or plain or [wanted or content_types.ITEM])[0]

    def _stamp(self, item: ListItem, by: int, now: datetime, how: How, stamp: Stamp) -> None:
        if how is not How.SYSTEM:
            item.modified, item.editor_id = now, by
        item.created, item.author_id = (
            stamp.created or item.created,
            stamp.author_id or item.author_id,
        )
        item.modified, item.editor_id = (
            stamp.modified or item.modified,
            stamp.editor_id or item.editor_id,
        )

    def _defaults(self, by: int, now: datetime) -> dict[str, Value]:
        found: dict[str, Value] = {}
        for name, column in self.fields.items():
            if column.inner_xml and (text := column.default) is not None:
                found[name] = _default(column.type, text, by, now)
        return found

    def _check_item(self, values: Values, *, checks_form: bool) -> None:
        if checks_form:
            item_values.check_form(self, values)
        formula = self.settings.validation_formula
        if formula and self._is_valid(formula, values) is False:
            why = self.settings.validation_message or "The item does not fulfil the validation."
            raise ValueRefused("", why)

    def _is_valid(self, formula: str, values: Values) -> Value:
        """Work the list's validation out; None: it is beyond the few formulas that we know."""
        by_title = {one.title: values.get(name) for name, one in self.fields.items()}
        try:
            return formulas.evaluate(formula, by_title.get)
        except formulas.NotAFormula:
            return None

    def _check_unique(self, values: Values, item: ListItem | None) -> None:
        for name, value in values.items():
            if value is not None and self.fields[name].is_set("EnforceUniqueValues"):
                for one in self.items.values():
                    if one is not item and one.values.get(name) == value:
                        raise ValueRefused(name, "The value already exists in the list.")


def _weight(item: ListItem) -> int:
    hanging = sum(len(one.content) for one in item.attachments.values())
    older = sum(one.size for one in item.history)
    return hanging + older + (len(item.file.content) if item.file else 0)


def _default(kind: str, text: str, by: int, now: datetime) -> Value:
    match kind:
        case "Boolean":
            return text == "1"
        case "MultiChoice":
            return tuple(one for one in text.split(";#") if one)
        case "Number" | "Currency" | "DateTime":
            return _reckoned(kind, text, now)
        case "User":
            return by
    return text


def _reckoned(kind: str, text: str, now: datetime) -> Value:
    """Read a number or a date; None: it is none that we understand."""
    if kind == "DateTime" and text.startswith("["):
        return now
    try:
        if kind != "DateTime":
            return float(text)
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
