"""Files, their versions, and the folders that they lie in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote, unquote

from strongroom.lab.https import Response
from strongroom.lab.sharepoint.content.items import ListItem, Version
from strongroom.lab.sharepoint.content.lists import SpList
from strongroom.lab.sharepoint.content.webs import Web
from strongroom.lab.sharepoint.rest import errors
from strongroom.lab.sharepoint.rest.call import Call
from strongroom.lab.sharepoint.rest.downloads import download
from strongroom.lab.sharepoint.rest.entities import columns, file_writing, web_parts
from strongroom.lab.sharepoint.rest.entities.common import (
    by_number,
    decoded,
    kind_of,
    known,
    quoted,
)
from strongroom.lab.sharepoint.rest.entities.items import ITEM_OF_FILE
from strongroom.lab.sharepoint.rest.entities.principals import user_entity
from strongroom.lab.sharepoint.rest.entities.small import property_bag
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

_NOT_OUT = 2
_OFFICE = (".docx", ".xlsx", ".pptx", ".doc", ".xls", ".ppt")


@dataclass(frozen=True, slots=True)
class Place:
    """A folder: a web's root, a list's root, or an item of a list.

    Attributes:
        of: The list; None: the web itself.
        item: None: the root.
    """

    web: Web
    of: SpList | None = None
    item: ListItem | None = None

    @property
    def path(self) -> str:
        """Server-relative."""
        if self.item is not None:
            return self.item.path
        return self.of.root_path if self.of is not None else self.web.path

    @property
    def name(self) -> str:
        """The last part of the path."""
        return "" if self.path == self.web.path else self.path.rpartition("/")[2]

    @property
    def unique_id(self) -> str:
        """The folder's own id."""
        if self.item is not None:
            return self.item.unique_id
        return self.of.root_unique_id if self.of is not None else self.web.root_unique_id

    @property
    def children(self) -> Sequence[ListItem]:
        """What lies in it."""
        if self.of is None:
            return ()
        held = self.of.top if self.item is None else self.item.children or {}
        return list(held.values())

    @property
    def times(self) -> tuple[datetime, datetime]:
        """When it was made and changed."""
        if self.item is not None:
            return self.item.created, self.item.modified
        if self.of is not None:
            return self.of.created, self.of.last_modified
        return self.web.created, self.web.last_modified


def file_entity(item: ListItem) -> Entity:
    """Give a file an address."""
    return Entity(FILE, item, f"Web/GetFileByServerRelativePath(decodedurl={quoted(item.path)})")


def folder_entity(place: Place) -> Entity:
    """Give a folder an address."""
    where = f"Web/GetFolderByServerRelativePath(decodedurl={quoted(place.path)})"
    return Entity(FOLDER, place, where)


def file_at(call: Call, path: str) -> ListItem:
    """Find a file by its server-relative path.

    Raises:
        ApiError: there is none that the visitor sees.
    """
    _check_inside(call, path)
    found = call.collection.web_of(path).item_at(path)
    if found is None or found.file is None or not found.is_visible_to(call.user_id):
        raise errors.no_file(path)
    return found


def place_at(call: Call, path: str) -> Place:
    """Find a folder by its server-relative path.

    Raises:
        ApiError: there is none.
    """
    path = path.rstrip("/") or "/"
    if not path.startswith("/"):
        path = call.web.inside(path)
    _check_inside(call, path)
    web = call.collection.web_of(path)
    if web.path.casefold() == path.casefold():
        return Place(web)
    of = web.list_of(path)
    if of is None:
        raise errors.not_found()
    inner = path[len(of.root_path) :].strip("/")
    if not inner:
        return Place(web, of)
    found = of.at(inner.split("/"))
    if found is None or not found.is_folder:
        raise errors.not_found()
    return Place(web, of, found)


def _check_inside(call: Call, path: str) -> None:
    begins = call.web.path.rstrip("/").casefold()
    if not f"{path.casefold()}/".startswith(f"{begins}/"):
        raise errors.bad_argument("Server relative urls must start with SPWeb.ServerRelativeUrl")


def file_by_path(call: Call, _: object, args: Args) -> Entity:
    """``GetFileByServerRelativePath(decodedurl='…')``."""
    return _any_file(call, args.text("decodedUrl", 0))


def file_by_url(call: Call, _: object, args: Args) -> Entity:
    """``GetFileByServerRelativeUrl('…')``: names with % and # are beyond it."""
    path = args.text("serverRelativeUrl", 0)
    if set(path) & set("%#"):
        raise errors.no_file(path)
    return _any_file(call, path)


