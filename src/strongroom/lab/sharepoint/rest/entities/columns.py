"""What the columns of an item hold, as ``/_api`` tells it.

Lookups and people are told by number (``AuthorId``), and whole only to those who expand them; names
that begin with an underscore get ``OData_`` in front, because a property must not begin so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from strongroom.lab.sharepoint.content import item_values
from strongroom.lab.sharepoint.content.fields import Field
from strongroom.lab.sharepoint.content.items import ListItem
from strongroom.lab.sharepoint.content.principals import User
from strongroom.lab.sharepoint.content.values import TermValue, UrlValue, Value
from strongroom.lab.sharepoint.rest.call import Call
from strongroom.lab.sharepoint.rest.dates import write_local
from strongroom.lab.sharepoint.rest.entities.fields import by_entity_name, entity_name
from strongroom.lab.sharepoint.rest.entities.principals import principal_of
from strongroom.lab.sharepoint.rest.kinds import Complex, Row

PEOPLE = frozenset({"User", "UserMulti"})
LOOKUPS = frozenset({"Lookup", "LookupMulti"})
_PAGES = 119
_HIDDEN_OF_PAGES = frozenset({"PageLayoutType", "ClientSideApplicationId"})
_NEW_OF_PAGES = (
    "OData__SPSitePageFlags", "OData__SPCallToAction", "OData__OriginalSourceSiteId",
    "OData__OriginalSourceWebId", "OData__OriginalSourceListId", "OData__OriginalSourceItemId",
)  # fmt: skip
_SYSTEM = frozenset({"_Level", "_IsCurrentVersion", "_CheckinComment", "_ComplianceTag"})
_PLAIN_PEOPLE = frozenset({"Author", "Editor", "CheckoutUser"})
"""Of these the number is told, and no ``StringId``."""


def columns_of(call: Call, item: ListItem) -> Row:
    """Give what every answer about an item has."""
    of = item.parent_list
    row: Row = {
        "FileSystemObjectType": int(item.is_folder),
        "Id": item.id,
        "ServerRedirectedEmbedUri": None,
        "ServerRedirectedEmbedUrl": "",
        "ContentTypeId": item.content_type_id,
        "Title": column_value(call, item, "Title"),
        "ComplianceAssetId": None,
    }
    for column in own_columns(item):
        row |= _told(call, item, column)
    if of.base_template == _PAGES and call.profile.has("2019"):
        row |= {name: None for name in _NEW_OF_PAGES if name not in row}
    row |= {
        "ID": item.id,
        "Modified": item.modified,
        "Created": item.created,
        "AuthorId": item.author_id,
        "EditorId": item.editor_id,
        "OData__UIVersionString": item.label,
        "GUID": item.guid or item.unique_id,
    }
    if of.is_library:
        row["OData__CopySource"] = None
        row["CheckoutUserId"] = item_values.value_of(item, "CheckoutUser")
    else:
        row["Attachments"] = bool(item.attachments)
    if not call.profile.has("2019"):
        del row["ServerRedirectedEmbedUri"], row["ServerRedirectedEmbedUrl"]
        del row["ComplianceAssetId"]
    return row


def own_columns(item: ListItem) -> Iterator[Field]:
    """Go through the columns that are told without being asked for."""
    for name, column in item.parent_list.fields.items():
        is_page = name in {"CanvasContent1", "LayoutWebpartsContent", "PromotedState",
                           "_OriginalSourceUrl"}  # fmt: skip
        if column.is_from_base_type or column.type == "Computed" or name in _HIDDEN_OF_PAGES:
            continue
        if not column.is_hidden or is_page:
            yield column


def column_of(call: Call, item: ListItem, name: str) -> tuple[str, object] | None:
    """Find any column by the name of its property."""
    if name.casefold() == "id":
        return name, item.id
    if name.casefold() == "filesystemobjecttype":
        return "FileSystemObjectType", int(item.is_folder)
    internal = by_entity_name(name)
    known = _column(item, internal)
    if known is not None:
        if known.type in PEOPLE:
            return None
        told = _told(call, item, known)
        return next(iter(told.items()))
    for ending in ("StringId", "Id"):
        short = internal.removesuffix(ending)
        if short != internal and (column := _column(item, short)) is not None:
            told = _told(call, item, column, with_texts=True)
            return (name, told[name]) if name in told else None
    return _system(item, name)


def _system(item: ListItem, name: str) -> tuple[str, object] | None:
    """Find what is no column of the list, but is told all the same."""
    if name in {"ServerRedirectedEmbedUri", "ComplianceAssetId"}:
        return name, None
    if name == "ServerRedirectedEmbedUrl":
        return name, ""
    internal = by_entity_name(name)
    return (name, item_values.value_of(item, internal)) if internal in _SYSTEM else None


def _column(item: ListItem, name: str) -> Field | None:
    found = item.parent_list.fields.get(name)
    if found is not None:
        return found
    wanted = name.casefold()
    return next(
        (one for key, one in item.parent_list.fields.items() if key.casefold() == wanted), None
    )


def column_value(call: Call, item: ListItem, name: str) -> Value:
    """Give what a column holds as the visitor sees it, also what they did not check in yet."""
    held = item.values_for(call.user_id)
    return held[name] if name in held else item_values.value_of(item, name)


def _told(call: Call, item: ListItem, column: Field, *, with_texts: bool = False) -> Row:
    name, value = column.name, column_value(call, item, column.name)
    told = entity_name(name)
    if column.type in PEOPLE:
        row: Row = {f"{told}Id": _numbers(value, is_multi=column.is_multi)}
        if name not in _PLAIN_PEOPLE or with_texts:
            # Recorded: this name keeps its underscore.
            row[f"{name}StringId"] = _number_texts(value, is_multi=column.is_multi)
        return row
    if column.type in LOOKUPS and column.lookup_list and "FieldRef" not in column.attributes:
        return {f"{told}Id": _numbers(value, is_multi=column.is_multi)}
    if name == "File_x0020_Size":
        return {told: None if value is None else str(value)}
    return {told: plain(value)}


def plain(value: Value) -> object:
    """Give a value with its parts."""
    if isinstance(value, UrlValue):
        parts = {"Description": value.description or value.url, "Url": value.url}
        return Complex("SP.FieldUrlValue", parts)
    if isinstance(value, TermValue):
        # Recorded: of a single term the label is told as its number in the hidden list.
        return _term(value, str(value.wss_id))
    if isinstance(value, tuple):
        return [_term(one, one.label) if isinstance(one, TermValue) else one for one in value]
    return value


def _term(value: TermValue, label: str) -> Complex:
    parts = {"Label": label, "TermGuid": value.guid, "WssId": value.wss_id}
    return Complex("SP.Taxonomy.TaxonomyFieldValue", parts)


def _numbers(value: Value, *, is_multi: bool) -> object:
    if is_multi:
        return list(value) if isinstance(value, tuple) else None
    return value


def _number_texts(value: Value, *, is_multi: bool) -> object:
    if is_multi:
        return [str(one) for one in value] if isinstance(value, tuple) else None
    return None if value is None else str(value)


def lookup_texts(call: Call, item: ListItem, column: Field, value: Value) -> list[tuple[int, str]]:
    """Give numbers and texts of what a lookup or a column of people holds."""
    numbers = value if isinstance(value, tuple) else () if value is None else (value,)
    found: list[tuple[int, str]] = []
    for number in numbers:
        if not isinstance(number, int):
            continue
        if column.type in PEOPLE:
            who = principal_of(call, number)
            found.append((number, who.title if who else ""))
        else:
            found.append((number, item_values.lookup_text(item.parent_list, column, number) or ""))
    return found


def text_of(  # noqa: PLR0911 - one line per kind of value
    call: Call, item: ListItem, column: Field, value: Value
) -> str:
    """Write what a column holds as people see it."""
    if value is None:
        return ""
    if column.type in PEOPLE | LOOKUPS and isinstance(value, int | tuple):
        return "; ".join(text for _, text in lookup_texts(call, item, column, value))
    if isinstance(value, datetime):
        regional = item.parent_list.web.regional
        has_time = column.attributes.get("Format", "DateTime") != "DateOnly"
        return write_local(
            value, locale_id=regional.locale_id, zone_id=regional.time_zone,
            time24=regional.has_24_hours, has_time=has_time,
        )  # fmt: skip
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, UrlValue):
        return f"{value.url}, {value.description or value.url}"
    if isinstance(value, TermValue):
        return value.label
    if isinstance(value, tuple):
        return "; ".join(one.label if isinstance(one, TermValue) else str(one) for one in value)
    return number_text(value)


def number_text(value: object) -> str:
    """Write a number without a fraction that is none."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def texts_of(call: Call, item: ListItem) -> Row:
    """Give all columns as texts, by names in which even underscores are written as codes."""
    values: Row = {}
    for name, column in item.parent_list.fields.items():
        if column.type != "Computed":
            told = text_of(call, item, column, column_value(call, item, name))
            values[coded_name(name)] = told
    return values


