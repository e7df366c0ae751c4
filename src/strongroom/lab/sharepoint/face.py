"""SharePoint's face: the ways in, and ``/_api/web`` and ``/_api/contextinfo`` of every site."""

from __future__ import annotations

import logging
import re
import uuid
from collections.abc import Callable
from urllib.parse import urlsplit

import orjson

from strongroom.lab.entra import well_known
from strongroom.lab.entra.directory import Directory
from strongroom.lab.entra.tenant import Tenant
from strongroom.lab.entra.verify import TokenClaims, Verifier
from strongroom.lab.estate.estate import Estate
from strongroom.lab.https import Request, Response
from strongroom.lab.sharepoint.cookies import CookieDesk
from strongroom.lab.sharepoint.farm import Farm, Visitor
from strongroom.lab.sharepoint.token_service import TokenService
from strongroom.lab.sign_in.door import Door
from strongroom.lab.sign_in.words import Rules

_log = logging.getLogger(__name__)
_DIGEST_S = 1800
_CERTIFICATE = "2"
_READ = frozenset(
    f"{kind}.{right}"
    for kind in ("Sites", "AllSites")
    for right in ("Read.All", "ReadWrite.All", "Manage.All", "FullControl.All")
) | {"AllSites.Read", "AllSites.Write", "AllSites.Manage", "AllSites.FullControl"}
_API = re.compile(r"(?P<site>(?:/(?:sites|teams)/[^/]+)?)/_api/(?P<what>web|contextinfo)/?")
_DENIED = (403, "-2147024891, System.UnauthorizedAccessException", "Access denied.")
_MISSING = (404, "-2147024894, System.IO.FileNotFoundException", "File not found.")


