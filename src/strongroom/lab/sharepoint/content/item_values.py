"""Reading any column of an item, those of the system too; and taking values from a writer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from strongroom.lab.sharepoint.content import formulas, templates
from strongroom.lab.sharepoint.content.fields import Field
from strongroom.lab.sharepoint.content.items import APPROVED, DRAFT, MAJOR, ListItem
from strongroom.lab.sharepoint.content.refusals import NotFound, ValueRefused
from strongroom.lab.sharepoint.content.values import TermValue, UrlValue, Value, Values

if TYPE_CHECKING:
    from strongroom.lab.sharepoint.content.list_core import ListCore

_SCALARS: dict[str, tuple[type, ...]] = {
    "Text": (str,),
    "Note": (str,),
    "Choice": (str,),
    "Guid": (str,),
    "Image": (str,),
    "Number": (int, float),
    "Currency": (int, float),
    "Integer": (int,),
    "Boolean": (bool,),
    "DateTime": (datetime,),
    "Lookup": (int,),
    "User": (int,),
    "URL": (UrlValue,),
    "TaxonomyFieldType": (TermValue,),
    "Geolocation": (str,),
    "WorkflowStatus": (str,),
}
_MULTI: dict[str, type] = {
    "MultiChoice": str,
    "LookupMulti": int,
    "UserMulti": int,
    "TaxonomyFieldTypeMulti": TermValue,
}
_TEXT_MAX = 255


def value_of(item: ListItem, name: str) -> Value:
    """Give what a column holds, computed ones and the system's own too; None: nothing."""
    system = _SYSTEM.get(name)
    if system is not None:
        return system(item)
    column = item.parent_list.fields.get(name)
    if column is not None and column.type == "Calculated":
        return _calculated(item, column)
    if column is not None and column.lookup_list and "FieldRef" in column.attributes:
        return _shown(item, column)
    return item.values.get(name)


def lookup_text(of: ListCore, column: Field, number: int) -> str | None:
    """Give what a lookup shows for an item of the other list; None: it is not there any more."""
    other = of.web.collection.find_list(column.lookup_list)
    found = other.items.get(number) if other is not None else None
    if found is None:
        return None
    shown = value_of(found, column.lookup_field)
    return "" if shown is None else str(shown)


def taken(of: ListCore, values: Values) -> dict[str, Value]:
    """Check what somebody writes, and give it as it is kept.

    Raises:
        ValueRefused: there is no such column, nobody may write it, or the value does not fit.
    """
    kept: dict[str, Value] = {}
    for name, value in values.items():
        column = of.fields.get(name)
        if column is None:
            raise ValueRefused(name, f"Column '{name}' does not exist.")
        kept[name] = _checked(of, column, value)
        note = of.note_of(column)
        if note is not None:
            kept[note.name] = _noted(kept[name])
    return kept


def check_form(of: ListCore, values: Values) -> None:
    """Check what only a form checks: required columns and the choices of a choice column.

    Raises:
        ValueRefused: one is empty or none of the choices.
    """
    for name, column in of.fields.items():
        if column.is_required and not column.is_hidden and values.get(name) in (None, "", ()):
            raise ValueRefused(name, "You can't leave this blank.")
        value = values.get(name)
        is_closed = column.type == "Choice" and not column.is_set("FillInChoice")
        if is_closed and value and value not in column.choices:
            raise ValueRefused(name, "The choice is not one of the list's.")


def _checked(of: ListCore, column: Field, value: Value) -> Value:
    if column.type == "Calculated" or (column.is_read_only and not column.is_set("CanBeSet")):
        raise ValueRefused(column.name, f"Column '{column.name}' is read-only.")
    if value in (None, (), ""):
        return None
    if column.type in _MULTI:
        return _several(of, column, value)
    wanted = _SCALARS.get(column.type)
    if wanted is None:
        raise ValueRefused(column.name, f"Column '{column.name}' cannot be written.")
    if not isinstance(value, wanted) or (isinstance(value, bool) and bool not in wanted):
        raise ValueRefused(column.name, f"Invalid value for column '{column.name}'.")
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(microsecond=0)
    if column.type == "Text" and isinstance(value, str) and len(value) > _TEXT_MAX:
        raise ValueRefused(column.name, "Invalid text value: more than 255 characters.")
    if isinstance(value, int) and column.type in {"Lookup", "User"}:
        _check_there(of, column, value)
    return _known_term(of, column, value) if isinstance(value, TermValue) else value


