"""Making and changing items: by JSON, and by the texts of a form.

``ValidateUpdateListItem`` is the only way by which ``/_api`` writes author and times. It answers
200 whatever happens; of each field it tells whether it was taken, and if one was not, none is kept.

Source:
    https://learn.microsoft.com/sharepoint/dev/sp-add-ins/working-with-lists-and-list-items-with-rest
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import unquote, urlsplit

from strongroom.lab.sharepoint.content.fields import Field
from strongroom.lab.sharepoint.content.items import ListItem
from strongroom.lab.sharepoint.content.list_placing import How
from strongroom.lab.sharepoint.content.lists import SpList
from strongroom.lab.sharepoint.content.refusals import ValueRefused
from strongroom.lab.sharepoint.content.values import Stamp, Value
from strongroom.lab.sharepoint.rest import errors
from strongroom.lab.sharepoint.rest.call import Call
from strongroom.lab.sharepoint.rest.entities.fields import by_entity_name
from strongroom.lab.sharepoint.rest.entities.form_values import (
    BadValue,
    from_form,
    from_json,
    local_date,
    people_in,
)
from strongroom.lab.sharepoint.rest.kinds import Args, Body, Complex
from strongroom.lab.sharepoint.rest.kinds import Value as Answer
from strongroom.lab.sharepoint.rights import Level

_FAILED = -2146232832
_KNOWN = frozenset({"formvalues", "bnewdocumentupdate", "checkincomment", "sharedlockid"})
_MAJOR_CHECK_IN = 1
_IGNORED = frozenset(
    {
        *("Created", "Modified", "Author", "Editor", "ID", "GUID", "UniqueId"),
        "_ModerationStatus",
    }
)
"""What a plain change passes over without a word."""


@dataclass(slots=True)
class _Form:
    """The fields of a form, read."""

    values: dict[str, Value] = field(default_factory=dict)
    stamp: Stamp = field(default_factory=Stamp)
    name: str = ""
    content_type_id: str = ""
    status: int | None = None
    problems: dict[str, str] = field(default_factory=dict)


def create(call: Call, of: SpList, body: Body) -> ListItem:
    """Make a row out of JSON."""
    call.need(Level.EDIT)
    values, type_id = _plain_values(call, of, body)
    try:
        return of.add_item(values, by=call.user_id, content_type_id=type_id)
    except ValueRefused as error:
        raise errors.failed(str(error), code=-2130575163) from error


def merge(call: Call, item: ListItem, body: Body) -> None:
    """Change an item by JSON: a new version, by the visitor, now."""
    _merge(call, item, body, How.NORMAL)


def system_update(call: Call, item: ListItem, args: Args) -> None:
    """Change an item without a version, and without a word of who and when."""
    _merge(call, item, args.body, How.SYSTEM)


def validate_update(call: Call, item: ListItem, args: Args) -> Answer:
    """Change an item by a form."""
    is_utc = _check_names(call, args)
    rows = args.parts("formValues")
    form = _read(call, item.parent_list, rows, is_utc=is_utc)
    is_quiet = args.flag("bNewDocumentUpdate")
    if not form.problems:
        _keep(call, item, form, is_quiet=is_quiet)
    comment = args.get("checkInComment")
    if not form.problems and comment is not None and item.file and item.file.check_out:
        item.parent_list.check_in(
            item, by=call.user_id, comment=str(comment), kind=_MAJOR_CHECK_IN, stamp=form.stamp
        )
    return Answer("ValidateUpdateListItem", _told(rows, form, item.id), _TOLD)


def add_validate_update(call: Call, of: SpList, args: Args) -> Answer:
    """Make an item or folder by a form, in a folder of the list."""
    name = "AddValidateUpdateItemUsingPath"
    is_utc = _check_names(call, args, more=frozenset({"listitemcreateinfo"}))
    info, rows = args.part("listItemCreateInfo"), args.parts("formValues")
    form = _read(call, of, rows, is_utc=is_utc)
    folder = _folder_of(of, info)
    leaf = _decoded(info, "LeafName")
    if form.problems:
        return Answer(name, _told(rows, form, 0), _TOLD)
    try:
        made = _made(call, of, form, folder, leaf, is_folder=_is_folder(info))
    except ValueRefused as error:
        form.problems[error.field] = str(error)
        return Answer(name, _told(rows, form, 0), _TOLD)
    told = [*_told(rows, form, 0), _entry("Id", str(made.id), None, 0)]
    return Answer(name, told, _TOLD)


_TOLD = "SP.ListItemFormUpdateValue"


def _is_folder(info: Body) -> bool:
    return info.get("UnderlyingObjectType") == 1


def _made(
    call: Call, of: SpList, form: _Form, folder: ListItem | None, leaf: str, *, is_folder: bool
) -> ListItem:
    if is_folder:
        name = leaf or form.name or str(form.values.get("Title") or "")
        more = {"content_type_id": form.content_type_id} if form.content_type_id else {}
        return of.add_folder(
            name, by=call.user_id, folder=folder, values=form.values, stamp=form.stamp, **more
        )
    return of.add_item(
        form.values,
        by=call.user_id,
        folder=folder,
        content_type_id=form.content_type_id,
        stamp=form.stamp,
        checks_form=True,
    )


def _merge(call: Call, item: ListItem, body: Body, how: How) -> None:
    of = item.parent_list
    values, type_id = _plain_values(call, of, body)
    leaf = body.get("FileLeafRef")
    try:
        of.update_item(item, values, by=call.user_id, how=how, content_type_id=type_id)
    except ValueRefused as error:
        raise errors.failed(str(error), code=-2130575163) from error
    if isinstance(leaf, str) and leaf and leaf != item.leaf_name:
        of.move_item(item, by=call.user_id, folder=item.parent, name=leaf)
    status = body.get("OData__ModerationStatus")
    if isinstance(status, int):
        of.set_moderation(item, status, by=call.user_id)


def _plain_values(call: Call, of: SpList, body: Body) -> tuple[dict[str, Value], str]:
    values: dict[str, Value] = {}
    type_id = ""
    for key, value in body.items():
        name = by_entity_name(key)
        if name == "ContentTypeId":
            type_id = _type_id(value)
            continue
        column = _column(of, name)
        if column is None:
            if name in {"FileLeafRef", "FileSystemObjectType"}:
                continue
            raise errors.no_field(key)
        if column.name in _IGNORED or column.name == "FileLeafRef":
            continue
        try:
            values[column.name] = from_json(column, value)
        except BadValue as error:
            raise errors.failed(str(error), code=-2130575163) from error
    return values, type_id


def _type_id(value: object) -> str:
    return str(value.get("StringValue", "")) if isinstance(value, Mapping) else str(value)


def _column(of: SpList, name: str) -> Field | None:
    """Find a column by the name of its property: lookups and people end in ``Id``."""
    for one in (name, name.removesuffix("StringId"), name.removesuffix("Id")):
        found = of.fields.get(one)
        if found is not None and (one == name or found.type.startswith(("Lookup", "User"))):
            return found
    return None


def _check_names(call: Call, args: Args, *, more: frozenset[str] = frozenset()) -> bool:
    """Refuse parameters that the version does not know, and say whether times are UTC."""
    allowed = _KNOWN | more | ({"datesinutc"} if call.profile.has_utc_dates else frozenset())
    method = "AddValidateUpdateItemUsingPath" if more else "ValidateUpdateListItem"
    for name in args.body:
        if name.casefold() not in allowed:
            # Recorded from a farm of 2016.
            raise errors.bad_query(f"The parameter {name} does not exist in method {method}.")
    return args.flag("datesInUTC")


def _read(call: Call, of: SpList, rows: Any, *, is_utc: bool) -> _Form:  # noqa: ANN401 - JSON
    form = _Form()
    for one in rows:
        name, text = str(one.get("FieldName", "")), str(one.get("FieldValue") or "")
        try:
            _read_one(call, of, form, name, text, is_utc=is_utc)
        except BadValue as error:
            form.problems[name] = str(error)
    return form


def _read_one(call: Call, of: SpList, form: _Form, name: str, text: str, *, is_utc: bool) -> None:
    if name in {"Created", "Modified"}:
        when = local_date(of, text, is_utc=is_utc)
        is_made = name == "Created"
        form.stamp = replace(
            form.stamp,
            created=when if is_made else form.stamp.created,
            modified=form.stamp.modified if is_made else when,
        )
    elif name in {"Author", "Editor"}:
        people = people_in(call, text)
        if people and name == "Author":
            form.stamp = replace(form.stamp, author_id=people[0])
        elif people:
            form.stamp = replace(form.stamp, editor_id=people[0])
    elif name == "FileLeafRef":
        form.name = text
    elif name in {"ContentTypeId", "ContentType"}:
        form.content_type_id = _type_named(of, text)
    elif name == "_ModerationStatus":
        form.status = _status(of, text)
    else:
        column = of.fields.get(name)
        if column is None:
            raise BadValue(f"The field '{name}' does not exist.")
        form.values[name] = from_form(call, of, column, text, is_utc=is_utc)


def _status(of: SpList, text: str) -> int:
    if not of.settings.has_moderation:
        raise BadValue("Moderation is not enabled for this list.")
    if text not in {"0", "1", "2", "3", "4"}:
        raise BadValue("Invalid approval status.")
    return int(text)


def _type_named(of: SpList, text: str) -> str:
    for one in of.content_types.values():
        if text in {one.id, one.name}:
            return one.id
    if any(one.startswith(text) for one in of.content_types):
        return text
    raise BadValue(f"The content type '{text}' does not exist.")


def _keep(call: Call, item: ListItem, form: _Form, *, is_quiet: bool) -> None:
    of = item.parent_list
    # Without the flag the change is a normal one: a version, and whoever makes it, now.
    stamp = form.stamp if is_quiet else replace(form.stamp, modified=None, editor_id=0)
    try:
        of.update_item(
            item,
            form.values,
            by=call.user_id,
            how=How.OVERWRITE if is_quiet else How.NORMAL,
            stamp=stamp,
            content_type_id=form.content_type_id,
            checks_form=not is_quiet,
        )
    except ValueRefused as error:
        form.problems[error.field or next(iter(form.values), "")] = str(error)
        return
    if form.name and form.name != item.leaf_name:
        of.move_item(item, by=call.user_id, folder=item.parent, name=form.name)
    if form.status is not None:
        of.set_moderation(item, form.status, by=call.user_id)


def _told(rows: Any, form: _Form, number: int) -> list[Complex]:  # noqa: ANN401 - JSON
    told = []
    named = set()
    for one in rows:
        name = str(one.get("FieldName", ""))
        named.add(name)
        told.append(_entry(name, one.get("FieldValue"), form.problems.get(name), number))
    told += [_entry(name, None, why, number) for name, why in form.problems.items()
             if name not in named]  # fmt: skip
    return told


def _entry(name: str, value: object, problem: str | None, number: int) -> Complex:
    return Complex(
        _TOLD,
        {
            "ErrorCode": 0 if problem is None else _FAILED,
            "ErrorMessage": problem,
            "FieldName": name,
            "FieldValue": value,
            "HasException": problem is not None,
            "ItemId": number,
        },
    )


def _folder_of(of: SpList, info: Body) -> ListItem | None:
    path = _decoded(info, "FolderPath")
    if not path:
        return None
    if path.startswith("https://"):
        path = unquote(urlsplit(path.replace("#", "%23")).path)
    inner = path[len(of.root_path) :].strip("/")
    if not f"{path.casefold()}/".startswith(f"{of.root_path.casefold()}/"):
        raise errors.bad_argument("The folder is not in the list.")
    if not inner:
        return None
    found = of.at(inner.split("/"))
    if found is None or not found.is_folder:
        raise errors.not_found()
    return found


def _decoded(info: Body, name: str) -> str:
    value = info.get(name)
    return str(value.get("DecodedUrl", "")) if isinstance(value, Mapping) else str(value or "")
