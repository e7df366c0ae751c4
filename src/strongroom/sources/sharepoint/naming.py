"""Finding one site by whatever address a person has of it; every one leads to the same id.

An address may be that of a page, list or document in the site, or an old one that the server sends
on from. Nothing is sent to another host than the connection's own, wherever an answer points.
"""

from __future__ import annotations

from urllib.parse import quote, urljoin

import msgspec

from strongroom.errors import OperatorError
from strongroom.sources.sharepoint import excluding
from strongroom.sources.sharepoint.addresses import is_same_path, plain_path, upwards
from strongroom.sources.sharepoint.channels import CHANNEL, channel_name
from strongroom.sources.sharepoint.hosts import Hosts
from strongroom.wire.origins import ForbiddenOrigin, Origin
from strongroom.wire.sharepoint.rest import RestConnection
from strongroom.wire.sharepoint.rest_refusals import SiteMoved, SiteRefused
from strongroom.wire.sharepoint.sites import Web, api, read_collection, read_web, site_path
from strongroom.words.resource import Resource, ResourceKind

SITE, SUBSITE, PERSONAL = "site", "subsite", "personal"
REDIRECT = "REDIRECTSITE"

_HOPS_MAX = 3
_ROLES = {"SPSPERS": PERSONAL, "TEAMCHANNEL": CHANNEL}


class _There(msgspec.Struct, rename="pascal"):
    exists: bool = True


def find_at(hosts: Hosts, reference: str) -> Resource:
    """Find the site that an address is of, or lies in.

    Args:
        hosts: Where may be asked.
        reference: A whole address, or a path on the connection's own server.

    Raises:
        ForbiddenOrigin: it is on another host.
        OperatorError: there is none.
        SiteDenied: it is not opened to us.
    """
    address = reference if "://" in reference else f"{hosts.origin}{reference}"
    for _ in range(_HOPS_MAX):
        own = hosts.own(address)
        rest = hosts.of(own) if own else None
        if own is None or rest is None:
            raise _elsewhere(hosts)
        try:
            return _nearest(rest, plain_path(own))
        except SiteMoved as moved:
            following = _following(own, moved.where)
            if not following or hosts.of(following) is None:
                # Told, and not followed: the sign-in is not for that host.
                raise
            address = following
    raise OperatorError(
        "The address of the site sends us round in a circle.",
        hint="Give the address that the site has now; `resources` lists them.",
    )


def _following(own: str, where: str) -> str:
    """Give the whole address that an answer names; empty: it names none."""
    try:
        return urljoin(own, where) if where else ""
    except ValueError:
        return ""


def resource_of(
    rest: RestConnection, collection: str, web: Web, path: str, *, is_top: bool
) -> Resource:
    """Describe a web that was opened.

    Args:
        rest: To its host.
        collection: GUID of its collection.
        web: What it told.
        path: Of it on the server.
        is_top: It is the top of its collection.
    """
    address = f"{Origin.of(rest.transport.url)}{path.rstrip('/')}"
    id_ = collection if is_top else f"{collection},{web.id}"
    role = _ROLES.get(web.template, SITE) if is_top else SUBSITE
    name = channel_name(rest, path, web.title) if role == CHANNEL else web.title
    return Resource(kind=ResourceKind.SITE, id=id_, address=address, name=name, role=role)


def _nearest(rest: RestConnection, asked: str) -> Resource:
    missing: SiteRefused | None = None
    for path in upwards(asked):
        try:
            web, top = read_web(rest, path), read_collection(rest, path)
        except SiteRefused as error:
            if error.status != 404:
                raise
            missing = missing or error
            continue
        if web.template == REDIRECT:
            raise OperatorError(
                "The site is at another address now.",
                why=excluding.SENDS_ON,
                hint="Name it by that one; `resources` lists them.",
            )
        here = _as_told(web, path)
        if not is_same_path(here, asked) and not _is_in(rest, here, asked):
            break
        return resource_of(rest, top.id, web, here, is_top=is_same_path(here, top.path))
    raise missing or SiteRefused(
        "There is no such site.",
        status=404,
        code="",
        why="The site above it holds nothing of that name.",
        hint="Check its address.",
    )


def _as_told(web: Web, path: str) -> str:
    """Give a web's path as the server writes it, if that is the one asked for or one above."""
    told = site_path(web.url)
    return told if any(is_same_path(one, told) for one in upwards(path)) else path


def _is_in(rest: RestConnection, web: str, asked: str) -> bool:
    """Say whether a path names something in a web; so no slip of the pen becomes the site above."""
    name = asked.rpartition("/")[2].casefold()
    tries = [("file", asked), ("folder", asked)]
    if name.endswith(".aspx"):
        # A page that shows a list is no file that everybody may ask for.
        above = asked.rpartition("/")[0]
        tries += [("folder", above), ("folder", above.rpartition("/")[0])]
    return any(_exists(rest, web, kind, path) for kind, path in tries if len(path) > len(web))


def _exists(rest: RestConnection, web: str, kind: str, path: str) -> bool:
    named = quote(path.replace("'", "''"), safe="/")
    target = f"{api(web)}/web/get{kind}byserverrelativeurl('{named}')?$select=Exists"
    try:
        return rest.get(target, _There).exists
    except SiteRefused:
        return False


def _elsewhere(hosts: Hosts) -> ForbiddenOrigin:
    return ForbiddenOrigin(
        "This site is not of the connection's server.",
        why=f"Its sign-in is for {hosts.origin} alone.",
        hint="Add a connection for that server. If it is another name of this one (alternate access"
        f" mapping), name the site as {hosts.origin}/…",
    )
