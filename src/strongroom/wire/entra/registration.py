"""An application made through Graph, in an administrator's name, with exactly what is wanted.

Source:
    https://learn.microsoft.com/graph/api/application-post-applications
    https://learn.microsoft.com/graph/api/serviceprincipal-post-approleassignments
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import orjson
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from strongroom.errors import AccessDenied, OperatorError, StrongroomError, TransientError
from strongroom.wire.entra.app_only import CertificateProof
from strongroom.wire.http import HttpClient
from strongroom.wire.origins import Origins

SCOPES = ("Application.ReadWrite.All", "AppRoleAssignment.ReadWrite.All")
"""What the administrator's sign-in asks of Graph: to make an application, and to consent for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Permission:
    """One application permission.

    Attributes:
        resource: The API's application id.
        name: As Microsoft calls it (``MailboxItem.Export.All``).
    """

    resource: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """What was made, to show and to keep.

    Attributes:
        client_id: The application's id.
        object_id: Id of the application object, with which it can be deleted.
        permissions: What was granted to it.
    """

    client_id: str
    object_id: str
    permissions: tuple[Permission, ...]


class Registrar:
    """Works in Graph with an administrator's token. Whoever has it forgets the token afterwards.

    Args:
        http: Sends.
        graph: ``https://graph.microsoft.com``, or the lab's; the token goes there alone.
        token: The administrator's.
    """

    def __init__(self, http: HttpClient, graph: str, token: str) -> None:
        self._http = http
        self._graph = f"{graph.rstrip('/')}/v1.0"
        self._origins = Origins.of([graph])
        self._token = token

    def register(
        self, name: str, proof: CertificateProof, permissions: Sequence[Permission]
    ) -> Registered:
        """Make application and service principal, and consent to the permissions.

        Where a step is refused, the application is deleted again, or named as left over.

        Raises:
            StrongroomError: in plain words, what was refused.
        """
        found = [(one, *self._find(one)) for one in permissions]
        access: dict[str, list[dict[str, str]]] = {}
        for one, _, role in found:
            access.setdefault(one.resource, []).append({"id": role, "type": "Role"})
        body = {
            "displayName": name,
            "signInAudience": "AzureADMyOrg",
            "requiredResourceAccess": [
                {"resourceAppId": resource, "resourceAccess": roles}
                for resource, roles in access.items()
            ],
            "keyCredentials": [_public_part(proof)],
        }
        made = self._ask("POST", "applications", body)
        try:
            principal = self._ask("POST", "servicePrincipals", {"appId": made["appId"]})["id"]
            for _, resource, role in found:
                grant = {"principalId": principal, "resourceId": resource, "appRoleId": role}
                path = f"servicePrincipals/{principal}/appRoleAssignments"
                self._ask("POST", path, grant)
        except StrongroomError as error:
            self._undo(str(made["id"]), str(made["appId"]), error)
            raise
        return Registered(
            client_id=str(made["appId"]), object_id=str(made["id"]), permissions=tuple(permissions)
        )

    def _undo(self, object_id: str, client_id: str, error: StrongroomError) -> None:
        """Delete what was made; where that is refused too, add to the error what is left over."""
        try:
            self._ask("DELETE", f"applications/{object_id}", None)
        except StrongroomError:
            error.hint += (
                f" The application {client_id} is left over: delete it in the Entra admin center,"
                " App registrations."
            )

    def _find(self, wanted: Permission) -> tuple[str, str]:
        """Give the ids of the API's service principal here and of the permission."""
        search = quote(f"appId eq '{wanted.resource}'")
        listed = self._ask("GET", f"servicePrincipals?$filter={search}", None)["value"]
        for principal in listed:
            for role in principal["appRoles"]:
                if role["value"] == wanted.name:
                    return str(principal["id"]), str(role["id"])
        raise OperatorError(
            f"This tenant has no permission called {wanted.name}.",
            why="The service it belongs to is not present, or does not offer it in this cloud.",
            hint="Check the connection's cloud, and that the tenant has a licence for the service.",
        )

    def _ask(self, method: str, path: str, body: Mapping[str, object] | None) -> Any:  # noqa: ANN401 - JSON
        url = f"{self._graph}/{path}"
        self._origins.check(url, named_by="the registration")
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        content = orjson.dumps(body) if body is not None else b""
        answer = self._http.request(method, url, headers=headers, body=content)
        if answer.status in {401, 403}:
            raise AccessDenied(
                "Graph does not let this account register the application.",
                why="Consenting for the whole tenant takes a Privileged Role Administrator or a"
                " Global Administrator.",
                hint="Sign in as such an administrator, or register the application by hand.",
            )
        if answer.status == 429 or answer.status >= 500:
            raise TransientError("Graph is busy.", is_throttle=answer.status == 429)
        if answer.status >= 400:
            raise OperatorError(
                "Graph refused a step of the registration.",
                why=f"It answered {answer.status}.",
                hint="Try again in a minute, or register the application by hand.",
            )
        return orjson.loads(answer.body) if answer.body else {}


def _public_part(proof: CertificateProof) -> dict[str, str]:
    certificate = x509.load_pem_x509_certificate(proof.pem.encode())
    return {
        "type": "AsymmetricX509Cert",
        "usage": "Verify",
        "key": base64.b64encode(certificate.public_bytes(Encoding.DER)).decode(),
        "displayName": certificate.subject.rfc4514_string()[:90],
    }
