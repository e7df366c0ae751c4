"""What a site says about itself, about whoever asks, and about the sites below it.

Source:
    https://learn.microsoft.com/previous-versions/office/developer/sharepoint-rest-reference/dn499819(v=office.15)
    https://learn.microsoft.com/openspecs/sharepoint_protocols/ms-csomspt
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntFlag
from urllib.parse import quote, urlsplit

import msgspec

from strongroom.errors import OperatorError
from strongroom.wire.sharepoint.pacing import Call
from strongroom.wire.sharepoint.rest import RestConnection

_TEXT_CHARS_MAX = 300
_NO_GUID = "00000000-0000-0000-0000-000000000000"
_CHANNELS = {1: "private", 2: "shared"}
_CLAIM = re.compile(r"[ic]:0[^|\s]{1,8}\|[\w@.|\\:/+~#=-]{1,250}")
_GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Rights(IntFlag):
    """Some of the 64 bits of ``SP.BasePermissions``, the low half first.

    Source:
        https://learn.microsoft.com/openspecs/sharepoint_protocols/ms-wssfo2
    """

    VIEW_LIST_ITEMS = 1 << 0
    ADD_LIST_ITEMS = 1 << 1
    EDIT_LIST_ITEMS = 1 << 2
    DELETE_LIST_ITEMS = 1 << 3
    OPEN_ITEMS = 1 << 5
    VIEW_VERSIONS = 1 << 6
    MANAGE_LISTS = 1 << 11
    ADD_AND_CUSTOMIZE_PAGES = 1 << 18
    MANAGE_PERMISSIONS = 1 << 25
    MANAGE_WEB = 1 << 30
    ENUMERATE_PERMISSIONS = 1 << 62


READ = Rights.VIEW_LIST_ITEMS | Rights.OPEN_ITEMS | Rights.VIEW_VERSIONS
WRITE = (
    Rights.ADD_LIST_ITEMS
    | Rights.EDIT_LIST_ITEMS
    | Rights.DELETE_LIST_ITEMS
    | Rights.MANAGE_LISTS
    | Rights.MANAGE_PERMISSIONS
    | Rights.MANAGE_WEB
)
"""What putting a site back takes. Pages can only be customised where scripts are allowed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Web:
    """A site, or a site below one.

    Attributes:
        id: GUID of the web.
        title: Its name. Untrusted text.
        url: Its address as the server writes it. For display: nothing is sent there unchecked.
        template: What it was made from (``STS``, ``GROUP``, ``SITEPAGEPUBLISHING`` …).
        rights: What whoever asks may do there; None if it was not told.
    """

    id: str
    title: str
    url: str
    template: str
    rights: Rights | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Whom:
    r"""Who asks, as the site knows them.

    Attributes:
        login: Claims name (``i:0#.w|lab\svc-backup``); empty if it does not look like one.
        is_site_admin: An administrator of the whole site collection.
    """

    login: str
    is_site_admin: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """A site collection.

    Attributes:
        id: Its GUID; it outlives every address.
        path: Of its top, on the server.
    """

    id: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """What a Teams channel's site belongs to.

    Attributes:
        group_id: GUID of the team's Microsoft 365 group; empty if it was not told.
        kind: ``private`` or ``shared``; empty if it was not told.
    """

    group_id: str
    kind: str


class _Permissions(msgspec.Struct, rename="pascal"):
    high: str = "0"
    low: str = "0"


class _Web(msgspec.Struct, rename="pascal"):
    id: str = ""
    title: str = ""
    url: str = ""
    web_template: str = ""
    effective_base_permissions: _Permissions | None = None


class _Webs(msgspec.Struct):
    value: list[_Web]


class _Site(msgspec.Struct, rename="pascal"):
    id: str
    server_relative_url: str = ""
    group_id: str = ""
    related_group_id: str = ""
    teams_channel_type: int = 0