def _any_file(call: Call, path: str) -> Entity:
    """Find a file of a library, or one that hangs on an item."""
    of = call.collection.web_of(path).list_of(path)
    inner = path[len(of.root_path) :].strip("/").split("/") if of else []
    if of and len(inner) == 3 and inner[0] == "Attachments" and inner[1].isdecimal():
        item = of.items.get(int(inner[1]))
        found = item.attachments.get(inner[2].casefold()) if item else None
        if item is not None and found is not None:
            where = f"Web/GetFileByServerRelativePath(decodedurl={quoted(path)})"
            return Entity(kind_of("SP.Attachment"), (item, found), where)
    return file_entity(file_at(call, path))


def file_by_whole_url(call: Call, _: object, args: Args) -> Entity:
    """``GetFileByUrl('https://…')``."""
    path = args.text("fileUrl", 0).removeprefix(call.url)
    return file_entity(file_at(call, unquote(path.partition("?")[0])))


def file_by_id(call: Call, _: object, args: Args) -> Entity:
    """``GetFileById('guid')``."""
    found = call.collection.find_item(args.text("uniqueId", 0))
    if found is None or found.file is None or not found.is_visible_to(call.user_id):
        raise errors.not_found()
    return file_entity(found)


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


def place_of(item: ListItem) -> Place:
    """Give the place of an item that is a folder."""
    return Place(item.parent_list.web, item.parent_list, item)


@dataclass(frozen=True, slots=True)
class FileVersion:
    """An older version of a file."""

    item: ListItem
    version: Version


def _versions(call: Call, item: ListItem, path: str) -> Collection:
    """List the older versions: the current one is none of them."""
    held = {one.id: FileVersion(item, one) for one in item.history if one.content is not None}
    of = item.parent_list

    def numbered(label: str) -> int:
        for one in held.values():
            if one.version.label == label:
                return one.version.id
        raise errors.not_found("The version does not exist.")

    def by_id(call: Call, _: object, args: Args) -> Entity:
        found = held.get(args.number("versionid", 0))
        if found is None:
            raise errors.not_found("The version does not exist.")
        return Entity(FILE_VERSION, found, f"{path}({found.version.id})")

    def delete_all(call: Call, _: object, args: Args) -> None:
        for number in list(held):
            of.delete_version(item, number, by=call.user_id)

    def delete(call: Call, _: object, args: Args) -> None:
        of.delete_version(item, args.number("vid", 0), by=call.user_id)

    def delete_labelled(call: Call, _: object, args: Args) -> None:
        of.delete_version(item, numbered(args.text("versionlabel", 0)), by=call.user_id)

    def restore(call: Call, _: object, args: Args) -> None:
        of.restore_version(item, numbered(args.text("versionlabel", 0)), by=call.user_id)

    writes = {
        "deleteall": delete_all,
        "deletebyid": delete,
        "deletebylabel": delete_labelled,
        "recyclebyid": delete,
        "recyclebylabel": delete_labelled,
        "restorebylabel": restore,
    }
    return Collection(
        kind=FILE_VERSION,
        path=path,
        things=lambda: list(held.values()),
        find=by_number(held),
        item_path=lambda one: f"{path}({one.version.id})",
        methods={
            "getbyid": Method(run=by_id),
            **{
                name: Method(run=run, is_post=True, needs=Level.EDIT)
                for name, run in writes.items()
            },
        },
    )