def _several(of: ListCore, column: Field, value: Value) -> Value:
    kind = _MULTI[column.type]
    if not isinstance(value, tuple) or not all(isinstance(one, kind) for one in value):
        raise ValueRefused(column.name, f"Invalid value for column '{column.name}'.")
    for one in value:
        if isinstance(one, int):
            _check_there(of, column, one)
    if column.type == "TaxonomyFieldTypeMulti":
        terms = (one for one in value if isinstance(one, TermValue))
        return tuple(_known_term(of, column, one) for one in terms)
    return value


def _noted(value: Value) -> str | None:
    """Write terms as the hidden note beside their column keeps them."""
    terms = value if isinstance(value, tuple) else (value,)
    found = [f"{one.label}|{one.guid}" for one in terms if isinstance(one, TermValue)]
    return ";".join(found) or None


def _known_term(of: ListCore, column: Field, value: TermValue) -> TermValue:
    """Give a term with the label it has now, and its number in this collection."""
    root = of.web.collection.root
    try:
        term = of.web.collection.terms.term(value.guid)
    except NotFound:
        raise ValueRefused(column.name, f"The term {value.label!r} does not exist.") from None
    return TermValue(label=term.label, guid=term.id, wss_id=templates.wss_id(root, term))


def _check_there(of: ListCore, column: Field, number: int) -> None:
    collection = of.web.collection
    if column.type in {"User", "UserMulti"}:
        principals = collection.principals
        is_there = number in principals.users or number in principals.groups
    else:
        other = collection.find_list(column.lookup_list)
        is_there = other is not None and number in other.items
    if not is_there:
        raise ValueRefused(column.name, f"'{number}' is no value of column '{column.name}'.")


def _calculated(item: ListItem, column: Field) -> Value:
    try:
        return formulas.evaluate(column.formula, lambda title: _by_title(item, title))
    except formulas.NotAFormula:
        return "#NAME?"


def _shown(item: ListItem, column: Field) -> Value:
    """Give what a further column of a lookup shows."""
    through = column.attributes["FieldRef"].strip("{}").casefold()
    first = next((o for o in item.parent_list.fields.values() if o.id == through), None)
    number = item.values.get(first.name) if first is not None else None
    if not isinstance(number, int):
        return None
    return lookup_text(item.parent_list, column, number)


def _by_title(item: ListItem, title: str) -> Value:
    for one in item.parent_list.fields.values():
        if title in {one.title, one.name}:
            return value_of(item, one.name)
    raise formulas.NotAFormula(title)


def _check_out_user(item: ListItem) -> int | None:
    out = item.file.check_out if item.file else None
    return out.user_id if out else None


def _type_name(item: ListItem) -> str:
    known = item.parent_list.content_types.get(item.content_type_id)
    return known.name if known else ""


def _moderation(item: ListItem) -> int:
    """Give the approval: a minor version is a draft, whether its list approves or not."""
    is_minor = item.file is not None and item.ui_version % MAJOR != 0
    return DRAFT if is_minor and item.moderation_status == APPROVED else item.moderation_status


_SYSTEM: dict[str, Callable[[ListItem], Value]] = {
    "ID": lambda item: item.id,
    "Title": lambda item: item.values.get("Title"),
    "Created": lambda item: item.created,
    "Modified": lambda item: item.modified,
    "Author": lambda item: item.author_id,
    "Editor": lambda item: item.editor_id,
    "ContentTypeId": lambda item: item.content_type_id,
    "ContentType": _type_name,
    "GUID": lambda item: item.guid or item.unique_id,
    "UniqueId": lambda item: item.unique_id,
    "FileRef": lambda item: item.path,
    "FileLeafRef": lambda item: item.leaf_name,
    "FileDirRef": lambda item: item.folder_path,
    "FSObjType": lambda item: 1 if item.is_folder else 0,
    "File_x0020_Size": lambda item: len(item.file.content) if item.file else None,
    "File_x0020_Type": lambda item: item.leaf_name.rpartition(".")[2] if item.file else None,
    "Attachments": lambda item: bool(item.attachments),
    "owshiddenversion": lambda item: item.hidden_version,
    "_UIVersion": lambda item: item.ui_version,
    "_UIVersionString": lambda item: item.label,
    "_ModerationStatus": _moderation,
    "_ModerationComments": lambda item: item.moderation_comment or None,
    "_Level": lambda item: item.level,
    "_IsCurrentVersion": lambda _: True,
    "ItemChildCount": lambda item: sum(not o.is_folder for o in (item.children or {}).values()),
    "FolderChildCount": lambda item: sum(o.is_folder for o in (item.children or {}).values()),
    "_CheckinComment": lambda item: item.comment or None,
    "CheckoutUser": _check_out_user,
    "_ComplianceTag": lambda item: item.compliance_tag or None,
    "LinkFilename": lambda item: item.leaf_name,
    "LinkTitle": lambda item: item.title,
    "Order": lambda item: item.id * 100.0,
}
