"""The cloud's sign-in service behind its pages: all tenants, the signing key, what is pending.

A test reaches everything through it, holding ``lock`` while the server runs:

    directory = Directory(clock=clock)
    tenant = directory.add_tenant("Lab", "lab.onmicrosoft.example", "lab.example")
    ann = tenant.add_user("ann@lab.example", "Ann", password="…", second_factor="code")
    app = tenant.add_application("Keeper", is_public=True, redirects=["http://localhost"])
    tenant.revoke_sessions(ann); tenant.expire_secrets(app); tenant.block(user=ann)
    directory.factor_code(ann)
"""

from __future__ import annotations

import secrets
import threading
import uuid
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import rsa

from strongroom.clock import Clock, SystemClock
from strongroom.lab.entra import well_known
from strongroom.lab.entra.errors import Refused
from strongroom.lab.entra.jwt import Signer
from strongroom.lab.entra.sessions import AuthorizationCode, DeviceFlow, Journey, RefreshToken
from strongroom.lab.entra.tenant import Tenant
from strongroom.lab.entra.words import Application, User

_NAMESPACE = uuid.UUID("b1c1f0c6-20fb-5d0e-9f0a-6a3f2f7f2b11")
_KEY_BITS = 2048
_LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
_DRAWN_BYTES = 32

MANY_TENANTS = frozenset({"organizations", "common"})


@dataclass(slots=True, kw_only=True)
class Habits:
    """How the service behaves; a test changes what it wants to see.

    Attributes:
        access_s: Life of an access token; Microsoft's live 60 to 90 minutes.
        aware_access_s: The same for clients that understand claims challenges (CP1).
        refresh_s: Life of a refresh token, counted from its issue.
        code_s, device_s: How long a code waits to be redeemed, and a device for its person.
        replication_s: An application is unknown to the token endpoint for so long after it was
            registered, as happens in large tenants.
        directory_s: For so long what was made in Graph is unknown to the steps that stand on it, as
            happens in large tenants: a principal finds no application, a grant no principal.
        refuses_replay: An assertion whose ``jti`` was seen before is refused. Off, since MSAL sends
            the same assertion for ten minutes and Microsoft's service lets it.
    """

    access_s: int = 3599
    aware_access_s: int = 86_399
    refresh_s: int = 90 * 86_400
    code_s: int = 600
    device_s: int = 900
    replication_s: float = 0.0
    directory_s: float = 0.0
    refuses_replay: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """One request to the token endpoint, without anything secret.

    Attributes:
        refusal: The number after ``AADSTS``, or the OAuth error's name; empty if a token was given.
    """

    grant_type: str
    app_id: str
    refusal: str


