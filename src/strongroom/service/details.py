"""A connection's details: what the vault seals as one record.

Everything that decides where a secret goes is sealed together with the secret, so that nobody who
can write to the database can point a kept secret at a server of theirs. ``destination`` names those
things in one place; whoever changes one of them must give the secrets again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from strongroom.errors import OperatorError
from strongroom.vault.secret import Secret

EXCHANGE_ONPREM = "exchange-onprem"
EXCHANGE_ONLINE = "exchange-online"
SHAREPOINT_ONPREM = "sharepoint-onprem"
SHAREPOINT_ONLINE = "sharepoint-online"
KINDS = (EXCHANGE_ONPREM, EXCHANGE_ONLINE, SHAREPOINT_ONPREM, SHAREPOINT_ONLINE)

AUTHS = (
    "basic",
    "ntlm",
    "kerberos",
    "forms",
    "legacy",
    "certificate",
    "client-secret",
    "browser",
    "device-code",
)
CLOUDS = ("global", "gcc-high", "dod", "china")

BY_DNS = "dns"
"""In ``directory``: whichever domain controller the DNS names."""

SECRETS = (
    "password",
    "keytab",
    "certificate",
    "client_secret",
    "token_cache",
    "app_password",
    "restore_certificate",
)
"""The fields that are secret. Text that none of them holds may be shown."""

_NO_ONES = {"certificate", "client-secret"}
"""Ways to sign in as an application: no person's account is behind it."""

_USER_NAMES_THE_SERVER = {"kerberos", "legacy"}
"""Ways where the domain in the user's name decides who is asked.

Kerberos looks the key distribution centre up by the realm; the legacy sign-in is sent on to the
federation server of the user's domain.
"""

