"""Files, their versions, and the folders that they lie in."""

from __future__ import annotations

from urllib.parse import quote, unquote

from strongroom.lab.https import Response
from strongroom.lab.sharepoint.content.items import ListItem
from strongroom.lab.sharepoint.rest import errors
from strongroom.lab.sharepoint.rest.call import Call
from strongroom.lab.sharepoint.rest.downloads import download
from strongroom.lab.sharepoint.rest.entities import columns, file_writing, web_parts
from strongroom.lab.sharepoint.rest.entities.common import (
    decoded,
    item_path,
    kind_of,
    known,
    quoted,
)
from strongroom.lab.sharepoint.rest.entities.file_versions import file_versions_of
from strongroom.lab.sharepoint.rest.entities.items import ITEM_OF_FILE
from strongroom.lab.sharepoint.rest.entities.places import check_inside
from strongroom.lab.sharepoint.rest.entities.principals import user_of
from strongroom.lab.sharepoint.rest.entities.small import property_bag
from strongroom.lab.sharepoint.rest.entities.web_files import (
    root_file,
    root_file_by_id,
    root_file_entity,
)
from strongroom.lab.sharepoint.rest.kinds import (
    Args,
    Entity,
    Kind,
    Method,
)
from strongroom.lab.sharepoint.rest.whole import whole
from strongroom.lab.sharepoint.rights import Level

_NOT_OUT = 2
_OFFICE = (".docx", ".xlsx", ".pptx", ".doc", ".xls", ".ppt")


def file_entity(item: ListItem) -> Entity:
    """Give a file an address."""
    return Entity(FILE, item, f"Web/GetFileByServerRelativePath(decodedurl={quoted(item.path)})")


def file_at(call: Call, path: str) -> ListItem:
    """Find a file by its server-relative path.

    Raises:
        ApiError: there is none that the visitor sees.
    """
    check_inside(call, path)
    found = call.collection.web_of(path).item_at(path)
    if found is None or found.file is None or not call.sees(found):
        raise errors.no_file(path)
    return found


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
    if of and len(inner) == 3 and inner[0] == "Attachments":
        item = of.items.get(whole(inner[1]))
        found = item.attachments.get(inner[2].casefold()) if item else None
        if item is not None and found is not None:
            where = f"Web/GetFileByServerRelativePath(decodedurl={quoted(path)})"
            return Entity(kind_of("SP.Attachment"), (item, found), where)
    own = root_file(call.web, path)
    return file_entity(file_at(call, path)) if own is None else root_file_entity(own)


def file_by_whole_url(call: Call, _: object, args: Args) -> Entity:
    """``GetFileByUrl('https://…')``."""
    path = args.text("fileUrl", 0).removeprefix(call.url)
    return file_entity(file_at(call, unquote(path.partition("?")[0])))


def file_by_id(call: Call, _: object, args: Args) -> Entity:
    """``GetFileById('guid')``."""
    unique_id = args.text("uniqueId", 0)
    own = root_file_by_id(call.collection.webs(), unique_id.strip("{}").casefold())
    if own is not None:
        return root_file_entity(own)
    found = call.collection.find_item(unique_id)
    if found is None or found.file is None or not call.sees(found):
        raise errors.not_found()
    return file_entity(found)


def _is_customized(item: ListItem) -> int:
    return int(item.file is not None and item.file.is_customized)


def _holder(call: Call, item: ListItem, _: str) -> Entity | None:
    assert item.file is not None
    out = item.file.check_out
    return user_of(call, out.user_id) if out is not None else None


def _locked_by(call: Call, item: ListItem, _: str) -> Entity | None:
    return user_of(call, item.file.lock_user_id) if item.file is not None else None


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
            "Author": lambda call, item, _: user_of(call, item.author_id),
            "CheckedOutByUser": _holder,
            "ListItemAllFields": lambda _c, item, _: Entity(ITEM_OF_FILE, item, item_path(item)),
            "LockedByUser": _locked_by,
            "ModifiedBy": lambda call, item, _: user_of(call, item.editor_id),
            "Properties": lambda _c, item, path: property_bag(
                {columns.coded_name(k): v for k, v in item.properties.items()}, path
            ),
            "Versions": file_versions_of,
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