def _files(call: Call, place: Place, path: str) -> Collection:
    held = {
        one.leaf_name.casefold(): one
        for one in place.children
        if one.file is not None and one.is_visible_to(call.user_id)
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
        held |= {
            one.root_path.rpartition("/")[2].casefold(): Place(place.web, one)
            for one in place.web.lists.values()
        }

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


def _is_customized(item: ListItem) -> int:
    return int(item.file is not None and item.file.is_customized)


def _who(call: Call, number: int) -> Entity | None:
    found = call.collection.principals.users.get(number)
    return user_entity(found) if found is not None else None


def _holder(call: Call, item: ListItem, _: str) -> Entity | None:
    assert item.file is not None
    out = item.file.check_out
    return _who(call, out.user_id) if out is not None else None


def _locked_by(call: Call, item: ListItem, _: str) -> Entity | None:
    return _who(call, item.file.lock_user_id) if item.file is not None else None


def _out_type(_: Call, item: ListItem) -> int:
    out = item.file.check_out if item.file is not None else None
    return _NOT_OUT if out is None else out.kind


def _link(call: Call, item: ListItem, *, is_quoted: bool) -> str | None:
    if not item.leaf_name.casefold().endswith(_OFFICE):
        return None if is_quoted else ""
    path = quote(item.path) if is_quoted else item.path
    return f"{call.url}{path}?d=w{item.unique_id.replace('-', '')}"


def _content(call: Call, item: ListItem) -> Response:
    return download(call.headers, item.content_for(call.user_id), etag=item.etag)


def _version_url(one: FileVersion) -> str:
    web = one.item.parent_list.web.path.rstrip("/")
    return f"_vti_history/{one.version.id}/{one.item.path[len(web) + 1 :]}"


def _created_by(call: Call, one: FileVersion, _: str) -> Entity | None:
    return _who(call, one.version.editor_id)


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

FILE_VERSION: Kind[FileVersion] = known(
    Kind(
        name="SP.FileVersion",
        values={
            "CheckInComment": lambda _, one: one.version.comment,
            "Created": lambda _, one: one.version.created,
            "ID": lambda _, one: one.version.id,
            "IsCurrentVersion": lambda _, one: False,
            "Length": lambda _, one: str(one.version.size),
            "Size": lambda _, one: one.version.size,
            "Url": lambda _, one: _version_url(one),
            "VersionLabel": lambda _, one: one.version.label,
        },
        links={"CreatedBy": _created_by},
        since={"Length": "2016"},
        content=lambda call, one: download(call.headers, one.version.content or b""),
        methods={
            "openbinarystream": Method(
                run=lambda call, one, _: download(call.headers, one.version.content or b"")
            ),
        },
        remove=lambda call, one: one.item.parent_list.delete_version(
            one.item, one.version.id, by=call.user_id
        ),
        needs=Level.EDIT,
    )
)

FILE: Kind[ListItem] = known(
    Kind(
        name="SP.File",
        etag=lambda _, item: item.etag,
        values={
            "CheckInComment": lambda _, item: item.comment,
            "CheckOutType": _out_type,
            "ContentTag": lambda _, item: item.content_tag,
            "CustomizedPageStatus": lambda _, item: _is_customized(item),
            "ETag": lambda _, item: item.etag,
            "Exists": lambda _, item: True,
            "ExistsAllowThrowForPolicyFailures": lambda _, item: True,
            "ExistsWithException": lambda _, item: True,
            "IrmEnabled": lambda _, item: item.parent_list.settings.has_irm,
            "Length": lambda call, item: str(len(item.content_for(call.user_id))),
            "Level": lambda _, item: item.level,
            "LinkingUri": lambda call, item: _link(call, item, is_quoted=True),
            "LinkingUrl": lambda call, item: _link(call, item, is_quoted=False),
            "MajorVersion": lambda _, item: item.ui_version // 512,
            "MinorVersion": lambda _, item: item.ui_version % 512,
            "Name": lambda _, item: item.leaf_name,
            "ServerRelativeUrl": lambda _, item: item.path,
            "TimeCreated": lambda _, item: item.created,
            "TimeLastModified": lambda _, item: item.modified,
            "Title": lambda _, item: item.title,
            "UIVersion": lambda _, item: item.ui_version,
            "UIVersionLabel": lambda _, item: item.label,
            "UniqueId": lambda _, item: item.unique_id,
        },
        more={
            "ListId": lambda _, item: item.parent_list.id,
            "WebId": lambda _, item: item.parent_list.web.id,
            "SiteId": lambda call, _: call.collection.id,
            "ServerRelativePath": lambda _, item: decoded(item.path),
            "VroomItemID": lambda _, item: item.unique_id,
            "VroomDriveID": lambda _, item: item.parent_list.id,
            "HasAlternateContentStreams": lambda _, item: False,
            "ServerRedirectedUrl": lambda _, item: "",
        },
        links={
            "Author": lambda call, item, _: _who(call, item.author_id),
            "CheckedOutByUser": _holder,
            "ListItemAllFields": lambda _c, item, path: Entity(ITEM_OF_FILE, item, path),
            "LockedByUser": _locked_by,
            "ModifiedBy": lambda call, item, _: _who(call, item.editor_id),
            "Properties": lambda _c, item, path: property_bag(
                {columns.coded_name(k): v for k, v in item.properties.items()}, path
            ),
            "Versions": _versions,
        },
        methods={
            "openbinarystream": Method(run=lambda call, item, _: _content(call, item)),
            "getlimitedwebpartmanager": Method(run=web_parts.manager_of),
            **file_writing.FILE_METHODS,
        },
        since={
            **dict.fromkeys(("ContentTag", "IrmEnabled", "LinkingUri", "LinkingUrl"), "2016"),
            **dict.fromkeys(
                ("ExistsAllowThrowForPolicyFailures", "ExistsWithException", "VroomItemID",
                 "VroomDriveID", "HasAlternateContentStreams", "ServerRedirectedUrl"), "online",
            ),
            "ServerRelativePath": "2019",
        },
        content=_content,
        put=file_writing.put,
        remove=lambda call, item: item.parent_list.delete_item(item, by=call.user_id),
        needs=Level.EDIT,
    )
)  # fmt: skip

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
