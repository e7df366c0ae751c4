"""All sites that a connection can reach, and those that it knows of and cannot, with the reason.

A site below another one is kept with its collection, so it is told and not backed up by itself,
unless somebody names it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from strongroom.errors import AccessDenied, OperatorError
from strongroom.sources.sharepoint import excluding
from strongroom.sources.sharepoint.addresses import is_below_a_site, is_same_path
from strongroom.sources.sharepoint.channels import (
    CHANNEL,
    TEMPLATE,
    channel_name,
    find_channels,
)
from strongroom.sources.sharepoint.hosts import Hosts
from strongroom.sources.sharepoint.naming import (
    PERSONAL,
    REDIRECT,
    SITE,
    SUBSITE,
    find_at,
    resource_of,
)
from strongroom.wire.graph.connection import GraphConnection
from strongroom.wire.graph.refusals import GraphDenied
from strongroom.wire.graph.sites import TenantSite, list_sites
from strongroom.wire.sharepoint.rest import RestConnection
from strongroom.wire.sharepoint.rest_refusals import SiteDenied, SiteMoved, SiteRefused
from strongroom.wire.sharepoint.search import FoundSite, search_sites
from strongroom.wire.sharepoint.sites import (
    Collection,
    is_guid,
    read_collection,
    read_web,
    read_webs,
    site_path,
)
from strongroom.words.resource import Resource, ResourceKind

_DEPTH_MAX = 20

Lister = Callable[[], Iterator[Resource]]
"""Lists all sites. Raises ``AccessDenied`` where that is not allowed, and ``SiteRefused`` where
nobody is there who could."""


def in_tenant(graph: GraphConnection, hosts: Hosts) -> Iterator[Resource]:
    """List the sites of a tenant by its own directory, as an application.

    Which of them are those of channels the directory does not say; the search does, if we may ask.

    Raises:
        GraphDenied: the application may not list.
    """
    channels: Mapping[str, FoundSite] | None = None
    seen: set[str] = set()
    for one in list_sites(graph):
        if channels is None:
            channels = find_channels(hosts.rest, site_path(hosts.site))
        listed = _listed(hosts, one, channels, seen)
        seen.add(one.collection_id)
        yield listed
    for number, found in (channels or {}).items():
        if number not in seen:
            yield _found(hosts, found)


def by_search(hosts: Hosts) -> Iterator[Resource]:
    """List the sites that a person or account finds.

    Raises:
        SiteDenied, SiteRefused: there is no search for us.
    """
    for one in search_sites(hosts.rest, site_path(hosts.site)):
        yield _found(hosts, one)


def with_own(hosts: Hosts, others: Lister) -> Iterator[Resource]:
    """List the connection's own site, the sites below it, and all others that are known.

    Raises:
        StrongroomError: nobody answers, or what is answered makes no sense.
    """
    seen: set[str] = set()
    for one in _own(hosts):
        seen.add(one.id)
        yield one
    try:
        for one in others():
            if one.id not in seen:
                seen.add(one.id)
                yield one
    except (SiteDenied, SiteRefused):
        # No search service, or not for us: what the connection names itself is all there is.
        return


def in_scope(hosts: Hosts, others: Lister) -> Iterator[Resource]:
    """List a tenant's sites; of an application that may not, the connection's own site.

    Raises:
        AccessDenied: it may neither list nor open that one.
    """
    try:
        yield from others()
    except GraphDenied as error:
        own = list(_own(hosts))
        if not own:
            raise AccessDenied(error.what, why=error.why, hint=error.hint) from error
        yield from own


def find(hosts: Hosts, reference: str, known: Lister) -> Resource:
    """Find one site by its address, its path on the server, or its id.

    Raises:
        OperatorError: there is none, or it is not of this connection's server.
    """
    if "://" in reference or reference.startswith("/"):
        return find_at(hosts, reference)
    for one in known():
        if one.id == reference.lower():
            # Named, a site below another one is kept by itself.
            return replace(one, excluded=None) if one.excluded == excluding.PART_OF else one
    raise OperatorError(
        f"There is no site {reference}.", hint="Name it by its address; `resources` lists them."
    )


def _own(hosts: Hosts) -> Iterator[Resource]:
    rest, path = hosts.rest, site_path(hosts.site)
    try:
        web, top = read_web(rest, path), read_collection(rest, path)
    except (SiteRefused, SiteMoved):
        return
    above = None if is_same_path(path, top.path) else _above(rest, top)
    own = resource_of(rest, top.id, web, path, is_top=is_same_path(path, top.path))
    if above is not None:
        yield above
        own = replace(own, excluded=excluding.PART_OF)
    yield own
    yield from _below(rest, top.id, path, depth=0)


def _above(rest: RestConnection, top: Collection) -> Resource | None:
    """Give the collection that the connection's own site is in, if it is opened to us."""
    try:
        web = read_web(rest, top.path)
    except (SiteDenied, SiteRefused):
        return None
    return resource_of(rest, top.id, web, top.path, is_top=True)


