"""Which question about the directory and about sites is answered by what."""

from __future__ import annotations

import re
from collections.abc import Callable

from strongroom.lab.graph import applications, people, principals, sites
from strongroom.lab.graph.call import Call

Handler = Callable[[Call], object]

_APPLICATION = r"/?applications(?:/([^/()]+)|\((appId='[^']+')\))"
_PRINCIPAL = r"/?servicePrincipals(?:/([^/()]+)|\((appId='[^']+')\))"
_SITE = r"sites/([^/]+:/[^:]*|[^/]+)"

_ROUTES: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "me", people.me),
    ("GET", r"me/(?:transitiveM|m)emberOf(?:/microsoft\.graph\.directoryRole)?", people.my_roles),
    ("GET", "users", people.users),
    ("GET", "users/([^/]+)", people.user),
    ("GET", "organization", people.organization),
    ("GET", "directoryRoles", people.directory_roles),
    ("GET", "roleManagement/directory/roleAssignments", people.role_assignments),
    ("POST", "applications", applications.create),
    ("GET", "applications", applications.list_all),
    ("GET", _APPLICATION, applications.get),
    ("PATCH", _APPLICATION, applications.change),
    ("DELETE", _APPLICATION, applications.delete),
    ("POST", f"{_APPLICATION}/addPassword", applications.add_password),
    ("POST", "servicePrincipals", principals.create),
    ("GET", "servicePrincipals", principals.list_all),
    ("GET", _PRINCIPAL, principals.get),
    ("DELETE", _PRINCIPAL, principals.delete),
    ("POST", f"{_PRINCIPAL}/appRoleAssignments", principals.assign),
    ("GET", f"{_PRINCIPAL}/appRoleAssignments", principals.assignments),
    ("DELETE", f"{_PRINCIPAL}/appRoleAssignments/([^/]+)", principals.unassign),
    ("POST", "oauth2PermissionGrants", principals.grant),
    ("GET", "oauth2PermissionGrants", principals.grants),
    ("DELETE", "oauth2PermissionGrants/([^/]+)", principals.revoke),
    ("GET", "sites/getAllSites", sites.list_all),
    ("GET", "admin/sharepoint/deletedSites", sites.deleted),
    ("GET", "groups/([^/]+)", sites.group),
    ("GET", "directory/deletedItems/([^/]+)", sites.deleted_group),
    ("GET", _SITE, sites.get),
    ("GET", "sites/([^/]+)/permissions", sites.permissions),
    ("POST", "sites/([^/]+)/permissions", sites.grant),
    ("DELETE", "sites/([^/]+)/permissions/([^/]+)", sites.revoke),
)
_COMPILED = tuple((method, re.compile(pattern), handler) for method, pattern, handler in _ROUTES)


def find(method: str, path: str) -> tuple[Handler, tuple[str, ...]] | None:
    """Find what answers a request, and what stands for the placeholders."""
    for its_method, pattern, handler in _COMPILED:
        match = pattern.fullmatch(path)
        if match is not None and method == its_method:
            return handler, tuple(_bare(part) for part in match.groups() if part is not None)
    return None


def _bare(part: str) -> str:
    # An object may be named by a key of its own: applications(appId='…').
    return part.replace("'", "") if part.startswith("appId='") else part
