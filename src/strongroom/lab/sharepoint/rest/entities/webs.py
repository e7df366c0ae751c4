"""Webs, and the site collection that they are in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from strongroom.lab.sharepoint.content.change_log import Scope
from strongroom.lab.sharepoint.content.collection import SiteCollection
from strongroom.lab.sharepoint.content.refusals import AlreadyExists, NotAllowed
from strongroom.lab.sharepoint.content.webs import Web
from strongroom.lab.sharepoint.rest import errors
from strongroom.lab.sharepoint.rest.call import Call
from strongroom.lab.sharepoint.rest.dates import LOCALES, zone_of
from strongroom.lab.sharepoint.rest.entities import files, lists, principals, security
from strongroom.lab.sharepoint.rest.entities.changes import get_changes
from strongroom.lab.sharepoint.rest.entities.columns import coded_name
from strongroom.lab.sharepoint.rest.entities.common import NO_GUID, decoded, fixed, known, token
from strongroom.lab.sharepoint.rest.entities.content_types import types_of
from strongroom.lab.sharepoint.rest.entities.fields import FIELD, columns_of
from strongroom.lab.sharepoint.rest.entities.navigation import navigation_of
from strongroom.lab.sharepoint.rest.entities.recycle_bin import bin_of
from strongroom.lab.sharepoint.rest.entities.small import FEATURE, plain_rows, property_bag
from strongroom.lab.sharepoint.rest.kinds import (
    Args,
    Body,
    Collection,
    Complex,
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
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_MINUTE = timedelta(minutes=1)


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


def _features(_: Call, held: set[str], path: str) -> Collection:
    def add(call: Call, _: object, args: Args) -> Entity:
        number = _feature(args)
        _switch(call, held, number, is_on=True)
        return Entity(FEATURE, number, f"{path}('{number}')")

    def remove(call: Call, _: object, args: Args) -> None:
        _switch(call, held, _feature(args), is_on=False)

    def by_id(call: Call, _: object, args: Args) -> Entity | None:
        number = _feature(args)
        return Entity(FEATURE, number, f"{path}('{number}')") if number in held else None

    return Collection(
        kind=FEATURE,
        path=path,
        things=lambda: sorted(held),
        find=lambda key: str(key).casefold() if str(key).casefold() in held else None,
        item_path=lambda one: f"{path}('{one}')",
        methods={
            "add": Method(run=add, is_post=True, needs=Level.FULL),
            "remove": Method(run=remove, is_post=True, needs=Level.FULL),
            "getbyid": Method(run=by_id),
        },
    )


def _feature(args: Args) -> str:
    number = args.text("featureId", 0).strip("{}").casefold()
    if not _GUID.fullmatch(number):
        raise errors.bad_argument("The feature is not valid.")
    return number


def _switch(call: Call, held: set[str], number: str, *, is_on: bool) -> None:
    if held is call.web.features:
        call.web.switch_feature(number, is_on=is_on, by=call.user_id)
        return
    call.collection.begin()
    if is_on:
        held.add(number)
    else:
        held.discard(number)


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


def _regional(_: Call, web: Web, path: str) -> Entity:
    return Entity(REGIONAL, web, path)


def _zone(_: Call, web: Web, path: str) -> Entity:
    return Entity(ZONE, web, path)


def _information(call: Call, web: Web) -> Complex:
    zone = zone_of(web.regional.time_zone)
    year = call.clock.now().year
    winter, summer = (
        call.clock.now().replace(year=year, month=month, day=1).astimezone(zone).utcoffset()
        or timedelta()
        for month in (1, 7)
    )
    standard, daylight = min(winter, summer), max(winter, summer)
    return Complex(
        "SP.TimeZoneInformation",
        {
            "Bias": -standard // _MINUTE,
            "DaylightBias": -(daylight - standard) // _MINUTE if daylight != standard else -60,
            "StandardBias": 0,
        },
    )


def _zone_text(call: Call, web: Web) -> str:
    number = web.regional.time_zone
    return f"({zone_of(number).key})"


def _set_regional(call: Call, web: Web, body: Body) -> None:
    regional = web.regional
    names = {
        "LocaleId": "locale_id",
        "FirstDayOfWeek": "first_day_of_week",
        "CalendarType": "calendar",
        "Collation": "collation",
        "WorkDays": "work_days",
        "WorkDayStartHour": "work_day_start",
        "WorkDayEndHour": "work_day_end",
    }
    for name, attribute in names.items():
        if isinstance(body.get(name), int):
            setattr(regional, attribute, body[name])
    if "Time24" in body:
        regional.has_24_hours = bool(body["Time24"])
    zone = body.get("TimeZone")
    if isinstance(zone, Mapping) and isinstance(zone.get("Id"), int):
        regional.time_zone = zone["Id"]
    web.update(by=call.user_id)


def _separator(web: Web) -> str:
    found = LOCALES.get(web.regional.locale_id)
    return found.separator if found else "/"


def _has_comma(web: Web) -> bool:
    return web.regional.locale_id not in {1033, 2057, 3081, 4105, 1041}


def _created(_: Call, web: Web) -> str:
    # Recorded: of webs this time has no zone.
    return f"{web.created:%Y-%m-%dT%H:%M:%S}"


REGIONAL: Kind[Web] = known(
    Kind(
        name="SP.RegionalSettings",
        values={
            "AdjustHijriDays": lambda _, web: 0,
            "AlternateCalendarType": lambda _, web: web.regional.alternate_calendar,
            "AM": lambda _, web: "AM",
            "CalendarType": lambda _, web: web.regional.calendar,
            "Collation": lambda _, web: web.regional.collation,
            "CollationLCID": lambda _, web: web.regional.locale_id,
            "DateFormat": lambda _, web: 0,
            "DateSeparator": lambda _, web: _separator(web),
            "DecimalSeparator": lambda _, web: "," if _has_comma(web) else ".",
            "DigitGrouping": lambda _, web: "3;0",
            "FirstDayOfWeek": lambda _, web: web.regional.first_day_of_week,
            "FirstWeekOfYear": lambda _, web: 0,
            **fixed({"IsEastAsia": False, "IsRightToLeft": False, "IsUIRightToLeft": False}),
            "ListSeparator": lambda _, web: ";" if _has_comma(web) else ",",
            "LocaleId": lambda _, web: web.regional.locale_id,
            **fixed({"NegativeSign": "-", "NegNumberMode": 1, "PM": "PM", "PositiveSign": "",
                     "ShowWeeks": False}),
            "ThousandSeparator": lambda _, web: "." if _has_comma(web) else ",",
            "Time24": lambda _, web: web.regional.has_24_hours,
            **fixed({"TimeMarkerPosition": 0, "TimeSeparator": ":"}),
            "WorkDayEndHour": lambda _, web: web.regional.work_day_end,
            "WorkDays": lambda _, web: web.regional.work_days,
            "WorkDayStartHour": lambda _, web: web.regional.work_day_start,
        },
        links={"TimeZone": _zone},
        update=_set_regional,
    )
)  # fmt: skip

ZONE: Kind[Web] = known(
    Kind(
        name="SP.TimeZone",
        values={
            "Description": _zone_text,
            "Id": lambda _, web: web.regional.time_zone,
            "Information": _information,
        },
    )
)

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
            "Features": lambda call, web, path: _features(call, web.features, path),
            "Fields": columns_of,
            "Folders": lambda call, web, path: files.folders_of(call, files.Place(web), path),
            "Lists": lists.lists_of,
            "Navigation": navigation_of,
            "ParentWeb": lambda call, web, path: Entity(WEB, web.parent, path)
            if web.parent
            else None,
            "RecycleBin": lambda call, web, path: bin_of(call, web.id, path),
            "RegionalSettings": _regional,
            "RoleDefinitions": security.role_definitions,
            "RootFolder": lambda _, web, path: files.folder_entity(files.Place(web)),
            **security.LINKS,
            "SiteGroups": principals.site_groups,
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
            "getfolderbyid": Method(run=files.folder_by_id),
            "getfolderbyserverrelativepath": Method(run=files.folder_by_path, since="2019"),
            "getfolderbyserverrelativeurl": Method(run=files.folder_by_url),
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
        ) | {"CurrentChangeToken": "2016", "ResourcePath": "2019", "WelcomePage": "2019",
             "SiteLogoUrl": "2016", "DesignPackageId": "2016"},
        update=_update,
        remove=_remove,
    )
)  # fmt: skip


def _root(_: Call, site: SiteCollection, __: str) -> Entity:
    return web_entity(site.root)


def _usage(_: Call, site: SiteCollection) -> Complex:
    quota = site.quota_bytes or 1 << 40
    return Complex(
        "SP.UsageInfo",
        {
            "Bandwidth": "0",
            "DiscussionStorage": "0",
            "Hits": "0",
            "Storage": str(site.used_bytes),
            "StoragePercentageUsed": site.used_bytes / quota,
            "Visits": "0",
        },
    )


SITE: Kind[SiteCollection] = known(
    Kind(
        name="SP.Site",
        values={
            "AllowCreateDeclarativeWorkflow": lambda _, site: True,
            "AllowDesigner": lambda _, site: True,
            "AllowMasterPageEditing": lambda _, site: False,
            "AllowRevertFromTemplate": lambda _, site: False,
            "Classification": lambda _, site: "",
            "CompatibilityLevel": lambda _, site: 15,
            "CurrentChangeToken": lambda _, site: token(site.current_token),
            "DisableCompanyWideSharingLinks": lambda _, site: False,
            "ExternalSharingTipsEnabled": lambda _, site: False,
            "GroupId": lambda _, site: site.group_id or NO_GUID,
            "Id": lambda _, site: site.id,
            "IsHubSite": lambda _, site: False,
            "LockIssue": lambda _, site: site.lock_issue or None,
            "MaxItemsPerThrottledOperation": lambda _, site: site.view_threshold,
            "PrimaryUri": lambda call, site: call.url_of(site.root),
            "ReadOnly": lambda _, site: site.is_read_only or site.is_archived,
            "ServerRelativeUrl": lambda _, site: site.path,
            "ShareByEmailEnabled": lambda _, site: False,
            "ShowUrlStructure": lambda _, site: False,
            "Url": lambda call, site: call.url_of(site.root),
        },
        more={
            "SensitivityLabel": lambda _, site: site.sensitivity_label or NO_GUID,
            "SensitivityLabelId": lambda _, site: site.sensitivity_label or None,
            "ChannelGroupId": lambda _, site: site.group_id if site.channel else NO_GUID,
            "RelatedGroupId": lambda _, site: site.group_id or NO_GUID,
            "WriteLocked": lambda _, site: site.is_read_only,
            "IsTeamsChannelConnected": lambda _, site: bool(site.channel),
            "TeamsChannelType": lambda _, site: {"private": 1, "shared": 2}.get(site.channel, 0),
            "Usage": _usage,
            "Archived": lambda _, site: site.is_archived,
        },
        links={
            "Features": lambda call, site, path: _features(call, site.features, path),
            "Owner": lambda call, site, path: principals.user_entity(
                call.collection.principals.users[site.owner_id]
            ),
            "RecycleBin": lambda call, _, path: bin_of(call, "", path),
            "RootWeb": _root,
            "UserCustomActions": lambda _, site, path: plain_rows(
                "SP.UserCustomAction", site.custom_actions, path
            ),
        },
        methods={
            "getchanges": Method(
                run=lambda call, site, args: get_changes(call, Scope.SITE, site.id, args),
                is_post=True,
            ),
            "openweb": Method(
                run=lambda call, site, args: _open_web(call, site, args.text("strUrl", 0))
            ),
            "openwebbyid": Method(
                run=lambda call, site, args: _web_by_id(site, args.text("gWebId", 0))
            ),
        },
        since={"CurrentChangeToken": "2016", "GroupId": "2019", "IsHubSite": "2019",
               "Classification": "2019"},
    )
)  # fmt: skip


def _open_web(call: Call, site: SiteCollection, path: str) -> Entity:
    found = site.web_at(path if path.startswith("/") else f"{site.path.rstrip('/')}/{path}")
    if found is None:
        raise errors.not_found()
    return web_entity(found)


def _web_by_id(site: SiteCollection, number: str) -> Entity:
    found = site.web_by_id(number)
    if found is None:
        raise errors.not_found()
    return web_entity(found)
