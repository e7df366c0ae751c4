"""Folders: of webs, of lists, and in them."""

from __future__ import annotations

from strongroom.lab.sharepoint.rest import errors
from strongroom.lab.sharepoint.rest.call import Call
from strongroom.lab.sharepoint.rest.entities import columns, file_writing
from strongroom.lab.sharepoint.rest.entities.common import (
    decoded,
    known,
    quoted,
)
from strongroom.lab.sharepoint.rest.entities.files import FILE, file_entity
from strongroom.lab.sharepoint.rest.entities.items import ITEM_OF_FILE
from strongroom.lab.sharepoint.rest.entities.places import Place, place_at, place_of
from strongroom.lab.sharepoint.rest.entities.small import property_bag
from strongroom.lab.sharepoint.rest.entities.web_files import root_files_of
from strongroom.lab.sharepoint.rest.kinds import (
    Args,
    Body,
    Collection,
    Complex,
    Entity,
    Kind,
    Method,
)
from strongroom.lab.sharepoint.rights import Level


def folder_entity(place: Place) -> Entity:
    """Give a folder an address."""
    where = f"Web/GetFolderByServerRelativePath(decodedurl={quoted(place.path)})"
    return Entity(FOLDER, place, where)


def folder_by_path(call: Call, _: object, args: Args) -> Entity:
    """``GetFolderByServerRelativePath(decodedurl='…')``."""
    return folder_entity(place_at(call, args.text("decodedUrl", 0)))


def folder_by_url(call: Call, _: object, args: Args) -> Entity:
    """``GetFolderByServerRelativeUrl('…')``."""
    path = args.text("serverRelativeUrl", 0)
    if set(path) & set("%#"):
        raise errors.not_found()
    return folder_entity(place_at(call, path))


def folder_by_id(call: Call, _: object, args: Args) -> Entity:
    """``GetFolderById('guid')``."""
    wanted = args.text("uniqueId", 0).strip("{}").casefold()
    found = call.collection.find_item(wanted)
    if found is not None and found.is_folder:
        return folder_entity(place_of(found))
    for web in call.collection.webs():
        if web.root_unique_id == wanted:
            return folder_entity(Place(web))
        for of in web.lists.values():
            if of.root_unique_id == wanted:
                return folder_entity(Place(web, of))
    raise errors.not_found()


def _files(call: Call, place: Place, path: str) -> Collection:
    if place.of is None:
        return root_files_of(call, place.web, path, place.inner)
    held = {
        one.leaf_name.casefold(): one
        for one in place.children
        if one.file is not None and call.sees(one)
    }
    return Collection(
        kind=FILE,
        path=path,
        things=lambda: list(held.values()),
        find=lambda key: held.get(str(key).casefold()),
        item_path=lambda one: file_entity(one).path,
        methods=file_writing.methods_of(place, file_entity),
    )


def folders_of(call: Call, place: Place, path: str) -> Collection:
    """List the folders in a folder; in a web's root folder its lists are folders as well."""
    held: dict[str, Place] = {
        one.leaf_name.casefold(): place_of(one) for one in place.children if one.is_folder
    }
    if place.of is None:
        held |= _in_web(place)

    def create(call: Call, body: Body) -> Place:
        where = body.get("ServerRelativeUrl") or body.get("Url") or ""
        return file_writing.add_folder(call, place, str(where), place_of)

    def add(call: Call, _: object, args: Args) -> Entity:
        name = args.text("decodedurl", 0, default=args.text("url", 0, default=""))
        return folder_entity(file_writing.add_folder(call, place, name, place_of))

    add_method = Method(run=add, is_post=True, needs=Level.EDIT)
    return Collection(
        kind=FOLDER,
        path=path,
        things=lambda: list(held.values()),
        find=lambda key: held.get(str(key).casefold()),
        create=create,
        item_path=lambda one: folder_entity(one).path,
        methods={
            "add": add_method,
            "addusingpath": Method(run=add, is_post=True, needs=Level.EDIT, since="2019"),
        },
    )