class SharePointFace:
    """Answers requests. Safe to call from many threads.

    Attributes:
        farm: What it serves.
        beginnings: Paths that it answers below, for the server's pages.
        crashes: Requests that found a mistake in the lab itself.
    """

    beginnings = (
        "/getuserrealm.srf",
        "/extsts.srf",
        "/_forms/",
        "/_vti_bin/",
        "/_api/",
        "/sites/",
        "/teams/",
    )

    def __init__(
        self,
        farm: Farm,
        *,
        url: Callable[[], str],
        directory: Directory | None = None,
        tenant: Tenant | None = None,
        estate: Estate | None = None,
        rules: Rules | None = None,
    ) -> None:
        """Face a farm.

        Args:
            farm: What there is.
            url: Says ``https://localhost:PORT``; asked when a request comes.
            directory: Who makes tokens. Needed by Online.
            tenant: Whose part of Online it is. Needed by Online.
            estate: Whose accounts sign in by Windows or Forms. Needed by a farm.
            rules: How Windows sign-in is set up.
        """
        self.farm = farm
        self.crashes: list[Exception] = []
        self._url = url
        self._tenant = tenant
        self._verifier = Verifier(directory) if directory else None
        self._token_service = TokenService(farm, directory) if directory else None
        self._desk = CookieDesk(farm, estate)
        self._door = Door(estate) if estate else None
        self._rules = rules or Rules(schemes=("Negotiate", "NTLM"))

    def answer(self, request: Request) -> Response:
        """Answer one request."""
        try:
            answer = self._route(request)
        except Exception as error:  # noqa: BLE001 - the border
            # A mistake of the lab must look like a server's, and be found by the test.
            _log.exception("the lab's SharePoint crashed")
            self.crashes.append(error)
            return Response(status=500)
        answer.headers += [
            ("MicrosoftSharePointTeamServices", self.farm.version),
            ("SPRequestGuid", str(uuid.uuid5(uuid.NAMESPACE_OID, self.farm.draw()))),
            ("X-SharePointHealthScore", "0"),
            ("SPRequestDuration", "12"),
        ]
        return answer

    def _route(self, request: Request) -> Response:
        path = urlsplit(request.path).path.casefold()
        service = self._token_service
        posts: dict[str, Callable[[Request], Response]] = {}
        if service:
            posts = {
                "/getuserrealm.srf": service.realm,
                "/extsts.srf": service.issue,
                "/_forms/default.aspx": self._desk.from_token,
            }
            if path.rstrip("/") == "/_vti_bin/idcrl.svc":
                return self._desk.from_idcrl(request)
        if request.method == "POST" and path in posts:
            return posts[path](request)
        if request.method == "POST" and path.endswith("/_vti_bin/authentication.asmx"):
            return self._desk.from_password(request)
        api = _API.fullmatch(path)
        wanted_method = {"web": "GET", "contextinfo": "POST"}
        if api and request.method == wanted_method[api["what"]]:
            return self._api(request, api["site"], api["what"])
        return Response(status=404)

    def _api(self, request: Request, path: str, what: str) -> Response:
        visitor = self._visitor(request)
        if isinstance(visitor, Response):
            return visitor
        found = self.farm.site_of(path)
        if found is None:
            return _error(*_MISSING)
        site, title = found
        if not self._may_read(visitor, site):
            return _error(*_DENIED)
        url = self._url() + site.rstrip("/")
        if what == "contextinfo":
            now = self.farm.clock.now()
            return _json(
                {
                    "FormDigestTimeoutSeconds": _DIGEST_S,
                    "FormDigestValue": f"0x{self.farm.draw()},{now:%d %b %Y %H:%M:%S} -0000",
                    "LibraryVersion": self.farm.version,
                    "SiteFullUrl": url,
                    "WebFullUrl": url,
                }
            )
        web = {
            "Id": str(uuid.uuid5(uuid.NAMESPACE_URL, f"web {site}")),
            "Title": title,
            "Url": url,
            "ServerRelativeUrl": site,
            "WebTemplate": "STS",
        }
        return _json(web)

    def _visitor(self, request: Request) -> Visitor | Response:
        user = self._desk.whose(request.headers)
        if user is not None:
            return Visitor(name=user)
        if self.farm.kind == "online":
            return self._bearer(request)
        if self.farm.kind == "windows" and self._door:
            entered = self._door.enter(request, self._rules)
            return entered if isinstance(entered, Response) else Visitor(name=entered.account.user)
        # A farm with its own sign-in page tells programs where that is, and names no scheme.
        page = f"{self._url()}/_forms/default.aspx"
        return Response(status=401, headers=[("X-Forms_Based_Auth_Required", page)])

    def _bearer(self, request: Request) -> Visitor | Response:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.casefold() != "bearer" or self._verifier is None or self._tenant is None:
            return self._ask()
        for audience in (self._url(), f"https://{self._tenant.sharepoint_host}"):
            claims = self._verifier.verify(token.strip(), audience)
            if claims is not None:
                break
        else:
            return self._ask('error="invalid_token"')
        if claims.tenant_id != self._tenant.id or claims.resource != well_known.SHAREPOINT:
            return self._ask('error="invalid_token"')
        if claims.is_application and claims.proof != _CERTIFICATE:
            # Microsoft's own words for an application that proved itself by a secret.
            answer = self._ask()
            answer.body = orjson.dumps({"error_description": "Unsupported app only token."})
            return answer
        return _visitor_of(claims)

    def _ask(self, more: str = "") -> Response:
        realm = self._tenant.id if self._tenant else ""
        parts = [f'Bearer realm="{realm}"', f'client_id="{well_known.SHAREPOINT}"']
        said = ",".join([*parts, more] if more else parts)
        return Response(status=401, headers=[("WWW-Authenticate", said)])

    def _may_read(self, visitor: Visitor, site: str) -> bool:
        if visitor.rights is None or visitor.rights & _READ:
            return True
        if "Sites.Selected" not in visitor.rights or self._tenant is None:
            return False
        reach = self._tenant.reach
        return any(
            reach.site_roles(visitor.app_id, known.id)
            for known in reach.sites.values()
            if (urlsplit(known.url).path.casefold() or "/") == site
        )


def _visitor_of(claims: TokenClaims) -> Visitor:
    if claims.is_application:
        return Visitor(name=claims.app_id, app_id=claims.app_id, rights=claims.roles)
    return Visitor(name=claims.upn or "", rights=claims.scopes)


def _json(body: object, *, status: int = 200) -> Response:
    kind = "application/json;odata=nometadata;streaming=true;charset=utf-8"
    return Response(status=status, headers=[("Content-Type", kind)], body=orjson.dumps(body))


def _error(status: int, code: str, text: str) -> Response:
    message = {"lang": "en-US", "value": text}
    return _json({"odata.error": {"code": code, "message": message}}, status=status)
