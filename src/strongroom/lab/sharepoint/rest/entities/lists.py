"""Lists and libraries."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from strongroom.lab.sharepoint.content.change_log import Scope
from strongroom.lab.sharepoint.content.lists import SpList
from strongroom.lab.sharepoint.content.refusals import AlreadyExists
from strongroom.lab.sharepoint.content.templates import PAGES
from strongroom.lab.sharepoint.content.webs import Web
from strongroom.lab.sharepoint.rest import errors
from strongroom.lab.sharepoint.rest.call import Call
from strongroom.lab.sharepoint.rest.entities import item_writing, queries, security
from strongroom.lab.sharepoint.rest.entities.changes import get_changes
from strongroom.lab.sharepoint.rest.entities.common import (
    NO_GUID,
    by_guid,
    decoded,
    fixed,
    kind_of,
    known,
    list_path,
    token,
)
from strongroom.lab.sharepoint.rest.entities.content_types import types_of
from strongroom.lab.sharepoint.rest.entities.fields import columns_of
from strongroom.lab.sharepoint.rest.entities.folders import folder_entity
from strongroom.lab.sharepoint.rest.entities.items import items_of
from strongroom.lab.sharepoint.rest.entities.list_settings import setting, settings_in
from strongroom.lab.sharepoint.rest.entities.places import Place
from strongroom.lab.sharepoint.rest.entities.small import plain_rows
from strongroom.lab.sharepoint.rest.entities.views import view_entity, views_of
from strongroom.lab.sharepoint.rest.kinds import Args, Body, Collection, Entity, Kind, Method, Value
from strongroom.lab.sharepoint.rights import Level

_VERSIONS = 10_000


def lists_of(call: Call, web: Web, path: str) -> Collection:
    """List a web's lists."""
    held = {number: one for number, one in web.lists.items() if call.may_read(one)}

    def by_title(call: Call, _: object, args: Args) -> Entity:
        title = args.text("title", 0)
        found = web.list_by_title(title)
        if found is None or found.id not in held:
            raise errors.no_list(title, call.web_url)
        return list_entity(found)

    def by_id(call: Call, _: object, args: Args) -> Entity:
        found = find(args.text("id", 0))
        if found is None:
            raise errors.not_found("List does not exist.")
        return list_entity(found)

    def pages(call: Call, _: object, args: Args) -> Entity:
        return list_entity(_ensured(one for one in held.values() if one.base_template == PAGES))

    def assets(call: Call, _: object, args: Args) -> Entity:
        wanted = web.inside("SiteAssets")
        return list_entity(_ensured(one for one in held.values() if one.root_path == wanted))

    find = by_guid(held.values(), lambda one: one.id)
    return Collection(
        kind=LIST,
        path=path,
        things=lambda: list(held.values()),
        find=find,
        create=lambda call, body: _create(call, web, body),
        item_path=list_path,
        methods={
            "getbytitle": Method(run=by_title),
            "getbyid": Method(run=by_id),
            "ensuresitepageslibrary": Method(run=pages, is_post=True, needs=Level.EDIT),
            "ensureclientrenderedsitepageslibrary": Method(
                run=pages, is_post=True, needs=Level.EDIT, since="2019"
            ),
            "ensuresiteassetslibrary": Method(run=assets, is_post=True, needs=Level.EDIT),
        },
    )


def list_entity(of: SpList) -> Entity:
    """Give a list an address."""
    return Entity(LIST, of, list_path(of))


def get_list(call: Call, web: Web, args: Args) -> Entity:
    """``GetList('/sites/a/Lists/X')`` and ``GetListUsingPath(decodedurl='…')``."""
    path = args.text("strUrl", 0, default=args.text("decodedUrl", default=""))
    found = web.list_by_path(path) or call.collection.web_of(path).list_by_path(path)
    if found is None or not call.may_read(found):
        raise errors.not_found("List does not exist.")
    return list_entity(found)


def users_list(web: Web) -> Entity | None:
    """Give the list that mirrors the people of the collection."""
    root = web.collection.root
    found = next((one for one in root.lists.values() if one.base_template == 112), None)
    return list_entity(found) if found is not None else None


def default_library(_: Call, web: Web, __: str) -> Entity | None:
    """Give the first library that people see."""
    found = next((one for one in web.lists.values()
                  if one.base_template == 101 and not one.settings.is_hidden), None)  # fmt: skip
    return list_entity(found) if found is not None else None


def _ensured(found: Iterator[SpList]) -> SpList:
    one = next(found, None)
    if one is None:
        raise errors.not_found()
    return one


