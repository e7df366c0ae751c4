"""Graph's face: HTTPS below ``/graph/v1.0/``.

graph = GraphFace(directory, entra.verifier, url=lambda: server.url)
server.pages["/graph/"] = graph.answer
"""

from __future__ import annotations

import logging
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote, urlsplit

from strongroom.lab.entra import well_known
from strongroom.lab.entra.directory import Directory
from strongroom.lab.entra.verify import TokenClaims, TokenRefusal, Verifier
from strongroom.lab.graph import applications, mailboxes, people, principals, sites
from strongroom.lab.graph.call import Call
from strongroom.lab.graph.errors import GraphError, answer_of, error_body
from strongroom.lab.https import Request, Response

_log = logging.getLogger(__name__)

Handler = Callable[[Call], object]

_APPLICATION = r"/?applications(?:/([^/()]+)|\((appId='[^']+')\))"
_PRINCIPAL = r"/?servicePrincipals(?:/([^/()]+)|\((appId='[^']+')\))"
_MAILBOX = r"admin/exchange/mailboxes/([^/]+)"
_SITE = r"sites/([^/]+:/[^:]*|[^/]+)"

_ROUTES: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "me", people.me),
    ("GET", r"me/(?:transitiveM|m)emberOf(?:/microsoft\.graph\.directoryRole)?", people.my_roles),
    ("GET", "users", people.users),
    ("GET", "users/([^/]+)", people.user),
    ("GET", "users/([^/]+)/settings/exchange", mailboxes.exchange_settings),
    ("GET", "users/([^/]+)/mailFolders/inbox", mailboxes.mail_folder),
    ("GET", "users/([^/]+)/mailboxSettings", mailboxes.mailbox_settings),
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
    ("GET", _SITE, sites.get),
    ("GET", "sites/([^/]+)/permissions", sites.permissions),
    ("POST", "sites/([^/]+)/permissions", sites.grant),
    ("DELETE", "sites/([^/]+)/permissions/([^/]+)", sites.revoke),
    ("GET", f"{_MAILBOX}/folders", mailboxes.folders),
    ("GET", f"{_MAILBOX}/folders/([^/]+)/items", mailboxes.items),
    ("POST", f"{_MAILBOX}/exportItems", mailboxes.export_items),
    ("POST", f"{_MAILBOX}/createImportSession", mailboxes.create_import_session),
)
_COMPILED = tuple((method, re.compile(pattern), handler) for method, pattern, handler in _ROUTES)
_ASKING = frozenset({mailboxes.export_items})

_SAID = {
    "expired": "Lifetime validation failed, the token is expired.",
    "audience": "Access token validation failure. Invalid audience.",
    "signature": "Access token validation failure. Invalid signature.",
    "malformed": "IDX14100: JWT is not well formed, there are no dots (.).",
    "revoked": "Continuous access evaluation resulted in challenge with result: "
    "InteractionRequired and code: TokenIssuedBeforeRevocationTimestamp",
    "context": "Continuous access evaluation resulted in challenge with result: "
    "InteractionRequired and code: InsufficientClaims",
}


@dataclass(frozen=True, slots=True)
class Visit:
    """One request and how it was answered; nothing secret."""

    method: str
    path: str
    status: int


class GraphFace:
    """Answers requests to Graph. Safe to call from many threads.

    Attributes:
        visits: What was asked, oldest first.
        crashes: Requests that found a mistake in the lab itself.
    """

    def __init__(self, directory: Directory, verifier: Verifier, *, url: Callable[[], str]) -> None:
        """Face a directory.

        Args:
            directory: What there is.
            verifier: Judges tokens.
            url: Says ``https://localhost:PORT``.
        """
        self.directory = directory
        self.visits: list[Visit] = []
        self.crashes: list[Exception] = []
        self._verifier = verifier
        self._server_url = url

    @property
    def url(self) -> str:
        """Where it answers: ``https://localhost:PORT/graph``."""
        return f"{self._server_url()}/graph"

    def answer(self, request: Request) -> Response:
        """Answer one request."""
        with self.directory.lock:
            request_id = str(uuid.uuid5(uuid.NAMESPACE_OID, self.directory.draw()))
            try:
                response = self._serve(request, request_id)
            except GraphError as error:
                response = self._refuse(error, request, request_id)
            except Exception as error:  # noqa: BLE001 - the border: a bug must not hang clients
                _log.exception("the lab's Graph crashed")
                self.crashes.append(error)
                response = Response(status=500)
            path = urlsplit(request.path).path
            self.visits.append(Visit(request.method, path, response.status))
            return response

    def _serve(self, request: Request, request_id: str) -> Response:
        place = urlsplit(request.path)
        claims = self._claims(request)
        path = unquote(place.path.removeprefix("/graph/v1.0/")).rstrip("/")
        for method, pattern, handler in _COMPILED:
            match = pattern.fullmatch(path)
            if match is None or method != request.method:
                continue
            call = Call(
                claims=claims,
                tenant=self.directory.tenants[claims.tenant_id],
                directory=self.directory,
                path=tuple(_bare(part) for part in match.groups() if part is not None),
                query=dict(parse_qsl(place.query)),
                body=request.body,
                url=self.url,
            )
            body = handler(call)
            status = 204 if body is None else 201 if method == "POST" else 200
            if handler in _ASKING:
                status = 200
            return answer_of(status, body, request, request_id=request_id)
        segment = path.partition("/")[0]
        raise GraphError(400, "BadRequest", f"Resource not found for the segment '{segment}'.")

    def _claims(self, request: Request) -> TokenClaims:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.casefold() != "bearer" or not token:
            challenge = TokenRefusal(code="malformed").challenge(self._authority())
            raise GraphError(
                401,
                "InvalidAuthenticationToken",
                "Access token is empty.",
                headers={"WWW-Authenticate": challenge},
            )
        found = self._verifier.judge(token.strip(), well_known.GRAPH)
        if isinstance(found, TokenClaims):
            return found
        raise GraphError(
            401,
            "InvalidAuthenticationToken",
            _SAID[found.code],
            headers={"WWW-Authenticate": found.challenge(self._authority())},
        )

    def _authority(self) -> str:
        return f"{self._server_url()}/entra"

    def _refuse(self, error: GraphError, request: Request, request_id: str) -> Response:
        body = error_body(
            error,
            date=f"{self.directory.clock.now():%Y-%m-%dT%H:%M:%S}",
            request_id=request_id,
            client_id=request.headers.get("client-request-id", request_id),
        )
        response = answer_of(error.status, body, request, request_id=request_id)
        response.headers += list(error.headers.items())
        return response


def _bare(part: str) -> str:
    # An object may be named by a key of its own: applications(appId='…').
    return part.replace("'", "") if part.startswith("appId='") else part
