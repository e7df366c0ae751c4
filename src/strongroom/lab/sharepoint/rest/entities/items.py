"""Items of a list, their versions and attachments."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from strongroom.lab.sharepoint.content.items import Attachment, ListItem, Version
from strongroom.lab.sharepoint.content.lists import SpList
from strongroom.lab.sharepoint.content.principals import Principal, User
from strongroom.lab.sharepoint.rest import errors
from strongroom.lab.sharepoint.rest.call import Call
from strongroom.lab.sharepoint.rest.dates import zone_of
from strongroom.lab.sharepoint.rest.downloads import download
from strongroom.lab.sharepoint.rest.entities import columns, item_writing, security
from strongroom.lab.sharepoint.rest.entities.common import (
    by_number,
    decoded,
    item_path,
    kind_of,
    known,
    list_path,
    quoted,
    type_id,
)
from strongroom.lab.sharepoint.rest.entities.content_types import CONTENT_TYPE
from strongroom.lab.sharepoint.rest.entities.fields import by_entity_name
from strongroom.lab.sharepoint.rest.entities.principals import principal_of
from strongroom.lab.sharepoint.rest.entities.small import texts
from strongroom.lab.sharepoint.rest.kinds import (
    Args,
    Collection,
    Entity,
    Kind,
    Method,
    Page,
    Row,
    Target,
    Value,
)
from strongroom.lab.sharepoint.rest.options import Options
from strongroom.lab.sharepoint.rights import Level

_PAGE = 100
PAGE_MAX = 5000


def items_of(call: Call, of: SpList, path: str) -> Collection:
    """List the items that the visitor sees, by number."""

    def by_id(call: Call, _: object, args: Args) -> Entity:
        number = args.get("itemId", 0)
        found = find(number) if args.named or args.args else None
        if found is None:
            raise errors.no_item()
        return item_entity(found)

    find: Callable[[object], Any] = by_number(of.items)
    return Collection(
        kind=ITEM,
        path=path,
        things=lambda: seen(call, of),
        find=lambda key: _seen_one(call, find(key)),
        page=lambda call, options: _page(call, of, options),
        create=lambda call, body: item_writing.create(call, of, body),
        item_path=item_path,
        methods={"getbyid": Method(run=by_id), "getbystringid": Method(run=by_id)},
    )


def chosen(call: Call, items: Sequence[ListItem], path: str) -> Collection:
    """List items that were chosen in another way."""
    return Collection(
        kind=ITEM,
        path=path,
        things=lambda: items,
        page=lambda _, __: Page(items),
        item_path=item_path,
    )


def item_entity(item: ListItem) -> Entity:
    """Give an item an address."""
    return Entity(ITEM, item, item_path(item))


def seen(call: Call, of: SpList) -> list[ListItem]:
    """Give the items that the visitor sees, by number."""
    mine = [one for one in of.items.values() if one.is_visible_to(call.user_id)]
    # Something that came back out of the bin stands at the end, and keeps its number.
    return sorted(mine, key=lambda one: one.id)


def _seen_one(call: Call, item: ListItem | None) -> ListItem:
    if item is None or not item.is_visible_to(call.user_id):
        raise errors.no_item()
    return item


def _page(call: Call, of: SpList, options: Options) -> Page:
    touched = [*(options.condition.names if options.condition else ())]
    touched += [name for name, _ in options.order]
    of.check_threshold(by_entity_name(name.partition("/")[0]) for name in touched)
    things = seen(call, of)
    if options.condition is not None:
        holds = options.condition.holds
        things = [one for one in things if holds(_values(call, one))]
    for name, is_reversed in reversed(options.order):
        things.sort(key=lambda one: _sortable(_values(call, one)(name)), reverse=is_reversed)
    size = min(_PAGE if options.top is None else options.top, PAGE_MAX)
    begin = _begin(things, options)
    page = things[begin : begin + size]
    if begin + size >= len(things) or not page:
        return Page(page)
    rest = {key: value for key, value in options.raw.items() if key != "$skiptoken"}
    return Page(page, {"$skiptoken": f"Paged=TRUE&p_ID={page[-1].id}", **rest})


def _begin(things: Sequence[ListItem], options: Options) -> int:
    """Find the first row of the page: ``$skip`` is not heeded here, as on real servers."""
    last = options.skip_token.get("p_ID", "")
    if not last.isdecimal():
        return 0
    if not options.order:
        return next((n for n, one in enumerate(things) if one.id > int(last)), len(things))
    place = next((n for n, one in enumerate(things) if one.id == int(last)), None)
    return 0 if place is None else place + 1


def _values(call: Call, item: ListItem) -> Callable[[str], object]:
    def value(path: str) -> object:
        name, _, rest = path.partition("/")
        target = _linked(call, item, name)
        if rest and isinstance(target, Entity):
            if isinstance(target.thing, ListItem):
                return _values(call, target.thing)(rest)
            getter = target.kind.values.get(rest)
            return getter(call, target.thing) if getter else None
        if rest:
            return None
        found = columns.column_of(call, item, name)
        if found is None:
            raise errors.no_field(name)
        return found[1]

    return value


def _sortable(value: object) -> tuple[int, Any]:
    if value is None:
        return 0, 0
    return 1, value.casefold() if isinstance(value, str) else value


def _linked(call: Call, item: ListItem, name: str) -> Target:
    """Give what a lookup or a column of people leads to."""
    of = item.parent_list
    internal = by_entity_name(name)
    column = of.fields.get(internal)
    if column is None or column.type not in columns.PEOPLE | columns.LOOKUPS:
        return None
    value = columns.column_value(call, item, internal)
    path = f"{item_path(item)}/{name}"
    if column.type in columns.PEOPLE:
        return _people(call, value, path, is_multi=column.is_multi)
    other = call.collection.find_list(column.lookup_list) if column.lookup_list else None
    if other is None:
        return None
    numbers = value if isinstance(value, tuple) else (value,)
    found = [other.items[one] for one in numbers if isinstance(one, int) and one in other.items]
    if column.is_multi:
        return chosen(call, found, path)
    return Entity(ITEM, found[0], path) if found else Value(name, None)


def _people(call: Call, value: object, path: str, *, is_multi: bool) -> Target:
    numbers = value if isinstance(value, tuple) else (value,)
    found = [who for one in numbers if isinstance(one, int) and (who := principal_of(call, one))]
    if is_multi:
        return Collection(
            kind=PERSON, path=path, things=lambda: found, item_path=lambda one: f"{path}({one.id})"
        )
    return Entity(PERSON, found[0], path) if found else Value("", None)


@dataclass(frozen=True, slots=True)
class ItemVersion:
    """A version, and of what."""

    item: ListItem
    version: Version


def _versions(call: Call, item: ListItem, path: str) -> Collection:
    """List versions, the current one first."""
    held = {one.id: ItemVersion(item, one) for one in reversed(item.versions)}
    return Collection(
        kind=ITEM_VERSION,
        path=path,
        things=lambda: list(held.values()),
        find=by_number(held),
        item_path=lambda one: f"{path}({one.version.id})",
        methods={
            "getbyid": Method(
                run=lambda _c, _t, args: _version_by(held.get(args.number("versionId", 0)), path)
            ),
            "deletebyid": Method(
                run=lambda call, _, args: item.parent_list.delete_version(
                    item, args.number("versionId", 0), by=call.user_id
                ),
                is_post=True,
                needs=Level.EDIT,
            ),
        },
    )


def _version_by(found: ItemVersion | None, path: str) -> Entity:
    if found is None:
        raise errors.not_found("The version does not exist.")
    return Entity(ITEM_VERSION, found, f"{path}({found.version.id})")


def _version_columns(call: Call, one: ItemVersion) -> Row:
    item, version = one.item, one.version
    of = item.parent_list
    system: dict[str, Any] = {
        "ContentTypeId": type_id(version.content_type_id),
        "ID": item.id,
        "Modified": version.created,
        "FileLeafRef": item.leaf_name,
        "FileRef": item.path,
        "FileDirRef": item.folder_path,
        "FSObjType": str(int(item.is_folder)),
        "UniqueId": item.unique_id,
        "GUID": item.guid or item.unique_id,
        "_UIVersion": version.id,
        "_UIVersionString": version.label,
        "_ModerationStatus": version.moderation_status,
        "owshiddenversion": item.hidden_version,
    }
    row: Row = {columns.coded_name(name): value for name, value in system.items()}
    for name, number in (("Author", item.author_id), ("Editor", version.editor_id)):
        row[name] = columns.with_texts(call, item, of.fields[name], number)
    empty = {column.name: None for column in columns.own_columns(item)}
    return row | columns.version_values(call, item, {"Title": None, **empty, **version.values})


def _attachments(call: Call, item: ListItem, path: str) -> Collection:
    held = item.attachments

    def find(key: object) -> tuple[ListItem, Attachment] | None:
        found = held.get(str(key).casefold())
        return (item, found) if found else None

    def by_name(call: Call, _: object, args: Args) -> Entity:
        found = find(args.text("fileName", 0, default=args.text("decodedUrl", default="")))
        if found is None:
            raise errors.not_found()
        return Entity(ATTACHMENT, found, f"{path}({quoted(found[1].name)})")

    def add(call: Call, _: object, args: Args) -> Entity:
        name = args.text("FileName", 0, default=args.text("decodedUrl", default=""))
        made = item.parent_list.add_attachment(item, name, call.body, by=call.user_id)
        return Entity(ATTACHMENT, (item, made), f"{path}({quoted(made.name)})")

    return Collection(
        kind=ATTACHMENT,
        path=path,
        things=lambda: [(item, one) for one in held.values()],
        find=find,
        item_path=lambda one: f"{path}({quoted(one[1].name)})",
        methods={
            "getbyfilename": Method(run=by_name),
            "getbyfilenameaspath": Method(run=by_name, since="2019"),
            "add": Method(run=add, is_post=True, needs=Level.EDIT, takes_bytes=True),
            "addusingpath": Method(
                run=add, is_post=True, needs=Level.EDIT, since="2019", takes_bytes=True
            ),
        },
    )


def attachment_path(item: ListItem, name: str) -> str:
    """Give the server-relative path of an attachment."""
    return f"{item.parent_list.root_path}/Attachments/{item.id}/{name}"


def _replace_attachment(call: Call, one: tuple[ListItem, Attachment], content: bytes) -> None:
    item, attachment = one
    of = item.parent_list
    of.delete_attachment(item, attachment.name, by=call.user_id)
    of.add_attachment(item, attachment.name, content, by=call.user_id)


def _content_type(call: Call, item: ListItem, path: str) -> Entity | None:
    found = item.parent_list.content_types.get(item.content_type_id)
    return Entity(CONTENT_TYPE, found, path) if found is not None else None


def _file(call: Call, item: ListItem, path: str) -> Entity | None:
    return Entity(kind_of("SP.File"), item, path) if item.file is not None else None


def _folder(call: Call, item: ListItem, path: str) -> Entity | None:
    if not item.is_folder:
        return None
    # Whoever imports this file from further up knows how folders are found.
    from strongroom.lab.sharepoint.rest.entities.files import place_of  # noqa: PLC0415 - see above

    return Entity(kind_of("SP.Folder"), place_of(item), path)


def _parent_list(call: Call, item: ListItem, _: str) -> Entity:
    return Entity(kind_of("SP.List"), item.parent_list, list_path(item.parent_list))


def _texts(call: Call, item: ListItem, path: str) -> Entity:
    return texts(columns.texts_of(call, item), path)


def _ancestor(call: Call, item: ListItem, path: str) -> Entity | None:
    scope = item.scope
    if isinstance(scope, ListItem):
        return item_entity(scope)
    if isinstance(scope, SpList):
        return Entity(kind_of("SP.List"), scope, list_path(scope))
    return Entity(kind_of("SP.Web"), scope, "Web")


def _recycle(call: Call, item: ListItem, _: Args) -> Value:
    entry = item.parent_list.recycle_item(item, by=call.user_id)
    return Value("Recycle", entry.id)


def _properties(_: Call, item: ListItem, __: str) -> Value:
    return Value("Properties", {columns.coded_name(k): v for k, v in item.properties.items()})


def _typed(item: ListItem) -> str:
    return f"SP.Data.{item.parent_list.entity_name}Item"


def _title(_: Call, one: Principal) -> str:
    return one.title


_PERSON_TEXTS: Mapping[str, str] = {
    "JobTitle": "", "Department": "", "FirstName": "", "LastName": "", "SipAddress": "",
    "UserName": "",
}  # fmt: skip

PERSON: Kind[Principal] = known(
    Kind(
        name="SP.Data.UserInfoItem",
        values={
            "Id": lambda _, one: one.id,
            "ID": lambda _, one: one.id,
            "Title": _title,
            "Name": lambda _, one: one.login,
            "EMail": lambda _, one: one.email if isinstance(one, User) else None,
        },
        more={
            name: (lambda _, one: one.email if isinstance(one, User) else None)
            for name in _PERSON_TEXTS
        },
    )
)

ITEM_VERSION: Kind[ItemVersion] = known(
    Kind(
        name="SP.ListItemVersion",
        values={
            "Created": lambda _, one: one.version.created,
            "IsCurrentVersion": lambda _, one: one.version.is_current,
            "VersionId": lambda _, one: one.version.id,
            "VersionLabel": lambda _, one: one.version.label,
        },
        columns=_version_columns,
        links={
            "CreatedBy": lambda call, one, path: _people(
                call, one.version.editor_id, path, is_multi=False
            ),
            "FileVersion": lambda call, one, path: None,
        },
        remove=lambda call, one: one.item.parent_list.delete_version(
            one.item, one.version.id, by=call.user_id
        ),
        needs=Level.EDIT,
    )
)

ATTACHMENT: Kind[tuple[ListItem, Attachment]] = known(
    Kind(
        name="SP.Attachment",
        values={
            "FileName": lambda _, one: one[1].name,
            "FileNameAsPath": lambda _, one: decoded(one[1].name),
            "ServerRelativePath": lambda _, one: decoded(attachment_path(one[0], one[1].name)),
            "ServerRelativeUrl": lambda _, one: attachment_path(one[0], one[1].name),
        },
        since={"FileNameAsPath": "2019", "ServerRelativePath": "2019"},
        content=lambda call, one: download(call.headers, one[1].content),
        put=_replace_attachment,
        remove=lambda call, one: one[0].parent_list.delete_attachment(
            one[0], one[1].name, by=call.user_id
        ),
        methods={
            "recycleobject": Method(
                run=lambda call, one, _: one[0].parent_list.delete_attachment(
                    one[0], one[1].name, by=call.user_id
                ),
                is_post=True,
                needs=Level.EDIT,
            ),
        },
        needs=Level.EDIT,
    )
)

ITEM: Kind[ListItem] = known(
    Kind(
        name="SP.ListItem",
        named=_typed,
        etag=lambda _, item: f'"{item.guid or item.unique_id},{item.hidden_version}"',
        columns=columns.columns_of,
        column=columns.column_of,
        column_link=_linked,
        more={
            **security.MORE,
            "CommentsDisabled": lambda _, item: item.parent_list.settings.comments_disabled,
            "DisplayName": lambda _, item: item.title or item.leaf_name,
            "EffectiveBasePermissionsForUI": security.MORE["EffectiveBasePermissions"],
        },
        links={
            "FirstUniqueAncestorSecurableObject": _ancestor,
            **security.LINKS,
            "AttachmentFiles": _attachments,
            "ContentType": _content_type,
            "FieldValuesAsHtml": _texts,
            "FieldValuesAsText": _texts,
            "FieldValuesForEdit": _texts,
            "File": _file,
            "Folder": _folder,
            "ParentList": _parent_list,
            "Properties": _properties,
            "Versions": _versions,
        },
        methods={
            **security.METHODS,
            "recycle": Method(run=_recycle, is_post=True, needs=Level.EDIT),
            "deleteobject": Method(
                run=lambda call, item, _: item.parent_list.delete_item(item, by=call.user_id),
                is_post=True,
                needs=Level.EDIT,
            ),
            "validateupdatelistitem": Method(
                run=item_writing.validate_update, is_post=True, needs=Level.EDIT
            ),
            "systemupdate": Method(
                run=item_writing.system_update, is_post=True, needs=Level.EDIT, since="online"
            ),
        },
        since={"Versions": "2019", "Properties": "2019"},
        update=item_writing.merge,
        remove=lambda call, item: item.parent_list.delete_item(item, by=call.user_id),
        needs=Level.EDIT,
    )
)


def _local_columns(call: Call, item: ListItem) -> Row:
    return {name: _local(item, value) for name, value in columns.columns_of(call, item).items()}


def _local_column(call: Call, item: ListItem, name: str) -> tuple[str, object] | None:
    found = columns.column_of(call, item, name)
    return (found[0], _local(item, found[1])) if found is not None else None


def _local(item: ListItem, value: object) -> object:
    if not isinstance(value, datetime):
        return value
    zone = zone_of(item.parent_list.web.regional.time_zone)
    return f"{value.astimezone(zone):%Y-%m-%dT%H:%M:%S}"


ITEM_OF_FILE: Kind[ListItem] = replace(ITEM, columns=_local_columns, column=_local_column)
"""An item that was reached by its file or folder.

Recorded: its times are the site's own, and do not say so.
"""