class Directory:
    """Tenants and all sign-ins. Every change beside a running server happens under ``lock``.

    Attributes:
        habits: Lifetimes and the like.
        deeds: What the token endpoint was asked, oldest first.
        troubles: The next requests to the token endpoint are answered with these statuses (429,
            503), one each.
        aliases: The lab's own addresses of Microsoft's APIs, and the app id of each.
    """

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        draw: Callable[[], str] | None = None,
        signer: Signer | None = None,
    ) -> None:
        """Start with no tenants.

        Args:
            clock: What time it is.
            draw: Gives an unguessable text at every call.
            signer: Signs tokens; by default with a key that is new in each process.
        """
        self.clock: Clock = clock or SystemClock()
        self.draw = draw or (lambda: secrets.token_urlsafe(_DRAWN_BYTES))
        self.signer = signer or _signer()
        self.lock = threading.RLock()
        self.habits = Habits()
        self.deeds: list[Deed] = []
        self.troubles: deque[int] = deque()
        self.aliases: dict[str, str] = {}
        self.tenants: dict[str, Tenant] = {}
        self.codes: dict[str, AuthorizationCode] = {}
        self.devices: dict[str, DeviceFlow] = {}
        self.refresh_tokens: dict[str, RefreshToken] = {}
        self.journeys: dict[str, Journey] = {}
        self.seen_assertions: set[str] = set()
        # Microsoft's own client: in no tenant until somebody consents to it, known in all.
        self.shared: dict[str, Application] = {
            well_known.GRAPH_COMMAND_LINE: Application(
                id=str(uuid.uuid5(_NAMESPACE, "graph command line")),
                app_id=well_known.GRAPH_COMMAND_LINE,
                name="Microsoft Graph Command Line Tools",
                home=well_known.MICROSOFT_SERVICES,
                created_at=_LONG_AGO,
                is_public=True,
                is_multi_tenant=True,
                public_redirects=["http://localhost"],
            )
        }

    def add_tenant(self, name: str, *domains: str) -> Tenant:
        """Make a tenant; its id is the same at every start."""
        id_ = str(uuid.uuid5(_NAMESPACE, f"tenant {domains[0]}"))
        made = Tenant(id_, name, domains, clock=self.clock)
        self.tenants[id_] = made
        return made

    def tenant(self, name: str) -> Tenant | None:
        """Find the tenant that a path names, by id or domain; None for ``organizations``.

        Raises:
            Refused: 90002, there is none of that name.
        """
        wanted = name.casefold()
        if wanted in MANY_TENANTS:
            return None
        for tenant in self.tenants.values():
            if wanted == tenant.id or wanted in tenant.domains:
                return tenant
        raise Refused(90002, tenant=name)

    def tenant_of_user(self, upn: str) -> Tenant | None:
        """Find the tenant whose domain a user name ends in."""
        domain = upn.rpartition("@")[2].casefold()
        return next((one for one in self.tenants.values() if domain in one.domains), None)

    def application(self, app_id: str, tenant: Tenant | None) -> Application:
        """Find the application that a client says it is, as a tenant sees it.

        Raises:
            Refused: 700016, it is not known there (yet); 7000112, it is disabled there.
        """
        found = tenant.applications.get(app_id) if tenant else None
        if found is None:
            found = self.shared.get(app_id) or self._multi_tenant(app_id)
        where = tenant.name if tenant else "organizations"
        now = self.clock.now()
        if found is None or (now - found.created_at).total_seconds() < self.habits.replication_s:
            raise Refused(700016, app=app_id, tenant=where)
        principal = tenant.principal(app_id) if tenant else None
        if principal is not None and not principal.is_enabled:
            raise Refused(7000112, app=app_id, name=found.name)
        return found

    def resource_of(self, audience: str, tenant: Tenant | None) -> str | None:
        """Say which resource (app id) an address or app id names; None: this cloud has no such."""
        wanted = audience.rstrip("/").casefold()
        if wanted in well_known.RESOURCES:
            return wanted
        for alias, app_id in self.aliases.items():
            if wanted == alias.rstrip("/").casefold():
                return app_id
        for resource in well_known.RESOURCES.values():
            if wanted in resource.names:
                return resource.app_id
        if tenant is not None and _is_sharepoint(wanted, tenant.sharepoint_host):
            return well_known.SHAREPOINT
        return None

    def factor_code(self, user: User) -> str:
        """Say what the user's authenticator shows now."""
        return user.factor_code(self.clock.now())

    def correlation_id(self) -> str:
        """Draw the number by which Microsoft's support would find a request."""
        return str(uuid.uuid5(_NAMESPACE, self.draw()))

    def _multi_tenant(self, app_id: str) -> Application | None:
        for tenant in self.tenants.values():
            found = tenant.applications.get(app_id)
            if found is not None and found.is_multi_tenant:
                return found
        return None


def _is_sharepoint(audience: str, host: str) -> bool:
    label, _, rest = host.partition(".")
    place = urlsplit(audience)
    hosts = {f"{label}{kind}.{rest}" for kind in ("", "-admin", "-my")}
    return place.scheme == "https" and place.netloc in hosts and not place.path.strip("/")


@cache
def _signer() -> Signer:
    """Draw a key once in a process: it takes as long as all else that a tenant is made of."""
    return Signer(rsa.generate_private_key(65537, _KEY_BITS))