def _below(rest: RestConnection, collection: str, path: str, *, depth: int) -> Iterator[Resource]:
    if depth >= _DEPTH_MAX:
        return
    for web in read_webs(rest, path):
        below = site_path(web.url)
        found = resource_of(rest, collection, web, below, is_top=False)
        yield replace(found, excluded=excluding.PART_OF)
        if below != path and below.startswith(path.rstrip("/") + "/"):
            yield from _below(rest, collection, below, depth=depth + 1)


def _listed(
    hosts: Hosts, one: TenantSite, channels: Mapping[str, FoundSite], seen: set[str]
) -> Resource:
    """Describe a site that the tenant's directory names."""
    known = one.collection_id in seen
    if not one.is_top and (known or is_below_a_site(one.url)):
        id_ = f"{one.collection_id},{one.web_id}"
        found = _resource(hosts, id_, one.url, one.name, role=SUBSITE)
        return found if found.excluded else replace(found, excluded=excluding.PART_OF)
    channel = channels.get(one.collection_id)
    if channel is not None:
        found = _found(hosts, channel)
    else:
        role = PERSONAL if one.is_personal else SITE
        found = _resource(hosts, one.collection_id, one.url, one.name, role=role)
    if one.archive:
        return replace(found, excluded=excluding.archived(one.url, one.archive))
    return found


def _found(hosts: Hosts, one: FoundSite) -> Resource:
    """Describe a site that the search found."""
    if one.is_below:
        found = _resource(hosts, f"{one.id},{one.web_id}", one.url, one.title, role=SUBSITE)
        return found if found.excluded else replace(found, excluded=excluding.PART_OF)
    if one.template == TEMPLATE:
        found = _resource(hosts, one.id, one.url, one.title, role=CHANNEL)
        rest = hosts.of(found.address)
        if found.excluded or rest is None:
            return found
        return replace(found, name=channel_name(rest, site_path(found.address), one.title))
    role = PERSONAL if one.template == "SPSPERS" else SITE
    found = _resource(hosts, one.id, one.url, one.title, role=role)
    if one.template == REDIRECT and found.excluded is None:
        return replace(found, excluded=excluding.SENDS_ON)
    return found


def _resource(hosts: Hosts, id_: str, address: str, name: str, *, role: str = SITE) -> Resource:
    if not all(is_guid(one) for one in id_.split(",")):
        # Left out, it would be missing from every backup without anybody being told.
        raise OperatorError(
            "The list of sites holds one whose id is none.",
            hint="Name the sites one by one.",
        )
    own = hosts.own(address)
    return Resource(
        kind=ResourceKind.SITE,
        id=id_,
        address=address if own is None else own,
        name=name,
        role=role,
        excluded=excluding.elsewhere(hosts.origin.host) if own is None else None,
    )
