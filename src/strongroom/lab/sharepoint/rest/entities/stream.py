"""Rows as ``RenderListDataAsStream`` gives them: nearly all texts, and each in several forms."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from urllib.parse import quote

from strongroom.lab.sharepoint.content.fields import Field
from strongroom.lab.sharepoint.content.items import ListItem
from strongroom.lab.sharepoint.content.principals import User
from strongroom.lab.sharepoint.content.values import TermValue, UrlValue, Value
from strongroom.lab.sharepoint.rest.call import Call
from strongroom.lab.sharepoint.rest.entities.columns import (
    LOOKUPS,
    PEOPLE,
    column_value,
    lookup_texts,
    number_text,
    text_of,
)
from strongroom.lab.sharepoint.rest.entities.principals import principal_of

Row = dict[str, object]
_OWN = frozenset({"ID", "FSObjType", "UniqueId", "ContentTypeId", "FileRef", "Attachments",
                  "owshiddenversion"})  # fmt: skip


def row(call: Call, item: ListItem, names: Iterable[str], *, is_utc: bool) -> Row:
    """Give one row: what every row has, and the columns that are wanted."""
    told = _always(call, item)
    for name in names:
        column = item.parent_list.fields.get(name)
        if column is not None and name not in _OWN and column.type != "Computed":
            told |= _column(call, item, column, is_utc=is_utc)
        elif column is not None and name in {"LinkTitle", "LinkTitleNoMenu"}:
            told["Title"] = item.title
        elif column is not None and name == "LinkFilename":
            told |= _name(item)
        elif column is None and name == "FileDirRef":
            told[name] = item.folder_path
    return told


def _always(call: Call, item: ListItem) -> Row:
    path = item.path
    told: Row = {
        "ID": str(item.id),
        "PermMask": hex(call.rights),
        "FSObjType": str(int(item.is_folder)),
        "UniqueId": f"{{{item.unique_id.upper()}}}",
        "ContentTypeId": item.content_type_id,
        "FileRef": path,
        "FileRef.urlencode": _urlencode(path),
        "FileRef.urlencodeasurl": path,
        "FileRef.urlencoding": path,
        "FileRef.scriptencodeasurl": path.replace("/", "\\u002f"),
        "SMTotalSize": str(len(item.file.content) if item.file else 186),
        "_CommentFlags": "",
        "ItemChildCount": str(_children(item, are_folders=False)),
        "FolderChildCount": str(_children(item, are_folders=True)),
        "owshiddenversion": str(item.hidden_version),
        "Restricted": "",
    }
    if item.parent_list.is_library:
        told["_UIVersion"] = str(item.ui_version)
        told["File_x0020_Size"] = str(len(item.file.content)) if item.file else ""
        told["File_x0020_Type"] = item.leaf_name.rpartition(".")[2] if item.file else ""
    else:
        told["Attachments"] = str(int(bool(item.attachments)))
        told["_CommentCount"] = ""
    return told


def _children(item: ListItem, *, are_folders: bool) -> int:
    held = (item.children or {}).values()
    return sum(one.is_folder is are_folders for one in held)


def _name(item: ListItem) -> Row:
    stem, _, suffix = item.leaf_name.rpartition(".")
    return {
        "FileLeafRef": item.leaf_name,
        "FileLeafRef.Name": stem or item.leaf_name,
        "FileLeafRef.Suffix": suffix if stem else "",
    }


def _column(call: Call, item: ListItem, column: Field, *, is_utc: bool) -> Row:
    name, value = column.name, column_value(call, item, column.name)
    if name == "FileLeafRef":
        return _name(item)
    if column.type in PEOPLE:
        return {name: _people(call, value) if value is not None else ""}
    if column.type in LOOKUPS and column.lookup_list and isinstance(value, int | tuple):
        return {name: _lookups(call, item, column, value)}
    if isinstance(value, datetime):
        iso = f"{value:%Y-%m-%dT%H:%M:%SZ}"
        text = iso if is_utc else text_of(call, item, column, value)
        return {name: text, f"{name}.": iso, f"{name}.FriendlyDisplay": ""}
    if column.type == "Boolean":
        said = "" if value is None else "Yes" if value else "No"
        return {name: said, f"{name}.value": "" if value is None else str(int(bool(value)))}
    return {name: _plain(value), **_raw(name, column, value)}


def _raw(name: str, column: Field, value: Value) -> Row:
    if column.type in {"Number", "Currency", "DateTime"}:
        return {f"{name}.": "" if value is None else number_text(value)}
    if column.type == "URL":
        return {f"{name}.desc": value.description if isinstance(value, UrlValue) else ""}
    return {}


def _plain(value: Value) -> object:
    if value is None:
        return ""
    if isinstance(value, UrlValue):
        return value.url
    if isinstance(value, TermValue):
        return _term(value)
    if isinstance(value, tuple):
        return [_term(one) if isinstance(one, TermValue) else str(one) for one in value]
    return number_text(value)


def _term(value: TermValue) -> Row:
    return {
        "__type": "TaxonomyFieldValue:#Microsoft.SharePoint.Taxonomy",
        "Label": value.label,
        "TermID": value.guid,
    }


def _people(call: Call, value: Value) -> list[Row]:
    numbers = value if isinstance(value, tuple) else (value,)
    told: list[Row] = []
    for number in numbers:
        who = principal_of(call, number) if isinstance(number, int) else None
        if who is None:
            continue
        email = who.email if isinstance(who, User) else ""
        told.append({
            "id": str(who.id), "title": who.title, "email": email, "sip": email, "picture": "",
        })  # fmt: skip
    return told


def _lookups(call: Call, item: ListItem, column: Field, value: Value) -> list[Row]:
    return [
        {"lookupId": number, "lookupValue": text, "isSecretFieldValue": False}
        for number, text in lookup_texts(call, item, column, value)
    ]


def _urlencode(path: str) -> str:
    coded = quote(path, safe="")
    return coded.replace("-", "%2D").replace("_", "%5F").replace(".", "%2E")