def _create(call: Call, web: Web, body: Body) -> SpList:
    call.need(Level.EDIT)
    title = str(body.get("Title", ""))
    template = body.get("BaseTemplate", 100)
    if not title:
        raise errors.bad_argument("The title of the list is missing.")
    try:
        made = web.add_list(
            title,
            by=call.user_id,
            base_template=template if isinstance(template, int) else 100,
            description=str(body.get("Description") or ""),
        )
    except AlreadyExists as error:
        raise errors.failed(str(error), code=-2130575342, status=500) from error
    changes = settings_in(body)
    if changes:
        made.change_settings(by=call.user_id, **changes)
    return made


def _update(call: Call, of: SpList, body: Body) -> None:
    title = str(body.get("Title") or "")
    try:
        of.change_settings(by=call.user_id, title=title, **settings_in(body))
    except AlreadyExists as error:
        raise errors.failed(str(error), code=-2130575342, status=500) from error


def _recycle(call: Call, of: SpList, _: Args) -> Value:
    return Value("Recycle", of.web.recycle_list(of, by=call.user_id).id)


def _root(_: Call, of: SpList, __: str) -> Entity:
    return folder_entity(Place(of.web, of))


def _item_count(of: SpList) -> int:
    return len(of.items)


def _subscriptions(_: Call, of: SpList, path: str) -> Collection:
    return plain_rows("Microsoft.SharePoint.Webhooks.Subscription", of.subscriptions, path)


def _receivers(_: Call, __: SpList, path: str) -> Collection:
    return plain_rows("SP.EventReceiverDefinition", [], path)


def _actions(_: Call, of: SpList, path: str) -> Collection:
    return plain_rows("SP.UserCustomAction", of.custom_actions, path)


def _item_by_id(call: Call, of: SpList, args: Args) -> Entity:
    collection = items_of(call, of, f"{list_path(of)}/Items")
    assert collection.find is not None
    return collection.entity(collection.find(args.number("id", 0)))


def _view_by_id(call: Call, of: SpList, args: Args) -> Entity:
    collection = views_of(call, of, f"{list_path(of)}/Views")
    assert collection.find is not None
    found = collection.find(args.text("viewGuid", 0))
    if found is None:
        raise errors.not_found()
    return collection.entity(found)


def _version(of: SpList) -> int:
    """Give what changes with the list's settings, and not with its items."""
    return zlib.crc32(f"{of.title} {of.settings} {len(of.fields)}".encode()) % _VERSIONS