def coded_name(name: str) -> str:
    """Write a column's name as the names of an open type are written."""
    coded = name.replace("_", "_x005f_")
    return f"OData_{coded}" if name.startswith("_") else coded


def version_values(call: Call, item: ListItem, values: Mapping[str, Value]) -> Row:
    """Give the columns of an older version: lookups and people with their texts."""
    row: Row = {}
    for name, value in values.items():
        column = item.parent_list.fields.get(name)
        if column is None:
            continue
        row[coded_name(name)] = with_texts(call, item, column, value)
    return row


def with_texts(call: Call, item: ListItem, column: Field, value: Value) -> object:
    """Give a value; of lookups and people number and text."""
    if column.type not in PEOPLE | LOOKUPS or not isinstance(value, int | tuple):
        return plain(value)
    told = [
        _reference(call, column, number, text)
        for number, text in lookup_texts(call, item, column, value)
    ]
    return told if column.is_multi else next(iter(told), None)


def _reference(call: Call, column: Field, number: int, text: str) -> Complex:
    if column.type not in PEOPLE:
        return Complex("SP.FieldLookupValue", {"LookupId": number, "LookupValue": text})
    who = principal_of(call, number)
    email = who.email if isinstance(who, User) else ""
    parts = {"LookupId": number, "LookupValue": text, "Email": email}
    return Complex("SP.FieldUserValue", parts)
