"""An application made through Graph, in an administrator's name, with exactly what is wanted.

Every step looks before it acts, so whatever was cut short is gone on with by doing it again: an
application is known again by its tag, and what it may do afterwards is what is wanted, no more.

Source:
    https://learn.microsoft.com/graph/api/application-post-applications
    https://learn.microsoft.com/graph/api/serviceprincipal-post-approleassignments
    https://learn.microsoft.com/graph/api/site-post-permissions
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from strongroom.errors import AccessDenied, OperatorError, StrongroomError
from strongroom.wire.entra.administration import (
    Administration,
    AlreadyThere,
    NotYet,
    any_equals,
    equals,
    site_path,
)
from strongroom.wire.entra.app_only import CertificateProof
from strongroom.wire.entra.certificates import public_part
from strongroom.wire.entra.permissions import Permission

SCOPES = ("Application.ReadWrite.All", "AppRoleAssignment.ReadWrite.All")
"""What the administrator's sign-in asks of Graph: to make an application, and to consent for it."""

SITES_SCOPE = "Sites.FullControl.All"
"""What it asks beside those where an application is let at some sites only."""

_TAG = "HideApp"
"""Keeps the application out of people's lists of programs to start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One application as it is to be.

    Attributes:
        name: What people see.
        tag: By which it is known again.
        proof: The certificate that it proves itself with from now on, and no other.
        permissions: What it may do in the whole tenant.
        sites: URLs of the only sites that it may reach by ``Sites.Selected``.
        site_role: What it may do there: ``read`` or ``fullcontrol``.
    """

    name: str
    tag: str
    proof: CertificateProof
    permissions: tuple[Permission, ...]
    sites: tuple[str, ...] = ()
    site_role: str = "read"


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """An application as it is now.

    Attributes:
        client_id: The application's id.
        object_id: Id of the application object, with which it can be deleted.
        principal_id: Id of its service principal.
        was_there: It had been registered before.
    """

    client_id: str
    object_id: str
    principal_id: str
    was_there: bool


@dataclass(slots=True)
class _Begun:
    """What was made so far, to be undone."""

    objects: list[tuple[str, str]] = field(default_factory=list)