_ADDRESSES = ("server", "url", "sign_in_server", "proxy", "directory")


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionDetails:
    """Where secrets go, and the secrets. What a kind does not need stays empty.

    Attributes:
        kind: Kind of server: one of ``KINDS``.
        server: Host name or URL of an Exchange server.
        url: URL of a site, or of the tenant's SharePoint.
        sign_in_server: Where the account's organisation signs its people in itself, as a browser
            shows it (``https://sts.example/adfs/ls/?wtrealm=…``); or empty. For ``legacy``.
        autodiscover: Address whose mailbox server is looked up; ``server`` is what was found.
        directory: Domain controller that is asked where it is before anybody else, or ``dns``: one
            that the DNS names; or empty.
        user: Who signs in.
        password: Their password.
        keytab: For Kerberos, in place of the password: a key table, as base64.
        uses_tickets: For Kerberos, in place of both: the tickets of the account that runs this.
        auth: How: one of ``AUTHS``.
        access: How other people's mailboxes are opened: ``impersonation`` or ``delegate``.
        ca_pem: Certificates of the authority to trust instead of the system's, as PEM text; or
            None.
        fingerprint: SHA-256 of the one certificate that is believed, whoever issued it; or empty.
        certificate_name: The name that the server's certificate is for, if its address is another;
            or empty.
        proxy: URL of the proxy to go through, or empty: the environment is never asked.
        tenant: Id or domain of the Entra ID tenant.
        cloud: Which of Microsoft's clouds: one of ``CLOUDS``.
        endpoints: Addresses to use instead of the cloud's own, by name (``authority``, ``graph``,
            ``ews``, ``sharepoint``); or None.
        client_id: Id of the application that backs up.
        certificate: Its certificate and private key, as PEM text.
        client_secret: Its secret.
        token_cache: What the sign-in library keeps of a person's sign-in, as it wrote it.
        app_password: For the legacy sign-in of an account with a second factor.
        restore_client_id: Id of the separate application that restores.
        restore_certificate: Its certificate and private key, as PEM text.
        uses_ews: Exchange Online is read by EWS, as long as Microsoft lets anybody, and not by
            Graph.
        sees_permissions: The application that backs up is meant to have full control, without which
            SharePoint shows nobody's permissions.
        owners: Stable ids of the account that the connection uses (``sid:…``, ``uid:…``,
            ``entra:TENANT:OID``), never names: see ``owner_ids``.
        is_guarded: A password guards it. Sealed, so that taking the password's row out of the
            database opens nothing.
    """

    kind: str
    server: str = ""
    url: str = ""
    sign_in_server: str = ""
    autodiscover: str = ""
    directory: str = ""
    user: str = ""
    password: Secret | None = None
    keytab: Secret | None = None
    uses_tickets: bool = False
    auth: str = "basic"
    access: str = "impersonation"
    ca_pem: str | None = None
    fingerprint: str = ""
    certificate_name: str = ""
    proxy: str = ""
    tenant: str = ""
    cloud: str = "global"
    endpoints: Mapping[str, str] | None = None
    client_id: str = ""
    certificate: Secret | None = None
    client_secret: Secret | None = None
    token_cache: Secret | None = None
    app_password: Secret | None = None
    restore_client_id: str = ""
    restore_certificate: Secret | None = None
    uses_ews: bool = False
    sees_permissions: bool = False
    owners: tuple[str, ...] = ()
    is_guarded: bool = False

    def __post_init__(self) -> None:
        if self.auth not in AUTHS:
            raise OperatorError(
                "This way to sign in is not known.", hint=f"Known are: {', '.join(AUTHS)}."
            )
        if self.cloud not in CLOUDS:
            raise OperatorError("This cloud is not known.", hint=f"Known are: {', '.join(CLOUDS)}.")
        if self.auth == "basic" and ":" in self.user:
            raise OperatorError(
                "This user name cannot be used to sign in.",
                why="Basic sign-in has no place for a colon in it.",
                hint="Give it as user@domain or DOMAIN\\user.",
            )
        if self.fingerprint:
            from strongroom.wire.tls import normal_fingerprint  # noqa: PLC0415 - HTTP loads slowly

            object.__setattr__(self, "fingerprint", normal_fingerprint(self.fingerprint))
        addresses = [getattr(self, field) for field in _ADDRESSES]
        if any("@" in _authority(one) for one in (*addresses, *(self.endpoints or {}).values())):
            raise OperatorError(
                "The server's address holds a user name or a password.",
                why="Addresses are shown in lists and messages; secrets never are.",
                hint="Give the address alone, --user, and --account-password-file.",
            )

    @property
    def server_key(self) -> str:
        """What tells this server from others: host and port in small letters, or the tenant."""
        authority = _authority(self.server or self.url)
        if not authority:
            return f"{self.cloud}:{self.tenant}".lower()
        return authority.lower().rstrip(".").removesuffix(":443").rstrip(".")

    @property
    def destination(self) -> tuple[object, ...]:
        """Everything that decides where a secret goes, and how it is proved to be there.

        Two details with equal destinations may share their secrets; no others may.
        """
        user = self.user if self.auth in _USER_NAMES_THE_SERVER else None
        endpoints = tuple(sorted((self.endpoints or {}).items()))
        return (
            self.kind,
            self.server,
            self.url,
            self.sign_in_server,
            self.autodiscover,
            self.directory,
            self.auth,
            self.uses_tickets,
            user,
            self.ca_pem,
            self.fingerprint,
            self.certificate_name,
            self.proxy,
            self.tenant,
            self.cloud,
            endpoints,
        )

    @property
    def owner_ids(self) -> frozenset[str]:
        """Whose account this is, by stable ids. Nobody's, where an application signs in."""
        return frozenset() if self.auth in _NO_ONES else frozenset(self.owners)

    @property
    def has_secrets(self) -> bool:
        """Say whether any secret is there; none is after its destination was changed."""
        return any(getattr(self, field) is not None for field in SECRETS)

    def secret(self, field: str) -> Secret:
        """Give a secret that signing in needs.

        Raises:
            OperatorError: it is not there; changing where a connection leads discards its secrets.
        """
        found: Secret | None = getattr(self, field)
        if found is None:
            raise OperatorError(
                f"The connection has no {field.replace('_', ' ')}.",
                why="It was never given, or it was discarded when the place it goes to changed.",
                hint="Give it with `strongroom connection edit`.",
            )
        return found

    def without_secrets(self) -> ConnectionDetails:
        """Give the same details with every secret gone."""
        gone: dict[str, Any] = dict.fromkeys(SECRETS)
        return replace(self, **gone)

    def to_bytes(self) -> bytes:
        """Give the record that is sealed: UTF-8 JSON, secrets included, defaults left out."""
        document: dict[str, object] = {}
        for field in fields(self):
            value = getattr(self, field.name)
            if value == field.default and field.name != "kind":
                continue
            document[field.name] = _plain(value)
        return json.dumps(document, sort_keys=True).encode()

    @classmethod
    def from_bytes(cls, record: bytes) -> ConnectionDetails:
        """Read what ``to_bytes`` of this or an earlier version wrote.

        Raises:
            OperatorError: a later version wrote it.
        """
        document: dict[str, Any] = json.loads(record)
        if document.keys() - {field.name for field in fields(cls)}:
            raise OperatorError(
                "The details of a connection hold something that is not known.",
                hint="A newer Strongroom made it; use that one.",
            )
        for name in SECRETS:
            if document.get(name) is not None:
                document[name] = Secret(document[name])
        document["owners"] = tuple(document.get("owners", ()))
        return cls(**document)


def _plain(value: object) -> object:
    if isinstance(value, Secret):
        return value.reveal()
    if isinstance(value, Mapping):
        return dict(value)
    return list(value) if isinstance(value, tuple) else value


def _authority(address: str) -> str:
    """Cut host and port out of an address that may lack its scheme."""
    rest = address.partition("://")[2] or address
    return rest.replace("?", "/").replace("#", "/").partition("/")[0]
