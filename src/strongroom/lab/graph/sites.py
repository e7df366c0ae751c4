"""``/sites``: whether a token reaches a site, and the grants behind ``Sites.Selected``.

Source:
    https://learn.microsoft.com/graph/permissions-selected-overview
"""

from __future__ import annotations

from urllib.parse import urlsplit

from strongroom.lab.entra.words import Site, SiteGrant
from strongroom.lab.graph import odata, shapes
from strongroom.lab.graph.call import Call
from strongroom.lab.graph.errors import GraphError, bad_request, not_found, site_denied

_EVERYWHERE = ("Sites.Read.All", "Sites.ReadWrite.All", "Sites.Manage.All", "Sites.FullControl.All")
_GRANT = "Sites.FullControl.All"
_READ_GROUPS = ("Group.Read.All", "Directory.Read.All")
_ROLES = frozenset({"read", "write", "manage", "fullcontrol", "owner"})


def get(call: Call) -> object:
    """Describe a site, named by id, by ``host:/path`` or as ``root``."""
    site = _find(call)
    _check_may_read(call, site)
    if site.is_locked:
        raise GraphError(423, "resourceLocked", "Access to this site has been blocked.")
    return odata.entity(call, "sites", shapes.site_shape(site))


def list_all(call: Call) -> object:
    """List all sites; only an application may, and no permission on chosen sites is enough."""
    held = call.claims.roles if call.claims.is_application else frozenset()
    if not held & set(_EVERYWHERE):
        raise site_denied()
    rows = [shapes.listed_site_shape(site) for site in call.tenant.reach.sites.values()]
    return odata.page(call, "sites/getAllSites", rows)


def deleted(call: Call) -> object:
    """List the sites in the tenant's recycle bin."""
    call.need(*_EVERYWHERE)
    rows = [
        {**shapes.listed_site_shape(site), "deletedDateTime": when}
        for site, when in call.tenant.reach.deleted_sites.values()
    ]
    return odata.page(call, "admin/sharepoint/deletedSites", rows)


def group(call: Call) -> object:
    """Describe a group that is there."""
    return _group(call, call.tenant.reach.groups)


def deleted_group(call: Call) -> object:
    """Describe a group that was deleted, and can be restored."""
    return _group(call, call.tenant.reach.deleted_groups)


def _group(call: Call, some: set[str]) -> object:
    call.need(*_READ_GROUPS)
    if call.path[0] not in some:
        raise not_found(call.path[0])
    return odata.entity(call, "groups", {"id": call.path[0]})


def permissions(call: Call) -> object:
    """List the applications that were let at a site."""
    call.need(_GRANT)
    site = _find(call)
    held = [one for one in call.tenant.reach.site_grants.values() if one.site_id == site.id]
    return odata.page(call, f"sites('{site.id}')/permissions", [_shape(call, o) for o in held])


def grant(call: Call) -> object:
    """Let an application at a site."""
    call.need(_GRANT)
    site, body = _find(call), call.json()
    match body:
        case {"roles": [str(role)], "grantedToIdentities": [{"application": {"id": str(app_id)}}]}:
            pass
        case {"roles": [str(role)], "grantedTo": {"application": {"id": str(app_id)}}}:
            pass
        case {
            "roles": [str(role)],
            "grantedToIdentitiesV2": [{"application": {"id": str(app_id)}}],
        }:
            pass
        case _:
            raise bad_request("One role and one application are needed.")
    if role not in _ROLES:
        raise GraphError(400, "invalidRequest", "Invalid role.")
    made = call.tenant.reach.grant_site(app_id, site, role)
    return odata.entity(call, f"sites('{site.id}')/permissions", _shape(call, made))


def revoke(call: Call) -> object:
    """Let an application at a site no longer."""
    call.need(_GRANT)
    _find(call)
    if call.tenant.reach.site_grants.pop(call.path[1], None) is None:
        raise _missing()
    return None


def _check_may_read(call: Call, site: Site) -> None:
    claims = call.claims
    held = claims.roles if claims.is_application else claims.scopes
    if held & set(_EVERYWHERE):
        return
    is_selected = claims.is_application and "Sites.Selected" in held
    if not (is_selected and call.tenant.reach.site_roles(claims.app_id, site.id)):
        raise site_denied()


def _find(call: Call) -> Site:
    wanted = call.path[0]
    for site in call.tenant.reach.sites.values():
        place = urlsplit(site.url)
        path = place.path or "/"
        names = {
            site.id,
            f"{place.netloc}:{path}",
            *(["root", place.netloc] if path == "/" else []),
        }
        if wanted in names:
            return site
    raise _missing()


def _missing() -> GraphError:
    return GraphError(404, "itemNotFound", "Requested site could not be found")


def _shape(call: Call, one: SiteGrant) -> dict[str, object]:
    principal = call.tenant.principal(one.app_id)
    name = principal.name if principal else one.app_id
    identity = {"application": {"displayName": name, "id": one.app_id}}
    return {"id": one.id, "roles": [one.role], "grantedToIdentitiesV2": [identity]}