class Registrar:
    """Makes applications in one tenant.

    Args:
        graph: Asks Graph in the administrator's name.
    """

    def __init__(self, graph: Administration) -> None:
        self._graph = graph
        self._begun = _Begun()

    def register(self, wanted: Wanted) -> Made:
        """Make one application as it is wanted, or make the one that is there so.

        Where a step is refused, what was made just now is deleted again, or named as left over.

        Raises:
            StrongroomError: in plain words, what was refused.
        """
        try:
            return self._registered(wanted)
        except AccessDenied as error:
            # Doing it again would be refused again: nothing is worth keeping.
            self.undo(error)
            raise
        except StrongroomError as error:
            self._name_what_is_left(error)
            raise

    def undo(self, error: StrongroomError) -> None:
        """Delete what was made just now; where that is refused too, say so in the error's hint."""
        for object_id, client_id in self._begun.objects:
            try:
                self._graph.change("DELETE", f"applications/{object_id}", None)
            except StrongroomError:
                error.hint += (
                    f" The application {client_id} is left over: delete it in the Entra admin"
                    " center, App registrations."
                )
        self._begun.objects.clear()

    def _name_what_is_left(self, error: StrongroomError) -> None:
        for _, client_id in self._begun.objects:
            error.hint += (
                f" The application {client_id} was made already: doing this again goes on with it,"
                " or delete it in the Entra admin center, App registrations."
            )
        self._begun.objects.clear()

    def _registered(self, wanted: Wanted) -> Made:
        # Looked up first: a permission or site that is not there is named before anything is made.
        apis = {one.resource: self._api(one) for one in wanted.permissions}
        sites = {url: self._site(url) for url in wanted.sites}
        application, was_there = self._application(wanted)
        client_id = str(application["appId"])
        principal_id = self._principal(client_id)
        self._grant_exactly(principal_id, wanted.permissions, apis)
        for url, site_id in sites.items():
            self._let_at_site(url, site_id, client_id, wanted)
        return Made(
            client_id=client_id,
            object_id=str(application["id"]),
            principal_id=principal_id,
            was_there=was_there,
        )

    def _api(self, wanted: Permission) -> str:
        """Give the id of the API's service principal here, once it is known to offer the right."""
        for principal in self._graph.rows(
            f"servicePrincipals?{equals('appId', wanted.resource)}&$select=id,appRoles"
        ):
            offered = {(role["id"], role["value"]) for role in principal["appRoles"]}
            if (wanted.id, wanted.name) in offered:
                return str(principal["id"])
        raise OperatorError(
            f"This tenant has no permission called {wanted.name}.",
            why="The service it belongs to is not present, or does not offer it in this cloud.",
            hint="Check the connection's cloud, and that the tenant has a licence for the service.",
        )

    def _site(self, url: str) -> str:
        try:
            return str(self._graph.get(f"sites/{site_path(url)}?$select=id")["id"])
        except NotYet as error:
            raise OperatorError(
                f"There is no site at {url}.", hint="Check its address, and the tenant."
            ) from error

    def _application(self, wanted: Wanted) -> tuple[Mapping[str, Any], bool]:
        found = self._tagged(wanted.tag)
        body = _described(wanted)
        if found is None:
            made = self._graph.patiently(lambda: self._create(wanted.tag, body))
            self._begun.objects.append((str(made["id"]), str(made["appId"])))
            return made, False
        step = ("PATCH", f"applications/{found['id']}", body)
        self._graph.patiently(lambda: self._graph.change(*step))
        return found, True

    def _create(self, tag: str, body: Mapping[str, object]) -> Mapping[str, Any]:
        """Create the application, unless a try whose answer was lost has done so."""
        found = self._tagged(tag)
        made: Mapping[str, Any] = found or self._graph.change("POST", "applications", body)
        return made

    def _tagged(self, tag: str) -> Mapping[str, Any] | None:
        found = list(self._graph.rows(f"applications?{any_equals('tags', tag)}&$select=id,appId"))
        if len(found) > 1:
            ids = ", ".join(str(one["appId"]) for one in found)
            raise OperatorError(
                "Two applications in the tenant carry the mark of this connection.",
                why=f"They are {ids}.",
                hint="Delete all but one: Entra admin center, App registrations.",
            )
        return found[0] if found else None

    def _principal(self, client_id: str) -> str:
        def find_or_make() -> str:
            search = f"servicePrincipals?{equals('appId', client_id)}&$select=id"
            for principal in self._graph.rows(search):
                return str(principal["id"])
            body = {"appId": client_id, "tags": [_TAG]}
            return str(self._graph.change("POST", "servicePrincipals", body)["id"])

        return self._graph.patiently(find_or_make, waits=True)

    def _grant_exactly(
        self, principal_id: str, wanted: Sequence[Permission], apis: Mapping[str, str]
    ) -> None:
        """Consent to what is wanted, and take back whatever else the application was allowed."""
        path = f"servicePrincipals/{principal_id}/appRoleAssignments"
        wishes = {(apis[one.resource], one.id) for one in wanted}

        def settle() -> None:
            held = {
                (str(one["resourceId"]), str(one["appRoleId"])): str(one["id"])
                for one in self._graph.rows(path)
            }
            for assignment in held.keys() - wishes:
                self._graph.change("DELETE", f"{path}/{held[assignment]}", None)
            for resource, role in sorted(wishes - held.keys()):
                grant = {"principalId": principal_id, "resourceId": resource, "appRoleId": role}
                # The list may not know yet of what an earlier try has granted.
                with contextlib.suppress(AlreadyThere):
                    self._graph.change("POST", path, grant)

        self._graph.patiently(settle, waits=True)

    def _let_at_site(self, url: str, site_id: str, client_id: str, wanted: Wanted) -> None:
        path = f"sites/{site_id}/permissions"

        def settle() -> None:
            for one in self._graph.rows(path):
                if client_id in _applications_in(one):
                    if list(one.get("roles", [])) == [wanted.site_role]:
                        return
                    self._graph.change("DELETE", f"{path}/{one['id']}", None)
            identity = {"application": {"id": client_id, "displayName": wanted.name}}
            body = {"roles": [wanted.site_role], "grantedToIdentities": [identity]}
            self._graph.change("POST", path, body)

        try:
            self._graph.patiently(settle, waits=True)
        except AccessDenied as error:
            raise AccessDenied(
                f"This account may not let an application at {url}.",
                why="That takes an administrator of SharePoint, or of that site.",
                hint=error.hint,
            ) from error


def _described(wanted: Wanted) -> dict[str, object]:
    access: dict[str, list[dict[str, str]]] = {}
    for one in wanted.permissions:
        access.setdefault(one.resource, []).append({"id": one.id, "type": "Role"})
    return {
        "displayName": wanted.name,
        "signInAudience": "AzureADMyOrg",
        "tags": [wanted.tag],
        "requiredResourceAccess": [
            {"resourceAppId": resource, "resourceAccess": roles}
            for resource, roles in access.items()
        ],
        "keyCredentials": [public_part(wanted.proof).credential()],
    }


def _applications_in(permission: Mapping[str, Any]) -> set[str]:
    """Say which applications a site's permission is for; Graph tells it in two forms."""
    named = [
        *(permission.get("grantedToIdentitiesV2") or []),
        *(permission.get("grantedToIdentities") or []),
    ]
    return {str((one.get("application") or {}).get("id", "")) for one in named}
