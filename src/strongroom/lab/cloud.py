"""Microsoft's side of the lab: the same organisation, as its tenant in the cloud shows it.

Three servers, because what they answer for are APIs with tokens of their own:

=================  ======================================================================
``cloud.url``      Entra ID below ``/entra/``, Graph below ``/graph/``, EWS that takes tokens
``cloud.sites``    SharePoint Online
``cloud.outlook``  where Graph has items imported through, with a token in the address
=================  ======================================================================

Everybody with a mailbox is a user of the tenant with the same password, and has an authenticator;
``/lab/authenticator?user=ADDRESS`` tells what it shows, to whoever knows the lab's administrator.
"""

from __future__ import annotations

import functools
import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import orjson

from strongroom.clock import Clock
from strongroom.lab.cloud_applications import KnownApplication, register
from strongroom.lab.counters import is_administrator
from strongroom.lab.entra import well_known
from strongroom.lab.entra.directory import Directory
from strongroom.lab.entra.face import EntraFace
from strongroom.lab.entra.verify import TokenClaims
from strongroom.lab.estate.estate import Estate
from strongroom.lab.faults import FaultPlan
from strongroom.lab.graph.face import GraphFace
from strongroom.lab.https import Authority, Request, Response
from strongroom.lab.quirks import Quirks
from strongroom.lab.seed.people import Person
from strongroom.lab.server import LabServer
from strongroom.lab.sharepoint import Farm, SharePointFace
from strongroom.lab.sharepoint.content.seed_personal import TEMPLATE, personal_path
from strongroom.lab.sharepoint.rights import Level
from strongroom.lab.sign_in.bearer import Allowance, BearerScheme, GoodToken
from strongroom.lab.sites import SITES, describe_sites
from strongroom.lab.weather import Weather
from strongroom.words.json import Json

GLOBAL_ADMINISTRATOR = "global-admin"

_ONLINE_VERSION = (15, 20, 9412, 12)
_FRONT_END, _BACK_END = "AM0PR04CA0015", "VI1PR04MB4192.eurprd04.prod.outlook.com"
_PASSWORD_BYTES = 18


