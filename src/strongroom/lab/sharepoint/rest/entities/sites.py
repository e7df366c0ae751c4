"""Site collections."""

from __future__ import annotations

from strongroom.lab.sharepoint.content.change_log import Scope
from strongroom.lab.sharepoint.content.collection import SiteCollection
from strongroom.lab.sharepoint.rest import errors
from strongroom.lab.sharepoint.rest.call import Call
from strongroom.lab.sharepoint.rest.entities import principals
from strongroom.lab.sharepoint.rest.entities.changes import get_changes
from strongroom.lab.sharepoint.rest.entities.common import NO_GUID, known, token
from strongroom.lab.sharepoint.rest.entities.features import features_of
from strongroom.lab.sharepoint.rest.entities.recycle_bin import bin_of
from strongroom.lab.sharepoint.rest.entities.small import plain_rows
from strongroom.lab.sharepoint.rest.entities.webs import web_entity
from strongroom.lab.sharepoint.rest.kinds import (
    Complex,
    Entity,
    Kind,
    Method,
)


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


def _primary_uri(call: Call, site: SiteCollection) -> str:
    primary = call.service.farm.primary
    return primary + site.path if primary else call.url_of(site.root)


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
            "PrimaryUri": _primary_uri,
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
            "Features": lambda call, site, path: features_of(call, site.features, path),
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
        since={  "GroupId": "2019", "IsHubSite": "2019",
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
