"""Making and deleting site collections.

Source:
    https://learn.microsoft.com/sharepoint/dev/apis/site-creation-rest
"""

from __future__ import annotations

from enum import IntEnum
from urllib.parse import urlsplit

from strongroom.lab.sharepoint.content.refusals import AlreadyExists
from strongroom.lab.sharepoint.rest import errors
from strongroom.lab.sharepoint.rest.call import Call
from strongroom.lab.sharepoint.rest.entities.common import known
from strongroom.lab.sharepoint.rest.kinds import Args, Complex, Entity, Kind, Method, Value
from strongroom.lab.sharepoint.rights import Level

_NO_SITE = ""


class SiteStatus(IntEnum):
    """How far a site is."""

    NOT_FOUND = 0
    PROVISIONING = 1
    READY = 2
    ERROR = 3
    EXISTS = 4


def manager(_: Call, __: None, path: str) -> Entity:
    """Give the service an address."""
    return Entity(MANAGER, None, path)


def exists(call: Call, _: None, args: Args) -> Value:
    """``SP.Site.Exists``."""
    path = _path(call, args.text("url", 0))
    found = call.service.farm.site_of(path)
    return Value("Exists", found is not None and found.path == path)


def _create(call: Call, _: None, args: Args) -> Value:
    request = args.part("request")
    path = _path(call, str(request.get("Url") or ""))
    template = str(request.get("WebTemplate") or "STS").partition("#")[0]
    if path.count("/") != 2:
        raise errors.bad_argument("The address of a site has two parts: /sites/NAME.")
    try:
        made = call.service.content.create(path, str(request.get("Title", "")), template=template)
    except AlreadyExists:
        return _told("Create", SiteStatus.EXISTS, _NO_SITE, "")
    site = call.service.farm.site_of(path)
    assert site is not None, "it was made just now"
    if not call.visit.visitor.app_id:
        site.members = {call.visit.visitor.name.casefold(): Level.FULL}
    return _told("Create", SiteStatus.READY, made.id, call.url + path)


def _status(call: Call, _: None, args: Args) -> Value:
    given = args.get("url", 0) or call.query.get("url", "").strip("'")
    path = _path(call, str(given))
    if call.service.farm.site_of(path) is None:
        return _told("Status", SiteStatus.NOT_FOUND, _NO_SITE, "")
    found = call.service.content.collection(path)
    return _told("Status", SiteStatus.READY, found.id if found else "", call.url + path)


def _delete(call: Call, _: None, args: Args) -> None:
    wanted = args.text("siteId", 0).strip("{}").casefold()
    for one in call.service.content:
        if one.id == wanted:
            call.service.content.delete(one.path)
            return
    raise errors.not_found("The site does not exist.")


def _path(call: Call, url: str) -> str:
    return urlsplit(url.removeprefix(call.url)).path.casefold().rstrip("/")


def _told(name: str, status: SiteStatus, number: str, url: str) -> Value:
    told = {"SiteId": number, "SiteStatus": int(status), "SiteUrl": url}
    return Value(name, Complex("Microsoft.SharePoint.Portal.SPSiteCreationResponse", told))


MANAGER: Kind[None] = known(
    Kind(
        name="Microsoft.SharePoint.Portal.SPSiteManager",
        methods={
            "create": Method(run=_create, is_post=True, needs=Level.FULL),
            "delete": Method(run=_delete, is_post=True, needs=Level.FULL),
            "status": Method(run=_status),
        },
    )
)
