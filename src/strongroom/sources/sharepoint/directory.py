"""All sites that a connection can reach, and those that it knows of and cannot, with the reason."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from strongroom.errors import AccessDenied, OperatorError
from strongroom.wire.graph.connection import GraphConnection
from strongroom.wire.graph.refusals import GraphDenied
from strongroom.wire.graph.sites import list_sites
from strongroom.wire.origins import ForbiddenOrigin, Origin
from strongroom.wire.sharepoint.rest import RestConnection
from strongroom.wire.sharepoint.rest_refusals import SiteDenied, SiteRefused
from strongroom.wire.sharepoint.search import search_sites
from strongroom.wire.sharepoint.sites import (
    Web,
    is_guid,
    read_collection_id,
    read_web,
    read_webs,
    site_path,
)
from strongroom.words.resource import Resource, ResourceKind

SITE, SUBSITE, PERSONAL = "site", "subsite", "personal"
_DEPTH_MAX = 20
_REDIRECT = "REDIRECTSITE"

Lister = Callable[[], Iterator[Resource]]
"""Lists all sites but those below others. Raises ``AccessDenied`` where that is not allowed, and
``SiteRefused`` where nobody is there who could."""


def in_tenant(graph: GraphConnection, rest: RestConnection) -> Iterator[Resource]:
    """List the sites of a tenant by its own directory, as an application.

    Raises:
        GraphDenied: the application may not list.
    """
    for one in list_sites(graph):
        role = PERSONAL if one.is_personal else SITE
        yield _resource(rest, one.collection_id, one.url, one.name, role=role)


def by_search(rest: RestConnection, site: str) -> Iterator[Resource]:
    """List the sites that a person or account finds.

    Raises:
        SiteDenied, SiteRefused: there is no search for us.
    """
    for one in search_sites(rest, site_path(site)):
        found = _resource(rest, one.id, one.url, one.title)
        if one.template == _REDIRECT and found.excluded is None:
            found = replace(found, excluded="It only sends people to where the site moved to.")
        yield found


def with_own(rest: RestConnection, site: str, others: Lister) -> Iterator[Resource]:
    """List the connection's own site, the sites below it, and all others that are known.

    Raises:
        StrongroomError: nobody answers, or what is answered makes no sense.
    """
    seen: set[str] = set()
    for one in _own(rest, site):
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


def in_scope(rest: RestConnection, site: str, others: Lister) -> Iterator[Resource]:
    """List a tenant's sites; of an application that may not, the connection's own site.

    Raises:
        AccessDenied: it may neither list nor open that one.
    """
    try:
        yield from others()
    except GraphDenied as error:
        own = list(_own(rest, site))
        if not own or own[0].excluded:
            raise AccessDenied(error.what, why=error.why, hint=error.hint) from error
        yield from own


def find(rest: RestConnection, reference: str, known: Lister) -> Resource:
    """Find one site by its address, its path on the server, or its id.

    Raises:
        OperatorError: there is none, or it is not of this connection's server.
    """
    if "://" in reference or reference.startswith("/"):
        return _by_address(rest, reference)
    for one in known():
        if one.id == reference.lower():
            return one
    raise OperatorError(
        f"There is no site {reference}.", hint="Name it by its address; `resources` lists them."
    )


def _by_address(rest: RestConnection, reference: str) -> Resource:
    origin = Origin.of(rest.transport.url)
    address = reference if "://" in reference else f"{origin}{reference}"
    if Origin.of(address) != origin:
        raise ForbiddenOrigin(
            "This site is not of the connection's server.",
            why=f"Its sign-in is for {origin} alone.",
            hint="Add a connection for that server.",
        )
    path = site_path(address)
    web, collection = read_web(rest, path), read_collection_id(rest, path)
    return _of_web(rest, collection, web, path, is_top=_is_top(rest, path, collection))


def _own(rest: RestConnection, site: str) -> Iterator[Resource]:
    path = site_path(site)
    try:
        web, collection = read_web(rest, path), read_collection_id(rest, path)
    except SiteRefused:
        return
    is_top = _is_top(rest, path, collection)
    yield _of_web(rest, collection, web, path, is_top=is_top)
    yield from _below(rest, collection, path, depth=0)


def _below(rest: RestConnection, collection: str, path: str, *, depth: int) -> Iterator[Resource]:
    if depth >= _DEPTH_MAX:
        return
    for web in read_webs(rest, path):
        below = site_path(web.url)
        yield _of_web(rest, collection, web, below, is_top=False)
        if below != path and below.startswith(path.rstrip("/") + "/"):
            yield from _below(rest, collection, below, depth=depth + 1)


def _is_top(rest: RestConnection, path: str, collection: str) -> bool:
    """Say whether a site is the top of its collection: the one above it is of another, or none."""
    above = path.rpartition("/")[0]
    if not above or above in {"/sites", "/teams", "/personal"}:
        return True
    try:
        return read_collection_id(rest, above) != collection
    except OperatorError:
        return True


def _of_web(
    rest: RestConnection, collection: str, web: Web, path: str, *, is_top: bool
) -> Resource:
    address = f"{Origin.of(rest.transport.url)}{path.rstrip('/')}"
    id_ = collection if is_top else f"{collection},{web.id}"
    role = SITE if is_top else SUBSITE
    return Resource(kind=ResourceKind.SITE, id=id_, address=address, name=web.title, role=role)


def _resource(
    rest: RestConnection, id_: str, address: str, name: str, *, role: str = SITE
) -> Resource:
    if not is_guid(id_):
        # Left out, it would be missing from every backup without anybody being told.
        raise OperatorError(
            "The list of sites holds one whose id is none.",
            hint="Name the sites one by one.",
        )
    excluded = None
    origin = Origin.of(rest.transport.url)
    if not _is_of(address, origin):
        excluded = (
            f"It is on another host than this connection's ({origin.host}): add a connection for"
            " that one."
        )
    return Resource(
        kind=ResourceKind.SITE, id=id_, address=address, name=name, role=role, excluded=excluded
    )


def _is_of(address: str, origin: Origin) -> bool:
    try:
        return Origin.of(address) == origin
    except ForbiddenOrigin:
        return False
