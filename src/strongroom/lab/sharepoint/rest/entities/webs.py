"""Webs, and the site collection that they are in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from strongroom.lab.sharepoint.content.change_log import Scope
from strongroom.lab.sharepoint.content.refusals import AlreadyExists, NotAllowed
from strongroom.lab.sharepoint.content.webs import Web
from strongroom.lab.sharepoint.rest import errors
from strongroom.lab.sharepoint.rest.call import Call
from strongroom.lab.sharepoint.rest.entities import (
    files,
    folders,
    groups,
    lists,
    principals,
    security,
)
from strongroom.lab.sharepoint.rest.entities.changes import get_changes
from strongroom.lab.sharepoint.rest.entities.columns import coded_name
from strongroom.lab.sharepoint.rest.entities.common import NO_GUID, decoded, fixed, known, token
from strongroom.lab.sharepoint.rest.entities.content_types import types_of
from strongroom.lab.sharepoint.rest.entities.features import features_of
from strongroom.lab.sharepoint.rest.entities.fields import FIELD, columns_of
from strongroom.lab.sharepoint.rest.entities.navigation import navigation_of
from strongroom.lab.sharepoint.rest.entities.places import Place
from strongroom.lab.sharepoint.rest.entities.recycle_bin import bin_of
from strongroom.lab.sharepoint.rest.entities.regional import regional_of
from strongroom.lab.sharepoint.rest.entities.small import plain_rows, property_bag
from strongroom.lab.sharepoint.rest.kinds import (
    Args,
    Body,
    Collection,
    Entity,
    Kind,
    Method,
    Value,
)
from strongroom.lab.sharepoint.rights import Level

_WRITTEN: Mapping[str, str] = {
    "Title": "title",
    "Description": "description",
    "MasterUrl": "master_url",
    "CustomMasterUrl": "custom_master_url",
    "AlternateCssUrl": "alternate_css_url",
    "SiteLogoUrl": "logo_url",
    "QuickLaunchEnabled": "quick_launch_enabled",
    "TreeViewEnabled": "tree_view_enabled",
}


def web_entity(web: Web) -> Entity:
    """Give a web an address."""
    return Entity(WEB, web, "Web")


def _webs(call: Call, web: Web, path: str) -> Collection:
    """List the webs directly below one that the visitor may open."""
    held = [one for one in web.webs.values() if call.may_open(one)]

    def add(call: Call, _: object, args: Args) -> Entity:
        return web_entity(_create(call, web, args.part("parameters")))

    return Collection(
        kind=WEB,
        path=path,
        things=lambda: held,
        create=lambda call, body: _create(call, web, body),
        item_path=lambda _: "Web",
        methods={"add": Method(run=add, is_post=True, needs=Level.FULL)},
    )


def _create(call: Call, web: Web, body: Body) -> Web:
    call.need(Level.FULL)
    language = body.get("Language", 1033)
    if body.get("WebTemplate") == "STS#3" and not call.profile.has_pages:
        # The team site with modern pages came with 2019; the words of the refusal are a guess.
        raise errors.failed("The site template requested is not available.", status=500)
    try:
        made = web.add_web(
            str(body.get("Url", "")),
            str(body.get("Title", "")),
            by=call.user_id,
            inherits=bool(body.get("UseSamePermissionsAsParentSite", True)),
            language=language if isinstance(language, int) else 1033,
        )
    except AlreadyExists as error:
        raise errors.failed(str(error), code=-2147024713, status=500) from error
    made.description = str(body.get("Description") or "")
    return made


def _update(call: Call, web: Web, body: Body) -> None:
    changes: dict[str, Any] = {
        attribute: body[name] for name, attribute in _WRITTEN.items() if body.get(name) is not None
    }
    web.update(by=call.user_id, **changes)


def _remove(call: Call, web: Web) -> None:
    if web.parent is None:
        raise errors.failed("The root web is deleted with its site collection.", status=500)
    try:
        web.parent.delete_web(web, by=call.user_id)
    except NotAllowed as error:
        raise errors.failed(str(error), status=500) from error


def _all_properties(_: Call, web: Web, path: str) -> Entity:
    told = {coded_name(name): value for name, value in web.properties.items()}
    return property_bag(told, path)


def _set_properties(call: Call, web: Web, args: Args) -> None:
    given = args.part("properties")
    web.set_properties({str(key): value for key, value in given.items()}, by=call.user_id)


def _associated(call: Call, number: int, path: str) -> Entity | None:
    found = call.collection.principals.groups.get(number)
    return principals.principal_entity(found, path) if found is not None else None


def _set_associated(call: Call, web: Web, args: Args) -> None:
    """Say which groups are the web's own (``createDefaultAssociatedGroups`` makes new ones)."""
    changes = {
        name: args.number(key)
        for key, name in (
            ("ownerGroupId", "owner_group_id"),
            ("memberGroupId", "member_group_id"),
            ("visitorGroupId", "visitor_group_id"),
        )
        if args.get(key) is not None
    }
    web.update(by=call.user_id, **changes)


