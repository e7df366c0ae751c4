"""What a tenant holds: people, applications, their keys, and what they were allowed."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

SecondFactor = Literal["none", "code", "not-enrolled"]


@dataclass(slots=True, kw_only=True, eq=False)
class User:
    """Somebody who signs in.

    Attributes:
        id: Object id, a GUID.
        upn: User principal name; also the address of the mailbox, if there is one.
        second_factor: ``code``: has an authenticator; ``none``: needs none; ``not-enrolled``: a
            policy wants one and there is none yet (50079).
        roles: Template ids of directory roles.
        app_passwords: Good for legacy protocols only; they pass the second factor by.
        mailbox_guid: Exchange's own id of the mailbox, as Graph spells it in ``MBX:…``.
        purpose: What the mailbox is for: ``user``, ``shared``, ``room``, ``equipment``, ``linked``.
        valid_from: Sessions and tokens older than this are worth nothing.
    """

    id: str
    upn: str
    name: str
    password: str = field(repr=False)
    second_factor: SecondFactor = "none"
    factor_key: bytes = field(default=b"", repr=False)
    roles: set[str] = field(default_factory=set)
    app_passwords: list[str] = field(default_factory=list, repr=False)
    is_enabled: bool = True
    is_locked: bool = False
    is_guest: bool = False
    password_expired: bool = False
    has_mailbox: bool = True
    mailbox_guid: str = ""
    purpose: str = "user"
    wrong_passwords: int = 0
    valid_from: datetime
    created_at: datetime

    def factor_code(self, at: datetime) -> str:
        """Say what the authenticator shows at that moment: six digits, new every 30 seconds."""
        step = int(at.timestamp()) // 30
        digest = hashlib.sha256(self.factor_key + step.to_bytes(8, "big")).digest()
        return f"{int.from_bytes(digest[:8], 'big') % 1_000_000:06d}"


@dataclass(slots=True, kw_only=True, eq=False)
class ClientSecret:
    """A password of an application."""

    key_id: str
    value: str = field(repr=False)
    ends_at: datetime


@dataclass(slots=True, kw_only=True, eq=False)
class ClientCertificate:
    """A certificate whose private key an application signs assertions with."""

    key_id: str
    certificate: x509.Certificate
    display_name: str
    added_at: datetime

    @property
    def der(self) -> bytes:
        """The certificate, DER."""
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def sha1(self) -> bytes:
        """What ``x5t`` names."""
        return self.certificate.fingerprint(hashes.SHA1())  # noqa: S303 - the protocol's word

    @property
    def sha256(self) -> bytes:
        """What ``x5t#S256`` names."""
        return self.certificate.fingerprint(hashes.SHA256())


@dataclass(slots=True, kw_only=True, eq=False)
class Application:
    """What somebody registered: what it is called, how it proves itself, what it would like.

    Attributes:
        id: Object id of the application object; ``app_id`` is what clients call themselves.
        is_public: "Allow public client flows": device code without a secret.
        asks_for: Permission ids by the resource's app id: what admin consent would grant.
    """

    id: str
    app_id: str
    name: str
    home: str
    created_at: datetime
    is_public: bool = False
    is_multi_tenant: bool = False
    public_redirects: list[str] = field(default_factory=list)
    web_redirects: list[str] = field(default_factory=list)
    asks_for: dict[str, list[str]] = field(default_factory=dict)
    secrets: list[ClientSecret] = field(default_factory=list)
    certificates: list[ClientCertificate] = field(default_factory=list)
    notes: str | None = None
    tags: list[str] = field(default_factory=list)


@dataclass(slots=True, kw_only=True, eq=False)
class ServicePrincipal:
    """An application's presence in one tenant."""

    id: str
    app_id: str
    name: str
    created_at: datetime
    is_enabled: bool = True
    needs_assignment: bool = False
    valid_from: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleAssignment:
    """An application permission that was granted to a service principal."""

    id: str
    principal_id: str
    resource_id: str
    role_id: str
    created_at: datetime


@dataclass(slots=True, kw_only=True, eq=False)
class ScopeGrant:
    """Delegated permissions that a service principal may use for one person, or for everyone.

    Attributes:
        user_id: None for everyone (``AllPrincipals``).
    """

    id: str
    client_id: str
    resource_id: str
    user_id: str | None
    scopes: list[str]


@dataclass(slots=True, kw_only=True, eq=False)
class MailboxScope:
    """A role of Exchange's RBAC for Applications.

    Attributes:
        role: As Exchange names it: ``Application Mail.Read``, ``Application EWS.AccessAsApp`` …
        mailboxes: Addresses in lower case; None for all.
    """

    app_id: str
    role: str
    mailboxes: frozenset[str] | None


@dataclass(slots=True, kw_only=True, eq=False)
class SiteGrant:
    """What ``Sites.Selected`` means for one application on one site: read, write, … fullcontrol."""

    id: str
    app_id: str
    site_id: str
    role: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A site of SharePoint, as far as Graph names it.

    Attributes:
        id: ``host,site collection GUID,web GUID``.
        url: Its address.
        is_below: It lies below another one of the same collection.
        is_locked: Nobody is let in (``NoAccess``).
        archive: How it stands in Microsoft 365 Archive: ``fullyArchived`` …; empty: it is in use.
    """

    id: str
    url: str
    name: str
    created_at: datetime
    is_below: bool = False
    is_locked: bool = False
    archive: str = ""
