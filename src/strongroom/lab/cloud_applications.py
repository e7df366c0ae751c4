"""Applications that the tenant knows from the start, for whoever tries the program by hand."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from strongroom.clock import Clock
from strongroom.lab.entra.tenant import Tenant
from strongroom.lab.entra.well_known import EXCHANGE, GRAPH, SHAREPOINT
from strongroom.words.json import Json

_KEY_BITS = 2048
_SECRET_BYTES = 30
_DAYS = 365

_PERMISSIONS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "Strongroom backup": {
        EXCHANGE: ("full_access_as_app",),
        GRAPH: (
            "User.Read.All",
            "Organization.Read.All",
            "MailboxSettings.Read",
            "MailboxFolder.Read.All",
            "MailboxItem.Read.All",
            "MailboxItem.Export.All",
            "Sites.Read.All",
        ),
        SHAREPOINT: ("Sites.Read.All",),
    },
    "Strongroom restore": {
        EXCHANGE: ("full_access_as_app",),
        GRAPH: (
            "User.Read.All",
            "MailboxFolder.ReadWrite.All",
            "MailboxItem.Read.All",
            "MailboxItem.ImportExport.All",
            "MailboxSettings.ReadWrite",
            "Sites.Read.All",
        ),
        SHAREPOINT: ("Sites.FullControl.All",),
    },
}
PEOPLES = "Strongroom for people"
"""The public client that people sign in with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownApplication:
    """An application, and how it proves itself.

    Attributes:
        secret: Its client secret; empty for a public client.
        certificate: Its certificate and private key, PEM; empty for a public client.
    """

    name: str
    client_id: str
    permissions: tuple[str, ...] = ()
    secret: str = field(default="", repr=False)
    certificate: str = field(default="", repr=False)

    def describe(self) -> dict[str, Json]:
        """Say all that a client needs, secrets included."""
        return {
            "name": self.name,
            "client_id": self.client_id,
            "permissions": list(self.permissions),
            "client_secret": self.secret or None,
            "certificate": self.certificate or None,
        }


def register(tenant: Tenant, clock: Clock) -> list[KnownApplication]:
    """Put the applications into a tenant, with an administrator's consent to what they need."""
    known = []
    for name, permissions in _PERMISSIONS.items():
        made = tenant.add_application(name)
        for resource, roles in permissions.items():
            tenant.grant(made.app_id, resource, *roles)
        secret = secrets.token_urlsafe(_SECRET_BYTES)
        tenant.add_secret(made, secret, days=_DAYS)
        certificate, pem = _key_pair(name, clock)
        tenant.add_certificate(made, certificate)
        known.append(
            KnownApplication(
                name=name,
                client_id=made.app_id,
                permissions=tuple(dict.fromkeys(sum(permissions.values(), ()))),
                secret=secret,
                certificate=pem,
            )
        )
    public = tenant.add_application(PEOPLES, is_public=True, redirects=["http://localhost"])
    return [*known, KnownApplication(name=PEOPLES, client_id=public.app_id)]


def _key_pair(name: str, clock: Clock) -> tuple[x509.Certificate, str]:
    key = rsa.generate_private_key(65537, _KEY_BITS)
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = clock.now()
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=_DAYS))
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return certificate, (certificate.public_bytes(Encoding.PEM) + private).decode()
