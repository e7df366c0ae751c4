"""Items of a list, their versions and attachments."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from strongroom.lab.sharepoint.content.items import ListItem
from strongroom.lab.sharepoint.content.lists import SpList
from strongroom.lab.sharepoint.rest import errors
from strongroom.lab.sharepoint.rest.call import Call
from strongroom.lab.sharepoint.rest.dates import zone_of
from strongroom.lab.sharepoint.rest.entities import columns, item_writing, security
from strongroom.lab.sharepoint.rest.entities.attachments import attachments_of
from strongroom.lab.sharepoint.rest.entities.common import (
    by_number,
    item_path,
    kind_of,
    known,
    list_path,
)
from strongroom.lab.sharepoint.rest.entities.content_types import CONTENT_TYPE
from strongroom.lab.sharepoint.rest.entities.fields import by_entity_name
from strongroom.lab.sharepoint.rest.entities.item_versions import versions_of
from strongroom.lab.sharepoint.rest.entities.people import people_of
from strongroom.lab.sharepoint.rest.entities.places import place_of
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
from strongroom.lab.sharepoint.rest.whole import whole
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
    mine = [one for one in of.items.values() if call.sees(one)]
    # Something that came back out of the bin stands at the end, and keeps its number.
    return sorted(mine, key=lambda one: one.id)


def _seen_one(call: Call, item: ListItem | None) -> ListItem:
    if item is None or not call.sees(item):
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
    last = whole(options.skip_token.get("p_ID"))
    if last < 0:
        return 0
    if not options.order:
        return next((n for n, one in enumerate(things) if one.id > last), len(things))
    place = next((n for n, one in enumerate(things) if one.id == last), None)
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
        return people_of(call, value, path, is_multi=column.is_multi)
    other = call.collection.find_list(column.lookup_list) if column.lookup_list else None
    if other is None:
        return None
    numbers = value if isinstance(value, tuple) else (value,)
    found = [other.items[one] for one in numbers if isinstance(one, int) and one in other.items]
    if column.is_multi:
        return chosen(call, found, path)
    return Entity(ITEM, found[0], path) if found else Value(name, None)


def _content_type(call: Call, item: ListItem, path: str) -> Entity | None:
    found = item.parent_list.content_types.get(item.content_type_id)
    return Entity(CONTENT_TYPE, found, path) if found is not None else None


def _file(call: Call, item: ListItem, path: str) -> Entity | None:
    return Entity(kind_of("SP.File"), item, path) if item.file is not None else None


def _folder(call: Call, item: ListItem, path: str) -> Entity | None:
    if not item.is_folder:
        return None
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
            "AttachmentFiles": attachments_of,
            "ContentType": _content_type,
            "FieldValuesAsHtml": _texts,
            "FieldValuesAsText": _texts,
            "FieldValuesForEdit": _texts,
            "File": _file,
            "Folder": _folder,
            "ParentList": _parent_list,
            "Properties": _properties,
            "Versions": versions_of,
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