LIST: Kind[SpList] = known(
    Kind(
        name="SP.List",
        etag=lambda _, of: f'"{of.id},{_version(of)}"',
        values={
            "AllowContentTypes": lambda _, of: True,
            "BaseTemplate": lambda _, of: of.base_template,
            "BaseType": lambda _, of: of.base_type,
            "ContentTypesEnabled": setting("ContentTypesEnabled"),
            "CrawlNonDefaultViews": lambda _, of: False,
            "Created": lambda _, of: of.created,
            "CurrentChangeToken": lambda _, of: token(of.current_token),
            **fixed({
                "DefaultContentApprovalWorkflowId": NO_GUID,
                "DefaultItemOpenUseListSetting": False,
            }),
            "Description": setting("Description"),
            "Direction": setting("Direction"),
            "DisableCommenting": setting("DisableCommenting"),
            "DisableGridEditing": setting("DisableGridEditing"),
            "DocumentTemplateUrl": lambda _, of: of.settings.document_template or None,
            "DraftVersionVisibility": setting("DraftVersionVisibility"),
            "EnableAttachments": setting("EnableAttachments"),
            "EnableFolderCreation": setting("EnableFolderCreation"),
            "EnableMinorVersions": setting("EnableMinorVersions"),
            "EnableModeration": setting("EnableModeration"),
            "EnableRequestSignOff": lambda _, of: True,
            "EnableVersioning": setting("EnableVersioning"),
            "EntityTypeName": lambda _, of: of.entity_name,
            **fixed({
                "ExemptFromBlockDownloadOfNonViewableFiles": False,
                "FileSavePostProcessingEnabled": False,
            }),
            "ForceCheckout": setting("ForceCheckout"),
            "HasExternalDataSource": lambda _, of: False,
            "Hidden": setting("Hidden"),
            "Id": lambda _, of: of.id,
            "ImagePath": lambda _, of: decoded(of.settings.image_url),
            "ImageUrl": setting("ImageUrl"),
            "DefaultSensitivityLabelForLibrary": setting("DefaultSensitivityLabelForLibrary"),
            "SensitivityLabelToEncryptOnDownloadForLibrary": lambda _, of: None,
            "IrmEnabled": setting("IrmEnabled"),
            **fixed({"IrmExpire": False, "IrmReject": False}),
            "IsApplicationList": lambda _, of: of.settings.is_application_list,
            "IsCatalog": lambda _, of: of.settings.is_catalog,
            "IsPrivate": lambda _, of: False,
            "ItemCount": lambda _, of: _item_count(of),
            "LastItemDeletedDate": lambda _, of: of.last_deleted,
            "LastItemModifiedDate": lambda _, of: of.last_modified,
            "LastItemUserModifiedDate": lambda _, of: of.last_modified,
            "ListExperienceOptions": setting("ListExperienceOptions"),
            "ListItemEntityTypeFullName": lambda _, of: f"SP.Data.{of.entity_name}Item",
            "MajorVersionLimit": setting("MajorVersionLimit"),
            "MajorWithMinorVersionsLimit": setting("MajorWithMinorVersionsLimit"),
            "MultipleDataList": lambda _, of: False,
            "NoCrawl": setting("NoCrawl"),
            "ParentWebPath": lambda _, of: decoded(of.web.path),
            "ParentWebUrl": lambda _, of: of.web.path,
            "ParserDisabled": setting("ParserDisabled"),
            "ServerTemplateCanCreateFolders": lambda _, of: True,
            "TemplateFeatureId": lambda _, of: of.template_feature_id,
            "Title": lambda _, of: of.title,
        },
        more={
            **security.MORE,
            "OnQuickLaunch": setting("OnQuickLaunch"),
            "SchemaXml": lambda _, of: (
                f'<List ID="{{{of.id.upper()}}}" BaseType="{of.base_type}"'
                f' ServerTemplate="{of.base_template}" />'
            ),
            "ValidationFormula": lambda _, of: of.settings.validation_formula or None,
            "ValidationMessage": lambda _, of: of.settings.validation_message or None,
            "ReadSecurity": setting("ReadSecurity"),
            "WriteSecurity": setting("WriteSecurity"),
            "DefaultViewUrl": lambda _, of: of.default_view.path,
            "DefaultDisplayFormUrl": lambda _, of: f"{of.root_path}/DispForm.aspx",
            "DefaultEditFormUrl": lambda _, of: f"{of.root_path}/EditForm.aspx",
            "DefaultNewFormUrl": lambda _, of: f"{of.root_path}/NewForm.aspx",
            "IsSiteAssetsLibrary": lambda _, of: of.root_path.endswith("/SiteAssets"),
            "IsSystemList": lambda _, of: of.settings.is_hidden,
            "MajorVersionLimits": lambda _, of: of.settings.major_limit,
        },
        links={
            "ContentTypes": types_of,
            "CreatablesInfo": lambda call, of, path: None,
            "DefaultView": lambda _, of, __: view_entity(of, of.default_view),
            "EventReceivers": _receivers,
            "Fields": columns_of,
            "FirstUniqueAncestorSecurableObject": lambda _, of, path: Entity(
                LIST if of.has_unique_permissions else kind_of("SP.Web"),
                of if of.has_unique_permissions else of.web,
                path,
            ),
            "Items": items_of,
            "ParentWeb": lambda _, of, __: Entity(kind_of("SP.Web"), of.web, "Web"),
            **security.LINKS,
            "RootFolder": _root,
            "Subscriptions": _subscriptions,
            "UserCustomActions": _actions,
            "Views": views_of,
        },
        methods={
            **security.METHODS,
            "getitems": Method(run=queries.get_items, is_post=True),
            "renderlistdataasstream": Method(
                run=queries.render_stream, is_post=True, since="2016"
            ),
            "getchanges": Method(
                run=lambda call, of, args: get_changes(call, Scope.LIST, of.id, args), is_post=True
            ),
            "getitembyid": Method(
                run=_item_by_id
            ),
            "addvalidateupdateitemusingpath": Method(
                run=item_writing.add_validate_update, is_post=True, needs=Level.EDIT, since="2019"
            ),
            "addvalidateupdateitem": Method(
                run=item_writing.add_validate_update, is_post=True, needs=Level.EDIT
            ),
            "recycle": Method(run=_recycle, is_post=True, needs=Level.EDIT),
            "deleteobject": Method(
                run=lambda call, of, _: of.web.delete_list(of, by=call.user_id),
                is_post=True,
                needs=Level.EDIT,
            ),
            "getview": Method(
                run=_view_by_id
            ),
        },
        since=dict.fromkeys(
            ("CrawlNonDefaultViews", "DefaultItemOpenUseListSetting", "DisableCommenting",
             "DisableGridEditing", "EnableRequestSignOff",
             "ExemptFromBlockDownloadOfNonViewableFiles", "FileSavePostProcessingEnabled",
             "DefaultSensitivityLabelForLibrary", "SensitivityLabelToEncryptOnDownloadForLibrary"),
            "online",
        ) | {"ImagePath": "2019", "ParentWebPath": "2019",
             "ListExperienceOptions": "2016"},
        update=_update,
        remove=lambda call, of: of.web.delete_list(of, by=call.user_id),
        needs=Level.EDIT,
    )
)  # fmt: skip