class Cloud:
    """The tenant, and the servers that answer for it.

    Attributes:
        directory: Entra ID's state: tenants, sign-ins, habits. Hold its ``lock`` to change it.
        tenant: The organisation's tenant.
        admin: Its Global Administrator, who has a second factor and no mailbox.
        admin_password: Theirs.
        entra, graph: The faces, with what they were asked.
        farm, farm_face: SharePoint Online.
        server, sites, outlook: The servers.
    """

    def __init__(
        self,
        estate: Estate,
        *,
        authority: Authority,
        clock: Clock,
        password: Callable[[str], str],
        faults: FaultPlan,
        quirks: Quirks,
        sites: Mapping[str, str] = SITES,
        drive_of: Person | None = None,
    ) -> None:
        """Make a tenant of an estate; nothing listens yet.

        Args:
            estate: Whose people and mailboxes.
            authority: The certificate authority of the lab.
            clock: Of the tokens: the machine's, or one that begins with it, since clients check.
            password: Gives the password of an address.
            faults: What is to go wrong in EWS.
            quirks: How EWS differs from the book; its ways to sign in are replaced by tokens.
            sites: Titles of the site collections by path.
            drive_of: Who has a OneDrive.
        """
        self._estate = estate
        self._clock = clock
        self._sites = sites
        self._drive_of = drive_of
        self.directory = Directory(clock=clock)
        label = estate.domain.partition(".")[0]
        self.tenant = self.directory.add_tenant(
            label.capitalize(), f"{label}.onmicrosoft.example", estate.domain
        )
        self.admin_password = secrets.token_urlsafe(_PASSWORD_BYTES)
        self.admin = self.tenant.add_user(
            f"{GLOBAL_ADMINISTRATOR}@{estate.domain}",
            "Global Administrator",
            password=self.admin_password,
            second_factor="code",
            roles=[well_known.GLOBAL_ADMINISTRATOR],
            has_mailbox=False,
        )
        self._add_people(password)
        self.farm = Farm(kind="online", clock=clock)
        self.server = LabServer(estate, faults=faults, quirks=quirks, authority=authority)
        self.sites = LabServer(estate, authority=authority)
        self.outlook = LabServer(estate, authority=authority)
        self.entra = EntraFace(self.directory, url=lambda: self.url)
        self.graph = GraphFace(
            self.directory,
            self.entra.verifier,
            url=lambda: self.url,
            estate=estate,
            import_origin=lambda: self.outlook.url,
        )
        self.farm_face = SharePointFace(
            self.farm, url=lambda: self.sites.url, directory=self.directory, tenant=self.tenant
        )
        self._put_up_pages()

    @property
    def url(self) -> str:
        """``https://localhost:PORT`` of Entra ID, Graph and EWS."""
        return self.server.url

    @property
    def endpoints(self) -> dict[str, str]:
        """Addresses to use instead of a real cloud's, by the names that clients give."""
        return {
            "authority": self.entra.url,
            "graph": self.graph.url,
            "ews": self.url,
            "sharepoint": self.sites.url,
        }

    @functools.cached_property
    def applications(self) -> list[KnownApplication]:
        """The applications that are known from the start; registered when first asked for."""
        with self.directory.lock:
            return register(self.tenant, self._clock)

    def set_site_weather(self, weather: Weather | None) -> None:
        """Say what all requests to SharePoint Online go through."""
        self.sites.weather = self.farm_face.weather = weather

    def start(self) -> None:
        """Listen. The sites are made now, because their addresses hold the port."""
        self.server.start()
        self.sites.start()
        self.outlook.start()
        directory, tenant = self.directory, self.tenant
        directory.aliases |= {
            self.url: well_known.EXCHANGE,
            self.graph.url: well_known.GRAPH,
            self.sites.url: well_known.SHAREPOINT,
        }
        tenant.serve_sharepoint_at(urlsplit(self.sites.url).netloc)
        self._add_sites()
        self.server.exchange.door.add(
            BearerScheme(
                self._estate,
                self.entra.verifier.judge,
                audience=self.url,
                authority=self.entra.url,
                allowance=self._allowance,
            )
        )

    def stop(self) -> None:
        """Stop listening. Safe to call twice."""
        self.server.stop()
        self.sites.stop()
        self.outlook.stop()

    def add_drive(self, owner: Person) -> None:
        """Give somebody a OneDrive, empty and theirs alone; its address holds the port."""
        drive = self.farm.add_site(personal_path(owner.address), owner.name, template=TEMPLATE)
        drive.members = {owner.address: Level.FULL}
        self.tenant.reach.add_site(drive.path, owner.name)

    def move_site(self, path: str, new_path: str) -> None:
        """Give a site collection another address, as ``Start-SPOSiteRename`` does.

        Raises:
            NotFound, AlreadyExists: it cannot be done.
        """
        self.farm_face.content.move(path, new_path)
        self.farm.redirects[path.casefold()] = new_path
        self.tenant.reach.move_site(path, new_path)

    def delete_site(self, path: str) -> None:
        """Delete a site collection, as ``Remove-SPOSite`` does: it is in the recycle bin then.

        Raises:
            NotFound: there is none.
        """
        self.farm_face.content.delete(path)
        self.tenant.reach.delete_site(path)

    def describe(self) -> dict[str, Json]:
        """Say all that a client needs to know, passwords and keys included."""
        return {
            "entra": {
                "authority": self.entra.url,
                "tenant": self.tenant.id,
                "admin": {"user": self.admin.upn, "password": self.admin_password},
                "authenticator": f"{self.url}/lab/authenticator",
                "applications": [one.describe() for one in self.applications],
            },
            "graph": {"url": self.graph.url, "imports": self.outlook.url},
            "exchange_online": {"ews_url": self.server.ews_url},
            "sharepoint": {
                "url": self.sites.url,
                "sites": describe_sites(self.farm_face, self.sites.url),
            },
            "endpoints": dict(self.endpoints),
        }

    def _add_sites(self) -> None:
        for path, title in self._sites.items():
            self.farm.add_site(path, title)
            self.tenant.reach.add_site(path, title)
        if self._drive_of is not None:
            self.add_drive(self._drive_of)

    def _add_people(self, password: Callable[[str], str]) -> None:
        for mailbox in self._estate.mailboxes:
            user = self.tenant.add_user(
                mailbox.address,
                mailbox.name,
                password=password(mailbox.address),
                second_factor="code",
                mailbox_guid=str(mailbox.guid),
            )
            # Nobody signs in as a shared mailbox or a room.
            user.is_enabled = mailbox.role == "user"
            if mailbox.role in {"shared", "room", "equipment"}:
                user.purpose = mailbox.role

    def _allowance(self, token: GoodToken) -> Allowance:
        """Say what Exchange lets a token do: by consent for the whole tenant, or by its own role.

        The two add up, as Microsoft's do: a scope narrows nothing while the permission stays.
        """
        assert isinstance(token, TokenClaims), "the judge is the tenant's own"
        with self.directory.lock:
            reach = self.tenant.reach
            is_everywhere = "full_access_as_app" in token.roles
            if token.tenant_id != self.tenant.id:
                # Let in to a tenant of which there are no mailboxes here.
                return Allowance(is_permitted=is_everywhere, mailboxes=frozenset())
            scoped = reach.scoped_mailboxes(token.app_id, "Application EWS.AccessAsApp")
            return Allowance(
                is_open=reach.lets_into_ews(token.app_id),
                is_permitted=is_everywhere or scoped != frozenset(),
                mailboxes=None if is_everywhere else scoped,
            )

    def _put_up_pages(self) -> None:
        self.server.pages["/entra/"] = self.entra.answer
        self.server.pages["/graph/"] = self.graph.answer
        self.server.pages["/lab/"] = self._authenticator
        # SharePoint knows nothing of EWS, nor does the place that items are imported through.
        self.sites.pages.clear()
        self.outlook.pages = {"/api/": self.graph.answer_import}
        self.outlook.limit_requests(self.graph.mail.store.habits.import_bytes_max)
        for beginning in self.farm_face.beginnings:
            self.sites.pages[beginning] = self.farm_face.answer
        # Where old clients of Online signed in by password alone.
        for page in ("/getuserrealm.srf", "/extsts.srf"):
            self.server.pages[page] = self.farm_face.answer

    def _authenticator(self, request: Request) -> Response:
        place = urlsplit(request.path)
        if not is_administrator(self._estate, request.headers.get("authorization", "")):
            return Response(status=401, headers=[("WWW-Authenticate", 'Basic realm="lab"')])
        with self.directory.lock:
            user = self.tenant.user(parse_qs(place.query).get("user", [""])[0])
            if place.path != "/lab/authenticator" or user is None:
                return Response(status=404)
            body = orjson.dumps({"user": user.upn, "code": self.directory.factor_code(user)})
        return Response(headers=[("Content-Type", "application/json")], body=body)


def online(quirks: Quirks) -> Quirks:
    """Give the quirks of Exchange Online: another version, and nobody comes in but by token."""
    return replace(
        quirks,
        sign_in_schemes=("Bearer",),
        version=_ONLINE_VERSION,
        front_end=_FRONT_END,
        back_end=_BACK_END,
        front_end_proxy=f"{_FRONT_END}.eurprd04.prod.outlook.com",
        edge="AMS",
    )
