"""SharePoint's face: the ways in, and who may ask what."""

from __future__ import annotations

import logging
import re
import uuid
from collections.abc import Callable
from urllib.parse import quote, unquote, urlencode, urlsplit

import orjson

from strongroom.lab.entra import well_known
from strongroom.lab.entra.directory import Directory
from strongroom.lab.entra.tenant import Tenant
from strongroom.lab.entra.verify import TokenClaims, Verifier
from strongroom.lab.entra.words import Site
from strongroom.lab.estate.estate import Estate
from strongroom.lab.https import Request, Response
from strongroom.lab.sharepoint.content.content_database import ContentDatabase
from strongroom.lab.sharepoint.cookies import BLOCKED, CookieDesk
from strongroom.lab.sharepoint.farm import Farm, FarmSite, Visitor, collection_of
from strongroom.lab.sharepoint.rest.service import RestService
from strongroom.lab.sharepoint.rest.visit import Visit
from strongroom.lab.sharepoint.rights import BY_ROLE, Level, level_of_token
from strongroom.lab.sharepoint.sign_in_server import SignInServer
from strongroom.lab.sharepoint.token_service import TokenService
from strongroom.lab.sharepoint.weathered import asked_of, health, through
from strongroom.lab.sign_in.door import Door
from strongroom.lab.sign_in.words import Rules
from strongroom.lab.weather.weather import Weather

_log = logging.getLogger(__name__)
_CERTIFICATE = "2"
_API = re.compile(r"(?P<site>.*?)/_api/(?P<what>.*)", re.IGNORECASE)
_OLD = re.compile(
    r"(?P<site>.*?)/_vti_bin/"
    r"(?P<name>lists\.asmx|webpartpages\.asmx|exportwp\.aspx|client\.svc/processquery)"
)
_OF_TODAY = frozenset({"client.svc/processquery"})
"""What stands among the services from before REST and is none of them: it takes tokens."""
_EDGE = "Ref A: 0A1B2C3D4E5F60718293A4B5C6D7E8F9 Ref B: FRA31EDGE0716 Ref C: 2026-11-27T08:00:00Z"


REALM = "urn:sharepoint:lab"


