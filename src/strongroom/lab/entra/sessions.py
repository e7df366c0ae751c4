"""What Entra ID remembers between requests: sessions, codes, device flows, refresh tokens."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from strongroom.lab.entra.claims_request import NO_CLAIMS, ClaimsRequest
from strongroom.lab.entra.errors import Refused
from strongroom.lab.entra.tenant import Tenant
from strongroom.lab.entra.words import User


@dataclass(slots=True, kw_only=True, eq=False)
class Session:
    """Somebody signed in to an application.

    Attributes:
        flow: ``code``, ``device_code`` or ``password``.
        has_factor: The second factor was shown.
        contexts: Authentication contexts that were satisfied.
        started_at: Compared with the user's ``valid_from``.
    """

    tenant: Tenant
    user: User
    app_id: str
    flow: str
    has_factor: bool
    contexts: frozenset[str]
    started_at: datetime


@dataclass(slots=True, kw_only=True, eq=False)
class AuthorizationCode:
    """What the browser carries back to the application; good once."""

    session: Session
    scope: str
    redirect_uri: str
    challenge: str
    nonce: str
    ends_at: datetime
    is_redeemed: bool = False


@dataclass(slots=True, kw_only=True, eq=False)
class DeviceFlow:
    """A device waits for somebody to sign in elsewhere.

    Attributes:
        tenant: None when the application asked at ``organizations`` or ``common``.
        interval_s: Asking more often than this earns ``slow_down`` and five seconds more.
    """

    user_code: str
    tenant: Tenant | None
    app_id: str
    scope: str
    ends_at: datetime
    interval_s: int = 5
    state: Literal["pending", "approved", "declined", "redeemed"] = "pending"
    session: Session | None = None
    asked_at: datetime | None = None


@dataclass(slots=True, kw_only=True, eq=False)
class RefreshToken:
    """One refresh token. Using it brings another and leaves this one good."""

    session: Session
    scope: str
    ends_at: datetime


@dataclass(slots=True, kw_only=True, eq=False)
class Journey:
    """An interactive sign-in on its way through the pages.

    Attributes:
        purpose: ``code``, ``device`` or ``consent`` (the administrator's page).
        tenant: None until the user name says which.
        claims: What the application asked for in ``claims``.
        user: Whose password was right.
        refusal: What the last page said no with; the application is told when the person goes back.
    """

    purpose: Literal["code", "device", "consent"]
    tenant: Tenant | None
    app_id: str
    scope: str
    redirect_uri: str = ""
    response_mode: str = "query"
    state: str = ""
    challenge: str = ""
    nonce: str = ""
    claims: ClaimsRequest = NO_CLAIMS
    login_hint: str = ""
    prompt: str = ""
    device: DeviceFlow | None = None
    user: User | None = None
    has_factor: bool = False
    refusal: Refused | None = None
    ends_at: datetime