class _User(msgspec.Struct, rename="pascal"):
    login_name: str = ""
    is_site_admin: bool = False


_WEB = "$select=Id,Title,Url,WebTemplate,EffectiveBasePermissions"


def read_whom(rest: RestConnection, site: str) -> Whom:
    """Ask who we are there.

    Args:
        rest: The connection.
        site: Path of the site on the server: ``/sites/team``, or ``/``.

    Raises:
        SiteDenied: the sign-in is not taken (401), or opens this site not (403).
    """
    found = rest.get(f"{api(site)}/web/currentuser?$select=LoginName,IsSiteAdmin", _User)
    login = found.login_name if _CLAIM.fullmatch(found.login_name) else ""
    return Whom(login=login, is_site_admin=found.is_site_admin)


def read_web(rest: RestConnection, site: str) -> Web:
    """Ask a site what it is, and what we may do there.

    Raises:
        SiteDenied: it is not opened to us.
        SiteRefused: there is none.
    """
    return _web(rest, rest.get(f"{api(site)}/web?{_WEB}", _Web))


def read_collection(rest: RestConnection, site: str) -> Collection:
    """Say which site collection a site is in.

    Raises:
        SiteDenied, SiteRefused: as above.
    """
    found = rest.get(f"{api(site)}/site?$select=Id,ServerRelativeUrl", _Site)
    return Collection(id=_guid(rest, found.id), path=found.server_relative_url or "/")


def read_channel(rest: RestConnection, site: str) -> Channel:
    """Say of which team a Teams channel's site is.

    Raises:
        SiteDenied, SiteRefused: as above; or the server knows no teams.
    """
    fields = "Id,GroupId,RelatedGroupId,TeamsChannelType"
    found = rest.get(f"{api(site)}/site?$select={fields}", _Site)
    groups = (found.related_group_id.lower(), found.group_id.lower())
    group_id = next((one for one in groups if is_guid(one) and one != _NO_GUID), "")
    return Channel(group_id=group_id, kind=_CHANNELS.get(found.teams_channel_type, ""))


def read_webs(rest: RestConnection, site: str) -> list[Web]:
    """List the sites directly below one.

    Raises:
        SiteDenied, SiteRefused: as above.
    """
    found = rest.get(f"{api(site)}/web/webs?{_WEB}", _Webs, call=Call.MANY)
    return [_web(rest, one) for one in found.value]


def api(site: str) -> str:
    """Give the path of a site's ``_api``, in the writing of URLs."""
    return f"{quote(site.rstrip('/'), safe='/%')}/_api"


def is_guid(text: str) -> bool:
    """Say whether it is a GUID in small letters."""
    return _GUID.fullmatch(text) is not None


def site_path(url: str) -> str:
    """Cut the path of a site out of its address, without a slash at the end; the root is ``/``."""
    return urlsplit(url).path.rstrip("/") or "/"


def _web(rest: RestConnection, told: _Web) -> Web:
    permissions = told.effective_base_permissions
    return Web(
        id=_guid(rest, told.id),
        title=told.title[:_TEXT_CHARS_MAX],
        url=told.url[:_TEXT_CHARS_MAX],
        template=told.web_template[:_TEXT_CHARS_MAX],
        rights=None if permissions is None else _rights(rest, permissions),
    )


def _rights(rest: RestConnection, told: _Permissions) -> Rights:
    halves = (told.high, told.low)
    if not all(half.isascii() and half.isdigit() and len(half) <= 10 for half in halves):
        raise _strange(rest, "Its rights are no numbers.")
    return Rights((int(told.high) << 32 | int(told.low)) & ((1 << 64) - 1))


def _guid(rest: RestConnection, text: str) -> str:
    found = text.lower()
    if not is_guid(found):
        raise _strange(rest, "Its id is none.")
    return found


def _strange(rest: RestConnection, why: str) -> OperatorError:
    return OperatorError(f"{rest.transport.host} told something strange of a site.", why=why)