class SharePointFace:
    """Answers requests. Safe to call from many threads.

    Attributes:
        farm: What it serves.
        content: What is in its sites.
        rest: What answers ``/_api``.
        weather: What requests go through; None: nothing.
        beginnings: Paths that it answers below, for the server's pages.
        crashes: Requests that found a mistake in the lab itself.
        sent_away: How often a service from before REST did not take who asked.
        realm: As whom the farm is known to the sign-in server that it trusts.
        sign_in_server_url: Where that server is, for browsers: ``https://localhost:PORT``.
    """

    beginnings = (
        "/getuserrealm.srf",
        "/extsts.srf",
        "/_forms/",
        "/_layouts/",
        "/_trust/",
        "/_vti_bin/",
        "/_api/",
        "/sites/",
        "/teams/",
        "/personal/",
        # What lies in the site at the very top has no address of its own before it.
        "/_vti_history/",
        "/_catalogs/",
        "/lists/",
        "/shared%20documents/",
        "/sitepages/",
        "/siteassets/",
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
        trusted: SignInServer | None = None,
        weather: Weather | None = None,
    ) -> None:
        """Face a farm.

        Args:
            farm: What there is.
            url: Says ``https://localhost:PORT``; asked when a request comes.
            directory: Who makes tokens. Needed by Online.
            tenant: Whose part of Online it is. Needed by Online.
            estate: Whose accounts sign in by Windows or Forms. Needed by a farm.
            rules: How Windows sign-in is set up.
            trusted: The organisation's own sign-in server: of a farm with claims, or of the part of
                Online whose domains are federated. ``sign_in_server_url`` says where it is.
            weather: What every request goes through, once somebody is signed in.
        """
        self.farm = farm
        self.weather = weather
        self.crashes: list[Exception] = []
        self.sent_away = 0
        self._url = url
        self._tenant = tenant
        self._verifier = Verifier(directory) if directory else None
        self.realm = REALM
        self.sign_in_server_url = ""
        self._trusted = trusted
        self._token_service = (
            TokenService(farm, directory, federation=trusted) if directory else None
        )
        self.content = ContentDatabase(farm, guid=self._guid)
        self.rest = RestService(farm, self.content, guid=self._guid)
        self._desk = CookieDesk(farm, estate, trusted=trusted, realm=REALM)
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
        answer.headers += self._told()
        return answer

    def _told(self) -> list[tuple[str, str]]:
        """Give what every answer says about the server."""
        farm = self.farm
        guid = str(uuid.uuid5(uuid.NAMESPACE_OID, farm.draw()))
        more = [("X-MSEdge-Ref", _EDGE)] if farm.kind == "online" else []
        if farm.front_end:
            more.append(("X-FEServer", farm.front_end))
        return [
            ("MicrosoftSharePointTeamServices", farm.version),
            ("SPRequestGuid", guid),
            ("request-id", guid),
            ("SPClientServiceRequestDuration", "12"),
            ("SPRequestDuration", "12"),
            ("SPIisLatency", "1"),
            ("X-SharePointHealthScore", str(self._health())),
            ("X-SP-SERVERSTATE", "ReadOnly=0"),
            *more,
        ]

    def _health(self) -> int:
        if self.weather is None or self.farm.kind == "online":
            return self.farm.health
        return max(self.farm.health, health(self.weather))

    def _route(self, request: Request) -> Response:
        path = urlsplit(request.path).path.casefold()
        way_in = self._ways_in().get((request.method, path.rstrip("/")))
        if way_in is not None:
            return way_in(request)
        if request.method == "POST" and path.endswith("/_vti_bin/authentication.asmx"):
            return self._desk.from_password(request)
        sent = urlsplit(request.path).path
        found = _API.fullmatch(sent)
        if found is not None:
            what = found["what"]
            return self._to_site(
                request,
                unquote(found["site"]),
                lambda visit, site: self.rest.answer(visit, site, request, what),
            )
        old = _OLD.fullmatch(path)
        if old is not None:
            name = old["name"]
            if name not in _OF_TODAY and (shut := self._old_services_shut(request)):
                return shut
            return self._to_site(
                request,
                unquote(old["site"]),
                lambda visit, site: self.rest.old_service(visit, site, request, name),
            )
        return self._file(request, unquote(sent))

    def _old_services_shut(self, request: Request) -> Response | None:
        """Send away whom the services from before REST do not take, right or no right."""
        takes = self.farm.old_services
        is_by_token = request.headers.get("authorization", "").casefold().startswith("bearer ")
        if takes == "all" or (takes == "cookies" and not is_by_token):
            return None
        self.sent_away += 1
        if takes == "cookies":
            return self._ask()
        return Response(status=403, headers=[("X-MSDAVEXT_Error", BLOCKED)])

    def _ways_in(self) -> dict[tuple[str, str], Callable[[Request], Response]]:
        ways: dict[tuple[str, str], Callable[[Request], Response]] = {
            ("GET", "/_layouts/15/authenticate.aspx"): self._to_sign_in,
        }
        if self._trusted:
            ways[("GET", "/_trust/default.aspx")] = self._to_sign_in_server
            ways[("POST", "/_trust")] = self._desk.from_assertion
        if self._token_service:
            ways |= {
                ("POST", "/getuserrealm.srf"): self._token_service.realm,
                ("POST", "/extsts.srf"): self._token_service.issue,
                ("POST", "/_forms/default.aspx"): self._desk.from_token,
                ("GET", "/_vti_bin/idcrl.svc"): self._desk.from_idcrl,
            }
        return ways

    def _file(self, request: Request, path: str) -> Response:
        collection = self.content.collection(collection_of(path.casefold()))
        if request.method != "GET" or collection is None or "/" not in path.strip("/"):
            return Response(status=404)
        web = collection.web_of(path).path
        return self._to_site(
            request, web, lambda visit, site: self.rest.file(visit, site, request, path)
        )

    def _to_site(
        self, request: Request, path: str, answer: Callable[[Visit, FarmSite], Response]
    ) -> Response:
        visitor = self._visitor(request)
        if isinstance(visitor, Response):
            return visitor
        site = self.farm.site_of(path)
        if site is None:
            return self._sent_on(request, path) or _no_site()
        visit = Visit(
            visitor=visitor, may=lambda one: self._level(visitor, one), url=self._at(request)
        )
        if self.weather is None:
            return answer(visit, site)
        asked = asked_of(request, caller=visitor.name, place=collection_of(site.path))
        return through(
            self.weather,
            request,
            asked,
            lambda: answer(visit, site),
            is_online=self.farm.kind == "online",
        )

    def _at(self, request: Request) -> str:
        """Say by which of a tenant's hosts we are asked."""
        host = request.headers.get("host", "")
        named = (one for one in self.farm.beside if urlsplit(one).netloc == host)
        return next(named, self._url())

    def _sent_on(self, request: Request, path: str) -> Response | None:
        """Send whoever comes to an old address to the new one, as a renamed site does.

        Source:
            https://learn.microsoft.com/sharepoint/change-site-address
        """
        new = self.farm.moved_to(path)
        if new is None:
            return None
        rest = request.path[len(quote(path)) :] if request.path.startswith(quote(path)) else ""
        return Response(status=308, headers=[("Location", self._url() + quote(new) + rest)])

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
        if self.farm.sign_in_again == "redirect":
            where = f"{self._url()}/_layouts/15/Authenticate.aspx?Source=%2F"
            return Response(status=302, headers=[("Location", where)])
        status = 401 if self.farm.sign_in_again == "unauthorized" else 403
        return Response(status=status, headers=[("X-Forms_Based_Auth_Required", page)])

    def _to_sign_in(self, request: Request) -> Response:  # noqa: ARG002 - the same for everybody
        kind = self.farm.kind
        if kind == "windows":
            return Response(status=401, headers=[("WWW-Authenticate", "NTLM")])
        page = "/_trust/default.aspx?trust=Lab" if kind == "claims" else "/_forms/default.aspx"
        return Response(status=302, headers=[("Location", f"{self._url()}{page}")])

    def _to_sign_in_server(self, request: Request) -> Response:  # noqa: ARG002 - see above
        asked = {"wa": "wsignin1.0", "wtrealm": self.realm, "wctx": f"{self._url()}/"}
        where = f"{self.sign_in_server_url}/adfs/ls/?{urlencode(asked)}"
        return Response(status=302, headers=[("Location", where)])

    def _bearer(self, request: Request) -> Visitor | Response:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.casefold() != "bearer" or self._verifier is None or self._tenant is None:
            return self._ask()
        at = self._at(request)
        for audience in (at, self._url(), f"https://{self._tenant.sharepoint_host}"):
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

    def _level(self, visitor: Visitor, site: FarmSite) -> Level | None:
        if visitor.rights is None:
            return self.farm.level(visitor.name, site)
        by_token = level_of_token(visitor.rights)
        if not visitor.app_id:
            # Delegated: no more than the person may, and no more than was consented to.
            own = self.farm.level(visitor.name, site)
            return min(own, by_token) if own and by_token else None
        if by_token is None and "Sites.Selected" in visitor.rights:
            return self._selected(visitor, site)
        return by_token

    def _selected(self, visitor: Visitor, site: FarmSite) -> Level | None:
        known = self._known(collection_of(site.path))
        if known is None or self._tenant is None:
            return None
        roles = self._tenant.reach.site_roles(visitor.app_id, known.id)
        return max((BY_ROLE[role] for role in roles), default=None)

    def _known(self, path: str) -> Site | None:
        """Find a site as Graph knows it."""
        for one in self._tenant.reach.sites.values() if self._tenant else ():
            if (urlsplit(one.url).path.casefold() or "/") == path:
                return one
        return None

    def _guid(self, kind: str, path: str) -> str:
        known = self._known(path)
        if known is not None:
            return known.id.split(",")[1 if kind == "collection" else 2]
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{kind} {path}"))


def _no_site() -> Response:
    """Say that there is no such site: in no JSON at all."""
    headers = [("Content-Type", "text/plain; charset=utf-8")]
    return Response(status=404, headers=headers, body=b"404 FILE NOT FOUND")


def _visitor_of(claims: TokenClaims) -> Visitor:
    if claims.is_application:
        return Visitor(name=claims.app_id, app_id=claims.app_id, rights=claims.roles)
    return Visitor(name=claims.upn or "", rights=claims.scopes)