def _current_user(call: Call, _: Web, __: str) -> Entity:
    found = call.collection.principals.users[call.user_id]
    return principals.user_entity(found)


def _user_by_id(call: Call, _: Web, args: Args) -> Entity:
    found = call.collection.principals.users.get(args.number("id", 0))
    if found is None:
        raise principals.no_user()
    return principals.user_entity(found)


def _available_fields(call: Call, web: Web, path: str) -> Collection:
    held: dict[str, Any] = {}
    here: Web | None = web
    while here is not None:
        held = {**here.fields, **held}
        here = here.parent
    return Collection(
        kind=FIELD,
        path=path,
        things=lambda: list(held.values()),
        item_path=lambda one: f"{path}(guid'{one.id}')",
    )


def _effective(call: Call, _: Web, __: Args) -> Value:
    return Value("GetUserEffectivePermissions", security.mask(call.rights))


def _created(_: Call, web: Web) -> str:
    # Recorded: of webs this time has no zone.
    return f"{web.created:%Y-%m-%dT%H:%M:%S}"


WEB: Kind[Web] = known(
    Kind(
        name="SP.Web",
        values={
            "AllowRssFeeds": lambda _, web: True,
            "AlternateCssUrl": lambda _, web: web.alternate_css_url,
            **fixed({"AppInstanceId": NO_GUID, "ClassicWelcomePage": None}),
            "Configuration": lambda _, web: web.configuration,
            "Created": _created,
            "CurrentChangeToken": lambda _, web: token(web.current_token),
            "CustomMasterUrl": lambda _, web: web.custom_master_url,
            "Description": lambda _, web: web.description,
            **fixed({
                "DesignPackageId": NO_GUID,
                "DocumentLibraryCalloutOfficeWebAppPreviewersDisabled": False,
                "EnableMinimalDownload": False,
                "FooterEmphasis": 0,
                "FooterEnabled": False,
                "FooterLayout": 0,
                "HeaderEmphasis": 0,
                "HeaderLayout": 0,
                "HideTitleInHeader": False,
                "HorizontalQuickLaunch": False,
            }),
            "Id": lambda _, web: web.id,
            **fixed({
                "IsHomepageModernized": False,
                "IsMultilingual": True,
                "IsRevertHomepageLinkHidden": False,
            }),
            "Language": lambda _, web: web.language,
            "LastItemModifiedDate": lambda _, web: web.last_modified,
            "LastItemUserModifiedDate": lambda _, web: web.last_modified,
            "LogoAlignment": lambda _, web: 0,
            "MasterUrl": lambda _, web: web.master_url,
            **fixed({
                "MegaMenuEnabled": False,
                "NavAudienceTargetingEnabled": False,
                "NoCrawl": False,
                "ObjectCacheEnabled": False,
                "OverwriteTranslationsOnChange": False,
            }),
            "ResourcePath": lambda call, web: decoded(call.url_of(web)),
            "QuickLaunchEnabled": lambda _, web: web.quick_launch_enabled,
            **fixed({"RecycleBinEnabled": True, "SearchScope": 0}),
            "ServerRelativeUrl": lambda _, web: web.path,
            "SiteLogoUrl": lambda _, web: web.logo_url,
            **fixed({"SyndicationEnabled": True, "TenantAdminMembersCanShare": 0}),
            "Title": lambda _, web: web.title,
            "TreeViewEnabled": lambda _, web: web.tree_view_enabled,
            **fixed({"UIVersion": 15, "UIVersionConfigurationEnabled": False}),
            "Url": lambda call, web: call.url_of(web),
            "WebTemplate": lambda _, web: web.template,
            "WelcomePage": lambda _, web: web.welcome_page,
        },
        more={
            **security.MORE,
            "ThemedCssFolderUrl": lambda _, web: web.theme or None,
            "CommentsOnSitePagesDisabled": lambda _, web: False,
            "MembersCanShare": lambda _, web: True,
            "RequestAccessEmail": lambda _, web: "",
            "IsProvisioningComplete": lambda _, web: True,
            "SupportedUILanguageIds": lambda _, web: [web.language],
            "ServerRelativePath": lambda _, web: decoded(web.path),
        },
        links={
            "AllProperties": _all_properties,
            "AssociatedMemberGroup": lambda call, web, path: _associated(
                call, web.member_group_id, path
            ),
            "AssociatedOwnerGroup": lambda call, web, path: _associated(
                call, web.owner_group_id, path
            ),
            "AssociatedVisitorGroup": lambda call, web, path: _associated(
                call, web.visitor_group_id, path
            ),
            "Author": lambda call, web, path: principals.user_entity(
                call.collection.principals.users[web.author_id]
            ),
            "AvailableContentTypes": lambda call, web, path: types_of(
                call, web, path, is_available=True
            ),
            "AvailableFields": _available_fields,
            "ContentTypes": types_of,
            "CurrentUser": _current_user,
            "DefaultDocumentLibrary": lists.default_library,
            "EventReceivers": lambda _, web, path: plain_rows(
                "SP.EventReceiverDefinition", [], path
            ),
            "Features": lambda call, web, path: features_of(call, web.features, path),
            "Fields": columns_of,
            "Folders": lambda call, web, path: folders.folders_of(call, Place(web), path),
            "Lists": lists.lists_of,
            "Navigation": navigation_of,
            "ParentWeb": lambda call, web, path: Entity(WEB, web.parent, path)
            if web.parent
            else None,
            "RecycleBin": lambda call, web, path: bin_of(call, web.id, path),
            "RegionalSettings": regional_of,
            "RoleDefinitions": security.role_definitions,
            "RootFolder": lambda _, web, path: folders.folder_entity(Place(web)),
            **security.LINKS,
            "SiteGroups": groups.site_groups,
            "SiteUserInfoList": lambda _, web, path: lists.users_list(web),
            "SiteUsers": principals.site_users,
            "UserCustomActions": lambda _, web, path: plain_rows(
                "SP.UserCustomAction", web.custom_actions, path
            ),
            "Webs": _webs,
        },
        methods={
            **security.METHODS,
            "ensureuser": Method(run=principals.ensure_user, is_post=True, needs=Level.EDIT),
            "getchanges": Method(
                run=lambda call, web, args: get_changes(call, Scope.WEB, web.id, args),
                is_post=True,
            ),
            "getfilebyid": Method(run=files.file_by_id),
            "getfilebyserverrelativepath": Method(run=files.file_by_path, since="2019"),
            "getfilebyserverrelativeurl": Method(run=files.file_by_url),
            "getfilebyurl": Method(run=files.file_by_whole_url, since="2016"),
            "getfolderbyid": Method(run=folders.folder_by_id),
            "getfolderbyserverrelativepath": Method(run=folders.folder_by_path, since="2019"),
            "getfolderbyserverrelativeurl": Method(run=folders.folder_by_url),
            "getlist": Method(run=lists.get_list),
            "getlistusingpath": Method(run=lists.get_list, since="2019"),
            "getsubwebsfilteredforcurrentuser": Method(
                run=lambda call, web, args: _webs(call, web, "Web/Webs")
            ),
            "getuserbyid": Method(run=_user_by_id),
            "getusereffectivepermissions": Method(run=_effective),
            "setassociatedgroups": Method(run=_set_associated, is_post=True, needs=Level.FULL),
            "updateproperties": Method(run=_set_properties, is_post=True, needs=Level.FULL),
        },
        since=dict.fromkeys(
            ("ClassicWelcomePage", "FooterEmphasis", "FooterEnabled", "FooterLayout",
             "HeaderEmphasis", "HeaderLayout", "HideTitleInHeader", "IsHomepageModernized",
             "IsRevertHomepageLinkHidden", "LastItemUserModifiedDate", "LogoAlignment",
             "MegaMenuEnabled", "NavAudienceTargetingEnabled", "SearchScope",
             "TenantAdminMembersCanShare"), "online",
        ) | {  "ResourcePath": "2019", "WelcomePage": "2019",
             "SiteLogoUrl": "2016", "DesignPackageId": "2016"},
        update=_update,
        remove=_remove,
    )
)  # fmt: skip