def _in_web(place: Place) -> dict[str, Place]:
    """Give the folders directly in a web's own, or in one of those: lists and others."""
    begins = f"{place.inner}/" if place.inner else ""
    found = {
        one.rpartition("/")[2].casefold(): Place(place.web, inner=one)
        for key, one in place.web.file_folders().items()
        if key.startswith(begins.casefold()) and "/" not in key[len(begins) :]
    }
    if not place.inner:
        found |= {
            one.root_path.rpartition("/")[2].casefold(): Place(place.web, one)
            for one in place.web.lists.values()
        }
    return found


def _item_of(_: Call, place: Place, path: str) -> Entity | None:
    return Entity(ITEM_OF_FILE, place.item, path) if place.item is not None else None


def _parent(_: Call, place: Place, __: str) -> Entity:
    if place.item is not None:
        above = place.item.parent
        return folder_entity(place_of(above) if above else Place(place.web, place.of))
    return folder_entity(Place(place.web))


def _bag(_: Call, place: Place, path: str) -> Entity:
    held: dict[str, str] = {}
    if place.item is not None:
        held = place.item.properties
    elif place.of is not None:
        held = place.of.root_properties
    else:
        held = place.web.properties
    return property_bag({columns.coded_name(key): value for key, value in held.items()}, path)


def _size(place: Place) -> tuple[int, int]:
    inner = place.item.below() if place.item else place.of.below() if place.of else ()
    sizes = [len(one.file.content) for one in inner if one.file is not None]
    return len(sizes), sum(sizes)


def _metrics(_: Call, place: Place, path: str) -> Entity:
    return Entity(METRICS, place, path)


def _order(_: Call, place: Place) -> list[Complex] | None:
    if place.of is None or not place.of.content_type_order:
        return None
    return [
        Complex("SP.ContentTypeId", {"StringValue": one}) for one in place.of.content_type_order
    ]


def _update_folder(call: Call, place: Place, body: Body) -> None:
    if "WelcomePage" in body and place.of is None:
        place.web.update(by=call.user_id, welcome_page=str(body["WelcomePage"] or ""))
    order = body.get("UniqueContentTypeOrder")
    if place.of is not None and isinstance(order, list):
        place.of.content_type_order = [
            str(one.get("StringValue", "")) for one in order if isinstance(one, dict)
        ]
        place.of.update_root({}, by=call.user_id)


METRICS: Kind[Place] = known(
    Kind(
        name="SP.StorageMetrics",
        values={
            "LastModified": lambda _, place: place.times[1],
            "TotalFileCount": lambda _, place: str(_size(place)[0]),
            "TotalFileStreamSize": lambda _, place: str(_size(place)[1]),
            "TotalSize": lambda _, place: str(_size(place)[1]),
        },
    )
)

FOLDER: Kind[Place] = known(
    Kind(
        name="SP.Folder",
        values={
            "Exists": lambda _, place: True,
            "ExistsAllowThrowForPolicyFailures": lambda _, place: True,
            "ExistsWithException": lambda _, place: True,
            "IsWOPIEnabled": lambda _, place: False,
            "ItemCount": lambda _, place: len(place.children),
            "Name": lambda _, place: place.name,
            "ProgID": lambda _, place: None,
            "ServerRelativeUrl": lambda _, place: place.path,
            "TimeCreated": lambda _, place: place.times[0],
            "TimeLastModified": lambda _, place: place.times[1],
            "UniqueId": lambda _, place: place.unique_id,
            "WelcomePage": lambda _, place: place.web.welcome_page if place.of is None else "",
        },
        more={
            "ContentTypeOrder": _order,
            "UniqueContentTypeOrder": _order,
            "ServerRelativePath": lambda _, place: decoded(place.path),
        },
        links={
            "Files": _files,
            "Folders": folders_of,
            "ListItemAllFields": _item_of,
            "ParentFolder": _parent,
            "Properties": _bag,
            "StorageMetrics": _metrics,
        },
        methods=file_writing.FOLDER_METHODS,
        since={
            "ExistsAllowThrowForPolicyFailures": "online",
            "ExistsWithException": "online",
            "StorageMetrics": "2016",
            "ServerRelativePath": "2019",
        },
        update=_update_folder,
        remove=file_writing.remove_folder,
        needs=Level.EDIT,
    )
)
